"""When something is due (办理时限): calendar days, working days or calendar months from an event, and pauses.

One definition holds for all units. The day of the start event does not count. A pause covers the days after its begin up to and
with its end, so that a pause from the 3rd to the 7th takes four days and the clock runs again from the 8th. A clock of n
calendar or working days is due on the n-th calendar or working day after the start that no pause covers. A clock of n months
is due on the same day n months later, or on that month's last day, and as many calendar days later as pauses cover. A pause
that begins on the due day or later changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from huoshui.errors import BadRequest
from huoshui.rules.calendar import IsWorkingDay, add_months, add_working_days, working_days_between
from huoshui.rules.span import Span, merge_spans
from huoshui.terms import ClockUnit


@dataclass(frozen=True, slots=True)
class Clock:
    """What a deadline policy must say (时限政策): `pause_events` empty means that this clock does not stop."""

    start_event: str
    start_zh: str
    length: int
    unit: ClockUnit
    pause_events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deadline:
    """When it is due (到期日).

    `due_on` is None while a pause lasts; then `earliest_due_on` is the day it would be due if the pause ended on the day asked
    about (without such a day: at once). `paused_days` counts working days for a clock of working days, else calendar days, and
    of a pause that lasts only those up to the day asked about. `overdue_days` are calendar days after the due day.
    """

    due_on: date | None
    earliest_due_on: date
    paused_days: int
    overdue_days: int

    @property
    def is_paused(self) -> bool:
        """Whether a pause still lasts (是否暂停中)."""
        return self.due_on is None

    @property
    def is_overdue(self) -> bool:
        """Whether the day asked about lies after the due day (是否逾期)."""
        return self.overdue_days > 0


def due(
    clock: Clock, *, started_on: date, is_working_day: IsWorkingDay, pauses: Iterable[Span] = (), on: date | None = None
) -> Deadline:
    """When a clock that started on a day is due, and how far the day `on` is past it (到期日、逾期天数).

    Raises BadRequest for a length below one, pauses of a clock that does not stop, and a due day outside the years 1 to 9999.
    """
    if clock.length < 1:
        raise BadRequest(f"a deadline is at least one day or month long; got {clock.length}", field="length")
    pauses = tuple(pauses)
    if pauses and not clock.pause_events:
        raise BadRequest("this clock does not stop; expected no pause", field="pause")
    ended = merge_spans(Span(x.begin, x.end or max(x.begin, on or x.begin)) for x in pauses)
    try:
        due_on, paused_days = _due(clock, started_on=started_on, is_working_day=is_working_day, pauses=ended)
    except OverflowError as error:
        reason = f"{clock.length} {clock.unit.en}s from {started_on} leave the calendar; expected a shorter time"
        raise BadRequest(reason) from error
    lasts = any(x.end is None and max(x.begin, started_on) < due_on for x in pauses)
    overdue_days = 0 if on is None or lasts else max(0, (on - due_on).days)
    return Deadline(None if lasts else due_on, due_on, paused_days, overdue_days)


def _due(
    clock: Clock, *, started_on: date, is_working_day: IsWorkingDay, pauses: tuple[Span, ...]
) -> tuple[date, int]:
    due_on, paused_days = _later(started_on, clock.length, unit=clock.unit, is_working_day=is_working_day), 0
    extension = ClockUnit.WORKING_DAY if clock.unit is ClockUnit.WORKING_DAY else ClockUnit.CALENDAR_DAY
    for pause in pauses:
        begin, end = max(pause.begin, started_on), pause.end or pause.begin
        if begin >= due_on:
            break
        days = max(0, (end - begin).days)
        if extension is ClockUnit.WORKING_DAY:
            days = working_days_between(begin, end=end, is_working_day=is_working_day)
        paused_days += days
        due_on = _later(due_on, days, unit=extension, is_working_day=is_working_day)
    return due_on, paused_days


def _later(day: date, length: int, *, unit: ClockUnit, is_working_day: IsWorkingDay) -> date:
    if unit is ClockUnit.CALENDAR_MONTH:
        return add_months(day, months=length)
    if unit is ClockUnit.WORKING_DAY:
        return add_working_days(day, count=length, is_working_day=is_working_day)
    return day + timedelta(days=length)
