"""Folds to choose on (交叉验证分折): later eras after earlier ones, or repeated shuffles that keep the share of defaults."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from huoshui.adapters.learning.sample import Sample

Ints = npt.NDArray[np.intp]
WINDOWS: Final = 3
LATER_SHARE: Final = 0.5
LEAST_ERAS: Final = 4


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows to learn from and rows to look at (一折)."""

    learn: Ints
    look: Ints


def time_folds(sample: Sample, *, windows: int = WINDOWS) -> tuple[Fold, ...]:
    """Windows of eras over the later half of the rows, each learnt from all before it (按时间分折); none with few eras."""
    counts = np.bincount(sample.era, minlength=len(sample.eras))
    if np.count_nonzero(counts) < LEAST_ERAS:
        return ()
    later = np.cumsum(counts) / counts.sum() - (1 - LATER_SHARE)
    window = np.where(later > 0, np.ceil(np.round(later / LATER_SHARE * windows, 9)), 0).astype(np.intp)
    found = []
    for i in range(1, windows + 1):
        eras = np.flatnonzero(window == i)
        if len(eras):
            fold = Fold(np.flatnonzero(sample.era < eras[0]), np.flatnonzero(np.isin(sample.era, eras)))
            if all(0 < sample.outcome[x].sum() < len(x) for x in (fold.learn, fold.look)):
                found.append(fold)
    return tuple(found)


def shuffled_folds(outcome: npt.NDArray[np.float64], *, folds: int, seed: int) -> Iterator[Fold]:
    """Each row looked at once, the share of defaults alike in all folds (分层交叉验证); the same for the same seed anywhere."""
    bits = np.random.PCG64(seed).random_raw(len(outcome))
    place = np.zeros(len(outcome), np.intp)
    for value in (0.0, 1.0):
        inside = np.flatnonzero(outcome == value)
        place[inside[np.argsort(bits[inside], kind="stable")]] = np.arange(len(inside)) % folds
    for fold in range(folds):
        yield Fold(np.flatnonzero(place != fold), np.flatnonzero(place == fold))
