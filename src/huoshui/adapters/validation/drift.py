"""How far firms of today differ from those of the training (稳定性): the population stability index over shares."""

from collections.abc import Sequence
from math import sqrt
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


def chance_index(bins: int, *, before: int, now: int) -> float:
    """The stability index that 19 of 20 samples of the same firms stay below (随机波动上限); infinite for empty samples.

    (1/n + 1/m) times the 95 % quantile of chi-square, by Wilson and Hilferty.
    """
    if before <= 0 or now <= 0:
        return float("inf")
    freedom = max(bins - 1, 1)
    part = 2 / (9 * freedom)
    quantile = freedom * (1 - part + 1.6449 * sqrt(part)) ** 3
    return (1 / before + 1 / now) * quantile


def shares(places: npt.NDArray[np.int64], *, bins: int, weight: Floats) -> list[float]:
    """The weight of each bin as a share of all (分布)."""
    mass = np.bincount(places, weights=weight, minlength=bins)
    return [float(x) for x in mass / mass.sum()] if mass.sum() > 0 else [0.0] * bins
