"""Other thresholds over a kept screening: CPU seconds of judging again, and of the whole command.

The registers are generated and screened with `--keep-facts` first, unless `--screening` names a result that has facts. Three
trials: the law in force, one row of the size table halved, and every bound of the size table halved. `judging` is reading the
facts, judging and counting; `command` is the process with its start, the reading of policies and the making of the SQL.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from huoshui.adapters.registers.screening.facts_file import KeptFacts
from huoshui.services.screening.kept_basis import FACTS
from huoshui.services.screening.what_if import read_trial
from tests.services.screening.lowered_bounds import ON, halve_bounds

GOAL: Final = 0.11  # CPU seconds a million firms
ALL: Final = ("small", "medium", "large")
REGISTERS: Final = ("registry", "tax", "loans", "invoices", "exclusions")


def command(*arguments: str) -> float:
    """CPU seconds of a process of huoshui."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "huoshui", *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def made(folder: Path, *, firms: int) -> Path:
    """A screening with facts."""
    registers, out = folder / "registers", folder / "lists"
    command(
        "generate", "--firms", str(firms), "--seed", "1", "--region", "000000", "--on", ON.isoformat(), "--out", str(registers)
    )
    given = [x for name in REGISTERS for x in (f"--{name}", str(registers))]
    asked = ["--rule", "never_borrowed", "--region", "000000", "--on", ON.isoformat(), "--workbooks", "none", "--quiet"]
    command("screen", *given, *asked, "--keep-facts", "--out", str(out))
    return out


def judging(screening: Path, policies: tuple[Path, ...]) -> tuple[float, int, int]:
    """CPU seconds of judging and counting, the rows, and how many change."""
    kept, basis = read_trial(screening, region="000000", on=ON, policies=policies)
    facts = KeptFacts(screening / FACTS, rule=basis.rule, priority=basis.priority, before=kept.judged_by)
    started = time.process_time()
    found = facts.recount()
    return time.process_time() - started, int(found.rows.sum()), int(found.rows[found.before != found.now].sum())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--firms", type=int, default=1_000_000)
    parser.add_argument("--screening", type=Path, help="a national screening of 2025-06-30 with facts, instead of a new one")
    parser.add_argument("--runs", type=int, default=3, help="runs of each, of which the least CPU time counts")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        screening = arguments.screening or made(folder, firms=arguments.firms)
        trials = {
            "the law in force": (),
            "one row halved": (halve_bounds(folder / "one", classes=ALL, rows=("F1",)),),
            "every bound halved": (halve_bounds(folder / "all", classes=ALL),),
        }
        print(f"{'trial':<20}{'rows':>13}{'changed':>11}{'judging':>9}{'command':>9}  CPU s")
        for trial, policies in trials.items():
            seconds, rows, changed = min(judging(screening, policies) for _ in range(arguments.runs))
            flags = [x for policy in policies for x in ("--policy", str(policy))]
            asked = ("what-if", str(screening), "--region", "000000", "--on", ON.isoformat(), *flags)
            whole = min(command(*asked) for _ in range(arguments.runs))
            verdict = "met" if seconds <= GOAL * rows / 1e6 else "MISSED"
            print(f"{trial:<20}{rows:>13,}{changed:>11,}{seconds:>9.2f}{whole:>9.2f}  goal {verdict}", flush=True)


if __name__ == "__main__":
    main()
