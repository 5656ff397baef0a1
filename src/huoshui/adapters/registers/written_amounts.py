"""Amounts and counts in less plain ways of writing (金额写法): with units, signs, exponents, wide digits."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from huoshui.adapters.registers.headings import UNITS, is_foreign
from huoshui.adapters.registers.records import AmountForm
from huoshui.money import to_fen


@dataclass(frozen=True, slots=True)
class WrittenAmount:
    """What a text says (读得的数): nothing where it is empty, unread or in another currency; the form tells which."""

    amount: int | None
    form: AmountForm


EMPTY: Final = WrittenAmount(None, AmountForm.EMPTY)
UNREAD: Final = WrittenAmount(None, AmountForm.UNREAD)
_FOREIGN: Final = WrittenAmount(None, AmountForm.FOREIGN)
_NOTHING: Final = ("无", "不详", "未知", "未公示", "企业选择不公示", "选择不公示", "不公示", "未填报", "暂无")
_SIGNS: Final = re.compile(r"人民币|RMB|CNY|[¥￥\s]", re.IGNORECASE)
_GROUPED: Final = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
_PLAIN: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?")
_UNIT: Final = re.compile(r"(万亿|千万|百万|十万|亿|万|千|百)?(元|圆)?整?")
_COUNTED: Final = re.compile(r"(?:人|名|个|位|户|家)$")
_LARGEST: Final = (1 << 63) - 1


def read_written_amount(text: str, *, scale: int) -> WrittenAmount:
    """Read an amount in fen (读取金额): `scale` is that of the column's unit; a unit beside the number goes before it."""
    text = unicodedata.normalize("NFKC", text).strip()
    if text in _NOTHING:
        return EMPTY
    if is_foreign(text):
        return _FOREIGN
    text = _SIGNS.sub("", text)
    if text.startswith("(") and text.endswith(")"):
        text = "-" + text[1:-1]
    number = re.match(r"[-+]?[\d,.]+(?:[eE][-+]?\d+)?", text)
    if number is None:
        return UNREAD
    unit = _UNIT.fullmatch(text[number.end() :])
    if unit is None:
        return UNREAD
    if unit[0]:
        scale = UNITS[f"{unit[1] or ''}元"]
    return _scaled(number[0], scale, AmountForm.WITH_UNIT if unit[0] else AmountForm.WORDED)


def read_written_count(text: str) -> WrittenAmount:
    """Read a whole number (读取整数): `12.0`, `12人` and `1,200` are; `12.5` is not."""
    text = _COUNTED.sub("", unicodedata.normalize("NFKC", text).strip())
    if text in _NOTHING:
        return EMPTY
    number = _decimal(text)
    if number is None or number != number.to_integral_value() or number < 0:
        return UNREAD
    return WrittenAmount(int(number), AmountForm.WORDED)


def _decimal(text: str) -> Decimal | None:
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    if not _PLAIN.fullmatch(text):
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if abs(number.adjusted()) < 30 else None


def _scaled(text: str, scale: int, form: AmountForm) -> WrittenAmount:
    number = _decimal(text)
    if number is None:
        return UNREAD
    exact = number.scaleb(scale)
    if abs(exact) > _LARGEST:
        return UNREAD
    fen = to_fen(exact)
    return WrittenAmount(fen, form if exact == fen else AmountForm.ROUNDED)
