"""`huoshui book` (信贷组合测算): who gets how much at what rate under a budget."""

import argparse
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from huoshui.adapters.book.conditions_file import read_conditions
from huoshui.cli.calculator import read_date, today
from huoshui.errors import BadRequest
from huoshui.money import format_yuan, parse_rate, parse_yuan
from huoshui.policy.region import NATION
from huoshui.rules.book import BookReason, LoanCosts
from huoshui.services.book import BookRequest
from huoshui.services.book.book import plan_request
from huoshui.terms import BookObjective, BudgetReading

_GRADE: Final = re.compile(r"\s*([^=\s]+)\s*=\s*([^=\s]+)\s*")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags (参数)."""
    parser.add_argument(
        "--ratings", required=True, metavar="P", help="what `huoshui rate` wrote: firm_id, pd, grade, limit_fen"
    )
    parser.add_argument("--churn", required=True, metavar="P", help="a table of lost shares by rate and grade, CSV or XLSX")
    parser.add_argument("--budget", required=True, metavar="YUAN", help="the money of the book, in yuan")
    parser.add_argument("--limit", default="100000:1000000", metavar="LOW:HIGH", help="least and most of one loan, in yuan")
    parser.add_argument("--rate", default="0.04:0.15", metavar="LOW:HIGH", help="lowest and highest rate a year")
    parser.add_argument("--objective", choices=[x.value for x in BookObjective], default=BookObjective.PROFIT.value)
    parser.add_argument(
        "--budget-reading", choices=[x.value for x in BudgetReading], default=BudgetReading.OFFERED.value,
        help="whether the budget counts what is offered, or what is expected to be drawn",
    )  # fmt: skip
    parser.add_argument("--lgd", default="1", help="the share of a failed loan that is lost")
    parser.add_argument("--funds-rate", default="0", help="what money costs the bank, a year")
    parser.add_argument("--cost-rate", default="0", help="what work costs for each yuan drawn, a year")
    parser.add_argument("--cost-per-loan", default="0", metavar="YUAN", help="what one loan costs whatever its amount")
    parser.add_argument("--step", default="100", metavar="YUAN", help="amounts are whole multiples of this")
    parser.add_argument("--first-time-share", default="0.2", help="the least part of the budget for first-time borrowers")
    parser.add_argument("--grade", action="append", default=[], metavar="GRADE=CURVE", help="price a grade by another's curve")
    parser.add_argument("--pd-column", default="pd", help="the column to plan by, such as the upper end of an interval")
    parser.add_argument("--indicative", action="store_true", help="plan as if the open points of ratings were settled")
    parser.add_argument("--covenants", metavar="FILE.yaml", help="side conditions that the book must keep")
    parser.add_argument("--region", default=NATION, help="six digits of GB/T 2260, for the legal ceiling")
    parser.add_argument("--on", help="the day whose law holds, YYYY-MM-DD; today if left out")
    parser.add_argument("--out", required=True, metavar="DIR", help="the folder of the result")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def run(arguments: argparse.Namespace) -> int:
    """Plan, write, and print the key figures (执行)."""
    low, high = read_range(arguments.limit, "limit")
    cheapest, dearest = read_range(arguments.rate, "rate")
    request = BookRequest(
        parse_yuan(arguments.budget, field="budget"), parse_yuan(low, field="limit"), parse_yuan(high, field="limit"),
        parse_rate(cheapest, field="rate"), parse_rate(dearest, field="rate"),
        read_date(arguments.on, "on") if arguments.on else today(),
        region=arguments.region,
        objective=BookObjective(arguments.objective),
        reading=BudgetReading(arguments.budget_reading),
        costs=LoanCosts(
            parse_rate(_with_zero(arguments.lgd), field="lgd"), parse_rate(arguments.funds_rate, field="funds-rate"),
            parse_rate(arguments.cost_rate, field="cost-rate"), parse_yuan(arguments.cost_per_loan, field="cost-per-loan"),
        ),
        step_fen=parse_yuan(arguments.step, field="step"),
        first_time_share=parse_rate(arguments.first_time_share, field="first-time-share"),
        grades=dict(map(read_grade, arguments.grade)),
        pd_column=arguments.pd_column,
        is_indicative=arguments.indicative,
        conditions=read_conditions(Path(arguments.covenants)) if arguments.covenants else (),
    )  # fmt: skip
    quiet = arguments.quiet or arguments.json
    book = plan_request(arguments.ratings, churn=arguments.churn, request=request, progress=_silent if quiet else _show)
    out = book.write(arguments.out)
    print(
        json.dumps(book.summary, ensure_ascii=False) if arguments.json else f"{book}\n{_reasons(book.summary)}\n{out}/plan.html"
    )
    return 0


def read_range(text: str, field: str) -> tuple[str, str]:
    """LOW:HIGH as its two ends (区间); raises BadRequest."""
    low, colon, high = text.partition(":")
    if not colon or not low.strip() or not high.strip():
        raise BadRequest(f"{field} must be LOW:HIGH such as 0.04:0.15; got {text!r}", field=field)
    return low.strip(), high.strip()


def read_grade(text: str) -> tuple[str, str]:
    """GRADE=CURVE as its two words (等级对应); raises BadRequest."""
    found = _GRADE.fullmatch(text)
    if found is None:
        raise BadRequest(f"grade must be GRADE=CURVE such as D=C; got {text!r}", field="grade")
    return found[1], found[2]


def _with_zero(text: str) -> str:
    return f"0{text}" if text.startswith(".") else text


def _reasons(summary: Mapping[str, Any]) -> str:
    words = {x.value: f"{x.zh} {x.en}" for x in BookReason}
    lines = [f"  {code} {words[code]} {count:,}" for code, count in summary["by_reason"].items()]
    costs = [f"  {x['name']}: {format_yuan(x['cost_fen'])}" for x in summary["bound_costs"] if x["cost_fen"]]
    return "\n".join([*lines, "约束的代价（元/年） what bounds cost, yuan a year:", *costs])


def _show(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _silent(_: str) -> None:
    pass
