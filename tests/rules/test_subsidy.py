"""Properties of the interest subsidy."""

import dataclasses
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.errors import BadAmount, BadChoice, BadRate, BadRequest, InputError, NoPolicy
from huoshui.money import to_fen
from huoshui.rules.span import Span
from huoshui.rules.subsidy import (
    OtherSubsidies,
    Programme,
    Reckoning,
    Repayment,
    Subsidy,
    SubsidyLoan,
    Window,
    interest_subsidy,
)
from huoshui.terms import AfterOverdue, DayCount, LoanUse, SubsidyLimit, SubsidyReason

START: Final = date(2025, 4, 1)
PROGRAMME: Final = Programme(
    (LoanUse.FIXED_ASSET,), None, True, Decimal("0.01"), None, None, 12, 1_000_000, 10_000, None,
    None, None, None, is_central=True, central_share=Decimal("0.9"),
)  # fmt: skip
LOAN: Final = SubsidyLoan(100_000_000, Decimal("0.04"), START, START, date(2026, 4, 1))
RECKONING: Final = Reckoning(DayCount.ACT_365, AfterOverdue.STOP)
days = st.integers(0, 900).map(lambda n: START + timedelta(days=n))
rates = st.decimals(min_value=0, max_value=Decimal("0.24"), places=4)
fen = st.integers(1, 10**11)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    begin = draw(days)
    return Span(begin, draw(st.none() | st.integers(0, 200).map(lambda n: begin + timedelta(days=n))))


@st.composite
def loans(draw: st.DrawFn) -> SubsidyLoan:
    principal = draw(fen)
    repaid = draw(st.lists(st.tuples(days, st.integers(1, principal)), max_size=3))
    repayments = tuple(Repayment(on, amount) for on, amount in repaid)
    if sum(x.amount_fen for x in repayments) > principal:
        repayments = repayments[:1]
    overdue = tuple(draw(st.lists(spans(), max_size=2)))
    return SubsidyLoan(principal, draw(rates), START, START, draw(days), repayments, overdue)


programmes = st.builds(
    Programme,
    uses=st.just((LoanUse.FIXED_ASSET,)), industries=st.none(), industries_complete=st.just(value=True),
    rate=rates, contract_share=st.none() | st.decimals(min_value=0, max_value=1, places=2), below_lpr_one_year=st.none(),
    term_months=st.integers(1, 36), principal_cap_yuan=st.none() | st.integers(0, 10**8),
    subsidy_cap_yuan=st.none() | st.integers(0, 10**6), small=st.none(), signed=st.none(), paid_out=st.none(),
    accrual=st.none(), is_central=st.booleans(), central_share=st.decimals(min_value=0, max_value=1, places=2),
)  # fmt: skip
reckonings = st.builds(Reckoning, st.sampled_from([DayCount.ACT_365, DayCount.ACT_360]), st.sampled_from(AfterOverdue))
others = st.builds(OtherSubsidies, st.integers(0, 10**9), st.integers(0, 10**11), rates, st.booleans())


def subsidy(loan: SubsidyLoan = LOAN, **changed: Any) -> Subsidy:
    programme = dataclasses.replace(PROGRAMME, **changed.pop("programme", {}))
    reckoning = dataclasses.replace(RECKONING, **changed.pop("reckoning", {}))
    return interest_subsidy(dataclasses.replace(loan, **changed), programme=programme, reckoning=reckoning)


def balance_days(loan: SubsidyLoan, *, end: date) -> int:
    """Fen times days from payment to the end, one day after another: the slow way to reckon."""
    return sum(
        loan.principal_fen - sum(x.amount_fen for x in loan.repayments if x.on <= loan.paid_out_on + timedelta(days=n))
        for n in range((end - loan.paid_out_on).days)
    )


@given(loans(), programmes, reckonings, others)
def test_centre_and_province_add_up_to_the_subsidy(
    loan: SubsidyLoan, programme: Programme, reckoning: Reckoning, other: OtherSubsidies
) -> None:
    found = interest_subsidy(loan, programme=programme, reckoning=reckoning, other=other)
    assert found.central_fen + found.provincial_fen == found.subsidy_fen
    assert found.central_fen == to_fen(found.subsidy_fen * programme.central_share)
    assert min(found.central_fen, found.provincial_fen) >= 0


@given(loans(), programmes, reckonings, others)
def test_the_subsidy_never_exceeds_a_cap_nor_the_interest_that_is_left_to_pay(
    loan: SubsidyLoan, programme: Programme, reckoning: Reckoning, other: OtherSubsidies
) -> None:
    found = interest_subsidy(loan, programme=programme, reckoning=reckoning, other=other)
    year = 365 if reckoning.day_count is DayCount.ACT_365 else 360
    left = max(Decimal(0), loan.contract_rate - other.rate)
    assert found.subsidy_fen <= to_fen(balance_days(loan, end=loan.until) * left / year)
    if programme.subsidy_cap_yuan is not None:
        assert found.subsidy_fen <= max(0, programme.subsidy_cap_yuan * 100 - other.granted_fen)
    if programme.principal_cap_yuan is not None and programme.rate is not None:
        counted = max(0, programme.principal_cap_yuan * 100 - other.principal_fen)
        assert found.subsidy_fen <= to_fen(counted * programme.rate * found.days / year)


@given(loans(), st.integers(0, 10**9), programmes, reckonings, others)
def test_more_principal_is_never_less_subsidy(
    loan: SubsidyLoan, more: int, programme: Programme, reckoning: Reckoning, other: OtherSubsidies
) -> None:
    larger = dataclasses.replace(loan, principal_fen=loan.principal_fen + more)
    given_more = interest_subsidy(larger, programme=programme, reckoning=reckoning, other=other)
    assert given_more.subsidy_fen >= interest_subsidy(loan, programme=programme, reckoning=reckoning, other=other).subsidy_fen


@given(loans(), programmes, reckonings)
def test_an_overdue_day_never_adds_subsidy(loan: SubsidyLoan, programme: Programme, reckoning: Reckoning) -> None:
    clean = dataclasses.replace(loan, overdue=())
    paid, overdue = (interest_subsidy(x, programme=programme, reckoning=reckoning) for x in (clean, loan))
    assert overdue.subsidy_fen <= paid.subsidy_fen
    assert overdue.days <= paid.days


@given(loans(), programmes)
def test_stopping_never_gives_more_than_resuming(loan: SubsidyLoan, programme: Programme) -> None:
    stop, resume = (
        interest_subsidy(loan, programme=programme, reckoning=Reckoning(DayCount.ACT_365, x))
        for x in (AfterOverdue.STOP, AfterOverdue.RESUME)
    )
    assert stop.subsidy_fen <= resume.subsidy_fen


@given(loans())
def test_the_sum_is_the_one_of_day_after_day(loan: SubsidyLoan) -> None:
    loan = dataclasses.replace(loan, overdue=(), contract_rate=Decimal("0.24"))
    found = interest_subsidy(
        loan, programme=dataclasses.replace(PROGRAMME, principal_cap_yuan=None, subsidy_cap_yuan=None, term_months=36),
        reckoning=RECKONING,
    )  # fmt: skip
    assert found.subsidy_fen == to_fen(balance_days(loan, end=loan.until) * Decimal("0.01") / 365)


def test_the_first_day_counts_and_the_last_does_not() -> None:
    assert [subsidy(until=START + timedelta(days=n)).days for n in (1, 2, 365)] == [1, 2, 365]


def test_a_loan_that_ends_on_its_first_day_has_no_day() -> None:
    found = subsidy(until=START)
    assert (found.eligible, [x.code for x in found.reasons]) == (False, [SubsidyReason.NO_DAYS])


def test_the_sum_is_rounded_once_and_half_up() -> None:
    found = [subsidy(principal_fen=n * 365, until=START + timedelta(days=1)).subsidy_fen for n in (49, 50, 149, 150)]
    assert found == [0, 1, 1, 2]


def test_windows_hold_their_first_and_last_day() -> None:
    window = Window(START, START + timedelta(days=2))
    found = [
        subsidy(paid_out_on=START + timedelta(days=n), programme={"paid_out": window}).eligible for n in (0, 2, 3)
    ]
    assert found == [True, True, False]


def test_an_open_window_has_no_last_day() -> None:
    assert date.max in Window(START)
    assert START - timedelta(days=1) not in Window(START)


def test_an_industry_outside_a_complete_list_is_out() -> None:
    found = {
        industry: [x.code for x in subsidy(industry=industry, programme={"industries": ("61", "62")}).reasons]
        for industry in ("6210", "H62", "5211")
    }
    assert found == {
        "6210": [SubsidyReason.ELIGIBLE], "H62": [SubsidyReason.ELIGIBLE], "5211": [SubsidyReason.INDUSTRY_NOT_COVERED],
    }  # fmt: skip


def test_every_reason_that_holds_is_given() -> None:
    later = Window(date(2030, 1, 1))
    found = subsidy(
        use=LoanUse.CONSUMER, until=START, programme={"signed": later, "paid_out": later}, reckoning={"not_in_force_on": START}
    )
    assert [x.code for x in found.reasons] == [
        SubsidyReason.NOT_IN_FORCE, SubsidyReason.SIGNED_OUTSIDE, SubsidyReason.PAID_OUT_OUTSIDE, SubsidyReason.USE_NOT_COVERED,
        SubsidyReason.NO_DAYS,
    ]  # fmt: skip
    assert found.reasons[1].zh == "合同签订日不在政策期内（2025-04-01, 2030-01-01..）"


def test_when_the_cap_on_principal_is_used_up_nothing_is_left_but_the_loan_stays_eligible() -> None:
    found = interest_subsidy(LOAN, programme=PROGRAMME, reckoning=RECKONING, other=OtherSubsidies(principal_fen=100_000_000))
    assert (found.eligible, found.subsidy_fen, found.limits_hit) == (True, 0, (SubsidyLimit.PRINCIPAL_CAP,))


def test_a_rate_that_cannot_be_reckoned_is_no_rate_of_zero() -> None:
    with pytest.raises(NoPolicy):
        subsidy(programme={"rate": None, "below_lpr_one_year": Decimal("0.015")})


@pytest.mark.parametrize(
    ("changed", "error", "field"),
    [
        ({"principal_fen": 0}, BadAmount, "principal"),
        ({"contract_rate": Decimal("-0.01")}, BadRate, "contract-rate"),
        ({"paid_out_on": START - timedelta(days=1)}, BadRequest, "paid-out"),
        ({"until": START - timedelta(days=1)}, BadRequest, "until"),
        ({"overdue": (Span(START - timedelta(days=1)),)}, BadRequest, "overdue"),
        ({"repayments": (Repayment(START - timedelta(days=1), 1),)}, BadRequest, "repayment"),
        ({"repayments": (Repayment(START, 0),)}, BadRequest, "repayment"),
        ({"repayments": (Repayment(START, 100_000_001),)}, BadRequest, "repayment"),
        ({"reckoning": {"day_count": DayCount.THIRTY_360}}, BadChoice, "day-count"),
    ],
)
def test_a_loan_that_contradicts_itself_is_refused(changed: dict[str, Any], error: type[InputError], field: str) -> None:
    with pytest.raises(error) as refused:
        subsidy(**changed)
    assert refused.value.field == field


def test_what_was_granted_cannot_be_negative() -> None:
    with pytest.raises(BadAmount):
        interest_subsidy(LOAN, programme=PROGRAMME, reckoning=RECKONING, other=OtherSubsidies(granted_fen=-1))
