"""The visit list (走访名单): listed firms by county, the most promising first, every firm's points explained.

Listed firms wait in one Arrow file an area, a province or a city, so that a whole nation's list is sorted area by area within
little memory.
"""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from huoshui.adapters.registers.kernels import Ints
from huoshui.adapters.registers.screening.firm_file import SOUGHT, coded, joined_words, lists, open_writer
from huoshui.adapters.registers.screening.standard import LINK_METHODS
from huoshui.adapters.registers.screening.verdicts import Fields, chosen
from huoshui.errors import OutputError
from huoshui.rules.screening import REASONS, SIZES
from huoshui.rules.visit_priority import PriorityRule, level_of
from huoshui.terms import Evidence, Tag

COLUMNS: Final = (
    "rank",
    "row_id",
    "uscc",
    "register_no",
    "name",
    "region_code",
    "township",
    "industry_code",
    "size_class",
    "sales_12m_fen",
    "priority",
    "level",
    "priority_basis",
    "reasons",
    "evidence",
    "tags",
    "link_method",
)
_PLAIN: Final = ("rank", "row_id", "uscc", "register_no", "name", "sales_12m_fen")
_TEXT: Final = ("row_id", "uscc", "register_no", "name", "region_code", "township", "industry_code")
_NUMBERS: Final = ("region", "priority", "priority_bands", "tags", "size", "sales_12m", "reason_bits", "evidence_bits", "link")
_CITY: Final = 100
_PROVINCE: Final = 10_000
_BAND_BITS: Final = 4
_ROW_GROUP: Final = 1 << 17
_PRIORITY_BITS: Final = 16
_PLACE_BITS: Final = 27


class VisitList:
    """Collects listed firms and writes them in order (走访名单)."""

    def __init__(self, folder: Path, *, rule: PriorityRule, by_province: bool) -> None:
        self._folder, self._rule = folder, rule
        self._area = _PROVINCE if by_province else _CITY
        self._schema: pa.Schema | None = None
        self._writers: dict[int, tuple[pa.OSFile, pa.ipc.RecordBatchStreamWriter]] = {}
        self._basis: dict[int, tuple[str, str]] = {}

    def take(self, table: pa.Table, found: Fields) -> None:
        """Take the listed ones of some registry rows with their verdicts (收集)."""
        listed = np.flatnonzero(found["is_listed"])
        if self._schema is None:
            self._schema = _waiting(table.slice(0, 0), chosen(found, np.zeros(0, np.int64))).schema.remove_metadata()
        if not len(listed):
            return
        listed = listed[np.argsort(found["region"][listed] // self._area, kind="stable")]
        found = chosen({x: found[x] for x in _NUMBERS}, listed)
        waiting = _waiting(table.select(_TEXT).take(pa.array(listed)), found)
        area = found["region"] // self._area
        starts = np.flatnonzero(np.concatenate([[True], np.diff(area) != 0]))
        for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(listed)], strict=True):
            self._put(int(area[start]), waiting.slice(start, end - start))

    def _put(self, area: int, table: pa.Table) -> None:
        try:
            if area not in self._writers:
                sink = pa.OSFile(str(self._folder / f"listed-{area:04d}.arrows"), "wb")
                self._writers[area] = sink, pa.ipc.new_stream(sink, self._schema)
            self._writers[area][1].write_table(table.replace_schema_metadata(None))
        except OSError as error:
            raise OutputError(f"cannot write to {self._folder}: {error.strerror or error}") from error

    def areas(self) -> Iterator[pa.Table]:
        """The list, area after area, counties ascending, ranked within each county (按地区输出)."""
        for sink, writer in self._writers.values():
            writer.close()
            sink.close()
        for area in sorted(self._writers):
            path = self._folder / f"listed-{area:04d}.arrows"
            with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as stream:
                table = stream.read_all()
            path.unlink()
            region = table["region"].to_numpy()
            order = _in_order(region, table["priority"].to_numpy(), row_id=table["row_id"].to_numpy())
            yield self._ranked(table.unify_dictionaries().combine_chunks().take(pa.array(order)), region[order])

    def _ranked(self, table: pa.Table, region: npt.NDArray[np.int32]) -> pa.Table:
        """The list's columns, from firms in the list's order."""
        place = np.arange(len(region))
        starts = np.concatenate([[True], np.diff(region) != 0])[: len(region)]
        numbers = {name: table[name].to_numpy() for name in _NUMBERS}
        level, basis = self._explain(numbers["priority_bands"], numbers["tags"])
        made = {
            "rank": pa.array((place - np.maximum.accumulate(np.where(starts, place, 0)) + 1).astype(np.int32)),
            "size_class": coded(numbers["size"], [x.value for x in SIZES]),
            "sales_12m_fen": table["sales_12m"],
            "priority": table["priority"],
            "level": level,
            "priority_basis": basis,
            "reasons": lists(numbers["reason_bits"], [x.value for x in REASONS]),
            "evidence": joined_words(numbers["evidence_bits"], [x.value for x in Evidence]),
            "tags": joined_words(numbers["tags"], [x.value for x in Tag]),
            "link_method": coded(numbers["link"], [x.value for x in LINK_METHODS]),
        }
        return pa.table({name: made[name] if name in made else table[name] for name in COLUMNS})

    def write(self, path: Path, *, metadata: dict[str, str]) -> Generator[pa.Table]:
        """Write visit_list.parquet (写出名单), handing on the areas' tables, some together, as they are written."""
        writer: pq.ParquetWriter | None = None
        try:
            for table in _together(self.areas()):
                writer = writer or self._opened(path, table.schema, metadata)
                writer.write_table(table)
                yield table
            if writer is None and self._schema is not None:
                nobody = self._ranked(self._schema.empty_table(), np.zeros(0, np.int32))
                writer = self._opened(path, nobody.schema, metadata)
        except OSError as error:
            raise OutputError(f"cannot write to {path.parent}: {error.strerror or error}") from error
        finally:
            if writer is not None:
                writer.close()

    @staticmethod
    def _opened(path: Path, schema: pa.Schema, metadata: dict[str, str]) -> pq.ParquetWriter:
        named = schema.with_metadata({k: v.encode() for k, v in metadata.items()})
        return open_writer(path, named, plain=_PLAIN, sought=(*SOUGHT, "region_code"))

    def _explain(
        self, bands: npt.NDArray[np.int32], tags: npt.NDArray[np.int8]
    ) -> tuple[pa.DictionaryArray, pa.DictionaryArray]:
        """Level and basis of each firm's priority, in words; each distinct combination is worded once."""
        combined = bands.astype(np.int64) << len(Tag) | tags
        distinct, place = np.unique(combined, return_inverse=True)
        self._basis |= {x: self._word(x) for x in distinct.tolist() if x not in self._basis}
        worded = [self._basis[x] for x in distinct.tolist()]
        index = pa.array(place.astype(np.int32))
        return tuple(pa.DictionaryArray.from_arrays(index, pa.array([x[i] for x in worded], pa.string())) for i in range(2))

    def _word(self, combined: int) -> tuple[str, str]:
        bands, tags = combined >> len(Tag), combined & ((1 << len(Tag)) - 1)
        given = [(x.zh, x.points[bands >> _BAND_BITS * i & ((1 << _BAND_BITS) - 1)]) for i, x in enumerate(self._rule.factors)]
        given += [(x.zh, self._rule.tag_points.get(x, 0)) for i, x in enumerate(Tag) if tags >> i & 1]
        return level_of(sum(x for _, x in given), rule=self._rule), "；".join(
            f"{zh} {points:+d}" for zh, points in given if points
        )


def _waiting(table: pa.Table, found: Fields) -> pa.Table:
    """Text and numbers of listed firms."""
    waiting = table.select(_TEXT)
    for name in _NUMBERS:
        waiting = waiting.append_column(name, pa.array(np.ascontiguousarray(found[name])))
    return waiting


def _in_order(region: npt.NDArray[np.int32], priority: npt.NDArray[np.int16], *, row_id: Ints) -> Ints:
    """Places by county, the highest priority first, then by row id: sorted as one number, which is several times as fast."""
    places = np.arange(len(region))
    by_id = None if np.all(row_id[1:] > row_id[:-1]) else np.argsort(row_id, kind="stable")
    if by_id is not None:
        region, priority = region[by_id], priority[by_id]
    packed = (region.astype(np.int64) << _PRIORITY_BITS) + np.iinfo(np.int16).max - priority << _PLACE_BITS | places
    packed.sort()
    order = packed & (1 << _PLACE_BITS) - 1
    return order if by_id is None else by_id[order]


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
