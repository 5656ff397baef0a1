"""A night's new rows through the screening (增量筛查): only firms of which something changed are judged again.

Every key of which a row is new, or linked otherwise than before, is touched; all rows of touched keys are fetched from the
state and go through the expression of a full run. So what a night finds for them is what a full run finds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.kernels import Ints, KeyTable
from huoshui.adapters.registers.screening import job as jobs
from huoshui.adapters.registers.screening.engines import open_engine
from huoshui.adapters.registers.screening.identity import region_number
from huoshui.adapters.registers.screening.job import TABLE_OF, Job
from huoshui.adapters.registers.screening.kept_bad import KeptLinks, joined
from huoshui.adapters.registers.screening.kept_near import write_near
from huoshui.adapters.registers.screening.kept_numbers import gives_numbers
from huoshui.adapters.registers.screening.kept_outside import read_outside, write_outside
from huoshui.adapters.registers.screening.kept_state import (
    NAMES,
    SegmentWriter,
    State,
    near_path,
    outside_path,
    prefix,
    write_links,
)
from huoshui.adapters.registers.screening.kept_tables import UnusableState
from huoshui.adapters.registers.screening.kept_text import TEXTS, Ids, Texts, TextWriter
from huoshui.adapters.registers.screening.kept_verdicts import VerdictWriter
from huoshui.adapters.registers.screening.key_index import distinct
from huoshui.adapters.registers.screening.linking import EVIDENCE, Linked, concatenate
from huoshui.adapters.registers.screening.relink import Added, Relinked, relink
from huoshui.adapters.registers.screening.standard import Bad
from huoshui.adapters.registers.screening.store import Columns, Store
from huoshui.adapters.registers.screening.verdicts import RECORD, records
from huoshui.rules.screening import CURRENT, KEPT
from huoshui.terms import RegisterKind

Split = Mapping[RegisterKind, Sequence[parts.Part]]
_WORDS: Final = ("region_code", "industry_code")


@dataclass(frozen=True, slots=True)
class Delta:
    """What a night found (增量结果): records of rows that are new or changed, `before` and `now`, in the order of the register.

    `known` says which of them were there before. `linked` and `firm_rows` are those of all rows without a usable key, `read`
    the new rows of each register; `added` registry rows of the region and `outside` ones of others are among them. `touched`
    registry rows were judged again; `state` has all segments, the new one too.
    """

    before: npt.NDArray[Any]
    known: npt.NDArray[np.bool_]
    now: npt.NDArray[Any]
    linked: dict[str, Linked]
    firm_rows: dict[str, Ints]
    read: dict[str, int]
    added: int
    outside: int
    touched: int
    ids: Ids
    state: State


@dataclass(frozen=True, slots=True)
class _New:
    """What the new files hold, in standard form."""

    good: dict[str, Columns]
    bad: dict[str, Bad]
    read: dict[str, int]
    outside: Columns

    @property
    def keys(self) -> Ints:
        """The keys of all rows that have one, each once."""
        return distinct(np.concatenate([self.good[x]["key"] for x in NAMES]))

    @property
    def rows(self) -> Ints:
        """All screened registry rows."""
        return np.sort(np.concatenate([self.good["firms"]["row"], self.bad["firms"].rows]))


def screen_delta(
    job: Job, *, into: Path, former: State, buckets: Sequence[int], split: Split, expression: Any, ids: Ids
) -> Delta:
    """Screen what new parts of the registers change (执行增量筛查), and write the night's own segment `into` the new state.

    The files of the `former` state must be there already; `buckets` are those of its segments; `expression` is what the engine
    is asked, in Ibis or in its SQL; `ids` are the row ids so far. Raises UnusableState where only a full run finds the same.
    """
    if any(gives_numbers(x) for x in split.values()):
        raise UnusableState("new rows give numbers of the register's own, which may change what older ones stand for")
    new = _read(job, split)
    known = former.firms(new.keys, by="key")
    lost = _keep_tables(new, known["key"], into=into, segment=former.segments)
    ids = _keep_text(new, split.get(RegisterKind.REGISTRY, ()), into=into, segment=former.segments, ids=ids)
    state = State(into, buckets=[*buckets, 1])
    bad, links = state.bad(), former.links()
    before = {x: joined(links[x], more=len(new.bad[x].rows), fallback=(-1, 0, 0, -1)) for x in NAMES}
    found = relink(state, bad=bad, before=before, added=_added(new, state, bad=bad, lost=lost), folder=job.folder)
    keys = _touched(new, before, found)
    more = former.firms(np.setdiff1d(keys, new.keys, assume_unique=True), by="key")
    firms = {x: np.concatenate([known[x], more[x], new.good["firms"][x]]) for x in known}
    result, key = _judge(job, state, found, keys=keys, firms=firms, expression=expression)
    was, is_known = former.verdicts().of(np.ascontiguousarray(result["row"]))
    differs = np.flatnonzero((was != result) | ~is_known)
    firm_rows = _firm_rows(found.linked, before, keys=keys, result=result, key=key)
    write_links(into, found.linked, firm_rows=firm_rows)
    write_near(near_path(into, former.segments), found.linked, places=found.seen)
    writer = VerdictWriter(into, prefix=prefix(former.segments))
    writer.add(result[differs])
    writer.close()
    return Delta(
        was[differs], is_known[differs], result[differs], found.linked, firm_rows, new.read,
        added=len(new.rows), outside=len(new.outside["key"]), touched=len(result), ids=ids, state=state,
    )  # fmt: skip


def _read(job: Job, split: Split) -> _New:
    good: dict[str, Columns] = {}
    bad: dict[str, Bad] = {}
    read: dict[str, int] = {}
    outside = 0
    for kind, name in TABLE_OF.items():
        found = list(jobs.read_register(job, kind, split.get(kind, ()))) or [jobs.no_rows(job, kind)]
        keyed = [x.good for x in found]
        good[name] = {x: np.concatenate([y[x] for y in keyed]) for x in keyed[0]}
        bad[name] = concatenate([x.bad for x in found])
        read[kind.value] = sum(x.read for x in found)
        outside += sum(x.outside for x in found)
    registry = split.get(RegisterKind.REGISTRY, ()) if outside else ()
    return _New(good, bad, read, read_outside(registry, region_prefix=job.region_prefix))


def _keep_tables(new: _New, known: Ints, *, into: Path, segment: int) -> Ints:
    """Write the night's tables; returns the names of its evidence that the registry lacks. `known` are keys that it had."""
    registered = np.concatenate([known, new.good["firms"]["key"]])
    writer = SegmentWriter(into, segment=segment)
    writer.add_bucket(0, new.good, registered=registered)
    writer.finish(new.bad)
    write_outside(outside_path(into, segment), new.outside)
    has = KeyTable(registered)
    return np.concatenate([new.good[x]["name_key"][has.find(new.good[x]["key"]) < 0] for x in EVIDENCE])


def _keep_text(new: _New, split: Sequence[parts.Part], *, into: Path, segment: int, ids: Ids) -> Ids:
    rows = new.rows
    writer = TextWriter(into, prefix=prefix(segment), last_id=ids.last)
    for part in split:
        table = parts.read(part, columns=("row_id", *TEXTS), as_words=_WORDS)
        if table["row_id"].null_count != (0 if ids.given else part.rows):
            raise UnusableState("some rows of the registry have a row_id and others have none")
        table = table.set_column(0, "row_id", parts.row_numbers(table, part))
        mine = rows[(rows >= part.start) & (rows < part.start + part.rows)]
        table = table.take(pa.array(mine - part.start))
        writer.add(table, rows=mine, region=parts.words(table["region_code"], region_number, np.int32))
    writer.close()
    if writer.last_id is None:
        raise UnusableState("the row ids of the registry do not rise from file to file, so that changes cannot be told by them")
    return replace(ids, last=writer.last_id)


def _added(new: _New, state: State, *, bad: Mapping[str, Bad], lost: Ints) -> Added:
    codes = np.concatenate([new.good["firms"]["key"], new.outside["key"]])
    registry: Texts = state.texts(new.rows, columns=("name", "region_code"))
    return Added(
        firms=new.good["firms"],
        outside=new.outside,
        orphan_names=np.concatenate([lost, state.orphans(codes[codes != -1], by="key")[1]]),
        registry=registry,
        region=parts.words(registry.table["region_code"], region_number, np.int32),
        old={x: len(bad[x].rows) - len(new.bad[x].rows) for x in NAMES},
    )


def _touched(new: _New, before: Mapping[str, KeptLinks], found: Relinked) -> Ints:
    """Keys of which a row is new or is linked otherwise."""
    keys = [new.good[x]["key"] for x in NAMES]
    for name, places in found.changed.items():
        keys += [before[name].key[places], found.linked[name].key[places]]
    touched = distinct(np.concatenate(keys))
    return np.asarray(touched[touched != -1])


def _judge(
    job: Job, state: State, found: Relinked, *, keys: Ints, firms: Columns, expression: Any
) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Records and keys of all registry rows with a touched key, and of changed ones that have none.

    `firms` are those of these rows that have a usable key.
    """
    store = Store(job.folder, buckets=1)
    linked = found.linked["firms"]
    wanted = KeyTable(keys)
    changed = found.changed["firms"]
    mine = np.union1d(np.flatnonzero(wanted.find(linked.key) >= 0), changed[linked.key[changed] == -1])
    store.add("firms", firms)
    jobs.add_linked(store, "firms", linked, places=mine)
    present = distinct(np.concatenate([firms["key"], linked.key[mine]]))
    if not len(present):
        return np.zeros(0, RECORD), np.zeros(0, np.int64)
    present, seen = present[present != -1], KeyTable(present[present != -1])
    for name in EVIDENCE:
        rows = state.evidence(name, present)
        store.add(name, {**rows, "name_key": np.full(len(rows["key"]), -1)})
        places = np.flatnonzero(seen.find(found.linked[name].key) >= 0)
        jobs.add_linked(store, name, found.linked[name], places=places)
    store.finish()
    asked = jobs.bucket_tables(store, bucket=0, rule=job.rule)
    with open_engine(
        job.engine, expression=expression, master=job.master, memory=job.engine_memory, folder=job.folder
    ) as engine:
        result = engine.run(asked)
    return records(result, asked=asked)


def _firm_rows(
    linked: Mapping[str, Linked], before: Mapping[str, KeptLinks], *, keys: Ints, result: npt.NDArray[Any], key: Ints
) -> dict[str, Ints]:
    """The registry row that each row without a usable key is linked to: anew for touched keys."""
    current = np.flatnonzero(np.isin(result["record_state"], (CURRENT, KEPT)) & (key != -1))
    rows = np.append(result["row"][current], -1)
    place_of, is_touched = KeyTable(key[current]), KeyTable(keys)
    found = {"firms": linked["firms"].bad.rows}
    for name in EVIDENCE:
        mine = linked[name].key
        anew = is_touched.find(mine) >= 0
        found[name] = np.where(mine == -1, -1, np.where(anew, rows[place_of.find(mine)], before[name].firm_row))
    return found
