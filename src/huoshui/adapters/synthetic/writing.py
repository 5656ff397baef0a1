"""Files of a part (分片文件): Parquet under a temporary name, renamed when whole."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from huoshui.adapters.synthetic.columns import ROW_GROUP, same
from huoshui.errors import OutputError

METADATA: Final = b"huoshui.part"
MARK: Final = {b"huoshui.synthetic": b"true"}
UNFINISHED: Final = ".writing"
ROWS_PER_PART: Final = 10_000_000
"""Row numbers of a part begin at its number times this, so that they are unique and known before the parts before are made."""
_DICTIONARY_BYTES: Final = 64 * 2**20
_FEW_VALUES: Final = (pa.date32(), pa.int16(), pa.int32())
_REPEATED_AMOUNTS: Final = ("registered_capital_fen",)
_COUNTED: Final = ("row_id", "source_line")
_HEADING_LINES: Final = 2


class PartFile:
    """One table of one part being written (写入中的分片表)."""

    def __init__(self, path: Path, *, table: str, part: int, is_register: bool) -> None:
        self.path = path
        self.rows = 0
        self._table, self._part, self._is_register = table, part, is_register
        self._unfinished = path.with_name(path.name + UNFINISHED)
        self._pending: list[pa.Table] = []
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        """Make the folder (建立目录)."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        """Leave nothing behind when something went wrong (出错不留残件)."""
        if kind is not None:
            if self._writer is not None:
                self._writer.close()
            self._unfinished.unlink(missing_ok=True)

    def add(self, table: pa.Table) -> int:
        """Add rows; returns the row_id of the first (追加). A register gets row_id, source_file and source_line here."""
        first = self._part * ROWS_PER_PART + self.rows
        if self._is_register:
            position = np.arange(self.rows, self.rows + table.num_rows, dtype=np.int64)
            table = table.add_column(0, "row_id", pa.array(position + self._part * ROWS_PER_PART))
            table = table.append_column("source_file", same(f"合成数据-{self._table}-{self._part:04d}", count=len(position)))
            table = table.append_column("source_line", pa.array(position + _HEADING_LINES))
        self.rows += table.num_rows
        self._pending.append(table)
        if sum(x.num_rows for x in self._pending) > ROW_GROUP // 2:
            self._write()
        return first

    def _write(self) -> None:
        table = pa.concat_tables(self._pending)
        self._pending.clear()
        if self._writer is None:
            self._writer = pq.ParquetWriter(
                self._unfinished, table.schema, compression="zstd", store_schema=False,
                dictionary_pagesize_limit=_DICTIONARY_BYTES,
                use_dictionary=[_leaf(x) for x in table.schema if _has_few_values(x)],
                column_encoding={name: "DELTA_BINARY_PACKED" for name in _COUNTED if name in table.schema.names},
            )  # fmt: skip
        if table.num_rows:
            self._writer.write_table(table.unify_dictionaries(), row_group_size=ROW_GROUP)

    def finish(self, metadata: Mapping[str, Any]) -> None:
        """Write the rest with what is known of the part, and give the file its name (完成)."""
        if self._pending or self._writer is None:
            self._write()
        assert self._writer is not None  # noqa: S101 -- _write has just made it
        known = {"synthetic": True, "table": self._table, "part": self._part, **metadata}
        told = json.dumps(known, ensure_ascii=False, sort_keys=True).encode()
        self._writer.add_key_value_metadata({**MARK, METADATA: told})
        self._writer.close()
        self._unfinished.replace(self.path)


def _has_few_values(field: pa.Field) -> bool:
    is_words = pa.types.is_dictionary(field.type) or pa.types.is_list(field.type)
    return is_words or field.type in _FEW_VALUES or field.name in _REPEATED_AMOUNTS


def _leaf(field: pa.Field) -> str:
    return f"{field.name}.list.element" if pa.types.is_list(field.type) else str(field.name)


def read_metadata(path: Path) -> dict[str, Any] | None:
    """What a finished part says of itself (分片元数据), with its rows and bytes; None where there is no whole part."""
    try:
        found = pq.read_metadata(path)
    except (OSError, pa.ArrowInvalid):
        return None
    known = (found.metadata or {}).get(METADATA)
    return None if known is None else {**json.loads(known), "rows": found.num_rows, "bytes": path.stat().st_size}


def as_output_error(error: OSError, *, folder: Path) -> OutputError:
    """What a failed write means to the user (写出失败)."""
    reason = error.strerror or error
    return OutputError(f"{folder} cannot be written: {reason}; expected a folder with enough free space", field="out")
