"""Properties of repayment schedules, and a second reckoning with exact fractions."""

import dataclasses
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.errors import BadAmount, BadRate, BadRequest, InputError
from huoshui.rules.amortization import MAX_MONTHS
from huoshui.rules.schedule import LoanTerms, Schedule, build_schedule
from huoshui.terms import BusinessDayShift, DayCount, RepaymentMethod

LOAN: Final = LoanTerms(120_000_000, Decimal("0.0385"), 12, RepaymentMethod.EQUAL_INSTALLMENT, date(2025, 6, 13))
AMORTIZING: Final = (RepaymentMethod.EQUAL_INSTALLMENT, RepaymentMethod.EQUAL_PRINCIPAL)
BASES: Final = {DayCount.ACT_360: 360, DayCount.ACT_365: 365, DayCount.THIRTY_360: 360}


@st.composite
def loans(draw: st.DrawFn, most_months: int = 60) -> LoanTerms:
    months = draw(st.integers(1, most_months))
    method = draw(st.sampled_from(RepaymentMethod))
    return LoanTerms(
        draw(st.integers(1, 10**11)), draw(st.decimals(min_value=0, max_value=Decimal("0.36"), places=4)), months, method,
        draw(st.dates(date(2015, 1, 1), date(2035, 12, 31))), draw(st.sampled_from(DayCount)),
        draw(st.integers(0, months - 1)) if method in AMORTIZING else 0, draw(st.none() | st.integers(1, 31)),
        draw(st.integers(1, months)), draw(st.sampled_from(BusinessDayShift)),
    )  # fmt: skip


def rounded(value: Fraction) -> int:
    return int(value + Fraction(1, 2))


@given(loans())
def test_the_principal_parts_add_up_to_the_loan_and_nothing_is_left(loan: LoanTerms) -> None:
    found = build_schedule(loan)
    assert sum(x.principal_fen for x in found.installments) == loan.principal_fen == found.principal_fen
    assert found.installments[-1].balance_fen == 0
    assert found.total_fen == sum(x.total_fen for x in found.installments)
    assert all(x.principal_fen >= 0 and x.interest_fen >= 0 and x.balance_fen >= 0 for x in found.installments)


@given(loans())
def test_the_balance_falls_by_the_principal_of_each_installment(loan: LoanTerms) -> None:
    balance = loan.principal_fen
    for number, x in enumerate(build_schedule(loan).installments, start=1):
        assert (x.number, x.balance_fen, x.total_fen) == (number, balance - x.principal_fen, x.principal_fen + x.interest_fen)
        balance = x.balance_fen


@given(loans())
def test_interest_is_balance_times_rate_times_days_rounded_once(loan: LoanTerms) -> None:
    balance = loan.principal_fen
    for x in build_schedule(loan).installments:
        assert x.interest_fen == rounded(Fraction(loan.rate) * balance * x.days / BASES[loan.day_count])
        balance = x.balance_fen


@given(loans())
def test_due_days_follow_each_other_and_actual_days_are_those_between_them(loan: LoanTerms) -> None:
    found = build_schedule(loan).installments
    dates = [loan.start, *(x.due_on for x in found)]
    assert dates == sorted(dates)
    if loan.day_count is not DayCount.THIRTY_360:
        assert [x.days for x in found] == [(b - a).days for a, b in pairwise(dates)]


@given(loans())
def test_thirty_360_counts_thirty_days_a_month_over_the_whole_loan(loan: LoanTerms) -> None:
    found = build_schedule(dataclasses.replace(loan, day_count=DayCount.THIRTY_360))
    assert sum(x.days for x in found.installments) == 30 * loan.months


@given(loans())
def test_there_are_as_many_installments_as_periods(loan: LoanTerms) -> None:
    bullet = loan.method is RepaymentMethod.BULLET
    assert len(build_schedule(loan).installments) == (1 if bullet else -(-loan.months // loan.every))


@given(loans(), st.integers(1, 10**6))
def test_a_higher_rate_never_costs_less_interest(loan: LoanTerms, more: int) -> None:
    dearer = dataclasses.replace(loan, rate=loan.rate + Decimal(more).scaleb(-6))
    assert build_schedule(dearer).interest_fen >= build_schedule(loan).interest_fen - len(build_schedule(loan).installments)


@given(loans(most_months=36))
def test_equal_installments_are_equal_but_for_the_last_and_the_grace(loan: LoanTerms) -> None:
    """The level payment is the whole fen that leaves the unrounded balance after the last payment nearest to zero."""
    loan = dataclasses.replace(
        loan, method=RepaymentMethod.EQUAL_INSTALLMENT, principal_fen=max(loan.principal_fen, 10**6), due_day=None,
        shift=BusinessDayShift.NONE,
    )  # fmt: skip
    found = build_schedule(loan).installments
    paying = [x for x in found if loan.every * x.number > loan.grace_months or x.number == len(found)]
    growths = [1 + Fraction(loan.rate) * x.days / BASES[loan.day_count] for x in paying]
    value, discount = Fraction(0), Fraction(1)
    for growth in growths:
        discount /= growth
        value += discount
    level = rounded(loan.principal_fen / value)
    assert {x.total_fen for x in paying[:-1]} <= {level}
    drift = level - paying[-1].total_fen
    assert abs(drift) <= len(paying) * (1 / discount)


def test_odd_periods_that_outgrow_the_level_payment_never_raise_the_balance() -> None:
    """A first period of fifty-nine days at 3,000 per cent bears more interest than the level payment."""
    loan = LoanTerms(10**8, Decimal(30), 36, RepaymentMethod.EQUAL_INSTALLMENT, date(2025, 7, 1), due_day=31)
    found = build_schedule(loan).installments
    assert found[0].days == 61
    assert found[0].principal_fen == 0
    assert found[-1].balance_fen == 0


def schedule(**changed: Any) -> Schedule:
    return build_schedule(dataclasses.replace(LOAN, **changed))


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"principal_fen": 0}, BadAmount, "the principal must be more than zero; expected yuan such as 500000"),
        ({"rate": Decimal("-0.01")}, BadRate, "the rate must not be negative; got -0.01"),
        ({"months": 0}, BadRequest, f"months must be 1 to {MAX_MONTHS}; got 0"),
        ({"months": 601}, BadRequest, f"months must be 1 to {MAX_MONTHS}; got 601"),
        ({"every": 13}, BadRequest, "every must be 1 to the loan's 12 months; got 13"),
        ({"every": 0}, BadRequest, "every must be 1 to the loan's 12 months; got 0"),
        ({"grace_months": 12}, BadRequest, "grace-months must be fewer than the 12 months; got 12"),
        ({"due_day": 32}, BadRequest, "due-day must be a day of the month, 1 to 31; got 32"),
        ({"due_day": 0}, BadRequest, "due-day must be a day of the month, 1 to 31; got 0"),
        (
            {"grace_months": 1, "method": RepaymentMethod.BULLET}, BadRequest,
            "bullet repays the principal at the end; leave out grace-months",
        ),
    ],
)  # fmt: skip
def test_a_loan_that_cannot_be_repaid_as_asked_is_refused(
    changed: dict[str, Any], error: type[InputError], message: str
) -> None:
    with pytest.raises(error) as refused:
        schedule(**changed)
    assert refused.value.message == message


def test_a_due_day_never_falls_before_the_drawdown() -> None:
    """Drawn down on a holiday, due a day later on one, paid on the working day before: that would be before the drawdown."""
    found = schedule(
        start=date(2025, 5, 31), due_day=1, shift=BusinessDayShift.PRECEDING, method=RepaymentMethod.INTEREST_MONTHLY
    ).installments[0]
    assert (found.due_on, found.days, found.interest_fen) == (date(2025, 5, 31), 0, 0)
