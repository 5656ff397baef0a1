"""The features of a register as a file (特征文件): batches of firms in the order of their rows, with facts from a second file.

The features are what `huoshui features` wrote, or any Parquet file with a column `firm_id`. The facts are what a bank knows
beside them, one row a firm: lists, credit reports, loans. A firm without a row there has facts that are not known.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from huoshui.errors import BadFile, BadRequest

FIRM: Final = "firm_id"
ROWS: Final = 1 << 16
_VERSION: Final = b"huoshui.features"
_DAY: Final = b"huoshui.on"
_SYNTHETIC: Final = b"huoshui.synthetic"


@dataclass(frozen=True, slots=True)
class FeaturesFile:
    """A file of features (特征文件): the catalog's version and the day it was made for, None where it does not say.

    Of all firms, or of those whose id is in `only`; `rows` counts these, `missing` the ids of `only` that have no features.
    `synthetic` says whether the features or the facts are.
    """

    path: Path
    schema: pa.Schema
    rows: int
    version: str | None
    on: date | None
    facts: pa.Table | None
    facts_path: Path | None
    only: pa.Array | None = None
    missing: int = 0
    synthetic: bool = False

    @property
    def full_schema(self) -> pa.Schema:
        """The columns of the features, then those of the facts (全部字段)."""
        added = [x for x in self.facts.schema if x.name != FIRM] if self.facts is not None else []
        return pa.schema([*self.schema, *added])

    def batches(self, columns: Sequence[str], *, rows: int = ROWS) -> Iterator[pa.Table]:
        """The firms in batches, with `firm_id` as text and the columns that are there (分批读取); raises BadFile."""
        wanted = [x for x in dict.fromkeys((FIRM, *columns)) if x in self.schema.names]
        try:
            with pq.ParquetFile(self.path) as file:
                for batch in file.iter_batches(batch_size=rows, columns=wanted):
                    kept = self._kept(_plain(pa.Table.from_batches([batch]), self.path))
                    if kept.num_rows:
                        yield self._with_facts(kept, columns)
        except (pa.ArrowInvalid, OSError) as error:
            raise _unreadable(self.path, error, field="features") from error

    def only_firms(self, firms: pa.Array) -> "FeaturesFile":
        """The same file, of these firms alone (限定主体)."""
        found = [batch[FIRM] for batch in replace(self, only=firms).batches([FIRM])]
        ids = pa.chunked_array(found, pa.string())
        return replace(self, only=firms, rows=len(ids), missing=len(firms) - len(pc.unique(ids)))

    def check_once(self) -> None:
        """Refuse a firm that has several rows (检查重复主体); raises BadFile."""
        ids = pa.chunked_array([batch[FIRM].combine_chunks() for batch in self.batches([FIRM])], pa.string())
        if pc.count_distinct(ids).as_py() != len(ids):
            counts = pc.value_counts(ids)
            twice = counts.filter(pc.greater(counts.field("counts"), 1)).field("values")[0].as_py()
            raise BadFile(f"{self.path} names the firm {twice} more than once; expected a row a firm", field="features")

    def _kept(self, batch: pa.Table) -> pa.Table:
        return batch if self.only is None else batch.filter(pc.is_in(batch[FIRM], value_set=self.only))

    def firm(self, firm_id: str, columns: Sequence[str]) -> Mapping[str, Any]:
        """One firm's row (单户特征); raises BadRequest where the features hold no firm, or several, of that id."""
        found = [pc.indices_nonzero(pc.equal(batch[FIRM], firm_id)).to_pylist() for batch in self.batches([FIRM])]
        if (count := sum(map(len, found))) != 1:
            raise BadRequest(f"{self.path} holds {count} rows of firm {firm_id!r}; expected one", field="firm")
        for batch, places in zip(self.batches(columns), found, strict=True):
            if places:
                row: Mapping[str, Any] = batch.slice(places[0], 1).to_pylist()[0]
                return row
        raise BadFile(f"{self.path} changed while it was read", field="features")

    def _with_facts(self, batch: pa.Table, columns: Sequence[str]) -> pa.Table:
        if self.facts is None:
            return batch
        places = pc.index_in(batch[FIRM], self.facts[FIRM].combine_chunks())
        for name in dict.fromkeys(columns):
            if name != FIRM and name in self.facts.column_names:
                batch = batch.append_column(name, self.facts[name].take(places))
        return batch


def open_features(path: Path, *, facts: Path | None = None) -> FeaturesFile:
    """Open a file of features, and the facts beside it (打开特征文件).

    Raises BadFile for what is missing, no Parquet or without `firm_id`, for facts that stand in both files, and for facts that
    name a firm twice.
    """
    schema, rows, known = _read_schema(path, field="features")
    metadata = known or {}
    beside = None if facts is None else _read_facts(facts, schema)
    version, day = metadata.get(_VERSION), metadata.get(_DAY)
    made_on = None if day is None else _read_day(day, path)
    synthetic = any(_is_synthetic(x) for x in (known, None if beside is None else beside.schema.metadata))
    return FeaturesFile(path, schema, rows, version.decode() if version else None, made_on, beside, facts, synthetic=synthetic)


def _read_day(day: bytes, path: Path) -> date:
    try:
        return date.fromisoformat(day.decode())
    except ValueError as error:
        raise BadFile(
            f"{path} says that it was made for {day!r}; expected a day such as 2026-01-31", field="features"
        ) from error


def _is_synthetic(metadata: Mapping[bytes, bytes] | None) -> bool:
    return metadata is not None and metadata.get(_SYNTHETIC) == b"true"


def _read_schema(path: Path, *, field: str) -> tuple[pa.Schema, int, Mapping[bytes, bytes] | None]:
    if not path.is_file():
        raise BadFile(f"{path} is missing; expected a Parquet file with a row a firm", field=field)
    try:
        with pq.ParquetFile(path) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
    except (pa.ArrowInvalid, OSError) as error:
        raise _unreadable(path, error, field=field) from error
    if FIRM not in schema.names:
        raise BadFile(f"{path} has no column {FIRM}; expected a row a firm", field=field)
    if not _is_id(schema.field(FIRM).type):
        raise BadFile(f"{path}: {FIRM} is of type {schema.field(FIRM).type}; expected text or whole numbers", field=field)
    if len(set(schema.names)) != len(schema.names):
        raise BadFile(f"{path} has two columns of one name", field=field)
    return schema, rows, schema.metadata


def _unreadable(path: Path, error: Exception, *, field: str) -> BadFile:
    return BadFile(f"{path} cannot be read as Parquet: {' '.join(str(error).split())}", field=field)


def _is_id(kind: pa.DataType) -> bool:
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(plain) or pa.types.is_large_string(plain) or pa.types.is_integer(plain))


def _read_facts(path: Path, features: pa.Schema) -> pa.Table:
    schema, _, _ = _read_schema(path, field="facts")
    if both := [x for x in schema.names if x != FIRM and x in features.names]:
        raise BadFile(f"{both[0]} stands in the features and in {path}; expected it in one of them", field="facts")
    try:
        table = _plain(pq.read_table(path), path)
    except (pa.ArrowInvalid, OSError) as error:
        raise _unreadable(path, error, field="facts") from error
    if pc.count_distinct(table[FIRM]).as_py() != table.num_rows:
        raise BadFile(f"{path} names a firm twice; expected a row a firm", field="facts")
    return table.combine_chunks()


def _plain(table: pa.Table, path: Path) -> pa.Table:
    """Ids as text and none missing, no dictionaries, and no number above 64 bits with a sign."""
    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(field.type.value_type))
        elif pa.types.is_uint64(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.int64()))
    place = table.column_names.index(FIRM)
    ids = table.column(place).cast(pa.string())
    if ids.null_count or pc.any(pc.equal(ids, "")).as_py():
        raise BadFile(f"{path} has a row without {FIRM}; expected a row a firm", field="features")
    return table.set_column(place, FIRM, ids)
