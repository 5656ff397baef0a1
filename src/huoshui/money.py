"""Money and rates (金额、利率): whole fen, decimal rates, one rounding.

Amounts are `int` fen (分). Rates are `Decimal` fractions of one a year: 3.65 % is `Decimal("0.0365")`.
A fraction of a fen exists only inside one calculation and leaves it through `to_fen`.
"""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from huoshui.errors import BadAmount, BadRate

FEN_PER_YUAN: Final = 100
_YUAN = re.compile(r"(-?\d{1,15})(?:\.(\d{1,2}))?", re.ASCII)
_RATE = re.compile(r"-?\d{1,4}(?:\.\d{1,12})?", re.ASCII)
_ONE: Final = Decimal(1)
_TEN_PLACES: Final = Decimal("1e-10")


def to_fen(fen: Decimal) -> int:
    """Round an amount in fen to whole fen, half away from zero (四舍五入到分)."""
    return int(fen.quantize(_ONE, rounding=ROUND_HALF_UP))


def parse_yuan(value: object, *, field: str | None = None) -> int:
    """Read yuan with at most two decimals into fen (元转分): `"1234.5"` is 123450. Raises BadAmount."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise BadAmount(f"{value!r} is not an amount; expected yuan such as 1234.56", field=field)
    text = value.strip() if isinstance(value, str) else format(Decimal(value), "f")
    read = _YUAN.fullmatch(text)
    if read is None:
        raise BadAmount(f"{text!r} is not an amount; expected yuan with at most two decimals, such as 1234.56", field=field)
    return int(read[1] + (read[2] or "").ljust(2, "0"))


def parse_rate(value: object, *, field: str | None = None) -> Decimal:
    """Read a yearly rate as a decimal fraction (年利率): `"0.0365"` is 3.65 %. Raises BadRate."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise BadRate(f"{value!r} is not a rate; expected a decimal fraction such as 0.0365 for 3.65 %", field=field)
    text = value.strip() if isinstance(value, str) else format(Decimal(value), "f")
    if not _RATE.fullmatch(text):
        raise BadRate(f"{text!r} is not a rate; expected a decimal fraction such as 0.0365 for 3.65 %", field=field)
    return Decimal(text)


def format_yuan(fen: int) -> str:
    """Fen as yuan with thousands separators (分转元): 123456789 is `1,234,567.89`."""
    sign, whole = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{whole // FEN_PER_YUAN:,}.{whole % FEN_PER_YUAN:02d}"


def format_percent(rate: Decimal, *, places: int = 4) -> str:
    """A rate as per cent, rounded half up for reading only (百分比): 0.060937 is `6.0937%`."""
    unit = _ONE.scaleb(-places)
    return f"{(rate * 100).quantize(unit, rounding=ROUND_HALF_UP)}%"


def format_rate(rate: Decimal) -> str:
    """A rate or a ratio as a decimal string of ten places, rounded half up once (小数): 0.06093686301476 is `0.0609368630`."""
    rounded = rate.quantize(_TEN_PLACES, rounding=ROUND_HALF_UP)
    text = str(rounded)
    return text if "E" not in text else format(rounded, "f")
