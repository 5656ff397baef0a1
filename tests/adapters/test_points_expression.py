"""The register's reader says of every firm what the one-firm reader says, at the cuts and for what is missing or unseen."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.adapters.points_expression import score_register
from huoshui.adapters.registers.screening.engines import open_engine
from huoshui.errors import BadFile
from huoshui.rules.points_table import Kind, PointsTable, Reader
from huoshui.terms import EngineName
from tests.rules.points_tables import SMALL, firms, tables

FIRMS: list[dict[str, Any]] = [
    {"sales": sales, "void": void, "trade": trade}
    for sales in (None, 0.0, 9_999_999.999, 10_000_000.0, 250_000_000.0, float("nan"), float("inf"))
    for void in (None, 499, 500)
    for trade in (None, "C", "NO", "否", "Z", "")
]


def arrow(table: PointsTable, rows: list[dict[str, Any]], **types: pa.DataType) -> pa.Table:
    usual = {x.name: pa.float64() if x.kind is Kind.NUMBER else pa.string() for x in table.fields}
    columns = {name: pa.array([row[name] for row in rows], types.get(name, kind)) for name, kind in usual.items()}
    return pa.table({"firm": pa.array(range(len(rows)), pa.int64()), **columns})


def expression(table: PointsTable, given: pa.Table) -> Any:
    unbound = ibis.table(ibis.Schema.from_pyarrow(given.schema), name="firms")
    return score_register(unbound, table=table, keep=("firm",))


def one_by_one(table: PointsTable, rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    reader = Reader(table)
    return [(i, x.points, x.pd, x.pd_low, x.pd_high, x.grade) for i, x in enumerate(map(reader.score, rows))]


def by_duckdb(table: PointsTable, given: pa.Table) -> list[tuple[Any, ...]]:
    sql = str(ibis.to_sql(expression(table, given), dialect="duckdb"))
    with duckdb.connect() as connection:
        connection.register("firms", given)
        return sorted(connection.sql(sql).fetchall())


@settings(max_examples=40)
@given(st.data())
def test_duckdb_scores_a_register_as_one_firm_is_scored(data: st.DataObject) -> None:
    table = data.draw(tables())
    rows = data.draw(firms(table))
    assert by_duckdb(table, arrow(table, rows)) == one_by_one(table, rows)


def test_every_combination_of_a_small_table_agrees() -> None:
    assert by_duckdb(SMALL, arrow(SMALL, FIRMS)) == one_by_one(SMALL, FIRMS)


@pytest.mark.parametrize("kind", [pa.int64(), pa.int32(), pa.float32(), pa.decimal128(18, 2)])
def test_whole_and_decimal_columns_are_compared_alike(kind: pa.DataType) -> None:
    worth = Decimal if pa.types.is_decimal(kind) else float if pa.types.is_floating(kind) else int
    rows = [{"sales": None, "void": None if x is None else worth(x), "trade": "C"} for x in (None, 499, 500, 501)]
    assert by_duckdb(SMALL, arrow(SMALL, rows, void=kind)) == one_by_one(SMALL, rows)


@pytest.mark.spark
def test_spark_scores_a_register_as_one_firm_is_scored(tmp_path: Path) -> None:
    given = arrow(SMALL, FIRMS)
    assert ibis.pyspark is not None  # loading the backend makes its options known, which the SQL of fractions asks for
    asked = expression(SMALL, given)
    with open_engine(EngineName.SPARK, expression=asked, master="local[2]", memory=1 << 30, folder=tmp_path) as engine:
        found = engine.run({"firms": given}).sort_by("firm")
    assert [tuple(x.values()) for x in found.to_pylist()] == one_by_one(SMALL, FIRMS)


def test_a_column_that_is_absent_or_of_another_kind_is_refused_by_name() -> None:
    given = arrow(SMALL, FIRMS)
    with pytest.raises(BadFile, match="no column void"):
        expression(SMALL, given.drop_columns(["void"]))
    with pytest.raises(BadFile, match="the column trade is of type float64"):
        expression(SMALL, given.set_column(3, "trade", pa.array([1.5] * len(FIRMS))))


def test_the_day_picks_the_overlay() -> None:
    given = arrow(SMALL, FIRMS[:1])
    unbound = ibis.table(ibis.Schema.from_pyarrow(given.schema), name="firms")
    assert score_register(unbound, table=SMALL, on=date(2026, 1, 1)).columns == ("points", "pd", "pd_low", "pd_high", "grade")
