"""Repayment schedules with China's holidays (还款计划): the rule and the calendar, brought together."""

from dataclasses import dataclass

from huoshui.adapters.holidays import is_working_day, known_years
from huoshui.rules.schedule import LoanTerms, Schedule, build_schedule
from huoshui.terms import BusinessDayShift


@dataclass(frozen=True, slots=True)
class PlannedRepayment:
    """A schedule, and the years for which it took Monday to Friday as working days (还款计划及所缺放假安排).

    The years are those whose holidays have not been announced; none when due days are not shifted.
    """

    schedule: Schedule
    unannounced_years: tuple[int, ...]


def plan_repayment(loan: LoanTerms) -> PlannedRepayment:
    """Build a loan's schedule on China's working days (制定还款计划); raises what `build_schedule` raises."""
    schedule = build_schedule(loan, is_working_day=is_working_day)
    if loan.shift is BusinessDayShift.NONE:
        return PlannedRepayment(schedule, ())
    years = {x.due_on.year for x in schedule.installments}
    return PlannedRepayment(schedule, tuple(sorted(years.difference(known_years()))))
