"""Find and read the parts of a register (登记数据分块读取): Parquet files, half a million rows at a time, in file order."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from huoshui.adapters.registers.kernels import NO_DAY, map_words
from huoshui.adapters.registers.standard_columns import absent, conform
from huoshui.errors import BadFile
from huoshui.terms import RegisterKind

ROWS_PER_PART: Final = 1 << 19
THREADS: Final = min(4, os.cpu_count() or 1)
UNREADABLE: Final = (pa.ArrowException, OSError, ValueError, IndexError, KeyError)  # what pyarrow says of damaged files
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Part:
    """Some neighbouring row groups of one file (分块): `start` is the place of the first row in the whole register."""

    path: Path
    groups: tuple[int, ...]
    start: int
    rows: int
    columns: frozenset[str]


def locate(path: Path, *, kind: RegisterKind) -> tuple[Path, ...]:
    """The Parquet files of a register (定位文件): a file, a folder of parts, or a folder that holds `<kind>.parquet`."""
    if not path.exists():
        raise BadFile(
            f"{path} does not exist; expected a Parquet file or a folder of the {kind.value} register", field=kind.value
        )
    for inner in (path / f"{kind.value}.parquet", path / kind.value):
        if path.is_dir() and inner.exists():
            path = inner
    files = tuple(sorted(x for x in path.glob("*.parquet") if x.is_file())) if path.is_dir() else (path,)
    if foreign := [x.name for x in files if x.stem in {*RegisterKind} - {kind}]:
        raise BadFile(
            f"{path} holds {foreign[0]} but no {kind.value}.parquet; expected the {kind.value} register", field=kind.value
        )
    if not files:
        raise BadFile(f"{path} holds no Parquet file of the {kind.value} register", field=kind.value)
    return files


def check_columns(path: Path, *, columns: Sequence[str], expected: str, field: str) -> None:
    """Whether a Parquet file, or each of a folder, has the columns (核对列); raises BadFile with what was expected."""
    files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    if not files:
        raise BadFile(f"{path} holds no Parquet file; expected {expected}", field=field)
    for file in files:
        there = _schema(file, field=field).names
        if missing := [x for x in columns if x not in there]:
            raise BadFile(f"{file} has no column {missing[0]}; expected {expected}", field=field)


def split(files: Sequence[Path]) -> tuple[Part, ...]:
    """Cut files into parts of about half a million rows (切分); raises BadFile for what is not a whole Parquet file."""
    parts: list[Part] = []
    start = 0
    for path in files:
        metadata = _metadata(path)
        groups: list[int] = []
        rows, columns = 0, frozenset(_schema(path).names)
        for group in range(metadata.num_row_groups):
            groups.append(group)
            rows += metadata.row_group(group).num_rows
            if rows >= ROWS_PER_PART or group + 1 == metadata.num_row_groups:
                parts.append(Part(path, tuple(groups), start, rows, columns))
                start += rows
                groups, rows = [], 0
    return tuple(parts)


def _metadata(path: Path) -> pq.FileMetaData:
    try:
        return pq.read_metadata(path)
    except UNREADABLE as error:
        raise BadFile(f"{path} is not a complete Parquet file: {_first_line(error)}", field="file") from error


def _schema(path: Path, *, field: str = "file") -> pa.Schema:
    try:
        return pq.read_schema(path)
    except UNREADABLE as error:
        raise BadFile(f"{path} is not a complete Parquet file: {_first_line(error)}", field=field) from error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def read(part: Part, *, columns: Sequence[str], as_words: Sequence[str] = (), again: bool = False) -> pa.Table:
    """Some columns of a part in their types (读取分块); missing columns are all NULL. `as_words` come as one dictionary each.

    What is read `again` was found to be text before, and is not looked at for that once more. Raises BadFile, naming file and
    column, for what is damaged or no column of a register.
    """
    try:
        present = [x for x in columns if x in part.columns]
        file = pq.ParquetFile(part.path, memory_map=True, read_dictionary=[x for x in as_words if x in present])
        table = file.read_row_groups(list(part.groups), columns=present, use_threads=False)
    except UNREADABLE as error:
        _check_types(part.path, present)
        raise BadFile(f"{part.path} cannot be read: {_first_line(error)}", field="file") from error
    if unclear := [x for x in present if table.column_names.count(x) != 1]:
        raise BadFile(f"{part.path} has several columns {unclear[0]}; expected one", field=unclear[0])
    return pa.table({
        name: conform(table[name], name=name, path=part.path, as_words=name in as_words, is_text=again)
        if name in present
        else absent(name, rows=part.rows, as_words=name in as_words)
        for name in columns
    })  # fmt: skip


def _check_types(path: Path, names: Sequence[str]) -> None:
    """Whether the columns are of kinds that can be read at all; a better sentence than that of the reader."""
    schema = _schema(path)
    for name in names:
        for place in schema.get_all_field_indices(name):
            conform(pa.chunked_array([], schema.field(place).type), name=name, path=path)


def each(parts: Sequence[Part], work: Callable[[Part], Read]) -> Iterator[Read]:
    """Work on the parts on a few threads, results in order (并行处理), one part more in memory than threads."""
    with ThreadPoolExecutor(THREADS) as pool:
        waiting: list[Future[Read]] = []
        for part in parts:
            waiting.append(pool.submit(work, part))
            if len(waiting) > THREADS:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()


def words(column: pa.ChunkedArray, meaning: Callable[[str | None], int], dtype: type[np.generic]) -> npt.NDArray[Any]:
    """What each word means (词语归类): the meaning is asked once a distinct word."""
    found = np.empty(len(column), dtype)
    at = 0
    for chunk in column.chunks:
        coded = chunk if pa.types.is_dictionary(chunk.type) else chunk.cast(pa.string()).dictionary_encode()
        means = np.array([meaning(x) for x in coded.dictionary.to_pylist()] + [meaning(None)], dtype)
        map_words(coded, means, out=found[at : at + len(chunk)])
        at += len(chunk)
    return found


def whole(column: pa.ChunkedArray) -> pa.Array:
    """The column as one array (合并分段)."""
    column = column.unify_dictionaries()
    return (
        column.chunk(0)
        if column.num_chunks == 1
        else column.combine_chunks()
        if column.num_chunks
        else pa.array([], column.type)
    )


def texts(column: pa.ChunkedArray, rows: npt.NDArray[np.int64]) -> pa.Array:
    """The texts of some rows, ascending (取文本), without touching the others."""
    found, at = [pa.array([], pa.string())], 0
    for chunk in column.chunks:
        low, high = np.searchsorted(rows, (at, at + len(chunk)))
        found.append(chunk.take(pa.array(rows[low:high] - at)).cast(pa.string()))
        at += len(chunk)
    return pa.concat_arrays(found)


def numbers(column: pa.ChunkedArray, dtype: type[np.generic], missing: int) -> npt.NDArray[Any]:
    """Whole numbers with a value for NULL (整数列); raises BadFile for what `dtype` does not hold."""
    try:
        array = whole(column).cast(pa.from_numpy_dtype(dtype))
    except pa.ArrowInvalid as error:
        raise BadFile(f"a number is out of range: {_first_line(error)}") from error
    if array.null_count:
        array = pc.fill_null(array, pa.scalar(missing, array.type))
    return np.asarray(array.to_numpy(zero_copy_only=False), dtype)


def day_numbers(column: pa.ChunkedArray, *, missing: int = NO_DAY) -> npt.NDArray[np.int32]:
    """Days since 1970 of a column of days (日期列), with a value for NULL."""
    array = whole(column).cast(pa.int32())
    filled = pc.fill_null(array, missing) if array.null_count else array
    return np.asarray(filled.to_numpy(zero_copy_only=False), np.int32)


def row_numbers(table: pa.Table, part: Part) -> pa.ChunkedArray:
    """The row ids of a part (行号): the register's own, or its place in the register counted from 1."""
    if table["row_id"].null_count:
        return pa.chunked_array([pa.array(np.arange(part.start + 1, part.start + part.rows + 1))])
    return table["row_id"]
