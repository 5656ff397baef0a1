"""XLSX sheets for tests."""

from io import BytesIO
from typing import Any

import openpyxl  # type: ignore[import-untyped]  # ships no types


def sheet(rows: list[list[Any]], *, title: str = "") -> bytes:
    """A sheet with these rows, a title above them where one is given."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    if title:
        page.append([title])
    for row in rows:
        page.append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()
