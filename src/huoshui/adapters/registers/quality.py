"""How good a register file is (数据质量): duplicates, codes by verdict, empty fields, odd days, unreadable values.

It is an import that writes nothing, with every column read once more for duplicates.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from huoshui.adapters.registers.fields import Reading, fields_of
from huoshui.adapters.registers.importing import Rows, Source, SourceReader
from huoshui.adapters.registers.mapping import Mapping
from huoshui.adapters.registers.records import fold_hashes
from huoshui.adapters.registers.rejects import Reject
from huoshui.adapters.registers.tabular import Batch, OnBytes, Table
from huoshui.terms import RegisterKind

FOUNDED: Final = date(1949, 10, 1)
_MOST_HASHES: Final = 30_000_000
_EXAMPLES: Final = 3
_KEYS: Final = {
    RegisterKind.REGISTRY: (), RegisterKind.TAX: ("period_end",), RegisterKind.LOANS: None,
    RegisterKind.INVOICES: ("invoice_no",), RegisterKind.EXCLUSIONS: ("list_name", "reason", "listed_on"),
    RegisterKind.SOCIAL_SECURITY: ("period_end",), RegisterKind.LITIGATION: None,
}  # fmt: skip


@dataclass
class Days:
    """The days of a field (日期分布)."""

    first: date | None = None
    last: date | None = None
    future: int = 0
    before_1949: int = 0


@dataclass
class Amounts:
    """The amounts of a field in fen (金额分布)."""

    least_fen: int | None = None
    most_fen: int | None = None
    negative: int = 0
    zero: int = 0


@dataclass
class Quality:
    """What was found in a table (质量报告). Shares are of the rows that an import would take."""

    rows: int = 0
    acceptable: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    filtered: int = 0
    exact_duplicates: int = 0
    duplicate_keys: int | None = None
    key: tuple[str, ...] = ()
    codes: dict[str, int] = field(default_factory=dict)
    empty: dict[str, float] = field(default_factory=dict)
    days: dict[str, Days] = field(default_factory=dict)
    amounts: dict[str, Amounts] = field(default_factory=dict)
    forms: dict[str, dict[str, int]] = field(default_factory=dict)
    examples: list[Reject] = field(default_factory=list)


def examine(table: Table, *, mapping: Mapping, on: date, on_bytes: OnBytes) -> Quality:
    """Examine a table as a mapping reads it (质量检查); `on` is the day from which days are in the future."""
    reader = SourceReader(Source(table, mapping, table.path.name), scheme="?")
    quality, rejected = Quality(), Counter[str]()
    rows, keys = _Repeats(), _Repeats()
    key = _key(reader, mapping)
    for batch in table.batches(_readable(table), on_bytes=on_bytes):
        taken = reader.take(batch)
        rows.add(_row_hashes(batch, list(batch.columns)))
        if key:
            keys.add(_key_hashes(batch, key))
        _look(quality, taken, mapping, on)
        rejected.update(x.code.value for x in taken.rejects)
        _keep_examples(quality, taken.rejects)
    reader.finish()
    report = reader.report
    quality.rows, quality.acceptable, quality.filtered, quality.rejected = (
        report.read,
        report.accepted,
        report.filtered,
        dict(rejected),
    )
    quality.codes, quality.forms, quality.key = report.codes, report.forms, tuple(key)
    quality.exact_duplicates, quality.duplicate_keys = rows.count(), keys.count() if key else None
    if report.accepted:
        quality.empty = {x: round(report.empty.get(x, 0) / report.accepted, 4) for x in mapping.mapped}
    return quality


def _readable(table: Table) -> list[str]:
    return [x for x in table.shape.headings if x in table.sample]


def _key(reader: SourceReader, mapping: Mapping) -> list[str]:
    """The headings of what should be there once: the firm, and what the kind adds to it."""
    others = _KEYS[mapping.kind]
    firm = reader.headings_of(("uscc", "register_no", "name"))[:1]
    if others is None or not firm:
        return []
    added = reader.headings_of(others)
    return [*firm, *added] if added or not others else []


def _row_hashes(batch: Batch, headings: list[str]) -> npt.NDArray[np.uint64]:
    hashes = np.zeros(len(batch.lines), np.uint64)
    for heading in headings:
        fold_hashes(batch.columns[heading], into=hashes)
    return hashes


def _key_hashes(batch: Batch, key: list[str]) -> npt.NDArray[np.uint64]:
    """Hashes of keys, rows without the firm left out."""
    there = np.asarray(batch.columns[key[0]].is_valid(), np.bool_)
    return _row_hashes(batch, key)[there]


class _Repeats:
    """Counts repeated hashes, of the first thirty million."""

    def __init__(self) -> None:
        self._kept: list[npt.NDArray[np.uint64]] = []
        self._count = 0

    def add(self, hashes: npt.NDArray[np.uint64]) -> None:
        if self._count < _MOST_HASHES:
            self._kept.append(hashes)
            self._count += len(hashes)

    def count(self) -> int:
        if not self._kept:
            return 0
        found = np.concatenate(self._kept)
        self._kept = []
        found.sort()
        return int((found[1:] == found[:-1]).sum())


def _look(quality: Quality, taken: Rows, mapping: Mapping, on: date) -> None:
    for name, field_ in fields_of(mapping.kind).items():
        if name not in mapping.mapped or taken.columns[name].null_count == taken.count:
            continue
        if field_.reading is Reading.DAY:
            _look_at_days(quality.days.setdefault(name, Days()), taken.columns[name], on)
        if field_.reading is Reading.AMOUNT:
            _look_at_amounts(quality.amounts.setdefault(name, Amounts()), taken.columns[name])


def _look_at_days(days: Days, column: pa.Array, on: date) -> None:
    ends = pc.min_max(column).as_py()
    days.first = min(x for x in (days.first, ends["min"]) if x is not None)
    days.last = max(x for x in (days.last, ends["max"]) if x is not None)
    days.future += _true(pc.greater(column, pa.scalar(on)))
    days.before_1949 += _true(pc.less(column, pa.scalar(FOUNDED)))


def _look_at_amounts(amounts: Amounts, column: pa.Array) -> None:
    ends = pc.min_max(column).as_py()
    amounts.least_fen = min(x for x in (amounts.least_fen, ends["min"]) if x is not None)
    amounts.most_fen = max(x for x in (amounts.most_fen, ends["max"]) if x is not None)
    amounts.negative += _true(pc.less(column, 0))
    amounts.zero += _true(pc.equal(column, 0))


def _true(column: Any) -> int:
    return int(pc.sum(column).as_py() or 0)


def _keep_examples(quality: Quality, rejects: list[Reject]) -> None:
    seen = Counter(x.code for x in quality.examples)
    for reject in rejects:
        if seen[reject.code] < _EXAMPLES:
            seen[reject.code] += 1
            quality.examples.append(reject)
