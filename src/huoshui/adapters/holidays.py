"""China's working days (工作日): the State Council's holidays and make-up working days, from a library.

`chinesecalendar` is data and nothing else, and knows where it ends. The larger `holidays` package gives the same days for
2004 to 2026 but one (2005-12-31, a Saturday that only `holidays` counts as made up). For a year that the State Council has
not yet announced it guesses the holidays and leaves out the make-up days, and the guess cannot be told from an announcement.
"""

from datetime import date
from typing import Final

import chinese_calendar  # type: ignore[import-untyped]  # the library has no annotations

from huoshui.rules.calendar import is_weekday

_YEARS: Final = range(min(chinese_calendar.holidays).year, max(chinese_calendar.holidays).year + 1)


def is_working_day(day: date) -> bool:
    """Whether people work on that day in China (是否工作日), make-up working days (调休) included.

    Outside `known_years()` the answer is Monday to Friday.
    """
    if day.year not in _YEARS:
        return is_weekday(day)
    return bool(chinese_calendar.is_workday(day))


def known_years() -> range:
    """The years whose holidays have been announced (已公布放假安排的年份).

    The last days of the last year are the least sure: the next year's notice may still make one a working day.
    """
    return _YEARS
