"""The rate hidden in cash flows."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huoshui.errors import BadRequest
from huoshui.rules.cash_flow import Flow, compress, daily_rate, periodic_rate

TEN_DIGITS = Decimal("1e-10")
GUESSES = st.sampled_from([Decimal(x) for x in ("-0.9", "-0.1", "0", "0.005", "0.5", "30")])
payments = st.lists(st.integers(0, 10**9), min_size=1, max_size=40).filter(any)


def value(flows: Sequence[int], rate: Decimal) -> Decimal:
    return sum((fen / (1 + rate) ** period for period, fen in enumerate(flows)), Decimal(0))


def rate(flows: Sequence[int], *, guess: str = "0.005", extra: Sequence[Flow] = ()) -> Decimal:
    return periodic_rate(compress(flows), extra=extra, guess=Decimal(guess))


@example(1, [0, 0, 0, 0, 0, 0, 0, 0, 1], Decimal(30))
@given(st.integers(1, 10**10), payments, GUESSES)
def test_at_the_rate_the_flows_are_worth_nothing(drawdown: int, paid: list[int], guess: Decimal) -> None:
    flows = [drawdown, *(-x for x in paid)]
    found = periodic_rate(compress(flows), guess=guess)
    nudge = max(abs(found), Decimal("1e-9")) * TEN_DIGITS
    assert value(flows, found - nudge) <= 0 <= value(flows, found + nudge)


@given(st.integers(1, 10**9), st.integers(1, 360), st.decimals(min_value=0, max_value=Decimal("0.05"), places=6))
def test_a_run_of_equal_payments_is_reckoned_as_one_by_one(drawdown: int, count: int, guess: Decimal) -> None:
    level = -(drawdown // count + 1)
    together = periodic_rate(compress([drawdown, *[level] * count]), guess=guess)
    apart = periodic_rate((*[(1, level)] * count, (1, drawdown)), guess=guess)
    assert abs(together - apart) <= max(abs(apart), Decimal("1e-9")) * TEN_DIGITS


@given(st.integers(10**4, 10**9), payments, st.integers(1, 10**4), st.integers(0, 40))
def test_extra_flows_count_as_if_they_stood_in_the_series(drawdown: int, paid: list[int], fee: int, month: int) -> None:
    month = min(month, len(paid))
    flows = [drawdown + 10**5, *(-x for x in paid)]
    merged = [fen - fee if period == month else fen for period, fen in enumerate(flows)]
    together = rate(flows, extra=[(month, -fee)])
    assert abs(together - rate(merged)) <= max(abs(together), Decimal("1e-9")) * TEN_DIGITS


@given(st.integers(10**4, 10**9), payments)
def test_days_and_periods_give_the_same_rate_when_every_day_is_a_period(drawdown: int, paid: list[int]) -> None:
    flows = [drawdown, *(-x for x in paid)]
    by_days = daily_rate(list(enumerate(flows)), guess=Decimal("0.005"))
    assert abs(by_days - rate(flows)) <= max(abs(by_days), Decimal("1e-9")) * TEN_DIGITS


@pytest.mark.parametrize(
    ("flows", "expected"),
    [
        ([100, -110], "0.1"),
        ([1200, *[-100] * 12], "0"),
        ([100, 0, -121], "0.1"),
        ([100, -50], "-0.5"),
        ([100, -(10**12)], "9999999999"),
    ],
)
def test_rates_that_can_be_reckoned_by_head(flows: list[int], expected: str) -> None:
    assert rate(flows).quantize(Decimal("1e-18")) == Decimal(expected).quantize(Decimal("1e-18"))


@pytest.mark.parametrize("periods", [1, 9, 60, 360])
@pytest.mark.parametrize("guess", ["-0.9", "-0.1", "0", "0.005", "0.1", "0.5", "30"])
def test_one_late_payment_is_found_from_every_guess(periods: int, guess: str) -> None:
    assert abs(rate([1, *[0] * (periods - 1), -1], guess=guess)) <= Decimal("1e-14")


def test_a_year_of_days() -> None:
    found = daily_rate([(0, 100), (365, -110)], guess=Decimal("0.0001"))
    assert ((1 + found) ** 365).quantize(Decimal("1e-18")) == Decimal("1.1").quantize(Decimal("1e-18"))


def test_flows_of_the_same_day_may_stand_apart() -> None:
    together = daily_rate([(0, 95), (100, -110)], guess=Decimal("0.001"))
    assert daily_rate([(0, -5), (0, 100), (100, -50), (100, -60)], guess=Decimal("0.001")) == together


@given(GUESSES)
def test_a_refund_larger_than_a_payment_leaves_a_rate(guess: Decimal) -> None:
    flows = [1000, -100, 50, -1100]
    found = periodic_rate(compress(flows), guess=guess)
    assert abs(value(flows, found)) < Decimal("1e-9")


def test_of_several_rates_one_is_found() -> None:
    flows = [1000, -3600, 4310, -1716]  # worth nothing at 10, 20 and 30 per cent
    assert rate(flows, guess="0.09").quantize(TEN_DIGITS) in (Decimal("0.1"), Decimal("0.2"), Decimal("0.3"))


@pytest.mark.parametrize("flows", [[100, 50, 50], [100, 0, 0], [100, -50, 30]])
def test_flows_that_never_repay_have_no_rate(flows: list[int]) -> None:
    with pytest.raises(BadRequest) as refused:
        rate(flows)
    assert refused.value.message == "no rate exists for these cash flows; expected payments that repay the principal"


@pytest.mark.parametrize(("flows", "extra"), [([0, -50], []), ([100, -110], [(0, -100)]), ([100, -110], [(0, -60), (0, -60)])])
def test_a_borrower_who_gets_nothing_has_no_rate(flows: list[int], extra: list[Flow]) -> None:
    with pytest.raises(BadRequest) as refused:
        rate(flows, extra=extra)
    assert refused.value.message == "no rate exists: fees at the drawdown eat up the principal; expected less than it"
    assert refused.value.field == "fee"
