"""`huoshui model compare` (比较模型): champion and challenger side by side, and which firms change sides."""

import argparse
import json
from pathlib import Path
from typing import Any, Final

from huoshui.cli.layout import aligned
from huoshui.cli.model.firms import add_basis, add_firms, read_on, read_path, read_source, share, spread
from huoshui.policy.region import check_region
from huoshui.services.model.compare import CHANGES, ComparisonRequest, compare_models
from huoshui.services.model.folder import SYNTHETIC

_EXAMPLES: Final = """
examples:
  huoshui model compare model/ new_model/ --features later.parquet --outcomes outcomes.parquet --out comparison/

A difference is challenger minus champion, with a paired 95 % interval; changes.parquet names the firms that change.
"""
_SETS: Final = {
    "both_approve": "both approve (两者均通过)",
    "swapped_in": "only the challenger approves (换入)",
    "swapped_out": "only the champion approves (换出)",
    "both_refuse": "both refuse (两者均不通过)",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags (参数)."""
    parser.epilog = _EXAMPLES
    parser.add_argument("champion", metavar="CHAMPION", help="the model in use")
    parser.add_argument("challenger", metavar="CHALLENGER", help="the model that would replace it")
    add_firms(parser, outcomes_needed=False)
    parser.add_argument("--out", metavar="DIR", help="the folder of the report and of the firms that change")
    add_basis(parser)


def run(arguments: argparse.Namespace) -> int:
    """Compare, and print both sides (执行)."""
    out = read_path(arguments.out)
    report = compare_models(
        ComparisonRequest(
            champion=Path(arguments.champion),
            challenger=Path(arguments.challenger),
            source=read_source(arguments),
            on=read_on(arguments),
            out=out,
            region=check_region(arguments.region),
            trusted=read_path(arguments.trusted),
        )
    )
    print(json.dumps(report, ensure_ascii=False) if arguments.json else _describe(report, out))
    return 0


def _describe(report: dict[str, Any], out: Path | None) -> str:
    names = [f"{x} {report[x]['name']} {report[x]['sha256'][:8]} ({report[x]['status']})" for x in ("champion", "challenger")]
    lines = [f"{names[0]}, {names[1]}: {report['data']['rows']:,} firms"]
    lines += [f"  {SYNTHETIC}"] if report["synthetic"] else []
    if report["figures"] is not None:
        heading = ("", "champion", "challenger", "difference (差)")
        rows = [
            (name, *(spread(x[side]) for side in ("champion", "challenger", "difference")))
            for name, x in report["figures"].items()
        ]
        lines.append(aligned([heading, *rows], indent="  "))
    for sides in report["sides"]:
        lines.append("  by their grades (按评级)" if sides["by"] == "grade" else "  at an equal share approved (同一通过率)")
        rows = [
            (words, f"{sides[name]['firms']:,}", f"defaulted {share(sides[name]['realised'])}") for name, words in _SETS.items()
        ]
        lines.append(aligned(rows, indent="    "))
    lines.append(
        f"  {report['changed']:,} firms change grade or side" + (f": {out / CHANGES}" if out else "; --out names them")
    )
    return "\n".join(lines)
