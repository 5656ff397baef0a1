"""Folds to choose on (交叉验证分折): later eras after earlier ones, or repeated shuffles that keep the share of defaults."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from huoshui.adapters.learning.sample import Sample

Ints = npt.NDArray[np.intp]
CUTS: Final = 3
SHARES: Final = (0.05, 0.4)
LEAST_ERAS: Final = 4


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows to learn from and rows to look at (一折)."""

    learn: Ints
    look: Ints


def time_folds(sample: Sample, *, cuts: int = CUTS) -> tuple[Fold, ...]:
    """The firms after each of the last few eras, learnt from all up to it (按时间分折): what is nearest to tomorrow.

    None where there are fewer than four eras; each fold looks at 5 % to 40 % of the firms, and both sides hold both outcomes.
    """
    counts = np.bincount(sample.era, minlength=len(sample.eras))
    if np.count_nonzero(counts) < LEAST_ERAS:
        return ()
    found: list[Fold] = []
    for first in range(len(counts) - 1, 0, -1):
        later = sample.era >= first
        share = float(later.mean())
        if share > SHARES[1] or len(found) == cuts:
            break
        fold = Fold(np.flatnonzero(~later), np.flatnonzero(later))
        if share >= SHARES[0] and counts[first] and all(0 < sample.outcome[x].sum() < len(x) for x in (fold.learn, fold.look)):
            found.append(fold)
    return tuple(reversed(found))


def shuffled_folds(outcome: npt.NDArray[np.float64], *, folds: int, seed: int) -> Iterator[Fold]:
    """Each row looked at once, the share of defaults alike in all folds (分层交叉验证); the same for the same seed anywhere."""
    bits = np.random.PCG64(seed).random_raw(len(outcome))
    place = np.zeros(len(outcome), np.intp)
    for value in (0.0, 1.0):
        inside = np.flatnonzero(outcome == value)
        place[inside[np.argsort(bits[inside], kind="stable")]] = np.arange(len(inside)) % folds
    for fold in range(folds):
        yield Fold(np.flatnonzero(place != fold), np.flatnonzero(place == fold))
