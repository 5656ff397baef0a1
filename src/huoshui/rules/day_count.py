"""How days become interest (计息基础、利息).

`act/360` and `act/365` count the days of the calendar. `30/360` is the European variant (30E/360): every month has 30 days,
a 31st counts as the 30th; a day that a short month lacks counts as the day it stands for, so that a whole month is always
30 days and its interest a twelfth of a year's.
"""

from decimal import Decimal
from typing import Final

from huoshui.terms import DayCount

_YEAR_DAYS: Final = {DayCount.ACT_360: 360, DayCount.ACT_365: 365, DayCount.THIRTY_360: 360}
_MONTH_DAYS: Final = 30


def year_days(day_count: DayCount) -> int:
    """How many days a year has in that count (年天数)."""
    return _YEAR_DAYS[day_count]


def thirty_360_days(months: int, *, from_day: int, to_day: int) -> int:
    """The days of 30E/360 from a day of one month to a day of the month `months` later (30/360 天数).

    From the 13th to the 20th of the next month are `thirty_360_days(1, from_day=13, to_day=20)` = 37 days.
    """
    return _MONTH_DAYS * months + min(to_day, _MONTH_DAYS) - min(from_day, _MONTH_DAYS)


def interest_fen(balance_fen: int, *, rate: Decimal, days: int, day_count: DayCount) -> int:
    """The interest on a balance for some days, in fen, rounded once, half up (利息). All values are zero or more."""
    numerator, denominator = rate.as_integer_ratio()
    return rounded_share(balance_fen * numerator * days, of=denominator * year_days(day_count))


def rounded_share(amount: int, *, of: int) -> int:
    """`amount / of` in whole fen, half up and exact (四舍五入), for amounts of zero or more."""
    return (2 * amount + of) // (2 * of)
