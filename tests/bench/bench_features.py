"""Features of invoices beside Polars and DuckDB on the same standard register, and those of one firm from invoices in memory.

Every engine runs in a process of its own, in turns, from Parquet to Parquet, first cold and then warm; the values of the
features that the peers compute (35 of ours: repeats dropped, void and red invoices as defined) must be equal to the last digit.
Ours writes all its features and hashes its input besides. CPU seconds are user and system of all threads. Cold has imports and
the compiling of our expression in it; floor and goal are of the warm figure, as those of the peers that they were set by.

    python -m tests.bench.bench_features --rows 10000000 --rounds 3
"""

import argparse
import json
import math
import resource
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from huoshui.adapters.features.fold import NO_KEY, InvoiceColumns, fact_values, fold_rows, pack
from huoshui.rules.features import features_of
from huoshui.rules.features_catalog import CATALOG
from tests.bench.features_engine import ENGINES, ON, OURS
from tests.bench.invoices import LAST_DAY, invoices
from tests.bench.measured import run
from tests.bench.peers import duckdb_features, polars_features

CORES: Final = 2
FLOOR, GOAL = 3.0, 8.0
MOST_EXPONENT: Final = 1.02
ONE_FIRM: Final = {"median": (1_137, 1.0, 0.15), "largest": (44_863, 15.0, 3.0)}
CALLS: Final = {"median": 200, "largest": 20}


def same(ours: Path, other: Path) -> bool:
    """Whether the values of all features that a peer computes are ours."""
    theirs = pl.read_parquet(other).sort("firm_id")
    theirs = theirs.with_columns(pl.exclude("firm_id").cast(pl.Int64))
    return pl.read_parquet(ours, columns=theirs.columns).select(theirs.columns).sort("firm_id").equals(theirs)


@dataclass(frozen=True, slots=True)
class Speed:
    """CPU seconds of one engine, and its peak memory in GB."""

    cold: float
    warm: float
    memory_gb: float


def measured(engine: str, register: Path, out: Path, *, times: int) -> Speed:
    """One engine in a process of its own."""
    used = run(["-m", "tests.bench.features_engine", engine, str(register), str(out), str(times)], scratch=[out.parent])
    found = Speed(**json.loads(used.output), memory_gb=used.memory_gb)
    print(
        f"  {engine:<10}{found.cold:>8.2f} cold{found.warm:>8.2f} warm CPU s{found.memory_gb:>7.2f} GB, load {used.load:.1f}",
        flush=True,
    )
    return found


def register_speed(rows: int, *, rounds: int, times: int, engines: list[str], work: Path) -> float:
    """One size: all engines in turns; the least warm CPU seconds of ours."""
    register, runs = invoices(rows), defaultdict[str, list[Speed]](list)
    print(f"\n{rows:,} invoices, {rounds} rounds, {times} times warm", flush=True)
    for _ in range(rounds):
        for engine in engines:
            runs[engine].append(measured(engine, register, work / f"{engine}.parquet", times=times))
    warm = {engine: min(x.warm for x in found) for engine, found in runs.items()}
    print(f"\n{'engine':<10}{'cold':>8}{'warm':>8}{'GB':>7}{'million/s on 2 cores':>22}{'ours/it':>9}  values")
    for engine, found in runs.items():
        equal = (
            "ours" if engine == OURS else "same" if same(work / f"{OURS}.parquet", work / f"{engine}.parquet") else "DIFFERENT"
        )
        speed, ratio = CORES * rows / warm[engine] / 1e6, warm[OURS] / warm[engine]
        memory, cold = max(x.memory_gb for x in found), min(x.cold for x in found)
        print(f"{engine:<10}{cold:>8.2f}{warm[engine]:>8.2f}{memory:>7.2f}{speed:>22.1f}{ratio:>9.2f}  {equal}")
        if equal == "DIFFERENT":
            raise SystemExit(f"{engine} and ours differ: at least one is wrong")
    speed = CORES * rows / warm[OURS] / 1e6
    for name, wanted in (("floor", FLOOR), ("goal", GOAL)):
        print(f"{name} {wanted} million/s: {'reached' if speed >= wanted else 'MISSED'} ({speed:.1f})")
    return warm[OURS]


def columns_of_one(rows: int) -> InvoiceColumns:
    """The invoices of one firm in memory, with what texts were read as."""
    chance = np.random.default_rng(1)
    amount = chance.lognormal(12, 2, rows).astype(np.int64) + 1
    return InvoiceColumns(
        day=(LAST_DAY - chance.integers(0, 1100, rows)).astype(np.int32),
        amount=np.where(chance.random(rows) < 0.03, -amount, amount),
        tax=amount // 10,
        party=np.minimum(chance.geometric(0.02, rows), 2000) * 7919,
        number=chance.integers(0, 2**62, rows),
        is_purchase=chance.random(rows) < 0.5,
        is_void=chance.random(rows) < 0.05,
    )


def features_of_one(columns: InvoiceColumns) -> dict[str, int | None]:
    """From decoded invoices to every feature."""
    (rows,) = pack(columns, np.zeros(len(columns.day), np.int32), width=1, ranges=1)
    found = fold_rows(rows, firms=1, own=np.array([NO_KEY]), on=ON, repeats_count=False)
    return features_of(fact_values(found.facts[0].tolist()), catalog=CATALOG)


def written(columns: InvoiceColumns, path: Path) -> Path:
    """The same invoices as a register for the peers, which read files."""
    count = len(columns.day)
    days = columns.day.astype("datetime64[D]")
    frame = {
        "uscc": pl.Series([None] * count, dtype=pl.String), "register_no": ["F"] * count,
        "invoice_no": columns.number.astype(str),
        "invoiced_on": pl.Series(days).cast(pl.Date), "direction": np.where(columns.is_purchase, "purchase", "sale"),
        "counterparty_id": columns.party.astype(str), "amount_fen": columns.amount, "tax_fen": columns.tax,
        "invoice_state": np.where(columns.is_void, "作废发票", "有效发票"),
    }  # fmt: skip
    pl.DataFrame(frame).write_parquet(path)
    return path


def milliseconds(work: Callable[[], Any], calls: int) -> tuple[float, float]:
    """The least and the median of some calls."""
    found = []
    for _ in range(calls):
        started = time.perf_counter()
        work()
        found.append((time.perf_counter() - started) * 1e3)
    return min(found), statistics.median(found)


def read_duckdb(path: Path) -> list[Any]:
    """DuckDB's features of a small file."""
    return duckdb_features.features(path, ON).fetchall()


def one_firm(work: Path) -> None:
    """The features of the median and of the largest firm."""
    print("\none firm, invoices in memory (the peers read a file of it), milliseconds: least / median")
    for name, (rows, floor, goal) in ONE_FIRM.items():
        columns = columns_of_one(rows)
        path = written(columns, work / "one.parquet")
        ours = features_of_one(columns)
        peer = polars_features.features(path, ON).to_dicts()[0]
        if {x: ours[x] for x in peer if x != "firm_id"} != {x: y for x, y in peer.items() if x != "firm_id"}:
            raise SystemExit("the features of one firm differ")
        least, middle = milliseconds(partial(features_of_one, columns), CALLS[name])
        polars = milliseconds(partial(polars_features.features, path, ON), 5)
        duckdb = milliseconds(partial(read_duckdb, path), 5)
        print(
            f"  {name:<8}{rows:>8,} rows: ours {least:.3f} / {middle:.3f}, Polars {polars[0]:.1f} / {polars[1]:.1f}, "
            f"DuckDB {duckdb[0]:.1f} / {duckdb[1]:.1f}; floor {floor}: {'reached' if least <= floor else 'MISSED'}, "
            f"goal {goal}: {'reached' if least <= goal else 'MISSED'}"
        )


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--times", type=int, default=3, help="how often each process goes on warm")
    parser.add_argument("--engines", nargs="+", default=list(ENGINES), choices=list(ENGINES))
    arguments = parser.parse_args()
    cpu: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        one_firm(Path(folder))
        for rows in arguments.rows:
            cpu[rows] = register_speed(
                rows, rounds=arguments.rounds, times=arguments.times, engines=arguments.engines, work=Path(folder)
            )
    for small, large in pairwise(sorted(cpu)):
        grown = math.log(cpu[large] / cpu[small]) / math.log(large / small)
        within = "within" if grown <= MOST_EXPONENT else "ABOVE"
        print(f"exponent {small:,} to {large:,} invoices: {grown:.3f} ({within} {MOST_EXPONENT})")
    print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main()
