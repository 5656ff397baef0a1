"""Delimited text files (文本表格): delimiter, headings and line ends found by looking, rows read in blocks of fixed size."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from huoshui.adapters.registers.encoding import ENCODINGS, TextFile, find_encoding
from huoshui.adapters.registers.headings import ROWS_LOOKED_AT, find_header, is_known, unit_above
from huoshui.adapters.registers.records import Layout, Scanner
from huoshui.adapters.registers.tabular import (
    SAMPLE_ROWS,
    Batch,
    OnBytes,
    ReadAs,
    Shape,
    Table,
    named_columns,
    no_progress,
    sample_of,
    unique_headings,
)
from huoshui.errors import BadFile, BadMapping

_DELIMITERS: Final = (",", "\t", ";", "|", "^", " ")
_HEAD: Final = 1 << 20
_ROWS: Final = 200
_MARKUP: Final = ("<html", "<table", "<!doctype", "<?xml", "{", "[{")


@dataclass(frozen=True, slots=True)
class _Start:
    """Where the rows begin (数据起点): bytes of UTF-8 and lines before the first row."""

    skip: int
    line: int


@dataclass
class CsvTable(Table):
    """A delimited text file (文本表格)."""

    layout: Layout
    start: _Start

    def batches(self, wanted: Sequence[str], *, on_bytes: OnBytes = no_progress) -> Iterator[Batch]:
        """All rows (逐批读取); raises BadFile."""
        places = [self.shape.headings.index(x) for x in wanted]
        with closing(TextFile(self.path, encoding=self.shape.encoding or ENCODINGS[0], on_bytes=on_bytes)) as text:
            left = self.start.skip
            while left and (got := text.readinto(memoryview(bytearray(min(left, _HEAD))))):
                left -= got
            for batch in Scanner(text, layout=self.layout, wanted=places, name=self.path.name):
                yield Batch(dict(zip(wanted, batch.columns, strict=True)), batch.lines, batch.damaged, batch.raw)
            self.sha256 = text.digest()


def open_csv(path: Path, *, read_as: ReadAs) -> CsvTable:
    """Look at a text file (打开文本表格); raises BadFile for what holds no table, BadMapping for what cannot be meant."""
    if read_as.encoding is not None and read_as.encoding not in ENCODINGS:
        raise BadMapping(
            f"encoding {read_as.encoding!r} is not known; expected one of {', '.join(ENCODINGS)}", field="encoding"
        )
    if read_as.delimiter is not None and (len(read_as.delimiter) != 1 or not read_as.delimiter.isascii()):
        raise BadMapping(f"delimiter {read_as.delimiter!r} is not one ASCII character", field="delimiter")
    encoding = read_as.encoding or find_encoding(path)
    head, text = _head(path, encoding)
    line_end = "\r" if "\r" in text and "\n" not in text else "\n"
    delimiter = read_as.delimiter or _find_delimiter(text)
    rows, ends = _rows(text, delimiter, line_end)
    place = _header_place(read_as, rows, ends, path)
    columns = _columns(rows, place)
    cells = () if place is None else tuple(rows[place]) + ("",) * (columns - len(rows[place]))
    lines = 0 if place is None else ends[place]
    start = _Start(_bytes_of(head, lines, line_end), lines + 1)
    headings = unique_headings(cells) if cells else named_columns(columns)
    shape = Shape("csv", headings, lines, encoding, delimiter, unit=unit_above(rows[: place or 0]))
    table = CsvTable(path, shape, {}, layout=Layout(delimiter, columns, start.line, line_end), start=start)
    table.sample = _sample(table)
    return table


def _head(path: Path, encoding: str) -> tuple[bytes, str]:
    with closing(TextFile(path, encoding=encoding)) as file:
        buffer, filled = bytearray(_HEAD), 0
        while filled < _HEAD and (got := file.readinto(memoryview(buffer)[filled:])):
            filled += got
    head = bytes(buffer[:filled])
    text = head.decode(errors="replace")
    if not text.strip():
        raise BadFile(f"{path} is empty; expected a table with a row of headings", field="file")
    if text.lstrip().lower().startswith(_MARKUP):
        raise BadFile(
            f"{path} is a web page, XML or JSON; expected CSV, XLSX or Parquet (save it as one of them)", field="file"
        )
    return head, text


def _rows(text: str, delimiter: str, line_end: str) -> tuple[list[list[str]], list[int]]:
    """The first rows, and the line on which each ends."""
    reader = csv.reader((f"{x}\n" for x in text.replace("\0", "").split(line_end)), delimiter=delimiter)
    rows, ends = [], []
    try:
        for row in islice(reader, _ROWS):
            if any(x.strip() for x in row):
                rows.append([x.strip() for x in row])
                ends.append(reader.line_num)
    except csv.Error:
        pass  # what is wrong with a record is said when all of them are read
    return rows, ends


def _find_delimiter(text: str) -> str:
    """The delimiter under which most rows have the same number of cells, more than one."""
    best, best_score = ",", 0.0
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    for delimiter in _DELIMITERS:
        rows, _ = _rows(lines, delimiter, "\n")
        widths = Counter(map(len, rows))
        if not widths:
            continue
        width, count = max(widths.items(), key=lambda x: (x[1] * (x[0] > 1), x[0]))
        known = max((sum(map(is_known, x)) for x in rows[:ROWS_LOOKED_AT]), default=0)
        score = (count / len(rows)) * (1 + known) * (1 if delimiter != " " else 0.5) if width > 1 else 0.0
        if score > best_score + 1e-9:
            best, best_score = delimiter, score
    return best


def _header_place(read_as: ReadAs, rows: list[list[str]], ends: list[int], path: Path) -> int | None:
    if read_as.header_row is None:
        return find_header(rows[:ROWS_LOOKED_AT])
    if read_as.header_row == 0:
        return None
    if read_as.header_row not in ends:
        raise BadMapping(f"{path.name} has no heading row that ends on line {read_as.header_row}", field="header_row")
    return ends.index(read_as.header_row)


def _columns(rows: list[list[str]], place: int | None) -> int:
    """How many cells a row has: as many as headings, unless all rows end in the same number of further delimiters."""
    below = rows[0 if place is None else place + 1 :]
    widths = Counter(map(len, below))
    usual = widths.most_common(1)[0][0] if widths else 0
    if place is None:
        return usual or 1
    headings = len(rows[place])
    longer = [x for x in below if len(x) == usual]
    if usual > headings and all(not any(x[headings:]) for x in longer) and 10 * len(longer) >= 9 * len(below):
        return usual
    return headings


def _bytes_of(head: bytes, lines: int, line_end: str) -> int:
    """How many bytes the first lines take."""
    at = 0
    for _ in range(lines):
        found = head.find(line_end.encode(), at)
        if found < 0:
            return len(head)
        at = found + 1
    return at


def _sample(table: CsvTable) -> dict[str, list[str | None]]:
    for batch in table.batches(table.shape.headings):
        return sample_of(batch.columns, rows=SAMPLE_ROWS)
    return {x: [] for x in table.shape.headings}
