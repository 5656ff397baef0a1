"""Cells for the values of a field (分箱): readable cuts between spans of like weight, like cells merged."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
_FINEST: Final = -17
_ALIKE: Final = 1e-6
_COARSEST: Final = 18


def find_cuts(values: Floats, *, cells: int) -> tuple[Decimal, ...]:
    """Cuts that make about so many cells of like weight (等频切点): a value that alone weighs as much gets a cell of its own.

    Every cut is the shortest decimal between the values that it parts.
    """
    known, counts = np.unique(values[np.isfinite(values)], return_counts=True)
    most = counts.sum() / cells
    found, inside = [], 0
    for i, count in enumerate(counts.tolist()):
        if inside and inside + count > most:
            found.append(shortest_between(float(known[i - 1]), float(known[i])))
            inside = 0
        inside += count
    return tuple(found)


def shortest_between(below: float, upto: float) -> Decimal:
    """The decimal of fewest digits above one value and at most another (最短小数), so that a cut is easy to read."""
    low, high = Decimal(below), Decimal(upto)
    for exponent in range(_COARSEST, _FINEST - 1, -1):
        unit = Decimal(1).scaleb(exponent)
        found = ((low / unit).to_integral_value(rounding=ROUND_FLOOR) + 1) * unit
        if found <= high and float(found) > below:
            return found.quantize(unit) if exponent < 0 else Decimal(int(found))
    return Decimal(repr(upto))


def number_codes(values: Floats, *, cuts: Sequence[Decimal]) -> Ints:
    """The cell of every number (数值分箱): as the table's readers compare, missing last."""
    found = np.searchsorted(np.array([float(x) for x in cuts]), values, side="right")
    return np.where(np.isnan(values), len(cuts) + 1, found).astype(np.intp)


def merge_cells(effects: Floats, *, mass: Floats, most: int, least_gain: float) -> Ints:
    """Which of neighboring cells become one (合并相近分箱): the group of each cell, in order.

    Groups are chosen so that the squared distance of effects from their group's mean, weighted, is least when every group costs
    `least_gain`; there are at most `most`. A cell that no firm lies in goes with its neighbor.
    """
    count = len(effects)
    if count < 2 or float(np.ptp(effects)) < _ALIKE:
        return np.zeros(count, np.intp)
    mass = np.maximum(mass, 1e-9)
    sums = [np.concatenate([[0.0], np.cumsum(x)]) for x in (mass, mass * effects, mass * effects * effects)]
    best = np.full((most + 1, count + 1), np.inf)
    back = np.zeros((most + 1, count + 1), np.intp)
    best[0, 0] = 0.0
    for groups in range(1, most + 1):
        for end in range(1, count + 1):
            m, s, q = (x[end] - x[:end] for x in sums)
            cost = np.round(best[groups - 1, :end] + (q - s * s / m) + least_gain, 6)
            back[groups, end] = int(np.argmin(cost))
            best[groups, end] = cost[back[groups, end]]
    groups, end = int(np.argmin(best[1:, count])) + 1, count
    found = np.zeros(count, np.intp)
    for group in range(groups, 0, -1):
        begin = int(back[group, end])
        found[begin:end] = group - 1
        end = begin
    return found


def spread_evenly(mass: Floats, *, most: int) -> Ints:
    """Neighboring cells in at most so many groups of like weight (等量归组): the group of each cell."""
    if len(mass) <= most:
        return np.arange(len(mass), dtype=np.intp)
    middle = (np.cumsum(mass) - mass / 2) / max(float(mass.sum()), 1e-9)
    _, dense = np.unique(np.minimum(np.round(middle * most, 9).astype(np.intp), most - 1), return_inverse=True)
    return dense.astype(np.intp)
