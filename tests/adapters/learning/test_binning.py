"""Cells: readable cuts, atoms apart, like cells merged."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.adapters.learning.binning import find_cuts, merge_cells, number_codes, shortest_between, spread_evenly

numbers = st.floats(-1e12, 1e12, allow_nan=False)


@given(numbers, numbers)
def test_a_cut_parts_the_two_values_it_lies_between(one: float, other: float) -> None:
    low, high = sorted((one, other))
    if low < high:
        assert low < float(shortest_between(low, high)) <= high


@pytest.mark.parametrize(
    ("below", "upto", "cut"),
    [
        (0.7421, 0.7533, "0.75"),
        (99, 101, "100"),
        (1_234_567, 2_345_678, "2000000"),
        (-3, -1, "-2"),
        (-1, 1, "0"),
        (0.1, 0.3, "0.2"),
    ],
)
def test_a_cut_is_the_shortest_decimal(below: float, upto: float, cut: str) -> None:
    assert shortest_between(below, upto) == Decimal(cut)


def test_a_value_that_weighs_a_cell_has_one_of_its_own() -> None:
    values = np.array([1.0] * 10 + [2.0] * 50 + [3.0] * 10 + [4.0] * 10 + [5.0] * 10 + [np.nan] * 5)
    assert find_cuts(values, cells=4) == (Decimal(2), Decimal(3), Decimal(5))


def test_codes_are_those_of_the_tables_reader() -> None:
    cuts = (Decimal("0.1"), Decimal("0.3"))
    assert number_codes(np.array([0.0, 0.1, 0.2, 0.1 + 0.2, np.nan, np.inf]), cuts=cuts).tolist() == [0, 1, 1, 2, 3, 2]


def test_like_cells_are_merged_and_unlike_ones_kept() -> None:
    effects = np.array([0.0, 0.01, 0.0, 1.0, 1.01, -2.0])
    assert merge_cells(effects, mass=np.full(6, 100.0), most=8, least_gain=1.0).tolist() == [0, 0, 0, 1, 1, 2]
    assert merge_cells(effects, mass=np.full(6, 100.0), most=2, least_gain=1.0).tolist() == [0, 0, 0, 0, 0, 1]


def test_cells_without_effect_are_one() -> None:
    assert merge_cells(np.zeros(5), mass=np.ones(5), most=4, least_gain=0.0).tolist() == [0] * 5


@given(st.lists(st.floats(0.0, 100.0), min_size=1, max_size=30), st.integers(1, 8))
def test_spreading_keeps_the_order_and_the_number(mass: list[float], most: int) -> None:
    found = spread_evenly(np.array(mass), most=most)
    assert np.all(np.diff(found) >= 0)
    assert found.max() < max(most, 1) or len(mass) <= most
