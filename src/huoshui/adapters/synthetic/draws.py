"""Chance without a state (无状态抽样): every draw is a hash of the seed, the number of a thing and the name of the question.

Whole numbers only, so that the same seed gives the same bytes on every machine, however the work is cut up.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
ALL: Final = 100_000
LADDER_STEPS: Final = 256
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
_HALF: Final = np.uint64(32)


@lru_cache(maxsize=1024)
def _salt(seed: int, question: str) -> np.uint64:
    digest = blake2b(f"{seed} {question}".encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


@dataclass(frozen=True, slots=True)
class Draws:
    """All draws of one seed (一个种子的全部抽样)."""

    seed: int

    def bits(self, numbers: Ints, *, of: str) -> Bits:
        """64 even bits for each number (随机位)."""
        x = numbers.astype(np.uint64)
        x *= _GOLDEN
        x += _salt(self.seed, of)
        x ^= x >> np.uint64(30)
        x *= _FIRST
        x ^= x >> np.uint64(27)
        x *= _SECOND
        x ^= x >> np.uint64(31)
        return x

    def below(self, numbers: Ints, *, of: str, count: int) -> Ints:
        """A whole number from 0 to count - 1 for each number (均匀整数); `count` is at most 2**32."""
        x = self.bits(numbers, of=of)
        x >>= _HALF
        x *= np.uint64(count)
        x >>= _HALF
        return x.astype(np.int64)

    def happens(self, numbers: Ints, *, of: str, per_100_000: int) -> Flags:
        """Whether something of that frequency happens (是否发生)."""
        return np.asarray(self.below(numbers, of=of, count=ALL) < per_100_000)

    def chosen(self, numbers: Ints, *, of: str, weights: tuple[int, ...]) -> Ints:
        """A place in `weights`, each as often as its weight says (加权抽样)."""
        return _wheel(weights)[self.below(numbers, of=of, count=sum(weights))]

    def number(self, *, of: str, count: int) -> int:
        """One whole number from 0 to count - 1 for the seed itself (种子级整数)."""
        return int(_salt(self.seed, of)) % count


@lru_cache(maxsize=256)
def _wheel(weights: tuple[int, ...]) -> Ints:
    return np.repeat(np.arange(len(weights), dtype=np.int64), weights)


@lru_cache(maxsize=32)
def ladder(low: int, *, high: int) -> Ints:
    """Whole numbers that climb from low to high by the same factor (等比阶梯)."""
    factor = (Decimal(high) / low) ** (Decimal(1) / LADDER_STEPS)
    return np.array([int(low * factor**step) for step in range(LADDER_STEPS)] + [high], np.int64)


def climb(steps: Ints, *, place: Ints) -> Ints:
    """The value at a place of a ladder (阶梯取值); places run from 0 to 2**24 - 1."""
    step, rest = place >> 16, place & 0xFFFF
    low = steps[step]
    return np.asarray(low + ((steps[step + 1] - low) * rest >> 16), np.int64)
