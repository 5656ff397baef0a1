"""Lists of demands as spreadsheets (清单电子表格): written with typed cells, read back as text by heading."""

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import python_calamine
import xlsxwriter

from huoshui.errors import BadFile

Cell = str | int | Decimal | date | None
MOST_ROWS: Final = 20_000
_WIDTH: Final = 16


def write_sheets(sheets: Mapping[str, tuple[Sequence[str], Sequence[Sequence[Cell]]]]) -> bytes:
    """A workbook of sheets, each with headings and rows (写出工作簿). Text is text: no cell becomes a formula or a link."""
    kept = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(kept, options) as book:
        bold = book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, (heads, rows) in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, max(0, len(heads) - 1), _WIDTH)
            for at, head in enumerate(heads):
                sheet.write_string(0, at, head, bold)
            for line, row in enumerate(rows, start=1):
                for at, cell in enumerate(row):
                    if isinstance(cell, str):
                        sheet.write_string(line, at, cell)
                    elif isinstance(cell, date):
                        sheet.write_datetime(line, at, datetime(cell.year, cell.month, cell.day), day)  # noqa: DTZ001 - a day
                    elif cell is not None:
                        sheet.write_number(line, at, cell)
    return kept.getvalue()


def read_first_sheet(content: bytes) -> list[tuple[int, dict[str, str]]]:
    """The rows of a workbook's first sheet by heading, each with its line (读取工作簿). Raises BadFile.

    Whole numbers come without decimals, days as 2025-06-30, empty cells as "". Rows without any cell are left out.
    """
    try:
        book = python_calamine.load_workbook(io.BytesIO(content))
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except Exception as error:
        raise BadFile("the file cannot be read as a spreadsheet; expected XLSX", zh="文件无法读取，请上传 XLSX") from error
    if len(rows) > MOST_ROWS + 1:
        raise BadFile(f"more than {MOST_ROWS} rows; split the file", zh=f"超过 {MOST_ROWS} 行，请分开上传")
    if not rows:
        raise BadFile("the first sheet is empty", zh="第一个工作表是空的")
    heads = [_text(x) for x in rows[0]]
    found = []
    for line, row in enumerate(rows[1:], start=2):
        cells = [_text(x) for x in row]
        if any(cells):
            found.append((line, dict(zip(heads, cells, strict=False))))
    return found


def _text(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
