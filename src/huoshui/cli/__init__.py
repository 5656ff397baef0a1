"""The one command `huoshui` (命令行): a thin entrance. A command's module is imported only when it is called."""

import argparse
import importlib
import json
import re
import signal
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from typing import Final, NoReturn

from huoshui import __version__
from huoshui.errors import BadRequest, HuoshuiError, MissingExtra

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "uscc": ("huoshui.cli.identity", "check a unified social credit code (统一社会信用代码)"),
    "size": ("huoshui.cli.size", "size class of an enterprise (企业划型)"),
    "schedule": ("huoshui.cli.schedule", "repayment schedule of a loan (还款计划)"),
    "cost": ("huoshui.cli.cost", "all-in cost of a loan by cash flow (综合融资成本)"),
    "subsidy": ("huoshui.cli.subsidy", "interest subsidy of a loan (财政贴息)"),
    "deadline": ("huoshui.cli.deadline", "when something is due (办理时限)"),
    "working-capital": ("huoshui.cli.working_capital", "working-capital need of a firm (流动资金需求测算)"),
    "policy": ("huoshui.cli.policy", "what is in force in a region on a day (政策查询)"),
    "registers": ("huoshui.cli.registers", "inspect and import register files (数据接入)"),
    "generate": ("huoshui.cli.generate", "make synthetic registers with known truth (合成数据)"),
    "screen": ("huoshui.cli.screen", "screen a register for firms without a loan (筛查无贷户)"),
    "book": ("huoshui.cli.book", "plan a loan book under a budget (信贷组合测算)"),
    "what-if": ("huoshui.cli.what_if", "other thresholds over a kept screening (门槛试算)"),
    "features": ("huoshui.cli.features", "features of firms from their registers (特征构建)"),
    "model": ("huoshui.cli.model", "train, check and govern a model of record (评级模型)"),
    "serve": ("huoshui.cli.serve", "run the site: server and worker (启动站点)"),
    "demo": ("huoshui.cli.demo", "the logins of the demonstration, with the codes of this half minute (演示账号)"),
    "operator": ("huoshui.cli.operator", "the first person of a new site (初始化平台)"),
    "worker": ("huoshui.cli.worker", "run the background worker alone (后台任务)"),
    "doctor": ("huoshui.cli.doctor", "what is set up, a stand-in, or missing for production (体检)"),
    "events": ("huoshui.cli.events", "check the chained event log (事件日志校验)"),
    "keys": ("huoshui.cli.keys", "rotate the keys of sealed fields (字段密钥轮换)"),
    "manage": ("huoshui.cli.manage", "Django's own commands for the site (站点管理)"),
    "rate": ("huoshui.cli.rate", "grade, limit, price and reasons of firms (评级)"),
}


_EXTRAS: Final = dict.fromkeys(("cryptography", "highspy", "lightgbm", "pylopdf_fonts_zh_cn", "typst"), "risk")
_LONG_NUMBER: Final = re.compile(r"\d{9,}[\dXx]?")


class Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of exiting (参数解析)."""

    def error(self, message: str) -> NoReturn:
        """Raise BadRequest with argparse's sentence (参数有误), long numbers left out: one may be a person's."""
        raise BadRequest(f"{_LONG_NUMBER.sub('…', message)}; see `{self.prog} --help`")


def command() -> int:
    """The process `huoshui` (进程入口).

    pyarrow imports pandas, where it is installed, the first time it makes an array: half a CPU second that no command needs.
    """
    sys.meta_path.insert(0, _WithoutPandas())
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a service that is stopped clears away as Ctrl-C does
    return main()


class _WithoutPandas(MetaPathFinder):
    """Lets no import find pandas."""

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("huoshui commands do without pandas", name=fullname)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command (入口); returns its exit status: 0 done, 1 failed, 2 wrong input."""
    given = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in given
    try:
        return _run(given)
    except HuoshuiError as error:
        if as_json:
            print(json.dumps({"error": error.as_dict()}, ensure_ascii=False))
        else:
            print(f"huoshui: {error.message}", file=sys.stderr)
        return error.exit_status
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OSError as error:
        print(f"huoshui: {error.strerror or error}" + (f": {error.filename}" if error.filename else ""), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("huoshui: stopped", file=sys.stderr)
        return 130


def _run(given: list[str]) -> int:
    if not given or given[0] in ("-h", "--help"):
        print(_overview())
        return 0 if given else 2
    if given[0] == "--version":
        print(f"huoshui {__version__}")
        return 0
    name = given[0]
    if name not in COMMANDS:
        raise BadRequest(f"there is no command {name!r}; expected one of {', '.join(COMMANDS)}")
    module_name, summary = COMMANDS[name]
    try:
        module = importlib.import_module(module_name)
        parser = Parser(prog=f"huoshui {name}", description=summary, formatter_class=argparse.RawDescriptionHelpFormatter)
        module.add_arguments(parser)
        arguments = parser.parse_args(given[1:])
        status: int = module.run(arguments)
    except ModuleNotFoundError as error:
        if (extra := _EXTRAS.get((error.name or "").partition(".")[0])) is None:
            raise
        raise MissingExtra(f"{error.name} is not installed; run `pip install 'huoshui[{extra}]'`") from error
    return status


def _overview() -> str:
    width = max(map(len, COMMANDS))
    lines = "\n".join(f"  {name:<{width}}  {summary}" for name, (_, summary) in COMMANDS.items())
    return f"usage: huoshui COMMAND [ARGUMENTS]\n\n{lines}\n\n`huoshui COMMAND --help` explains a command."
