from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.errors import BadAmount, BadRate
from huoshui.money import format_percent, format_yuan, parse_rate, parse_yuan, to_fen

FEN = st.integers(min_value=-(10**16), max_value=10**16)


@pytest.mark.parametrize(
    ("fen", "expected"),
    [("0.5", 1), ("-0.5", -1), ("0.4999", 0), ("1.5", 2), ("2.5", 3), ("-2.5", -3), ("123456.499999", 123456), ("0", 0)],
)
def test_half_a_fen_goes_away_from_zero(fen: str, expected: int) -> None:
    assert to_fen(Decimal(fen)) == expected


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=6))
def test_rounding_moves_an_amount_by_half_a_fen_at_most(fen: Decimal) -> None:
    assert abs(to_fen(fen) - fen) <= Decimal("0.5")


@given(FEN)
def test_whole_fen_stay_as_they_are(fen: int) -> None:
    assert to_fen(Decimal(fen)) == fen


@pytest.mark.parametrize(
    ("yuan", "fen"),
    [("1234.5", 123450), ("0.01", 1), ("-0.01", -1), (" 7 ", 700), (7, 700), (Decimal("1E+3"), 100000), ("0", 0)],
)
def test_yuan_are_read_into_fen(yuan: object, fen: int) -> None:
    assert parse_yuan(yuan) == fen


@given(st.integers(min_value=-(10**17) + 1, max_value=10**17 - 1))
def test_what_is_written_can_be_read(fen: int) -> None:
    assert parse_yuan(format_yuan(fen).replace(",", "")) == fen


@pytest.mark.parametrize(
    "yuan", ["1.005", "", "1,000", "１２", "1e3", "NaN", "12 元", ".5", "5.", "9" * 16, None, True, 1.5, [1], Decimal("NaN")]
)
def test_what_is_no_amount_is_refused_and_the_field_is_named(yuan: object) -> None:
    with pytest.raises(BadAmount, match="not an amount; expected yuan") as refused:
        parse_yuan(yuan, field="principal")
    assert refused.value.field == "principal"


@pytest.mark.parametrize(("rate", "expected"), [("0.0365", "0.0365"), (" 0.04 ", "0.04"), (0, "0"), ("-0.001", "-0.001")])
def test_rates_are_read_exactly(rate: object, expected: str) -> None:
    assert parse_rate(rate) == Decimal(expected)


@pytest.mark.parametrize("rate", ["3.65%", "", "0,0365", "inf", "1e-2", None, False, 0.0365, "12345"])
def test_what_is_no_rate_is_refused_and_the_field_is_named(rate: object) -> None:
    with pytest.raises(BadRate, match="not a rate; expected a decimal fraction") as refused:
        parse_rate(rate, field="rate")
    assert refused.value.field == "rate"


@pytest.mark.parametrize(
    ("fen", "shown"), [(123456789, "1,234,567.89"), (-5, "-0.05"), (0, "0.00"), (-123456, "-1,234.56"), (100, "1.00")]
)
def test_fen_are_shown_as_yuan(fen: int, shown: str) -> None:
    assert format_yuan(fen) == shown


@pytest.mark.parametrize(
    ("rate", "places", "shown"), [("0.060937", 4, "6.0937%"), ("0.000005", 3, "0.001%"), ("0.0365", 2, "3.65%")]
)
def test_rates_are_shown_as_per_cent_rounded_half_up(rate: str, places: int, shown: str) -> None:
    assert format_percent(Decimal(rate), places=places) == shown
