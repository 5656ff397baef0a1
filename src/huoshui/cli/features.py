"""`huoshui features` (特征构建): registers in, a table of features out; or what a feature means."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

from huoshui.cli.calculator import read_date
from huoshui.cli.layout import aligned
from huoshui.errors import BadRequest
from huoshui.rules.features import Feature
from huoshui.rules.features_catalog import CATALOG, VERSION, feature
from huoshui.terms import RegisterKind

_REGISTERS: Final = {
    RegisterKind.INVOICES: "invoices, sales and purchases: Parquet files or folders",
    RegisterKind.REGISTRY: "the market-regulation registry; its firms are the rows",
    RegisterKind.TAX: "tax filings",
    RegisterKind.LOANS: "loan records",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags (参数)."""
    for kind, text in _REGISTERS.items():
        parser.add_argument(_flag(kind), nargs="+", metavar="P", help=text)
    parser.add_argument("--on", help="the decision day, YYYY-MM-DD: nothing later is used")
    parser.add_argument("--out", metavar="FILE", help="the Parquet file of the features")
    parser.add_argument(
        "--keep-repeats",
        action="store_true",
        help="rows with the same number, day, party and amounts are invoices of their own",
    )
    parser.add_argument("--list", action="store_true", help="name all features")
    parser.add_argument("--explain", metavar="NAME", help="say what a feature means")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def _flag(kind: RegisterKind) -> str:
    return f"--{kind.value.replace('_', '-')}"


def run(arguments: argparse.Namespace) -> int:
    """Make features, or explain them (执行)."""
    if arguments.explain is not None:
        _print(feature(arguments.explain), arguments)
    elif arguments.list:
        rows = [(x.name, x.zh, x.en) for x in CATALOG]
        listed = {"catalog": VERSION, "features": [_as_dict(x) for x in CATALOG]}
        print(json.dumps(listed, ensure_ascii=False) if arguments.json else aligned(rows))
    else:
        _make(arguments)
    return 0


def _make(arguments: argparse.Namespace) -> None:
    from huoshui.services.features import FeatureRequest, make_features  # noqa: PLC0415 -- heavy, and --explain needs none

    for name in ("invoices", "on", "out"):
        if getattr(arguments, name) is None:
            raise BadRequest(f"--{name} is missing; see `huoshui features --help`", field=name)
    given = {kind: [Path(x) for x in paths] for kind in _REGISTERS if (paths := getattr(arguments, kind.value))}
    request = FeatureRequest(
        registers=given,
        on=read_date(arguments.on, "on"),
        out=Path(arguments.out),
        repeats_count=arguments.keep_repeats,
    )
    quiet = arguments.quiet or arguments.json
    report = make_features(request, progress=_silent if quiet else _show)
    print(json.dumps(report, ensure_ascii=False) if arguments.json else _describe(report))


def _describe(report: dict[str, Any]) -> str:
    return (
        f"{report['firms']:,} firms (户), {report['features']} features (特征), on {report['on']}: {report['out']}\n"
        f"{report['invoices']['read']:,} invoices read, {report['invoices']['without_firm']:,} of no firm of the table"
    )


def _print(found: Feature, arguments: argparse.Namespace) -> None:
    if arguments.json:
        print(json.dumps(_as_dict(found), ensure_ascii=False))
        return
    window = (
        "—" if found.months is None else f"{found.months} {'full months before the month of the day'} ({found.months} 个整月)"
    )
    rows = [
        ("名称 name", found.name),
        ("含义 term", f"{found.zh} ({found.en})"),
        ("公式 formula", f"{found.reads_zh} ({found.reads_en})"),
        ("单位 unit", f"{found.unit.zh} ({found.unit.en})"),
        ("窗口 window", window),
        ("方向 direction", f"{found.direction.zh} ({found.direction.en})"),
        ("数据 registers", ", ".join(f"{x.zh} ({x.value})" for x in found.registers)),
        ("目录 catalog", VERSION),
    ]
    print(aligned(rows))


def _as_dict(found: Feature) -> dict[str, Any]:
    return {
        "name": found.name, "zh": found.zh, "en": found.en, "formula_zh": found.reads_zh, "formula_en": found.reads_en,
        "unit": found.unit.value, "months": found.months, "direction": found.direction.value,
        "registers": [x.value for x in found.registers],
    }  # fmt: skip


def _show(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _silent(_: str) -> None:
    return
