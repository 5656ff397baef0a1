"""Column kernels (列式内核): codes and names to int64 keys, once, at reading. A thin wrapper over kernels.c.

A key of an organisation code is its eight body characters in base 36 (below 2**42). Every other identity (a legacy code that
fails its check, an old registration number, a register's own number) has a far key above 2**62. Nothing here is persisted
across versions: keys live in one screening.
"""

import ctypes
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from huoshui.errors import MissingExtra

Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
NO_DAY: Final = np.iinfo(np.int32).min
VALUE_BITS: Final = 47


class CodeKind(IntEnum):
    """What a text in a code column is (代码类别); the numbers are those of kernels.c."""

    EMPTY = 0
    VALID = 1
    HISTORICAL = 2
    MISMATCH = 3
    INVALID = 4
    OLD_NUMBER = 5
    AMBIGUOUS = 6


class Nearness(IntEnum):
    """How near two names are (名称接近程度); the numbers are those of kernels.c."""

    FAR = 0
    EQUAL = 1
    FORM_DROPPED = 2
    ONE_EDIT = 3
    PLACE_DROPPED = 4


@dataclass(frozen=True, slots=True)
class CodeColumn:
    """Keys, kinds and entity kinds of a column of codes (代码列)."""

    key: Ints
    kind: Bytes
    entity: Bytes


def _library() -> ctypes.CDLL:
    suffix = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
    path = Path(__file__).with_name(f"_kernels{suffix}")
    if not path.is_file():
        raise MissingExtra(f"the column kernels are not built ({path.name} is missing); run `make setup` or `pip install .`")
    return ctypes.CDLL(str(path))


_LIB: Final = _library()
_LIB.fold_filings.restype = ctypes.c_int64
_LIB.code_keys(ctypes.c_int64(0), None, None, ctypes.c_int32(0), None, None, None)  # fills its tables before threads ask


def _pointer(array: npt.NDArray[Any]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def _text(column: pa.Array) -> tuple[int, npt.NDArray[np.int32], Bytes, pa.Array]:
    """Offsets and bytes of a text column; the array is handed back to keep its buffers alive."""
    if column.type != pa.string():
        column = column.cast(pa.string())
    if column.null_count:
        column = pc.fill_null(column, "")
    count = len(column)
    offsets = (
        np.frombuffer(column.buffers()[1], np.int32)[column.offset : column.offset + count + 1]
        if count
        else np.zeros(1, np.int32)
    )
    data = column.buffers()[2]
    raw = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
    return count, offsets, raw, column


def _chunks(column: pa.Array | pa.ChunkedArray) -> list[pa.Array]:
    return column.chunks if isinstance(column, pa.ChunkedArray) else [column]


def _each_value(column: pa.Array | pa.ChunkedArray, *outs: npt.NDArray[Any], call: Callable[..., None]) -> None:
    """Call a kernel on the distinct texts of each dictionary chunk, or on each plain chunk, and put the results in `outs`."""
    at = 0
    for chunk in _chunks(column):
        end = at + len(chunk)
        if pa.types.is_dictionary(chunk.type):
            values = pa.concat_arrays([chunk.dictionary.cast(pa.string()), pa.array([""])])
            found = [np.empty(len(values), x.dtype) for x in outs]
            call(*_text(values)[:3], *found)
            for out, part in zip(outs, found, strict=True):
                map_words(chunk, part, out=out[at:end])
        else:
            count, offsets, raw, _alive = _text(chunk)
            call(count, offsets, raw, *(x[at:end] for x in outs))
        at = end


def code_keys(column: pa.Array | pa.ChunkedArray, *, allow_historical: bool) -> CodeColumn:
    """Keys and kinds of credit codes (信用代码转键); with `allow_historical` also of 15-character taxpayer ids."""
    count = len(column)
    key, kind, entity = np.empty(count, np.int64), np.empty(count, np.uint8), np.empty(count, np.uint8)

    def call(n: int, offsets: Any, raw: Any, *outs: Any) -> None:
        _LIB.code_keys(
            ctypes.c_int64(n), _pointer(offsets), _pointer(raw), ctypes.c_int32(allow_historical), *map(_pointer, outs)
        )

    _each_value(column, key, kind, entity, call=call)
    return CodeColumn(key, kind, entity)


def own_keys(column: pa.Array | pa.ChunkedArray, *, seed: int | npt.NDArray[np.uint64]) -> Ints:
    """Far keys of a register's own numbers under a scheme (自有编号转键); -1 where there is none.

    `seed` stands for the scheme: one for all, or one a row.
    """
    key = np.empty(len(column), np.int64)
    if isinstance(seed, np.ndarray):
        at = 0
        for chunk in _chunks(column):
            count, offsets, raw, _alive = _text(chunk)
            _own_keys(count, offsets, raw, key[at : at + count], seeds=np.ascontiguousarray(seed[at : at + count]), step=1)
            at += count
        return key
    seeds = np.array([seed], np.uint64)
    _each_value(column, key, call=lambda n, offsets, raw, out: _own_keys(n, offsets, raw, out, seeds=seeds, step=0))
    return key


def _own_keys(n: int, offsets: Any, raw: Any, out: Any, *, seeds: npt.NDArray[np.uint64], step: int) -> None:
    _LIB.own_keys(ctypes.c_int64(n), _pointer(offsets), _pointer(raw), _pointer(seeds), ctypes.c_int64(step), _pointer(out))


def take_texts(content: npt.NDArray[np.uint64], column: pa.Array | pa.ChunkedArray) -> None:
    """Take one more column, as it is written, into the contents of rows (原文内容散列), in place; NULL is the empty text."""
    at = 0
    for chunk in _chunks(column):
        is_coded = pa.types.is_dictionary(chunk.type)
        values = pa.concat_arrays([chunk.dictionary.cast(pa.string()), pa.array([""])]) if is_coded else chunk
        count, offsets, raw, _alive = _text(values)
        hashes = np.empty(count, np.uint64)
        _LIB.text_hashes(ctypes.c_int64(count), _pointer(offsets), _pointer(raw), _pointer(hashes))
        if is_coded:
            hashes = map_words(chunk, hashes, out=np.empty(len(chunk), np.uint64))
        take_hashes(content[at : at + len(chunk)], hashes)
        at += len(chunk)


def take_hashes(content: npt.NDArray[np.uint64], hashes: npt.NDArray[np.uint64]) -> None:
    """Take numbers into the contents of rows (内容散列), in place."""
    hashes = np.ascontiguousarray(hashes)
    _LIB.take_hashes(ctypes.c_int64(len(content)), _pointer(hashes), _pointer(content))


def map_words(coded: pa.DictionaryArray, means: npt.NDArray[Any], *, out: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """What each word of a dictionary means (词义映射), into `out`; the last of the meanings is that of NULL."""
    indices = coded.indices if coded.indices.type == pa.int32() else coded.indices.cast(pa.int32())
    valid, index = indices.buffers()
    if len(out):
        validity = None if valid is None or not indices.null_count else np.frombuffer(valid, np.uint8)
        places = np.frombuffer(index, np.int32)[indices.offset :]
        _LIB.map_words(
            ctypes.c_int64(len(out)), _pointer(places), None if validity is None else _pointer(validity),
            ctypes.c_int64(indices.offset), ctypes.c_int64(len(means) - 1), ctypes.c_int64(means.itemsize), _pointer(means),
            _pointer(out),
        )  # fmt: skip
    return out


def name_hashes(column: pa.Array | pa.ChunkedArray) -> Ints:
    """Hashes of normalised names, region left out (名称标准化散列); 0 where there is no name."""
    found = np.empty(len(column), np.int64)

    def call(n: int, offsets: Any, raw: Any, out: Any) -> None:
        _LIB.name_hashes(ctypes.c_int64(n), _pointer(offsets), _pointer(raw), _pointer(out))

    _each_value(column, found, call=call)
    return found


def name_keys(hashes: Ints, *, place: npt.NDArray[np.int32]) -> Ints:
    """Keys of names within a place (名称加地区转键): below -1; -1 where there is no name."""
    hashes, place = np.ascontiguousarray(hashes, np.int64), np.ascontiguousarray(place, np.int32)
    found = np.empty(len(hashes), np.int64)
    _LIB.name_keys(ctypes.c_int64(len(found)), _pointer(hashes), _pointer(place), _pointer(found))
    return found


def block_hashes(column: pa.Array, *, shift: int = 0) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Hashes of the first and the second half of names without their legal form (名称分块散列).

    `shift` cuts as if each name were so many characters longer.
    """
    count, offsets, raw, _alive = _text(column)
    first, last = np.empty(count, np.uint64), np.empty(count, np.uint64)
    texts = (_pointer(offsets), _pointer(raw))
    _LIB.block_hashes(ctypes.c_int64(count), *texts, ctypes.c_int32(shift), _pointer(first), _pointer(last))
    return first, last


def compare_names(left: pa.Array, left_rows: Ints, right: pa.Array, right_rows: Ints) -> Bytes:
    """Nearness of pairs of names (名称两两比较): row `left_rows[i]` of left with row `right_rows[i]` of right."""
    _, offsets_a, raw_a, _alive_a = _text(left)
    _, offsets_b, raw_b, _alive_b = _text(right)
    found = np.empty(len(left_rows), np.uint8)
    rows_a, rows_b = np.ascontiguousarray(left_rows, np.int64), np.ascontiguousarray(right_rows, np.int64)
    _LIB.compare_names(
        ctypes.c_int64(len(found)),
        _pointer(offsets_a),
        _pointer(raw_a),
        _pointer(rows_a),
        _pointer(offsets_b),
        _pointer(raw_b),
        _pointer(rows_b),
        _pointer(found),
    )
    return found


class KeyTable:
    """A hash table of int64 keys to the first index that has it (键表)."""

    def __init__(self, keys: Ints) -> None:
        self._keys = np.ascontiguousarray(keys, np.int64)
        size = 1 << max(4, int(2 * len(keys)).bit_length())
        self._mask = size - 1
        self._place = np.full(size, -1, np.int64)
        _LIB.build_table(
            ctypes.c_int64(len(self._keys)), _pointer(self._keys), ctypes.c_int64(self._mask), _pointer(self._place)
        )

    def find(self, wanted: Ints) -> Ints:
        """The index of each wanted key (查找), -1 where it is not in the table."""
        wanted = np.ascontiguousarray(wanted, np.int64)
        found = np.empty(len(wanted), np.int64)
        _LIB.probe_table(
            ctypes.c_int64(len(wanted)),
            _pointer(wanted),
            _pointer(self._keys),
            ctypes.c_int64(self._mask),
            _pointer(self._place),
            _pointer(found),
        )
        return found


@dataclass(frozen=True, slots=True)
class Windows:
    """Days since 1970 (观察窗口): sales count from `early` (12 months) and from `late` (6 months), both up to `on`."""

    early: int
    late: int
    on: int


def fold_filings(
    key: Ints,
    *,
    day: npt.NDArray[np.int32],
    sales: Ints,
    employees: Ints,
    assets_yuan: Ints,
    grade: npt.NDArray[np.int8],
    abnormal: npt.NDArray[np.int8],
    windows: Windows,
) -> dict[str, npt.NDArray[Any]]:
    """Runs of neighbouring filings of one taxpayer as partial sums (连续申报汇总).

    A value with a day (employees, assets, grade, status) is packed as day << 47 | value, so that the latest is the largest;
    -1 where there is none. Any split of a taxpayer's rows into runs adds up to the same.
    """
    n = len(key)
    dated = ("employees_dated", "assets_dated")
    last = ("grade_dated", "abnormal_dated")
    out: dict[str, npt.NDArray[Any]] = {name: np.empty(n, np.int64) for name in ("first", "sales_12m", "sales_6m", *dated)}
    out |= {name: np.empty(n, np.int32) for name in ("last_day", "filings")} | {name: np.empty(n, np.int64) for name in last}
    given: tuple[npt.NDArray[Any], ...] = (key, day, sales, employees, assets_yuan, grade, abnormal)
    days = (ctypes.c_int32(x) for x in (windows.early, windows.late, windows.on))
    runs = _LIB.fold_filings(ctypes.c_int64(n), *map(_pointer, given), *days, *map(_pointer, out.values()))
    return {name: column[:runs].copy() for name, column in out.items()}


def put_fields(columns: Mapping[str, npt.NDArray[Any]], *, into: npt.NDArray[Any], places: Ints | None = None) -> None:
    """Put columns into the fields of records (列转记录), in place: row i into record `places[i]`, or into record i."""
    given = [np.ascontiguousarray(x, into.dtype[name]) for name, x in columns.items()]
    at = None if places is None else np.ascontiguousarray(places, np.int64)
    sizes, offsets, pointers = _fields(into.dtype, list(columns), given)
    _LIB.put_fields(
        ctypes.c_int64(len(given[0])), None if at is None else _pointer(at), ctypes.c_int64(len(given)), _pointer(sizes),
        _pointer(offsets), _pointer(pointers), ctypes.c_int64(into.dtype.itemsize), _pointer(into),
    )  # fmt: skip


def take_fields(records: npt.NDArray[Any], *, into: Mapping[str, npt.NDArray[Any]], first: int) -> None:
    """Take columns from records that begin with their row (记录转列), in place: each to place row - `first`."""
    records, names, columns = np.ascontiguousarray(records), list(into), list(into.values())
    sizes, offsets, pointers = _fields(records.dtype, names, columns)
    _LIB.take_fields(
        ctypes.c_int64(len(records)), _pointer(records), ctypes.c_int64(records.dtype.itemsize), ctypes.c_int64(first),
        ctypes.c_int64(len(columns[0])), ctypes.c_int64(len(names)), _pointer(sizes), _pointer(offsets), _pointer(pointers),
    )  # fmt: skip


def _fields(
    record: np.dtype[Any], names: Sequence[str], columns: Sequence[npt.NDArray[Any]]
) -> tuple[Ints, Ints, npt.NDArray[np.uint64]]:
    """Sizes and places of some fields of a record, and where their columns lie."""
    sizes = np.array([record[x].itemsize for x in names], np.int64)
    layout: Mapping[str, Any] = record.fields or {}
    offsets = np.array([layout[x][1] for x in names], np.int64)
    return sizes, offsets, np.array([x.ctypes.data for x in columns], np.uint64)
