"""What validate, compare and monitor share (公共参数): where firms and outcomes come from, and the list of trusted keys."""

import argparse
import sys
from datetime import date
from pathlib import Path

from huoshui.adapters.validation.firms_file import Source
from huoshui.cli.calculator import read_date, today
from huoshui.errors import BadRequest
from huoshui.policy.region import NATION


def add_firms(parser: argparse.ArgumentParser, *, outcomes_needed: bool) -> None:
    """The flags of firms and outcomes (样本参数)."""
    needed = "needed, here or as --outcome among the features" if outcomes_needed else "may be left out"
    parser.add_argument("--features", required=True, metavar="P", help="the firms' fields: Parquet (file or folder) or CSV")
    parser.add_argument("--outcomes", metavar="P", help=f"what became of the firms, by firm; {needed}")
    parser.add_argument("--outcome", metavar="COLUMN", help="the column that is true, 1, 是 or yes for a default")
    parser.add_argument("--bad", metavar="VALUE", help="the outcome's word for a default, such as CHGOFF; any other is good")
    parser.add_argument("--id", default="firm_id", metavar="COLUMN", help="the column that names a firm in both files")
    parser.add_argument("--time", metavar="COLUMN", help="a day or year among the features, for figures by year")
    parser.add_argument("--prior", metavar="SHARE", help="defaults in the population, where the sample was drawn by outcome")
    parser.add_argument(
        "--weight", metavar="COLUMN", help="how many firms a row stands for, where the sample was drawn unevenly"
    )


def add_basis(parser: argparse.ArgumentParser, *, day_needed: bool = False) -> None:
    """The flags of the day, the region and the trusted keys (依据参数)."""
    parser.add_argument(
        "--on", required=day_needed, metavar="DAY", help="the day whose limits and overlay hold" + _else(day_needed)
    )
    parser.add_argument("--region", default=NATION, help="whose limits hold, six digits of GB/T 2260")
    parser.add_argument("--trusted", metavar="FILE", help="the list of trusted keys; else HUOSHUI_MODEL_TRUSTED_KEYS")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def read_source(arguments: argparse.Namespace) -> Source:
    """Files and columns as given (样本来源)."""
    return Source(
        features=Path(arguments.features),
        outcomes=Path(arguments.outcomes) if arguments.outcomes else None,
        outcome=arguments.outcome,
        firm=arguments.id,
        time=arguments.time,
        weight=arguments.weight,
        bad=arguments.bad,
        prior=read_share(arguments.prior),
    )


def read_on(arguments: argparse.Namespace) -> date:
    """The day as given, else today in China (业务日)."""
    return read_date(arguments.on, "on") if arguments.on else today()


def read_path(text: str | None) -> Path | None:
    """A path, where one is given (路径)."""
    return Path(text) if text else None


def read_share(text: str | None) -> float | None:
    """A share of one, where one is given (占比); raises BadRequest."""
    if text is None:
        return None
    try:
        return float(text)
    except ValueError as error:
        raise BadRequest(f"the prior {text!r} is no share; expected a decimal such as 0.05", field="prior") from error


def share(value: float | None) -> str:
    """A rate for reading (百分比)."""
    return "–" if value is None else f"{100 * value:.2f}%"


def spread(found: dict[str, float | None], *, places: int = 3) -> str:
    """A figure with its interval for reading (指标及区间)."""
    if found["value"] is None:
        return "–"
    if found["low"] is None or found["high"] is None:
        return f"{found['value']:.{places}f}"
    return f"{found['value']:.{places}f} [{found['low']:.{places}f}, {found['high']:.{places}f}]"


def show(line: str) -> None:
    """Progress on standard error (进度)."""
    print(f"huoshui: {line}", file=sys.stderr, flush=True)


def silent(_: str) -> None:
    """No progress (不显示进度)."""


def _else(day_needed: bool) -> str:
    return "" if day_needed else "; today if left out"
