"""What truth rests on (真值依据): the day, the windows and the policy values of the rule, as a service read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from huoshui.terms import LoanKind, Tag, Term

EPOCH: Final = date(1970, 1, 1)
FIGURES: Final = ("employees", "revenue_fen", "assets_fen")
LEVELS: Final = ("small", "medium", "large")
NO_BOUND: Final = -1

SizeBounds = tuple[tuple[int, int, int], tuple[int, int, int], tuple[int, int, int]]
"""Lower bounds of small, medium, large; each of employees, revenue_fen, assets_fen, or NO_BOUND."""


class Noise(Term):
    """How badly registers are written (登记质量)."""

    NONE = "none", "无差错", "no errors at all"
    REGISTER = "register", "常见差错", "as registers are"
    HARD = "hard", "严重差错", "worse names where the code is lost"


class ListName(Term):
    """The lists that synthetic firms stand on (名单)."""

    DISHONEST = "dishonest", "失信被执行人", "dishonest judgment debtors"
    ABNORMAL = "abnormal", "经营异常名录", "abnormal operations"
    TAX = "tax", "税务非正常户", "tax non-normal"


@dataclass(frozen=True, slots=True)
class ListEffect:
    """What standing on a list means (名单效力): the tag it gives, whether it takes a firm off, and how long it holds.

    An entry without an expiry holds if it is later than `open_since`, which is None where it holds until removed.
    """

    tag: Tag
    excludes: bool
    open_since: date | None = None


@dataclass(frozen=True, slots=True)
class Basis:
    """The rule as of a day (规则口径). Windows are (since, on]; `size_bounds` is by industry code, None where not covered."""

    on: date
    quarters: tuple[tuple[date, date], ...]
    sales_since: date
    year_since: date
    invoices_since: date
    stopped_since: date
    due_report_year: int
    size_bounds: Mapping[str, SizeBounds | None]
    counted_loans: frozenset[LoanKind]
    owner_loans: bool
    sole_trader_owner: bool
    lists: Mapping[ListName, ListEffect]


def days(day: date) -> int:
    """A day as days since 1970-01-01 (日期转天数)."""
    return (day - EPOCH).days
