"""Reasons tied to cells, in two languages, and the smallest changes that lift a grade."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from huoshui.rules.points_reasons import Explainer, cell_words, improvements, reasons
from huoshui.rules.points_table import Reader, score
from tests.rules.points_tables import SALES, SMALL, TRADE, VOID, firms, tables

FIRM = {"sales": 5_000_000, "void": 900, "trade": "NO"}


def test_the_factor_that_costs_most_comes_first_and_names_its_cell() -> None:
    found = reasons(SMALL, score=score(SMALL, values=FIRM))
    assert [(x.fields, x.lost) for x in found] == [(("sales",), 55), (("trade",), 21), (("void",), 14)]
    assert found[0].zh == "近12个月销售额（低于10万元）：比最优少55分"
    assert found[0].en == "sales of 12 months (below 100,000.00 yuan): 55 points below the best cell"
    assert found[2].zh == "作废率（5%及以上）：比最优少14分"


def test_a_pair_is_a_reason_of_its_own() -> None:
    found = reasons(SMALL, score=score(SMALL, values={"sales": 300_000_000, "void": 0, "trade": "C"}))
    assert [(x.fields, x.lost) for x in found] == [(("sales", "trade"), 12)]
    assert found[0].zh == "近12个月销售额（250万元及以上）与行业（C、F）：比最优少12分".replace("250.000000005", "250.000005")


def test_against_the_neutral_cell_the_mean_firm_loses_nothing() -> None:
    found = reasons(SMALL, score=score(SMALL, values={**FIRM, "sales": 20_000_000}), against="neutral")
    assert [(x.fields, x.lost) for x in found] == [(("trade",), 9), (("void",), 6), (("sales",), 3)]


def test_cells_are_said_in_words() -> None:
    assert cell_words(SALES, 1) == (
        "10万元至250万元",
        "100,000.00 yuan to 2,500,000.00 yuan",
    )
    assert cell_words(SALES, 3) == ("缺失", "missing")
    assert cell_words(TRADE, 1) == ("NO、否", "NO, 否")
    assert cell_words(TRADE, 2) == ("其他取值", "another value")
    assert cell_words(VOID, 0) == ("低于5%", "below 5 %")


@given(st.data())
def test_no_more_than_four_reasons_and_each_costs_points(data: st.DataObject) -> None:
    table = data.draw(tables())
    explainer, reader = Explainer(table), Reader(table)
    for firm in data.draw(firms(table)):
        found = explainer.reasons(reader.score(firm))
        lost = [x.lost for x in found]
        assert len(found) <= 4
        assert lost == sorted(lost, reverse=True)
        assert all(x > 0 for x in lost)


def test_one_change_that_suffices_goes_before_two() -> None:
    found = improvements(Reader(SMALL), score=score(SMALL, values=FIRM))
    assert [[x.field for x in one.changes] for one in found] == [["sales"]]
    assert found[0].grade == "B"
    assert found[0].zh == "近12个月销售额达到250万元及以上：评级由D升至B"


def test_evidence_for_what_is_missing_is_an_improvement() -> None:
    values: dict[str, Any] = {"sales": None, "void": 0, "trade": "C"}
    found = improvements(Reader(SMALL), score=score(SMALL, values=values))
    assert found[0].changes[0].zh == "补充近12个月销售额的证明，且其为10万元至250万元"
    assert found[0].pd == Decimal("0.1")


def test_a_field_never_moves_against_its_direction() -> None:
    reader = Reader(SMALL)
    for one in improvements(reader, score=score(SMALL, values=FIRM), most=10):
        for change in one.changes:
            field = SMALL.field(change.field)
            assert field.actionable
            assert (change.to_cell - change.from_cell) * field.direction > 0


@given(st.data())
def test_every_improvement_leads_where_it_says(data: st.DataObject) -> None:
    table = data.draw(tables())
    reader = Reader(table)
    for firm in data.draw(firms(table)):
        before = reader.score(firm)
        for one in improvements(reader, score=before, fields=2):
            cells = list(before.cells)
            for change in one.changes:
                place = [x.name for x in table.fields].index(change.field)
                assert cells[place] == change.from_cell
                cells[place] = change.to_cell
            after = reader.rated(tuple(cells))
            assert (after.points, after.grade, after.pd) == (one.points, one.grade, one.pd)
            assert after.points > before.points
            assert after.grade != before.grade
