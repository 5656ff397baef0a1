"""One decision and a register of decisions: latency, firms a second, growth.

The model has fifteen number fields of eight cells and eight pairs, the product is `default` with nine knock-outs and four
methods; features and facts are random. One decision is points, probability, grade, knock-outs, limit, price, all-in rate and
four reasons: `core` is the rule, `service` adds the basis, `with improvements` what would lift the grade. Times of one decision
are wall time; those of a register wall and CPU seconds of the whole act: reading Parquet, rating, writing it. `in memory` is
the table alone over columns that are read already, with numpy's own search and look-up of the fields beside it as a peer.
"""

import argparse
import gc
import math
import os
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from huoshui.adapters.points_file import points_text
from huoshui.adapters.rating.features_file import ROWS
from huoshui.adapters.rating.scoring import RegisterScorer
from huoshui.rules.points_table import Field, Grade, Kind, Pair, PdStep, PointsTable
from huoshui.services.model.folder import write_model
from huoshui.services.rating import FirmRater, open_rater, rate_firm, rate_register

ON: Final = date(2025, 6, 30)
DECISIONS: Final = 20_000
FIRMS: Final = (100_000, 300_000, 1_000_000)
FLAGS: Final = (
    "is_serious_violation", "is_dishonest_debtor", "is_tax_non_normal", "has_current_overdue", "is_fraud_flagged",
)  # fmt: skip


def points_table() -> PointsTable:
    """Fifteen fields of eight cells, eight pairs, fifty probabilities."""
    dice = random.Random(1)  # noqa: S311 -- a repeatable model, no secret
    fields = []
    for i in range(15):
        cuts = sorted({int(dice.lognormvariate(10, 2)) for _ in range(7)})
        worth = tuple(sorted(dice.randrange(-30, 40) for _ in range(len(cuts) + 1)))
        fields.append(
            Field(
                f"field_{i}", Kind.NUMBER, worth, -5, cuts=tuple(map(Decimal, cuts)), direction=1, actionable=i % 2 == 0,
                zh=f"因素{i}",
            )
        )  # fmt: skip
    groups = [tuple(cell % 3 for cell in range(x.missing_cell + 1)) for x in fields]
    grid = ((0, 3, 1), (-2, 4, 0), (1, -3, 2))
    pairs = tuple(Pair(f"field_{i}", f"field_{i + 1}", groups[i], groups[i + 1], grid) for i in range(8))
    steps = tuple(
        PdStep(start, Decimal(3) / (i + 8), Decimal(2) / (i + 8), Decimal(4) / (i + 8))
        for i, start in enumerate(range(0, 1000, 20))
    )
    return PointsTable(
        "bench", tuple(fields), 400, steps, (Grade("D1", 0), Grade("C1", 300), Grade("B1", 420), Grade("A1", 560)), pairs=pairs
    )


def features(count: int) -> pa.Table:
    """Random firms, a twentieth of the figures missing."""
    dice = np.random.default_rng(2)
    columns: dict[str, Any] = {"firm_id": pa.array([f"F{i:08d}" for i in range(count)])}
    for i in range(15):
        columns[f"field_{i}"] = pa.array(dice.lognormal(10, 2, count).astype(np.int64), mask=dice.random(count) < 0.05)
    for name, mean in (("sales_12m", 20), ("tax_total_12m", 16), ("tax_total_24m", 16.5), ("loan_balance", 14)):
        columns[name] = pa.array(dice.lognormal(mean, 2, count).astype(np.int64), mask=dice.random(count) < 0.02)
    columns["months_of_data"] = pa.array(dice.integers(3, 60, count))
    columns["profit_rate_declared"] = pa.array(dice.integers(-500, 3_000, count))
    columns["sales_yoy"] = pa.array(dice.integers(-5_000, 9_000, count))
    columns["tax_grade"] = pa.array(dice.integers(1, 6, count))
    columns["register_status"] = pa.array(dice.choice([1, 1, 1, 1, 3], count))
    for name in FLAGS:
        columns[name] = pa.array((dice.random(count) < 0.02).astype(np.int64), mask=dice.random(count) < 0.02)
    return pa.table(columns)


def rater(folder: Path) -> FirmRater:
    """The model and the product, from files as they are used."""
    files = {"model.yaml": points_text(points_table()).encode()}
    write_model(folder / "model", files=files, trained_by="bench", on=ON, key=None)
    return open_rater(folder / "model", on=ON, product="default", allow_unapproved=True)


def latency(name: str, decide: Callable[[dict[str, Any]], object], rows: list[dict[str, Any]], *, goal: str = "") -> float:
    """Print median and 99th percentile in microseconds, the collector off; returns the median."""
    for row in rows[: len(rows) // 10]:
        decide(row)
    gc.disable()
    taken = []
    for row in rows:
        started = time.perf_counter_ns()
        decide(row)
        taken.append(time.perf_counter_ns() - started)
    started = time.process_time_ns()
    for row in rows:
        decide(row)
    cpu = (time.process_time_ns() - started) / len(rows)
    gc.enable()
    taken.sort()
    p50, p99 = taken[len(taken) // 2] / 1e3, taken[len(taken) * 99 // 100] / 1e3
    print(f"{name:<44}{p50:>9.1f}{p99:>9.1f}{cpu / 1e3:>9.1f}  {goal}", flush=True)
    return p50


def cpu_seconds() -> float:
    """CPU seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def timed(act: Callable[[], object], *, runs: int = 3) -> tuple[float, float]:
    """Wall and CPU seconds, the run with the least CPU time of some."""
    found = []
    for _ in range(runs):
        wall, cpu = time.perf_counter(), cpu_seconds()
        act()
        found.append((cpu_seconds() - cpu, time.perf_counter() - wall))
    cpu, wall = min(found)
    return wall, cpu


def rate_row(name: str, firms: int, act: Callable[[], object], *, goal: str = "") -> tuple[float, float]:
    """Print firms a second by wall and by CPU time; returns wall and CPU seconds."""
    wall, cpu = timed(act)
    print(
        f"{name:<44}{firms:>10,}{wall:>9.2f}{cpu:>9.2f}{firms / wall / 1e6:>9.2f}{firms / cpu / 1e6:>9.2f}  {goal}", flush=True
    )
    return wall, cpu


def numpy_peer(table: PointsTable, given: pa.Table) -> Callable[[], object]:
    """The same main effects by numpy's search and look-up: a floor for what the points cost."""
    cuts = [np.array([float(x) for x in field.cuts]) for field in table.fields]
    worth = [np.array(x.all_points) for x in table.fields]

    def act() -> object:
        total = np.zeros(given.num_rows, np.int64)
        for field, bounds, points in zip(table.fields, cuts, worth, strict=True):
            values = given[field.name].cast(pa.float64(), safe=False).to_numpy()
            cells = np.where(np.isnan(values), field.missing_cell, np.searchsorted(bounds, values, side="right"))
            total += points[cells]
        return total

    return act


def exponent(sizes: list[int], seconds: list[float]) -> float:
    """The slope of log time over log size."""
    return statistics.linear_regression([math.log(x) for x in sizes], [math.log(x) for x in seconds]).slope


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--firms", type=int, nargs="+", default=list(FIRMS))
    arguments = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = rater(folder)
        one_decision(made)
        register(made, folder, sizes=arguments.firms)


def one_decision(made: FirmRater) -> None:
    """Latency of one decision, and that it does not grow with the book."""
    print(f"{'one decision':<44}{'p50 us':>9}{'p99 us':>9}{'CPU us':>9}")
    rows = features(DECISIONS).drop_columns("firm_id").to_pylist()
    latency("core", made.rater.rate, rows, goal="goal 20 / 50, floor 200 / 1,000")
    latency("service", lambda x: rate_firm(x, rater=made, with_improvements=False), rows)
    latency("service with improvements", lambda x: rate_firm(x, rater=made), rows[:500])
    small, large = (latency(f"core, book of {n:,}", made.rater.rate, rows[:n]) for n in (1_000, DECISIONS))
    print(f"a book {DECISIONS // 1_000} times as large: x {large / small:.2f}")


def register(made: FirmRater, folder: Path, *, sizes: list[int]) -> None:
    """Firms a second, and growth."""
    print(f"{'register':<44}{'firms':>10}{'wall s':>9}{'CPU s':>9}{'M/wall':>9}{'M/CPU':>9}")
    spent = [one_register(made, folder, firms=firms) for firms in sizes]
    print(f"growth of everything, CPU: exponent {exponent(sizes, spent):.2f} (goal at most 1.02)")


def one_register(made: FirmRater, folder: Path, *, firms: int) -> float:
    """The rows of one size; the CPU seconds of rating a file into a file."""
    scorer, table = RegisterScorer(made.rater.table, on=ON), features(firms)
    path, names = folder / f"{firms}.parquet", [x.name for x in made.rater.table.fields]
    pq.write_table(table, path, compression="zstd", row_group_size=1 << 17)
    batches = [pa.Table.from_batches([x]) for x in table.combine_chunks().to_batches(ROWS)]

    def points_of_file() -> None:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=ROWS, columns=names):
                scorer.score(pa.Table.from_batches([batch]), with_reasons=False)

    rate_row("points and reasons in memory", firms, lambda: [scorer.score(x) for x in batches])
    rate_row("points in memory", firms, lambda: [scorer.score(x, with_reasons=False) for x in batches])
    rate_row("points in memory, numpy alone (peer)", firms, numpy_peer(made.rater.table, table))
    rate_row("points of a file", firms, points_of_file, goal="goal 2 M/s, floor 0.5")
    name = "everything: reasons, price, limit, file out"
    out = folder / "ratings.parquet"
    return rate_row(name, firms, lambda: rate_register(path, rater=made, out=out), goal="goal 0.3 M/s")[1]


if __name__ == "__main__":
    main()
