"""Deadlines (办理时限): the rule, the policy in force and China's working days, brought together."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from huoshui import policy
from huoshui.adapters.holidays import is_working_day, known_years
from huoshui.errors import BadChoice
from huoshui.policy import Citation, Policy
from huoshui.policy.region import NATION
from huoshui.rules.deadline import Clock, Deadline, due
from huoshui.rules.span import Span
from huoshui.terms import ClockUnit

POLICY: Final = "deadlines"


@dataclass(frozen=True, slots=True)
class DeadlineAnswer:
    """A deadline with its clock and basis (到期日及依据).

    `citation` is None for a clock that the caller stated. `holidays_known` is False where a working day's answer rests on a
    year whose holidays are not announced.
    """

    deadline: Deadline
    clock: Clock
    citation: Citation | None
    holidays_known: bool


def find_clock(
    name: str, *, region: str = NATION, on: date, read: Callable[..., Policy] = policy.read
) -> tuple[Clock, Citation]:
    """The clock of that name in force in a region on a day, with its source (查找时限).

    `read` reads a policy; a batch gives one that remembers. Raises BadChoice naming the clocks that the region has,
    NoPolicy where the clock was not in force on the day, UnknownRegion.
    """
    found = read(POLICY, region=region, on=on)
    if name not in found.fields:
        known = read(POLICY, region=region, on=date.max).fields
        if name not in known:
            names = ", ".join(known)
            raise BadChoice(f"no clock is called {name!r} in region {region}; expected one of {names}", field="clock")
    return policy.bind_table(found, field=name, shape=Clock), next(x for x in found.citations if x.field == name)


def reckon_deadline(
    clock: Clock, *, started_on: date, pauses: Iterable[Span] = (), on: date | None = None, citation: Citation | None = None
) -> DeadlineAnswer:
    """When a clock is due by China's working days (到期日测算); raises the rule's errors."""
    deadline = due(clock, started_on=started_on, is_working_day=is_working_day, pauses=pauses, on=on)
    years = {started_on.year, deadline.earliest_due_on.year}
    holidays_known = clock.unit is not ClockUnit.WORKING_DAY or years <= set(known_years())
    return DeadlineAnswer(deadline, clock, citation, holidays_known)
