"""`huoshui what-if` (门槛试算): other thresholds over the facts that a screening kept."""

import argparse
import json
from pathlib import Path
from typing import Any, Final

from huoshui.cli.calculator import read_date
from huoshui.cli.layout import aligned
from huoshui.services.screening.what_if import WhatIfRequest, try_thresholds
from huoshui.terms import Reason

_EXAMPLES: Final = """
examples:
  huoshui what-if lists --region 350203 --on 2025-06-30 --policy draft
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags (参数)."""
    parser.epilog = _EXAMPLES
    parser.add_argument("screening", metavar="DIR", help="a result of `huoshui screen --keep-facts`")
    parser.add_argument("--region", required=True, help="six digits of GB/T 2260: the region of the screening")
    parser.add_argument("--on", required=True, help="the day whose figures hold, YYYY-MM-DD; windows stay the screening's")
    parser.add_argument("--policy", action="append", default=[], metavar="FOLDER", help="a policy folder that comes first")
    parser.add_argument("--out", metavar="FILE", help="write the rows that change to this Parquet file")
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def run(arguments: argparse.Namespace) -> int:
    """Judge again, and print before and now (执行)."""
    found = try_thresholds(
        WhatIfRequest(
            screening=Path(arguments.screening),
            region=arguments.region,
            on=read_date(arguments.on, "on"),
            policies=tuple(map(Path, arguments.policy)),
            out=Path(arguments.out) if arguments.out else None,
        )
    )
    print(json.dumps(found, ensure_ascii=False) if arguments.json else _describe(found))
    return 0


def _describe(found: dict[str, Any]) -> str:
    before, now = found["by_reason"]["before"], found["by_reason"]["now"]
    rows = [
        (f"{code} {Reason(code).zh}", f"{before[code]:>13,}", f"{now[code]:>13,}", f"{now[code] - before[code]:>+11,}")
        for code in before
        if before[code] or now[code]
    ]
    entered = ", ".join(f"{code} {n:,}" for code, n in found["entered_by"].items())
    left = ", ".join(f"{code} {n:,}" for code, n in found["left_by"].items())
    return "\n".join([
        f"{found['rule']}, region {found['region']}, on {found['on']}, with the figures in force on {found['in_force']}",
        aligned(rows, indent="  "),
        f"  {found['universe']:,} rows, {found['changed']:,} with other reasons than before",
        f"  {found['entered']:,} would enter the list" + (f" (before: {entered})" if entered else ""),
        f"  {found['left']:,} would leave it" + (f" (now: {left})" if left else ""),
    ])  # fmt: skip
