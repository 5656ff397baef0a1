"""Importing a large CSV file, beside DuckDB's own reader: MB of file per CPU second, and peak memory.

`huoshui` runs `registers import` in a process of its own: start, encoding and headings found, every value read, every code
checked, file hashed, line numbers kept, zstd Parquet written. `DuckDB` runs `COPY (FROM read_csv(…)) TO … (FORMAT parquet,
COMPRESSION zstd)`, which types the columns that it can and does none of the rest. Three files of the same rows:

    full      a registry as registers give it, with address and business scope
    lean      the columns that an import takes, and no others
    gb18030   full, in the encoding of most files from offices
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

GOAL_MB_PER_SECOND: Final = 150
GOAL_MEMORY_MB: Final = 1_000
_MB: Final = 1_000_000
_LEAN: Final = """
    '91' || (350100 + h1 % 600)::VARCHAR || 'MA' || upper(substr(md5(i::VARCHAR), 1, 8)) AS 统一社会信用代码,
    ['福州', '厦门', '泉州', '漳州', '龙岩'][1 + h1 % 5] || chr((19968 + h2 % 5000)::INT) || chr((19968 + h3 % 5000)::INT)
        || ['商贸', '科技', '餐饮管理', '建筑工程', '物流'][1 + h2 % 5] || '有限公司' AS 企业名称,
    ['有限责任公司(自然人投资或控股)', '有限责任公司(自然人独资)', '个体工商户'][1 + h2 % 3] AS 企业类型,
    ['存续（在营、开业、在册）', '注销', '吊销，未注销', '存续（在营、开业、在册）'][1 + h3 % 4] AS 登记状态,
    DATE '2000-01-01' + (h1 % 9000)::INT AS 成立日期, (h2 % 10000000 / 100)::DECIMAL(18, 2) AS "注册资本（万元）",
    (1000 + h3 % 8999)::VARCHAR AS 行业代码, (350100 + h1 % 600)::VARCHAR AS 行政区划代码, (1 + h1 % 300)::VARCHAR AS 从业人数,
    (h2 % 10000000000 / 100)::DECIMAL(18, 2) AS "营业收入（元）", (h3 % 10000000000 / 100)::DECIMAL(18, 2) AS "资产总额（元）",
    (2019 + h1 % 6)::VARCHAR AS 年报年度, DATE '2019-01-01' + (h2 % 2000)::INT AS 核准日期"""
_FULL: Final = """,
    ['福州市鼓楼区', '厦门市思明区', '泉州市丰泽区'][1 + h1 % 3]
        || '第' || (h2 % 900)::VARCHAR || '号之' || (h3 % 90)::VARCHAR AS 住所,
    '一般项目：' || repeat(
        ['货物进出口；', '技术服务、技术开发；', '餐饮管理；', '日用百货销售；'][1 + h3 % 4], 1 + (h1 % 9)::INT) AS 经营范围"""


@dataclass(frozen=True)
class Used:
    """What a process used: CPU and wall seconds, peak memory in MB."""

    cpu: float
    wall: float
    memory: float


def measured(command: list[str]) -> Used:
    """Run a process to its end."""
    started = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with status {process.returncode}")
    return Used(usage.ru_utime + usage.ru_stime, time.monotonic() - started, usage.ru_maxrss * 1024 / _MB)


def make(path: Path, *, columns: str, megabytes: int) -> None:
    """Write about so many MB of rows, the same rows every time."""
    with duckdb.connect() as con:
        rows = "SELECT i, (hash(i) >> 3)::BIGINT AS h1, (hash(-i) >> 3)::BIGINT AS h2, (hash(i * 7) >> 3)::BIGINT AS h3"
        count = 20_000
        while True:
            select = f"SELECT {columns} FROM ({rows} FROM range({count}) t(i))"
            con.execute(f"COPY ({select}) TO '{path}' (FORMAT csv, HEADER)")
            if path.stat().st_size >= 0.97 * megabytes * _MB:
                return
            count = int(count * megabytes * _MB / path.stat().st_size * 1.001)


def transcode(source: Path, target: Path) -> None:
    """The same text in GB 18030."""
    with source.open(encoding="utf-8", newline="") as lines, target.open("w", encoding="gb18030", newline="") as out:
        while block := lines.read(1 << 22):
            out.write(block)


def huoshui(path: Path, out: Path) -> list[str]:
    """The command that imports a file; what no column name makes sure of is not in it, so no mapping is needed."""
    return [sys.executable, "-m", "huoshui", "registers", "import", "--kind", "registry", str(path), "--out", str(out)]


def duckdb_copy(path: Path, out: Path) -> list[str]:
    """DuckDB's own reader and writer."""
    sql = f"COPY (FROM read_csv('{path}')) TO '{out}/copy.parquet' (FORMAT parquet, COMPRESSION zstd)"
    return [sys.executable, "-c", f"import duckdb; duckdb.sql({sql!r})"]


def row(name: str, reader: str, path: Path, used: Used) -> None:
    """One line of the table."""
    size = path.stat().st_size / _MB
    speed = size / used.cpu
    print(f"{name:<9}{size:>8,.0f}  {reader:<9}{used.cpu:>8.1f}{used.wall:>8.1f}{speed:>10.0f}{used.memory:>10.0f}", end="")
    if reader == "huoshui":
        met = {"speed": speed >= GOAL_MB_PER_SECOND, "memory": used.memory <= GOAL_MEMORY_MB}
        print("", *(f"{goal} {'met' if is_met else 'MISSED'}" for goal, is_met in met.items()), end="")
    print(flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--mb", type=int, default=1_000, help="size of each file; 5000 is the size of the goal")
    parser.add_argument("--runs", type=int, default=3, help="runs of each, of which the least CPU time counts")
    parser.add_argument("--files", nargs="*", default=["full", "lean", "gb18030"])
    arguments = parser.parse_args()
    readers: dict[str, Callable[[Path, Path], list[str]]] = {"huoshui": huoshui, "DuckDB": duckdb_copy}
    print(f"{'file':<9}{'MB':>8}  {'reader':<9}{'CPU s':>8}{'wall s':>8}{'MB/CPU s':>10}{'peak MB':>10}")
    for name in arguments.files:
        with tempfile.TemporaryDirectory() as folder:
            path, out = Path(folder, "registry.csv"), Path(folder, "out")
            make(path, columns=_LEAN + ("" if name == "lean" else _FULL), megabytes=arguments.mb)
            if name == "gb18030":
                path = path.rename(Path(folder, "utf8.csv"))
                transcode(path, Path(folder, "registry.csv"))
                path.unlink()
                path = Path(folder, "registry.csv")
            out.mkdir()
            for reader, command in readers.items():
                if name == "gb18030" and reader == "DuckDB":
                    continue  # it reads UTF-8 only, unless an extension is fetched
                runs = [measured(command(path, out)) for _ in range(arguments.runs)]
                row(name, reader, path, min(runs, key=lambda x: x.cpu))


if __name__ == "__main__":
    main()
