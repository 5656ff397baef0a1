"""Groups of firms: every firm is in exactly one, what is not known is a group of its own."""

from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.adapters.validation.grouping import MOST_GROUPS, group_firms
from huoshui.errors import BadFile


def grouped(values: Any, *, bands: tuple[int, ...] = ()) -> list[str]:
    found = group_firms(pa.table({"x": values}), column="x", bands=bands)
    return [found.labels[i] for i in found.place]


def test_numbers_fall_into_their_bands() -> None:
    values = [0, 23, 24, 59.9, 60, 200, None, float("nan")]
    assert grouped(values, bands=(24, 60)) == [
        "< 24", "< 24", "24 – 60", "24 – 60", "≥ 60", "≥ 60", "not_known", "not_known",
    ]  # fmt: skip


def test_numbers_without_bands_fall_into_quarters() -> None:
    assert sorted(Counter(grouped([float(x) for x in range(100)])).values()) == [24, 25, 25, 26]


def test_words_stand_for_themselves() -> None:
    assert grouped(["small", " micro", None, ""]) == ["small", "micro", "not_known", "not_known"]
    assert grouped(pa.array(["a", "b", "a"]).dictionary_encode()) == ["a", "b", "a"]
    assert grouped([1, 2, 1]) == ["1", "2", "1"]
    assert grouped([True, None]) == ["true", "not_known"]


def test_many_counties_are_taken_together_by_city_or_province() -> None:
    few = [f"3502{x:02d}" for x in range(3)]
    assert grouped(few) == few
    assert set(grouped([f"35{x:02d}{y:02d}" for x in range(5) for y in range(20)])) == {f"35{x:02d}00" for x in range(5)}
    assert set(grouped([f"{x}{y:02d}00" for x in (35, 36) for y in range(40)])) == {"350000", "360000"}


def test_the_rarest_of_many_words_are_one_group() -> None:
    words = ["often"] * 5 + [f"w{x}" for x in range(100)]
    found = Counter(grouped(words))
    assert len(found) == MOST_GROUPS + 1
    assert found["often"] == 5
    assert found["other"] == 100 - (MOST_GROUPS - 1)


@given(values=st.lists(st.none() | st.floats(-1e6, 1e6), min_size=1, max_size=40))
def test_every_firm_is_in_one_group_and_every_group_has_a_firm(values: list[float | None]) -> None:
    found = group_firms(pa.table({"x": pa.array(values, pa.float64())}), column="x")
    assert set(found.place.tolist()) == set(range(len(found.labels)))
    assert len(found.place) == len(values)


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(BadFile, match="have no column region; they have x"):
        group_firms(pa.table({"x": [1]}), column="region")
