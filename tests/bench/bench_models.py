"""Models of record against their floors: US loans out of time beside peers, 123 firms by nested repeats, time and memory.

    python -m tests.bench models                      what can run with the data beside the repository
    python -c "..." --loans FILE --firms FEATURES --outcomes FILE --rows 900000

US loans: strict fields, years up to 2004 -> 2005 to 2007, `huoshui model train` as it stands (the recipe is chosen inside the
training years). 123 firms: features of `huoshui features` (or any), nested choice, 5 folds x 20. A row of a table is one line;
differences to a peer are paired by drawing the same loans for both.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq

from huoshui.adapters.points_file import read_points_file
from huoshui.adapters.validation.ranking import Ranking
from huoshui.adapters.validation.resampling import collapse, drawn_masses
from huoshui.adapters.validation.scoring import TableReader
from tests.bench.model_peers import peers, timed
from tests.bench.us_loans import LAST_TESTED, LAST_TRAINED, prior_of, read_loans

SHARED: Final = Path(__file__).parents[3] / "shared" / "data"
DRAWS: Final = 1000
FLOORS: Final = {"auc": 0.620, "ks": 0.175, "brier": 0.215, "calibration_error": 0.03}
GOALS: Final = {"auc": 0.645, "ks": 0.205, "brier": 0.209, "calibration_error": 0.015}


def train(*arguments: str) -> tuple[float, float]:
    """CPU seconds of `huoshui model train`, and its peak memory in GiB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "huoshui", "model", "train", *arguments, "--quiet"], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, after.ru_maxrss / 2**20


def us_loans(path: Path, folder: Path) -> None:
    """The points table out of time, beside peers on the same loans."""
    everything = read_loans(path)
    loans = everything[everything["year"] <= LAST_TESTED].reset_index(drop=True)
    loans.to_parquet(folder / "loans.parquet", index=False)
    given = ["--features", str(folder / "loans.parquet"), "--outcome", "bad", "--id", "loan", "--time", "year"]
    wanted = ["--test-from", str(LAST_TRAINED + 1), "--prior", str(prior_of(everything)), "--out", str(folder / "us")]
    seconds, memory = train(*given, *wanted)
    metrics = json.loads((folder / "us" / "metrics.json").read_bytes())
    shifted = metrics["after_level_shift"]
    print(
        f"US loans, {LAST_TRAINED} -> {LAST_TRAINED + 1}-{LAST_TESTED}: {seconds:.1f} CPU s, {memory:.2f} GiB, choice included"
    )
    for name, found in (("auc", metrics), ("ks", metrics), ("brier", shifted), ("calibration_error", shifted)):
        print(f"  {name + ('*' if found is shifted else ''):<20}{found[name]:.4f}  {verdict(name, found[name])}")
    by_tenth = f"{metrics['pd_interval']['tenths_held']}/10 as forecast, {shifted['intervals_hold']}/10 after one level shift"
    print(f"  90 % interval holds {by_tenth}; floor 8")
    earlier = loans["year"] <= LAST_TRAINED
    against_peers(folder, trained=loans[earlier], tested=loans[~earlier].reset_index(drop=True))


def verdict(name: str, value: float) -> str:
    """Whether a figure reaches its floor and its goal."""
    sign = 1 if name in {"auc", "ks"} else -1
    words = [f"{word} {bound} {'met' if sign * value >= sign * bound else 'MISSED'}" for word, bound in (
        ("floor", FLOORS[name]), ("goal", GOALS[name]),
    )]  # fmt: skip
    return ", ".join(words)


def against_peers(folder: Path, *, trained: pd.DataFrame, tested: pd.DataFrame) -> None:
    """AUC and KS of every peer, and the points table's lead over it with a 95 % interval."""
    reader = TableReader(read_points_file(folder / "us" / "model.yaml"))
    tested.to_parquet(folder / "tested.parquet", index=False)
    ours = -reader.score(reader.cells(pq.read_table(folder / "tested.parquet"))).points.astype(np.float64)
    outcome = tested["bad"].to_numpy(bool)
    for name, make in peers():
        score, seconds = timed(make, trained)
        theirs = np.round(score(tested), 3)
        ranking, lead = Ranking(theirs, outcome=outcome), leads(ours, theirs, outcome=outcome)
        even = np.ones(len(outcome))
        print(
            f"  {name:<20}AUC {ranking.auc(even):.4f}  KS {ranking.ks(even):.4f}  fit {seconds:.1f} CPU s;"
            f" our lead {lead[1]:+.4f} [{lead[0]:+.4f}, {lead[2]:+.4f}]"
        )


def leads(
    ours: npt.NDArray[np.float64], theirs: npt.NDArray[np.float64], *, outcome: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """The lead in AUC: low, median and high of paired draws."""
    cells = collapse(ours, theirs, outcome)
    one, other = (Ranking(x[cells.first], outcome=outcome[cells.first]) for x in (ours, theirs))
    drawn = drawn_masses(cells, weight=np.ones(len(outcome)), draws=DRAWS)
    found: npt.NDArray[np.float64] = np.quantile([one.auc(x) - other.auc(x) for x in drawn], [0.025, 0.5, 0.975])
    return found


def firms(features: Path, outcomes: Path, folder: Path, *, repeats: int, leave_one_out: bool, given: list[str]) -> None:
    """123 firms: nested choice, 5 folds x repeats; leave one out for Brier."""
    asked = ["--features", str(features), "--outcomes", str(outcomes), "--outcome", "default", *given]
    runs: list[tuple[str, list[str]]] = [(f"5 folds x {repeats}", ["--folds", "5", "--repeats", str(repeats)])]
    if leave_one_out:
        runs.append(("leave one out", ["--folds", "123", "--repeats", "1"]))
    for word, how in runs:
        seconds, _ = train(*asked, *how, "--out", str(folder / word.replace(" ", "_")))
        metrics: dict[str, Any] = json.loads((folder / word.replace(" ", "_") / "metrics.json").read_bytes())
        low, high = metrics["intervals"]["auc"]
        brier_low, brier_high = metrics["intervals"]["brier"]
        print(
            f"123 firms, {word}: AUC {metrics['auc']:.3f} [{low:.3f}, {high:.3f}] (floor .905, goal .92),"
            f" Brier {metrics['brier']:.3f} [{brier_low:.3f}, {brier_high:.3f}] (leave one out: floor .08, goal .072),"
            f" interval {metrics['pd_interval']['tenths_held']}/10; challenger {metrics['challenger']['auc']:.3f};"
            f" {seconds:.0f} CPU s"
        )


def scale(path: Path, folder: Path, *, rows: int) -> None:
    """Fit, choice, test and report on loans drawn again to so many rows, amounts moved by a per cent; no figure of quality."""
    loans = read_loans(path)
    loans = loans[loans["year"] <= LAST_TESTED]
    draw = np.random.default_rng(1)
    many = loans.iloc[draw.integers(0, len(loans), rows)].reset_index(drop=True)
    many["approved"] = np.round(many["approved"] * np.exp(draw.normal(0, 0.01, rows)))
    many["loan"] = np.arange(rows)
    many.to_parquet(folder / "many.parquet", index=False)
    given = ["--features", str(folder / "many.parquet"), "--outcome", "bad", "--id", "loan", "--time", "year"]
    started = time.monotonic()
    seconds, memory = train(*given, "--test-from", str(LAST_TRAINED + 1), "--out", str(folder / "many"))
    wall = time.monotonic() - started
    print(f"{rows:,} rows: {seconds:.0f} CPU s, {wall:.0f} s, {memory:.2f} GiB (floor 600 s, goal 60 s and 1 GiB)")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--loans", type=Path, default=SHARED / "loans_us" / "sba_balanced_30000.parquet")
    parser.add_argument("--firms", type=Path, help="features of the 123 firms; left out, they are not run")
    parser.add_argument("--outcomes", type=Path, help="their outcomes, with the columns of --id and default")
    parser.add_argument("--given", action="append", default=[], help="more flags for `model train` of the 123 firms")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--leave-one-out", action="store_true")
    parser.add_argument("--rows", type=int, default=900_000, help="rows of the run for time and memory; 0 leaves it out")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.loans.is_file():
            us_loans(arguments.loans, folder)
            if arguments.rows:
                scale(arguments.loans, folder, rows=arguments.rows)
        else:
            print(f"{arguments.loans} is not there: the US loans of the shared data are left out")
        if arguments.firms:
            firms(
                arguments.firms,
                arguments.outcomes,
                folder,
                repeats=arguments.repeats,
                leave_one_out=arguments.leave_one_out,
                given=arguments.given,
            )


if __name__ == "__main__":
    main()
