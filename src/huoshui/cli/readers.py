"""Readers of inputs that several calculators share (输入读取): amounts, rates, regions, FROM..TO, AMOUNT@DATE."""

from decimal import Decimal

from huoshui.cli.calculator import read_date, read_text
from huoshui.errors import BadChoice, BadRequest
from huoshui.money import parse_rate, parse_yuan
from huoshui.policy.region import check_region
from huoshui.rules.span import Span
from huoshui.rules.subsidy import Repayment


def read_amount(value: object, field: str) -> int:
    """Yuan with at most two decimals, as fen (金额); raises BadAmount."""
    return parse_yuan(value, field=field)


def read_rate(value: object, field: str) -> Decimal:
    """A yearly rate as a decimal fraction (年利率); raises BadRate."""
    return parse_rate(value, field=field)


def read_region(value: object, field: str) -> str:
    """A region code of GB/T 2260 (地区代码); raises UnknownRegion."""
    return check_region(read_text(value, field))


def read_yes_no(value: object, field: str) -> bool:
    """Yes or no (是否), in JSON also true or false; raises BadChoice."""
    known = {"yes": True, "no": False}
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in known:
        return known[value.strip().lower()]
    raise BadChoice(f"{field} must be yes or no; got {value!r}", field=field)


def read_span(value: object, field: str) -> Span:
    """FROM..TO, or FROM.. while it lasts (起止区间); raises BadRequest or BadDate."""
    begin, dots, end = value.partition("..") if isinstance(value, str) else ("", "", "")
    if not dots:
        expected = "FROM..TO such as 2025-02-03..2025-02-07, or FROM.. while it lasts"
        raise BadRequest(f"{field} must be {expected}; got {value!r}", field=field)
    first, last = read_date(begin, field), read_date(end, field) if end.strip() else None
    if last is not None and last < first:
        raise BadRequest(f"{field} must not end before it begins; got {value!r}", field=field)
    return Span(first, last)


def read_repayment(value: object, field: str) -> Repayment:
    """AMOUNT@DATE, yuan paid back on a day (归还本金); raises BadRequest, BadAmount or BadDate."""
    amount, at, on = value.partition("@") if isinstance(value, str) else ("", "", "")
    if not at:
        raise BadRequest(f"{field} must be AMOUNT@DATE such as 200000@2025-09-01; got {value!r}", field=field)
    return Repayment(read_date(on, field), parse_yuan(amount, field=field))
