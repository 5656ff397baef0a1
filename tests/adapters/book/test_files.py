"""What a book reads: churn tables, ratings, side conditions."""

from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import openpyxl  # type: ignore[import-untyped]  # the library has no annotations
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from huoshui.adapters.book.churn_file import read_churn
from huoshui.adapters.book.conditions_file import columns_of, matching, read_condition, read_conditions
from huoshui.adapters.book.ratings_file import read_ratings
from huoshui.errors import BadChoice, BadFile, BadRequest, InputError
from huoshui.rules.churn import smooth

REAL: Final = Path(__file__).parents[4] / "shared" / "data" / "invoices_425_firms" / "churn_by_rate.csv"
FIRM: Final[dict[str, Any]] = {"firm_id": ["a"], "pd": ["0.1"], "grade": ["A"]}


@pytest.mark.parametrize(
    "text",
    [
        "rate,churn_A,churn_B\n0.04,0,0.01\n0.05,0.2,0.3\n",
        "\ufeffrate;A;B\n0.04;0;0.01\n0.05;0.2;0.3\n",
        "贷款年利率,客户流失率,\n,信誉评级A,信誉评级B\n0.04,0,0.01\n0.05,0.2,0.3\n",
        "客户流失率（A级）,客户流失率（B级）,贷款年利率\n20%,30%,5%\n0%,1%,4%\n",
        "表1 利率与流失率\n利率\tA\tB\n4.00%\t0\t1%\n5.00%\t20%\t30%\n\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_headings_are_found_by_themselves(text: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "churn.csv"
    path.write_bytes(text.encode(encoding if "\ufeff" not in text else "utf-8"))
    table = read_churn(path)
    assert table.rates == (Decimal("0.04"), Decimal("0.05"))
    assert table.lost == {"A": (Decimal(0), Decimal("0.2")), "B": (Decimal("0.01"), Decimal("0.3"))}


def test_a_workbook_with_two_rows_of_headings_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["贷款年利率", "客户流失率", None],
        [None, "信誉评级A", "信誉评级B"],
        [0.04, 0, 0],
        [0.0425, 0.0945741262057566, 0.06],
    ):
        sheet.append(row)
    sheet.merge_cells("B1:C1")
    book.save(tmp_path / "churn.xlsx")
    table = read_churn(tmp_path / "churn.xlsx")
    assert table.rates == (Decimal("0.04"), Decimal("0.0425"))
    assert table.lost["A"] == (Decimal(0), Decimal("0.0945741262057566"))


def test_the_real_table_is_read_and_smoothed() -> None:
    if not REAL.is_file():
        pytest.skip("shared data is missing: the contest's churn table is not read")
    curves = smooth(read_churn(REAL))
    assert {x: (len(y.rates), str(y.rates[0]), str(y.rates[-1])) for x, y in curves.items()} == dict.fromkeys(
        "ABC", (29, "0.04", "0.15")
    )
    assert all(0 < x.moved < Decimal("0.01") for x in curves.values())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no table below headings"),
        ("0.04,0\n0.05,0.2\n", "no table below headings"),
        ("rate,备注\n0.04,0\n", "names no grade"),
        ("rate,A,A\n0.04,0,0\n", "one twice"),
        ("rate,A\n0.04,0\n0.05,lots\n", "'0.05, lots' has a cell"),
        ("rate,A\n0.04,0\n0.05\n", "a cell that is no number"),
        ("利率,接受率A\n0.04,1\n", "shares that are kept"),
    ],
)
def test_a_file_that_holds_no_churn_table_is_refused(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "churn.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadFile, match=sentence):
        read_churn(path)


@pytest.mark.parametrize("content", [b"PK\x03\x04broken", b"\xff\xff\xff\xff", b"x" * (1 << 21)])
def test_bytes_that_are_no_table_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "churn").write_bytes(content)
    with pytest.raises(BadFile):
        read_churn(tmp_path / "churn")
    with pytest.raises(BadFile, match="is missing"):
        read_churn(tmp_path / "none.csv")


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["0.1", " 0.0312 ", None, ""]),
        pa.array([0.1, 0.0312, None, float("nan")]),
        pa.array([Decimal("0.1"), Decimal("0.0312"), None, None]),
        pa.array([Decimal("0.1"), Decimal("0.0312"), None, None], pa.decimal128(30, 10)),
        pa.array([Decimal("0.1"), Decimal("0.03119999999995"), None, None], pa.decimal256(50, 20)),
        pa.array(["1e-1", "3.12e-2", None, None]).dictionary_encode(),
    ],
    ids=["text", "number", "decimal", "wide", "wider", "dictionary"],
)
def test_a_pd_is_text_a_number_or_a_decimal_and_may_be_unknown(column: pa.Array) -> None:
    found = read_ratings(pa.table({"firm_id": ["b", "a", "c", "d"], "pd": column, "grade": ["A", "B", None, "A"]}))
    assert found.firm_id.to_pylist() == ["a", "b", "c", "d"]
    assert found.pd_nano.tolist() == [31_200_000, 100_000_000, -1, -1]
    assert [found.grades[x] if x >= 0 else None for x in found.grade] == ["B", "A", None, "A"]
    assert found.pd(0) == Decimal("0.0312")
    assert (found.limit_fen, found.decision, found.first_time) == (None, None, None)


def test_a_data_frame_and_a_file_read_alike(tmp_path: Path) -> None:
    given = {**FIRM, "limit_fen": [5], "decision": ["refused"], "first_time": ["是"], "industry": ["A01"]}
    pq.write_table(pa.table(given), tmp_path / "r.parquet")
    for source in (
        pa.table(given),
        pd.DataFrame(given),
        pl.DataFrame(given),
        tmp_path / "r.parquet",
        str(tmp_path / "r.parquet"),
    ):
        found = read_ratings(source, columns=["industry"])
        assert found.limit_fen is not None
        assert found.decision is not None
        assert found.first_time is not None
        assert (found.limit_fen.tolist(), found.decision.tolist(), found.first_time.tolist()) == ([5], [1], [True])
        assert found.columns["industry"].to_pylist() == ["A01"]


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        ({"pd": ["x"]}, BadRequest, "firm a has the pd 'x'; expected a decimal from 0 to 1"),
        ({"pd": [Decimal("250.5")]}, BadRequest, "firm a has the pd '250.5'"),
        ({"pd": ["1.01"]}, BadRequest, "firm a has a pd that cannot be"),
        ({"pd": [-0.1]}, BadRequest, "firm a has a pd that cannot be"),
        ({"pd": [True]}, BadRequest, "type bool"),
        ({"pd": [["0.1"]]}, BadRequest, "lists or records"),
        ({"firm_id": [None]}, BadRequest, "no firm_id"),
        ({"firm_id": [" "]}, BadRequest, "no firm_id"),
        ({"decision": ["yes"]}, BadChoice, "expected offer, refused, not_known"),
        ({"limit_fen": [-1]}, BadRequest, "limit_fen that cannot be"),
        ({"limit_fen": ["much"]}, BadRequest, "no whole number of fen"),
        ({"first_time": [0.5]}, BadRequest, "expected yes or no"),
    ],
)
def test_values_that_cannot_be_are_refused(change: dict[str, Any], error: type[InputError], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        read_ratings(pa.table({**FIRM, **change}))


def test_a_firm_stands_once_and_columns_are_named() -> None:
    with pytest.raises(BadRequest, match="firm a stands twice"):
        read_ratings(pa.table({"firm_id": ["a", "b", "a"], "pd": ["0", "0", "0"], "grade": ["A"] * 3}))
    with pytest.raises(BadRequest, match="no column grade; there are firm_id, pd"):
        read_ratings(pa.table({"firm_id": ["a"], "pd": ["0"]}))
    with pytest.raises(BadRequest, match="no firm"):
        read_ratings(pa.table(FIRM).slice(0, 0))
    with pytest.raises(BadRequest, match="of the type int"):
        read_ratings(7)


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r.parquet").write_bytes(b"PAR1 not at all")
    with pytest.raises(BadFile, match="cannot be read as Parquet"):
        read_ratings(tmp_path / "r.parquet")
    with pytest.raises(BadFile, match="is missing"):
        read_ratings(tmp_path / "none.parquet")


def test_conditions_say_whom_they_are_about(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(
        "- {name: 涉农, where: {industry: ['A*', B06], first_time: true}, at_least: {amount: 5}}\n", encoding="utf-8"
    )
    (found,) = read_conditions(path)
    assert (found.name, found.measure, found.at_least, found.limit) == ("涉农", "amount", True, Decimal(500))
    assert columns_of([found]) == ("industry", "first_time")
    columns = {"industry": pa.array(["A01", "B06", "B061", None]), "first_time": pa.array([True, True, True, True])}
    assert matching(found, columns=columns, count=4).tolist() == [True, True, False, False]


def test_what_is_not_known_counts_towards_a_most() -> None:
    most = read_condition({"where": {"industry": "K*"}, "at_most": {"share": "0.1"}}, place=1)
    assert matching(most, columns={"industry": pa.array(["K70", None, "A01"])}, count=3).tolist() == [True, True, False]
    assert np.array_equal(matching(read_condition({"at_most": {"firms": 1}}, place=1), columns={}, count=2), [True, True])


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "one of at_least and at_most"),
        ({"at_least": {"firms": 1}, "at_most": {"firms": 2}}, "one of at_least and at_most"),
        ({"at_least": {"firms": 1, "share": 1}}, "with one measure"),
        ({"at_least": {"profit": 1}}, "measure must be one of"),
        ({"at_least": {"expected_loss": "0.1"}}, "no sense"),
        ({"at_most": {"share": 0.5}}, "decimal in quotes"),
        ({"at_most": {"share": "1.5"}}, "fraction such as"),
        ({"at_most": {"firms": "2.5"}}, "zero or more"),
        ({"at_most": {"firms": "many"}}, "must be a number"),
        ({"at_least": {"firms": "1e400"}}, "is at most 10,000,000,000,000"),
        ({"at_least": {"amount": "1e400"}}, "is at most 10,000,000,000,000"),
        ({"at_most": {"firms": 1}, "who": 1}, "expected name, where"),
        ({"at_most": {"firms": 1}, "where": ["A"]}, "where must map"),
        (7, "expected name, where"),
    ],
)
def test_conditions_that_cannot_be_are_refused(given: Any, sentence: str) -> None:
    with pytest.raises(BadRequest, match=sentence):
        read_condition(given, place=1)


@pytest.mark.parametrize("text", ["", "a: [", "{}", "[]", "- \t- x", "[" * 5_000])
def test_a_file_that_is_no_list_of_conditions_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BadFile):
        read_conditions(tmp_path / "c.yaml")
    with pytest.raises(BadFile, match="cannot be read"):
        read_conditions(tmp_path / "none.yaml")
