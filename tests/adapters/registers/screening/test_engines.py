"""What runs the expression: within its memory, and with a sentence where it cannot."""

import socket
import sys
from pathlib import Path
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pytest

from huoshui.adapters.registers.screening.engines import open_engine
from huoshui.adapters.registers.screening.spark_master import check_master
from huoshui.errors import BadRequest, MissingExtra, ScreeningError
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


@pytest.mark.parametrize(
    "master", ["local", "local[2]", "local[*]", "local[*,3]", "local-cluster[2,1,1024]", "yarn", "k8s://h:1"]
)
def test_the_address_of_a_spark_master_is_known(master: str) -> None:
    check_master(master)


@pytest.mark.parametrize(
    "master", ["", "nonsense", "local[]", "local[0]", "local[a]", "spark://h", "spark://h:1,", "http://h:1"]
)
def test_what_is_no_spark_master_is_wrong_input(master: str) -> None:
    with pytest.raises(BadRequest, match="is no Spark master; expected such as") as refused:
        check_master(master)
    assert refused.value.field == "spark-master"


def test_a_spark_master_is_asked_before_spark_is_started() -> None:
    """Spark itself would try for a minute; of several masters one is enough."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        check_master(f"spark://127.0.0.1:{port}")
        check_master(f"spark://127.0.0.1:1,127.0.0.1:{port}")
    for nobody in (f"spark://127.0.0.1:{port}", "spark://127.0.0.1:1,[::1]:1", "spark://127.0.0.1:99999"):
        with pytest.raises(ScreeningError, match="no Spark master answers at"):
            check_master(nobody)


@pytest.mark.spark
def test_what_spark_cannot_do_is_one_sentence_and_the_next_spark_works(tmp_path: Path) -> None:
    opened: dict[str, Any] = {"expression": counted(), "master": "local[1]", "memory": 1 << 30, "folder": tmp_path}
    with (
        pytest.raises(ScreeningError, match=r"Spark at local\[1\] failed: [^\n]*value[^\n]*$") as told,
        open_engine(EngineName.SPARK, **opened) as engine,
    ):
        engine.run({"numbers": numbers(keys=3, rows=21).drop_columns(["value"])})
    assert told.value.exit_status == 1
    with open_engine(EngineName.SPARK, **opened) as engine:
        assert len(engine.run({"numbers": numbers(keys=3, rows=21)})) == 3


@pytest.mark.spark
def test_a_spark_that_is_gone_is_one_sentence(tmp_path: Path) -> None:
    opened: dict[str, Any] = {"expression": counted(), "master": "local[1]", "memory": 1 << 30, "folder": tmp_path}
    with open_engine(EngineName.SPARK, **opened) as engine:
        engine.close()
        with pytest.raises(ScreeningError, match=r"Spark at local\[1\] failed: [^\n]+$"):
            engine.run({"numbers": numbers(keys=3, rows=21)})


def test_a_missing_spark_is_named_with_the_way_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with (
        pytest.raises(MissingExtra, match=r"pip install 'huoshui\[spark\]'"),
        open_engine(EngineName.SPARK, expression=counted(), master="local[1]", memory=1 << 28, folder=tmp_path),
    ):
        pytest.fail("there is no Spark to open")
