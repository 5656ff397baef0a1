"""Whether probabilities come true (校准): Brier, calibration curve and error, and whether intervals hold what happened."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
BINS = 10


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Firms of like probability (校准分组): weight, mean probability with its mean interval, and the share that defaulted."""

    rows: int
    weight: float
    pd: float
    low: float
    high: float
    realised: float

    @property
    def holds(self) -> bool:
        """Whether the interval holds what happened (区间覆盖)."""
        return self.low <= self.realised <= self.high


def equal_bins(values: npt.NDArray[np.float64] | npt.NDArray[np.int64], *, weight: Floats, bins: int = BINS) -> Ints:
    """A bin of about equal weight for every row, by value (等量分组); equal values share one, so there may be fewer bins."""
    distinct, place = np.unique(values, return_inverse=True)
    mass = np.bincount(place, weights=weight, minlength=len(distinct))
    middle = (np.cumsum(mass) - mass / 2) / max(mass.sum(), 1e-300)
    _, dense = np.unique(np.minimum((middle * bins).astype(np.int64), bins - 1), return_inverse=True)
    return dense.astype(np.int64)[place]


def brier(pd: Floats, *, outcome: Bools, weight: Floats) -> float:
    """The mean squared distance of probability and outcome (Brier 分数)."""
    return float((weight * (pd - outcome) ** 2).sum() / weight.sum()) if weight.sum() > 0 else float("nan")


def calibration_error(pd: Floats, *, outcome: Bools, weight: Floats, groups: Ints) -> float:
    """The mean distance of probability and share of defaults over groups (校准误差), weighted."""
    mass = np.bincount(groups, weights=weight)
    expected = np.bincount(groups, weights=weight * pd)
    realised = np.bincount(groups, weights=weight * outcome)
    return float(np.abs(expected - realised).sum() / mass.sum()) if mass.sum() > 0 else float("nan")


def calibration_curve(
    pd: Floats, *, low: Floats, high: Floats, outcome: Bools, weight: Floats, groups: Ints
) -> tuple[CalibrationBin, ...]:
    """Probability against outcome by group (校准曲线)."""
    found = []
    for group in range(int(groups.max()) + 1 if len(groups) else 0):
        inside = groups == group
        mass = weight[inside]
        if mass.sum() > 0:
            means = [float((mass * x[inside]).sum() / mass.sum()) for x in (pd, low, high, outcome.astype(np.float64))]
            found.append(CalibrationBin(int(inside.sum()), float(mass.sum()), *means))
    return tuple(found)
