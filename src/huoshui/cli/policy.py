"""`huoshui policy` (政策查询): show what is in force, list what there is, check the files."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec
import yaml

from huoshui import policy
from huoshui.cli.calculator import read_date, today
from huoshui.cli.layout import aligned
from huoshui.errors import BadRequest
from huoshui.policy import Dated, Finding
from huoshui.policy.region import NATION

_UNCONFIRMED: Final = "（未核实）"
_ENDED: Final = "（已终止）"
_KINDS: Final = {
    "broken": "格式有误 (broken)",
    "stale": "一年内未复核 (not checked for a year)",
    "unconfirmed": "未核实 (unconfirmed)",
}
_SHOWN: Final = ("zh", "value", "since", "region", "source", "checked_on", "unconfirmed", "unit", "note")
_EXAMPLES: Final = """
examples:
  huoshui policy show lpr --on 2022-08-21
  huoshui policy show five_criteria --region 440800
  huoshui policy show lpr.one_year --history
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `policy` can do (登记参数)."""
    parser.epilog = _EXAMPLES
    actions = parser.add_subparsers(dest="action", required=True, metavar="show|list|check")
    show = actions.add_parser("show", help="what is in force in a region on a day (现行取值及出处)")
    show.add_argument("name", metavar="NAME", help="a policy such as lpr, or one of its fields such as lpr.one_year")
    show.add_argument("--region", default=NATION, help="region code of GB/T 2260; the nation if left out (地区)")
    show.add_argument("--on", metavar="DAY", help="the day, YYYY-MM-DD; today if left out (查询日)")
    show.add_argument("--history", action="store_true", help="every value ever, nearest region and newest first (历史取值)")
    listed = actions.add_parser("list", help="the names of all policies and where they differ (政策清单)")
    check = actions.add_parser("check", help="validate every file, list what was not checked for a year (检查政策文件)")
    check.add_argument("--on", metavar="DAY", help="the day to reckon a year from; today if left out (检查日)")
    check.add_argument("--verbose", action="store_true", help="list every unconfirmed value (列出未核实的取值)")
    for action in (show, listed, check):
        action.add_argument("--json", action="store_true", help="print JSON instead of text")


def run(arguments: argparse.Namespace) -> int:
    """Show, list or check (执行); status 1 where a file is broken."""
    if arguments.action == "list":
        return _list(as_json=arguments.json)
    on = read_date(arguments.on, "on") if arguments.on is not None else today()
    if arguments.action == "check":
        return _check(on=on, as_json=arguments.json, verbose=arguments.verbose)
    name, dot, field = arguments.name.partition(".")
    if dot and not field:
        raise BadRequest(f"{arguments.name} names no field; expected NAME or NAME.FIELD, such as lpr.one_year", field="name")
    if arguments.history:
        return _show_history(name, field, region=arguments.region, as_json=arguments.json)
    return _show(name, field, region=arguments.region, on=on, as_json=arguments.json)


def _show(name: str, field: str, *, region: str, on: date, as_json: bool) -> int:
    found = policy.read(name, region=region, on=on)
    shown = [found.dated(field)] if field else list(found.fields.values())
    if as_json:
        latest = max(shown, key=lambda x: x.since)
        _print_json({
            "name": name, "field": field or None, "region": found.region, "on": on,
            "value": shown[0].value if field else {x.field: x.value for x in shown},
            "since": latest.since, "source": latest.source, "region_of_value": latest.region,
            "fields": {x.field: _as_dict(x) for x in shown},
        })  # fmt: skip
    else:
        print(f"{name}，地区 {found.region}，{on} 有效\n")
        print("\n".join(_blocks(shown)))
    return 0


def _show_history(name: str, field: str, *, region: str, as_json: bool) -> int:
    found = policy.read_history(name, region=region)
    if field and field not in found:
        raise BadRequest(f"policy {name} has no field {field}; expected one of {', '.join(found)}", field="name")
    kept = {x: found[x] for x in ((field,) if field else found)}
    if as_json:
        history = {x: [_as_dict(value) for value in values] for x, values in kept.items()}
        _print_json({"name": name, "field": field or None, "region": region, "history": history})
    else:
        print(f"{name}，地区 {region}，历史取值\n")
        print("\n".join(line for values in kept.values() for line in _blocks(values)))
    return 0


def _list(*, as_json: bool) -> int:
    regions = policy.regions_by_name()
    if as_json:
        _print_json({"policies": [{"name": name, "regions": where} for name, where in regions.items()]})
    else:
        print(aligned([("名称 name", "地区 regions"), *((name, " ".join(where)) for name, where in regions.items())]))
    return 0


def _check(*, on: date, as_json: bool, verbose: bool) -> int:
    count, findings = policy.check_files(on=on)
    of = {kind: [x for x in findings if x.kind == kind] for kind in _KINDS}
    if as_json:
        listed = {kind: [{"path": x.path, "message": x.message} for x in found] for kind, found in of.items()}
        _print_json({"files": count, "on": on, **listed, "unconfirmed_count": len(of["unconfirmed"])})
    else:
        print("\n".join(_report(count, of, verbose=verbose)))
    return 1 if of["broken"] else 0


def _report(count: int, of: Mapping[str, Sequence[Finding]], *, verbose: bool) -> Iterator[str]:
    yield f"检查政策文件 {count} 个 (files checked)"
    for kind, title in _KINDS.items():
        yield f"{title}：{len(of[kind])}"
        if of[kind] and (verbose or kind != "unconfirmed"):
            yield aligned(((x.path, x.message) for x in of[kind]), indent="  ")
    if of["unconfirmed"] and not verbose:
        yield "加 --verbose 逐条列出未核实的取值"


def _blocks(shown: Sequence[Dated]) -> Iterator[str]:
    """Plain values as one table, each table value as a block of its own below its heading."""
    plain = [x for x in shown if not isinstance(x.value, dict | list)]
    if plain:
        heading = ("字段 field", "名称", "取值 value", "自 since", "地区", "出处 source")
        yield aligned([heading, *((x.field, x.zh, _text(x), str(x.since), x.region, _source(x)) for x in plain)])
        yield from (f"  {x.field}：{x.note}" for x in {x.field: x for x in plain}.values() if x.note)
        yield ""
    for x in shown:
        if x not in plain:
            yield f"{x.field}  {x.zh}{f'，单位：{x.unit}' if x.unit else ''}"
            yield f"  自 {x.since}，地区 {x.region}，出处：{_source(x)}"
            yield from [f"  注：{x.note}"] if x.note else []
            yield from (f"    {line}" for line in _lines(x.value))
            yield ""


def _lines(value: object) -> list[str]:
    """A table value as lines, its inner rows on one line each where they are short."""
    text: str = yaml.safe_dump(value, allow_unicode=True, sort_keys=False, default_flow_style=None, width=120)
    return text.splitlines()


def _text(x: Dated) -> str:
    if x.value is None:
        return _ENDED
    value = str(x.value).lower() if isinstance(x.value, bool) else str(x.value)
    return f"{value} {x.unit}" if x.unit else value


def _source(x: Dated) -> str:
    return x.source + (_UNCONFIRMED if x.unconfirmed else "")


def _as_dict(x: Dated) -> dict[str, Any]:
    return {key: getattr(x, key) for key in _SHOWN}


def _print_json(result: Mapping[str, Any]) -> None:
    print(msgspec.json.encode(result).decode())
