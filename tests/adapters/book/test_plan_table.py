"""The plan as a table: profits to the fen as the rule has them, decimals as they are, words for every reason."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from huoshui.adapters.book.plan_table import REASONS, Plan, earned, evidence_of, plan_table, used_fen
from huoshui.adapters.book.ratings_file import UNKNOWN, read_ratings
from huoshui.rules.book import BookReason, LoanCosts, expected_profit_fen, highest_pd
from huoshui.terms import BudgetReading
from tests.adapters.book.small_book import CURVES, RATES, prices, terms

pds = st.integers(0, 10**9).map(lambda x: Decimal(x).scaleb(-9))
offer = st.tuples(pds, st.integers(0, 10**11), st.integers(0, len(RATES) - 1), st.integers(0, 1))


@given(st.lists(offer, min_size=1, max_size=20), st.sampled_from(["1", "0.45", "0"]), st.sampled_from([0, 7, 50_000]))
def test_profits_in_columns_are_those_of_the_rule_to_the_fen(
    given_offers: list[tuple[Decimal, int, int, int]], lgd: str, cost: int
) -> None:
    pd, amount, rate, curve = zip(*given_offers, strict=True)
    table = pa.table({"firm_id": [f"{x:03}" for x in range(len(pd))], "pd": list(pd), "grade": ["A"] * len(pd)})
    some = LoanCosts(Decimal(lgd), cost_fen=cost)
    _, profit, _ = earned(
        read_ratings(table), amount=np.array(amount), rate=np.array(rate), curve=np.array(curve), prices=prices(),
        terms=terms(BudgetReading.DRAWN, lgd=lgd, cost=cost), costs=some,
    )  # fmt: skip
    curves = list(CURVES.values())
    wanted = [
        expected_profit_fen(a, rate=RATES[r], accepted=curves[c].accepted[r], pd=p, costs=some) if a else 0
        for p, a, r, c in given_offers
    ]
    assert profit.tolist() == wanted


@given(st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 5), st.integers(0, 1)), min_size=1, max_size=20))
def test_what_a_plan_uses_is_exact(given_offers: list[tuple[int, int, int]]) -> None:
    amount, rate, curve = map(np.array, zip(*given_offers, strict=True))
    curves = list(CURVES.values())
    drawn = sum((Fraction(a) * Fraction(curves[c].accepted[r]) for a, r, c in given_offers), Fraction(0))
    assert Fraction(used_fen(amount, rate=rate, curve=curve, prices=prices(), reading=BudgetReading.DRAWN)) == drawn
    assert used_fen(amount, rate=rate, curve=curve, prices=prices(), reading=BudgetReading.OFFERED) == int(amount.sum())


def test_the_evidence_in_columns_is_that_of_the_rule() -> None:
    some, shadow = LoanCosts(Decimal("0.45"), cost_fen=3_000), Decimal("0.012")
    high, curve = np.array([10**6, 10**8, 10**6, 10**8, 5]), np.array([0, 0, 1, UNKNOWN, 0])
    found = evidence_of(high, curve=curve, prices=prices(), shadow_price=shadow, reading=BudgetReading.DRAWN, costs=some)
    rule = [
        highest_pd(list(CURVES.values())[c], amount_fen=int(h), shadow_price=shadow, reading=BudgetReading.DRAWN, costs=some)
        for h, c in zip(high[:3], curve[:3], strict=True)
    ]
    assert found.tolist() == [*(int(x.scaleb(6)) for x in rule if x is not None), UNKNOWN, UNKNOWN]


def test_a_table_has_a_row_a_firm_with_decimals_and_words() -> None:
    ratings = read_ratings(pa.table({"firm_id": ["b", "a", "c"], "pd": ["0.01", "0.3", None], "grade": ["A", None, "B"]}))
    reasons = [REASONS.index(x) for x in (BookReason.NO_CURVE, BookReason.IN_PART, BookReason.PD_UNKNOWN)]
    zero = np.zeros(3, np.int64)
    plan = Plan(
        np.array([0, 5_000, 0]), np.array([-1, 2, -1]), np.array([-1, 0, 1]), np.array([7, 8, -1]), zero, np.array([0, 9, 0]),
        zero, np.array(reasons), np.array([-1, -1, 31_200]),
    )  # fmt: skip
    found = plan_table(ratings, plan, prices=prices()).to_pylist()
    assert [x["firm_id"] for x in found] == ["a", "b", "c"]
    assert [x["pd"] for x in found] == [Decimal("0.3"), Decimal("0.01"), None]
    assert [x["grade"] for x in found] == [None, "A", "B"]
    assert [x["rate"] for x in found] == [None, Decimal("0.06"), None]
    assert [x["acceptance"] for x in found] == [None, Decimal("0.6"), None]
    assert [x["limit_fen"] for x in found] == [7, 8, None]
    assert [x["reason"] for x in found] == ["W04", "F02", "W01"]
    assert found[1]["reason_zh"] == "额度内部分安排"
    assert [x["pd_to_fund"] for x in found] == [None, None, Decimal("0.0312")]
