"""Make the features of every firm of a register (批量特征): read, add up, and write one table or none."""

import json
import resource
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from huoshui import __version__
from huoshui.adapters.features.buckets import Buckets
from huoshui.adapters.features.expression import statement
from huoshui.adapters.features.fact_table import fact_table
from huoshui.adapters.features.tables import EVENTS, empty, event_table, firm_table
from huoshui.adapters.registers.screening.engines import DIALECTS, Engine, open_engine
from huoshui.errors import BadRequest, OutputError
from huoshui.rules.features_catalog import CATALOG, VERSION
from huoshui.rules.features_invoices import COUNTED
from huoshui.services.features.folding import Range, fold_ranges
from huoshui.services.features.reading import Events, Firms, Progress, read_all_invoices, read_events, read_registry
from huoshui.services.features.request import FeatureRequest, Files, locate
from huoshui.terms import RegisterKind

_ROWS_OF_A_GROUP: Final = 1 << 17


@dataclass(frozen=True, slots=True)
class _Read:
    """Everything that was read: the firms, invoices by bucket, rows of other registers, rows read and rows of no firm."""

    firms: Firms
    buckets: Buckets
    events: dict[RegisterKind, Events]
    counts: dict[str, dict[str, int]]


def make_features(request: FeatureRequest, *, progress: Progress) -> dict[str, Any]:
    """Make the features of every firm and write them (批量特征); returns what became of the rows.

    With a registry, the firms are the registry's; else all that the invoices know. Raises the errors of what it reads, and
    OutputError where the result cannot be written; then nothing is left behind.
    """
    files = locate(request.registers)
    if request.out.resolve() in {x.resolve() for found in files.values() for x in found}:
        raise BadRequest(f"{request.out} is what is read; expected another name for the features", field="out")
    with _unfinished(request.out) as (folder, result):
        read = _read(files, folder=folder, progress=progress)
        progress(f"features (特征): {read.firms.count:,} firms")
        used = _write(request, read, folder=folder, result=result, files=files)
    return {
        "firms": read.firms.count,
        "features": len(CATALOG),
        "catalog": VERSION,
        "on": request.on.isoformat(),
        "registers": read.counts,
        "invoices": dict(used),
        "synthetic": _is_synthetic(files),
        "out": str(request.out),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _read(files: Files, *, folder: Path, progress: Progress) -> _Read:
    firms, counts = Firms(), dict[str, dict[str, int]]()
    if registry := files.get(RegisterKind.REGISTRY):
        counts[RegisterKind.REGISTRY.value] = read_registry(firms, registry)
    buckets, counts[RegisterKind.INVOICES.value] = read_all_invoices(
        firms, files[RegisterKind.INVOICES], folder=folder, progress=progress
    )
    events = {}
    for kind in EVENTS:
        if kind in files:
            events[kind], counts[kind.value] = read_events(firms, files[kind], kind=kind)
            progress(f"{kind.value} ({kind.zh}): {counts[kind.value]['read']:,}")
    return _Read(firms, buckets, events, counts)


def _write(request: FeatureRequest, read: _Read, *, folder: Path, result: Path, files: Files) -> Counter[str]:
    names = read.firms.named()
    names = names.append_column("on", pa.repeat(pa.scalar(request.on), len(names)))
    expression = statement(on=request.on, given=frozenset(files), dialect=DIALECTS[request.engine])
    used: Counter[str] = Counter()
    own = read.firms.own_keys
    schema = _schema(request, files)
    with (
        open_engine(
            request.engine, expression=expression, master=request.spark_master, memory=request.memory, folder=folder
        ) as engine,
        pq.ParquetWriter(result, schema, compression="zstd") as writer,
    ):
        for folded in fold_ranges(read.buckets, own, request, folder=folder):
            found = _features(engine, folded, read, request)
            table = names.slice(folded.first, folded.end - folded.first)
            for name in schema.names[len(table.columns) :]:
                table = table.append_column(name, found[name])
            writer.write_table(table.cast(schema), row_group_size=_ROWS_OF_A_GROUP)
            used.update({x: pc.sum(found[x]).as_py() or 0 for x in COUNTED if x.startswith("rows_")})
    return used


def _features(engine: Engine, folded: Range, read: _Read, request: FeatureRequest) -> pa.Table:
    """The features of one range of firms, in their order."""
    first, firms = folded.first, folded.end - folded.first
    tables = {"invoice_facts": fact_table(folded.facts, firms=folded.with_rows)}
    registry = read.firms.registry
    said = None if registry is None else {name: values[first : first + firms] for name, values in registry.items()}
    tables["firms"] = firm_table(firms, said, on=request.on)
    for kind, name in EVENTS.items():
        tables[name] = _events_of(read.events[kind], kind, first, firms, request) if kind in read.events else empty(name)
    return engine.run(tables).sort_by("firm")


def _events_of(events: Events, kind: RegisterKind, first: int, firms: int, request: FeatureRequest) -> pa.Table:
    low, high = np.searchsorted(events.firm, (first, first + firms))
    columns = {name: values[low:high] for name, values in events.columns.items()}
    return event_table(kind, events.firm[low:high] - np.int32(first), columns, on=request.on)


def _schema(request: FeatureRequest, files: Files) -> pa.Schema:
    columns = [pa.field(x, pa.string()) for x in ("firm_id", "name", "region_code")]
    columns.append(pa.field("on", pa.date32()))
    numbers = dict.fromkeys((*(x.name for x in CATALOG), *COUNTED))
    sources = [{"register": kind.value, **_source(x)} for kind, found in files.items() for x in found]
    return pa.schema([*columns, *(pa.field(x, pa.int64()) for x in numbers)]).with_metadata({
        "huoshui": __version__,
        "huoshui.features": VERSION,
        "huoshui.on": request.on.isoformat(),
        "huoshui.repeats_count": str(request.repeats_count).lower(),
        "huoshui.synthetic": str(_is_synthetic(files)).lower(),
        "huoshui.sources": json.dumps(sources, ensure_ascii=False),
    })  # fmt: skip


def _source(path: Path) -> dict[str, Any]:
    with path.open("rb") as stream:
        return {"file": path.name, "bytes": path.stat().st_size, "sha256": file_digest(stream, "sha256").hexdigest()}


def _is_synthetic(files: Mapping[RegisterKind, tuple[Path, ...]]) -> bool:
    schemas = (pq.read_schema(x).metadata or {} for found in files.values() for x in found)
    return any(x.get(b"huoshui.synthetic") == b"true" for x in schemas)


@contextmanager
def _unfinished(out: Path) -> Iterator[tuple[Path, Path]]:
    """A folder for what waits, and the file that is renamed to `out` when it is whole."""
    if out.is_dir():
        raise BadRequest(f"{out} is a folder; --out expects the name of a Parquet file", field="out")
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.absolute().parent))
    except OSError as error:
        raise OutputError(f"cannot write to {out.absolute().parent}: {error.strerror or error}", field="out") from error
    try:
        yield folder, folder / "result"
        (folder / "result").replace(out)
    except OSError as error:
        raise OutputError(f"cannot write {out}: {error.strerror or error}", field="out") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
