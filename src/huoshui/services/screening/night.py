"""A night's run that goes on from the former result (增量筛查): only what changed is read, judged, and written.

With `changes_only` the result is `firms_changed.parquet`, `changes.parquet`, the summary with totals of everything, and the
state for the next night; merged.py reads the whole. Without, `resume` hands on all verdicts, and every file is written.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.screening.delta import Delta, screen_delta
from huoshui.adapters.registers.screening.firm_file import PLAIN, firm_rows, open_writer
from huoshui.adapters.registers.screening.job import Job, Screened
from huoshui.adapters.registers.screening.kept_state import State
from huoshui.adapters.registers.screening.kept_tables import UnusableState
from huoshui.adapters.registers.screening.kept_text import TEXTS
from huoshui.adapters.registers.screening.link_file import count_links
from huoshui.adapters.registers.screening.namesakes import with_namesakes
from huoshui.adapters.registers.screening.verdicts import fields_of
from huoshui.errors import DoesNotReconcile
from huoshui.rules.screening import EXACT_DUPLICATE
from huoshui.services.screening.basis import ScreeningBasis
from huoshui.services.screening.changes import compare_lists
from huoshui.services.screening.manifest import file_metadata, is_synthetic
from huoshui.services.screening.merged import BASE, CHANGED, DUPLICATE, FIRMS, digest
from huoshui.services.screening.request import ScreeningRequest
from huoshui.services.screening.state import Former, KeptState, share_state
from huoshui.services.screening.summary import summarize
from huoshui.services.screening.totals import as_json, carry, from_json
from huoshui.terms import RegisterKind

OUTSIDE: Final = "the registry has rows outside the region, and what they decide is found in the whole registry"
_SHOWN: Final = ("size", "evidence_bits", "reason_bits", "is_listed", "tags", "link", "priority", "sales_12m")
_WORDS: Final = ("region_code", "industry_code")


@dataclass(frozen=True, slots=True)
class Night:
    """What a night found and where it goes on from (增量运行)."""

    delta: Delta
    former: Former
    before: State
    synthetic: bool

    def rows_read(self) -> dict[str, int]:
        """All rows of the registers, those of former nights too (累计行数)."""
        return {x: n + self.former.kept.rows.get(x, 0) for x, n in self.delta.read.items()}

    @property
    def outside(self) -> int:
        """All registry rows of other regions (累计地区外行数)."""
        return self.former.kept.outside + self.delta.outside

    def told(self) -> dict[str, Any]:
        """What the summary says of the night (增量说明)."""
        return {"used": True, "touched": self.delta.touched, "new_rows": self.delta.read}

    def kept(self, counts: dict[str, Any]) -> KeptState:
        """What the state of the night says (状态说明)."""
        kept = self.former.kept
        return replace(
            kept, inputs=self.former.inputs, rows=self.rows_read(), segments=[*kept.segments, 1], counts=counts,
            synthetic=self.synthetic, ids=self.delta.ids,
            outside=self.outside,
        )  # fmt: skip


def go_on(job: Job, former: Former, *, into: Path, expression: Any) -> Night:
    """Screen what the new files change, and write the state that goes on from the former one (续跑).

    Raises UnusableState where only a full run finds the same.
    """
    share_state(former, into=into)
    split = {
        kind: tuple(replace(x, start=x.start + former.kept.rows.get(kind.value, 0)) for x in parts.split(files))
        for kind, files in former.files.items()
    }
    before = State(former.folder, buckets=former.kept.segments)
    delta = screen_delta(
        job, into=into, former=before, buckets=former.kept.segments, split=split, expression=expression,
        ids=former.kept.ids,
    )  # fmt: skip
    if delta.outside:
        raise UnusableState(OUTSIDE)
    synthetic = former.kept.synthetic or any(is_synthetic(x) for files in former.files.values() for x in files)
    return Night(delta, former, before, synthetic)


def resume(night: Night, *, split: Mapping[RegisterKind, Sequence[parts.Part]]) -> Screened:
    """All verdicts, as a full run has them (全部结论), over all parts of the registers."""
    delta = night.delta
    verdicts = delta.state.verdicts()
    whole = {kind: tuple(x) for kind, x in split.items()}
    return Screened(verdicts, whole, delta.linked, delta.firm_rows, night.rows_read(), outside=night.outside)


def write_changes(
    request: ScreeningRequest, basis: ScreeningBasis, night: Night, *, folder: Path, work: Path
) -> tuple[dict[str, Any], KeptState]:
    """Write what changed; returns the summary of everything, and what the state says (写出变动)."""
    delta, kept = night.delta, night.former.kept
    was = from_json(kept.counts)
    counts = carry(was, before=delta.before[delta.known], now=delta.now)
    if counts.universe + counts.duplicates != was.universe + was.duplicates + delta.added:
        raise DoesNotReconcile(
            f"{delta.added} registry rows are new, but {counts.universe} firms do not follow from {was.universe}"
        )
    links = count_links(delta.linked, firm_rows=delta.firm_rows)
    screened = Screened(delta.state.verdicts(), {}, delta.linked, delta.firm_rows, night.rows_read(), outside=night.outside)
    summary = summarize(request, basis, screened=screened, counts=counts, links=links, synthetic=night.synthetic)
    check_totals(summary, universe=counts.universe, listed=counts.listed)
    _write_firms(night, path=folder / CHANGED, metadata=file_metadata(request, basis, synthetic=night.synthetic))
    summary["changes"] = _compare(request, night, folder=folder, work=work)
    summary["workbooks"] = 0
    summary["incremental"] = {**night.told(), "changes_only": True}
    return summary, night.kept(as_json(counts))


def check_totals(summary: dict[str, Any], *, universe: int, listed: int) -> None:
    """The universe is the sum of the verdicts, of the counties, of the industries (核对合计), and the summary says so.

    It is also the registry's rows that were read, but for exact duplicates and rows outside the region.
    Raises DoesNotReconcile.
    """
    sums = {
        "verdicts": sum(summary["by_reason"].values()),
        "counties": sum(x["universe"] for x in summary["by_region"].values()),
        "industries": sum(x["universe"] for x in summary["by_industry"].values()),
        "rows read": summary["rows_read"]["registry"] - summary["duplicates"] - summary["outside_region"],
    }
    wrong: Any = {name: total for name, total in sums.items() if total != universe} or summary["by_reason"]["N01"]
    if wrong != listed:
        raise DoesNotReconcile(f"the universe is {universe} with {listed} listed, but {wrong} differ")
    summary["reconciles"] = True


def named_base(request: ScreeningRequest, *, out: Path) -> dict[str, Any]:
    """How a manifest names the result that a night goes on from (基准结果): by the way to it, and its manifest's digest."""
    previous = request.previous or out
    return {BASE: {"folder": os.path.relpath(previous.resolve(), out), "sha256": digest(previous)}}


def _write_firms(night: Night, *, path: Path, metadata: dict[str, str]) -> None:
    """Every row of which a column of firms.parquet changed, with `change` and the number of the night."""
    delta = night.delta
    was, now = delta.known & ~_is_copy(delta.before), ~_is_copy(delta.now)
    differs = np.zeros(len(delta.now), bool)
    for name in _SHOWN:
        differs |= delta.before[name] != delta.now[name]
    chosen = np.flatnonzero((was != now) | (was & now & differs))
    found = delta.now[chosen]
    change = np.where(was[chosen] & now[chosen], 1, np.where(now[chosen], 0, 2))
    table = _firms(delta.state, np.ascontiguousarray(found["row"]), found)
    words = pa.DictionaryArray.from_arrays(pa.array(change.astype(np.int8)), pa.array(["new", "changed", DUPLICATE]))
    table = table.append_column("change", words)
    table = table.append_column("night", pa.array(np.full(len(found), night.before.segments, np.int32)))
    table = table.replace_schema_metadata({k: v.encode() for k, v in metadata.items()})
    with open_writer(path, table.schema, plain=PLAIN) as writer:
        writer.write_table(table)


def _compare(request: ScreeningRequest, night: Night, *, folder: Path, work: Path) -> dict[str, Any]:
    """Who entered and who left, from the rows that came on the list or fell from it, and those taken for the same firm."""
    delta = night.delta
    was = delta.known & ~_is_copy(delta.before) & (delta.before["is_listed"] == 1)
    now = ~_is_copy(delta.now) & (delta.now["is_listed"] == 1)
    rows = np.ascontiguousarray(delta.now["row"][was != now])
    rows = with_namesakes(delta.state, rows, bad=delta.linked["firms"].bad)
    sides = {"former": night.before.verdicts().of(rows), "now": delta.state.verdicts().of(rows)}
    for side, (found, known) in sides.items():
        (work / side).mkdir()
        mine = np.flatnonzero(known & ~_is_copy(found))
        table = _firms(delta.state, rows[mine], found[mine])
        with open_writer(work / side / FIRMS, table.schema, plain=PLAIN) as writer:
            writer.write_table(table)
    return compare_lists(work / "former", now=work / "now", into=folder, memory=request.memory, spill=work / "spill")


def _firms(state: State, rows: npt.NDArray[np.int64], found: npt.NDArray[Any]) -> pa.Table:
    text = state.texts(rows, columns=("row_id", *TEXTS)).table.combine_chunks()
    for name in _WORDS:
        text = text.set_column(text.schema.get_field_index(name), name, text[name].dictionary_encode())
    return firm_rows(text, fields_of(found))


def _is_copy(found: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    return np.asarray(found["record_state"] == EXACT_DUPLICATE)
