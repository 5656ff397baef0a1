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
from huoshui.rules.features_catalog import BY_NAME, CATALOG, VERSION, feature
from huoshui.terms import EngineName, RegisterKind

_REGISTERS: Final = {
    RegisterKind.INVOICES: "invoices, sales and purchases: Parquet files or folders, as `huoshui registers import` writes them",
    RegisterKind.REGISTRY: "the market-regulation registry; its firms are the rows",
    RegisterKind.TAX: "tax filings",
    RegisterKind.SOCIAL_SECURITY: "social security",
    RegisterKind.LITIGATION: "law cases and penalties",
    RegisterKind.LOANS: "loan records",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags (参数)."""
    for kind, text in _REGISTERS.items():
        parser.add_argument(f"--{kind.value.replace('_', '-')}", nargs="+", metavar="P", help=text)
    parser.add_argument("--on", help="the decision day, YYYY-MM-DD: nothing later is used")
    parser.add_argument("--out", metavar="FILE", help="the Parquet file of the features, one row a firm")
    parser.add_argument("--firm", metavar="ID", help="print the features of one firm: its credit code, own number or name")
    parser.add_argument(
        "--keep-repeats",
        action="store_true",
        help="rows with the same number, day, party and amounts are invoices of their own (files without invoice codes)",
    )
    parser.add_argument("--engine", choices=[x.value for x in EngineName], default=EngineName.DUCKDB.value)
    parser.add_argument("--spark-master", default="local[2]", metavar="URL", help="the Spark master, such as spark://host:7077")
    parser.add_argument("--list", action="store_true", help="name all features")
    parser.add_argument("--explain", metavar="NAME", help="say what a feature means")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def run(arguments: argparse.Namespace) -> int:
    """Make features, or explain them (执行)."""
    if arguments.explain is not None:
        _print(feature(arguments.explain), arguments)
    elif arguments.list:
        rows = [(x.name, x.zh, x.en) for x in CATALOG]
        listed = {"catalog": VERSION, "features": [_as_dict(x) for x in CATALOG]}
        print(json.dumps(listed, ensure_ascii=False) if arguments.json else aligned(rows))
    else:
        for name in ("invoices", "on"):
            if getattr(arguments, name) is None:
                raise BadRequest(f"--{name} is missing; see `huoshui features --help`", field=name)
        _make_one(arguments) if arguments.firm is not None else _make_all(arguments)
    return 0


def _registers(arguments: argparse.Namespace) -> dict[RegisterKind, list[Path]]:
    return {kind: [Path(x) for x in paths] for kind in _REGISTERS if (paths := getattr(arguments, kind.value))}


def _make_all(arguments: argparse.Namespace) -> None:
    from huoshui.services.features.request import FeatureRequest  # noqa: PLC0415 -- heavy, and --explain needs none
    from huoshui.services.features.run import make_features  # noqa: PLC0415

    if arguments.out is None:
        raise BadRequest("--out is missing: the Parquet file of the features, or --firm ID to print those of one", field="out")
    request = FeatureRequest(
        registers=_registers(arguments),
        on=read_date(arguments.on, "on"),
        out=Path(arguments.out),
        engine=EngineName(arguments.engine),
        spark_master=arguments.spark_master,
        repeats_count=arguments.keep_repeats,
    )
    quiet = arguments.quiet or arguments.json
    report = make_features(request, progress=_silent if quiet else _show)
    print(json.dumps(report, ensure_ascii=False) if arguments.json else _describe(report))


def _make_one(arguments: argparse.Namespace) -> None:
    from huoshui.services.features.one_firm import features_of_firm  # noqa: PLC0415 -- heavy, and --explain needs none

    if arguments.out is not None:
        raise BadRequest("--out writes all firms, --firm prints one; expected only one of them", field="firm")
    on = read_date(arguments.on, "on")
    found = features_of_firm(arguments.firm, registers=_registers(arguments), on=on, repeats_count=arguments.keep_repeats)
    if arguments.json:
        print(json.dumps({**found, "on": on.isoformat()}, ensure_ascii=False))
        return
    print(aligned(_row(name, value) for name, value in found.items()))


def _row(name: str, value: Any) -> tuple[str, ...]:
    known = BY_NAME.get(name)
    if known is None:
        return name, "" if value is None else str(value)
    return name, known.zh, "—" if value is None else f"{value:,} {known.unit.zh}"


def _describe(report: dict[str, Any]) -> str:
    lines = ["synthetic data (合成数据)"] if report["synthetic"] else []
    lines.append(f"{report['firms']:,} firms (户), {report['features']} features (特征), on {report['on']}: {report['out']}")
    for name, counts in report["registers"].items():
        lines.append(f"{name}: " + ", ".join(f"{key} {value:,}" for key, value in counts.items()))
    lines.append("invoice rows (发票行): " + ", ".join(f"{key} {value:,}" for key, value in report["invoices"].items()))
    return "\n".join(lines)


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
