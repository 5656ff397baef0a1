"""The points table as text: there and back, the same bytes, short, and nothing that a YAML reader takes for something else."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.adapters.points_file import points_text, read_points_file, read_points_text
from huoshui.errors import BadFile, BadModel
from huoshui.rules.points_form import as_data
from tests.rules.points_tables import SMALL, TRADE, tables


@given(st.data())
def test_a_table_comes_back_from_its_text(data: st.DataObject) -> None:
    table = data.draw(tables())
    text = points_text(table)
    assert read_points_text(text) == table
    assert points_text(read_points_text(text)) == text


def test_words_that_yaml_takes_for_something_else_stay_words() -> None:
    groups = (("NO", "yes", "null", "~", "1", "1e3", "2026-01-01"), ("on", "0x1F", "", " "))
    table = replace(SMALL, fields=(replace(TRADE, groups=groups),), pairs=())
    assert read_points_text(points_text(table)) == table


def test_json_is_read_too() -> None:
    assert read_points_text(json.dumps(as_data(SMALL))) == SMALL


def test_a_key_given_twice_and_points_beyond_reason_are_refused() -> None:
    text = points_text(SMALL)
    with pytest.raises(BadModel, match="base is given twice"):
        read_points_text(f"{text}\nbase: 1\n")
    with pytest.raises(BadModel, match="not a whole number up to 1,000,000"):
        read_points_text(text.replace(f"\nbase: {SMALL.base}\n", "\nbase: 99999999999999999999\n"))


@pytest.mark.parametrize("text", ["", "a: [", "- 1", "!!python/object/apply:os.system [ls]", "\x00"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(BadModel):
        read_points_text(text)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"none\.yaml cannot be read"):
        read_points_file(tmp_path / "none.yaml")
