"""The points table as plain data, there and back, and what such data may not be."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.errors import BadModel
from huoshui.rules.points_form import FORMAT, as_data, from_data
from tests.rules.points_tables import SMALL, tables


@given(st.data())
def test_a_table_comes_back_from_its_data(data: st.DataObject) -> None:
    table = data.draw(tables())
    assert from_data(as_data(table)) == table


def test_decimals_are_kept_as_text() -> None:
    assert as_data(SMALL)["fields"][0]["cuts"] == ["10000000", "250000000"]


def changed(**changes: Any) -> dict[str, Any]:
    return {**as_data(SMALL), **changes}


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        changed(format="other"),
        changed(more=1),
        changed(base=1.5),
        changed(base=True),
        changed(name=7),
        changed(fields=[{}]),
        changed(fields=[{**as_data(SMALL)["fields"][0], "more": 1}]),
        changed(fields=[{**as_data(SMALL)["fields"][0], "cuts": [1.5, 2.5]}], pairs=[]),
        changed(fields=[{**as_data(SMALL)["fields"][0], "cuts": ["NaN", "1"]}], pairs=[]),
        changed(fields=[{**as_data(SMALL)["fields"][0], "actionable": "yes"}], pairs=[]),
        changed(grades=[["A"]]),
        changed(probabilities=[[1, "x", "0", "1"]]),
        changed(overlays=[{"since": "soon", "points": 1, "reason": ""}]),
    ],
)
def test_what_is_no_points_table_is_refused(data: Any) -> None:
    with pytest.raises(BadModel):
        from_data(data)


def test_the_format_is_named() -> None:
    assert as_data(SMALL)["format"] == FORMAT
