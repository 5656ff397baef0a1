"""Firms and their outcomes: joined by firm, read from Parquet and CSV, refused where they cannot be meant."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from huoshui.adapters.validation.firms_file import Source, read_firms
from huoshui.errors import BadFile


def written(path: Path, columns: dict[str, Any]) -> Path:
    table = pa.table(columns)
    if path.suffix == ".csv":
        pacsv.write_csv(table, path)
    else:
        pq.write_table(table, path)
    return path


@pytest.mark.parametrize(
    ("values", "outcome", "known"),
    [
        ([True, False, None], [True, False, False], [True, True, False]),
        ([1, 0, None], [True, False, False], [True, True, False]),
        ([1.0, 0.0, None], [True, False, False], [True, True, False]),
        (["是", "否", None], [True, False, False], [True, True, False]),
        ([" Yes", "NO", "违约"], [True, False, True], [True, True, True]),
    ],
)
def test_an_outcome_is_yes_no_or_not_known(tmp_path: Path, values: list[Any], outcome: list[bool], known: list[bool]) -> None:
    path = written(tmp_path / "f.parquet", {"bad": values})
    firms = read_firms(Source(path, outcome="bad"))
    assert firms.outcome.tolist() == outcome
    assert firms.known.tolist() == known
    assert firms.with_outcome().rows == sum(known)


def test_any_word_but_the_bad_one_is_good(tmp_path: Path) -> None:
    path = written(tmp_path / "f.parquet", {"status": ["CHGOFF", "P I F", "chgoff", None]})
    firms = read_firms(Source(path, outcome="status", bad="CHGOFF"))
    assert firms.outcome.tolist() == [True, False, True, False]
    assert firms.known.tolist() == [True, True, True, False]


def test_a_prior_weighs_the_outcomes_as_the_population_has_them(tmp_path: Path) -> None:
    path = written(tmp_path / "f.parquet", {"bad": [1, 1, 0, 0, None]})
    firms = read_firms(Source(path, outcome="bad", prior=0.1))
    assert firms.weight.tolist() == pytest.approx([0.2, 0.2, 1.8, 1.8, 1])


def test_outcomes_are_joined_by_firm_and_what_has_no_partner_is_counted(tmp_path: Path) -> None:
    features = written(tmp_path / "f.parquet", {"firm_id": ["a", "b", "c"], "x": [1, 2, 3]})
    outcomes = written(tmp_path / "o.csv", {"firm_id": ["c", "a", "z"], "default": [1, 0, 1]})
    firms = read_firms(Source(features, outcomes=outcomes))
    assert firms.outcome.tolist() == [False, False, True]
    assert firms.known.tolist() == [True, False, True]
    assert firms.unmatched == 1
    assert [name for name, _ in firms.files] == ["f.parquet", "o.csv"]
    assert firms.with_outcome().columns.column("x").to_pylist() == [1, 3]


@pytest.mark.parametrize(
    ("values", "periods"),
    [
        ([date(2005, 6, 1), None], ("2005", "")),
        ([2005, 2006], ("2005", "2006")),
        ([2005.0, 2006.0], ("2005", "2006")),
        (["2005-06-01", "before"], ("2005", "before")),
    ],
)
def test_a_time_is_its_year(tmp_path: Path, values: list[Any], periods: tuple[str, ...]) -> None:
    path = written(tmp_path / "f.parquet", {"t": values})
    assert read_firms(Source(path, time="t")).periods == periods


def test_a_folder_of_parts_is_one_table(tmp_path: Path) -> None:
    for i in range(2):
        written(tmp_path / f"{i}.parquet", {"x": [i]})
    assert read_firms(Source(tmp_path)).columns.column("x").to_pylist() == [0, 1]


@pytest.mark.parametrize(
    ("columns", "flags", "sentence"),
    [
        ({"x": [1]}, {"outcome": "bad"}, "has no column bad; it has x"),
        ({"bad": ["maybe"]}, {"outcome": "bad"}, "'maybe' is not an outcome"),
        ({"bad": [2]}, {"outcome": "bad"}, "'2' is not an outcome"),
        ({"bad": [0.5]}, {"outcome": "bad"}, "'0.5' is not an outcome"),
        ({"x": [1], "w": ["a"]}, {"weight": "w"}, "the weights w are not numbers"),
        ({"x": [1], "w": [-1.0]}, {"weight": "w"}, "must be finite, none below zero"),
        ({"x": [1], "w": [None]}, {"weight": "w"}, "must be finite|not numbers"),
        ({"x": pa.array([], pa.int64())}, {}, "holds no firm"),
        ({"bad": [1, 0]}, {"outcome": "bad", "prior": 1.0}, "the prior 1.0 is no share"),
        ({"bad": [1, 1]}, {"outcome": "bad", "prior": 0.5}, "firms that defaulted and firms that did not"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, columns: dict[str, Any], flags: dict[str, Any], sentence: str) -> None:
    path = written(tmp_path / "f.parquet", columns)
    with pytest.raises(BadFile, match=sentence):
        read_firms(Source(path, **flags))


@pytest.mark.parametrize(
    ("ids", "others", "sentence"),
    [
        (["a", "a"], ["a", "b"], "must name each firm once"),
        (["a", None], ["a", "b"], "must name each firm once"),
        (["a", "b"], ["a", "a"], "must name each firm once"),
        (["a", "b"], ["y", "z"], "is among the features"),
    ],
)
def test_firms_that_cannot_be_told_apart_are_refused(tmp_path: Path, ids: list[Any], others: list[Any], sentence: str) -> None:
    features = written(tmp_path / "f.parquet", {"firm_id": ids})
    outcomes = written(tmp_path / "o.parquet", {"firm_id": others, "bad": [1, 0]})
    with pytest.raises(BadFile, match=sentence):
        read_firms(Source(features, outcomes=outcomes))


@pytest.mark.parametrize("name", ["no.parquet", "no.csv", "broken.parquet", "empty"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadFile, match=name):
        read_firms(Source(tmp_path / name))


@pytest.mark.parametrize("marked", ["features", "outcomes", "second part", "none"])
def test_firms_are_synthetic_where_one_of_their_files_says_so(marked: str, tmp_path: Path) -> None:
    given = pa.table({"firm_id": ["a", "b"], "bad": [0, 1]})
    parts = {"features": ["f/1.parquet", "f/2.parquet"], "outcomes": ["o.parquet"], "second part": ["f/2.parquet"], "none": []}
    (tmp_path / "f").mkdir()
    for place, name in enumerate(("f/1.parquet", "f/2.parquet", "o.parquet")):
        rows = given if name == "o.parquet" else given.slice(place, 1)
        mark = {"huoshui.synthetic": "true" if name in parts[marked] else "false"}
        pq.write_table(rows.replace_schema_metadata(mark), tmp_path / name)
    firms = read_firms(Source(tmp_path / "f", outcomes=tmp_path / "o.parquet", outcome="bad"))
    assert firms.synthetic is firms.with_outcome().synthetic is (marked != "none")


def test_a_table_of_plain_text_does_not_say_that_it_is_synthetic(tmp_path: Path) -> None:
    path = written(tmp_path / "f.csv", {"firm_id": ["a", "b"], "bad": [0, 1]})
    assert read_firms(Source(path, outcome="bad")).synthetic is False
