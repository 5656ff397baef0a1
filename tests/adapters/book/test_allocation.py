"""The plan of most profit: against every plan of small books, against HiGHS, and what holds for any book."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.adapters.book import allocation
from huoshui.adapters.book.allocation import Allocation, allocate
from huoshui.adapters.book.market import Applicants, prices_of
from huoshui.rules.churn import Curve
from huoshui.terms import BudgetReading
from tests.adapters.book.small_book import CURVES, best_of_all, firms, many_firms, prices, terms, worth
from tests.bench.bench_book import by_highs

readings = st.sampled_from(BudgetReading)
pds = st.integers(0, 400).map(lambda x: x / 1000)
highest = st.integers(10, 60).map(lambda x: x * 100)
firm = st.tuples(pds, highest, st.integers(0, 1))
small_firms = st.lists(firm, min_size=1, max_size=30)


def check(
    plan: Allocation, given_firms: Applicants, *, reading: BudgetReading, budget: int, step: int = 100, cost: int = 0
) -> None:
    """What every plan must keep."""
    some = terms(reading, step=step, cost=cost)
    profit, used = worth(given_firms, amount=plan.amount, rate=plan.rate, market=prices(), some=some)
    funded = plan.amount > 0
    assert used <= budget
    assert profit == pytest.approx(plan.value, rel=1e-9, abs=1e-6)
    assert plan.value <= plan.bound
    assert (plan.amount[funded] >= given_firms.low[funded]).all()
    assert (plan.amount <= given_firms.high).all()
    assert (plan.amount % step == 0).all()
    assert ((plan.rate >= 0) == funded).all()


@settings(max_examples=40)
@given(small_firms, readings, st.integers(1_000, 100_000), st.sampled_from([0, 20]))
def test_a_plan_keeps_the_budget_the_bounds_and_the_steps(
    given_firms: list[tuple[float, int, int]], reading: BudgetReading, budget: int, cost: int
) -> None:
    book = firms(*given_firms)
    plan = allocate(book, prices=prices(), terms=terms(reading, cost=cost), budget=budget)
    check(plan, book, reading=reading, budget=budget, cost=cost)


@given(st.lists(firm, min_size=1, max_size=3), readings, st.integers(1_000, 8_000))
def test_no_plan_of_all_passes_the_bound(
    given_firms: list[tuple[float, int, int]], reading: BudgetReading, budget: int
) -> None:
    book, some = firms(*given_firms), terms(reading, step=500)
    book = book.with_amounts(high=book.high // 500 * 500)
    plan = allocate(book, prices=prices(), terms=some, budget=budget)
    best = best_of_all(book, market=prices(), some=some, budget=budget)
    assert plan.value - 1e-6 <= best <= plan.bound + 1e-6


@pytest.mark.parametrize("reading", BudgetReading)
@pytest.mark.parametrize("lgd", ["1", "0.45"])
@pytest.mark.parametrize("seed", range(3))
def test_highs_finds_nothing_better(reading: BudgetReading, lgd: str, seed: int) -> None:
    book, some = many_firms(60, seed=seed), terms(reading, lgd=lgd, step=10_000)
    budget = int(book.high.sum() / (4 if reading is BudgetReading.OFFERED else 12))
    plan = allocate(book, prices=prices(), terms=some, budget=budget)
    theirs = by_highs(book, prices=prices(), terms=some, budget=budget)
    assert theirs <= plan.bound * (1 + 1e-9)
    assert plan.value >= theirs * (1 - 1e-3)


@pytest.mark.parametrize("reading", BudgetReading)
@pytest.mark.parametrize("count", [302, 5_000, 60_000])
def test_the_gap_is_below_a_hundredth_of_a_percent(reading: BudgetReading, count: int) -> None:
    book = many_firms(count)
    budget = int(book.high.sum() / (4 if reading is BudgetReading.OFFERED else 12))
    plan = allocate(book, prices=prices(), terms=terms(reading, step=10_000), budget=budget)
    check(plan, book, reading=reading, budget=budget, step=10_000)
    assert plan.bound - plan.value <= 1e-4 * plan.bound


@pytest.mark.parametrize("reading", BudgetReading)
def test_firms_that_are_all_alike_cost_nothing(reading: BudgetReading) -> None:
    book = firms(*[(0.01, 10_000, 0)] * 302)
    plan = allocate(book, prices=prices(), terms=terms(reading), budget=777_777)
    check(plan, book, reading=reading, budget=777_777)
    assert plan.bound - plan.value <= 1e-3 * plan.bound


@pytest.mark.parametrize("reading", BudgetReading)
def test_a_narrowed_search_finds_the_same_plan(reading: BudgetReading, monkeypatch: pytest.MonkeyPatch) -> None:
    book, some = many_firms(30_000), terms(reading, step=10_000)
    narrowed = allocate(book, prices=prices(), terms=some, budget=10**12)
    monkeypatch.setattr(allocation, "SORTED_AT_ONCE", 10**9)
    whole = allocate(book, prices=prices(), terms=some, budget=10**12)
    assert narrowed.shadow_price == pytest.approx(whole.shadow_price)
    assert narrowed.bound == pytest.approx(whole.bound)
    assert abs(narrowed.value - whole.value) <= 1e-4 * whole.bound


@pytest.mark.parametrize("sizes", [(0.001, 0.9), (0.9, 0.001)])
def test_a_sample_that_misleads_costs_time_only(sizes: tuple[float, float]) -> None:
    """Firms in an order that no even sample can see through."""
    book = many_firms(50_000)
    period = len(book) // 4_096
    pd = np.where(np.arange(len(book)) % period == 0, *sizes)
    odd = Applicants(pd, book.low, book.high, book.curve)
    plan = allocate(odd, prices=prices(), terms=terms(BudgetReading.DRAWN, step=10_000), budget=10**11)
    check(plan, odd, reading=BudgetReading.DRAWN, budget=10**11, step=10_000)
    assert plan.bound - plan.value <= 1e-3 * plan.bound


def test_a_budget_of_a_trillion_is_not_overdrawn_by_a_fen() -> None:
    book = many_firms(20_000)
    large = book.with_amounts(low=book.low * 1_000_000, high=book.high * 1_000_000)
    plan = allocate(large, prices=prices(), terms=terms(BudgetReading.DRAWN), budget=10**17)
    used = sum(
        int(amount) * Fraction(list(CURVES.values())[curve].accepted[rate])
        for amount, rate, curve in zip(plan.amount, plan.rate, large.curve, strict=True)
        if amount
    )
    assert 10**17 * Fraction("0.999") < used <= 10**17


def test_a_budget_that_reaches_for_all_has_no_price() -> None:
    book = firms((0.0, 5_000, 0), (0.02, 5_000, 1), (0.9, 5_000, 0))
    plan = allocate(book, prices=prices(), terms=terms(BudgetReading.OFFERED), budget=10**9)
    assert (plan.shadow_price, plan.bound) == (0.0, plan.value)
    assert plan.amount.tolist() == [5_000, 5_000, 0]


@given(small_firms, readings, st.integers(1_000, 50_000))
def test_more_budget_never_bounds_lower(given_firms: list[tuple[float, int, int]], reading: BudgetReading, budget: int) -> None:
    book = firms(*given_firms)
    some = terms(reading)
    less, more = (allocate(book, prices=prices(), terms=some, budget=x).bound for x in (budget, budget + 5_000))
    assert more >= less - 1e-9


@pytest.mark.parametrize("pd", [0.0, 1.0])
def test_a_firm_that_surely_pays_or_fails_is_no_obstacle(pd: float) -> None:
    plan = allocate(firms((pd, 5_000, 0)), prices=prices(), terms=terms(BudgetReading.DRAWN, lgd="0"), budget=10**6)
    assert plan.amount.tolist() == [0 if pd else 5_000]


def test_nobody_is_a_book_too() -> None:
    empty = many_firms(1).take(np.zeros(1, np.bool_))
    plan = allocate(empty, prices=prices(), terms=terms(BudgetReading.DRAWN), budget=10**6)
    assert (plan.amount.size, plan.value, plan.bound) == (0, 0.0, 0.0)


def test_a_grade_that_nobody_of_would_come_from_gets_nothing() -> None:
    nobody = {"A": CURVES["A"], "B": Curve(CURVES["B"].rates, (Decimal(0),) * 6)}
    plan = allocate(
        firms((0.0, 5_000, 0), (0.0, 5_000, 1)), prices=prices_of(nobody), terms=terms(BudgetReading.DRAWN), budget=10**6
    )
    assert plan.amount.tolist() == [5_000, 0]


def test_the_same_book_gives_the_same_plan() -> None:
    def plan() -> Any:
        found = allocate(many_firms(5_000), prices=prices(), terms=terms(BudgetReading.DRAWN, step=10_000), budget=10**11)
        return found.amount.tobytes(), found.rate.tobytes(), found.value

    assert plan() == plan()
