"""`huoshui model` (模型): train a model of record, and what governs it. A subcommand's module is imported when it is called."""

import argparse
import importlib
from typing import Final

from huoshui.cli import Parser
from huoshui.errors import BadRequest

SUBCOMMANDS: Final[dict[str, tuple[str, str]]] = {
    "train": ("huoshui.cli.model.train", "fit a points table on firms with a known outcome (训练)"),
    "validate": ("huoshui.cli.model.validate", "a model's figures on other firms (验证)"),
    "compare": ("huoshui.cli.model.compare", "champion and challenger, and which firms change sides (比较)"),
    "keys": ("huoshui.cli.model.keys", "make a signing key, or show whose keys are trusted (签名密钥)"),
    "approve": ("huoshui.cli.model.approve", "approve a model, or take its approval back (批准)"),
    "monitor": ("huoshui.cli.model.monitor", "drift, level and alarms of a model in use (监测)"),
    "card": ("huoshui.cli.model.card", "what a committee reads, as a page and as PDF (模型卡)"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags (参数)."""
    width = max(map(len, SUBCOMMANDS))
    lines = "\n".join(f"  {name:<{width}}  {summary}" for name, (_, summary) in SUBCOMMANDS.items())
    parser.epilog = f"subcommands:\n{lines}\n\n`huoshui model SUBCOMMAND --help` explains one."
    parser.add_argument("subcommand", metavar="SUBCOMMAND", help=f"one of {', '.join(SUBCOMMANDS)}")
    parser.add_argument("given", nargs=argparse.REMAINDER, metavar="...", help="its arguments")


def run(arguments: argparse.Namespace) -> int:
    """Hand over to the subcommand (执行)."""
    if arguments.subcommand not in SUBCOMMANDS:
        raise BadRequest(f"there is no `model {arguments.subcommand}`; expected one of {', '.join(SUBCOMMANDS)}")
    module_name, summary = SUBCOMMANDS[arguments.subcommand]
    module = importlib.import_module(module_name)
    parser = Parser(
        prog=f"huoshui model {arguments.subcommand}",
        description=summary,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    status: int = module.run(parser.parse_args(arguments.given))
    return status
