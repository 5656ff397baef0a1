"""`huoshui model monitor` (监测模型): drift, level and advice with lights; exit status 1 when one is red."""

import argparse
import json
from pathlib import Path
from typing import Any, Final

from huoshui.cli.model.firms import add_basis, add_firms, read_on, read_path, read_source, share
from huoshui.policy.region import check_region
from huoshui.services.model.folder import SYNTHETIC
from huoshui.services.model.monitor import HISTORY, MonitoringRequest, monitor_model
from huoshui.terms import Light

_EXAMPLES: Final = """
examples:
  huoshui model monitor model/ --features june.parquet --on 2026-06-30 --out watch/
  huoshui model monitor model/ --features year.parquet --outcomes outcomes.parquet --on 2026-12-31 --out watch/

watch/history.jsonl gets a line each time and never loses one. Exit status: 0 green or amber, 1 red, 2 wrong input.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags (参数)."""
    parser.epilog = _EXAMPLES
    parser.add_argument("model", metavar="MODEL", help="an approved model")
    add_firms(parser, outcomes_needed=False)
    parser.add_argument("--out", required=True, metavar="DIR", help="the folder of the history")
    parser.add_argument(
        "--allow-unapproved", action="store_true", help="watch a model that is not approved; the report says so"
    )
    add_basis(parser, day_needed=True)


def run(arguments: argparse.Namespace) -> int:
    """Watch, print the lights, and fail where one is red (执行)."""
    out = Path(arguments.out)
    report = monitor_model(
        MonitoringRequest(
            model=Path(arguments.model),
            source=read_source(arguments),
            on=read_on(arguments),
            out=out,
            region=check_region(arguments.region),
            trusted=read_path(arguments.trusted),
            allow_unapproved=arguments.allow_unapproved,
        )
    )
    print(json.dumps(report, ensure_ascii=False) if arguments.json else _describe(report, out))
    return 1 if report["light"] == Light.RED.value else 0


def _describe(report: dict[str, Any], out: Path) -> str:
    light = Light(report["light"])
    lines = [f"{report['model']['name']} on {report['on']}: {light.en} ({light.zh}), {report['data']['rows']:,} firms"]
    lines += [f"  {SYNTHETIC}"] if report["synthetic"] else []
    lines += [f"  {report['model']['notice']}"] if report["model"]["notice"] else []
    lines.append(f"  PSI of the score {report['score']['psi']:.3f}; {len(report['fields'])} fields")
    if level := report["level"]:
        total = level["all"]
        lines.append(f"  expected {share(total['expected'])}, realised {share(total['realised'])} of {total['rows']:,} firms")
        if points := level["advice"]["points"]:
            lines.append(f"  advice: an overlay of {points:+d} points would mend the level (建议水平调整)")
    for x in report["alarms"]:
        value = "–" if x["value"] is None else f"{x['value']:.3f}"
        lines.append(f"  {x['light']} ({Light(x['light']).zh}): {x['figure']} of {x['what']} {value}")
    return "\n".join([*lines, f"  history: {out / HISTORY}"])
