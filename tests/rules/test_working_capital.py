"""Properties of the working-capital need."""

import dataclasses
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.errors import BadAmount, BadRate, BadRequest, InputError
from huoshui.rules.working_capital import Balances, Need, Operation, WorkingCapital, estimate_working_capital

EXAMPLE: Final = Operation(
    2_000_000_000, 1_600_000_000, Decimal("0.08"), Decimal("0.10"),
    Balances(Decimal(240_000_000), Decimal(300_000_000), Decimal(200_000_000), Decimal(60_000_000), Decimal(50_000_000)),
    150_000_000, 80_000_000,
)  # fmt: skip
fen = st.integers(0, 10**12)
half_fen = st.integers(0, 2 * 10**12).map(lambda n: Decimal(n) / 2)
operations = st.builds(
    Operation, st.integers(1, 10**12), st.integers(1, 10**12), st.decimals(min_value=-1, max_value=1, places=4),
    st.decimals(min_value=-1, max_value=3, places=4), st.builds(Balances, half_fen, half_fen, half_fen, half_fen, half_fen),
    st.integers(-(10**12), 10**12), fen, fen,
)  # fmt: skip


def estimate(operation: Operation = EXAMPLE, **changed: Any) -> WorkingCapital:
    return estimate_working_capital(dataclasses.replace(operation, **changed))


def times(operation: Operation, factor: int) -> Operation:
    balances = Balances(*(factor * getattr(operation.balances, x.name) for x in dataclasses.fields(Balances)))
    amounts = {
        x: factor * getattr(operation, x)
        for x in ("sales_fen", "cost_fen", "own_funds_fen", "existing_loans_fen", "other_funds_fen")
    }
    return dataclasses.replace(operation, balances=balances, **amounts)


def need(found: WorkingCapital) -> Need:
    assert found.need is not None
    return found.need


@given(operations, st.integers(2, 1000))
def test_a_firm_so_many_times_as_large_needs_so_many_times_as_much(operation: Operation, factor: int) -> None:
    one, many = estimate(operation), estimate(times(operation, factor))
    assert many.days == one.days
    assert (one.need is None) is (many.need is None)
    if one.need and many.need:
        assert many.need.turnovers == one.need.turnovers
        assert abs(many.need.need_fen - factor * one.need.need_fen) <= factor


@given(operations)
def test_there_is_a_need_exactly_when_the_days_add_up_to_more_than_zero(operation: Operation) -> None:
    found = estimate(operation)
    days = found.days
    exact = days.inventory + days.receivable - days.payable + days.prepaid - days.advance
    scale = max(days.inventory, days.receivable, days.payable, days.prepaid, days.advance, Decimal(1))
    assert abs(days.total - exact) <= scale * Decimal("1e-20")
    assert (found.need is not None) is (days.total > 0)


@given(operations)
def test_the_need_is_what_is_financed_and_what_is_open(operation: Operation) -> None:
    found = estimate(operation).need
    if found is None:
        return
    at_hand = operation.own_funds_fen + operation.existing_loans_fen + operation.other_funds_fen
    assert found.need_fen == at_hand + found.new_loan_fen - found.surplus_fen
    assert found.need_fen >= 0
    assert min(found.new_loan_fen, found.surplus_fen) == 0


@given(operations, st.sampled_from(["inventory", "receivable", "prepaid"]), half_fen)
def test_what_binds_money_never_lowers_the_need(operation: Operation, name: str, more: Decimal) -> None:
    balances = dataclasses.replace(operation.balances, **{name: getattr(operation.balances, name) + more})
    before, after = estimate(operation).need, estimate(operation, balances=balances).need
    assert before is None or need(estimate(operation, balances=balances)).need_fen >= before.need_fen
    assert after is None or before is None or after.turnovers <= before.turnovers


@given(operations, st.sampled_from(["payable", "advance"]), half_fen)
def test_what_frees_money_never_raises_the_need(operation: Operation, name: str, more: Decimal) -> None:
    balances = dataclasses.replace(operation.balances, **{name: getattr(operation.balances, name) + more})
    before, after = estimate(operation).need, estimate(operation, balances=balances).need
    assert after is None or need(estimate(operation)).need_fen >= after.need_fen
    assert before is not None or after is None


@pytest.mark.parametrize("name", [x.name for x in dataclasses.fields(Balances)])
def test_a_balance_of_zero_turns_over_in_zero_days(name: str) -> None:
    found = estimate(balances=dataclasses.replace(EXAMPLE.balances, **{name: Decimal(0)}))
    assert getattr(found.days, name) == 0


def test_a_firm_without_cost_of_sales_may_have_receivables_and_advances() -> None:
    zero = Decimal(0)
    found = estimate(cost_fen=0, balances=Balances(zero, Decimal(300_000_000), zero, zero, Decimal(50_000_000)))
    assert found.days.total == 45


@pytest.mark.parametrize(
    ("changed", "error", "message", "field"),
    [
        ({"sales_fen": 0}, BadAmount, "last year's sales must be more than zero; expected yuan such as 20000000", "sales"),
        ({"sales_fen": -1}, BadAmount, "last year's sales must be more than zero; expected yuan such as 20000000", "sales"),
        ({"cost_fen": -1}, BadAmount, "cost must be zero or more", "cost"),
        ({"cost_fen": 0}, BadRequest, "cost must be more than zero where there is inventory, payable or prepaid", "cost"),
        ({"existing_loans_fen": -1}, BadAmount, "existing-loans must be zero or more", "existing-loans"),
        ({"profit_rate": Decimal(8)}, BadRate, "a profit rate is at most 1; got 8", "profit-rate"),
        ({"growth": Decimal("-1.1")}, BadRate, "growth is at least -1, which is the end of all sales; got -1.1", "growth"),
        (
            {"balances": dataclasses.replace(EXAMPLE.balances, advance=Decimal(-1))}, BadAmount,
            "advance must be zero or more", "advance",
        ),
    ],
)  # fmt: skip
def test_figures_that_cannot_be_are_refused(changed: dict[str, Any], error: type[InputError], message: str, field: str) -> None:
    with pytest.raises(error) as refused:
        estimate(**changed)
    assert (refused.value.message, refused.value.field) == (message, field)
