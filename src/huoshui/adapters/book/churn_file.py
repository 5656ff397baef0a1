"""A churn table from a file (读取流失率表): CSV or XLSX, whose headings are found by themselves.

The shape: a column of yearly rates and one of lost shares for each grade, below one or more rows of headings in Chinese or
English, `rate,churn_A,churn_B` as well as 贷款年利率 beside 客户流失率 above 信誉评级A, 信誉评级B. Per cent signs are read.
"""

import csv
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

import python_calamine

from huoshui.errors import BadFile
from huoshui.rules.churn import ChurnTable

_GRADE: Final = re.compile(r"(?:^|[^A-Za-z])([A-Za-z]{1,3}[+-]?\d{0,2}[+-]?)\s*[级类等]?\s*[)）]?$")
_RATE: Final = re.compile(r"利率|\brate\b|interest|price", re.IGNORECASE)
_KEPT: Final = re.compile(r"接受|保留|留存|accept|keep|kept|retain", re.IGNORECASE)
_LARGEST: Final = 1 << 20
_EXPECTED: Final = "expected a column of rates and one of lost shares for each grade, such as rate,churn_A,churn_B,churn_C"

Rows = list[list[str]]


def read_churn(path: Path) -> ChurnTable:
    """The churn table of a file (读取流失率表); raises BadFile for one that holds none."""
    rows = [x for x in _rows(path) if any(cell.strip() for cell in x)]
    first = next((i for i, row in enumerate(rows) if _is_data(row)), None)
    if not first:
        raise BadFile(f"{path} has no table below headings; {_EXPECTED}", field="churn")
    headings = _headings(rows[:first])
    if any(_KEPT.search(x) for x in headings):
        raise BadFile(f"{path} seems to hold shares that are kept; expected shares that are lost", field="churn")
    rate_column = next((i for i, x in enumerate(headings) if _RATE.search(x) and not _GRADE.search(x)), 0)
    grades = {i: found[1].upper() for i, x in enumerate(headings) if i != rate_column and (found := _GRADE.search(x.strip()))}
    if not grades or len(set(grades.values())) < len(grades):
        raise BadFile(
            f"{path} names no grade, or one twice, in {', '.join(filter(None, headings))}; {_EXPECTED}", field="churn"
        )
    lines = sorted((_line(path, row, (rate_column, *grades)) for row in rows[first:]), key=lambda x: x[0])
    rates, *shares = zip(*lines, strict=True)
    return ChurnTable(rates, dict(zip(grades.values(), shares, strict=True)))


def _rows(path: Path) -> Rows:
    try:
        if not path.is_file():
            raise BadFile(f"{path} is missing; expected a CSV or XLSX file", field="churn")
        if path.stat().st_size > _LARGEST:
            raise BadFile(f"{path} is larger than 1 MB; {_EXPECTED}", field="churn")
        content = path.read_bytes()
        return _sheet_rows(path) if content.startswith((b"PK", b"\xd0\xcf")) else _csv_rows(path, content)
    except OSError as error:
        raise BadFile(f"{path} cannot be read: {error.strerror or error}", field="churn") from error


def _sheet_rows(path: Path) -> Rows:
    try:
        sheet = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0)
        return [[repr(cell) if isinstance(cell, float) else str(cell) for cell in row] for row in sheet.to_python()]
    except (python_calamine.CalamineError, IndexError) as error:
        raise BadFile(f"{path} is not a readable spreadsheet: {error}", field="churn") from error


def _csv_rows(path: Path, content: bytes) -> Rows:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            lines = content.decode(encoding).splitlines()
            break
        except UnicodeDecodeError:
            continue
    else:
        raise BadFile(f"{path} is neither UTF-8 nor GB 18030 text; {_EXPECTED}", field="churn")
    delimiter = max(",;\t，", key=lambda x: sum(line.count(x) for line in lines[:5]))
    try:
        return list(csv.reader(lines, delimiter=delimiter))
    except csv.Error as error:
        raise BadFile(f"{path} is not a readable table: {error}; {_EXPECTED}", field="churn") from error


def _headings(rows: Rows) -> list[str]:
    """One text a column, from all rows above the table."""
    width = max(map(len, rows))
    return [" ".join(row[i].strip() for row in rows if i < len(row) and row[i].strip()) for i in range(width)]


def _is_data(row: Sequence[str]) -> bool:
    cells = [x for x in row if x.strip()]
    return len(cells) > 1 and all(_number(x) is not None for x in cells[:2])


def _line(path: Path, row: Sequence[str], columns: Sequence[int]) -> tuple[Decimal, ...]:
    found = [_number(row[i]) if i < len(row) else None for i in columns]
    if any(x is None for x in found):
        raise BadFile(f"{path}: the row {', '.join(row)!r} has a cell that is no number; {_EXPECTED}", field="churn")
    return tuple(x for x in found if x is not None)


def _number(text: str) -> Decimal | None:
    cell = text.strip().replace("％", "%")
    try:
        value = Decimal(cell.removesuffix("%").strip())
    except InvalidOperation:
        return None
    if not value.is_finite():
        return None
    return value / 100 if cell.endswith("%") else value
