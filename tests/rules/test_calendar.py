"""Months, windows and working days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.errors import BadRequest
from huoshui.rules.calendar import (
    add_months,
    add_working_days,
    day_of_month,
    is_month_end,
    is_weekday,
    months_before,
    shift_day,
    working_days_between,
)
from huoshui.terms import BusinessDayShift

days = st.dates(date(1990, 1, 1), date(2100, 12, 31))
months = st.integers(0, 600)


def no_work_this_week(day: date) -> bool:
    return day.weekday() < 5 and not date(2025, 9, 29) <= day <= date(2025, 10, 3)


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        (date(2025, 1, 31), 1, date(2025, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2025, 2, 28), 1, date(2025, 3, 28)),
        (date(2025, 6, 13), 12, date(2026, 6, 13)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2025, 3, 31), -1, date(2025, 2, 28)),
        (date(2025, 11, 30), 2, date(2026, 1, 30)),
    ],
)
def test_a_month_on_is_the_same_day_or_the_month_s_last(start: date, count: int, expected: date) -> None:
    assert add_months(start, months=count) == expected


@pytest.mark.parametrize(
    ("end", "count", "expected"),
    [
        (date(2025, 6, 30), 6, date(2024, 12, 31)),
        (date(2025, 3, 31), 1, date(2025, 2, 28)),
        (date(2025, 2, 28), 12, date(2024, 2, 29)),
        (date(2025, 6, 29), 6, date(2024, 12, 29)),
        (date(2025, 3, 30), 1, date(2025, 2, 28)),
    ],
)
def test_a_window_that_ends_with_a_month_begins_after_one(end: date, count: int, expected: date) -> None:
    assert months_before(end, months=count) == expected


@pytest.mark.parametrize("count", [12 * 8000, -12 * 2100])
def test_months_that_leave_the_calendar_are_refused(count: int) -> None:
    with pytest.raises(BadRequest) as refused:
        add_months(date(2025, 6, 13), months=count)
    assert refused.value.message == (
        f"{count} months from 2025-06-13 leave the calendar; expected a day in the years 1 to 9999"
    )


@given(days, months)
def test_months_keep_the_day_unless_the_month_is_too_short(start: date, count: int) -> None:
    later = add_months(start, months=count)
    assert (later.year * 12 + later.month) - (start.year * 12 + start.month) == count
    assert later.day == start.day or (later.day < start.day and is_month_end(later))


@given(days, months)
def test_a_window_holds_whole_months_of_whole_months(end: date, count: int) -> None:
    assert is_month_end(months_before(end, months=count)) >= is_month_end(end)


@given(days, st.integers(1, 31))
def test_a_day_of_a_month_stays_in_it(month: date, day: int) -> None:
    found = day_of_month(month, day=day)
    assert (found.year, found.month) == (month.year, month.month)
    assert found.day == day or (found.day < day and is_month_end(found))


def test_a_friday_s_next_working_day_is_monday() -> None:
    assert add_working_days(date(2025, 5, 30), count=1, is_working_day=is_weekday) == date(2025, 6, 2)
    assert add_working_days(date(2025, 5, 31), count=1, is_working_day=is_weekday) == date(2025, 6, 2)
    assert add_working_days(date(2025, 5, 31), count=0, is_working_day=is_weekday) == date(2025, 5, 31)


def test_a_negative_number_of_working_days_is_refused() -> None:
    with pytest.raises(BadRequest) as refused:
        add_working_days(date(2025, 5, 30), count=-1, is_working_day=is_weekday)
    assert refused.value.message == "a number of working days must be zero or more; got -1"


@given(days, st.integers(0, 60))
def test_counting_working_days_gives_back_what_was_added(start: date, count: int) -> None:
    end = add_working_days(start, count=count, is_working_day=no_work_this_week)
    assert working_days_between(start, end=end, is_working_day=no_work_this_week) == count
    assert count == 0 or no_work_this_week(end)


def test_no_working_day_lies_between_a_day_and_an_earlier_one() -> None:
    assert working_days_between(date(2025, 6, 13), end=date(2025, 6, 1), is_working_day=is_weekday) == 0


@pytest.mark.parametrize(
    ("shift", "expected"),
    [
        (BusinessDayShift.NONE, date(2025, 9, 30)),
        (BusinessDayShift.FOLLOWING, date(2025, 10, 6)),
        (BusinessDayShift.MODIFIED_FOLLOWING, date(2025, 9, 26)),
        (BusinessDayShift.PRECEDING, date(2025, 9, 26)),
    ],
)
def test_a_due_day_without_work_goes_where_the_contract_says(shift: BusinessDayShift, expected: date) -> None:
    assert shift_day(date(2025, 9, 30), shift=shift, is_working_day=no_work_this_week) == expected


@given(days, st.sampled_from([x for x in BusinessDayShift if x is not BusinessDayShift.NONE]))
def test_a_shifted_day_is_a_working_day_and_a_working_day_stays(day: date, shift: BusinessDayShift) -> None:
    shifted = shift_day(day, shift=shift, is_working_day=no_work_this_week)
    assert no_work_this_week(shifted)
    assert (shifted == day) is no_work_this_week(day)
    assert abs(shifted - day) <= timedelta(days=9)
