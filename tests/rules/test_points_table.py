"""The points table: a firm scored by hand, what is missing or unseen, overlays, and what contradicts itself."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.errors import BadModel, BadRequest
from huoshui.rules.points_table import Field, Grade, Kind, Overlay, Pair, PdStep, PointsTable, Reader, Role, Score, score
from tests.rules.points_tables import PAIR, SALES, SMALL, STEPS, TRADE, VOID, firms, tables


def points_of(**changed: Any) -> int:
    return score(SMALL, values={"sales": 10_000_000, "void": 0, "trade": "C", **changed}).points


def test_a_score_is_base_cells_and_pair_added_up() -> None:
    found = score(SMALL, values={"sales": 300_000_000, "void": 12, "trade": "NO"})
    assert found == Score(500 + 25 + 8 - 9 + 2, Decimal("0.1"), Decimal("0.05"), Decimal("0.2"), "B", (2, 0, 1))


def test_a_value_at_a_cut_lies_in_the_upper_cell() -> None:
    assert points_of(sales=9_999_999) == 500 - 30 + 8 + 12
    assert points_of(sales=10_000_000) == 500 + 0 + 8 + 12
    assert points_of(sales=Decimal(250_000_000)) == 500 + 25 + 8 + 12 - 7
    assert points_of(sales=249_999_999.99) == 500 + 0 + 8 + 12


def test_a_whole_number_that_no_float_can_hold_is_compared_as_it_is() -> None:
    assert points_of(sales=10**400) == points_of(sales=2**62)
    assert points_of(sales=-(10**400)) == points_of(sales=-(2**62))


@pytest.mark.parametrize("missing", [None, float("nan"), Decimal("nan")])
def test_null_and_nan_have_the_cell_of_what_is_missing(missing: Any) -> None:
    assert points_of(sales=missing) == 500 - 40 + 8 + 12 - 7
    assert points_of(trade=None) == 500 + 0 + 8 + 1


def test_a_category_that_was_never_seen_has_a_cell_of_its_own() -> None:
    assert points_of(trade="Z") == 500 + 0 + 8 - 3 + 5


def test_a_firm_without_a_field_is_refused_by_name() -> None:
    with pytest.raises(BadRequest, match="the field void is absent"):
        score(SMALL, values={"sales": 1, "trade": "C"})


@pytest.mark.parametrize(("field", "value"), [("sales", "12"), ("sales", [1]), ("trade", 1.5)])
def test_a_value_of_another_kind_is_refused(field: str, value: Any) -> None:
    with pytest.raises(BadRequest, match=field):
        points_of(**{field: value})


def test_whole_numbers_and_truth_values_are_categories_too() -> None:
    table = replace(SMALL, fields=(replace(TRADE, groups=(("1", "true"), ("0",))),), pairs=())
    assert [score(table, values={"trade": x}).cells for x in (1, True, 0, False)] == [(0,), (0,), (1,), (2,)]


def test_the_first_step_and_grade_hold_below_their_points() -> None:
    low = replace(SMALL, base=0)
    assert (score(low, values={"sales": None, "void": 900, "trade": None}).grade) == "D"


def test_the_latest_overlay_in_force_moves_the_level() -> None:
    table = replace(SMALL, overlays=(Overlay(date(2025, 1, 1), -10, "a"), Overlay(date(2026, 1, 1), -30, "b")))
    on = [date(2024, 12, 31), date(2025, 1, 1), date(2026, 5, 5), None]
    assert [Reader(table, on=x).base for x in on] == [500, 490, 470, 470]


@given(st.data())
def test_the_sum_of_the_cells_is_the_score(data: st.DataObject) -> None:
    table = data.draw(tables())
    reader = Reader(table)
    for firm in data.draw(firms(table)):
        found = reader.score(firm)
        assert found.points == reader.points(found.cells)
        assert found.points == reader.base + sum(
            x.all_points[cell] for x, cell in zip(table.fields, found.cells, strict=True)
        ) + sum(
            x.points[x.first_groups[found.cells[i]]][x.second_groups[found.cells[i + 1]]] for i, x in enumerate(table.pairs)
        )
        assert found.grade == reader.grade(found.points)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"fields": ()}, "needs fields"),
        ({"fields": (SALES, SALES), "pairs": ()}, "name of its own"),
        ({"fields": (replace(SALES, cuts=(Decimal(2), Decimal(2))), TRADE)}, "do not rise strictly"),
        ({"fields": (replace(SALES, cuts=(Decimal("0.1"), Decimal("0.10000000000000000001"))), TRADE)}, "do not rise"),
        ({"fields": (replace(TRADE, groups=(("a",), ("a",))), SALES)}, "stands in two groups"),
        ({"fields": (replace(SALES, points=(1, 2)), TRADE)}, "expected 3"),
        ({"fields": (replace(SALES, points=(0, 9, 8)), TRADE)}, "against its direction 1"),
        ({"fields": (SALES, replace(VOID, direction=1), TRADE)}, "against its direction"),
        ({"pairs": (PAIR,) * 9}, "at most 8 pairs"),
        ({"pairs": (replace(PAIR, second="none"),)}, "two fields of the table"),
        ({"pairs": (replace(PAIR, first_groups=(0, 0, 1, 2)),)}, "do not fit"),
        ({"pairs": (replace(PAIR, second_groups=(0, 1, 1)),)}, "do not fit"),
        ({"pd_steps": ()}, "rise strictly by points"),
        ({"pd_steps": STEPS[::-1]}, "rise strictly by points"),
        ({"pd_steps": (PdStep(0, Decimal("0.1"), Decimal("0.2"), Decimal(1)),)}, "lie in its interval"),
        ({"pd_steps": (STEPS[1], replace(STEPS[0], from_points=600))}, "may not mean a higher"),
        ({"grades": (Grade("A", 1), Grade("A", 2))}, "code of its own"),
        ({"grades": (Grade("X", 1),)}, "begins with A, B, C or D"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadModel, match=sentence):
        replace(SMALL, **changes)


def test_a_segment_is_a_field_whose_points_only_set_the_level() -> None:
    region = Field("region", Kind.CATEGORY, (5, -5), 0, groups=(("N",), ("S",)), role=Role.SEGMENT)
    table = PointsTable("t", (SALES, region), 500, STEPS, SMALL.grades)
    assert score(table, values={"sales": 1, "region": "S"}).points == 465


def test_an_unknown_field_is_refused_by_name() -> None:
    with pytest.raises(BadModel, match="no field 'x'"):
        SMALL.field("x")
    assert SMALL.field("void") is VOID


def test_a_pair_needs_a_row_for_every_cell() -> None:
    assert Pair("sales", "trade", (0,) * 4, (0,) * 4, ((1,),)).points == ((1,),)
