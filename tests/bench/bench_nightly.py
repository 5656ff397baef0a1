"""A night that goes on from the former result beside a full run: CPU seconds, and whether both find the same.

About one firm in a hundred has new rows (see nights.py). `full` screens all rows, `night` goes on and writes every file,
`changes only` writes what changed. Whole results are compared: firms of the night, and firms read by merge of the changes.

    python -m tests.bench.bench_nightly --firms 10000000 --nights 2
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any, Final

import duckdb

from huoshui.services.screening.merged import chain
from tests.bench.measured import Used, median, run
from tests.bench.nights import add_night, prepare
from tests.bench.registers import KINDS, NATION, ON, registers

CHEAP_ROUNDS: Final = 3
GOAL: Final = 0.04  # of a full run's CPU
_COLUMNS: Final = (
    "row_id, uscc, register_no, name, region_code::VARCHAR, industry_code::VARCHAR, size_class::VARCHAR, is_active, has_loan,"
    " is_listed, verdict::VARCHAR, reasons, evidence::VARCHAR, tags::VARCHAR, link_method::VARCHAR, priority, sales_12m_fen"
)
_TOLD: Final = (
    "universe", "listed", "duplicates", "by_reason", "by_any_reason", "by_region", "by_industry", "by_size", "by_link",
    "linked", "funnel", "rows_read", "changes",
)  # fmt: skip


def screen(folders: dict[str, Path], *, out: Path, memory: str, more: tuple[str, ...] = ()) -> Used:
    """One run of the command."""
    inputs = [x for kind in KINDS for x in (f"--{kind}", str(folders[kind]))]
    return run(
        ["-m", "huoshui", "screen", *inputs, "--rule", "never_borrowed", "--region", NATION, "--on", ON, "--workbooks", "none",
         "--memory", memory, "--out", str(out), "--quiet", *more]
    )  # fmt: skip


def summary(folder: Path) -> dict[str, Any]:
    """The summary of a result."""
    found: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return found


def fingerprint(folder: Path) -> tuple[int, int]:
    """Rows of a result's firms, and a sum over all their columns; of a chain of changes read by merge."""
    files = [str(x) for x in chain(folder)]
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2; SET memory_limit = '6GB'; SET preserve_insertion_order = false")
        merged = (
            "SELECT * FROM read_parquet(?, union_by_name = true) QUALIFY row_number() OVER"
            " (PARTITION BY row_id ORDER BY night DESC NULLS LAST) = 1 AND change IS DISTINCT FROM 'duplicate'"
        )
        source = "SELECT * FROM read_parquet(?)" if len(files) == 1 else merged
        asked = f"SELECT count(*), sum(hash({_COLUMNS})::HUGEINT) FROM ({source})"
        rows, total = connection.execute(asked, [files]).fetchall()[0]
    return int(rows), int(total)


def size(folder: Path) -> float:
    """Bytes of a folder in MB, links counted."""
    return sum(x.stat().st_size for x in folder.iterdir()) / 1e6


def night(folders: dict[str, Path], work: Path, *, place: int, memory: str, rounds: int) -> None:
    """Measure one night in every way, and compare."""
    base, before = work / f"whole{place - 1}", work / f"changes{place - 1}"
    before = before if before.exists() else base
    outs = {"full": work / f"full{place}", "night": work / f"whole{place}", "changes only": work / f"changes{place}"}
    flags: dict[str, tuple[str, ...]] = {
        "full": (), "night": ("--previous", str(base)), "changes only": ("--previous", str(before), "--changes-only"),
    }  # fmt: skip
    used: dict[str, list[Used]] = {x: [] for x in outs}
    for turn in range(max(rounds, CHEAP_ROUNDS)):
        for way, out in outs.items():
            if turn < rounds or way == "changes only":
                used[way].append(screen(folders, out=out, memory=memory, more=flags[way]))
    cpu = {x: median(y.cpu for y in z) for x, z in used.items()}
    for way, out in outs.items():
        share = cpu[way] / cpu["full"]
        verdict = "" if way != "changes only" else "  goal met" if share <= GOAL else f"  goal {GOAL} MISSED"
        peak, wall = max(x.memory_gb for x in used[way]), median(x.wall for x in used[way])
        print(f"{way:<14}{cpu[way]:>8.2f} CPU s{wall:>8.2f} wall{peak:>7.2f} GB{share:>8.3f} of full{verdict}", flush=True)
        print(f"{'':<14}{json.dumps(summary(out)['incremental'])[:150]}")
    marks = {x: fingerprint(y) for x, y in outs.items()}
    told = {x: {k: v for k, v in summary(y).items() if k in _TOLD} for x, y in outs.items()}
    told["full"].pop("changes")
    same = len(set(marks.values())) == 1 and told["night"] == told["changes only"]
    same = same and {k: v for k, v in told["night"].items() if k != "changes"} == told["full"]
    print(f"rows and sum of all columns {marks['full']}: {'all the same' if same else f'DIFFERENT {marks}'}", flush=True)
    if not same:
        raise SystemExit("a night finds something else than a full run")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--firms", type=int, default=1_000_000)
    parser.add_argument("--nights", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", default="4GB")
    parser.add_argument("--work", type=Path, help="where results are written and deleted; a temporary folder when left out")
    arguments = parser.parse_args()
    data = registers(arguments.firms)
    with tempfile.TemporaryDirectory(dir=arguments.work or data.parent) as name:
        work = Path(name)
        folders = prepare(data, into=work / "registers")
        plain = screen(folders, out=work / "plain", memory=arguments.memory)
        kept = screen(folders, out=work / "whole0", memory=arguments.memory, more=("--keep-state",))
        print(f"\n{arguments.firms:,} firms, --memory {arguments.memory}")
        print(
            f"full run {plain.cpu:.2f} CPU s; with --keep-state {kept.cpu:.2f}, state {size(work / 'whole0' / 'state'):.0f} MB"
        )
        for place in range(1, arguments.nights + 1):
            rows = add_night(folders, firms=arguments.firms, seed=place)
            print(f"\nnight {place}: new rows {rows}", flush=True)
            night(folders, work, place=place, memory=arguments.memory, rounds=arguments.rounds)


if __name__ == "__main__":
    main()
