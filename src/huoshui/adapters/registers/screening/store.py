"""Where standard tables wait for the screening (标准表暂存): in memory for one bucket, in Arrow files for many.

Rows of one firm share a bucket, because a bucket is taken from the key. So every bucket can be screened by itself, one after
another, within the memory of one.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.adapters.registers.kernels import Ints
from huoshui.adapters.registers.screening.tables import TABLES
from huoshui.errors import OutputError

Columns = dict[str, npt.NDArray[Any]]
_NAMED: Final = {"name_key": "int64"}
_EXTRA: Final = {"filings": _NAMED, "loans": _NAMED, "invoices": _NAMED, "exclusions": _NAMED}


class Store:
    """Standard tables by bucket (标准表分桶)."""

    def __init__(self, folder: Path, *, buckets: int) -> None:
        if buckets & (buckets - 1):
            raise ValueError("the number of buckets must be a power of two")
        self.buckets = buckets
        self._folder = folder
        self._held: dict[tuple[str, int], list[pa.RecordBatch]] = {}
        self._writers: dict[tuple[str, int], tuple[pa.OSFile, pa.ipc.RecordBatchStreamWriter]] = {}
        self._firms = [0] * buckets
        self._finished = 0

    def add(self, name: str, columns: Columns, *, places: Ints | None = None) -> None:
        """Put rows with a final key into their buckets (入桶): all of them, or those at some places."""
        key = columns["key"] if places is None else columns["key"][places]
        if not len(key):
            return
        if self.buckets == 1:
            self._put(name, 0, columns if places is None else {k: np.take(v, places) for k, v in columns.items()})
            return
        bucket = (key & (self.buckets - 1)).astype(np.uint8)
        order = np.argsort(bucket, kind="stable")
        ends = np.cumsum(np.bincount(bucket, minlength=self.buckets))
        at = order if places is None else places[order]
        sorted_columns = {k: np.take(v, at) for k, v in columns.items()}
        start = 0
        for place, end in enumerate(ends.tolist()):
            if end > start:
                self._put(name, place, {k: v[start:end] for k, v in sorted_columns.items()})
            start = end

    def _put(self, name: str, bucket: int, columns: Columns) -> None:
        schema = _schema(name)
        if name == "firms":
            first = self._firms[bucket]
            self._firms[bucket] += len(columns["key"])
            columns = {**columns, "pos": np.arange(first, self._firms[bucket], dtype=np.int32)}
        batch = pa.record_batch([pa.array(columns[x.name], x.type) for x in schema], schema=schema)
        if self.buckets == 1:
            self._held.setdefault((name, bucket), []).append(batch)
            return
        try:
            if (name, bucket) not in self._writers:
                sink = pa.OSFile(str(self._path(name, bucket, self._finished)), "wb")
                self._writers[name, bucket] = sink, pa.ipc.new_stream(sink, schema)
            self._writers[name, bucket][1].write_batch(batch)
        except OSError as error:
            raise OutputError(f"cannot write to {self._folder}: {error.strerror or error}") from error

    def finish(self) -> None:
        """Make what was written readable (写入完毕)."""
        for sink, writer in self._writers.values():
            writer.close()
            sink.close()
        self._writers.clear()
        self._finished += 1

    def table(self, name: str, *, bucket: int, columns: Sequence[str] | None = None) -> pa.Table:
        """One table of one bucket (取桶), or some of its columns; empty where the bucket has no rows."""
        schema = _schema(name)
        wanted = schema.names if columns is None else list(columns)
        if self.buckets == 1:
            return pa.Table.from_batches(self._held.get((name, bucket), []), schema=schema).select(wanted)
        options = pa.ipc.IpcReadOptions(included_fields=[schema.get_field_index(x) for x in wanted])
        found = [schema.empty_table().select(wanted)]
        for path in self._paths(name, bucket):
            with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source, options=options) as stream:
                found.append(stream.read_all().select(wanted))
        return pa.concat_tables(found)

    def drop(self, *, bucket: int) -> None:
        """Forget a bucket that is done (删除已处理桶)."""
        for name in TABLES:
            self._held.pop((name, bucket), None)
            for path in self._paths(name, bucket):
                path.unlink()

    def _path(self, name: str, bucket: int, finished: int) -> Path:
        return self._folder / f"{name}-{bucket:03d}-{finished}.arrows"

    def _paths(self, name: str, bucket: int) -> list[Path]:
        return [path for x in range(self._finished) if (path := self._path(name, bucket, x)).exists()]


def _schema(name: str) -> pa.Schema:
    return pa.schema([(column, getattr(pa, kind)()) for column, kind in {**TABLES[name], **_EXTRA.get(name, {})}.items()])
