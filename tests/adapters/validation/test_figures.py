"""The figures of a validation: what they are by definition, and the same on every run."""

from itertools import product
from math import isnan, log
from typing import Final

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.adapters.validation.calibration import brier, calibration_curve, calibration_error, equal_bins
from huoshui.adapters.validation.drift import chance_index, shares, stability_index
from huoshui.adapters.validation.ranking import Ranking
from huoshui.adapters.validation.resampling import collapse, drawn_masses, draws_for, intervals

FIRMS: Final = st.lists(st.tuples(st.integers(0, 6), st.booleans(), st.integers(0, 3)), min_size=1, max_size=25)


def split(firms: list[tuple[int, bool, int]]) -> tuple[Ranking, npt.NDArray[np.float64]]:
    risk = np.array([x for x, _, _ in firms], np.int64)
    return Ranking(risk, outcome=np.array([y for _, y, _ in firms])), np.array([w for _, _, w in firms], np.float64)


@given(firms=FIRMS)
def test_auc_is_the_chance_that_a_bad_firm_ranks_riskier_than_a_good_one(firms: list[tuple[int, bool, int]]) -> None:
    ranking, weight = split(firms)
    pairs = [(a, b, v * w) for (a, bad, v), (b, other, w) in product(firms, firms) if bad and not other]
    total = sum(w for _, _, w in pairs)
    auc = ranking.auc(weight)
    if total == 0:
        assert isnan(auc)
    else:
        assert auc == pytest.approx(sum(w * ((a > b) + (a == b) / 2) for a, b, w in pairs) / total)


@given(firms=FIRMS)
def test_ks_is_the_largest_distance_of_the_two_distributions(firms: list[tuple[int, bool, int]]) -> None:
    ranking, weight = split(firms)
    bad, good = (sum(w for _, y, w in firms if y is kind) for kind in (True, False))
    if not bad or not good:
        assert isnan(ranking.ks(weight))
        return
    distances = [
        abs(sum(w for x, y, w in firms if y and x >= cut) / bad - sum(w for x, y, w in firms if not y and x >= cut) / good)
        for cut in range(8)
    ]
    assert ranking.ks(weight) == pytest.approx(max(distances))


def test_the_roc_curve_runs_from_corner_to_corner() -> None:
    ranking = Ranking(np.array([3, 2, 1, 0]), outcome=np.array([True, False, True, False]))
    curve = ranking.roc(np.ones(4), points=5)
    assert curve.good.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert curve.bad.tolist() == [0.5, 0.5, 1, 1, 1]


def test_a_weight_counts_as_so_many_firms() -> None:
    once = Ranking(np.array([1, 2, 2, 3]), outcome=np.array([False, True, True, False]))
    weighed = Ranking(np.array([1, 2, 3]), outcome=np.array([False, True, False]))
    assert once.auc(np.ones(4)) == weighed.auc(np.array([1.0, 2.0, 1.0]))


def test_brier_and_calibration_error_are_what_they_are_by_definition() -> None:
    pd = np.array([0.1, 0.1, 0.5, 0.5])
    outcome = np.array([False, True, True, True])
    weight = np.ones(4)
    assert brier(pd, outcome=outcome, weight=weight) == pytest.approx((0.01 + 0.81 + 0.25 + 0.25) / 4)
    groups = equal_bins(pd, weight=weight, bins=2)
    assert groups.tolist() == [0, 0, 1, 1]
    assert calibration_error(pd, outcome=outcome, weight=weight, groups=groups) == pytest.approx((0.4 + 0.5) / 2)
    curve = calibration_curve(pd, low=pd / 2, high=pd * 5, outcome=outcome, weight=weight, groups=groups)
    assert [(x.rows, x.pd, x.realised, x.holds) for x in curve] == [(2, 0.1, 0.5, True), (2, 0.5, 1.0, True)]


@given(values=st.lists(st.integers(0, 5), min_size=1, max_size=40), bins=st.integers(1, 12))
def test_equal_values_share_a_bin_and_bins_rise_with_the_values(values: list[int], bins: int) -> None:
    found = equal_bins(np.array(values), weight=np.ones(len(values)), bins=bins).tolist()
    by_value = dict(zip(values, found, strict=True))
    assert [by_value[x] for x in values] == found
    ordered = [by_value[x] for x in sorted(by_value)]
    assert ordered == sorted(ordered)
    assert set(found) == set(range(max(found) + 1))
    assert max(found) < bins


@given(counts=st.lists(st.integers(1, 100), min_size=2, max_size=8))
def test_nothing_has_drifted_from_itself(counts: list[int]) -> None:
    assert stability_index(counts, actual=[3 * x for x in counts]) == pytest.approx(0)


def test_the_stability_index_is_what_it_is_by_definition() -> None:
    expected = 0.25 * log(0.75 / 0.5) + -0.25 * log(0.25 / 0.5)
    assert stability_index([50, 50], actual=[75, 25]) == pytest.approx(expected)
    assert isnan(stability_index([0, 0], actual=[1, 1]))
    assert stability_index([1, 0], actual=[0, 1]) > 5


def test_shares_are_of_the_weight() -> None:
    assert shares(np.array([0, 2, 2]), bins=4, weight=np.array([1.0, 2.0, 1.0])) == [0.25, 0, 0.75, 0]


def test_the_draws_are_the_same_every_time_and_on_every_machine() -> None:
    every = collapse(np.arange(6))
    first, second = (list(drawn_masses(every, weight=np.ones(6), draws=3)) for _ in range(2))
    assert [x.tolist() for x in first] == [x.tolist() for x in second]
    assert [x.sum() for x in first] == [6, 6, 6]
    weighed = list(drawn_masses(every, weight=np.arange(6.0), draws=3))
    assert [x.tolist() for x in weighed] == [(x * np.arange(6)).tolist() for x in first]
    assert first[0].tolist() == [2, 0, 0, 0, 2, 2]


def test_many_rows_get_fewer_draws() -> None:
    assert [draws_for(x) for x in (0, 100, 60_000, 10**9)] == [1000, 1000, 500, 200]


def rate_of_every_fifth(weight: npt.NDArray[np.float64]) -> dict[str, float]:
    return {"rate": float(weight[::5].sum() / weight.sum())}


def test_an_interval_holds_its_figure_and_narrows_with_more_firms() -> None:
    widths = []
    for rows in (50, 5000):
        found = intervals(rate_of_every_fifth, weight=np.ones(rows), draws=200)["rate"]
        assert found.low <= found.value <= found.high
        widths.append(found.high - found.low)
    assert widths[1] < widths[0] / 5


def test_a_figure_that_cannot_be_had_has_no_interval() -> None:
    found = intervals(lambda _: {"auc": float("nan")}, weight=np.ones(3), draws=5)["auc"]
    assert [isnan(x) for x in (found.value, found.low, found.high)] == [True, True, True]


def test_what_chance_moves_grows_with_bins_and_falls_with_firms() -> None:
    assert chance_index(10, before=10**9, now=1000) == pytest.approx(16.919 / 1000, rel=2e-3)
    assert chance_index(2, before=10**9, now=1000) == pytest.approx(3.8415 / 1000, rel=3e-2)
    assert chance_index(10, before=500, now=500) == pytest.approx(2 * chance_index(10, before=10**12, now=500))
    assert chance_index(10, before=0, now=10) == float("inf")


@given(rows=st.lists(st.tuples(st.integers(-3, 3), st.booleans(), st.integers(0, 4)), min_size=1, max_size=30))
def test_rows_are_taken_together_exactly_where_all_keys_are_equal(rows: list[tuple[int, bool, int]]) -> None:
    keys = [np.array(x) for x in zip(*rows, strict=True)]
    cells = collapse(*keys)
    assert len(cells) == len(set(rows))
    assert [rows[i] for i in cells.first[cells.place].tolist()] == rows
    assert cells.mass(np.ones(len(rows))).sum() == len(rows)


def test_a_draw_of_cells_is_the_draw_of_their_rows() -> None:
    keys = np.array([0, 1, 0, 2, 1, 0])
    cells, every = collapse(keys), collapse(np.arange(6))
    together = [x.tolist() for x in drawn_masses(cells, weight=np.ones(6), draws=4)]
    apart = [np.bincount(keys, weights=x).tolist() for x in drawn_masses(every, weight=np.ones(6), draws=4)]
    assert together == apart
