"""Columns of register tables (列): arrays of numbers into Arrow, empty where a fact is NONE, words as dictionaries."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.adapters.synthetic.draws import Flags, Ints
from huoshui.adapters.synthetic.evidence import NO_DAY, NONE

ROW_GROUP: Final = 262_144


def words(values: Sequence[str | None], *, place: Ints) -> pa.Array:
    """Words by their place in a short list (字典列); a place whose word is None is empty."""
    known = [value for value in values if value is not None]
    to_known = np.array([known.index(value) if value is not None else NONE for value in values], np.int32)
    index = to_known[place]
    return pa.DictionaryArray.from_arrays(pa.array(index, mask=index == NONE), pa.array(known, pa.string()))


def same(value: str, *, count: int) -> pa.Array:
    """One word in every row (常量列)."""
    return words([value], place=np.zeros(count, np.int64))


def numbers(values: npt.NDArray[Any], *, kind: pa.DataType) -> pa.Array:
    """Numbers, empty where NONE (数值列)."""
    empty = values == NONE
    return pa.array(values, mask=empty if empty.any() else None).cast(kind)


def dates(values: Ints) -> pa.Array:
    """Days since 1970-01-01 as dates, empty where NO_DAY (日期列)."""
    empty = values == NO_DAY
    return pa.array(values.astype(np.int32), pa.int32(), mask=empty if empty.any() else None).cast(pa.date32())


def flags(values: Flags, *, known: Flags | None = None) -> pa.Array:
    """True and false, empty where not known (逻辑列)."""
    return pa.array(values, mask=None if known is None else ~known)


def runs(values: pa.Array, *, place: Ints) -> pa.Array:
    """Texts by ascending place, each stored once (相邻重复的文本列)."""
    first, last = (int(place[0]), int(place[-1])) if len(place) else (0, -1)
    mine = values.slice(first, last - first + 1).dictionary_encode()
    return pa.DictionaryArray.from_arrays(mine.indices.take(pa.array(place - first)), mine.dictionary)


def cuts(count: int) -> list[slice]:
    """Slices of rows that make row groups of equal size (行组切分)."""
    pieces = max(-(-count // ROW_GROUP), 1)
    edges = [count * piece // pieces for piece in range(pieces + 1)]
    return [slice(low, high) for low, high in pairwise(edges)]
