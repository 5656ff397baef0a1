"""A night that goes on from a kept state finds what a full run finds, whatever its rows do to names, codes and links.

Most registers hold many random worlds, each in a province of its own: every one of them is a case. `HUOSHUI_CASES` says how
many registers are tried.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.screening import pipeline
from huoshui.adapters.registers.screening.delta import screen_delta
from huoshui.adapters.registers.screening.firm_file import Counts, write_firms
from huoshui.adapters.registers.screening.job import Job, Screened
from huoshui.adapters.registers.screening.kept_full import FullStateWriter
from huoshui.adapters.registers.screening.kept_state import NAMES, State
from huoshui.adapters.registers.screening.kept_text import Ids
from huoshui.adapters.registers.screening.verdicts import records_of
from huoshui.services.screening.basis import ScreeningBasis, read_screening_basis
from huoshui.services.screening.totals import as_json, carry
from huoshui.terms import EngineName, RegisterKind
from tests.adapters.registers.small_registers import ON
from tests.services.screening.random_registers import RandomRegisters, add_part

CASES: Final = int(os.environ.get("HUOSHUI_CASES", "8"))
NATION: Final = "000000"
WORLDS: Final = 48


@pytest.fixture(scope="module")
def sql() -> str:
    return pipeline.asked_of(job_of(Path(), {}, basis=basis_of(NATION)))


def basis_of(region: str) -> ScreeningBasis:
    return read_screening_basis("never_borrowed", region=region, on=ON)


def job_of(folder: Path, files: dict[RegisterKind, tuple[Path, ...]], *, basis: ScreeningBasis, prefix: str = "") -> Job:
    return Job(
        files=files, rule=basis.rule, priority=basis.priority, size_row_of=basis.size_row_of, list_meaning=basis.list_meaning,
        region_prefix=prefix, engine=EngineName.DUCKDB, master="", memory=1 << 30, folder=folder, progress=lambda _: None,
    )  # fmt: skip


@dataclass
class Whole:
    """A full run, and what it found."""

    screened: Screened
    records: np.ndarray[Any, Any]
    counts: Counts
    ids: Ids


def whole(job: Job, folder: Path) -> Whole:
    """A full run, its state kept where the job says."""
    for place in (folder, job.folder):
        place.mkdir(parents=True, exist_ok=True)
    if job.state:
        job.state.mkdir()
    screened = pipeline.screen(job)
    keeper = FullStateWriter(job.state) if job.state else None
    found: list[Any] = []

    def keep(text: Any, records: Any) -> None:
        found.append(records_of(records))
        if keeper:
            keeper.see(text, records)

    registry = screened.parts[RegisterKind.REGISTRY]
    counts = write_firms(screened.verdicts, files=registry, folder=folder, metadata={}, take_listed=lambda *_: None, keep=keep)
    last = keeper.finish(screened.linked, firm_rows=screened.firm_rows) if keeper else None
    return Whole(screened, np.concatenate(found), counts, Ids(given=True, last=last))


class World:
    """A world of random registers with a state that every night goes on from."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.region = folder, NATION
        self.random = RandomRegisters(seed, firms=(6, 12, 25)[seed % 3], worlds=1 if seed % 3 == 2 else WORLDS)
        self.basis = basis_of(self.region)
        rows = self.random.night(rows=24)
        while not any((x["region_code"] or "").startswith(self.region.rstrip("0")) for x in rows.get("registry", ())):
            rows = self.random.night(rows=24)
        self.files = self._located(add_part(folder / "registers", rows, part=0))
        self.base = whole(replace(self.job("base"), state=folder / "state0"), folder / "base")
        self.counts, self.ids, self.night = self.base.counts, self.base.ids, 0
        self.segments = [self.base.screened.buckets]
        self.rows = {x: sum(y.rows for y in self.base.screened.parts.get(x, ())) for x in RegisterKind}

    def _located(self, registers: dict[RegisterKind, Path]) -> dict[RegisterKind, tuple[Path, ...]]:
        return {kind: parts.locate(path, kind=kind) for kind, path in registers.items()}

    def job(self, name: str) -> Job:
        folder = self.folder / f"work-{name}"
        folder.mkdir()
        return job_of(folder, self.files, basis=self.basis, prefix=self.region.rstrip("0"))

    def go_on(self, sql: str) -> State:
        """One more night; what it finds is the state."""
        self.night += 1
        before, into = (self.folder / f"state{x}" for x in (self.night - 1, self.night))
        into.mkdir()
        for path in before.iterdir():
            if path.name[0].isdigit():
                os.link(path, into / path.name)
        rows = self.random.night(rows=(3, 8, 20)[self.night % 3])
        files = self._located(add_part(self.folder / "registers", rows, part=self.night))
        new = {x: tuple(replace(z, start=z.start + self.rows[x]) for z in parts.split(y[len(self.files.get(x, ())) :]))
               for x, y in files.items()}  # fmt: skip
        self.files = files
        found = screen_delta(
            self.job(f"night{self.night}"), into=into, former=State(before, buckets=self.segments), buckets=self.segments,
            split=new, expression=sql, ids=self.ids,
        )  # fmt: skip
        self.counts = carry(self.counts, before=found.before[found.known], now=found.now)
        self.ids, self.segments = found.ids, [*self.segments, 1]
        self.rows = {x: n + sum(z.rows for z in new.get(x, ())) for x, n in self.rows.items()}
        self.linked, self.firm_rows = found.linked, found.firm_rows
        return found.state


def differences(world: World, state: State) -> Iterator[str]:
    """What a full run finds otherwise."""
    full = whole(world.job(f"full{world.night}"), world.folder / f"full{world.night}")
    registry = full.screened.parts[RegisterKind.REGISTRY]
    records = np.concatenate([records_of(x) for x in state.verdicts().until([y.start + y.rows for y in registry])])
    if not np.array_equal(records, full.records):
        yield f"records of rows {records['row'][np.flatnonzero(records != full.records)]}"
    for name in NAMES:
        for field in ("key", "method", "several"):
            if not np.array_equal(getattr(world.linked[name], field), getattr(full.screened.linked[name], field)):
                yield f"{field} of {name}"
        if not np.array_equal(world.firm_rows[name], full.screened.firm_rows[name]):
            yield f"firms of {name}"
    if as_json(world.counts) != as_json(full.counts):
        yield "counts"


@pytest.mark.parametrize("seed", range(CASES))
def test_nights_find_what_a_full_run_finds(seed: int, sql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "asked_of", lambda _: sql)
    monkeypatch.setattr(pipeline, "_bucket_count", lambda *_, **__: 4 if seed % 4 == 0 else 1)
    world = World(tmp_path, seed)
    for _ in range(2):
        assert list(differences(world, world.go_on(sql))) == []
