"""A table over columns scores every firm as its one-firm reader does."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.adapters.validation.scoring import TableReader
from huoshui.errors import BadFile
from huoshui.rules.points_table import Overlay, Reader
from tests.services.model.small_models import small_table

LATER: Final = date(2026, 6, 1)
TABLE: Final = replace(small_table(), overlays=(Overlay(LATER, -30, "level"),))
SALES: Final = st.one_of(st.none(), st.floats(allow_infinity=True), st.sampled_from([10.0, 100.5, -0.0]))
TRADES: Final = st.one_of(st.none(), st.sampled_from(["A", "B", "C", "Z", ""]))


@given(rows=st.lists(st.tuples(SALES, TRADES), min_size=1, max_size=30), on=st.sampled_from([None, date(2026, 1, 1), LATER]))
def test_a_register_and_one_firm_are_scored_alike(rows: list[tuple[float | None, str | None]], on: date | None) -> None:
    columns = pa.table(
        {"sales": pa.array([x for x, _ in rows], pa.float64()), "trade": pa.array([x for _, x in rows], pa.string())}
    )
    reader, one = TableReader(TABLE, on=on), Reader(TABLE, on=on)
    scored = reader.score(reader.cells(columns))
    expected = [one.score({"sales": sales, "trade": trade}) for sales, trade in rows]
    assert scored.points.tolist() == [x.points for x in expected]
    assert [TABLE.grades[i].code for i in scored.grades] == [x.grade for x in expected]
    assert scored.pd.tolist() == [float(x.pd) for x in expected]
    assert scored.low.tolist() == [float(x.pd_low) for x in expected]
    assert scored.high.tolist() == [float(x.pd_high) for x in expected]
    found = zip(scored.cells["sales"].tolist(), scored.cells["trade"].tolist(), strict=True)
    assert list(found) == [x.cells for x in expected]


@given(rows=st.lists(st.tuples(SALES, TRADES), min_size=1, max_size=10))
def test_without_a_field_a_firm_scores_as_if_it_were_not_known(rows: list[tuple[float | None, str | None]]) -> None:
    columns = pa.table({"sales": pa.array([x for x, _ in rows], pa.float64()), "trade": [x for _, x in rows]})
    reader = TableReader(TABLE)
    found = reader.without(reader.score(reader.cells(columns)), field="sales")
    one = Reader(TABLE)
    assert found.points.tolist() == [one.score({"sales": None, "trade": trade}).points for _, trade in rows]


@pytest.mark.parametrize(
    ("values", "as_python"),
    [
        (pa.array([5, 10, None], pa.int32()), [5, 10, None]),
        (pa.array([Decimal("100.49"), Decimal("100.50"), None], pa.decimal128(9, 2)), [100.49, 100.5, None]),
        (pa.array([True, False, None]), [True, False, None]),
        (pa.array([None, None, None], pa.null()), [None, None, None]),
        (pa.array([1.5, 50.0, None]).dictionary_encode(), [1.5, 50.0, None]),
    ],
)
def test_numbers_of_any_type_are_compared_alike(values: pa.Array, as_python: list[Any]) -> None:
    columns = pa.table({"sales": values, "trade": pa.array(["A", None, "C"]).dictionary_encode()})
    reader, one = TableReader(TABLE), Reader(TABLE)
    trades = ["A", None, "C"]
    expected = [one.score({"sales": x, "trade": trade}).points for x, trade in zip(as_python, trades, strict=True)]
    assert reader.score(reader.cells(columns)).points.tolist() == expected


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"sales": [1.0]}, "have no column trade, which the model needs"),
        ({"sales": ["x"], "trade": ["A"]}, "the column sales is of type string; the model compares it with numbers"),
        ({"sales": [1.0], "trade": [0.5]}, "the column trade is of type double; the model takes text"),
    ],
)
def test_columns_that_do_not_fit_are_refused_by_name(columns: dict[str, list[Any]], sentence: str) -> None:
    with pytest.raises(BadFile, match=sentence):
        TableReader(TABLE).cells(pa.table(columns))
