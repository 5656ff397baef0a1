"""What a business licence says, field by field (营业执照信息核对): made uniform, and flagged where a person must look.

A licence without a last day is valid for long (长期). The day of a field is written 2019-05-17.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from huoshui.rules.uscc import check_uscc, clean_code
from huoshui.terms import CodeVerdict, LicenceField, LicenceFlag

SURE_ENOUGH: Final = 0.85  # below, the recognizer's own doubt is passed on
FOR_LONG: Final = "长期"
NEEDED: Final = (LicenceField.USCC, LicenceField.NAME, LicenceField.REPRESENTATIVE)
_DAY: Final = re.compile(r"(\d{4})\D{1,3}(\d{1,2})\D{1,3}(\d{1,2})")
_BLANKS: Final = re.compile(r"\s+")
_EARLIEST: Final = date(1900, 1, 1)
_BRACKETS: Final = str.maketrans("（）【】〔〕［］[]", "()()()()()")
_DOTS: Final = re.compile(r"[·•・‧∙.．。,，'’\-—]")
_NEAR: Final = 8  # one wrong character in so many is still near


@dataclass(frozen=True, slots=True)
class LicenceText:
    """One field of a licence (执照项目): its uniform text, and what to look at, None where nothing is in doubt."""

    text: str
    flag: LicenceFlag | None
    sure: float


def check_licence(read: Mapping[LicenceField, tuple[str, float]], *, on: date) -> dict[LicenceField, LicenceText]:
    """Every field of a licence with its flag (核对执照信息); `read` holds the text and confidence (0 to 1) of what was read."""
    return {name: _checked(name, *read.get(name, ("", 0.0)), on=on) for name in LicenceField}


def last_day(term: str) -> date | None:
    """The last day of a licence's term (营业期限届满日): the last one written in it; None for a term without end."""
    days = _days(term)
    return days[-1] if days and FOR_LONG not in term else None


def same_name(first: str, *, second: str) -> bool:
    """Whether two names are the same but for width, blanks, brackets and dots (名称是否一致); "" is no name."""
    return bool(first.strip()) and plain_name(first) == plain_name(second)


def near_name(first: str, *, second: str) -> bool:
    """Whether two names differ by no more than a misread character or two (名称是否相近): one in eight, at least one."""
    one, other = plain_name(first), plain_name(second)
    return bool(one and other) and _distance(one, other) <= max(1, len(other) // _NEAR)


def plain_name(text: str) -> str:
    """A name as it is compared (名称规范化): upper case, half width, one kind of brackets, without blanks and dots."""
    return _DOTS.sub("", clean_code(text.translate(_BRACKETS)).translate(_BRACKETS))


def _checked(name: LicenceField, raw: str, sure: float, *, on: date) -> LicenceText:
    text = _BLANKS.sub("", raw)
    if not text:
        return LicenceText("", LicenceFlag.MISSING, 0.0)
    doubt = LicenceFlag.UNSURE if sure < SURE_ENOUGH else None
    match name:
        case LicenceField.USCC:
            code = check_uscc(text)
            flag = {CodeVerdict.INVALID_FORMAT: LicenceFlag.CODE_FORM, CodeVerdict.CHECKSUM_MISMATCH: LicenceFlag.CODE_CHECK}
            return LicenceText(code.code, flag.get(code.verdict, doubt), sure)
        case LicenceField.ESTABLISHED_ON:
            days = _days(text)
            if len(days) != 1:
                return LicenceText(text, LicenceFlag.NOT_A_DAY, sure)
            return LicenceText(days[0].isoformat(), LicenceFlag.IN_FUTURE if days[0] > on else doubt, sure)
        case LicenceField.VALID_UNTIL:
            return _term(text, sure, doubt, on=on)
        case _:
            return LicenceText(text, doubt, sure)


def _term(text: str, sure: float, doubt: LicenceFlag | None, *, on: date) -> LicenceText:
    if FOR_LONG in text:
        return LicenceText(FOR_LONG, doubt, sure)
    days = _days(text)
    if not days or ("至" in text and len(days) != 2):
        return LicenceText(text, LicenceFlag.NOT_A_DAY, sure)
    return LicenceText(days[-1].isoformat(), LicenceFlag.EXPIRED if days[-1] < on else doubt, sure)


def _days(text: str) -> list[date]:
    days = []
    for year, month, day in _DAY.findall(clean_code(text)):
        try:
            found = date(int(year), int(month), int(day))
        except ValueError:
            continue
        if found >= _EARLIEST:
            days.append(found)
    return days


def _distance(one: str, other: str) -> int:
    """How many characters must be put in, left out or changed to make one text of the other."""
    before = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        now = [row]
        for place, there in enumerate(other, start=1):
            now.append(min(before[place] + 1, now[-1] + 1, before[place - 1] + (letter != there)))
        before = now
    return before[-1]
