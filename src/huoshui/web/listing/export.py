"""A list as a file (列表导出): CSV, XLSX and JSON of what was filtered, row by row, with the cells of the page."""

import csv
import json
import tempfile
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

import xlsxwriter
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone, translation

from huoshui.errors import BadRequest
from huoshui.web.listing.columns import Column

FORMATS: Final = ("xlsx", "csv", "json")
XLSX_ROWS: Final = 100_000  # more would keep the reader waiting: CSV and JSON are sent while they are read
_CHUNK: Final = 2000
_TYPES: Final = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


def exported(rows: QuerySet[Any], *, kind: str, name: str, columns: Sequence[Column]) -> HttpResponseBase:
    """The rows as a file to keep (导出文件). Raises BadRequest for another kind, or for too many rows for XLSX."""
    if kind not in FORMATS:
        raise BadRequest(f"a list is exported as xlsx, csv or json, not {kind!r}", zh="只能导出为 xlsx、csv 或 json")
    file = f"{name}-{timezone.localdate().isoformat()}.{kind}"
    if kind == "xlsx":
        return FileResponse(_workbook(rows, columns=columns), as_attachment=True, filename=file)
    lines = _csv(rows, columns=columns) if kind == "csv" else _json(rows, columns=columns)
    language = translation.get_language() or ""
    response = StreamingHttpResponse(_in_language(lines, language=language), content_type=_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{file}"'
    return response


def _in_language(lines: Iterator[str], *, language: str) -> Iterator[str]:
    """The lines in the reader's language, though they are made after the page was answered."""
    while True:
        with translation.override(language):
            line = next(lines, None)
        if line is None:
            return
        yield line


class _Line:
    """What a CSV writer writes to: it hands the line back."""

    def write(self, line: str) -> str:
        return line


def _csv(rows: QuerySet[Any], *, columns: Sequence[Column]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\ufeff" + str(writer.writerow([x.head() for x in columns]))
    for row in rows.iterator(_CHUNK):
        yield str(writer.writerow([_plain(x.written(row)) for x in columns]))


def _plain(value: str | int | Decimal) -> str | int:
    return format(value, "f") if isinstance(value, Decimal) else value


def _json(rows: QuerySet[Any], *, columns: Sequence[Column]) -> Iterator[str]:
    before = "["
    for row in rows.iterator(_CHUNK):
        yield before + json.dumps({x.key: x.told(row) for x in columns}, ensure_ascii=False)
        before = ",\n"
    yield "[]\n" if before == "[" else "]\n"


def _workbook(rows: QuerySet[Any], *, columns: Sequence[Column]) -> Any:
    if rows.order_by().values("pk")[: XLSX_ROWS + 1].count() > XLSX_ROWS:
        raise BadRequest(
            f"more than {XLSX_ROWS:,} rows: narrow the list, or export CSV", zh=f"超过 {XLSX_ROWS:,} 行：请缩小范围，或导出 CSV"
        )
    kept = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it when it was sent
    with xlsxwriter.Workbook(kept, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(columns) - 1, 18)
        for at, column in enumerate(columns):
            sheet.write_string(0, at, column.head(), bold)
        for line, row in enumerate(rows.iterator(_CHUNK), start=1):
            for at, column in enumerate(columns):
                value = column.written(row)
                if isinstance(value, str):
                    sheet.write_string(line, at, value)
                else:
                    sheet.write_number(line, at, value)
    kept.seek(0)
    return kept
