"""The visit list (走访名单): listed firms by county, the most promising first, every firm's points explained.

Listed firms wait in one Arrow file a city, so that a whole nation's list is sorted city by city within little memory.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from huoshui.errors import OutputError
from huoshui.rules.visit_priority import PriorityRule, level_of
from huoshui.terms import Tag

COLUMNS: Final = (
    "rank", "row_id", "uscc", "register_no", "name", "region_code", "township", "industry_code", "size_class", "sales_12m_fen",
    "priority", "level", "priority_basis", "reasons", "evidence", "tags", "link_method",
)
_COUNTIES_A_CITY: Final = 100
_BAND_BITS: Final = 4
_ROW_GROUP: Final = 1 << 17


class VisitList:
    """Collects listed firms and writes them in order (走访名单)."""

    def __init__(self, folder: Path, *, rule: PriorityRule) -> None:
        self._folder, self._rule = folder, rule
        self._schema: pa.Schema | None = None
        self._writers: dict[int, tuple[pa.OSFile, pa.ipc.RecordBatchStreamWriter]] = {}
        self._basis: dict[int, tuple[str, str]] = {}
        self.rows = 0

    def take(self, firms: pa.Table, found: npt.NDArray[Any]) -> None:
        """Take the listed ones of some firms with their verdicts (收集)."""
        listed = np.flatnonzero(found["is_listed"])
        city = found["region"][listed] // _COUNTIES_A_CITY
        listed = listed[np.argsort(city, kind="stable")]
        if not len(listed):
            return
        found = found[listed]
        level, basis = self._explain(found)
        table = firms.select([x for x in COLUMNS if x in firms.schema.names]).take(pa.array(listed))
        table = table.append_column("region", pa.array(found["region"])).append_column("level", level).append_column("priority_basis", basis)
        for place, column in enumerate(table.schema):
            if pa.types.is_dictionary(column.type):
                table = table.set_column(place, column.name, table[column.name].cast(pa.string()))
        city = found["region"] // _COUNTIES_A_CITY
        starts = np.flatnonzero(np.concatenate([[True], np.diff(city) != 0]))
        for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(listed)], strict=True):
            self._put(int(city[start]), table.slice(start, end - start))
        self.rows += len(listed)

    def _put(self, city: int, table: pa.Table) -> None:
        self._schema = self._schema or table.schema.remove_metadata()
        try:
            if city not in self._writers:
                sink = pa.OSFile(str(self._folder / f"listed-{city:04d}.arrows"), "wb")
                self._writers[city] = sink, pa.ipc.new_stream(sink, self._schema)
            self._writers[city][1].write_table(table.replace_schema_metadata(None))
        except OSError as error:
            raise OutputError(f"cannot write to {self._folder}: {error.strerror or error}") from error

    def cities(self) -> Iterator[pa.Table]:
        """The list, city after city, counties ascending, ranked within each county (按市输出)."""
        for sink, writer in self._writers.values():
            writer.close()
            sink.close()
        for city in sorted(self._writers):
            path = self._folder / f"listed-{city:04d}.arrows"
            with pa.OSFile(str(path)) as source, pa.ipc.open_stream(source) as stream:
                table = stream.read_all()
            path.unlink()
            order = np.lexsort((table["row_id"].to_numpy(), -table["priority"].to_numpy().astype(np.int32), table["region"].to_numpy()))
            region = table["region"].to_numpy()[order]
            starts = np.concatenate([[True], np.diff(region) != 0])
            place = np.arange(len(order))
            rank = place - np.maximum.accumulate(np.where(starts, place, 0)) + 1
            yield table.take(pa.array(order)).append_column("rank", pa.array(rank.astype(np.int32))).select(COLUMNS)

    def write(self, path: Path, *, metadata: dict[str, str]) -> Iterator[pa.Table]:
        """Write visit_list.parquet (写出名单), handing on the cities' tables, some together, as they are written."""
        writer: pq.ParquetWriter | None = None
        try:
            for table in _together(self.cities()):
                if writer is None:
                    schema = table.schema.with_metadata({k: v.encode() for k, v in metadata.items()})
                    words = [x for x in COLUMNS if x not in ("rank", "row_id", "uscc", "register_no", "name", "sales_12m_fen")]
                    writer = pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=words)
                writer.write_table(table)
                yield table
            if writer is None:
                pq.write_table(pa.table({x: pa.nulls(0, pa.string()) for x in COLUMNS}), path)
        except OSError as error:
            raise OutputError(f"cannot write to {path.parent}: {error.strerror or error}") from error
        finally:
            if writer is not None:
                writer.close()

    def _explain(self, found: npt.NDArray[Any]) -> tuple[pa.DictionaryArray, pa.DictionaryArray]:
        """Level and basis of each firm's priority, in words; each distinct combination is worded once."""
        combined = found["priority_bands"].astype(np.int64) << len(Tag) | found["tags"]
        distinct, place = np.unique(combined, return_inverse=True)
        worded = [self._basis.setdefault(x, self._word(x)) for x in distinct.tolist()]
        index = pa.array(place.astype(np.int32))
        return tuple(  # type: ignore[return-value]
            pa.DictionaryArray.from_arrays(index, pa.array([x[i] for x in worded], pa.string())) for i in range(2)
        )

    def _word(self, combined: int) -> tuple[str, str]:
        bands, tags = combined >> len(Tag), combined & ((1 << len(Tag)) - 1)
        given = [(x.zh, x.points[bands >> _BAND_BITS * i & ((1 << _BAND_BITS) - 1)]) for i, x in enumerate(self._rule.factors)]
        given += [(x.zh, self._rule.tag_points.get(x, 0)) for i, x in enumerate(Tag) if tags >> i & 1]
        return level_of(sum(x for _, x in given), rule=self._rule), "；".join(f"{zh} {points:+d}" for zh, points in given if points)


def _together(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Neighbouring tables put together until they are worth a row group."""
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(x.num_rows for x in waiting) >= _ROW_GROUP:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)
