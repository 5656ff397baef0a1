"""Calculators in batch: a million credit codes, a million all-in costs, and pyxirr's rate beside them.

CPU seconds of the whole process: start, reading JSON lines, reckoning, writing JSON lines. `pyxirr` reckons one rate of flows
that are ready-made, in floats; `pyxirr with JSON` reads the same lines, makes the same flows and writes the rate. A line
of `huoshui cost` holds two rates (with and without the fee), the schedule in whole fen, each item and its legal check.
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from huoshui.rules.uscc import ALPHABET

LINES: Final = 1_000_000
FEWER: Final = 100_000
GOALS: Final = {"uscc": 5, "cost": 60}
PYXIRR_ALONE: Final = """
import sys
import pyxirr
flows = [49_350_000] + [-4_249_504] * 12
for _ in range(int(sys.argv[1])):
    pyxirr.irr(flows)
"""
PYXIRR_WITH_JSON: Final = """
import json, sys
import pyxirr
for line in open(sys.argv[1]):
    x = json.loads(line)
    principal, rate, months = float(x["principal"]), float(x["rate"]) / 12, x["months"]
    fee = float(x["fee"][0].partition("@")[0])
    level = round(principal * rate / (1 - (1 + rate) ** -months), 2)
    monthly = pyxirr.irr([principal - fee] + [-level] * months)
    print(json.dumps({"nominal": 12 * monthly, "effective": (1 + monthly) ** 12 - 1}))
"""


def codes(count: int) -> Iterator[str]:
    """Credit codes of the right form, most with a wrong check, as the codes of a register that was typed."""
    dice = random.Random(1)  # noqa: S311 -- a repeatable batch, no secret
    for _ in range(count):
        yield json.dumps({"code": f"91{dice.randrange(110000, 660000)}MA{''.join(dice.choices(ALPHABET, k=8))}"})


def loans(count: int, *, month: int) -> Iterator[str]:
    """Loans over twelve months with one fee in the given month."""
    dice = random.Random(1)  # noqa: S311 -- a repeatable batch, no secret
    for _ in range(count):
        principal = dice.randrange(50_000, 5_000_000, 1000)
        fee = f"{principal * dice.randrange(1, 20) // 1000}@{month}:guarantee_fee"
        rate = f"0.0{dice.randrange(300, 700)}"
        yield json.dumps({"principal": str(principal), "rate": rate, "months": 12, "method": "equal_installment", "fee": [fee]})


def cpu_seconds(*command: str) -> float:
    """What a process of its own takes, with its output thrown away."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *command], stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def row(name: str, count: int, seconds: float, *, goal: int | None = None) -> None:
    """One line of the table, scaled to a million lines."""
    million = seconds * LINES / count
    wanted = "" if goal is None else f"goal {goal}: {'met' if million <= goal else 'MISSED'}"
    print(f"{name:<46}{count:>10,}{seconds:>9.1f}{million:>12.1f}  {wanted}".rstrip(), flush=True)


def main() -> None:
    """Print the table."""
    print(f"{'batch':<46}{'lines':>10}{'CPU s':>9}{'per million':>12}")
    with tempfile.TemporaryDirectory() as folder:
        batch = Path(folder, "batch.jsonl")
        batch.write_text("\n".join(codes(LINES)), encoding="utf-8")
        row("huoshui uscc", LINES, cpu_seconds("-m", "huoshui", "uscc", "--batch", str(batch)), goal=GOALS["uscc"])
        batch.write_text("\n".join(loans(LINES, month=0)), encoding="utf-8")
        row("huoshui cost", LINES, cpu_seconds("-m", "huoshui", "cost", "--batch", str(batch)), goal=GOALS["cost"])
        row("pyxirr with JSON", LINES, cpu_seconds("-c", PYXIRR_WITH_JSON, str(batch)))
        row("pyxirr, ready-made flows, one rate", LINES, cpu_seconds("-c", PYXIRR_ALONE, str(LINES)))
        batch.write_text("\n".join(loans(FEWER, month=6)), encoding="utf-8")
        row("huoshui cost, fee in month 6 (one by one)", FEWER, cpu_seconds("-m", "huoshui", "cost", "--batch", str(batch)))


if __name__ == "__main__":
    main()
