"""How days become interest."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.rules.day_count import interest_fen, rounded_share, thirty_360_days, year_days
from huoshui.terms import DayCount


@pytest.mark.parametrize(
    ("months", "from_day", "to_day", "expected"),
    [(1, 13, 13, 30), (1, 13, 20, 37), (1, 20, 13, 23), (1, 31, 30, 30), (1, 30, 31, 30), (12, 31, 31, 360), (0, 1, 31, 29)],
)
def test_thirty_360_is_the_european_one(months: int, from_day: int, to_day: int, expected: int) -> None:
    assert thirty_360_days(months, from_day=from_day, to_day=to_day) == expected


@pytest.mark.parametrize(
    ("balance", "rate", "days", "day_count", "expected"),
    [
        (120_000_000, "0.0385", 30, DayCount.ACT_360, 385_000),
        (100_000_000, "0.01", 365, DayCount.ACT_360, 1_013_889),
        (100_000_000, "0.01", 365, DayCount.ACT_365, 1_000_000),
        (1, "0.5", 360, DayCount.THIRTY_360, 1),  # half a fen, rounded up
        (1, "0.4999", 360, DayCount.THIRTY_360, 0),
        (0, "0.5", 360, DayCount.THIRTY_360, 0),
    ],
)
def test_interest_on_a_balance(balance: int, rate: str, days: int, day_count: DayCount, expected: int) -> None:
    assert interest_fen(balance, rate=Decimal(rate), days=days, day_count=day_count) == expected


@given(st.integers(0, 10**14), st.integers(1, 10**8))
def test_a_share_is_rounded_half_up_and_exact(amount: int, parts: int) -> None:
    rest = Fraction(amount, parts) - rounded_share(amount, of=parts)
    assert -Fraction(1, 2) <= rest < Fraction(1, 2)


def test_a_year_has_as_many_days_as_its_name_says() -> None:
    assert {x: year_days(x) for x in DayCount} == {DayCount.ACT_360: 360, DayCount.ACT_365: 365, DayCount.THIRTY_360: 360}
