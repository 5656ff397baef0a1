"""The bootstrap (自助法): how often each firm is drawn, the same on every machine, and what that says of a figure.

Draws come from the raw bits of PCG64, which numpy promises to keep; a large file gets fewer draws, because it needs fewer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

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


def drawn_counts(rows: int, *, draws: int, seed: int = SEED) -> Iterator[Counts]:
    """How often each row is drawn, draw by draw (抽样计数): as many with replacement as there are."""
    bits = np.random.PCG64(seed)
    for _ in range(draws):
        places = (bits.random_raw(rows) % np.uint64(rows)).astype(np.int64)
        yield np.bincount(places, minlength=rows)


def intervals(
    figures: Callable[[Floats], Figures], *, weight: Floats, draws: int | None = None, level: float = 0.95, seed: int = SEED
) -> dict[str, Interval]:
    """Every figure of a sample with its interval (自助区间).

    `figures` takes the weight of each row, and gives NaN for a figure that a draw has none of, such as the AUC of a draw
    without a default; such draws are left out.
    """
    rows = len(weight)
    found = figures(weight)
    drawn = [figures(weight * count) for count in drawn_counts(rows, draws=draws or draws_for(rows), seed=seed)]
    return {name: _interval(value, [x[name] for x in drawn], level) for name, value in found.items()}


def _interval(value: float, drawn: list[float], level: float) -> Interval:
    known = np.array(drawn)
    known = known[~np.isnan(known)]
    if np.isnan(value) or not len(known):
        return Interval(value, float("nan"), float("nan"))
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high))
