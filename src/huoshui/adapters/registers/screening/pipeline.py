"""A whole register through the screening (批量筛查): standard tables, linking, one bucket after another.

The number of buckets follows from the memory that is allowed; results do not depend on it, nor on the engine.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.kernels import Ints
from huoshui.adapters.registers.screening import linking
from huoshui.adapters.registers.screening.elsewhere import add_elsewhere
from huoshui.adapters.registers.screening.engines import DIALECTS, Engine, compiled, open_engine
from huoshui.adapters.registers.screening.identity import NumberBook
from huoshui.adapters.registers.screening.job import (
    TABLE_OF,
    Job,
    Progress,
    Screened,
    Targets,
    add_linked,
    bucket_tables,
    no_rows,
    read_register,
)
from huoshui.adapters.registers.screening.kept_outside import read_outside, write_outside
from huoshui.adapters.registers.screening.kept_sql import kept_sql
from huoshui.adapters.registers.screening.kept_state import keep_store, outside_path
from huoshui.adapters.registers.screening.near_names import link_near_names
from huoshui.adapters.registers.screening.outside import Outside
from huoshui.adapters.registers.screening.own_numbers import read_number_book
from huoshui.adapters.registers.screening.row_ids import check_row_ids
from huoshui.adapters.registers.screening.standard import NO_PAIRS
from huoshui.adapters.registers.screening.store import Store
from huoshui.adapters.registers.screening.verdicts import COLUMNS, Verdicts, records
from huoshui.adapters.registers.screening.waiting import Waiting
from huoshui.errors import NothingToScreen
from huoshui.terms import EngineName, RegisterKind

MAX_BUCKETS: Final = 128
_BYTES_A_FIRM: Final = 420
_BYTES_OF_FACTS: Final = 160


def screen(job: Job) -> Screened:
    """Run the screening (执行筛查); raises NothingToScreen when no registry row lies in the region."""
    clock = _Clock(job.progress)
    split = {kind: parts.split(files) for kind, files in job.files.items()}
    registry_files = split[RegisterKind.REGISTRY]
    check_row_ids(registry_files)
    store = Store(job.folder, buckets=_bucket_count(job, rows=sum(x.rows for x in registry_files)))
    book = read_number_book(split)
    read = _standardize(job, split, store, clock, book=book)
    store.finish()
    if job.state is not None:
        keep_store(job.state, store, bad=read.bad)
        beyond = read_outside(registry_files if read.outside else (), region_prefix=job.region_prefix)
        write_outside(outside_path(job.state, 0), beyond)
        clock.tick("keeping tables")
    outside = Outside(registry_files, job.region_prefix, book) if read.outside else None
    registry = linking.link(store, read.bad, proofs=read.proofs, outside=outside)
    clock.tick("linking exact")
    link_near_names(registry, store=store, files=registry_files)
    linked = {"firms": registry.firms, **registry.found}
    add_elsewhere(store, registry, proofs=read.proofs, outside=outside)
    for name, rows in linked.items():
        add_linked(store, name, rows)
    store.finish()
    clock.tick("linking near names")
    verdicts = Verdicts(job.folder, buckets=store.buckets)
    asked = asked_of(job)
    with open_engine(job.engine, expression=asked, master=job.master, memory=job.engine_memory, folder=job.folder) as engine:
        targets = Targets(np.concatenate([x.key for name, x in linked.items() if name != "firms"]))
        firms = sum(_screen_bucket(job, store, engine, verdicts, targets, bucket=x) for x in range(store.buckets))
    if job.facts is not None:
        _keep_row_ids(registry_files, folder=job.facts)
    clock.tick("screening")
    if not firms:
        raise NothingToScreen(
            f"no row of the registry lies in the region {job.region_prefix}…; check --region and region_code", field="region"
        )
    firm_rows = {name: x.bad.rows if name == "firms" else targets.rows(x.key) for name, x in linked.items()}
    return Screened(verdicts, split, linked, firm_rows, read.rows, store.buckets, clock.phases, read.outside)


def _keep_row_ids(files: Sequence[parts.Part], *, folder: Path) -> None:
    from huoshui.adapters.registers.screening.facts_file import keep_row_ids  # noqa: PLC0415 -- heavy, and seldom needed

    keep_row_ids(files, path=folder / "row_ids.parquet")


def asked_of(job: Job) -> str:
    """The SQL that a job asks of its engine (求值语句), for one bucket after another."""
    dialect = DIALECTS[job.engine]

    def compile_sql() -> str:
        from huoshui.adapters.registers.screening import expression  # noqa: PLC0415 -- heavy, and mostly the SQL is kept

        wanted = COLUMNS if job.facts is None else tuple(dict.fromkeys((*COLUMNS, *expression.FACTS)))
        asked = expression.verdicts(expression.facts(job.rule), rule=job.rule, priority=job.priority).select(*wanted)
        return compiled(asked, dialect=dialect)

    return kept_sql([dialect, job.facts is not None, job.rule, job.priority], compile_sql=compile_sql)


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


@dataclass(frozen=True, slots=True)
class _Read:
    """What reading found beside the tables in the store: rows by register, rows outside, rows without a usable key."""

    rows: dict[str, int]
    outside: int
    bad: dict[str, Waiting]
    proofs: Ints


def _standardize(
    job: Job, split: dict[RegisterKind, tuple[parts.Part, ...]], store: Store, clock: _Clock, *, book: NumberBook | None
) -> _Read:
    bad: dict[str, Waiting] = {}
    rows_read: dict[str, int] = {}
    outside, proofs = 0, [NO_PAIRS]
    for kind, name in TABLE_OF.items():
        read = 0
        bad[name] = Waiting(job.folder / f"waiting-{name}.arrows")
        for found in read_register(job, kind, split.get(kind, ()), book=book):
            store.add(name, found.columns, places=found.keyed)
            bad[name].add(found.bad)
            proofs.append(found.proofs)
            outside += found.outside
            read += found.read
            job.progress(f"{kind.value}: {read:,} rows read")
        if not split.get(kind):
            bad[name].add(no_rows(job, kind).bad)
        bad[name].finish()
        rows_read[kind.value] = read
        clock.tick(f"reading {kind.value}")
    return _Read(rows_read, outside, bad, np.concatenate(proofs))


def _screen_bucket(job: Job, store: Store, engine: Engine, verdicts: Verdicts, targets: Targets, *, bucket: int) -> int:
    found_tables = bucket_tables(store, bucket=bucket, rule=job.rule)
    if not found_tables["firms"].num_rows:
        return 0
    rows = found_tables["firms"]["row"].to_numpy()
    result = engine.run(found_tables)
    if job.facts is not None:
        from huoshui.adapters.registers.screening.facts_file import keep_facts  # noqa: PLC0415 -- heavy, and seldom needed

        keep_facts(result, rows=rows, path=job.facts / f"facts-{bucket:03d}.parquet")
    found, key = records(result, asked=found_tables)
    targets.see(found, key)
    verdicts.put(found, bucket=bucket)
    store.drop(bucket=bucket)
    job.progress(f"screening: bucket {bucket + 1} of {store.buckets}, {len(rows):,} firms")
    return len(rows)
