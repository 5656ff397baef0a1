"""A whole register through the screening (批量筛查): standard tables, linking, one bucket after another.

The number of buckets follows from the memory that is allowed; results do not depend on it, nor on the engine.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.kernels import KeyTable, Windows
from huoshui.adapters.registers.screening import expression, linking, standard, tables
from huoshui.adapters.registers.screening.engines import Engine, open_engine
from huoshui.adapters.registers.screening.facts_file import keep_facts, keep_row_ids
from huoshui.adapters.registers.screening.near_names import link_near_names
from huoshui.adapters.registers.screening.standard import Bad, ListMeaning, Standard
from huoshui.adapters.registers.screening.store import Store
from huoshui.adapters.registers.screening.verdicts import COLUMNS, Verdicts, records
from huoshui.errors import NothingToScreen
from huoshui.rules.screening import CURRENT, KEPT, ScreeningRule
from huoshui.rules.visit_priority import PriorityRule
from huoshui.terms import EngineName, RegisterKind

Progress = Callable[[str], None]
MAX_BUCKETS: Final = 128
_BYTES_A_FIRM: Final = 420
_BYTES_OF_FACTS: Final = 160
TABLE_OF: Final = {
    RegisterKind.REGISTRY: "firms",
    RegisterKind.TAX: "filings",
    RegisterKind.LOANS: "loans",
    RegisterKind.INVOICES: "invoices",
    RegisterKind.EXCLUSIONS: "exclusions",
}


@dataclass(frozen=True, slots=True)
class Job:
    """Everything a run needs (筛查任务): register files, the rule in integers, the engine and its limits."""

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


@dataclass(slots=True)
class Screened:
    """What a run found (筛查产出): verdicts in register order, what was linked, and the rows read of each register."""

    verdicts: Verdicts
    parts: dict[RegisterKind, tuple[parts.Part, ...]]
    linked: dict[str, linking.Linked]
    targets: "Targets"
    rows_read: dict[str, int] = field(default_factory=dict)
    buckets: int = 1
    phases: dict[str, float] = field(default_factory=dict)


def screen(job: Job) -> Screened:
    """Run the screening (执行筛查); raises NothingToScreen when no registry row lies in the region."""
    clock = _Clock(job.progress)
    split = {kind: parts.split(files) for kind, files in job.files.items()}
    buckets = _bucket_count(job, rows=sum(x.rows for x in split[RegisterKind.REGISTRY]))
    store = Store(job.folder, buckets=buckets)
    bad, rows_read = _standardize(job, split, store, clock)
    store.finish()
    registry = linking.link(store, bad)
    clock.tick("linking exact")
    link_near_names(registry, store=store, files=split[RegisterKind.REGISTRY])
    linked = {"firms": registry.firms, **registry.found}
    for name, rows in linked.items():
        _add_linked(store, name, rows)
        rows.bad.columns.clear()  # they are in the store now; what is left names the row and its link
    store.finish()
    clock.tick("linking near names")
    verdicts = Verdicts(job.folder, buckets=buckets)
    wanted = COLUMNS if job.facts is None else dict.fromkeys((*COLUMNS, *expression.FACTS))
    asked = expression.verdicts(expression.facts(job.rule), rule=job.rule, priority=job.priority).select(*wanted)
    with open_engine(job.engine, expression=asked, master=job.master, memory=_engine_memory(job), folder=job.folder) as engine:
        targets = Targets(np.concatenate([x.key for name, x in linked.items() if name != "firms"]))
        firms = sum(_screen_bucket(job, store, engine, verdicts, targets, bucket=x) for x in range(buckets))
    if job.facts is not None:
        keep_row_ids(split[RegisterKind.REGISTRY], path=job.facts / "row_ids.parquet")
    clock.tick("screening")
    if not firms:
        raise NothingToScreen(
            f"no row of the registry lies in the region {job.region_prefix}…; check --region and region_code", field="region"
        )
    return Screened(verdicts, split, linked, targets, rows_read, buckets, clock.phases)


class Targets:
    """The registry rows that rows of other registers were linked to (关联目标)."""

    def __init__(self, keys: npt.NDArray[np.int64]) -> None:
        self._keys = np.unique(keys)
        self._table = KeyTable(self._keys)
        self._row = np.full(len(self._keys), -1, np.int64)

    def see(self, found: npt.NDArray[Any], key: npt.NDArray[np.int64]) -> None:
        """Note the current records of one bucket (登记)."""
        place = self._table.find(key)
        hits = np.flatnonzero((place >= 0) & np.isin(found["record_state"], (CURRENT, KEPT)))
        self._row[place[hits]] = found["row"][hits]

    def rows(self, keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The registry row of each key (目标行), -1 where the registry has none."""
        return self._row[np.searchsorted(self._keys, keys)]


class _Clock:
    def __init__(self, progress: Progress) -> None:
        self._progress, self._last = progress, time.process_time()
        self.phases: dict[str, float] = {}

    def tick(self, phase: str) -> None:
        now = time.process_time()
        self.phases[phase] = round(now - self._last, 2)
        self._last = now
        self._progress(f"{phase}: done")


def _bucket_count(job: Job, *, rows: int) -> int:
    if job.engine is EngineName.SPARK:
        return 1
    fits = max(1, (job.memory // 2) // (_BYTES_A_FIRM + (_BYTES_OF_FACTS if job.facts else 0)))
    buckets = 1
    while buckets * fits < rows and buckets < MAX_BUCKETS:
        buckets *= 2
    return buckets


def _engine_memory(job: Job) -> int:
    return job.memory if job.engine is EngineName.SPARK else job.memory // 2


def _standardize(
    job: Job, split: dict[RegisterKind, tuple[parts.Part, ...]], store: Store, clock: _Clock
) -> tuple[dict[str, Bad], dict[str, int]]:
    bad: dict[str, list[Bad]] = {name: [] for name in TABLE_OF.values()}
    rows_read: dict[str, int] = {}
    pairs: list[npt.NDArray[np.int64]] = []
    own = linking.OwnNumbers(np.zeros((0, 2), np.int64))
    keep_pairs = any(_has_own_numbers(x) for kind, x in split.items() if kind is not RegisterKind.REGISTRY)
    for kind, name in TABLE_OF.items():
        read = 0
        for found in _read(job, kind, split.get(kind, ())):
            if kind is RegisterKind.REGISTRY:
                pairs.append(found.own_pairs if keep_pairs else found.own_pairs[:0])
            else:
                found.good["key"] = own.translate(found.good["key"])
            store.add(name, found.good)
            bad[name].append(found.bad)
            read += found.read
            job.progress(f"{kind.value}: {read:,} rows read")
        rows_read[kind.value] = read
        if kind is RegisterKind.REGISTRY:
            own = linking.OwnNumbers(np.concatenate(pairs) if pairs else np.zeros((0, 2), np.int64))
        clock.tick(f"reading {kind.value}")
    # taken out one after another, so that no register's rows are held twice for longer than they are put together
    together = {name: linking.concatenate(rows) if (rows := bad.pop(name)) else _no_rows(job, name) for name in list(bad)}
    return together, rows_read


def _no_rows(job: Job, name: str) -> Bad:
    """The rows without a usable key of a register that was not given: none, in the right columns."""
    kind = next(k for k, n in TABLE_OF.items() if n == name)
    path = job.folder / "empty.parquet"
    pq.write_table(pa.table({"row_id": pa.array([], pa.int64())}), path)
    return next(iter(_read(job, kind, (parts.Part(path, (), 0, 0, frozenset()),)))).bad


def _read(job: Job, kind: RegisterKind, split: Sequence[parts.Part]) -> Iterator[Standard]:
    rule = job.rule
    windows = Windows(early=rule.year_since, late=rule.sales_since, on=rule.on)
    work: dict[RegisterKind, Callable[[parts.Part], Standard]] = {
        RegisterKind.REGISTRY: lambda x: standard.read_firms(x, size_row_of=job.size_row_of, region_prefix=job.region_prefix),
        RegisterKind.TAX: lambda x: standard.read_filings(x, windows=windows),
        RegisterKind.LOANS: standard.read_loans,
        RegisterKind.INVOICES: lambda x: standard.read_invoices(x, on=rule.on),
        RegisterKind.EXCLUSIONS: lambda x: standard.read_exclusions(x, meaning=job.list_meaning),
    }
    return parts.each(split, work[kind])


def _has_own_numbers(split: Sequence[parts.Part]) -> bool:
    for part in split:
        metadata = pq.read_metadata(part.path)
        places = [i for i in range(metadata.num_columns) if metadata.schema.column(i).path == "register_no"]
        for group in part.groups:
            for place in places:
                column = metadata.row_group(group).column(place)
                if column.statistics is None or column.statistics.null_count != metadata.row_group(group).num_rows:
                    return True
    return False


def _add_linked(store: Store, name: str, linked: linking.Linked) -> None:
    columns = {**linked.bad.columns, "key": linked.key, "link": linked.method}
    if name != "firms":
        keep = np.flatnonzero(linked.key != -1)
        columns = {k: v[keep] for k, v in columns.items()}
    store.add(name, columns)


def _screen_bucket(job: Job, store: Store, engine: Engine, verdicts: Verdicts, targets: Targets, *, bucket: int) -> int:
    found_tables = bucket_tables(store, bucket=bucket, rule=job.rule)
    if not found_tables["firms"].num_rows:
        return 0
    rows = found_tables["firms"]["row"].to_numpy()
    result = engine.run(found_tables)
    if job.facts is not None:
        keep_facts(result, rows=rows, path=job.facts / f"facts-{bucket:03d}.parquet")
    found, key = records(result, rows=rows)
    targets.see(found, key)
    verdicts.put(found, bucket=bucket)
    store.drop(bucket=bucket)
    job.progress(f"screening: bucket {bucket + 1} of {store.buckets}, {len(rows):,} firms")
    return len(rows)


def bucket_tables(store: Store, *, bucket: int, rule: ScreeningRule) -> dict[str, pa.Table]:
    """All tables that the expression names, for one bucket (单桶全部表)."""
    found = {name: store.table(name, bucket=bucket, columns=list(tables.TABLES[name])) for name in TABLE_OF.values()}
    found["double_keys"] = pa.table({"key": pa.array(_double_keys(found["firms"]["key"].to_numpy()), pa.int64())})
    found["size_rows"] = _size_rows(rule)
    filings = found["filings"]
    again = KeyTable(_double_keys(filings["key"].to_numpy())).find(filings["key"].to_numpy()) >= 0
    found["filings_again"] = filings.filter(pa.array(again))
    if found["filings_again"].num_rows:
        found["filings"] = filings.filter(pa.array(~again))
    return found


def _double_keys(key: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    ordered = np.sort(key)
    double: npt.NDArray[np.int64] = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    return np.asarray(double[double != -1])


def _size_rows(rule: ScreeningRule) -> pa.Table:
    kinds: dict[str, Any] = {name: getattr(pa, kind)() for name, kind in tables.SIZE_ROWS.items()}
    return pa.Table.from_pylist(tables.size_rows(rule), schema=pa.schema(list(kinds.items())))
