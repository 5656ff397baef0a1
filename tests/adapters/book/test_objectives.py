"""Most firms served, and a floor for first-time borrowers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.adapters.book.allocation import allocate
from huoshui.adapters.book.objectives import allocate_serving, allocate_to_most, allocate_with_floor, most_served
from huoshui.terms import BudgetReading
from tests.adapters.book.small_book import firms, many_firms, prices, terms, worth

pds = st.integers(0, 200).map(lambda x: x / 1000)
firm = st.tuples(pds, st.integers(10, 60).map(lambda x: x * 100), st.integers(0, 1))
readings = st.sampled_from(BudgetReading)


@settings(max_examples=60)
@given(st.lists(firm, min_size=1, max_size=20), readings, st.integers(1_000, 40_000), st.sampled_from([0, 25]))
def test_the_most_are_served_within_the_budget_and_each_without_a_loss(
    given_firms: list[tuple[float, int, int]], reading: BudgetReading, budget: int, cost: int
) -> None:
    book, some = firms(*given_firms), terms(reading, cost=cost)
    most = most_served(book, prices=prices(), terms=some, budget=budget)
    plan = allocate_to_most(book, prices=prices(), terms=some, budget=budget)
    profit, used = worth(book, amount=plan.amount, rate=plan.rate, market=prices(), some=some)
    free = allocate(book, prices=prices(), terms=some, budget=budget)
    assert (plan.amount > 0).sum() >= max(len(most), (free.amount[most] > 0).sum())
    assert profit == pytest.approx(plan.value, rel=1e-9, abs=1e-6)
    assert used <= budget * (1 + 1e-9)
    assert plan.value <= plan.bound + 1e-6
    each = [
        worth(book.take(np.array([i])), amount=plan.amount[[i]], rate=plan.rate[[i]], market=prices(), some=some)[0]
        for i in range(len(book))
    ]
    assert min(each) >= -1e-6


def test_a_budget_for_ten_small_loans_serves_ten() -> None:
    book = firms(*[(0.001 * i, 5_000, 0) for i in range(30)])
    plan = allocate_to_most(book, prices=prices(), terms=terms(BudgetReading.OFFERED), budget=10_000)
    assert (plan.amount > 0).sum() == 10


def test_serving_nobody_more_is_the_plan_for_profit() -> None:
    book, some = many_firms(300), terms(BudgetReading.DRAWN, step=10_000)
    free = allocate(book, prices=prices(), terms=some, budget=10**9)
    plan = allocate_serving(book, must=np.flatnonzero(free.amount), prices=prices(), terms=some, budget=10**9, free=free)
    assert (plan.amount.tolist(), plan.rate.tolist(), plan.value) == (free.amount.tolist(), free.rate.tolist(), free.value)


@pytest.mark.parametrize("reading", BudgetReading)
@pytest.mark.parametrize("floor", [0.0, 0.1, 0.3, 0.5])
def test_first_time_borrowers_get_their_part_where_they_can_use_it(reading: BudgetReading, floor: float) -> None:
    book, some = many_firms(400), terms(reading, step=10_000)
    is_first = np.arange(len(book)) % 3 == 0
    budget = int(book.high.sum() / (6 if reading is BudgetReading.OFFERED else 16))
    found = allocate_with_floor(book, is_first=is_first, floor=floor, prices=prices(), terms=some, budget=budget)
    _, used = worth(book, amount=found.plan.amount, rate=found.plan.rate, market=prices(), some=some)
    first = np.where(is_first, found.plan.amount, 0)
    _, theirs = worth(book, amount=first, rate=found.plan.rate, market=prices(), some=some)
    free = allocate(book, prices=prices(), terms=some, budget=budget)
    assert used <= budget
    assert found.is_kept
    assert theirs >= floor * budget
    assert free.bound >= found.plan.value
    assert found.plan.bound - found.plan.value <= 1e-3 * found.plan.bound


def test_a_floor_that_is_kept_anyway_changes_nothing() -> None:
    book, some = many_firms(200), terms(BudgetReading.OFFERED, step=10_000)
    free = allocate(book, prices=prices(), terms=some, budget=10**9)
    found = allocate_with_floor(
        book, is_first=np.ones(len(book), np.bool_), floor=0.9, prices=prices(), terms=some, budget=10**9
    )
    assert (found.is_binding, found.is_kept, found.plan.value) == (False, True, free.value)


def test_a_floor_that_cannot_be_reached_is_not_said_to_be() -> None:
    book = firms((0.01, 5_000, 0), (0.01, 5_000, 0), (0.9, 5_000, 0))
    found = allocate_with_floor(
        book, is_first=np.array([False, False, True]), floor=0.5, prices=prices(), terms=terms(BudgetReading.OFFERED),
        budget=8_000,
    )  # fmt: skip
    assert (found.is_binding, found.is_kept) == (True, False)
    assert found.plan.amount.tolist() == [5_000, 3_000, 0]
