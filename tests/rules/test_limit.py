"""A limit: the lowest method decides, each is shown with its value or its reason, and the sum is whole steps of whole fen."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from huoshui.errors import BadPolicyFile, BadRequest
from huoshui.rules.knock_out import Value
from huoshui.rules.limit import Limit, LimitGap, LimitReader, LimitTerms, WorkingCapitalTerms
from huoshui.rules.working_capital import Balances, Operation, estimate_working_capital
from huoshui.terms import DecisionReason, LimitMethod

CASES: Final = yaml.safe_load((Path(__file__).parents[1] / "cases" / "limit.yaml").read_text(encoding="utf-8"))
TERMS: Final = LimitTerms(
    least=10_000,
    step=10_000,
    product_cap={"A": 3_000_000, "B": 2_000_000, "C": 500_000},
    unknown_loans="not_known",
    deducted_from=frozenset({LimitMethod.WORKING_CAPITAL, LimitMethod.SALES_SHARE, LimitMethod.TAX_MULTIPLE}),
    sales_share={"A": Decimal("0.20"), "B": Decimal("0.15"), "C": Decimal("0.10")},
    tax_multiple={"A": Decimal(7), "B": Decimal(5), "M": Decimal(3)},
    two_year_mean=("M",),
    working_capital=WorkingCapitalTerms(90, None, Decimal("0.20"), Decimal("0.30")),
)
READER: Final = LimitReader(TERMS)
FEN: Final = st.one_of(st.none(), st.integers(-(10**9), 10**13))
FACTS: Final = st.fixed_dictionaries(
    {},
    optional={
        "sales_12m": FEN,
        "sales_yoy": st.one_of(st.none(), st.integers(-20_000, 50_000)),
        "profit_rate_declared": st.one_of(st.none(), st.integers(-20_000, 20_000)),
        "cash_cycle_days": st.one_of(st.none(), st.integers(-30, 400)),
        "tax_total_12m": FEN,
        "tax_total_24m": FEN,
        "tax_grade": st.one_of(st.none(), st.sampled_from(["", "A", "B", "M", "C", "D"])),
        "loan_balance": FEN,
    },
)


def values(found: Limit) -> dict[str, Any]:
    return {x.method.value: x.gap.value if x.gap else x.value_fen for x in found.lines}


@pytest.mark.parametrize("case", CASES, ids=lambda x: x["name"])
def test_worked_examples(case: dict[str, Any]) -> None:
    found = LimitReader(replace(TERMS, **case.get("terms", {}))).limit(case["facts"], letter=case["letter"])
    assert values(found) == case["methods"]
    assert (found.limit_fen, found.lowest.value) == (case["limit_fen"], case["lowest"])
    assert (found.reason.value if found.reason else None) == case.get("reason")


@given(FACTS, st.sampled_from("ABCD"))
def test_a_limit_is_whole_steps_and_never_above_any_method(facts: dict[str, Value], letter: str) -> None:
    found = READER.limit(facts, letter=letter)
    shown = [x.value_fen for x in found.lines if x.value_fen is not None]
    assert [x.method for x in found.lines] == list(LimitMethod)
    assert all((x.value_fen is None) is (x.gap is not None) for x in found.lines)
    if found.limit_fen:
        assert found.limit_fen % READER.step_fen == 0
        assert READER.least_fen <= found.limit_fen <= min(shown) < found.limit_fen + READER.step_fen
    else:
        assert found.reason is not None


@given(FACTS, st.sampled_from("ABC"), st.integers(0, 10**12))
def test_more_loans_never_raise_a_limit(facts: dict[str, Value], letter: str, more: int) -> None:
    owed = max(int(facts.get("loan_balance") or 0), 0)
    before = READER.limit({**facts, "loan_balance": owed}, letter=letter)
    after = READER.limit({**facts, "loan_balance": owed + more}, letter=letter)
    assert (after.limit_fen or 0) <= (before.limit_fen or 0)


@given(st.integers(10**6, 10**13), st.integers(0, 9_000), st.integers(-9_000, 2_000), st.integers(1, 360))
def test_the_need_is_that_of_the_bank_formula(sales: int, profit: int, growth: int, days: int) -> None:
    facts = {"sales_12m": sales, "profit_rate_declared": profit, "sales_yoy": growth, "cash_cycle_days": days}
    alone = LimitReader(replace(TERMS, working_capital=WorkingCapitalTerms(90, None, Decimal("0.20"), Decimal(0))))
    balances = Balances(Decimal(0), Decimal(sales * days) / 360, Decimal(0), Decimal(0), Decimal(0))
    formula = Operation(sales, 0, Decimal(profit) / 10_000, Decimal(growth) / 10_000, balances)
    need = estimate_working_capital(formula).need
    assert need is not None
    shown = alone.limit(facts, letter="A").lines[0].gross_fen
    assert shown is not None
    assert abs(shown - need.need_fen) <= 1  # the balance itself has no more than 28 digits


def test_a_required_method_that_is_missing_leaves_the_limit_unknown() -> None:
    reader = LimitReader(replace(TERMS, required=frozenset({LimitMethod.TAX_MULTIPLE})))
    found = reader.limit({"sales_12m": 10**10, "loan_balance": 0, "tax_grade": "C"}, letter="A")
    assert (found.limit_fen, found.reason) == (None, DecisionReason.LIMIT_UNKNOWN)
    assert found.lines[2].gap is LimitGap.NO_MULTIPLE


def test_the_cap_alone_is_no_reason_to_lend() -> None:
    found = READER.limit({"loan_balance": 0}, letter="A")
    assert (found.limit_fen, found.reason) == (None, DecisionReason.LIMIT_UNKNOWN)


def test_a_letter_without_a_cap_is_not_served() -> None:
    found = READER.limit({"sales_12m": 10**10, "loan_balance": 0}, letter="D")
    assert (found.limit_fen, found.reason) == (0, DecisionReason.GRADE)


def test_a_fact_that_is_no_whole_number_is_refused() -> None:
    with pytest.raises(BadRequest, match="sales_12m must be a whole number"):
        READER.limit({"sales_12m": "much"}, letter="A")


@pytest.mark.parametrize(
    "wrong",
    [
        {"step": 0},
        {"least": 15_000},
        {"product_cap": {"A": -1}},
        {"sales_share": {"A": Decimal("0.12345")}},
        {"working_capital": WorkingCapitalTerms(0, None, Decimal(0), Decimal(0))},
    ],
)
def test_terms_that_contradict_themselves_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadPolicyFile):
        LimitReader(replace(TERMS, **wrong))
