"""A price: its lines add up to the rate, a bound says what it costs, and nothing is rounded but the rate."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.errors import BadPolicyFile
from huoshui.rules.cost import Fee, FinancedLoan, all_in_cost
from huoshui.rules.pricing import FeeTerms, PriceBound, PricingRule, PricingTerms, check_pricing, price_loan
from huoshui.terms import LoanArrangement, PriceItem, RepaymentMethod

TERMS: Final = PricingTerms(
    months=12,
    method=RepaymentMethod.INTEREST_MONTHLY,
    base="one_year",
    funds_spread=Decimal("-0.01"),
    loss_given_default=Decimal("0.45"),
    operating=Decimal("0.006"),
    capital_share=Decimal("0.08"),
    required_return=Decimal("0.10"),
    margin={"A": Decimal("0.003"), "B": Decimal("0.005")},
    tax_share=Decimal("0.06"),
    subsidy=Decimal(0),
    floor=Decimal("0.03"),
    floor_reason="lowest",
    ceiling=Decimal("0.15"),
    ceiling_reason="highest",
    arrangement=LoanArrangement.ORDINARY,
    least_margin=Decimal(0),
    step=Decimal("0.0001"),
)
RULE: Final = PricingRule(TERMS, Decimal("0.0300"))
PDS: Final = st.decimals(0, 1, places=6)


def rule(**changes: Any) -> PricingRule:
    return replace(RULE, terms=replace(TERMS, **changes))


def test_a_worked_example() -> None:
    # 0.02 funds + 0.02 x 0.45 loss + 0.006 + 0.008 capital + 0.003 margin = 0.046; / 0.94 = 0.048936..., to 0.0489
    found = price_loan(Decimal("0.02"), letter="A", rule=RULE)
    assert (found.built, found.rate, found.bound) == (Decimal("0.0489"), Decimal("0.0489"), None)
    assert [(x.item, x.rate) for x in found.lines] == [
        (PriceItem.FUNDS, Decimal("0.0200")),
        (PriceItem.EXPECTED_LOSS, Decimal("0.0090")),
        (PriceItem.OPERATING, Decimal("0.006")),
        (PriceItem.CAPITAL, Decimal("0.0080")),
        (PriceItem.MARGIN, Decimal("0.003")),
        (PriceItem.TAX, Decimal("0.002934")),
        (PriceItem.ROUNDING, Decimal("-0.000034")),
        (PriceItem.BOUND, Decimal(0)),
    ]
    assert (found.is_covered, found.margin_left) == (True, Decimal("0.002966"))


@given(PDS, st.sampled_from("ABCD"))
def test_the_lines_add_up_to_the_rate(pd: Decimal, letter: str) -> None:
    found = price_loan(pd, letter=letter, rule=RULE)
    assert sum((x.rate for x in found.lines), Decimal(0)) == found.rate
    assert found.bound_cost == found.built - found.rate
    assert TERMS.floor is not None
    assert TERMS.ceiling is not None
    assert TERMS.floor <= found.rate <= TERMS.ceiling


@given(PDS, PDS)
def test_a_riskier_firm_never_pays_less(one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    assert price_loan(low, letter="A", rule=RULE).rate <= price_loan(high, letter="A", rule=RULE).rate


def test_a_ceiling_says_what_it_costs_and_a_loan_below_cost_is_not_covered() -> None:
    found = price_loan(Decimal("0.30"), letter="B", rule=RULE)
    assert (found.built, found.rate, found.bound, found.bound_reason) == (
        Decimal("0.1851"), Decimal("0.15"), PriceBound.CEILING, "highest",
    )  # fmt: skip
    assert (found.bound_cost, found.is_covered) == (Decimal("0.0351"), False)
    assert found.margin_left == Decimal("0.15") * Decimal("0.94") - Decimal("0.169")


def test_a_floor_gives_the_bank_more_than_it_asks_for() -> None:
    found = price_loan(Decimal(0), letter="A", rule=rule(funds_spread=Decimal("-0.03")))
    assert (found.rate, found.bound, found.bound_cost < 0, found.is_covered) == (Decimal("0.03"), PriceBound.FLOOR, True, True)


def test_without_fee_the_all_in_rate_is_the_contract_s() -> None:
    found = price_loan(Decimal("0.02"), letter="A", rule=RULE)
    assert abs(found.all_in_rate - found.rate) < Decimal("1e-6")
    assert found.net_rate == found.rate


def test_a_fee_enters_the_all_in_rate() -> None:
    found = price_loan(Decimal("0.02"), letter="A", rule=rule(fees=(FeeTerms("guarantee_fee", Decimal("0.013")),)))
    fee = Fee("guarantee_fee", 1_300_000, 0)
    loan = FinancedLoan(100_000_000, 12, RepaymentMethod.INTEREST_MONTHLY, Decimal("0.0489"), fees=(fee,))
    assert found.all_in_rate == all_in_cost(loan).all_in.nominal
    assert found.all_in_rate > found.rate


def test_a_subsidy_lowers_what_the_borrower_pays_and_not_the_contract() -> None:
    found = price_loan(Decimal("0.02"), letter="A", rule=rule(subsidy=Decimal("0.01")))
    assert (found.rate, found.net_rate, found.subsidy) == (Decimal("0.0489"), Decimal("0.0389"), Decimal("0.01"))
    assert found.all_in_after_subsidy < found.all_in_rate


@pytest.mark.parametrize("fee", ["0", "0.02", "0.05"])
def test_the_cap_on_the_all_in_cost_holds_with_its_fees(fee: str) -> None:
    terms = replace(TERMS, ceiling=None, fees=(FeeTerms("guarantee_fee", Decimal(fee)),))
    found = price_loan(Decimal("0.60"), letter="A", rule=PricingRule(terms, Decimal("0.03"), Decimal("0.24")))
    assert (found.bound, found.all_in_rate <= Decimal("0.24")) == (PriceBound.COST_CAP, True)
    assert found.all_in_rate > Decimal("0.2398")


def test_fees_that_alone_pass_the_cap_are_refused() -> None:
    terms = replace(TERMS, ceiling=None, fees=(FeeTerms("guarantee_fee", Decimal("0.3")),))
    with pytest.raises(BadPolicyFile, match="fees alone"):
        price_loan(Decimal("0.60"), letter="A", rule=PricingRule(terms, Decimal("0.03"), Decimal("0.24")))


@pytest.mark.parametrize(
    "wrong",
    [
        {"tax_share": Decimal(1)},
        {"loss_given_default": Decimal("1.1")},
        {"step": Decimal(0)},
        {"floor": Decimal("0.2")},
        {"operating": Decimal("-0.01")},
    ],
)
def test_terms_that_contradict_themselves_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadPolicyFile):
        check_pricing(rule(**wrong))
