"""Properties of the all-in cost."""

import dataclasses
from datetime import date
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.errors import BadAmount, BadRate, BadRequest, InputError
from huoshui.rules.amortization import due_months
from huoshui.rules.cost import AllInCost, Fee, FinancedLoan, Refund, all_in_cost
from huoshui.rules.schedule import LoanTerms, build_schedule
from huoshui.terms import DayCount, FeeBearer, RepaymentMethod

LOAN: Final = FinancedLoan(50_000_000, 12, RepaymentMethod.EQUAL_INSTALLMENT, Decimal("0.0365"))
FEE: Final = Fee("guarantee_fee", 650_000, 0)
START: Final = date(2025, 6, 13)
OTHERS: Final = (FeeBearer.BANK, FeeBearer.GUARANTOR, FeeBearer.GOVERNMENT)
ALMOST: Final = Decimal("1e-12")
rates = st.decimals(min_value=0, max_value=Decimal("0.36"), places=4)
bearers = st.sampled_from(FeeBearer)


@st.composite
def loans(draw: st.DrawFn) -> FinancedLoan:
    months = draw(st.integers(1, 36))
    principal = draw(st.integers(10**6, 10**10))
    fees = draw(st.lists(
        st.builds(Fee, st.just("fee"), st.integers(0, principal // 20), st.integers(0, months), bearers), max_size=3,
    ))  # fmt: skip
    start = draw(st.none() | st.just(START))
    flat = draw(st.none() | st.decimals(min_value=0, max_value=Decimal("0.02"), places=4))
    return FinancedLoan(
        principal, months, draw(st.sampled_from(RepaymentMethod)), draw(rates) if flat is None else None, flat,
        draw(st.integers(1, months)), 0, start, draw(st.sampled_from(DayCount)) if start else None, tuple(fees),
    )  # fmt: skip


def cost(loan: FinancedLoan = LOAN, **changed: Any) -> AllInCost:
    return all_in_cost(dataclasses.replace(loan, **changed))


@given(loans())
def test_at_the_cost_what_the_borrower_gets_is_worth_what_he_pays(loan: FinancedLoan) -> None:
    """The flows are put together here once more, from the schedule and the fees, and valued at the rate a little off."""
    if loan.rate is None:
        return
    start, day_count = loan.start or START, loan.day_count or DayCount.THIRTY_360
    schedule = build_schedule(
        LoanTerms(loan.principal_fen, loan.rate, loan.months, loan.method, start, day_count, every=loan.every)
    )
    flows = [(0, loan.principal_fen)]
    due = due_months(loan.months, method=loan.method, every=loan.every)
    flows += [(month, -x.total_fen) for month, x in zip(due, schedule.installments, strict=True)]
    flows += [(x.month, -x.amount_fen) for x in loan.fees if x.bearer is FeeBearer.BORROWER]
    if loan.start:
        ends = {0: start} | {month: x.due_on for month, x in zip(due, schedule.installments, strict=True)}
        if any(month not in ends for month, _ in flows):
            return
        flows = [((ends[month] - start).days, fen) for month, fen in flows]
    found = all_in_cost(loan).all_in
    step = found.effective + 1
    unit = Decimal(365 if loan.start else 12)
    below, above = (
        sum(fen / (step + nudge) ** (period / unit) for period, fen in flows) for nudge in (-Decimal("1e-10"), Decimal("1e-10"))
    )
    assert below <= 0 <= above


@given(st.integers(10**6, 10**10), rates, st.integers(1, 60), st.sampled_from(RepaymentMethod))
def test_without_fees_a_loan_costs_its_contract_rate(
    principal: int, rate: Decimal, months: int, method: RepaymentMethod
) -> None:
    """Only rounding to fen stands between: half a fen an installment, measured on the principal in use."""
    if method is RepaymentMethod.BULLET:
        months = 1
    found = cost(principal_fen=principal, rate=rate, months=months, method=method)
    schedule = build_schedule(LoanTerms(principal, rate, months, method, START, DayCount.THIRTY_360)).installments
    fen_months = sum(x.principal_fen + x.balance_fen for x in schedule)
    tolerance = Decimal(12 * months) / fen_months * (1 + rate / 12) ** months + ALMOST
    assert abs(found.all_in.nominal - rate) <= tolerance
    assert abs(found.interest_rate - rate) <= tolerance
    assert found.naive == rate


@given(loans(), st.integers(1, 10**4), st.integers(0, 36))
def test_a_further_fee_never_makes_a_loan_cheaper(loan: FinancedLoan, amount: int, month: int) -> None:
    more = Fee("more", amount, min(month, loan.months))
    with_it, without = cost(loan, fees=(*loan.fees, more)), cost(loan)
    assert with_it.all_in.nominal > without.all_in.nominal
    assert with_it.fee_rates[-1] > 0
    rounding = Decimal(24 * loan.months) / loan.principal_fen
    assert abs(with_it.all_in.nominal - without.all_in.nominal - with_it.fee_rates[-1]) <= rounding
    assert with_it.naive > without.naive


@given(loans(), st.sampled_from(OTHERS), st.integers(0, 10**6), st.integers(0, 36))
def test_what_somebody_else_bears_does_not_change_the_borrower_s_cost(
    loan: FinancedLoan, bearer: FeeBearer, amount: int, month: int
) -> None:
    more = Fee("more", amount, min(month, loan.months), bearer)
    with_it, without = cost(loan, fees=(*loan.fees, more)), cost(loan)
    assert with_it.fee_rates == (*without.fee_rates, 0)
    assert dataclasses.replace(with_it, fee_rates=()) == dataclasses.replace(without, fee_rates=())


@given(loans(), st.integers(1, 10**4), st.integers(0, 36))
def test_a_subsidy_makes_a_loan_cheaper_and_leaves_the_cost_before_it(loan: FinancedLoan, amount: int, month: int) -> None:
    amount = min(amount, cost(loan).interest_fen)
    if amount == 0:
        return
    helped = cost(loan, subsidies=(Refund(amount, min(month, loan.months)),))
    assert helped.after_subsidy.nominal < helped.all_in.nominal
    assert helped.all_in == cost(loan).all_in
    assert helped.subsidy_fen == amount


@given(loans())
def test_effective_is_nominal_compounded(loan: FinancedLoan) -> None:
    found = all_in_cost(loan).all_in
    assert found.effective == (1 + found.monthly) ** 12 - 1
    assert found.nominal == 12 * found.monthly
    assert found.effective >= found.nominal - ALMOST


@given(loans())
def test_amounts_add_up(loan: FinancedLoan) -> None:
    found = all_in_cost(loan)
    assert found.fee_fen == sum(x.amount_fen for x in loan.fees if x.bearer is FeeBearer.BORROWER)
    yearly = loan.rate if loan.rate is not None else 12 * (loan.flat_monthly_rate or 0)
    assert found.naive == yearly + Decimal(12 * found.fee_fen) / (loan.principal_fen * loan.months)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"every": 3},
        {"method": RepaymentMethod.BULLET},
        {"start": START},
        {"rate": None, "flat_monthly_rate": Decimal("0.005")},
    ],
)
def test_interest_costs_what_the_loan_costs_without_fees(changed: dict[str, Any]) -> None:
    assert cost(fees=(FEE,), **changed).interest_rate == cost(**changed).all_in.nominal


def test_each_fee_s_part_is_the_cost_with_it_minus_the_cost_without_it() -> None:
    late = Fee("notary_fee", 30_000, 6)
    both, first, second = cost(fees=(FEE, late)), cost(fees=(FEE,)), cost(fees=(late,))
    parts = (both.all_in.nominal - second.all_in.nominal, both.all_in.nominal - first.all_in.nominal)
    assert both.fee_rates == parts


def test_a_fee_given_twice_counts_twice() -> None:
    twice = cost(fees=(FEE, FEE))
    assert twice.fee_fen == 1_300_000
    assert twice.fee_rates[0] == twice.fee_rates[1] == twice.all_in.nominal - cost(fees=(FEE,)).all_in.nominal


def test_the_sum_of_rate_and_fees_understates_a_loan_that_amortises() -> None:
    found = cost(fees=(FEE,))
    assert found.all_in.nominal - found.naive > Decimal("0.01")


def test_a_grace_period_leaves_the_fee_more_time() -> None:
    assert cost(fees=(FEE,), grace_months=6).all_in.nominal < cost(fees=(FEE,)).all_in.nominal


def test_a_flat_rate_is_interest_on_the_original_principal_every_month() -> None:
    found = cost(rate=None, flat_monthly_rate=Decimal("0.005"), method=RepaymentMethod.EQUAL_PRINCIPAL, every=3)
    assert (found.interest_fen, found.naive) == (3_000_000, Decimal("0.06"))


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"rate": None}, BadRequest, "expected either rate or flat-monthly-rate, one of the two"),
        ({"flat_monthly_rate": Decimal(0)}, BadRequest, "expected either rate or flat-monthly-rate, one of the two"),
        ({"day_count": DayCount.ACT_365}, BadRequest, "act/365 counts days from the drawdown; give from as well"),
        ({"principal_fen": 0}, BadAmount, "the principal must be more than zero; expected yuan such as 500000"),
        ({"rate": Decimal(-1)}, BadRate, "the rate must not be negative; got -1"),
        (
            {"fees": (Fee("fee", 1, 13),)}, BadRequest,
            "a fee must be zero or more and fall 0 to 12 months after the drawdown; got 1 fen at 13",
        ),
        (
            {"fees": (Fee("fee", -1, 0),)}, BadRequest,
            "a fee must be zero or more and fall 0 to 12 months after the drawdown; got -1 fen at 0",
        ),
        (
            {"subsidies": (Refund(1, 13),)}, BadRequest,
            "a subsidy must be zero or more and fall 0 to 12 months after the drawdown; got 1 fen at 13",
        ),
        (
            {"subsidies": (Refund(994_000, 12), Refund(45, 6))}, BadRequest,
            "subsidies of 994045 fen are more than the loan costs; expected at most its interest and fees, 994044 fen",
        ),
        (
            {"fees": (Fee("fee", 50_000_000, 0),)}, BadRequest,
            "no rate exists: fees at the drawdown eat up the principal; expected less than it",
        ),
    ],
)  # fmt: skip
def test_a_loan_that_makes_no_sense_is_refused(changed: dict[str, Any], error: type[InputError], message: str) -> None:
    with pytest.raises(error) as refused:
        cost(**changed)
    assert refused.value.message == message
