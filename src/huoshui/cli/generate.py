"""`huoshui generate` (生成合成数据): synthetic registers with known truth."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Final

from huoshui.adapters.synthetic.basis import Noise
from huoshui.cli.calculator import read_choice, read_count, read_date
from huoshui.cli.layout import aligned
from huoshui.cli.readers import read_region
from huoshui.services.generate import GenerateRequest, generate_registers

DAY: Final = "2025-06-30"
REGION: Final = "350000"
WORKERS: Final = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags to the parser (登记参数)."""
    parser.add_argument("--firms", required=True, metavar="N", help="how many firms (required); a million a part")
    parser.add_argument("--out", required=True, metavar="DIR", help="an empty folder, or one to go on with (required)")
    parser.add_argument("--seed", default="1", metavar="S", help="the same seed gives the same bytes (default 1)")
    parser.add_argument("--region", default=REGION, help=f"county, city, province, or 000000 for the nation (default {REGION})")
    parser.add_argument("--on", default=DAY, metavar="DAY", help=f"the day of the registers and of the truth (default {DAY})")
    parser.add_argument("--noise", default="register", help="none, register (default), or hard: worse names")
    parser.add_argument("--outcomes", action="store_true", help="also what became of loans, and the years before them")
    parser.add_argument("--workers", metavar="N", help=f"processes (default {WORKERS}, or one on a machine with one core)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
    parser.epilog = (
        "Writes registry, tax, loans, invoices, exclusions, the truth on each registry row (truth.parquet), where each row\n"
        "without a usable key belongs (links.parquet), and generate.json. Up to a million firms each is one file, above that\n"
        "a folder of parts; the first parts of a larger run are those of a smaller one. A run that was stopped goes on with\n"
        "the same command.\n\n"
        "With --outcomes also history/tax and history/invoices (the years before; most firms that file have them), outcomes\n"
        "(firm_id, default, decided_on: loans decided in the half-year after the day that generate.json calls known_on, and\n"
        "whether they were paid) and churn.csv (customers lost by rate and grade). The law of default is known: docs/run.md."
    )


def run(arguments: argparse.Namespace) -> int:
    """Make the registers and say what was made (执行)."""
    workers = min(WORKERS, os.cpu_count() or 1) if arguments.workers is None else read_count(arguments.workers, "workers")
    request = GenerateRequest(
        firms=read_count(arguments.firms, "firms"), seed=read_count(arguments.seed, "seed"), out=Path(arguments.out),
        region=read_region(arguments.region, "region"), on=read_date(arguments.on, "on"),
        noise=Noise(read_choice(*Noise)(arguments.noise, "noise")), workers=workers, outcomes=arguments.outcomes,
    )  # fmt: skip
    made = generate_registers(request, progress=_tell)
    if arguments.json:
        print(json.dumps(made.summary, ensure_ascii=False))
        return 0
    rows = [("", "rows", "bytes")] + [(x, f"{n['rows']:,}", f"{n['bytes']:,}") for x, n in made.summary["tables"].items()]
    told = made.summary["counts"]["truth"]
    print(made.summary["notice"])
    print(aligned(rows, indent="  "))
    print(f"  {told['is_listed']:,} rows are active small firms without a loan, {told['usable_key']:,} rows have a usable key")
    if ended := made.summary["counts"].get("outcomes"):
        print(f"  {ended['loans']:,} loans with an outcome, {ended.get('bad', 0):,} of them not paid (synthetic)")
    print(f"  {made.firms_written:,} firms written in {made.seconds:.1f} s to {request.out}")
    return 0


def _tell(done: int, firms: int, seconds: float) -> None:
    print(f"synthetic (合成数据): {done:,} of {firms:,} firms after {seconds:.0f} s", file=sys.stderr, flush=True)
