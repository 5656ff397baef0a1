"""What runs the expression: within its memory, and with a sentence where it cannot."""

import sys
from pathlib import Path
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pytest

from huoshui.adapters.registers.screening.engines import open_engine
from huoshui.errors import MissingExtra, ScreeningError
from huoshui.terms import EngineName

ROWS: Final = 400_000


def counted() -> ir.Table:
    """Rows a key: an aggregate that must hold every key."""
    numbers = ibis.table({"key": "int64", "value": "int64"}, name="numbers")
    return numbers.group_by("key").agg(total=numbers["value"].sum(), rows=numbers.count())


def numbers(*, keys: int, rows: int = ROWS) -> pa.Table:
    return pa.table({"key": np.arange(rows, dtype=np.int64) % keys, "value": np.ones(rows, np.int64)})


def test_an_engine_may_run_again_over_other_tables(tmp_path: Path) -> None:
    with open_engine(EngineName.DUCKDB, expression=counted(), master="", memory=1 << 28, folder=tmp_path) as engine:
        for keys in (3, 7):
            found = engine.run({"numbers": numbers(keys=keys, rows=21)}).sort_by("key").to_pylist()
            assert found == [{"key": x, "total": 21 // keys, "rows": 21 // keys} for x in range(keys)]


def test_what_does_not_fit_into_memory_says_what_to_do(tmp_path: Path) -> None:
    with (
        open_engine(EngineName.DUCKDB, expression=counted(), master="", memory=2 << 20, folder=tmp_path) as engine,
        pytest.raises(ScreeningError, match="give more --memory"),
    ):
        engine.run({"numbers": numbers(keys=ROWS)})


def test_a_missing_spark_is_named_with_the_way_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with (
        pytest.raises(MissingExtra, match=r"pip install 'huoshui\[spark\]'"),
        open_engine(EngineName.SPARK, expression=counted(), master="local[1]", memory=1 << 28, folder=tmp_path),
    ):
        pytest.fail("there is no Spark to open")
