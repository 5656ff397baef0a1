"""How payments split into principal and interest, where dates play no part."""

from decimal import Decimal
from fractions import Fraction
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.rules.amortization import due_months, level_payment, split_payments
from huoshui.terms import RepaymentMethod

LEVEL: Final = RepaymentMethod.EQUAL_INSTALLMENT
periods = st.lists(st.integers(1, 92), min_size=1, max_size=40)
rates = st.decimals(min_value=0, max_value=Decimal("0.36"), places=4)


@given(st.integers(1, 10**12), rates, periods)
def test_the_level_payment_s_values_at_the_drawdown_add_up_to_the_loan(principal: int, rate: Decimal, days: list[int]) -> None:
    """Exact to half a fen a payment, whether the periods are equal or not."""
    level = level_payment(principal, rate=rate, days=days, year_days=360)
    factor, discount = Fraction(0), Fraction(1)
    for count in days:
        discount /= 1 + Fraction(rate) * count / 360
        factor += discount
    assert abs(level - principal / factor) <= Fraction(1, 2) + Fraction(1, 10**6)


@given(st.integers(1, 10**12), rates, st.integers(1, 60), st.integers(1, 92))
def test_equal_periods_are_no_special_case(principal: int, rate: Decimal, count: int, days: int) -> None:
    equal = level_payment(principal, rate=rate, days=[days] * count, year_days=360)
    nearly = level_payment(principal, rate=rate, days=[days] * (count - 1) + [days + 1], year_days=360)
    assert equal <= nearly + 1


@pytest.mark.parametrize(
    ("principal", "rate", "count", "expected"),
    [
        (50_000_000, "0.0365", 12, 4_249_504),
        (10_000_000, "0.06", 12, 860_664),
        (100_000_000, "0.049", 360, 530_727),
        (10_000, "0", 3, 3_333),
        (1, "0.06", 12, 0),
    ],
)
def test_level_payments_that_are_known(principal: int, rate: str, count: int, expected: int) -> None:
    assert level_payment(principal, rate=Decimal(rate), days=[30] * count, year_days=360) == expected


@given(st.integers(1, 10**12), rates, periods, st.sampled_from(RepaymentMethod), st.data())
def test_columns_are_of_one_length_and_add_up(
    principal: int, rate: Decimal, days: list[int], method: RepaymentMethod, data: st.DataObject
) -> None:
    grace = data.draw(st.integers(0, len(days) - 1))
    split = split_payments(principal, rate=rate, method=method, days=days, year_days=360, grace=grace)
    assert len(split.principal_fen) == len(split.interest_fen) == len(split.balance_fen) == len(days)
    assert sum(split.principal_fen) == principal == split.balance_fen[0]
    assert set(split.principal_fen[:grace]) <= {0}
    assert min(split.principal_fen) >= 0


def test_a_loan_of_one_fen_is_repaid_at_the_end() -> None:
    split = split_payments(1, rate=Decimal("0.06"), method=LEVEL, days=[30] * 12, year_days=360)
    assert split.principal_fen == (*[0] * 11, 1)


def test_equal_principal_never_repays_more_than_is_owed() -> None:
    """Five fen over eight months: the share is rounded up to one fen, and after five months nothing is left."""
    split = split_payments(5, rate=Decimal(0), method=RepaymentMethod.EQUAL_PRINCIPAL, days=[30] * 8, year_days=360)
    assert split.principal_fen == (1, 1, 1, 1, 1, 0, 0, 0)


@pytest.mark.parametrize(
    ("months", "method", "every", "expected"),
    [
        (3, LEVEL, 1, (1, 2, 3)),
        (8, LEVEL, 3, (3, 6, 8)),
        (6, LEVEL, 3, (3, 6)),
        (2, LEVEL, 2, (2,)),
        (12, RepaymentMethod.BULLET, 1, (12,)),
    ],
)
def test_payments_are_due_every_so_many_months_and_at_the_end(
    months: int, method: RepaymentMethod, every: int, expected: tuple[int, ...]
) -> None:
    assert due_months(months, method=method, every=every) == expected
