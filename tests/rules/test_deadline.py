"""Properties of deadlines."""

from datetime import date, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.errors import BadRequest
from huoshui.rules.calendar import add_months, is_weekday
from huoshui.rules.deadline import Clock, Deadline, due
from huoshui.rules.span import Span
from huoshui.terms import ClockUnit

START: Final = date(2025, 1, 31)
DAY: Final = timedelta(days=1)
days = st.integers(-30, 400).map(lambda n: START + n * DAY)
units = st.sampled_from(ClockUnit)
lengths = st.integers(1, 60)


@st.composite
def closed_spans(draw: st.DrawFn) -> Span:
    begin = draw(days)
    return Span(begin, begin + draw(st.integers(0, 40)) * DAY)


pauses = st.lists(closed_spans(), max_size=4)


def reckon(length: int, unit: ClockUnit, *spans: Span, on: date | None = None, started_on: date = START) -> Deadline:
    clock = Clock("start", "起算", length, unit, ("pause",))
    return due(clock, started_on=started_on, is_working_day=is_weekday, pauses=spans, on=on)


def running_day(length: int, spans: list[Span], *, working: bool) -> date:
    """The n-th running day after the start, counted one day after another: the definition itself."""
    day, left = START, length
    while left:
        day += DAY
        covered = any(x.begin < day <= (x.end or day) for x in spans)
        left -= not covered and (is_weekday(day) or not working)
    return day


@given(lengths, pauses)
def test_days_are_due_on_the_nth_running_day(length: int, spans: list[Span]) -> None:
    assert reckon(length, ClockUnit.CALENDAR_DAY, *spans).due_on == running_day(length, spans, working=False)


@given(lengths, pauses)
def test_working_days_are_due_on_the_nth_running_working_day(length: int, spans: list[Span]) -> None:
    assert reckon(length, ClockUnit.WORKING_DAY, *spans).due_on == running_day(length, spans, working=True)


@given(lengths, pauses)
def test_months_are_extended_by_the_paused_days(length: int, spans: list[Span]) -> None:
    found = reckon(length, ClockUnit.CALENDAR_MONTH, *spans)
    assert found.due_on == add_months(START, months=length) + found.paused_days * DAY


@given(lengths, units, pauses, closed_spans())
def test_a_pause_never_makes_a_deadline_earlier(length: int, unit: ClockUnit, spans: list[Span], more: Span) -> None:
    assert reckon(length, unit, *spans, more).earliest_due_on >= reckon(length, unit, *spans).earliest_due_on


@given(lengths, units, pauses)
def test_the_order_of_pauses_does_not_matter(length: int, unit: ClockUnit, spans: list[Span]) -> None:
    assert reckon(length, unit, *spans) == reckon(length, unit, *reversed(spans))


@given(lengths, units, pauses, days, days)
def test_the_earliest_day_of_an_open_pause_is_the_due_day_if_it_ends_then(
    length: int, unit: ClockUnit, spans: list[Span], begin: date, on: date
) -> None:
    lasting = reckon(length, unit, *spans, Span(begin), on=max(begin, on))
    ended = reckon(length, unit, *spans, Span(begin, max(begin, on)))
    if lasting.is_paused:
        assert (lasting.earliest_due_on, lasting.overdue_days) == (ended.due_on, 0)
    else:
        assert lasting.due_on == ended.due_on


@given(lengths, units, st.integers(-100, 100))
def test_overdue_days_are_those_after_the_due_day(length: int, unit: ClockUnit, off: int) -> None:
    day = reckon(length, unit).earliest_due_on
    found = reckon(length, unit, on=day + off * DAY)
    assert (found.overdue_days, found.is_overdue) == (max(0, off), off > 0)


def test_a_month_from_the_last_of_january_is_the_last_of_february() -> None:
    assert reckon(1, ClockUnit.CALENDAR_MONTH) == Deadline(date(2025, 2, 28), date(2025, 2, 28), 0, 0)


def test_an_open_pause_without_a_day_to_ask_about_could_end_at_once() -> None:
    assert reckon(10, ClockUnit.CALENDAR_DAY, Span(START + 3 * DAY)) == Deadline(None, START + 10 * DAY, 0, 0)


def test_an_open_pause_that_begins_on_the_due_day_comes_too_late() -> None:
    due_on = START + 10 * DAY
    found = [reckon(10, ClockUnit.CALENDAR_DAY, Span(due_on - n * DAY)).is_paused for n in (1, 0)]
    assert found == [True, False]


def test_a_clock_that_does_not_stop_refuses_a_pause() -> None:
    clock = Clock("start", "起算", 3, ClockUnit.CALENDAR_DAY)
    with pytest.raises(BadRequest) as refused:
        due(clock, started_on=START, is_working_day=is_weekday, pauses=[Span(START)])
    assert refused.value.field == "pause"


def test_a_length_below_one_is_refused() -> None:
    with pytest.raises(BadRequest) as refused:
        reckon(0, ClockUnit.CALENDAR_DAY)
    assert refused.value.field == "length"


@pytest.mark.parametrize("unit", ClockUnit)
def test_a_due_day_outside_the_calendar_is_refused(unit: ClockUnit) -> None:
    with pytest.raises(BadRequest):
        reckon(40, unit, started_on=date(9999, 12, 20))


@pytest.mark.parametrize("length", [10**9, 10**12])
def test_a_length_beyond_all_calendars_is_refused(length: int) -> None:
    with pytest.raises(BadRequest):
        reckon(length, ClockUnit.CALENDAR_DAY)
