"""`huoshui model validate` (验证模型): a model's figures on other firms than those it was trained on."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from huoshui.cli.layout import aligned
from huoshui.cli.model.firms import add_basis, add_firms, read_on, read_path, read_source, share, show, silent, spread
from huoshui.policy.region import check_region
from huoshui.services.model.folder import SYNTHETIC
from huoshui.services.model.validate import ValidationRequest, validate_model
from huoshui.terms import Light

_EXAMPLES: Final = """
examples:
  huoshui model validate model/ --features later.parquet --outcomes outcomes.parquet --time year --out validation/
  huoshui model validate model/ --features loans.csv --outcome defaulted --group State --json

An unapproved model may be validated; the report says so. `huoshui policy show model_monitoring` gives the limits of the lights.
"""
MOST_GROUPS: Final = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags (参数)."""
    parser.epilog = _EXAMPLES
    parser.add_argument("model", metavar="MODEL", help="a folder made by `huoshui model train`")
    add_firms(parser, outcomes_needed=True)
    parser.add_argument(
        "--group", action="append", default=[], metavar="COLUMN", help="a column whose groups are compared; may be repeated"
    )
    parser.add_argument("--out", metavar="DIR", help="the folder of the report")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    add_basis(parser)


def run(arguments: argparse.Namespace) -> int:
    """Validate, and print the figures (执行)."""
    quiet = arguments.quiet or arguments.json
    report = validate_model(
        ValidationRequest(
            model=Path(arguments.model),
            source=read_source(arguments),
            on=read_on(arguments),
            out=read_path(arguments.out),
            groups=tuple(arguments.group),
            region=check_region(arguments.region),
            trusted=read_path(arguments.trusted),
        ),
        progress=silent if quiet else show,
    )
    print(json.dumps(report, ensure_ascii=False) if arguments.json else describe(report))
    return 0


def describe(report: dict[str, Any]) -> str:
    """The report in a few lines (概要)."""
    data, figures, drift = report["data"], report["figures"], report["score"]
    lines = [f"{report['model']['name']} on {data['rows']:,} firms, {data['defaults']:,} of {data['with_outcome']:,} defaulted"]
    lines += [f"  {SYNTHETIC}"] if report["synthetic"] else []
    lines += [f"  {report['model']['notice']}"] if report["model"]["notice"] else []
    shown = [(name, spread(figures[name])) for name in ("auc", "ks", "brier", "calibration_error")]
    lines.append(aligned([*shown, ("level", f"{_level(figures)} expected / realised")], indent="  "))
    against, coverage = report["against_training"], report["coverage"]
    if against["auc_trained"] is not None:
        lines.append(f"  AUC of the training {against['auc_trained']:.3f} {_light(against['light'])}")
    lines.append(
        f"  interval of PD holds the realised rate: {coverage['held']} of {coverage['bins']} {_light(coverage['light'])}"
    )
    lines.append(f"  PSI of the score {drift['psi']:.3f} {_light(drift['light'])}")
    worst = [f"{x['field']} {x['csi']:.3f} {_light(x['light'])}" for x in report["fields"][:3]]
    lines.append(f"  CSI: {', '.join(worst)}")
    for found in report["groups"]:
        lines += [f"  {found['column']}", *_groups(found["groups"])]
    return "\n".join(lines)


def _level(figures: dict[str, Any]) -> str:
    return f"{share(figures['expected']['value'])} / {share(figures['realised']['value'])}"


def _groups(rows: Sequence[dict[str, Any]]) -> list[str]:
    largest = sorted(rows, key=lambda x: -x["firms"])[:MOST_GROUPS]
    shown = aligned([_group(x) for x in rows if x in largest], indent="    ")
    return [shown, *([f"    and {rest} more, in the report"] if (rest := len(rows) - len(largest)) else [])]


def _group(row: dict[str, Any]) -> tuple[str, ...]:
    if row["too_small"]:
        return (row["group"], f"{row['firms']:,} firms", "too small to judge (样本过少，不作评价)")
    level = f"{share(row['expected'])} / {share(row['realised'])} {_light(row['level_light'])}"
    return (
        row["group"],
        f"{row['firms']:,} firms",
        f"approved {share(row['approved'])} {_light(row['approval_light'])}",
        level,
    )


def _light(value: str) -> str:
    return f"({Light(value).zh})"
