"""Make features (特征构建): registers in, one row of whole numbers a firm out; or the features of one firm."""

import json
import resource
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from huoshui import __version__
from huoshui.adapters.features.buckets import Buckets
from huoshui.adapters.features.expression import features
from huoshui.adapters.features.fold import ROW, Ints, KeyPlaces, Places, fold_rows
from huoshui.adapters.features.invoice_records import fact_table, records
from huoshui.adapters.registers import firm_keys, parts
from huoshui.adapters.registers.invoice_rows import InvoiceColumns, read_invoices
from huoshui.adapters.registers.screening.engines import open_engine
from huoshui.errors import BadRequest, OutputError
from huoshui.rules.features_catalog import CATALOG, VERSION
from huoshui.terms import EngineName, RegisterKind

Progress = Callable[[str], None]
_NAMES: Final = ("firm_id", "name", "region_code")
_ROWS_OF_A_GROUP: Final = 1 << 17


@dataclass(frozen=True, slots=True)
class FeatureRequest:
    """What to make features of (特征请求): the files of each register, the decision day, where the table goes.

    `repeats_count` takes rows that repeat a number, day, party and amounts for invoices of their own.
    """

    registers: Mapping[RegisterKind, Sequence[Path]]
    on: date
    out: Path
    engine: EngineName = EngineName.DUCKDB
    spark_master: str = "local[2]"
    memory: int = 1 << 30
    repeats_count: bool = False


@dataclass(slots=True)
class _Firms:
    """The firms in the order of their rows: places by key, and what they are called."""

    places: KeyPlaces = field(default_factory=KeyPlaces)
    keys: list[Ints] = field(default_factory=list)
    names: list[pa.Table] = field(default_factory=list)
    by_name: KeyPlaces | None = None
    is_closed: bool = False

    def place(self, who: firm_keys.Keyed, table: pa.Table, *, allow_historical: bool) -> Places:
        """The place of each row's firm, -1 for none; unknown firms are taken in unless a registry has closed the list."""
        if self.is_closed:
            return self.places.find(who.key)
        found, added = self.places.add(who.key)
        if len(added):
            self.keys.append(who.key[added])
            self.names.append(firm_keys.names_of(table, added, allow_historical=allow_historical))
        return found


def make_features(request: FeatureRequest, *, progress: Progress) -> dict[str, Any]:
    """Make the features of every firm and write them (批量特征); returns the counts.

    With a registry, the firms are the registry's; else all that the invoices know. Raises the errors of what it reads, and
    OutputError where the result cannot be written; then nothing is left behind.
    """
    files = {kind: _files(paths, kind) for kind, paths in request.registers.items()}
    if RegisterKind.INVOICES not in files:
        raise BadRequest("--invoices is missing: the invoices of the firms", field="invoices")
    with _unfinished(request.out) as (folder, result):
        firms = _Firms()
        if RegisterKind.REGISTRY in files:
            _read_registry(firms, files[RegisterKind.REGISTRY])
        split = parts.split(files[RegisterKind.INVOICES])
        buckets, counts = _read_invoices(firms, split, folder=folder, progress=progress)
        progress(f"features: {firms.places.count:,} firms")
        _write(request, firms, buckets, folder=folder, result=result, files=files)
    return {
        "firms": firms.places.count,
        "features": len(CATALOG),
        "catalog": VERSION,
        "on": request.on.isoformat(),
        "invoices": counts,
        "out": str(request.out),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _files(paths: Sequence[Path], kind: RegisterKind) -> tuple[Path, ...]:
    return tuple(file for path in paths for file in parts.locate(path, kind=kind))


def _read_registry(firms: _Firms, files: Sequence[Path]) -> None:
    columns = ("row_id", *firm_keys.COLUMNS)
    for part in parts.split(files):
        table = parts.read(part, columns=columns, as_words=("register_scheme", "region_code"))
        firms.place(firm_keys.keys_of(table, allow_historical=False), table, allow_historical=False)
    firms.is_closed = True


def _read_invoices(
    firms: _Firms, split: Sequence[parts.Part], *, folder: Path, progress: Progress
) -> tuple[Buckets, dict[str, int]]:
    counts = {"read": 0, "without_firm": 0}
    buckets: Buckets | None = None
    total = sum(x.rows for x in split)
    for invoices in parts.each(split, read_invoices):
        places = firms.place(invoices.who, invoices.table, allow_historical=True)
        if buckets is None:
            width = _firms_of_a_bucket(firms, total=total, first=len(places))
            buckets = Buckets(folder, dtype=ROW, firms_of_a_bucket=width)
        rows = _records(invoices, places)
        placed = places >= 0
        if not placed.all():
            rows = rows[placed]
        buckets.add(rows)
        counts["read"] += len(places)
        counts["without_firm"] += int(len(places) - placed.sum())
        progress(f"invoices: {counts['read']:,} of {total:,}")
    return buckets or Buckets(folder, dtype=ROW, firms_of_a_bucket=1), counts


def _firms_of_a_bucket(firms: _Firms, *, total: int, first: int) -> int:
    """So many that a bucket has about a million rows, as the first part tells."""
    seen = total if firms.is_closed else first
    return max(1, (1 << 20) * firms.places.count // max(1, seen))


def _records(invoices: InvoiceColumns, places: Places) -> np.ndarray[Any, np.dtype[Any]]:
    return records(
        places,
        day=invoices.day,
        amount=invoices.amount,
        tax=invoices.tax,
        party=invoices.party,
        number=invoices.number,
        is_purchase=invoices.is_purchase,
        is_void=invoices.is_void,
    )


def _write(
    request: FeatureRequest,
    firms: _Firms,
    buckets: Buckets,
    *,
    folder: Path,
    result: Path,
    files: Mapping[RegisterKind, Sequence[Path]],
) -> None:
    own = np.concatenate(firms.keys) if firms.keys else np.empty(0, np.int64)
    names = pa.concat_tables(firms.names) if firms.names else pa.table({x: pa.array([], pa.string()) for x in _NAMES})
    names = names.append_column("on", pa.repeat(pa.scalar(request.on), len(names)))
    expression = features(CATALOG)
    writer: pq.ParquetWriter | None = None
    with open_engine(
        request.engine, expression=expression, master=request.spark_master, memory=request.memory, folder=folder
    ) as engine:
        for first, end, rows in buckets.each(len(own)):
            table = engine.run(_tables(rows, first, own[first:end], request)).sort_by("firm").drop_columns("firm")
            table = pa.table(
                [*names.slice(first, end - first).columns, *table.columns], [*names.column_names, *table.column_names]
            )
            if writer is None:
                schema = table.schema.with_metadata(_metadata(request, files))
                writer = pq.ParquetWriter(result, schema, compression="zstd")
            writer.write_table(table.cast(writer.schema), row_group_size=_ROWS_OF_A_GROUP)
    if writer is not None:
        writer.close()


def _tables(rows: np.ndarray[Any, np.dtype[Any]], first: int, own: Ints, request: FeatureRequest) -> dict[str, pa.Table]:
    firms = len(own)
    if first:
        rows["firm"] -= first
    facts = fold_rows(rows, firms=firms, own=own, on=request.on, repeats_count=request.repeats_count)
    with_rows = np.flatnonzero(np.bincount(rows["firm"], minlength=firms)).astype(np.int32)
    return {
        "firms": pa.table({"firm": pa.array(np.arange(firms, dtype=np.int32))}),
        "invoice_facts": fact_table(facts[with_rows], firms=with_rows),
    }


def _metadata(request: FeatureRequest, files: Mapping[RegisterKind, Sequence[Path]]) -> dict[str, str]:
    sources = [{"register": kind.value, **_source(x)} for kind, found in files.items() for x in found]
    return {
        "huoshui": __version__,
        "huoshui.features": VERSION,
        "huoshui.on": request.on.isoformat(),
        "huoshui.repeats_count": str(request.repeats_count).lower(),
        "huoshui.sources": json.dumps(sources, ensure_ascii=False),
    }


def _source(path: Path) -> dict[str, Any]:
    with path.open("rb") as stream:
        return {"file": path.name, "bytes": path.stat().st_size, "sha256": file_digest(stream, "sha256").hexdigest()}


@contextmanager
def _unfinished(out: Path) -> Iterator[tuple[Path, Path]]:
    """A folder for what waits, and the file that is renamed to `out` when it is whole."""
    if out.is_dir():
        raise BadRequest(f"{out} is a folder; --out expects the name of a Parquet file", field="out")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as error:
        raise OutputError(f"cannot write to {out.parent}: {error.strerror or error}", field="out") from error
    try:
        yield folder, folder / "result"
        (folder / "result").replace(out)
    except OSError as error:
        raise OutputError(f"cannot write {out}: {error.strerror or error}", field="out") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
