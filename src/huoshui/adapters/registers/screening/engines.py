"""What runs the screening's expression (计算引擎): DuckDB on one machine, Spark on many. Both run the same Ibis expression."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Protocol

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from huoshui.adapters.registers.screening.spark_master import check_master
from huoshui.errors import MissingExtra, OutputError, ScreeningError
from huoshui.terms import EngineName

DIALECTS: Final = {EngineName.DUCKDB: "duckdb", EngineName.SPARK: "pyspark"}
_SPARK_TIME_ZONE: Final = "UTC"
_OF_SPARK: Final = ("py4j.", "pyspark.")


class Engine(Protocol):
    """Runs the expression it was opened for over named tables (引擎)."""

    def run(self, tables: Mapping[str, pa.Table]) -> pa.Table:
        """The result as one Arrow table (执行)."""
        ...

    def close(self) -> None:
        """Give everything back (关闭)."""
        ...


def compiled(expression: Any, *, dialect: str) -> str:
    """The SQL of an Ibis expression (生成语句); SQL that was compiled before stays as it is, and Ibis is not imported."""
    if isinstance(expression, str):
        return expression
    import ibis  # noqa: PLC0415 -- heavy, and a night has its SQL ready

    return str(ibis.to_sql(expression, dialect=dialect))


class DuckDB:
    """DuckDB in this process (单机引擎), within a memory limit in bytes, spilling to a folder."""

    def __init__(self, expression: Any, *, memory: int, spill: Path) -> None:
        self._sql = compiled(expression, dialect=DIALECTS[EngineName.DUCKDB])
        self._connection = duckdb.connect(
            config={
                "memory_limit": f"{memory // (1 << 20)}MiB",
                "temp_directory": str(spill),
                "preserve_insertion_order": False,
            }
        )

    def run(self, tables: Mapping[str, pa.Table]) -> pa.Table:
        """The result as one Arrow table (执行); raises OutputError when the disk is full."""
        for name, table in tables.items():
            self._connection.register(name, table)
        try:
            return self._connection.sql(self._sql).to_arrow_table()
        except duckdb.IOException as error:
            raise OutputError(f"the spill folder cannot be written: {str(error).splitlines()[0]}") from error
        except duckdb.OutOfMemoryException as error:
            raise ScreeningError(
                f"one bucket does not fit into memory; give more --memory: {str(error).splitlines()[0]}"
            ) from error
        finally:
            for name in tables:
                self._connection.unregister(name)

    def close(self) -> None:
        """Give the memory back (关闭)."""
        self._connection.close()


class Spark:
    """A Spark session, local or on a cluster (集群引擎); tables go to and from it as Parquet in a folder that all can see."""

    def __init__(self, expression: Any, *, master: str, memory: int, folder: Path) -> None:
        check_master(master)
        self._master, self._folder = master, folder
        try:
            from pyspark.sql import SparkSession  # noqa: PLC0415 -- an optional part, heavy
        except ImportError as error:
            raise MissingExtra("Spark is not installed; run `pip install 'huoshui[spark]'`") from error
        size = f"{memory // (1 << 20)}m"
        builder = (
            SparkSession.builder.master(master)
            .appName("huoshui screen")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.driver.memory", size)
            .config("spark.executor.memory", size)
            .config("spark.sql.session.timeZone", _SPARK_TIME_ZONE)
            .config("spark.local.dir", str(folder / "spark"))
            .config("spark.sql.shuffle.partitions", "8")
        )
        if master.startswith(("local", "spark://127.", "spark://localhost")):
            builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
        with self._told():
            self._session = builder.getOrCreate()
            self._session.sparkContext.setLogLevel("ERROR")
        self._sql = compiled(expression, dialect=DIALECTS[EngineName.SPARK])

    def run(self, tables: Mapping[str, pa.Table]) -> pa.Table:
        """The result as one Arrow table (执行); raises ScreeningError for what Spark cannot do."""
        with self._told():
            for name, table in tables.items():
                path = self._folder / f"{name}.parquet"
                pq.write_table(table, path)
                self._session.read.parquet(path.absolute().as_uri()).createOrReplaceTempView(name)
            result = self._folder / "result.parquet"
            self._session.sql(self._sql).write.mode("overwrite").parquet(result.absolute().as_uri())
        return pq.read_table(result)

    def close(self) -> None:
        """Leave the cluster (关闭), which may be gone already."""
        with suppress(ScreeningError), self._told():
            self._session.stop()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What goes wrong inside Spark as one sentence."""
        try:
            yield
        except Exception as error:
            if isinstance(error, ConnectionError) or type(error).__module__.startswith(_OF_SPARK):
                raise ScreeningError(f"Spark at {self._master} failed: {_reason(error)}", field="spark-master") from error
            raise


def _reason(error: Exception) -> str:
    """The line that says why: of a Java error it is the one after the call that failed."""
    lines = [x.strip() for x in str(error).splitlines() if x.strip()] or [type(error).__name__]
    return next((x.removeprefix(": ") for x in lines if x.startswith(": ")), lines[0])


@contextmanager
def open_engine(name: EngineName, *, expression: Any, master: str, memory: int, folder: Path) -> Iterator[Engine]:
    """An engine for one expression, or for the SQL that it was compiled to (打开引擎), closed at the end."""
    engine: Engine
    if name is EngineName.DUCKDB:
        engine = DuckDB(expression, memory=memory, spill=folder / "spill")
    else:
        engine = Spark(expression, master=master, memory=memory, folder=folder)
    try:
        yield engine
    finally:
        engine.close()
