"""Spreadsheets (电子表格): every sheet a table; headings below titles; numbers and dates as the text that a register means."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import python_calamine

from huoshui.adapters.registers.headings import ROWS_LOOKED_AT, find_header, unit_above
from huoshui.adapters.registers.records import clean_texts
from huoshui.adapters.registers.tabular import (
    SAMPLE_ROWS,
    Batch,
    OnBytes,
    ReadAs,
    Shape,
    Table,
    broken,
    hash_of,
    named_columns,
    no_progress,
    sample_of,
    unique_headings,
)
from huoshui.errors import BadFile, BadMapping

_ROWS: Final = 20_000
_EXACT: Final = 1 << 53
_NOTE: Final = ("单位", "填报", "编制", "制表", "统计", "截至", "unit")


@dataclass
class SheetTable(Table):
    """A sheet of a spreadsheet (工作表)."""

    def batches(self, wanted: Sequence[str], *, on_bytes: OnBytes = no_progress) -> Iterator[Batch]:
        """All rows that hold anything (逐批读取); the line is the row's number in the sheet."""
        places = [self.shape.headings.index(x) for x in wanted]
        rows = _rows(_sheet(self.path, self.shape.sheet or ""))
        rows = (x for x in rows if x[0] > self.shape.header_row and any(cell.strip() for cell in x[1]))
        while block := list(islice(rows, _ROWS)):
            cells = [row for _, row in block]
            columns = _columns(cells, dict(zip(wanted, places, strict=True)))
            yield Batch(columns, np.array([line for line, _ in block], np.int64), (), _raw(cells))
        on_bytes(self.path.stat().st_size)
        self.sha256 = hash_of(self.path)


def open_xlsx(path: Path, *, read_as: ReadAs) -> list[SheetTable]:
    """Look at the sheets of a spreadsheet (打开电子表格), empty ones left out; raises BadFile, BadMapping."""
    workbook = _open(path)
    for sheet in read_as.sheets or ():
        if sheet not in workbook.sheet_names:
            raise BadMapping(
                f"{path.name} has no sheet {sheet!r}; its sheets are {', '.join(workbook.sheet_names)}", field="sheets"
            )
    tables = [_look_at(path, name, read_as) for name in read_as.sheets or workbook.sheet_names]
    found = [x for x in tables if x is not None]
    if not found:
        raise BadFile(f"{path} holds no table; expected a sheet with a row of headings", field="file")
    return found


def _open(path: Path) -> python_calamine.CalamineWorkbook:
    try:
        return python_calamine.CalamineWorkbook.from_path(str(path))
    except python_calamine.PasswordError as error:
        raise BadFile(f"{path} is protected by a password; expected a spreadsheet without one", field="file") from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise broken(path, error, expected="a complete XLSX file") from error


def _sheet(path: Path, name: str) -> python_calamine.CalamineSheet:
    try:
        return _open(path).get_sheet_by_name(name)
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise broken(path, error, expected="a complete XLSX file") from error


def _rows(sheet: python_calamine.CalamineSheet) -> Iterator[tuple[int, list[str]]]:
    """Row numbers and cells as text, the columns left of the first used one as empty cells."""
    if sheet.start is None:
        return
    first, left = sheet.start[0] + 1, [""] * sheet.start[1]
    for number, row in enumerate(sheet.iter_rows(), start=first):
        yield number, left + [_text(x) for x in row]


def _look_at(path: Path, name: str, read_as: ReadAs) -> SheetTable | None:
    sheet = _sheet(path, name)
    head = list(islice(_rows(sheet), SAMPLE_ROWS))
    if not any(cell.strip() for _, row in head for cell in row):
        return None
    by_number = dict(head)
    if read_as.header_row is None:
        place = find_header([row for _, row in head[:ROWS_LOOKED_AT]])
        header_row = 0 if place is None else head[place][0]
    else:
        header_row = read_as.header_row
        if header_row and header_row not in by_number:
            raise BadMapping(f"sheet {name!r} of {path.name} has no row {header_row}", field="header_row")
    _refuse_merged_headings(sheet, header_row, by_number, path)
    width = max(len(row) for _, row in head)
    headings = unique_headings(_without_tail(by_number[header_row])) if header_row else named_columns(width)
    unit = unit_above([row for number, row in head if number < header_row])
    rows = [row for number, row in head if number > header_row and any(x.strip() for x in row)]
    sample = sample_of(_columns(rows, dict(zip(headings, range(len(headings)), strict=True))))
    return SheetTable(path, Shape("xlsx", headings, header_row, sheet=name, unit=unit), sample)


def _columns(rows: list[list[str]], places: dict[str, int]) -> dict[str, pa.Array]:
    """Clean text columns by heading; a row that is too short has empty cells at its end."""
    return {
        name: clean_texts(pa.array([row[place] if place < len(row) else "" for row in rows], pa.string()))
        for name, place in places.items()
    }


def _without_tail(cells: list[str]) -> list[str]:
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    return cells


def _refuse_merged_headings(sheet: Any, header_row: int, rows: dict[int, list[str]], path: Path) -> None:
    """Merged titles are fine; a merged heading leaves it open which column it names."""
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        touches = top < header_row <= bottom + 1
        groups = bottom + 2 == header_row and right > left and _groups(rows.get(bottom + 1, []))
        if header_row and (touches or groups):
            cells = f"{_letters(left)}{top + 1}:{_letters(right)}{bottom + 1}"
            raise BadFile(
                f"{path}, sheet {sheet.name!r}: the headings are merged ({cells}); expected one heading a column in one row "
                "(取消合并单元格，每列一个列名)",
                field="file",
            )  # fmt: skip


def _groups(row: list[str]) -> bool:
    """Whether a row above the headings groups them: several texts that are not notes such as 单位：万元."""
    texts = [x for x in row if x.strip() and not x.strip().startswith(_NOTE) and ":" not in x and "：" not in x]
    return len(texts) > 1


def _letters(column: int) -> str:
    column += 1
    found = ""
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


def _text(cell: Any) -> str:
    """A cell as a register means it: 12345.0 is the number 12345, a date is written as YYYY-MM-DD."""
    match cell:
        case str():
            text = cell
        case bool():
            text = str(cell).lower()
        case float():
            text = str(int(cell)) if cell.is_integer() and abs(cell) < _EXACT else repr(cell)
        case datetime():
            text = cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
        case date() | time():
            text = cell.isoformat()
        case _:
            text = "" if cell is None else str(cell)
    return text


def _raw(cells: list[list[str]]) -> Any:
    return lambda row: "\t".join(" ".join(x.split()) for x in cells[row])
