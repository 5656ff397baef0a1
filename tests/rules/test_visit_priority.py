"""The points of a visit list: factor by factor, tag by tag, and nothing beside them."""

from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.rules.screening import GRADES, UNKNOWN, FirmFacts
from huoshui.rules.visit_priority import FACTORS, Factor, Level, PriorityRule, level_of, score_firm
from huoshui.terms import Tag

RULE: Final = PriorityRule(
    factors=(
        Factor("sales_12m", "销售额", (100, 1_000, 10_000), (0, 5, 30, 25)),
        Factor("sales_recent", "近期比重", (40, 50), (0, 5, 10)),
        Factor("credit_grade", "级别", (), (-1, 20, 15, 10, 0, -20)),
        Factor("age", "成立时间", (19_000, 18_000), (0, 5, 15)),
        Factor("employees", "人数", (1, 20), (0, 2, 8)),
        Factor("recent_invoice", "近期开票", (20_000,), (0, 15)),
    ),
    tag_points={Tag.ABNORMAL: -15, Tag.TAX_NON_NORMAL: -25, Tag.DISHONEST: -40, Tag.SERIOUS: -40, Tag.OTHER: 0},
    levels=(Level(-1_000, "一般"), Level(30, "较优先"), Level(60, "优先")),
)
FACTS: Final = st.builds(
    FirmFacts, employees=st.integers(-1, 30), sales_12m=st.integers(0, 20_000), sales_6m=st.integers(0, 20_000),
    tax_employees=st.integers(-1, 30), last_invoice=st.integers(19_990, 20_010), tags=st.integers(0, 31),
    grade=st.integers(0, len(GRADES) - 1), established=st.one_of(st.just(UNKNOWN), st.integers(17_000, 20_000)),
)  # fmt: skip


def points(facts: FirmFacts) -> dict[str, int]:
    return {x.input: x.points for x in score_firm(facts, rule=RULE)}


def test_every_factor_that_policy_names_has_points() -> None:
    assert tuple(points(FirmFacts())) == FACTORS


@pytest.mark.parametrize(
    ("sales", "given_points"), [(0, 0), (99, 0), (100, 5), (999, 5), (1_000, 30), (9_999, 30), (10_000, 25)]
)
def test_a_band_begins_at_its_threshold(sales: int, given_points: int) -> None:
    assert points(FirmFacts(sales_12m=sales))["sales_12m"] == given_points


@pytest.mark.parametrize(
    ("half", "year", "given_points"), [(39, 100, 0), (40, 100, 5), (49, 100, 5), (1, 2, 10), (7, 3, 10), (0, 0, 0)]
)
def test_the_recent_share_is_compared_without_division(half: int, year: int, given_points: int) -> None:
    assert points(FirmFacts(sales_6m=half, sales_12m=year))["sales_recent"] == given_points


def test_a_grade_gives_its_points_and_none_is_not_known() -> None:
    given_points = [points(FirmFacts(grade=GRADES.index(x)))["credit_grade"] for x in ("", "A", "B", "M", "C", "D")]
    assert given_points == [-1, 20, 15, 10, 0, -20]


@pytest.mark.parametrize(
    ("established", "given_points"), [(UNKNOWN, 0), (19_001, 0), (19_000, 5), (18_001, 5), (18_000, 15), (0, 15)]
)
def test_an_older_firm_has_more_points_and_an_unknown_age_none(established: int, given_points: int) -> None:
    assert points(FirmFacts(established=established))["age"] == given_points


@pytest.mark.parametrize(
    ("own", "filed", "given_points"), [(UNKNOWN, UNKNOWN, 0), (UNKNOWN, 25, 8), (0, 25, 0), (1, 25, 2), (20, 0, 8)]
)
def test_employees_are_the_registrys_own_where_it_has_them(own: int, filed: int, given_points: int) -> None:
    assert points(FirmFacts(employees=own, tax_employees=filed))["employees"] == given_points


@pytest.mark.parametrize(("day", "given_points"), [(UNKNOWN, 0), (19_999, 0), (20_000, 15), (20_500, 15)])
def test_an_invoice_counts_from_the_first_day_of_the_window(day: int, given_points: int) -> None:
    assert points(FirmFacts(last_invoice=day))["recent_invoice"] == given_points


def test_every_tag_that_costs_points_is_explained_and_one_that_does_not_is_left_out() -> None:
    every = (1 << len(Tag)) - 1
    told = {x.input: x.points for x in score_firm(FirmFacts(tags=every), rule=RULE) if x.input not in FACTORS}
    assert told == {"T01": -15, "T02": -25, "T03": -40, "T04": -40}


@given(facts=FACTS)
def test_tags_only_take_away_what_they_cost(facts: FirmFacts) -> None:
    cost = sum(RULE.tag_points[tag] for i, tag in enumerate(Tag) if facts.tags >> i & 1)
    assert sum(points(facts).values()) - sum(points(replace(facts, tags=0)).values()) == cost


@given(facts=FACTS)
def test_the_points_are_those_of_the_band_that_is_named(facts: FirmFacts) -> None:
    by_input = {x.input: x for x in RULE.factors}
    told = [x for x in score_firm(facts, rule=RULE) if x.input in by_input]
    assert [x.points for x in told] == [by_input[x.input].points[x.band] for x in told]


@pytest.mark.parametrize(
    ("total", "name"),
    [(-1_001, ""), (-1_000, "一般"), (29, "一般"), (30, "较优先"), (59, "较优先"), (60, "优先"), (500, "优先")],
)
def test_a_sum_has_the_last_level_that_it_reaches(total: int, name: str) -> None:
    assert level_of(total, rule=RULE) == name
