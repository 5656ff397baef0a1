"""The same command on a Spark cluster: a standalone master and two workers on loopback give the same rows as DuckDB.

The cluster is the one that comes with PySpark: three Java processes of their own, started here, stopped here. CPU seconds of
the cluster are those of master, workers and executors from their start to their end, those of the command are the driver's.

    python -m tests.bench.bench_spark --firms 1000000
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import duckdb

from tests.bench.measured import Failed, Used, run
from tests.bench.registers import registers, screen

WORKERS: Final = 2
CORES, WORKER_MEMORY = "1", "2g"
START_SECONDS, STOP_SECONDS = 90, 30
RESULTS: Final = ("firms", "visit_list", "duplicates", "links")


@dataclass(slots=True)
class Cluster:
    """A master and its workers."""

    folder: Path
    port: int
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    cpu: float = 0.0

    @property
    def address(self) -> str:
        """What `--spark-master` takes."""
        return f"spark://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start all, and wait until every worker is known to the master."""
        self._launch("master.Master", "--host", "127.0.0.1", "--port", str(self.port), "--webui-port", "0")
        self._await("Starting Spark master")
        for place in range(WORKERS):
            work = self.folder / f"worker-{place}"
            self._launch(
                "worker.Worker", "--host", "127.0.0.1", "--cores", CORES, "--memory", WORKER_MEMORY, "--webui-port", "0",
                "--work-dir", str(work), self.address,
            )  # fmt: skip
        self._await("Registering worker", times=WORKERS)

    def stop(self) -> None:
        """Stop all that was started, workers first."""
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            deadline = time.monotonic() + STOP_SECONDS
            while (found := os.wait4(process.pid, os.WNOHANG))[0] == 0:
                if time.monotonic() > deadline:
                    process.kill()
                time.sleep(0.1)
            process.returncode = os.waitstatus_to_exitcode(found[1])
            self.cpu += found[2].ru_utime + found[2].ru_stime
        self.processes.clear()

    def executors(self) -> int:
        """How many executors the master launched."""
        return self._log().count("Launching executor")

    def _launch(self, kind: str, *arguments: str) -> None:
        spec = find_spec("pyspark")
        if spec is None or spec.origin is None:
            raise Failed("Spark is not installed; run `make setup`")
        home = Path(spec.origin).parent
        log = (self.folder / ("master.log" if "Master" in kind else f"worker-{len(self.processes)}.log")).open("wb")
        environment = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
        command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{kind}", *arguments]
        with log:
            self.processes.append(subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment))

    def _await(self, line: str, *, times: int = 1) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self._log().count(line) < times:
            if time.monotonic() > deadline or any(x.poll() is not None for x in self.processes):
                raise Failed(f"the cluster did not start: {self._log()[-1000:]}")
            time.sleep(0.2)

    def _log(self) -> str:
        return (self.folder / "master.log").read_text(encoding="utf-8", errors="replace")


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A cluster on loopback, stopped in the end whatever happens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    found = Cluster(folder, port)
    try:
        found.start()
        yield found
    finally:
        found.stop()


def differences(left: Path, right: Path) -> dict[str, int]:
    """How many rows of each result are in one folder and not in the other."""
    found = {}
    for name in RESULTS:
        one, other = (f"FROM read_parquet('{x / name}.parquet')" for x in (left, right))
        both = f"({one} EXCEPT ALL {other}) UNION ALL ({other} EXCEPT ALL {one})"
        (found[name],) = duckdb.execute(f"SELECT count(*) FROM ({both})").fetchall()[0]
    return found


def show(name: str, used: Used, *, more: float = 0.0) -> None:
    """One line of the table."""
    print(f"{name:<34}{used.cpu + more:>9.1f}{used.wall:>9.1f}{used.memory_gb:>8.2f}", flush=True)


def main() -> None:
    """Screen on DuckDB and on Spark, compare row by row, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--firms", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path, help="registers that are there already, instead of the cache")
    parser.add_argument("--memory", default="1500MB", help="of the driver and of each executor")
    parser.add_argument("--local", action="store_true", help="measure Spark in one process as well")
    arguments = parser.parse_args()
    data = arguments.data or registers(arguments.firms)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{'engine':<34}{'CPU s':>9}{'wall s':>9}{'GB':>8}")
        show("DuckDB", run(screen(data, out=folder / "duckdb")))
        if arguments.local:
            used = run(screen(data, out=folder / "local", memory=arguments.memory, more=("--engine", "spark")))
            show("Spark, local[2]", used)
            print(f"  rows that differ from DuckDB: {differences(folder / 'duckdb', folder / 'local')}")
        with cluster(folder) as found:
            more = ("--engine", "spark", "--spark-master", found.address)
            used = run(screen(data, out=folder / "cluster", memory=arguments.memory, more=more))
            executors = found.executors()
        show(f"Spark, master and {WORKERS} workers", used, more=found.cpu)
        print(f"  of which the cluster {found.cpu:.1f} CPU s; memory is the driver's; executors launched: {executors}")
        different = differences(folder / "duckdb", folder / "cluster")
        print(f"  rows that differ from DuckDB: {different}")
        if any(different.values()) or executors < WORKERS:
            raise SystemExit("Spark and DuckDB do not agree, or a worker did no work")


if __name__ == "__main__":
    main()
