"""The folder of a screening as rows (筛查结果读取): each firm with what the registry says of it, batch after batch."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, Final

from huoshui.errors import BadFile
from huoshui.terms import Reason

MANIFEST: Final = "manifest.json"
_FORMAT: Final = "huoshui screening"
_FIRMS: Final = ("row_id", "uscc", "register_no", "name", "region_code", "industry_code", "size_class", "is_active",
                 "verdict", "priority", "tags", "reasons")  # fmt: skip
OPTIONAL: Final = {  # by the names that registers in standard form use, and the two that they may have besides
    "township": ("township",),
    "entity_type": ("entity_type",),
    "status": ("status",),
    "established_on": ("established_on",),
    "address": ("address",),
    "grid": ("grid",),
    "representative_name": ("representative_name", "representative", "legal_representative"),
}
_PLACES: Final = ("", "registers", "reg")


@dataclass(frozen=True, slots=True)
class ScreeningResult:
    """What a result folder says of itself (筛查结果). `columns` are those that the registry beside it gives."""

    folder: Path
    fingerprint: str
    rule: str
    region: str
    on: date
    synthetic: bool
    universe: int
    by_reason: Mapping[str, int]
    citations: Sequence[Mapping[str, Any]]
    registry: tuple[Path, ...]
    columns: tuple[str, ...]
    registers: tuple[str, ...]  # those that were read: exclusions, invoices, loans, registry, tax


@dataclass(frozen=True, slots=True)
class FirmRow:
    """One row of firms.parquet with its registry row (主体行). Texts are "" and days None where there is nothing."""

    row_id: int
    uscc: str
    register_no: str
    name: str
    region_code: str
    industry_code: str
    size_class: str
    is_active: bool
    verdict: str
    priority: int
    tags: tuple[str, ...]
    is_excluded: bool
    more: Mapping[str, Any]


def open_result(folder: Path, *, registry: Path | None = None) -> ScreeningResult:
    """Open a result of `huoshui screen` (打开筛查结果); the registry is looked for beside it where it is not named.

    Raises BadFile for a folder that holds no complete result, one of changes only, or a registry that is not the one screened.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415 -- heavy, and pages that search firms need none of it

    try:
        raw = (folder / MANIFEST).read_bytes()
        manifest = json.loads(raw)
        universe = int(manifest["counts"]["universe"])
        schema = pq.read_schema(folder / "firms.parquet").names
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadFile(f"{folder} holds no complete result of huoshui screen ({error})", field="folder") from error
    if not str(manifest.get("format", "")).startswith(_FORMAT) or "base" in manifest:
        raise BadFile(f"{folder} is not a whole result of huoshui screen; expected one without --changes-only", field="folder")
    if missing := [x for x in _FIRMS if x not in schema]:
        raise BadFile(f"{folder}/firms.parquet has no column {missing[0]}", field="folder")
    wanted = manifest.get("inputs", {}).get("registry", [])
    files = _registry_of(folder, wanted, given=registry)
    there = set(pq.read_schema(files[0]).names) if files else set()
    columns = tuple(x for x, names in OPTIONAL.items() if there & set(names))
    return ScreeningResult(
        folder=folder, fingerprint=sha256(raw).hexdigest(), rule=manifest["rule"], region=manifest["region"],
        on=date.fromisoformat(manifest["on"]), synthetic=bool(manifest.get("synthetic")), universe=universe,
        by_reason=manifest["counts"]["by_reason"], citations=manifest.get("citations", []), registry=files, columns=columns,
        registers=tuple(sorted(x for x, there in manifest.get("inputs", {}).items() if there)),
    )  # fmt: skip


def read_rows(result: ScreeningResult, *, size: int) -> Iterator[list[FirmRow]]:
    """The firms of a result in its order, `size` at a time (逐批读取主体); raises BadFile where the registry does not fit."""
    import pyarrow.parquet as pq  # noqa: PLC0415 -- as above

    registry = _registry_rows(result)
    with pq.ParquetFile(result.folder / "firms.parquet") as file:
        for batch in file.iter_batches(size, columns=list(_FIRMS)):
            columns = [batch.column(x).to_pylist() for x in _FIRMS]
            yield [_row(values, registry) for values in zip(*columns, strict=True)]


def _row(values: tuple[Any, ...], registry: Iterator[tuple[int, dict[str, Any]]] | None) -> FirmRow:
    row_id, uscc, register_no, name, region, industry, size, active, verdict, priority, tags, reasons = values
    more: Mapping[str, Any] = {}
    if registry is not None:
        for number, found in registry:
            if number == row_id:
                more = found
                break
        else:
            raise BadFile(f"the registry has no row {row_id}; expected the one that was screened", field="registry")
    return FirmRow(
        row_id, uscc or "", register_no or "", name or "", region or "", industry or "", size or "", bool(active), verdict,
        int(priority), tuple(x for x in (tags or "").split(";") if x), Reason.EXCLUDED in (reasons or ()), more,
    )  # fmt: skip


def _registry_rows(result: ScreeningResult) -> Iterator[tuple[int, dict[str, Any]]] | None:
    return _read_registry(result) if result.registry and result.columns else None


def _read_registry(result: ScreeningResult) -> Iterator[tuple[int, dict[str, Any]]]:
    import pyarrow.parquet as pq  # noqa: PLC0415 -- as above

    place = 0
    for path in result.registry:
        with pq.ParquetFile(path) as file:
            there = file.schema_arrow.names
            named = {x: next(y for y in OPTIONAL[x] if y in there) for x in result.columns}
            numbers = ["row_id"] if "row_id" in there else []
            for batch in file.iter_batches(20_000, columns=[*numbers, *named.values()]):
                texts = [batch.column(x).to_pylist() for x in named.values()]
                ids = batch.column("row_id").to_pylist() if numbers else range(place, place + batch.num_rows)
                place += batch.num_rows
                for number, values in zip(ids, zip(*texts, strict=True), strict=True):
                    yield number, dict(zip(named, values, strict=True))


def _registry_of(folder: Path, wanted: Sequence[Mapping[str, Any]], *, given: Path | None) -> tuple[Path, ...]:
    """The files that were screened, by name, size and hash; none where they are not beside the result and were not named."""
    names = [Path(str(x["file"])).name for x in wanted]
    if given is not None:
        places = [given if given.is_dir() else given.parent, given / "registry"]
    else:
        places = [x / y for x in (folder, folder.parent) for y in (*_PLACES, "registry")]
    for place in places:
        files = tuple(place / x for x in names)
        if names and all(x.is_file() for x in files):
            if all(_is_it(x, y) for x, y in zip(files, wanted, strict=True)):
                return files
            if given is not None:
                raise BadFile(f"{given} is not the registry that was screened: size or hash differ", field="registry")
    if given is not None:
        raise BadFile(f"{given} has no {', '.join(names[:1])}; expected the registry that was screened", field="registry")
    return ()


def _is_it(path: Path, wanted: Mapping[str, Any]) -> bool:
    if path.stat().st_size != wanted["bytes"]:
        return False
    with path.open("rb") as file:
        return bool(file_digest(file, "sha256").hexdigest() == wanted["sha256"])
