"""Acceptance against price: monotone, exact, never outside of what is known."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.errors import BadRate, BadRequest
from huoshui.rules.churn import ChurnTable, Curve, accepted_at, between, curve_name, monotone, smooth

shares = st.integers(0, 1000).map(lambda x: Decimal(x) / 1000)
CURVE = Curve((Decimal("0.04"), Decimal("0.05"), Decimal("0.08")), (Decimal(1), Decimal("0.8"), Decimal("0.2")))


def table(*lost: str, rates: tuple[str, ...] = ()) -> ChurnTable:
    given_rates = rates or tuple(f"0.0{x}" for x in range(4, 4 + len(lost)))
    return ChurnTable(tuple(map(Decimal, given_rates)), {"A": tuple(map(Decimal, lost))})


def test_a_dip_is_shared_with_its_neighbor() -> None:
    curve = smooth(table("0", "0.3", "0.2", "0.5"))["A"]
    assert curve.accepted == tuple(map(Decimal, ("1", "0.75", "0.75", "0.5")))
    assert curve.moved == Decimal("0.05")


def test_shares_are_rounded_once_to_twelve_places() -> None:
    curve = smooth(table("0.3", "0.2", "0.2"))["A"]
    assert curve.accepted == (Decimal("0.766666666667"),) * 3


@given(st.lists(shares, min_size=1, max_size=12))
def test_what_is_lost_never_falls_and_its_mean_stays(values: list[Decimal]) -> None:
    found = monotone(values)
    assert list(found) == sorted(found)
    assert sum(found) == sum(map(Fraction, values))


@given(st.lists(shares, min_size=1, max_size=12))
def test_smoothing_twice_is_smoothing_once(values: list[Decimal]) -> None:
    once = monotone(values)
    assert monotone([Decimal(x.numerator) / x.denominator for x in once]) == pytest.approx(once)
    assert monotone(sorted(values)) == tuple(map(Fraction, sorted(values)))


@given(st.lists(shares, min_size=2, max_size=6), st.lists(shares, min_size=6, max_size=6))
def test_no_other_rising_values_are_nearer(values: list[Decimal], others: list[Decimal]) -> None:
    def distance(candidate: list[Fraction] | tuple[Fraction, ...]) -> Fraction:
        return sum(((x - Fraction(y)) ** 2 for x, y in zip(candidate, values, strict=True)), Fraction(0))

    other = sorted(map(Fraction, others))[: len(values)]
    assert distance(monotone(values)) <= distance(other)


def test_between_two_rates_acceptance_is_interpolated() -> None:
    assert accepted_at(CURVE, Decimal("0.06")) == Decimal("0.6")
    assert accepted_at(CURVE, Decimal("0.05")) == Decimal("0.8")


@pytest.mark.parametrize("rate", ["0.0399", "0.0801"])
def test_outside_of_the_table_nothing_is_known(rate: str) -> None:
    with pytest.raises(BadRate, match=r"known from 0\.04 to 0\.08"):
        accepted_at(CURVE, Decimal(rate))


def test_bounds_become_rates_of_the_curve() -> None:
    cut = between(CURVE, low=Decimal("0.045"), high=Decimal("0.2"))
    assert cut.rates == tuple(map(Decimal, ("0.045", "0.05", "0.08")))
    assert cut.accepted == tuple(map(Decimal, ("0.9", "0.8", "0.2")))
    assert between(CURVE, low=Decimal("0.05"), high=Decimal("0.05")).rates == (Decimal("0.05"),)


@pytest.mark.parametrize(("low", "high"), [("0.01", "0.03"), ("0.09", "0.1"), ("0.06", "0.05")])
def test_bounds_that_the_table_does_not_reach_are_refused(low: str, high: str) -> None:
    with pytest.raises(BadRate, match="no rate lies"):
        between(CURVE, low=Decimal(low), high=Decimal(high))


@pytest.mark.parametrize(
    ("grade", "curve"),
    [("A", "A"), ("a ", "A"), ("A+", "A"), ("AA", "A"), ("B2", "B"), ("D", "C"), ("D1", "C"), ("E", None), ("", None)],
)
def test_a_grade_is_priced_by_its_own_curve_a_mapped_one_or_that_of_its_letter(grade: str, curve: str | None) -> None:
    assert curve_name(grade, curves={"A": 0, "B": 0, "C": 0}, mapping={"D": "C"}) == curve


def test_a_curve_of_the_grade_itself_comes_before_that_of_its_letter() -> None:
    assert curve_name("A-", curves={"A": 0, "A-": 0}, mapping={}) == "A-"


@pytest.mark.parametrize(
    ("given_table", "sentence"),
    [
        (table("0", "0.1", rates=("0.05", "0.05")), "must rise"),
        (table("0", "0.1", rates=("0.05", "0.04")), "must rise"),
        (table("0", "0.1", rates=("4", "5")), "fractions such as"),
        (table("0", "1.1"), "expected a share from 0 to 1"),
        (table("0", "-0.1"), "expected a share from 0 to 1"),
        (table("0", rates=("0.04000001",)[:1] * 1 + ("0.05",)), "at most 6 decimals"),
        (ChurnTable((), {"A": ()}), "a rate and a grade"),
        (ChurnTable((Decimal("0.04"),), {}), "a rate and a grade"),
        (ChurnTable((Decimal("0.04"),), {"A": ()}), "0 shares for 1 rates"),
    ],
)
def test_a_table_that_cannot_be_is_refused(given_table: ChurnTable, sentence: str) -> None:
    with pytest.raises(BadRequest, match=sentence):
        smooth(given_table)
