"""Parquet files (列式文件): typed columns as the text that a CSV file would hold, so that every value is read in one way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from huoshui.adapters.registers.records import clean_texts
from huoshui.adapters.registers.tabular import Batch, OnBytes, Shape, Table, broken, hash_of, no_progress, sample_of
from huoshui.errors import BadFile, BadMapping

MAGIC: Final = b"PAR1"
_ROWS: Final = 1 << 17
_WHOLE: Final = "a complete Parquet file"


@dataclass
class ParquetTable(Table):
    """A Parquet file (列式文件)."""

    def batches(self, wanted: Sequence[str], *, on_bytes: OnBytes = no_progress) -> Iterator[Batch]:
        """All rows (逐批读取); the line is the row's number, from 1. Raises BadFile, BadMapping for a column of lists."""
        try:
            with pq.ParquetFile(self.path) as file:
                share = self.path.stat().st_size / max(file.metadata.num_rows, 1)
                line = 1
                for rows in file.iter_batches(_ROWS, columns=list(dict.fromkeys(wanted)) or self.shape.headings[:1]):
                    columns = {x: clean_texts(_as_text(rows.column(x), x)) for x in wanted}
                    yield Batch(columns, np.arange(line, line + rows.num_rows), (), _raw(rows))
                    line += rows.num_rows
                    on_bytes(int(share * rows.num_rows))
        except (pa.ArrowInvalid, OSError) as error:
            raise broken(self.path, error, expected=_WHOLE) from error
        self.sha256 = hash_of(self.path)


def open_parquet(path: Path) -> ParquetTable:
    """Look at a Parquet file (打开列式文件); raises BadFile for one that is truncated or has no columns."""
    try:
        with pq.ParquetFile(path) as file:
            names = tuple(file.schema_arrow.names)
    except (pa.ArrowInvalid, OSError) as error:
        raise broken(path, error, expected=_WHOLE) from error
    if not names:
        raise BadFile(f"{path} has no columns; expected a table", field="file")
    if len(set(names)) < len(names):
        twice = next(x for x in names if names.count(x) > 1)
        raise BadFile(f"{path} has more than one column {twice!r}; expected columns with names of their own", field="file")
    table = ParquetTable(path, Shape("parquet", names, 1), {})
    table.sample = _sample(table)
    return table


def _as_text(column: pa.Array, name: str) -> pa.Array:
    """A column of any plain type as pa.string()."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        column = pc.local_timestamp(column.cast(pa.timestamp(kind.unit, "Asia/Shanghai")))
    if pa.types.is_floating(kind):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, kind), column)
    if pa.types.is_nested(kind):
        raise BadMapping(f"column {name!r} holds lists or records; expected one value a row", field=name)
    return column.cast(pa.string())


def _raw(rows: pa.RecordBatch) -> Any:
    return lambda row: "\t".join("" if x is None else str(x) for x in rows.slice(row, 1).to_pylist()[0].values())


def _sample(table: ParquetTable) -> dict[str, list[str | None]]:
    with pq.ParquetFile(table.path) as file:
        for rows in file.iter_batches(1_000):
            plain = {x: rows.column(x) for x in table.shape.headings if not pa.types.is_nested(rows.schema.field(x).type)}
            return {x: [] for x in table.shape.headings} | sample_of({x: clean_texts(_as_text(y, x)) for x, y in plain.items()})
    return {x: [] for x in table.shape.headings}
