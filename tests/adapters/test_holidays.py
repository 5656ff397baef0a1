"""China's working days, against the State Council's notices."""

from datetime import date, timedelta

import pytest

from huoshui.adapters.holidays import is_working_day, known_years
from huoshui.rules.calendar import add_working_days, is_weekday, working_days_between


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2024, 2, 4), True),  # a Sunday made up for the Spring Festival, 国办发明电〔2023〕7号
        (date(2024, 2, 9), True),  # New Year's Eve of 2024 was a working day by the same notice
        (date(2024, 2, 10), False),
        (date(2024, 10, 12), True),  # a Saturday made up for the National Day
        (date(2025, 1, 26), True),  # a Sunday made up for the Spring Festival, 国办发明电〔2024〕12号
        (date(2025, 1, 28), False),
        (date(2025, 5, 5), False),  # a Monday off
        (date(2025, 6, 2), False),  # Dragon Boat Festival, a Monday
        (date(2025, 9, 28), True),
        (date(2025, 10, 8), False),
        (date(2020, 1, 31), False),  # the Spring Festival prolonged in 2020
        (date(2025, 6, 14), False),  # an ordinary Saturday
        (date(2025, 6, 13), True),  # an ordinary Friday
    ],
)
def test_holidays_and_make_up_days_follow_the_notices(day: date, expected: bool) -> None:
    assert is_working_day(day) is expected


def test_a_year_that_was_not_announced_falls_back_to_the_plain_week_and_can_be_told() -> None:
    beyond = date(known_years().stop, 1, 1)
    days = [beyond + timedelta(days=n) for n in range(365)]
    assert [is_working_day(x) for x in days] == [is_weekday(x) for x in days]
    assert beyond.year not in known_years()
    assert is_working_day(date(2003, 5, 1)) is True  # a holiday, but of a year before the data


def test_the_known_years_hold_at_least_2004_to_2026() -> None:
    assert set(range(2004, 2027)) <= set(known_years())


def test_three_working_days_over_the_national_day_of_2025_end_on_the_eleventh() -> None:
    end = add_working_days(date(2025, 9, 30), count=3, is_working_day=is_working_day)
    assert end == date(2025, 10, 11)  # the 9th, the 10th and Saturday the 11th, which is made up
    assert working_days_between(date(2025, 9, 30), end=end, is_working_day=is_working_day) == 3
