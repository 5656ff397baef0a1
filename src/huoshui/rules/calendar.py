"""Days, months and working days (日历、工作日).

What a working day is comes in as a function, so that the rules stay pure: `adapters.holidays` has China's, with the make-up
working days (调休); `is_weekday` is the plain week for a reckoning without holidays.
"""

import calendar
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from huoshui.errors import BadRequest
from huoshui.terms import BusinessDayShift

IsWorkingDay = Callable[[date], bool]
_DAY: Final = timedelta(days=1)
_FRIDAY: Final = 4
_MONTHS: Final = 12
_LONGEST_MONTH: Final = 31


def is_weekday(day: date) -> bool:
    """Whether a day is Monday to Friday (周一至周五), holidays or not."""
    return day.weekday() <= _FRIDAY


def is_month_end(day: date) -> bool:
    """Whether a day is the last of its month (月末)."""
    return (day + _DAY).month != day.month


def add_months(start: date, *, months: int) -> date:
    """The same day some calendar months later, or the month's last day where it has no such day (顺延月份).

    2025-01-31 + 1 month is 2025-02-28 and 2025-02-28 + 1 month is 2025-03-28: terms and due days. `months` may be negative.
    Raises BadRequest when the day would leave the years 1 to 9999.
    """
    year, month = divmod(start.year * _MONTHS + start.month - 1 + months, _MONTHS)
    if not date.min.year <= year <= date.max.year:
        raise BadRequest(f"{months} months from {start} leave the calendar; expected a day in the years 1 to 9999")
    return day_of_month(date(year, month + 1, 1), day=start.day)


def day_of_month(month: date, *, day: int) -> date:
    """A day of the month in which `month` lies, or the month's last day where it has no such day (当月某日)."""
    return month.replace(day=min(day, calendar.monthrange(month.year, month.month)[1]))


def months_before(end: date, *, months: int) -> date:
    """The day some calendar months earlier, a month end staying a month end (回溯月份).

    6 months before 2025-06-30 are 2024-12-31, so that a look-back window (months_before(on), on] holds whole months.
    Raises BadRequest when the day would leave the years 1 to 9999.
    """
    earlier = add_months(end, months=-months)
    if not is_month_end(end):
        return earlier
    return day_of_month(earlier, day=_LONGEST_MONTH)


def add_working_days(start: date, *, count: int, is_working_day: IsWorkingDay) -> date:
    """The day on which the count-th working day after `start` falls (顺延工作日); `start` itself is not counted.

    One working day after a Friday is the next Monday. Zero gives `start` back, working day or not.
    Raises BadRequest for a negative count.
    """
    if count < 0:
        raise BadRequest(f"a number of working days must be zero or more; got {count}")
    day = start
    for _ in range(count):
        day = _next_working_day(day + _DAY, step=_DAY, is_working_day=is_working_day)
    return day


def working_days_between(start: date, *, end: date, is_working_day: IsWorkingDay) -> int:
    """How many working days lie after `start` up to and with `end` (工作日天数).

    Counts as `add_working_days` does: it gives back that function's count. Zero when `end` is not after `start`.
    """
    return sum(is_working_day(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))


def shift_day(day: date, *, shift: BusinessDayShift, is_working_day: IsWorkingDay) -> date:
    """The day on which a payment falls when its day may be a holiday (节假日调整).

    Following takes the next working day, preceding the last one, modified following the next one unless that lies in
    another month, then the last one.
    """
    if shift is BusinessDayShift.NONE:
        return day
    if shift is BusinessDayShift.PRECEDING:
        return _next_working_day(day, step=-_DAY, is_working_day=is_working_day)
    shifted = _next_working_day(day, step=_DAY, is_working_day=is_working_day)
    if shift is BusinessDayShift.MODIFIED_FOLLOWING and shifted.month != day.month:
        return _next_working_day(day, step=-_DAY, is_working_day=is_working_day)
    return shifted


def _next_working_day(day: date, *, step: timedelta, is_working_day: IsWorkingDay) -> date:
    while not is_working_day(day):
        day += step
    return day
