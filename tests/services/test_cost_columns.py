"""The columns give what the rule gives."""

from datetime import date
from decimal import Decimal
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from huoshui.rules.cost import AllInCost, Fee, FinancedLoan, Refund, all_in_cost
from huoshui.services.cost_columns import all_in_costs
from huoshui.terms import DayCount, FeeBearer, RepaymentMethod

PLAIN: Final = FinancedLoan(
    50_000_000, 12, RepaymentMethod.EQUAL_INSTALLMENT, Decimal("0.0365"), fees=(Fee("guarantee_fee", 650_000, 0),)
)
CLOSE: Final = Decimal("1e-13")


@st.composite
def loans(draw: st.DrawFn) -> FinancedLoan:
    principal = draw(st.integers(10**4, 10**10))
    fees = draw(st.lists(st.builds(Fee, st.just("fee"), st.integers(0, principal // 3), st.just(0)), max_size=1))
    return FinancedLoan(
        principal, draw(st.sampled_from([2, 12, 36])),
        draw(st.sampled_from([x for x in RepaymentMethod if x is not RepaymentMethod.BULLET])),
        draw(st.decimals(min_value=Decimal("0.001"), max_value=Decimal(2), places=6)), fees=tuple(fees),
    )  # fmt: skip


def close(one: AllInCost, other: AllInCost) -> bool:
    pairs: list[tuple[Decimal, Decimal]] = [
        (one.all_in.nominal, other.all_in.nominal),
        (one.interest_rate, other.interest_rate),
    ]
    pairs += list(zip(one.fee_rates, other.fee_rates, strict=True))
    amounts = (one.interest_fen, one.fee_fen, one.subsidy_fen, one.naive)
    same = (other.interest_fen, other.fee_fen, other.subsidy_fen, other.naive)
    return (
        amounts == same
        and all(abs(a - b) <= max(abs(b), Decimal(1)) * CLOSE for a, b in pairs)
        and one.after_subsidy == one.all_in
    )


@given(st.lists(loans(), max_size=12))
def test_plain_loans_cost_what_the_rule_says(many: list[FinancedLoan]) -> None:
    for loan, found in zip(many, all_in_costs(many), strict=True):
        assert found is None or close(found, all_in_cost(loan))


def test_a_plain_loan_is_reckoned_by_columns_whatever_its_method_and_term() -> None:
    many = [
        FinancedLoan(10**7 + n, months, method, Decimal("0.05"), fees=PLAIN.fees[: n % 2])
        for n, (months, method) in enumerate(
            (months, method) for months in (2, 12, 60) for method in RepaymentMethod if method is not RepaymentMethod.BULLET
        )
    ]
    assert [x is not None for x in all_in_costs(many)] == [True] * 9


def test_what_is_not_plain_is_left_to_the_rule() -> None:
    def changed(**fields: object) -> FinancedLoan:
        kept = {x: getattr(PLAIN, x) for x in ("principal_fen", "months", "method", "rate", "fees")}
        return FinancedLoan(**{**kept, **fields})

    others = [
        None,
        changed(method=RepaymentMethod.BULLET),
        changed(rate=None, flat_monthly_rate=Decimal("0.005")),
        changed(rate=None),
        changed(flat_monthly_rate=Decimal("0.005")),
        changed(rate=Decimal(0)),
        changed(start=date(2025, 6, 13)),
        changed(day_count=DayCount.ACT_360),
        changed(every=3),
        changed(grace_months=3),
        changed(subsidies=(Refund(1, 12),)),
        changed(months=1),
        changed(months=601),
        changed(principal_fen=9_999, fees=()),
        changed(principal_fen=-(10**7), fees=()),
        changed(fees=PLAIN.fees * 2),
        changed(fees=(Fee("fee", 100, 1),)),
        changed(fees=(Fee("fee", -1, 0),)),
        changed(fees=(Fee("fee", 25_000_000, 0),)),
        changed(fees=(Fee("fee", 100, 0, FeeBearer.BANK),)),
    ]
    assert all_in_costs(others) == [None] * len(others)
    assert [x is None for x in all_in_costs([*others, PLAIN])] == [*[True] * len(others), False]
