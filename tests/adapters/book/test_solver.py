"""Side conditions are kept, what they cost is within the bound, and impossible ones are refused."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pytest

from huoshui.adapters.book import solver
from huoshui.adapters.book.allocation import allocate
from huoshui.adapters.book.conditions_file import read_condition
from huoshui.adapters.book.market import Applicants, Flags
from huoshui.adapters.book.solver import Solved, solve
from huoshui.errors import BadRequest
from huoshui.terms import BudgetReading
from tests.adapters.book.small_book import firms, many_firms, prices, terms, worth

BOOK: Final = many_firms(150)
FARMS: Final = np.arange(len(BOOK)) % 7 == 0
BUDGET: Final = 12 * 10**8
AT_LEAST_FARMS: Final = {"at_least": {"firms": 15}, "where": {"industry": "A*"}}
FARM_SHARE: Final = {"at_least": {"share": "0.25"}, "where": {"industry": "A*"}}
FEW_FARMS: Final = {"at_most": {"share": "0.02"}, "where": {"industry": "A*"}}
LOSS: Final = {"at_most": {"expected_loss": "0.02"}}
FARM_MONEY: Final = {"at_least": {"amount": 3_000_000}, "where": {"industry": "A*"}}


def solved(*given: Any, reading: BudgetReading, book: Applicants = BOOK, matches: Flags = FARMS) -> Solved:
    conditions = [read_condition(x, place=1) for x in given]
    everyone = np.ones(len(book), np.bool_)
    return solve(
        book, conditions=conditions, matches=[matches if x.where else everyone for x in conditions], prices=prices(),
        terms=terms(reading, step=10_000), budget=BUDGET,
    )  # fmt: skip


def part(plan: Solved, rows: Flags, *, reading: BudgetReading) -> float:
    amount = np.where(rows, plan.amount, 0)
    return worth(BOOK, amount=amount, rate=plan.rate, market=prices(), some=terms(reading))[1]


@pytest.mark.parametrize("reading", BudgetReading)
@pytest.mark.parametrize(
    "asked",
    [[AT_LEAST_FARMS], [FARM_SHARE], [FEW_FARMS], [LOSS], [FARM_MONEY], [AT_LEAST_FARMS, FARM_SHARE, LOSS]],
    ids=["farms", "share", "few", "loss", "money", "all"],
)
def test_conditions_are_kept_within_a_small_gap(asked: Sequence[Any], reading: BudgetReading) -> None:
    plan = solved(*asked, reading=reading)
    profit, used = worth(BOOK, amount=plan.amount, rate=plan.rate, market=prices(), some=terms(reading))
    drawn = worth(BOOK, amount=plan.amount, rate=plan.rate, market=prices(), some=terms(BudgetReading.DRAWN))[1]
    farms = part(plan, FARMS, reading=reading)
    share = np.where(plan.rate >= 0, prices().accepted[BOOK.curve, plan.rate], 0.0)
    kept = {
        id(AT_LEAST_FARMS): ((plan.amount > 0) & FARMS).sum() >= 15,
        id(FARM_SHARE): farms >= 0.25 * used,
        id(FEW_FARMS): farms <= 0.02 * used,
        id(LOSS): (plan.amount * share * BOOK.pd).sum() <= 0.02 * drawn,
        id(FARM_MONEY): farms >= 3_000_000 * 100,
    }
    assert [kept[id(x)] for x in asked] == [True] * len(asked)
    assert used <= BUDGET
    assert profit == pytest.approx(plan.value, rel=1e-9)
    assert plan.value <= plan.bound
    assert plan.bound - plan.value <= 2e-3 * plan.bound
    funded = plan.amount > 0
    assert ((plan.amount >= BOOK.low) & (plan.amount <= BOOK.high) & (plan.amount % 10_000 == 0))[funded].all()


@pytest.mark.parametrize("reading", BudgetReading)
def test_a_condition_that_binds_nothing_costs_nothing(reading: BudgetReading) -> None:
    plan = solved({"at_most": {"firms": 10_000}}, reading=reading)
    free = allocate(BOOK, prices=prices(), terms=terms(reading, step=10_000), budget=BUDGET)
    assert plan.bound == pytest.approx(free.bound, rel=1e-6)
    assert plan.value >= free.value * (1 - 1e-3)
    assert plan.worth[0] == pytest.approx(0.0, abs=1.0)


@pytest.mark.parametrize(
    ("tight", "loose", "step"),
    [
        ({"at_least": {"amount": 6_000_000}}, {"at_least": {"amount": 5_900_000}}, 10_000_000),
        ({"at_least": {"firms": 20}}, {"at_least": {"firms": 19}}, 1),
        ({"at_least": {"share": "0.5"}}, {"at_least": {"share": "0.495"}}, 0.005),
        ({"at_most": {"share": "0.02"}}, {"at_most": {"share": "0.022"}}, 0.002),
        ({"at_most": {"expected_loss": "0.003"}, "where": {}}, {"at_most": {"expected_loss": "0.0031"}, "where": {}}, 0.0001),
    ],
    ids=["amount", "firms", "share", "most share", "loss"],
)
def test_what_a_condition_is_worth_is_what_one_less_brings(tight: Any, loose: Any, step: float) -> None:
    """By the law of falling returns one less brings at most (nearly) what the last one cost, and here not much less."""
    asked, eased = ({"where": {"industry": "A*"}, **x} for x in (tight, loose))
    before, after = (solved(x, reading=BudgetReading.OFFERED) for x in (asked, eased))
    assert before.worth[0] > 0
    assert 0.5 * before.worth[0] <= (after.bound - before.bound) / step <= 1.05 * before.worth[0]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"at_least": {"firms": 500}, "where": {"industry": "A*"}}, "only 22 of the firms"),
        ({"at_least": {"amount": 900_000_000}}, "no plan keeps the budget and every side condition"),
    ],
)
def test_conditions_that_cannot_hold_are_refused(asked: Any, sentence: str) -> None:
    with pytest.raises(BadRequest, match=sentence):
        solved(asked, reading=BudgetReading.OFFERED)


def test_a_book_too_large_for_the_solver_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "MOST_FIRMS", 10)
    with pytest.raises(BadRequest, match="at most 10 firms"):
        solved(LOSS, reading=BudgetReading.DRAWN)


def test_whole_loans_are_counted_not_parts() -> None:
    book = firms((0.0, 10_000, 0), (0.05, 10_000, 0), (0.06, 10_000, 0))
    conditions = [read_condition({"at_least": {"firms": 3}}, place=1)]
    plan = solve(
        book, conditions=conditions, matches=[np.ones(3, np.bool_)], prices=prices(), terms=terms(BudgetReading.OFFERED),
        budget=10_000,
    )  # fmt: skip
    assert plan.amount.tolist() == [8_000, 1_000, 1_000]


def test_the_solver_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    solved(LOSS, reading=BudgetReading.OFFERED)
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")
