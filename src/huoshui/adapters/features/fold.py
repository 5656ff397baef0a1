"""Invoices to the figures of each firm (发票汇总): a thin wrapper over fold.c, equal to rules/features_invoices.py.

Rows are records of ROW, which `pack` makes: `party` and `number` are hashes, `firm` is a place from 0, and `dated` holds the
days since 1970 in its lower 24 bits and what the row is in the upper 8.
"""

import ctypes
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from huoshui.errors import MissingExtra
from huoshui.rules.features_invoices import FACTS, MONTHS, MOST_FEN, SHARED, YEAR, is_month_end, month_age

Ints = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]
Rows = npt.NDArray[Any]
NONE: Final = np.iinfo(np.int64).min
NO_KEY: Final = -1
NO_DAY: Final = np.iinfo(np.int32).min
ROW: Final = np.dtype(
    [
        ("party", np.int64),
        ("amount", np.int64),
        ("tax", np.int64),
        ("number", np.uint64),
        ("firm", np.int32),
        ("dated", np.int32),
    ]
)
_EPOCH: Final = date(1970, 1, 1)
_KNOWN_DAYS: Final = 366 * (MONTHS // YEAR) + 31


def _library() -> ctypes.CDLL:
    suffix = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
    path = Path(__file__).with_name(f"_fold{suffix}")
    if not path.is_file():
        raise MissingExtra(f"the feature kernel is not built ({path.name} is missing); run `make setup` or `pip install .`")
    return ctypes.CDLL(str(path))


_LIB: Final = _library()
_LIB.place_keys.restype = _LIB.fold_invoices.restype = ctypes.c_int64


def _pointer(array: npt.NDArray[Any]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def day_number(day: date) -> int:
    """Days since 1970 (日期转数)."""
    return (day - _EPOCH).days


@lru_cache(maxsize=64)
def _calendar(on: date) -> npt.NDArray[np.int16]:
    """Ages of the days before the decision day, twice, plus 1 for the last days of a month."""
    days = [on - timedelta(days=x) for x in range(min(_KNOWN_DAYS, (on - date.min).days))]
    return np.array([2 * month_age(x, on=on) + is_month_end(x) for x in days], np.int16)


@dataclass(frozen=True, slots=True)
class Pairs:
    """The parties that each firm traded with in the last 12 full months (交易对手), firm by firm: net amounts in fen."""

    firm: Places
    party: Ints
    sold: Ints
    bought: Ints


@dataclass(frozen=True, slots=True)
class Folded:
    """What invoices add up to (发票汇总): `facts` has a row a firm, a column a name in FACTS, NONE where not known."""

    facts: Ints
    pairs: Pairs


def fold_rows(rows: Rows, *, firms: int, own: Ints, on: date, repeats_count: bool) -> Folded:
    """The figures of `firms` firms (批量发票汇总).

    `own` is every firm's own key as a party, NO_KEY where it has none. What `rows` are is changed. Raises MemoryError.
    """
    calendar = _calendar(on)
    out = np.empty((firms, len(FACTS)), np.int64)
    pair_firm, pair_sums = np.empty(len(rows), np.int32), np.empty((3, len(rows)), np.int64)
    count = _LIB.fold_invoices(
        ctypes.c_int64(len(rows)),
        _pointer(rows),
        ctypes.c_int32(firms),
        _pointer(own),
        _pointer(calendar),
        ctypes.c_int32(len(calendar)),
        ctypes.c_int32(day_number(on)),
        ctypes.c_int32(on.year * YEAR + on.month - 2),
        ctypes.c_int32(repeats_count),
        ctypes.c_int64(len(FACTS)),
        _pointer(out),
        _pointer(pair_firm),
        *map(_pointer, pair_sums),
    )
    if count < 0:
        raise MemoryError("no memory is left for one firm's invoices")
    party, sold, bought = pair_sums[:, :count]
    return Folded(out, Pairs(pair_firm[:count], party, sold, bought))


@dataclass(frozen=True, slots=True)
class InvoiceColumns:
    """Invoices of some firms, a column each (发票列).

    `day` NO_DAY and `amount` NONE where there is none; `party` and `number` are hashes, NO_KEY where there is none.
    """

    day: Places
    amount: Ints
    tax: Ints
    party: Ints
    number: Ints
    is_purchase: npt.NDArray[np.bool_]
    is_void: npt.NDArray[np.bool_]


def pack(columns: InvoiceColumns, firm: Places, *, width: int, ranges: int) -> list[Rows]:
    """Invoices as rows (发票打包), a list for each of `ranges` ranges of `width` firms; those of firm -1 are left out."""
    ends, rows = np.empty(ranges, np.int64), np.empty(len(firm), ROW)
    given = (
        (firm, np.int32), (columns.day, np.int32), (columns.amount, np.int64), (columns.tax, np.int64),
        (columns.party, np.int64), (columns.number, np.int64), (columns.is_purchase, np.bool_), (columns.is_void, np.bool_),
    )  # fmt: skip
    arrays = [np.ascontiguousarray(x, kind) for x, kind in given]
    _LIB.pack_invoices(
        ctypes.c_int64(len(firm)),
        *map(_pointer, arrays),
        ctypes.c_int32(width),
        ctypes.c_int64(ranges),
        _pointer(ends),
        _pointer(rows),
    )
    starts = [0, *ends[:-1].tolist()]
    return [rows[start:end] for start, end in zip(starts, ends.tolist(), strict=True)]


class KeyPlaces:
    """Keys of firms to their places, in order of first appearance (主体键到序号)."""

    def __init__(self, *, room: int = 1 << 12) -> None:
        self.count = 0
        self._reserve(room)

    def _reserve(self, keys: int) -> None:
        size = 1 << max(4, (2 * keys).bit_length())
        self._keys, self._places = np.zeros(size, np.int64), np.full(size, -1, np.int32)

    def add(self, keys: Ints) -> tuple[Places, Ints]:
        """The places of keys and the rows that brought a new one (登记)."""
        if 2 * (self.count + len(keys)) > len(self._keys):
            filled = self._places >= 0
            old = self._keys[filled][np.argsort(self._places[filled])]
            self._reserve(2 * (self.count + len(keys)))
            self.count = 0
            self._place(old, grow=True)
        return self._place(keys, grow=True)

    def find(self, keys: Ints) -> Places:
        """The places of keys, -1 where one is not known (查找)."""
        return self._place(keys, grow=False)[0]

    def _place(self, keys: Ints, *, grow: bool) -> tuple[Places, Ints]:
        keys = np.ascontiguousarray(keys, np.int64)
        places, added = np.empty(len(keys), np.int32), np.empty(len(keys), np.int64)
        known = _LIB.place_keys(
            ctypes.c_int64(len(keys)),
            _pointer(keys),
            _pointer(self._keys),
            _pointer(self._places),
            ctypes.c_int64(len(self._keys) - 1),
            ctypes.c_int64(self.count),
            ctypes.c_int32(grow),
            _pointer(places),
            _pointer(added),
        )
        fresh, self.count = known - self.count, known
        return places, added[:fresh]


def shared_parties(parties: Sequence[Ints]) -> Ints:
    """The parties that several firms traded with (共同交易对手), in order; each of `parties` names a party once a firm."""
    every = np.sort(np.concatenate(parties)) if parties else np.empty(0, np.int64)
    return np.unique(every[1:][every[1:] == every[:-1]])


def shared_sums(folded: Folded, shared: Ints) -> Ints:
    """Sales to and purchases from shared parties (与共同对手的购销额): a row a firm, columns as in SHARED."""
    facts, pairs = folded.facts, folded.pairs
    at = np.minimum(np.searchsorted(shared, pairs.party), max(0, len(shared) - 1))
    hit = shared[at] == pairs.party if len(shared) else np.zeros(len(at), np.bool_)
    ends = np.searchsorted(pairs.firm, np.arange(len(facts) + 1))
    found = np.empty((len(facts), len(SHARED)), np.int64)
    for place, (amounts, year) in enumerate(((pairs.sold, "sale_12m"), (pairs.bought, "buy_12m"))):
        running = np.concatenate([[0], np.cumsum(np.where(hit, amounts, 0))])
        sums = np.minimum(running[ends[1:]] - running[ends[:-1]], MOST_FEN)
        found[:, place] = np.where(facts[:, FACTS.index(year)] == NONE, NONE, sums)
    return found


def fact_values(row: Sequence[int], *, names: Sequence[str] = FACTS) -> dict[str, int | None]:
    """One row of figures by name (单户汇总转字典), None where not known."""
    return {name: None if value == NONE else value for name, value in zip(names, row, strict=True)}
