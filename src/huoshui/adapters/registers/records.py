"""Records of a delimited text file (文本记录读取) and plain values of text columns: records.c and plain_values.c, wrapped.

A `Scanner` reads bytes in blocks of fixed size and gives batches of Arrow text columns with the line on which each record
begins. Records that break the form of the file come beside them, each with what is wrong.
"""

import ctypes
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.errors import BadFile, MissingExtra

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Hashes = npt.NDArray[np.uint64]
BLOCK: Final = 8 << 20
RECORDS: Final = 1 << 17
DAMAGES: Final = 1 << 12
SLACK: Final = 32
_AT_ONCE: Final = 512


class Damage(IntEnum):
    """What is wrong with the form of a record (记录损坏类型); the numbers are those of records.c."""

    WRONG_COLUMNS = 1
    STRAY_QUOTE = 2
    OPEN_QUOTE = 3
    BAD_BYTES = 4


class DayForm(IntEnum):
    """How a day is written (日期写法); the numbers up to HAN are those of plain_values.c."""

    EMPTY = 0
    UNREAD = 1
    DASHED = 2
    SLASHED = 3
    DOTTED = 4
    COMPACT = 5
    HAN = 6
    EPOCH_MS = 7
    EPOCH_S = 8
    SERIAL = 9
    NUMERALS = 10
    MONTH = 11
    QUARTER = 12
    YEAR = 13
    SPAN = 14
    ENGLISH = 15
    ZONED = 16
    PATTERN = 17
    TWO_DIGIT_YEAR = 18


class AmountForm(IntEnum):
    """How an amount is written (金额写法); the numbers up to ROUNDED are those of plain_values.c."""

    EMPTY = 0
    UNREAD = 1
    PLAIN = 2
    GROUPED = 3
    ROUNDED = 4
    WORDED = 5
    WITH_UNIT = 6
    FOREIGN = 7


class ByteSource(Protocol):
    """Where UTF-8 bytes come from (字节来源)."""

    def readinto(self, target: memoryview, /) -> int:
        """Fill the target as far as there is something to read (读取); 0 is the end."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the bytes are cut (记录格式): the characters are single ASCII ones, `first_line` is the number of the first line."""

    delimiter: str
    columns: int
    first_line: int = 1
    line_end: str = "\n"


@dataclass(frozen=True, slots=True)
class DamagedRecord:
    """A record that breaks the form of the file (损坏记录); `columns` is 0 where they cannot be counted."""

    line: int
    damage: Damage
    columns: int
    raw: str


@dataclass(frozen=True, slots=True)
class Scanned:
    """Some neighbouring records (一批记录). `spans` holds their bytes in `buffer`, which the next batch overwrites."""

    columns: tuple[pa.Array, ...]
    lines: Int64s
    damaged: tuple[DamagedRecord, ...]
    buffer: memoryview
    spans: tuple[Int32s, Int32s]

    def raw(self, row: int) -> str:
        """The text of a record as the file has it (原始记录)."""
        return _shown(self.buffer, int(self.spans[0][row]), int(self.spans[1][row]))


class _Dialect(ctypes.Structure):
    _fields_ = (
        ("first_line", ctypes.c_int64), ("capacity", ctypes.c_int64), ("damage_capacity", ctypes.c_int64),
        ("columns", ctypes.c_int32),
        ("delimiter", ctypes.c_uint8), ("quote", ctypes.c_uint8), ("line_end", ctypes.c_uint8), ("check_bytes", ctypes.c_uint8),
        ("is_last", ctypes.c_uint8),
    )  # fmt: skip


class _Progress(ctypes.Structure):
    _fields_ = (
        ("consumed", ctypes.c_int64), ("lines", ctypes.c_int64), ("records", ctypes.c_int64), ("damaged", ctypes.c_int64),
    )  # fmt: skip


_DAMAGE: Final = np.dtype([("line", "i8"), ("begin", "i4"), ("end", "i4"), ("columns", "i4"), ("reason", "i4")])


def _library() -> ctypes.CDLL:
    suffix = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
    path = Path(__file__).with_name(f"_records{suffix}")
    if not path.is_file():
        raise MissingExtra(f"the record kernel is not built ({path.name} is missing); run `make setup` or `pip install .`")
    return ctypes.CDLL(str(path))


LIBRARY: Final = _library()


class _Found(ctypes.Structure):
    _fields_ = tuple((x, ctypes.c_void_p) for x in ("slots", "begin", "length", "record_begin", "record_end", "line", "damage"))


class _Texts(ctypes.Structure):
    _fields_ = (
        ("offsets", ctypes.c_void_p), ("raw", ctypes.c_void_p), ("valid", ctypes.c_void_p), ("rows", ctypes.c_int64),
        ("nulls", ctypes.c_int64),
    )  # fmt: skip


class _Column:
    """Room for one column of a block (列缓冲)."""

    def __init__(self) -> None:
        self.offsets, self.raw = np.zeros(RECORDS + 1, np.int32), np.empty(BLOCK, np.uint8)
        self.valid = np.empty(RECORDS // 8, np.uint8)

    def reset(self) -> tuple[int, int, int, int, int]:
        """Empty it and give its place (清空)."""
        self.valid.fill(0xFF)
        return self.offsets.ctypes.data, self.raw.ctypes.data, self.valid.ctypes.data, 0, 0

    def take(self, texts: _Texts) -> pa.Array:
        """What was read, as an array with its own memory (取出)."""
        n = int(texts.rows)
        valid = _own(self.valid[: n // 8 + 1]) if texts.nulls else None
        return pa.Array.from_buffers(
            pa.string(), n, [valid, _own(self.offsets[: n + 1]), _own(self.raw[: self.offsets[n]])], int(texts.nulls)
        )


class Scanner:
    """Reads the records of one text (记录扫描)."""

    def __init__(self, source: ByteSource, *, layout: Layout, wanted: Sequence[int], name: str) -> None:
        self._source, self._layout, self._name = source, layout, name
        self._buffer = bytearray(BLOCK + SLACK)
        self._view = memoryview(self._buffer)
        self._bytes = np.frombuffer(self._buffer, np.uint8)
        self._slots = np.full(max(layout.columns, 1), -1, np.int32)
        self._slots[list(wanted)] = np.arange(len(wanted))
        self._columns = [_Column() for _ in wanted]
        self._texts = (_Texts * max(len(wanted), 1))()
        self._fields = np.empty((2, max(len(wanted), 1), _AT_ONCE), np.int32)
        self._spans = np.empty(RECORDS, np.int32), np.empty(RECORDS, np.int32)
        self._lines = np.empty(RECORDS, np.int64)
        self._damages = np.empty(DAMAGES, _DAMAGE)
        places = (self._slots, self._fields[0], self._fields[1], *self._spans, self._lines, self._damages)
        self._found = _Found(*(x.ctypes.data for x in places))
        self._line = layout.first_line

    def __iter__(self) -> Iterator[Scanned]:
        """Batches in the order of the file (逐批记录); raises BadFile for a line longer than a block."""
        filled, ended = 0, False
        while not ended or filled:
            while not ended and filled < BLOCK:
                got = self._source.readinto(self._view[filled:BLOCK])
                filled += got
                ended = got == 0
            at = 0
            unchecked = not self._is_text(filled, ended=ended)
            while at < filled:
                progress, scanned = self._scan(at, filled, unchecked=unchecked, is_last=ended)
                if scanned is not None:
                    yield scanned
                at += progress.consumed
                if progress.records < RECORDS and progress.damaged < DAMAGES:
                    break
            if at == 0 and filled == BLOCK:
                raise BadFile(
                    f"{self._name}: line {self._line} is longer than {BLOCK >> 20} MB; expected a file of lines and columns",
                    field="file",
                )
            self._view[: filled - at] = self._view[at:filled]
            filled -= at

    def _is_text(self, filled: int, *, ended: bool) -> bool:
        """Whether the bytes are UTF-8 without NUL: up to the last line's end, since the rest comes again."""
        end = filled if ended else self._buffer.rfind(self._layout.line_end.encode(), 0, filled) + 1
        if self._buffer.find(0, 0, end) >= 0:
            return False
        offsets = pa.py_buffer(np.array([0, end], np.int64))
        whole = pa.Array.from_buffers(pa.large_binary(), 1, [None, offsets, pa.py_buffer(self._view[:end])])
        try:
            whole.cast(pa.large_string())
        except pa.ArrowInvalid:
            return False
        return True

    def _scan(self, at: int, filled: int, *, unchecked: bool, is_last: bool) -> tuple[_Progress, Scanned | None]:
        layout, progress = self._layout, _Progress()
        dialect = _Dialect(
            self._line,
            RECORDS,
            DAMAGES,
            layout.columns,
            ord(layout.delimiter),
            ord('"'),
            ord(layout.line_end),
            unchecked,
            is_last,
        )
        for texts, column in zip(self._texts, self._columns, strict=False):
            texts.__init__(*column.reset())
        LIBRARY.read_records(
            ctypes.byref(dialect), _address(self._bytes, at), ctypes.c_int64(filled - at), ctypes.byref(self._found),
            ctypes.c_int64(len(self._columns)), ctypes.byref(self._texts), ctypes.byref(progress),
        )  # fmt: skip
        self._line += progress.lines
        if not progress.records and not progress.damaged:
            return progress, None
        return progress, self._batch(self._view[at:], progress)

    def _batch(self, view: memoryview, progress: _Progress) -> Scanned:
        columns = tuple(column.take(texts) for column, texts in zip(self._columns, self._texts, strict=False))
        damaged = tuple(
            DamagedRecord(
                int(x["line"]), Damage(int(x["reason"])), int(x["columns"]), _shown(view, int(x["begin"]), int(x["end"]))
            )
            for x in self._damages[: progress.damaged]
        )
        return Scanned(columns, self._lines[: progress.records].copy(), damaged, view, self._spans)


def clean_texts(column: pa.Array) -> pa.Array:
    """A text column trimmed, with NULL where the register wrote what means nothing (清洗文本列)."""
    n, offsets, raw = text_buffers(column)
    size = int(offsets[-1] - offsets[0])
    found, text, valid = np.zeros(n + 1, np.int32), np.empty(size + 1, np.uint8), np.full(n // 8 + 1, 0xFF, np.uint8)
    texts = _Texts(found.ctypes.data, text.ctypes.data, valid.ctypes.data, 0, 0)
    lengths = np.diff(offsets)
    LIBRARY.clean_texts(_address(raw), ctypes.c_int64(n), _address(offsets), _address(lengths), ctypes.byref(texts))
    buffers = [pa.py_buffer(valid) if texts.nulls else None, pa.py_buffer(found), pa.py_buffer(text)]
    return pa.Array.from_buffers(pa.string(), n, buffers, int(texts.nulls))


def days(column: pa.Array) -> tuple[Int32s, Bytes]:
    """Days since 1970 and the form of each (读取日期): a DayForm, UNREAD where it is not a plain one."""
    n, offsets, raw = text_buffers(column)
    found, form = np.empty(n, np.int32), np.empty(n, np.uint8)
    LIBRARY.read_days(ctypes.c_int64(n), _address(offsets), _address(raw), _address(found), _address(form))
    return found, form


def amounts(column: pa.Array, *, scale: int) -> tuple[Int64s, Bytes]:
    """Numbers times ten to the power `scale`, as whole numbers, and the form of each (读取金额): an AmountForm."""
    n, offsets, raw = text_buffers(column)
    found, form = np.empty(n, np.int64), np.empty(n, np.uint8)
    LIBRARY.read_amounts(
        ctypes.c_int64(n), _address(offsets), _address(raw), ctypes.c_int32(scale), _address(found), _address(form)
    )
    return found, form


def fold_hashes(column: pa.Array, *, into: Hashes) -> None:
    """Fold a column into a hash of each row (行散列), in place."""
    n, offsets, raw = text_buffers(column)
    LIBRARY.fold_hashes(ctypes.c_int64(n), _address(offsets), _address(raw), _address(into))


def _own(array: npt.NDArray[Any]) -> pa.Buffer:
    buffer = pa.allocate_buffer(array.nbytes)
    ctypes.memmove(buffer.address, array.ctypes.data, array.nbytes)
    return buffer


def text_buffers(column: pa.Array) -> tuple[int, Int32s, Bytes]:
    """Length, offsets and bytes of an array of pa.string() (文本列缓冲), whose NULL are empty texts."""
    n, buffers = len(column), column.buffers()
    offsets = np.frombuffer(buffers[1], np.int32)[column.offset : column.offset + n + 1] if n else np.zeros(1, np.int32)
    raw = np.frombuffer(buffers[2], np.uint8) if buffers[2] is not None and buffers[2].size else np.zeros(1, np.uint8)
    return n, offsets, raw


def _address(array: npt.NDArray[Any], at: int = 0) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data + at * array.itemsize)


def _shown(view: memoryview, begin: int, end: int) -> str:
    return bytes(view[begin:end]).decode(errors="backslashreplace").replace("\0", "\\x00").rstrip("\r")
