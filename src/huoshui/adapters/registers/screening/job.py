"""What a screening works on and what it finds (筛查任务与产出): the same for a full run and for a night's."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.kernels import Ints, KeyTable, Windows
from huoshui.adapters.registers.screening import standard, tables
from huoshui.adapters.registers.screening.identity import NumberBook
from huoshui.adapters.registers.screening.key_index import distinct
from huoshui.adapters.registers.screening.linking import Linked
from huoshui.adapters.registers.screening.standard import ListMeaning, Standard
from huoshui.adapters.registers.screening.store import Store
from huoshui.adapters.registers.screening.verdicts import InOrder
from huoshui.rules.screening import CURRENT, KEPT, ScreeningRule
from huoshui.rules.visit_priority import PriorityRule
from huoshui.terms import EngineName, RegisterKind

Progress = Callable[[str], None]
TABLE_OF: Final = {
    RegisterKind.REGISTRY: "firms",
    RegisterKind.TAX: "filings",
    RegisterKind.LOANS: "loans",
    RegisterKind.INVOICES: "invoices",
    RegisterKind.EXCLUSIONS: "exclusions",
}


@dataclass(frozen=True, slots=True)
class Job:
    """Everything a run needs (筛查任务): register files, the rule in integers, the engine and its limits.

    `facts` and `state` are folders in which facts, and what the next night goes on from, are kept; None where they are not.
    """

    files: dict[RegisterKind, tuple[Path, ...]]
    rule: ScreeningRule
    priority: PriorityRule
    size_row_of: Callable[[str | None], int]
    list_meaning: Callable[[str | None], ListMeaning]
    region_prefix: str
    engine: EngineName
    master: str
    memory: int
    folder: Path
    progress: Progress
    facts: Path | None = None
    state: Path | None = None

    @property
    def engine_memory(self) -> int:
        """What the engine may use, in bytes (引擎内存)."""
        return self.memory if self.engine is EngineName.SPARK else self.memory // 2


@dataclass(slots=True)
class Screened:
    """What a run found (筛查产出): verdicts in register order, what was linked, and the rows read of each register.

    `firm_rows` has for every row of `linked` the registry row that it was linked to, -1 for none; `outside` counts the
    registry's rows outside the region.
    """

    verdicts: InOrder
    parts: dict[RegisterKind, tuple[parts.Part, ...]]
    linked: dict[str, Linked]
    firm_rows: dict[str, Ints]
    rows_read: dict[str, int] = field(default_factory=dict)
    buckets: int = 1
    phases: dict[str, float] = field(default_factory=dict)
    outside: int = 0


class Targets:
    """The registry rows that rows of other registers were linked to (关联目标)."""

    def __init__(self, keys: Ints) -> None:
        wanted = distinct(keys)
        self._table = KeyTable(wanted)
        self._row = np.full(len(wanted), -1, np.int64)

    def see(self, found: npt.NDArray[Any], key: Ints) -> None:
        """Note the current records of one bucket (登记)."""
        place = self._table.find(key)
        hits = np.flatnonzero((place >= 0) & np.isin(found["record_state"], (CURRENT, KEPT)))
        self._row[place[hits]] = found["row"][hits]

    def rows(self, keys: Ints) -> Ints:
        """The registry row of each key (目标行), -1 where the registry has none."""
        return np.where(keys == -1, -1, self._row[self._table.find(keys)])


def read_register(
    job: Job, kind: RegisterKind, split: Sequence[parts.Part], *, book: NumberBook | None = None
) -> Iterator[Standard]:
    """Parts of one register in standard form (读取登记数据); `book` is that of own numbers, where some register has any."""
    rule = job.rule
    windows = Windows(early=rule.year_since, late=rule.sales_since, on=rule.on)
    work: dict[RegisterKind, Callable[[parts.Part], Standard]] = {
        RegisterKind.REGISTRY: lambda x: standard.read_firms(
            x, size_row_of=job.size_row_of, region_prefix=job.region_prefix, book=book
        ),
        RegisterKind.TAX: lambda x: standard.read_filings(x, windows=windows, book=book),
        RegisterKind.LOANS: lambda x: standard.read_loans(x, book=book),
        RegisterKind.INVOICES: lambda x: standard.read_invoices(x, on=rule.on, book=book),
        RegisterKind.EXCLUSIONS: lambda x: standard.read_exclusions(x, meaning=job.list_meaning, book=book),
    }
    return parts.each(split, work[kind])


def no_rows(job: Job, kind: RegisterKind) -> Standard:
    """A register that was not given (空登记数据): no rows, in the right columns."""
    path = job.folder / "empty.parquet"
    pq.write_table(pa.table({"row_id": pa.array([], pa.int64())}), path)
    return next(iter(read_register(job, kind, (parts.Part(path, (), 0, 0, frozenset()),))))


def add_linked(store: Store, name: str, linked: Linked, *, places: Ints | None = None) -> None:
    """Put rows without a usable key under the key they were linked by (入桶): all of them, or those at some places."""
    start = 0
    for piece in linked.bad.pieces():
        end = start + len(piece)
        mine = np.arange(start, end) if places is None else places[(places >= start) & (places < end)]
        if name != "firms":
            mine = mine[linked.key[mine] != -1]
        columns = {k: v[mine - start] for k, v in piece.columns.items()}
        store.add(name, {**columns, "key": linked.key[mine], "link": linked.method[mine]})
        start = end


def bucket_tables(store: Store, *, bucket: int, rule: ScreeningRule) -> dict[str, pa.Table]:
    """All tables that the expression names, for one bucket (单桶全部表)."""
    found = {name: store.table(name, bucket=bucket, columns=list(tables.TABLES[name])) for name in TABLE_OF.values()}
    found["elsewhere"] = store.table("elsewhere", bucket=bucket)
    keys = np.concatenate([found[x]["key"].to_numpy() for x in ("firms", "elsewhere")])
    found["double_keys"] = pa.table({"key": pa.array(_double_keys(keys), pa.int64())})
    found["size_rows"] = _size_rows(rule)
    filings = found["filings"]
    again = KeyTable(_double_keys(filings["key"].to_numpy())).find(filings["key"].to_numpy()) >= 0
    found["filings_again"] = filings.filter(pa.array(again))
    if found["filings_again"].num_rows:
        found["filings"] = filings.filter(pa.array(~again))
    return found


def _double_keys(key: Ints) -> Ints:
    ordered = np.sort(key)
    double: Ints = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    return np.asarray(double[double != -1])


def _size_rows(rule: ScreeningRule) -> pa.Table:
    kinds: dict[str, Any] = {name: getattr(pa, kind)() for name, kind in tables.SIZE_ROWS.items()}
    return pa.Table.from_pylist(tables.size_rows(rule), schema=pa.schema(list(kinds.items())))
