"""How far firms of today differ from those of the training (稳定性): the population stability index over shares."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
FLOOR: Final = 1e-4  # an empty bin counts as so small a share, so that the index stays finite


def stability_index(expected: Sequence[float], *, actual: Sequence[float]) -> float:
    """PSI or CSI of two distributions over the same bins (稳定性指数): the sum of (a - e) ln(a / e); NaN where one is empty."""
    before, now = np.asarray(expected, np.float64), np.asarray(actual, np.float64)
    if not before.sum() > 0 or not now.sum() > 0:
        return float("nan")
    e = np.maximum(before / before.sum(), FLOOR)
    a = np.maximum(now / now.sum(), FLOOR)
    return float(((a - e) * np.log(a / e)).sum())


def shares(places: npt.NDArray[np.int64], *, bins: int, weight: Floats) -> list[float]:
    """The weight of each bin as a share of all (分布)."""
    mass = np.bincount(places, weights=weight, minlength=bins)
    return [float(x) for x in mass / mass.sum()] if mass.sum() > 0 else [0.0] * bins
