"""Columns of a standard register as a file has them (标准列): brought to the type each must have, or one sentence why not."""

import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pyarrow as pa

from huoshui.adapters.registers.fields import NO_WORDS, YES_WORDS, Reading, fields_of
from huoshui.errors import BadFile
from huoshui.terms import RegisterKind

WORDS: Final = pa.dictionary(pa.int32(), pa.string())
_READINGS: Final = {"row_id": Reading.AMOUNT} | {x.name: x.reading for kind in RegisterKind for x in fields_of(kind).values()}
_TYPES: Final = {"row_id": pa.int64()} | {x.name: x.type for kind in RegisterKind for x in fields_of(kind).values()}
_FLAGS: Final = dict.fromkeys(YES_WORDS, True) | dict.fromkeys(NO_WORDS, False) | {"": None}
_EXPECTED: Final = {
    Reading.DAY: "dates", Reading.AMOUNT: "whole numbers", Reading.COUNT: "whole numbers", Reading.YEAR: "whole numbers",
    Reading.FLAG: "yes or no", Reading.REGION: "six digits as text",
}  # fmt: skip


class _Unfit(ValueError):
    """Why a column cannot be what it must be."""


def conform(
    column: pa.ChunkedArray, *, name: str, path: Path, as_words: bool = False, is_text: bool = False
) -> pa.ChunkedArray:
    """A column of a standard register in its type (标准化列): text, whole numbers, days, or yes and no.

    Text, however it is stored, may stay a dictionary, and becomes one with `as_words`. Whole numbers are never taken for days.
    Where text `is_text` for sure, as it was read before, its bytes are not looked at again.
    Raises BadFile, with file and column, for values of another kind, out of range, or whose bytes are no text.
    """
    reading = _READINGS.get(name)
    if reading is None:
        return column
    convert = _CONVERTED.get(reading, _as_text)
    if is_text and convert in (_as_text, _as_region) and column.type in (pa.string(), WORDS):
        return _as_words(column) if as_words else column
    try:
        column = convert(column, _TYPES[name])
    except (_Unfit, pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        expected = _EXPECTED.get(reading, "text")
        why = str(error).splitlines()[0]
        raise BadFile(f"{path}: the column {name} must hold {expected}, but does not: {why}", field=name) from error
    return _as_words(column) if as_words else column


def _as_words(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column as a dictionary."""
    if pa.types.is_dictionary(column.type):
        return column
    return pa.chunked_array([x.dictionary_encode() for x in column.chunks], WORDS)


def absent(name: str, *, rows: int, as_words: bool) -> pa.ChunkedArray:
    """The column of a register that does not have it (缺列): all NULL, in the type that it would have."""
    return pa.chunked_array([pa.nulls(rows, WORDS if as_words else _TYPES.get(name, pa.string()))])


def _as_text(column: pa.ChunkedArray, _: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_null(column.type):
        return column.cast(pa.string())
    is_coded = pa.types.is_dictionary(column.type)
    if not _is_text(column.type.value_type if is_coded else column.type):
        raise _Unfit(f"it holds {column.type}")
    wanted = WORDS if is_coded else pa.string()
    for chunk in column.chunks:
        try:
            chunk.validate(full=True)
            if is_coded:
                chunk.dictionary.validate(full=True)
        except pa.ArrowInvalid as error:
            raise _Unfit("some of its bytes are no text in UTF-8") from error
    return column if column.type == wanted else column.cast(wanted)


def _as_region(column: pa.ChunkedArray, type_: pa.DataType) -> pa.ChunkedArray:
    """No region code begins with 0, so that a number has lost nothing."""
    plain = _plain(column)
    return plain.cast(pa.string()) if pa.types.is_integer(plain.type) else _as_text(column, type_)


def _as_number(column: pa.ChunkedArray, type_: pa.DataType) -> pa.ChunkedArray:
    if column.type == type_:
        return column
    column = _plain(column)
    if not (_is_number(column.type) or _is_text(column.type) or pa.types.is_null(column.type)):
        raise _Unfit(f"it holds {column.type}")
    return column.cast(type_)


def _as_day(column: pa.ChunkedArray, type_: pa.DataType) -> pa.ChunkedArray:
    if column.type == type_:
        return column
    column = _plain(column)
    if not (pa.types.is_date(column.type) or pa.types.is_timestamp(column.type) or _is_text(column.type)
            or pa.types.is_null(column.type)):  # fmt: skip
        raise _Unfit(f"it holds {column.type}")
    return column.cast(type_)


def _as_flag(column: pa.ChunkedArray, type_: pa.DataType) -> pa.ChunkedArray:
    if column.type == type_:
        return column
    column = _plain(column)
    if _is_number(column.type):
        column = column.cast(pa.int64()).cast(pa.string())
    if not (_is_text(column.type) or pa.types.is_null(column.type)):
        raise _Unfit(f"it holds {column.type}")
    return pa.chunked_array([_flags(x.dictionary_encode()) for x in _as_text(column, type_).chunks], type_)


def _flags(words: pa.DictionaryArray) -> pa.Array:
    texts = {x: unicodedata.normalize("NFKC", x).strip().lower() for x in words.dictionary.to_pylist()}
    if unknown := [x for x, word in texts.items() if word not in _FLAGS]:
        raise _Unfit(f"{unknown[0]!r} says neither")
    return pa.array([_FLAGS[x] for x in texts.values()], pa.bool_()).take(words.indices)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _is_text(type_: pa.DataType) -> bool:
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_))


def _is_number(type_: pa.DataType) -> bool:
    return bool(pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_decimal(type_))


_CONVERTED: Final[dict[Reading, Callable[[pa.ChunkedArray, pa.DataType], pa.ChunkedArray]]] = {
    Reading.REGION: _as_region,
    Reading.DAY: _as_day,
    Reading.AMOUNT: _as_number,
    Reading.COUNT: _as_number,
    Reading.YEAR: _as_number,
    Reading.FLAG: _as_flag,
}
