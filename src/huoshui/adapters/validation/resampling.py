"""The bootstrap (自助法): how often each firm is drawn, the same on every machine, and what that says of a figure.

Draws come from the raw bits of PCG64, which numpy promises to keep; a large file gets fewer draws, because it needs fewer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Figures = dict[str, float]
MOST_DRAWS: Final = 1000
LEAST_DRAWS: Final = 200
DRAWN_ROWS: Final = 30_000_000
SEED: Final = 20_260_101


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the range that holds 95 % of its draws (区间); `low` and `high` are NaN where nothing could be drawn."""

    value: float
    low: float
    high: float


def draws_for(rows: int) -> int:
    """How many draws so many rows get (抽样次数)."""
    return int(min(MOST_DRAWS, max(LEAST_DRAWS, DRAWN_ROWS // max(rows, 1))))


@dataclass(frozen=True, slots=True)
class Cells:
    """Rows that are alike for every figure, taken together (同类归并): the cell of each row, and one row of each cell.

    A points table gives few different scores, so that a million firms are a few hundred cells and a draw costs little.
    """

    place: Counts
    first: Counts

    def __len__(self) -> int:
        return len(self.first)

    def mass(self, weight: Floats) -> Floats:
        """The weight of each cell (各类权重)."""
        return np.bincount(self.place, weights=weight, minlength=len(self.first)).astype(np.float64)


def collapse(*keys: npt.NDArray[Any]) -> Cells:
    """Take rows together that are equal in every key (归并同类)."""
    code = np.zeros(len(keys[0]), np.int64)
    for key in keys:
        _, dense = np.unique(key, return_inverse=True)
        _, code = np.unique(code * (int(dense.max(initial=0)) + 1) + dense, return_inverse=True)
    _, first, place = np.unique(code, return_index=True, return_inverse=True)
    return Cells(place.astype(np.int64), first.astype(np.int64))


def single_rows(rows: int) -> Cells:
    """Each row by itself (逐行)."""
    every = np.arange(rows, dtype=np.int64)
    return Cells(every, every)


def drawn_masses(cells: Cells, *, weight: Floats, draws: int, seed: int = SEED) -> Iterator[Floats]:
    """The weight of each cell, draw by draw (抽样权重): as many rows with replacement as there are."""
    bits = np.random.PCG64(seed)
    rows = len(weight)
    alike = bool((weight == weight[:1]).all())
    place = cells.place.astype(np.int32)
    for _ in range(draws):
        drawn = bits.random_raw(rows) % np.uint64(rows)
        if alike:
            yield np.bincount(place[drawn], minlength=len(cells)).astype(np.float64) * weight[0]
        else:
            yield np.bincount(place[drawn], weights=weight[drawn], minlength=len(cells)).astype(np.float64)


def intervals(
    figures: Callable[[Floats], Figures],
    *,
    weight: Floats,
    cells: Cells | None = None,
    draws: int | None = None,
    level: float = 0.95,
    seed: int = SEED,
) -> dict[str, Interval]:
    """Every figure of a sample with its interval (自助区间).

    `figures` takes the weight of each cell, or of each row where no cells are given, and gives NaN for a figure that a draw has
    none of, such as the AUC of a draw without a default; such draws are left out.
    """
    cells = cells or single_rows(len(weight))
    found = figures(cells.mass(weight))
    most = draws_for(len(weight))
    drawn = [figures(x) for x in drawn_masses(cells, weight=weight, draws=min(draws or most, most), seed=seed)]
    return {name: _interval(value, [x[name] for x in drawn], level) for name, value in found.items()}


def _interval(value: float, drawn: list[float], level: float) -> Interval:
    known = np.array(drawn)
    known = known[~np.isnan(known)]
    if np.isnan(value) or not len(known):
        return Interval(value, float("nan"), float("nan"))
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high))
