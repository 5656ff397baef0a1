"""The repayment schedule of a loan (还款计划).

Due days fall every n months on the day of the drawdown, or on a day of the month of its own (the first period then runs to
that day of the next month, the last one to maturity: both may be odd). A day that a month lacks is its last day.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Final

from huoshui.errors import BadRequest
from huoshui.rules.amortization import Split, check_loan, due_months, split_payments
from huoshui.rules.calendar import IsWorkingDay, add_months, day_of_month, is_weekday, shift_day
from huoshui.rules.day_count import thirty_360_days, year_days
from huoshui.terms import BusinessDayShift, DayCount, RepaymentMethod

_LAST_DAY_OF_MONTH: Final = 31


@dataclass(frozen=True, slots=True)
class LoanTerms:
    """What a schedule needs to know of a loan (贷款要素): fen, a yearly rate, months.

    `due_day` is a day of the month (1 to 31); `grace_months` pay interest only; `every` is the months between payments.
    """

    principal_fen: int
    rate: Decimal
    months: int
    method: RepaymentMethod
    start: date
    day_count: DayCount = DayCount.ACT_360
    grace_months: int = 0
    due_day: int | None = None
    every: int = 1
    shift: BusinessDayShift = BusinessDayShift.NONE


@dataclass(frozen=True, slots=True)
class Installment:
    """One payment (一期还款), in fen; `days` bear its interest, `balance_fen` is what is left after it."""

    number: int
    due_on: date
    days: int
    principal_fen: int
    interest_fen: int
    total_fen: int
    balance_fen: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """All payments of a loan (还款计划); `split` has the same amounts by column."""

    installments: tuple[Installment, ...]
    split: Split

    @property
    def principal_fen(self) -> int:
        """The principal repaid, which is the loan (本金合计)."""
        return sum(self.split.principal_fen)

    @property
    def interest_fen(self) -> int:
        """The interest paid (利息合计)."""
        return sum(self.split.interest_fen)

    @property
    def total_fen(self) -> int:
        """Principal and interest (本息合计)."""
        return self.principal_fen + self.interest_fen


def build_schedule(loan: LoanTerms, *, is_working_day: IsWorkingDay = is_weekday) -> Schedule:
    """Build the schedule of a loan (生成还款计划).

    A due day that is not a working day is moved as `loan.shift` says, never before the drawdown. By act/360 and act/365
    interest runs to the moved day; by 30/360 it does not change. Raises BadAmount, BadRate or BadRequest.
    """
    check_loan(
        loan.principal_fen,
        rate=loan.rate,
        months=loan.months,
        method=loan.method,
        every=loan.every,
        grace_months=loan.grace_months,
    )
    if loan.due_day is not None and not 1 <= loan.due_day <= _LAST_DAY_OF_MONTH:
        raise BadRequest(f"due-day must be a day of the month, 1 to 31; got {loan.due_day}", field="due-day")
    after = due_months(loan.months, method=loan.method, every=loan.every)
    due_days = _due_days(loan, after=after, is_working_day=is_working_day)
    days = _period_days(loan, after=after, due_days=due_days)
    split = split_payments(
        loan.principal_fen,
        rate=loan.rate,
        method=loan.method,
        days=days,
        year_days=year_days(loan.day_count),
        grace=sum(x <= loan.grace_months for x in after),
    )
    installments = tuple(
        Installment(number, due_on, count, principal, interest, principal + interest, balance - principal)
        for number, (due_on, count, principal, interest, balance) in enumerate(
            zip(due_days, days, split.principal_fen, split.interest_fen, split.balance_fen, strict=True), start=1
        )
    )
    return Schedule(installments, split)


def _due_days(loan: LoanTerms, *, after: tuple[int, ...], is_working_day: IsWorkingDay) -> list[date]:
    day = loan.due_day or loan.start.day
    first_of_month = loan.start.replace(day=1)
    plain = [day_of_month(add_months(first_of_month, months=x), day=day) for x in after[:-1]]
    plain.append(add_months(loan.start, months=loan.months))
    return [max(loan.start, shift_day(x, shift=loan.shift, is_working_day=is_working_day)) for x in plain]


def _period_days(loan: LoanTerms, *, after: tuple[int, ...], due_days: list[date]) -> list[int]:
    if loan.day_count is not DayCount.THIRTY_360:
        starts = [loan.start, *due_days[:-1]]
        return [(end - start).days for start, end in zip(starts, due_days, strict=True)]
    due_day = loan.due_day or loan.start.day
    nominal = [(0, loan.start.day), *((x, due_day) for x in after[:-1]), (loan.months, loan.start.day)]
    return [
        thirty_360_days(months - before, from_day=from_day, to_day=to_day)
        for (before, from_day), (months, to_day) in pairwise(nominal)
    ]
