"""What invoices add up to: worked examples, and promises for any invoices."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any, Final

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.rules.features import features_of
from huoshui.rules.features_catalog import CATALOG
from huoshui.rules.features_invoices import COUNTED, FACTS, Invoice, fold_invoices, month_age, ratio, spread, trend

CASES: Final[list[dict[str, Any]]] = yaml.safe_load(
    (Path(__file__).parents[1] / "cases" / "features.yaml").read_text(encoding="utf-8")
)
ON: Final = date(2020, 2, 15)


def invoice(row: Sequence[Any]) -> Invoice:
    side, day, amount, party, number, state = row
    return Invoice(side == "purchase", day, round(amount * 100), number=number, party=party, is_void=state == "void")


@pytest.mark.parametrize("case", CASES, ids=[x["promise"] for x in CASES])
def test_a_worked_example(case: dict[str, Any]) -> None:
    facts = fold_invoices(map(invoice, case["rows"]), on=case.get("day", ON), repeats_count=case.get("repeats_count", False))
    found = features_of(facts, catalog=CATALOG)
    assert {x: found[x] for x in case["expected"]} == case["expected"]
    assert {x: facts[x] for x in case.get("counted", {})} == case.get("counted", {})


invoices = st.lists(
    st.builds(
        Invoice,
        is_purchase=st.booleans(),
        invoiced_on=st.integers(-30, 1200).map(lambda x: ON - timedelta(days=x)),
        amount_fen=st.one_of(st.none(), st.integers(-(10**7), 10**8)),
        number=st.one_of(st.none(), st.integers(0, 9).map(str)),
        party=st.sampled_from([None, "a", "b", "c"]),
        is_void=st.booleans(),
    ),
    max_size=40,
)


@given(invoices, st.randoms())
def test_the_order_of_the_rows_does_not_matter(rows: list[Invoice], chance: Any) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert fold_invoices(shuffled, on=ON) == fold_invoices(rows, on=ON)


@given(invoices)
def test_what_is_later_than_the_day_changes_nothing_but_its_count(rows: list[Invoice]) -> None:
    later = [x for x in rows if x.amount_fen is not None and x.invoiced_on is not None and x.invoiced_on > ON]
    known = fold_invoices([x for x in rows if x not in later], on=ON)
    assert fold_invoices(rows, on=ON) == {**known, "rows_future": len(later)}


@given(invoices)
def test_every_row_is_counted_once(rows: list[Invoice]) -> None:
    facts = fold_invoices(rows, on=ON)
    places = ("rows_used", "rows_repeated", "rows_void", "rows_future", "rows_unusable")
    assert sum(facts[x] or 0 for x in places) == len(rows)


@given(invoices)
def test_repeating_every_numbered_row_changes_nothing_but_the_count(rows: list[Invoice]) -> None:
    numbered = [x for x in rows if x.number is not None]
    once, twice = fold_invoices(numbered, on=ON), fold_invoices([*numbered, *numbered], on=ON)
    uncounted = [x for x in FACTS if x not in COUNTED]
    assert [twice[x] for x in uncounted] == [once[x] for x in uncounted]
    assert (twice["rows_used"], twice["rows_void"]) == (once["rows_used"], once["rows_void"])


@given(invoices)
def test_no_figure_leaves_sixty_four_bits(rows: list[Invoice]) -> None:
    wild = [Invoice(x.is_purchase, x.invoiced_on, (x.amount_fen or 1) * 10**12, 10**18, x.number, x.party) for x in rows]
    facts = fold_invoices(wild * 3, on=ON, repeats_count=True)
    assert all(abs(x) < 2**63 // 10_000 for x in facts.values() if x is not None)


def test_no_invoice_says_nothing_of_either_side() -> None:
    facts = fold_invoices([], on=ON)
    assert {x: value for x, value in facts.items() if value is not None} == {x: 0 for x in COUNTED if x != "months_of_data"}


@given(st.lists(st.integers(0, 10**9), min_size=3, max_size=36).filter(any))
def test_the_spread_is_the_standard_deviation_over_the_mean(months: list[int]) -> None:
    assert spread(months) == pytest.approx(pstdev(months) / fmean(months) * 10_000, abs=1)


@given(st.integers(-500, 500), st.integers(10_000, 10**6), st.integers(6, 12))
def test_the_trend_of_a_straight_line_is_its_slope(slope: int, level: int, months: int) -> None:
    line = [level + slope * age for age in range(months, 0, -1)]
    assert trend(line) == ratio(2 * slope, 2 * level + slope * (months + 1))


@given(st.integers(-(10**14), 10**14), st.integers(1, 10**14))
def test_a_ratio_is_rounded_half_away_from_zero(part: int, whole: int) -> None:
    found = ratio(part, whole)
    if abs(found) < 10**9:
        assert abs(2 * (part * 10_000 - found * whole)) <= whole
    assert ratio(-part, whole) == -found


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)))
@settings(max_examples=30)
def test_age_zero_is_the_month_before_the_decision_day(on: date) -> None:
    first = on.replace(day=1)
    assert [month_age(x, on=on) for x in (on, first, first - timedelta(days=1), first - timedelta(days=32))] == [-1, -1, 0, 1]
