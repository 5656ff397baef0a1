"""Registers come in (数据接入): look at files and propose a mapping; import them, with every row accounted for."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa

from huoshui.adapters.registers.importing import GROUP_ROWS, Source, TableReport, write_register
from huoshui.adapters.registers.mapping import Mapping, choose, read_mappings
from huoshui.adapters.registers.mapping_page import mapping_page
from huoshui.adapters.registers.proposing import Proposal, propose
from huoshui.adapters.registers.quality import Quality, examine
from huoshui.adapters.registers.register_file import open_file
from huoshui.adapters.registers.rejects import CSV, PARQUET, RejectFile
from huoshui.adapters.registers.tabular import Table, no_progress
from huoshui.errors import BadMapping, BadRequest, DoesNotReconcile, OutputError
from huoshui.terms import RegisterKind

Watch = Callable[[int], None]
_SAME: Final = ("encoding", "delimiter", "header_row", "sheets")


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in one table (检查结果)."""

    table: Table
    proposal: Proposal
    quality: Quality


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of all rows of an import (导入结果). `withheld` are the good rows of an import that was refused."""

    kind: RegisterKind
    out: Path
    read: int
    accepted: int
    rejected: int
    filtered: int
    withheld: int
    refused: bool
    by_code: dict[str, int]
    tables: tuple[TableReport, ...]
    proposed: tuple[Proposal, ...]

    @property
    def refusal(self) -> str | None:
        """Why nothing was accepted (拒绝原因), or None."""
        return _refusal(self.tables, self.kind) if self.refused else None

    def as_dict(self) -> dict[str, Any]:
        """For JSON (转为字典)."""
        counts = {x: getattr(self, x) for x in ("read", "accepted", "rejected", "filtered", "withheld")}
        return {
            "kind": self.kind.value, "out": str(self.out), **counts, "reconciles": True, "rejected_by_code": self.by_code,
            "files": [x.as_dict() for x in self.tables], "mapping": "proposed" if self.proposed else "given",
        }  # fmt: skip


def inspect_registers(
    paths: Sequence[Path], *, kind: RegisterKind | None, on: date, watch: Watch = no_progress
) -> list[Inspection]:
    """Look at register files (检查登记文件); raises BadFile. `on` is the day from which days are in the future."""
    found = []
    for path in paths:
        for table in open_file(path):
            proposal = propose(table, kind=kind)
            found.append(Inspection(table, proposal, examine(table, mapping=proposal.mapping, on=on, on_bytes=watch)))
    return found


def write_mapping(inspections: Sequence[Inspection], *, path: Path) -> int:
    """Write the proposed mappings as YAML (写出映射文件), equal ones once; gives their number. Raises OutputError."""
    mappings: dict[str, Mapping] = {}
    notes: dict[str, tuple[str, ...]] = {}
    for found in inspections:
        mapping = found.proposal.mapping
        key = _likeness(mapping)
        mappings[key] = _merged(mappings[key], mapping) if key in mappings else mapping
        notes[key] = tuple(dict.fromkeys((*notes.get(key, ()), *found.proposal.notes)))
    text = mapping_page(list(mappings.values()), notes=list(notes.values()))
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}", field="out") from error
    return len(mappings)


def _likeness(mapping: Mapping) -> str:
    columns = [(x.source, x.field, x.unit, x.date_format, x.scheme) for x in mapping.columns]
    wheres = [msgspec.structs.astuple(x) for x in mapping.where]
    return repr((mapping.kind, columns, sorted(mapping.constants.items()), wheres))


def _merged(one: Mapping, other: Mapping) -> Mapping:
    """One mapping for the files of both: what they do not share is left to be found."""
    shared = {x: getattr(one, x) if getattr(one, x) == getattr(other, x) else None for x in _SAME}
    return msgspec.structs.replace(one, files=tuple(dict.fromkeys((*one.files, *other.files))), **shared)


def import_registers(
    paths: Sequence[Path], *, kind: RegisterKind, mapping: Path | None, out: Path, group_rows: int = GROUP_ROWS,
    keep_damaged: bool = False, scheme: str | None = None, watch: Watch = no_progress,
) -> Imported:  # fmt: skip
    """Import files as one register (导入登记数据) into `out`, all or nothing.

    Raises BadFile and BadMapping before anything is written, OutputError where it cannot be. Lines that break the form of a
    file refuse the import (see `Imported.refusal`) unless `keep_damaged` makes them rejects like others.
    """
    if not 1 <= group_rows <= GROUP_ROWS:
        raise BadRequest(f"chunk-rows must be from 1 to {GROUP_ROWS}; got {group_rows}", field="chunk-rows")
    proposed: tuple[Proposal, ...] = ()
    if mapping is None:
        pairs, proposed = _proposed(paths, kind)
    else:
        mappings = read_mappings(mapping)
        pairs = [x for path in paths for x in _mapped(path, mappings, kind=kind, name=str(mapping))]
    sources = _named(pairs)
    with _folder(out, kind) as temporary:
        rejects = RejectFile(temporary, kind=kind, old=out)
        try:
            reports = write_register(
                sources, into=temporary, rejects=rejects, kind=kind, group_rows=group_rows, scheme=scheme,
                keep_damaged=keep_damaged, on_bytes=watch,
            )  # fmt: skip
            rejects.finish()
        except BaseException:
            rejects.abandon()
            raise
        result = _result(reports, rejects, kind=kind, out=out, refused=not keep_damaged, proposed=proposed)
        _write_report(temporary, result, sources)
        _publish(temporary, result)
    return result


def _proposed(paths: Sequence[Path], kind: RegisterKind) -> tuple[list[tuple[Table, Mapping]], tuple[Proposal, ...]]:
    """The proposals for files without a mapping; raises BadMapping where one is not sure."""
    pairs, proposals = [], []
    for path in paths:
        tables = open_file(path)
        chosen = [x for x in tables if len(tables) == 1 or propose(x).mapping.kind is kind] or tables
        for table in chosen:
            proposal = propose(table, kind=kind)
            if proposal.doubts:
                raise BadMapping(
                    f"{table.label}: the columns are not clear ({'; '.join(proposal.doubts)}); run `huoshui registers inspect "
                    f"{path} --out mapping.yaml`, check it and pass --mapping mapping.yaml",
                    field="mapping",
                )
            proposals.append(proposal)
            pairs.append((table, proposal.mapping))
    return pairs, tuple(proposals)


def _mapped(path: Path, mappings: Sequence[Mapping], *, kind: RegisterKind, name: str) -> Iterator[tuple[Table, Mapping]]:
    """The tables of a file with their mappings; a mapping that names sheets takes those, others take what is left."""
    of_kind = [x for x in mappings if x.kind is kind]
    naming = [x for x in of_kind if x.names(path.name)] or of_kind
    taken: set[str | None] = set()
    for mapping in (x for x in naming if x.sheets):
        for table in open_file(path, read_as=mapping.read_as):
            if table.shape.sheet is None or table.shape.sheet not in taken:
                taken.add(table.shape.sheet)
                yield table, choose([mapping] if table.shape.sheet else mappings, table=table, kind=kind, name=name)
        if None in taken:
            return
    others = [x for x in naming if not x.sheets]
    if not others and taken:
        return
    for table in open_file(path, read_as=others[0].read_as if others else (naming or mappings)[0].read_as):
        if table.shape.sheet in taken and table.shape.sheet is not None:
            continue
        chosen = choose(others or mappings, table=table, kind=kind, name=name)
        if others and chosen.read_as != others[0].read_as:
            again = open_file(path, read_as=chosen.read_as)
            yield next(x for x in again if x.shape.sheet == table.shape.sheet), chosen
        else:
            yield table, chosen


def _named(pairs: Sequence[tuple[Table, Mapping]]) -> list[Source]:
    """Sources with the name that source_file says: the file, with its folder or sheet where that is not enough."""
    sources = []
    for table, mapping in pairs:
        alike = {x.path for x, _ in pairs if x.path.name == table.path.name}
        name = table.path.name if len(alike) == 1 else str(table.path)
        sheets = sum(x.path == table.path for x, _ in pairs)
        sources.append(Source(table, mapping, f"{name}#{table.shape.sheet}" if sheets > 1 else name))
    return sources


def _result(
    reports: Sequence[TableReport],
    rejects: RejectFile,
    *,
    kind: RegisterKind,
    out: Path,
    refused: bool,
    proposed: tuple[Proposal, ...],
) -> Imported:
    refused = refused and any(x.damaged for x in reports)
    total = {x: sum(getattr(y, x) for y in reports) for x in ("read", "accepted", "rejected", "filtered")}
    withheld = 0
    if refused:
        withheld, total["accepted"] = total["accepted"], 0
    result = Imported(
        kind,
        out,
        **total,
        withheld=withheld,
        refused=refused,
        by_code=dict(rejects.by_code),
        tables=tuple(reports),
        proposed=proposed,
    )
    if (
        result.accepted + result.rejected + result.filtered + result.withheld != result.read
        or rejects.by_code.total() != result.rejected
    ):
        raise DoesNotReconcile(
            f"{result.accepted} accepted, {result.rejected} rejected, {result.filtered} filtered, {result.read} read"
        )
    return result


def _refusal(tables: Sequence[TableReport], kind: RegisterKind) -> str:
    table = next(x for x in tables if x.damaged)
    first, count = table.first_damaged[0], sum(x.damaged for x in tables)
    return (
        f"{table.file}, line {first.line}: {first.reason}; {count} damaged line(s) in all, listed in {CSV}, so nothing was "
        f"imported as {kind.value}; repair the file, or pass --reject-malformed to leave these lines out"
    )


@contextmanager
def _folder(out: Path, kind: RegisterKind) -> Iterator[Path]:
    """A temporary folder inside `out`, gone afterwards, as is `out` itself if it is new and nothing came of it."""
    if out.exists() and not out.is_dir():
        raise BadRequest(f"{out} is a file; --out expects a folder", field="out")
    temporary, is_new = out / f".importing-{kind.value}-{os.getpid()}", not out.exists()
    try:
        out.mkdir(parents=True, exist_ok=True)
        _remove_left_over(out)
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        yield temporary
    except (OSError, pa.ArrowException) as error:
        raise OutputError(
            f"the import into {out} failed: {_first_line(error)}; nothing was changed there", field="out"
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if is_new and out.is_dir() and not any(out.iterdir()):
            out.rmdir()


def _first_line(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return text.strip().splitlines()[0] if text.strip() else type(error).__name__


def _remove_left_over(out: Path) -> None:
    """Temporary folders of imports that were killed."""
    for path in out.glob(".importing-*"):
        process = path.name.rsplit("-", 1)[-1]
        if process.isdigit() and not _is_running(int(process)):
            shutil.rmtree(path, ignore_errors=True)


def _is_running(process: int) -> bool:
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _write_report(temporary: Path, result: Imported, sources: Sequence[Source]) -> None:
    mappings = [{"file": x.name, **json.loads(msgspec.json.encode(x.mapping))} for x in sources]
    report = {**result.as_dict(), "out": ".", "mappings": mappings}
    (temporary / f"import-{result.kind.value}.json").write_text(
        json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )


def _publish(temporary: Path, result: Imported) -> None:
    """Rename what is complete; a refused import replaces the rejects only."""
    register = f"{result.kind.value}.parquet"
    for name in (PARQUET, CSV, register, f"import-{result.kind.value}.json"):
        if result.refusal is not None and name not in (PARQUET, CSV):
            continue
        target = result.out / name
        if target.is_dir():
            target.rename(temporary / f"{name}-of-before")
        (temporary / name).replace(target)


def as_json(inspection: Inspection) -> dict[str, Any]:
    """An inspection for JSON (检查结果转字典)."""
    table, proposal, quality = inspection.table, inspection.proposal, asdict(inspection.quality)
    quality["examples"] = [{**x, "code": x["code"].value} for x in quality["examples"]]
    mapping = json.loads(msgspec.json.encode(proposal.mapping))
    return {
        "file": str(table.path), **asdict(table.shape), "rows": inspection.quality.rows, "kind": proposal.mapping.kind.value,
        "kind_confidence": proposal.kind_confidence, "columns": mapping["columns"], "constants": mapping["constants"],
        "where": mapping["where"], "notes": proposal.notes, "doubts": proposal.doubts, "quality": quality,
    }  # fmt: skip
