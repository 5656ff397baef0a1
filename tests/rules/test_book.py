"""What an offer is expected to earn, and which rates can be best."""

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from huoshui.errors import BadAmount, BadRate
from huoshui.rules.book import LoanCosts, check_costs, expected_loss_fen, expected_profit_fen, highest_pd, price_ladder
from huoshui.rules.churn import Curve
from huoshui.terms import BudgetReading

CASES: Final[list[dict[str, Any]]] = yaml.safe_load(
    (Path(__file__).parents[1] / "cases" / "book.yaml").read_text(encoding="utf-8")
)
shares = st.integers(0, 1000).map(lambda x: Decimal(x) / 1000)
rates = st.integers(1, 300).map(lambda x: Decimal(x) / 1000)
costs = st.builds(LoanCosts, shares, rates, rates, st.integers(0, 10**6))


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    points = draw(st.dictionaries(rates, shares, min_size=1, max_size=8))
    return Curve(tuple(sorted(points)), tuple(sorted(points.values(), reverse=True)))


def margin(rate: Decimal, share: Decimal, *, pd: Decimal, burden: Fraction) -> Fraction:
    return Fraction(share) * (Fraction(rate) * (1 - Fraction(pd)) - burden)


@pytest.mark.parametrize("case", CASES, ids=lambda x: x["name"])
def test_worked_offers_earn_what_is_written(case: dict[str, Any]) -> None:
    lgd, funds_rate, cost_rate = (Decimal(case[x]) for x in ("lgd", "funds_rate", "cost_rate"))
    given_costs = LoanCosts(lgd, funds_rate, cost_rate, case["cost_fen"])
    rate, accepted, pd = (Decimal(case[x]) for x in ("rate", "accepted", "pd"))
    assert expected_profit_fen(case["amount_fen"], rate=rate, accepted=accepted, pd=pd, costs=given_costs) == case["profit_fen"]
    assert expected_loss_fen(case["amount_fen"], accepted=accepted, pd=pd, costs=given_costs) == Fraction(case["loss_fen"])


@given(st.integers(1, 10**11), rates, shares, shares, costs)
def test_a_refused_offer_earns_and_loses_nothing(
    amount: int, rate: Decimal, pd: Decimal, lgd: Decimal, some: LoanCosts
) -> None:
    assert expected_profit_fen(amount, rate=rate, accepted=Decimal(0), pd=pd, costs=some) == 0
    assert expected_loss_fen(amount, accepted=Decimal(0), pd=pd, costs=LoanCosts(lgd)) == 0


@given(curves(), shares.filter(lambda x: x < 1), shares)
def test_the_best_rate_for_a_firm_stands_on_the_ladder_of_its_grade(curve: Curve, pd: Decimal, extra: Decimal) -> None:
    burden = Fraction(pd) + Fraction(extra)
    earned = [margin(r, k, pd=pd, burden=burden) for r, k in zip(curve.rates, curve.accepted, strict=True)]
    on_ladder = [earned[x] for x in price_ladder(curve)]
    assert max([Fraction(0), *on_ladder]) == max([Fraction(0), *earned])


@given(curves())
def test_the_edges_of_a_ladder_become_flatter(curve: Curve) -> None:
    points = [(Fraction(0), Fraction(0))]
    points += [
        (Fraction(curve.accepted[x]), Fraction(curve.accepted[x]) * Fraction(curve.rates[x])) for x in price_ladder(curve)
    ]
    slopes = [(y - b) / (x - a) for (a, b), (x, y) in pairwise(points)]
    assert slopes == sorted(slopes, reverse=True)
    assert len(set(slopes)) == len(slopes)


@given(curves(), st.integers(10**6, 10**9), st.sampled_from(BudgetReading), st.integers(0, 100), costs)
def test_just_below_the_highest_pd_an_offer_pays_and_just_above_none_does(
    curve: Curve, amount: int, reading: BudgetReading, price: int, some: LoanCosts
) -> None:
    shadow = Decimal(price) / 1000
    pd = highest_pd(curve, amount_fen=amount, shadow_price=shadow, reading=reading, costs=some)

    def surplus(at: Decimal) -> Fraction:
        fixed = Fraction(some.funds_rate) + Fraction(some.cost_rate) + Fraction(some.cost_fen, amount)
        found = [Fraction(-1)]
        for rate, share in zip(curve.rates, curve.accepted, strict=True):
            used = Fraction(share) if reading is BudgetReading.DRAWN else Fraction(1 if share else 0)
            if share:
                found.append(
                    margin(rate, share, pd=at, burden=Fraction(at) * Fraction(some.lgd) + fixed) - Fraction(shadow) * used
                )
        return max(found)

    if pd is None:
        assert surplus(Decimal(0)) <= 0
    else:
        assert surplus(pd) >= 0
        assert surplus(pd + Decimal("0.000001")) <= 0


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (LoanCosts(Decimal("1.1")), BadRate),
        (LoanCosts(Decimal(1), Decimal("-0.01")), BadRate),
        (LoanCosts(Decimal(1), Decimal(0), Decimal(2)), BadRate),
        (LoanCosts(cost_fen=-1), BadAmount),
    ],
)
def test_costs_that_cannot_be_are_refused(wrong: LoanCosts, error: type[Exception]) -> None:
    with pytest.raises(error):
        check_costs(wrong)
