"""Rows of a sheet of visits, read and judged (走访台账读行): a visit, an entry of a list, or a reject with its reason."""

import re
import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any, Final

from django.utils import timezone

from huoshui.adapters.registers.headings import UNITS, unit_of
from huoshui.adapters.registers.tabular import ReadAs
from huoshui.adapters.registers.written_amounts import read_written_amount, read_written_count
from huoshui.adapters.registers.written_days import read_written_day
from huoshui.adapters.registers.xlsx_file import SheetTable, open_xlsx
from huoshui.errors import BadFile
from huoshui.models import Firm, Viewer
from huoshui.rules.uscc import clean_code
from huoshui.rules.visit_sheet import SheetColumns, match_columns, read_word, read_words
from huoshui.services.visit import VisitAnswers
from huoshui.terms import DemandPurpose, Need, Obstacle, Premises, RowProblem, Term, VisitMode, YesNo

MOST_ROWS: Final = 20_000
_WORDS: Final[Mapping[str, type[Term]]] = {
    "mode": VisitMode, "operating": YesNo, "premises": Premises, "need": Need, "purpose": DemandPurpose, "has_loan": YesNo,
    "broker_fee_asked": YesNo, "call_back": YesNo,
}  # fmt: skip
_NOTHING: Final = ("", "—", "-", "/", "无填写")
_MOMENT: Final = re.compile(r"(.*\d)[ T](\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?")
_NOON: Final = time(12)
_WAN: Final = UNITS["万元"]
_FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that was opened (台账): its columns by field, and its rows as text by field, with their line."""

    columns: SheetColumns
    rows: tuple[tuple[int, Mapping[str, str]], ...]


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that is not taken (未导入行): its line in the sheet, the field where one is wrong, and why."""

    line: int
    problem: RowProblem
    field: str = ""
    reason: str = ""
    reason_zh: str = ""

    def told(self) -> dict[str, Any]:
        """As JSON, in both languages (机读)."""
        return {
            "line": self.line, "field": self.field, "code": self.problem.value,
            "reason": self.reason or self.problem.en, "reason_zh": self.reason_zh or self.problem.zh,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row that can be taken (可导入行): without a moment it is an entry of a list."""

    line: int
    firm: Firm
    visited_at: datetime | None
    visitor: str
    mode: VisitMode
    answers: VisitAnswers


class _Unread(Exception):
    def __init__(self, problem: RowProblem, field: str) -> None:
        super().__init__(problem.en)
        self.problem, self.field = problem, field


def open_sheet(data: bytes) -> Sheet:
    """Open an XLSX (打开台账): its first sheet that names firms. Raises BadFile for anything else, and for too many rows."""
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        Path(file.name).write_bytes(data)
        try:
            tables = open_xlsx(Path(file.name), read_as=ReadAs())
            for table in tables:
                columns = match_columns(table.shape.headings)
                if {"code", "name"} & set(columns.by_field):
                    return Sheet(columns, tuple(_read(table, columns)))
        except BadFile as error:
            raise BadFile(
                "this is no XLSX sheet with a row of headings", field="file", zh="文件不是带表头的 XLSX 表格"
            ) from error
    raise BadFile("no column names the firm or its code", field="file", zh="表中没有“企业名称”或“统一社会信用代码”列")


def _read(table: SheetTable, columns: SheetColumns) -> Iterator[tuple[int, dict[str, str]]]:
    headings = list(columns.by_field.values())
    count = 0
    for batch in table.batches(headings):
        texts = [batch.columns[x].to_pylist() for x in headings]
        for line, values in zip(batch.lines.tolist(), zip(*texts, strict=True), strict=True):
            count += 1
            if count > MOST_ROWS:
                raise BadFile(f"more than {MOST_ROWS} rows", field="file", zh=f"超过 {MOST_ROWS} 行，请分开导入")
            yield line, {field: _plain(x) for field, x in zip(columns.by_field, values, strict=True)}


def _plain(value: str | None) -> str:
    """A cell's text; the sign before what a program could take for a formula is the export's, not the cell's."""
    text = (value or "").strip()
    text = text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text
    return "" if text in _NOTHING else text


def judge_rows(sheet: Sheet, *, viewer: Viewer, has_campaign: bool) -> Iterator[SheetRow | Reject]:
    """Every row of a sheet, in order (逐行判定): what can be taken, or why it cannot."""
    find = _finder(sheet, viewer)
    scale = _scale(sheet.columns.by_field.get("amount_fen", ""))
    seen: set[tuple[Any, ...]] = set()
    for line, given in sheet.rows:
        found = find(given)
        if isinstance(found, RowProblem):
            yield Reject(line, found, "code" if given.get("code") else "name")
            continue
        try:
            row = _row(line, given, firm=found, scale=scale)
        except _Unread as error:
            yield Reject(line, error.problem, error.field)
            continue
        key = (found.pk, row.visited_at, row.answers)
        if row.visited_at is None and not has_campaign:
            yield Reject(line, RowProblem.NO_DATE, "visited_at")
        elif key in seen:
            yield Reject(line, RowProblem.REPEATED)
        else:
            seen.add(key)
            yield row


def _scale(heading: str) -> int:
    """The unit of the heading, else ten thousand yuan, which is what lists of visits are kept in."""
    unit = unit_of(heading)
    return _WAN if unit is None or "10,000" in heading else UNITS[unit]


def _finder(sheet: Sheet, viewer: Viewer) -> Callable[[Mapping[str, str]], Firm | RowProblem]:
    """Finds a row's firm: by code, else by a name that one firm has; all firms are read at once."""
    firms = Firm.objects.visible_to(viewer)
    codes = {clean_code(x.get("code", "")) for _, x in sheet.rows} - {""}
    names = {x.get("name", "") for _, x in sheet.rows if not x.get("code")} - {""}
    by_code = {x.uscc: x for part in _parts(codes) for x in firms.filter(uscc__in=part)}
    by_name: dict[str, list[Firm]] = defaultdict(list)
    for part in _parts(names):
        for x in firms.filter(name__in=part):
            by_name[x.name].append(x)

    def find(given: Mapping[str, str]) -> Firm | RowProblem:
        code, name = clean_code(given.get("code", "")), given.get("name", "")
        if code:
            firm = by_code.get(code)
            if firm is None:
                return RowProblem.UNKNOWN_FIRM
            return firm if not name or name in (firm.name, firm.short_name) else RowProblem.NAME_DIFFERS
        if not name:
            return RowProblem.NO_FIRM
        fits = by_name.get(name, [])
        return RowProblem.UNKNOWN_FIRM if not fits else fits[0] if len(fits) == 1 else RowProblem.SEVERAL_FIRMS

    return find


def _parts(values: Iterable[str]) -> Iterator[list[str]]:
    ordered = sorted(values)
    for begin in range(0, len(ordered), 500):
        yield ordered[begin : begin + 500]


def _row(line: int, given: Mapping[str, str], *, firm: Firm, scale: int) -> SheetRow:
    words = {x: _word(given, x) for x in _WORDS}
    obstacles, others = read_words(given.get("obstacles", ""), words=Obstacle) if given.get("obstacles") else ((), ())
    note = "\n".join(x for x in (given.get("note", ""), f"其他困难：{'、'.join(others)}" if others else "") if x)
    call_back: Any = words.pop("call_back")
    mode: Any = words.pop("mode") or VisitMode.ONSITE
    answers: dict[str, Any] = {
        **words, "employees": _count(given, "employees"), "months": _count(given, "months"),
        "amount_fen": _amount(given, scale),
        "obstacles": obstacles, "call_back": None if call_back is None else call_back is YesNo.YES, "note": note,
    }  # fmt: skip
    return SheetRow(line, firm, _moment(given.get("visited_at", "")), given.get("visitor", ""), mode, VisitAnswers(**answers))


def _word(given: Mapping[str, str], field: str) -> Term | None:
    text = given.get(field, "")
    if not text:
        return None
    found = read_word(text, words=_WORDS[field])
    if found is None:
        raise _Unread(RowProblem.BAD_WORD, field)
    return found


def _count(given: Mapping[str, str], field: str) -> int | None:
    text = given.get(field, "").removesuffix("个月").removesuffix("月")
    if not text:
        return None
    found = read_written_count(text).amount
    if found is None:
        raise _Unread(RowProblem.BAD_NUMBER, field)
    return found


def _amount(given: Mapping[str, str], scale: int) -> int | None:
    """The amount in fen; none for nothing and for zero."""
    text = given.get("amount_fen", "")
    if not text or text == "0":
        return None
    found = read_written_amount(text, scale=scale).amount
    if found is None:
        raise _Unread(RowProblem.BAD_NUMBER, "amount_fen")
    return found or None


def _moment(text: str) -> datetime | None:
    """A day without an hour is at noon."""
    if not text:
        return None
    text = unicodedata.normalize("NFKC", text).strip()
    found = _MOMENT.fullmatch(text)
    hour = time(int(found[2]), int(found[3])) if found and int(found[2]) < 24 and int(found[3]) < 60 else _NOON
    day = read_written_day(found[1].strip() if found else text).day
    if day is None:
        raise _Unread(RowProblem.BAD_DATE, "visited_at")
    return timezone.make_aware(datetime.combine(day, hour))
