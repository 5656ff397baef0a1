"""Days in less plain ways of writing (日期写法): numbers of spreadsheets and clocks, Chinese numerals, months.

A reading never guesses: a two-digit year, and a day and month in an order that nothing tells, stay unread until the mapping
gives a pattern.
"""

import calendar
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Final

from huoshui.adapters.registers.records import DayForm
from huoshui.errors import BadMapping

Bound = Callable[[date, date], date]


@dataclass(frozen=True, slots=True)
class WrittenDay:
    """What a text says (读得的日期): no day where it is empty or unread; the form tells which."""

    day: date | None
    form: DayForm


EMPTY: Final = WrittenDay(None, DayForm.EMPTY)
UNREAD: Final = WrittenDay(None, DayForm.UNREAD)
_TWO_DIGITS: Final = WrittenDay(None, DayForm.TWO_DIGIT_YEAR)
_CHINA: Final = timezone(timedelta(hours=8))
_SUMMERS: Final = range(1986, 1992)
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 -- arithmetic on local clocks
_SERIAL_ZERO: Final = date(1899, 12, 30)
_SERIALS: Final = range(10_000, 80_000)
_NOTHING: Final = ("0", "无", "不详", "未知", "长期", "永久", "永续", "无固定期限", "无固定期", "至今", "无期限")
_ZERO_DATE: Final = re.compile(r"0{4}[-/.]?0{1,2}[-/.]?0{1,2}(?:[ T][0:.]+)?|1900-01-00.*")
_NUMERALS: Final = str.maketrans("〇○零ＯO一二三四五六七八九", "00000123456789")
_HAN_DAY: Final = re.compile(
    r"([〇○零O一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十廿卅]{1,4})[日号]?"
)
_FULL: Final = re.compile(
    r"(\d{4})\s*(?:年|[-/.])\s*(\d{1,2})\s*(?:月|[-/.])\s*(\d{1,2})\s*[日号]?(?:[\sT]*(\d{1,2})[:时]\d{1,2}.*?(Z|[+-]\d{2}:?\d{2})?)?"
)
_ENGLISH: Final = re.compile(r"(\d{1,2})[-\s]([A-Za-z]{3})[A-Za-z]*[-\s,]+(\d{4})")
_MONTHS: Final = {name.lower(): place for place, name in enumerate(calendar.month_abbr) if name}
_MONTH: Final = re.compile(r"(\d{4})\s*(?:年|[-/.])?\s*(\d{1,2})\s*月?(?:份)?")
_QUARTER: Final = re.compile(r"(\d{4})\s*年?(?:度)?\s*[-第]?\s*[Qq]?\s*([1-4一二三四])\s*(?:季度?)?")
_YEAR: Final = re.compile(r"(\d{4})\s*年?度?")
_SHORT: Final = re.compile(
    r"\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2}|\d{1,2}[-\s][A-Za-z]{3,}[-\s]\d{2}"
)
_RANGE: Final = re.compile(r"(.{6,}?)\s*(?:至|到|~|～|—+|–| - |(?<=\d{8})-(?=\d{8}))\s*(.{6,})")
_TOKENS: Final = {
    "yyyy": r"(?P<y>\d{4})", "yy": r"(?P<yy>\d{2})", "mon": r"(?P<mon>[A-Za-z]{3})[A-Za-z]*", "mm": r"(?P<m>\d{1,2})",
    "dd": r"(?P<d>\d{1,2})",
}  # fmt: skip
FORMATS: Final = ("auto", "epoch_ms", "epoch_s", "excel")


def read_written_day(text: str, *, period: Bound | None = None) -> WrittenDay:
    """Read a day (读取日期). `period` picks a day out of the first and last of a month, quarter, year or span."""
    text = unicodedata.normalize("NFKC", text).strip()
    for read in (_nothing, _full, _in_numerals, _numeric, _english, _short):
        found = read(text)
        if found is not None:
            return found
    return UNREAD if period is None else _of_period(text, period)


def reader_of(date_format: str) -> Callable[[str], WrittenDay]:
    """A reader for a stated format (指定日期格式), one of FORMATS or a pattern of yyyy, yy, mm, dd, mon; raises BadMapping."""
    if date_format in FORMATS:
        return {"epoch_ms": _epoch_ms, "epoch_s": _epoch_s, "excel": _excel}.get(date_format, read_written_day)
    pattern = re.escape(date_format.lower())
    for token, expression in _TOKENS.items():
        pattern = pattern.replace(token, expression, 1)
    try:
        matches = re.compile(pattern + r"(?:[ T].*)?").fullmatch
    except re.error:
        matches = None
    names = set(re.findall(r"\?P<(\w+)>", pattern))
    if matches is None or not ({"y", "yy"} & names and {"m", "mon"} & names):
        raise BadMapping(
            f"date_format {date_format!r} is not known; expected {', '.join(FORMATS)} "
            "or a pattern such as dd/mm/yyyy, yy-mm-dd, dd-mon-yy",
            field="date_format",
        )
    return lambda text: _by_pattern(matches(unicodedata.normalize("NFKC", text).strip()))


def china_day(milliseconds: int) -> date | None:
    """The day in China of a moment (毫秒时间戳转日期), summer time of 1986 to 1991 included; None beyond the calendar."""
    try:
        local = _EPOCH + timedelta(milliseconds=milliseconds, hours=8)
        return (local + timedelta(hours=_is_summer(local))).date()
    except OverflowError:
        return None


def _is_summer(local: datetime) -> bool:
    """Clocks went forward on a Sunday in spring at 2:00, and back at 2:00 on the first Sunday from 11 September."""
    if local.year not in _SUMMERS:
        return False
    begins = _sunday_from(date(local.year, 5, 4) if local.year == _SUMMERS[0] else date(local.year, 4, 11))
    ends = _sunday_from(date(local.year, 9, 11))
    return datetime.combine(begins, time(2)) <= local < datetime.combine(ends, time(1))


def _sunday_from(day: date) -> date:
    return day + timedelta(days=(6 - day.weekday()) % 7)


def _day(year: int, month: int, day: int, form: DayForm) -> WrittenDay:
    try:
        return WrittenDay(date(year, month, day), form) if year >= 1600 else UNREAD
    except ValueError:
        return UNREAD


def _nothing(text: str) -> WrittenDay | None:
    return EMPTY if text in _NOTHING or _ZERO_DATE.fullmatch(text) else None


def _full(text: str) -> WrittenDay | None:
    found = _FULL.fullmatch(text)
    if found is None:
        return None
    plain = _day(int(found[1]), int(found[2]), int(found[3]), DayForm.DASHED)
    if plain.day is None or found[5] is None:
        return plain
    try:
        return WrittenDay(datetime.fromisoformat(text).astimezone(_CHINA).date(), DayForm.ZONED)
    except (ValueError, OverflowError):
        return UNREAD


def _in_numerals(text: str) -> WrittenDay | None:
    found = _HAN_DAY.fullmatch(text)
    return found and _day(int(found[1].translate(_NUMERALS)), _numeral(found[2]), _numeral(found[3]), DayForm.NUMERALS)


def _english(text: str) -> WrittenDay | None:
    found = _ENGLISH.fullmatch(text)
    return found and _day(int(found[3]), _MONTHS.get(found[2].lower(), 0), int(found[1]), DayForm.ENGLISH)


def _short(text: str) -> WrittenDay | None:
    return _TWO_DIGITS if _SHORT.fullmatch(text) else None


def _numeral(text: str) -> int:
    """Chinese numerals up to 99: 十, 二十三, 廿三, 〇五."""
    text = text.replace("廿", "二十").replace("卅", "三十")
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return int(text.translate(_NUMERALS))
    return (int(tens.translate(_NUMERALS)) if tens else 1) * 10 + (int(ones.translate(_NUMERALS)) if ones else 0)


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text) if text[:1] in "+-.0123456789" and "_" not in text else None
    except InvalidOperation:
        return None


def _numeric(text: str) -> WrittenDay | None:
    """Numbers by their length: clocks of computers in 13, 12 or 10 digits, YYYYMMDD, days of spreadsheets in 5."""
    number = _number(text)
    if number is None or not number.is_finite():
        return None
    whole = int(number)
    digits = len(str(abs(whole)))
    if whole in _SERIALS:
        return WrittenDay(_SERIAL_ZERO + timedelta(days=whole), DayForm.SERIAL)
    if number == 0:
        return EMPTY
    if number != whole or digits not in _BY_LENGTH:
        return None
    return _BY_LENGTH[digits](text if digits in _CLOCKS else str(whole))


def _compact(digits: str) -> WrittenDay:
    return _day(int(digits[:4]), int(digits[4:6]), int(digits[6:8]), DayForm.COMPACT)


def _epoch_ms(text: str) -> WrittenDay:
    number = _number(unicodedata.normalize("NFKC", text).strip())
    day = None if number is None or not number.is_finite() else china_day(int(number))
    return UNREAD if day is None else WrittenDay(day, DayForm.EPOCH_MS)


def _epoch_s(text: str) -> WrittenDay:
    number = _number(unicodedata.normalize("NFKC", text).strip())
    day = None if number is None or not number.is_finite() else china_day(int(number * 1000))
    return UNREAD if day is None else WrittenDay(day, DayForm.EPOCH_S)


_CLOCKS: Final = (10, 12, 13)
_BY_LENGTH: Final[dict[int, Callable[[str], WrittenDay]]] = {
    8: _compact, 10: _epoch_s, 12: _epoch_ms, 13: _epoch_ms, 14: _compact,
}  # fmt: skip


def _excel(text: str) -> WrittenDay:
    number = _number(text.strip())
    if number is None or not number.is_finite() or not 1 <= number < 2_958_466:
        return UNREAD
    return WrittenDay(_SERIAL_ZERO + timedelta(days=int(number)), DayForm.SERIAL)


def _of_period(text: str, period: Bound) -> WrittenDay:
    if found := _RANGE.fullmatch(text):
        first, last = (read_written_day(x, period=period) for x in found.groups())
        return WrittenDay(period(first.day, last.day), DayForm.SPAN) if first.day and last.day else UNREAD
    if (found := _MONTH.fullmatch(text)) and 1 <= int(found[2]) <= 12:
        return _months(int(found[1]), int(found[2]), int(found[2]), period, DayForm.MONTH)
    if found := _QUARTER.fullmatch(text):
        quarter = int(found[2].translate(_NUMERALS))
        return _months(int(found[1]), 3 * quarter - 2, 3 * quarter, period, DayForm.QUARTER)
    if found := _YEAR.fullmatch(text):
        return _months(int(found[1]), 1, 12, period, DayForm.YEAR)
    return UNREAD


def _months(year: int, first: int, last: int, period: Bound, form: DayForm) -> WrittenDay:
    if not 1600 <= year <= 9999:
        return UNREAD
    return WrittenDay(period(date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1])), form)


def _by_pattern(found: re.Match[str] | None) -> WrittenDay:
    if found is None:
        return UNREAD
    parts = found.groupdict()
    year = int(parts["y"]) if parts.get("y") else _century(int(parts["yy"]))
    month = int(parts["m"]) if parts.get("m") else _MONTHS.get((parts.get("mon") or "").lower(), 0)
    return _day(year, month, int(parts.get("d") or 1), DayForm.PATTERN)


def _century(two_digits: int) -> int:
    return two_digits + (2000 if two_digits < 50 else 1900)
