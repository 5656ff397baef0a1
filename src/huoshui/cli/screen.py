"""`huoshui screen` (筛查无贷户): registers in, verdicts, visit list and summary out."""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any, Final

from huoshui.adapters.registers.screening.spark_master import check_master
from huoshui.cli.calculator import read_date
from huoshui.errors import BadRequest
from huoshui.services.screening.request import ScreeningRequest
from huoshui.services.screening.run import screen_registers
from huoshui.terms import EngineName, Reason, RegisterKind

_MEMORY: Final = re.compile(r"(\d{1,6})\s*(MB|GB|M|G)", re.IGNORECASE)
_LEAST_MEMORY: Final = 512 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags (参数)."""
    parser.add_argument(
        "--registry", required=True, metavar="P", help="the market-regulation registry: a Parquet file or folder"
    )
    parser.add_argument("--tax", metavar="P", help="tax filings")
    parser.add_argument("--loans", required=True, metavar="P", help="loan records")
    parser.add_argument("--invoices", metavar="P", help="invoices")
    parser.add_argument("--exclusions", metavar="P", help="exclusion lists")
    parser.add_argument(
        "--rule", required=True, help="the named definition of no loan; `huoshui policy show no_loan` lists them"
    )
    parser.add_argument("--region", required=True, help="six digits of GB/T 2260; 000000 is the nation")
    parser.add_argument("--on", required=True, help="the day that is judged, YYYY-MM-DD")
    parser.add_argument("--engine", choices=[x.value for x in EngineName], default=EngineName.DUCKDB.value)
    parser.add_argument("--spark-master", default="local[2]", metavar="URL", help="the Spark master, such as spark://host:7077")
    parser.add_argument("--memory", default="4GB", help="the memory that may be used, such as 4GB")
    parser.add_argument("--previous", metavar="DIR", help="a former screening to compare with")
    parser.add_argument(
        "--truth", metavar="P", help="the truth.parquet of synthetic registers, to measure how right the result is"
    )
    parser.add_argument(
        "--workbooks",
        choices=["auto", "all", "none"],
        default="auto",
        help="one XLSX a county; auto leaves them out for over 100,000 firms or 200 counties",
    )
    parser.add_argument("--keep-state", action="store_true", help="keep what the next --previous can go on from, in DIR/state")
    parser.add_argument(
        "--changes-only", action="store_true", help="write only what changed since --previous, where its state allows it"
    )
    parser.add_argument("--keep-facts", action="store_true", help="keep what `huoshui what-if` needs, in DIR/facts")
    parser.add_argument("--out", required=True, metavar="DIR", help="the folder of the result")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def run(arguments: argparse.Namespace) -> int:
    """Screen, and print the funnel (执行)."""
    registers = {kind: Path(path) for kind in RegisterKind if (path := getattr(arguments, kind.value, None)) is not None}
    request = ScreeningRequest(
        registers=registers,
        rule=arguments.rule,
        region=arguments.region,
        on=read_date(arguments.on, "on"),
        out=Path(arguments.out),
        engine=EngineName(arguments.engine),
        spark_master=arguments.spark_master,
        memory=read_memory(arguments.memory),
        previous=Path(arguments.previous) if arguments.previous else None,
        truth=Path(arguments.truth) if arguments.truth else None,
        workbooks=arguments.workbooks,
        keep_facts=arguments.keep_facts,
        keep_state=arguments.keep_state,
        changes_only=arguments.changes_only,
    )
    if request.engine is EngineName.SPARK:
        check_master(request.spark_master)
    quiet = arguments.quiet or arguments.json
    summary = screen_registers(request, progress=_silent if quiet else _show)
    print(json.dumps(summary, ensure_ascii=False) if arguments.json else _describe(summary, request.out))
    return 0


def read_memory(text: str) -> int:
    """Memory in bytes (内存), from a text such as 4GB or 800MB; raises BadRequest."""
    found = _MEMORY.fullmatch(text.strip())
    memory = int(found[1]) << (30 if found[2].upper().startswith("G") else 20) if found else 0
    if memory < _LEAST_MEMORY:
        raise BadRequest(f"--memory must be at least 512MB, such as 4GB; got {text!r}", field="memory")
    return memory


def _show(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _silent(_: str) -> None:
    return


def _describe(summary: dict[str, Any], out: Path) -> str:
    lines = ["synthetic data (合成数据)"] if summary["synthetic"] else []
    lines.append(f"{summary['rule']['name']}, region {summary['region']}, on {summary['on']}: {summary['rule']['definition']}")
    for step in summary["funnel"]:
        fell = ", ".join(f"{code} {Reason(code).zh} {n:,}" for code, n in step["left"].items())
        lines.append(f"  {step['count']:>13,}  {step['zh']} ({step['en']})" + (f"   - {fell}" if fell else ""))
    lines.append(f"  {summary['duplicates']:>13,}  重复登记已剔除 (exact duplicates dropped)")
    if summary["outside_region"]:
        lines.append(f"  {summary['outside_region']:>13,}  不在筛查地区 (rows outside the region)")
    for register, n in summary["linked"].items():
        if n["without_code"]:
            found = f"{n['linked']:,} linked by name, {n['several']:,} for review, {n['unlinked']:,} not linked"
            lines.append(f"  {register}: {n['without_code']:,} without a usable code, {found}")
    if summary["accuracy"]:
        lines += _accuracy(summary["accuracy"])
    if summary["changes"]:
        lines.append(f"  since the former list: {summary['changes']['entered']:,} entered, {summary['changes']['left']:,} left")
    incremental = summary["incremental"] or {}
    if incremental.get("used"):
        lines.append(f"  went on from the former result: {incremental['touched']:,} registry rows judged again")
    elif incremental:
        lines.append(f"  screened in full: {incremental['why']}")
    if incremental.get("changes_only"):
        lines.append(f"the universe reconciles; only changes were written: {out / 'firms_changed.parquet'}")
        return "\n".join(lines)
    hint = "" if summary["workbooks"] else " (--workbooks all writes them)"
    lines.append(f"the universe reconciles; summary page: {out / 'summary.html'}")
    lines.append(f"list: {out / 'visit_list.parquet'}; workbooks: {summary['workbooks']}{hint}")
    return "\n".join(lines)


def _accuracy(found: dict[str, Any]) -> list[str]:
    usable, linked = found["usable_key"], found["linked"]
    lines = [
        f"  against the truth: every reason is right for {usable['equal']:,} of {usable['rows']:,} rows with a usable key",
        f"  rightly listed or not: {found['listed_right']:,} of {found['compared']:,} rows",
    ]
    if linked:
        lines.append(f"  links: precision {linked['precision']}, recall {linked['recall']} of {linked['rows']:,} rows")
    for reason, n in found["by_reason"].items():
        lines.append(f"    {reason}: {n['right']:,} right, {n['wrong']:,} wrong, {n['missed']:,} missed")
    return lines
