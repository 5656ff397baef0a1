"""The screening beside pandas, Polars and DuckDB on the same raw files, and beside what decoding and one join alone take.

Every engine runs in a process of its own, one at a time, in turns, so that a busy machine is busy for all of them. CPU seconds
are user and system of the whole process tree, memory is the peak of its resident bytes. The fingerprints of all engines must be
equal (see fingerprint.py). The peers get the rule as ready-made integers and link rows without a usable code by name and region
only; ours reads policies, links by five more ways, writes reasons and evidence in words, links, duplicates and summary pages,
and hashes its inputs.

    python -m tests.bench.bench_screening --firms 1000000 10000000 --rounds 3 --memory 4GB
"""

import argparse
import itertools
import json
import math
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from tests.bench.fingerprint import Fingerprint, fingerprint, untouched
from tests.bench.measured import Used, median, run
from tests.bench.peers import prepared
from tests.bench.peers.job import Job
from tests.bench.registers import registers, screen

OURS: Final = "huoshui"
LIMIT: Final = "scan and join"
PEERS: Final = {
    "pandas + kernels": ("pandas_kernels",),
    "Polars streaming + kernels": ("polars_streaming",),
    "DuckDB SQL + kernels": ("duckdb_sql", "--kernels"),
    "DuckDB SQL": ("duckdb_sql",),
}
MILLION: Final = 1_000_000
GOALS: Final = {  # firms: most CPU seconds and GB of the floor, and of the goal
    1 * MILLION: ((3.3, math.inf), (3.3, math.inf)),
    10 * MILLION: ((27, 3), (15, 2.3)),
    100 * MILLION: ((490, 3.5), (490, 3.5)),
}
OVER_MEMORY: Final = 1.2
MOST_EXPONENT: Final = 1.05
UNITS: Final = {"GB": 1 << 30, "MB": 1 << 20}


@dataclass(slots=True)
class Bench:
    """One size: the registers, the job of the peers, and what was measured."""

    data: Path
    work: Path
    memory: str
    job: Job
    rounds: int
    runs: dict[str, list[Used]] = field(default_factory=lambda: defaultdict(list))
    fingerprints: dict[str, Fingerprint] = field(default_factory=dict)
    limit: list[float] = field(default_factory=list)
    phases: dict[str, float] = field(default_factory=dict)
    rows: Path | None = None

    def measure(self, engines: list[str]) -> None:
        """All engines in turns."""
        for turn in range(self.rounds):
            for engine in engines:
                step: Callable[[int], None] = {LIMIT: self._limit, OURS: self._ours}.get(engine, partial(self._peer, engine))
                step(turn)

    def _ours(self, turn: int) -> None:
        out = self.work / "ours"
        scratch = out.with_name(".ours.unfinished") / "work"
        used = run(screen(self.data, out=out, memory=self.memory), scratch=[scratch])
        self._note(OURS, used)
        if not turn:
            self.rows = untouched(self.data, ours=out, into=self.work)
            self.fingerprints[OURS] = fingerprint(out, rows=self.rows, is_ours=True)
        self.phases = json.loads((out / "summary.json").read_text(encoding="utf-8"))["cpu_seconds"]
        shutil.rmtree(out)

    def _peer(self, engine: str, turn: int) -> None:
        out = self.work / "peer"
        module, *more = PEERS[engine]
        job = prepared.write(self.job, out=out)
        self._note(engine, run(["-m", f"tests.bench.peers.{module}", str(job), *more], scratch=[out / "spill"]))
        if not turn and self.rows is not None:
            self.fingerprints[engine] = fingerprint(out, rows=self.rows, is_ours=False)
        shutil.rmtree(out)

    def _limit(self, _turn: int) -> None:
        out = self.work / "limit"
        job = prepared.write(self.job, out=out)
        found = json.loads(run(["-m", "tests.bench.peers.scan_and_join", str(job)]).output)
        self.limit.append(found["decode"] + found["join"])
        print(f"  {LIMIT:<28}{self.limit[-1]:>8.1f} CPU s", flush=True)
        shutil.rmtree(out)

    def _note(self, engine: str, used: Used) -> None:
        self.runs[engine].append(used)
        print(
            f"  {engine:<28}{used.cpu:>8.1f} CPU s{used.wall:>8.1f} wall{used.memory_gb:>7.2f} GB, load {used.load:.1f}",
            flush=True,
        )


def table(bench: Bench) -> None:
    """Median and least of every engine, and what ours is to it."""
    ours = bench.runs[OURS]
    print(
        f"\n{'engine':<28}{'CPU s':>8}{'least':>8}{'wall s':>8}{'GB':>7}{'spill':>7}{'ours/it':>9}{'of least':>9}  fingerprint"
    )
    reference = bench.fingerprints.get(OURS)
    for engine, runs in bench.runs.items():
        middle, least = median(x.cpu for x in runs), min(x.cpu for x in runs)
        ratios = median(x.cpu for x in ours) / middle, min(x.cpu for x in ours) / least
        same = {None: "not taken", reference: "same"}.get(bench.fingerprints.get(engine), "DIFFERENT")
        print(
            f"{engine:<28}{middle:>8.1f}{least:>8.1f}{median(x.wall for x in runs):>8.1f}{max(x.memory_gb for x in runs):>7.2f}"
            f"{max(x.scratch_gb for x in runs):>7.2f}{ratios[0]:>9.2f}{ratios[1]:>9.2f}  {same}"
        )
    if bench.limit:
        middle, least = median(bench.limit), min(bench.limit)
        ratios = median(x.cpu for x in ours) / middle, min(x.cpu for x in ours) / least
        print(f"{LIMIT:<28}{middle:>8.1f}{least:>8.1f}{'':>22}{ratios[0]:>9.2f}{ratios[1]:>9.2f}")
    print(f"fingerprint: {reference}")
    print("our phases, CPU s: " + ", ".join(f"{name} {seconds:.1f}" for name, seconds in bench.phases.items()))


def verdicts(bench: Bench, *, firms: int) -> None:
    """What is reached of floor and goal."""
    runs = bench.runs[OURS]
    cpu, memory = min(x.cpu for x in runs), max(x.memory_gb for x in runs)
    for name, (most_cpu, most_memory) in zip(("floor", "goal"), GOALS.get(firms, ()), strict=False):
        met = cpu <= most_cpu and memory <= most_memory
        print(
            f"{name}: at most {most_cpu} CPU s and {most_memory} GB: {'reached' if met else 'MISSED'}"
            f" ({cpu:.1f} CPU s, {memory:.2f} GB)"
        )
    allowed = int(bench.memory[:-2]) * UNITS[bench.memory[-2:]] * OVER_MEMORY / 1e9
    print(f"memory: {memory:.2f} GB of {allowed:.2f} (--memory + 20 %): {'kept' if memory <= allowed else 'EXCEEDED'}")


def exponents(cpu: dict[int, float]) -> None:
    """How the cost grows from each size to the next."""
    sizes = sorted(cpu)
    for small, large in itertools.pairwise(sizes):
        grown = math.log(cpu[large] / cpu[small]) / math.log(large / small)
        print(
            f"exponent {small:,} to {large:,} firms: {grown:.3f}"
            f" ({'within' if grown <= MOST_EXPONENT else 'ABOVE'} {MOST_EXPONENT})"
        )


def main() -> None:
    """Measure every size, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--firms", type=int, nargs="+", default=[MILLION])
    parser.add_argument("--data", type=Path, help="registers that are there already, instead of the cache (one size only)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", default="4GB", help="the memory that ours and DuckDB may use")
    parser.add_argument("--engines", nargs="+", default=[OURS, *PEERS, LIMIT], choices=[OURS, *PEERS, LIMIT])
    parser.add_argument("--work", type=Path, help="where results are written and deleted; a temporary folder when left out")
    arguments = parser.parse_args()
    cpu: dict[int, float] = {}
    for firms in arguments.firms:
        data = arguments.data or registers(firms)
        with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
            print(f"\n{firms:,} firms, {arguments.rounds} rounds, --memory {arguments.memory}", flush=True)
            job = prepared.prepare(data, out=Path(folder), memory=arguments.memory)
            bench = Bench(data, Path(folder), arguments.memory, job, arguments.rounds)
            bench.measure(arguments.engines)
            if bench.runs[OURS]:
                table(bench)
                verdicts(bench, firms=firms)
                cpu[firms] = min(x.cpu for x in bench.runs[OURS])
            if len(set(bench.fingerprints.values())) > 1:
                raise SystemExit("the fingerprints differ: at least one engine is wrong")
    exponents(cpu)


if __name__ == "__main__":
    main()
