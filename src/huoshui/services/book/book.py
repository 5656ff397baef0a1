"""A planned book, for a notebook and for a folder (信贷组合结果).

from datetime import date
from huoshui.services.book import plan_book

book = plan_book("ratings.parquet", churn="churn_by_rate.csv", budget_fen=10_000_000_000, on=date(2026, 1, 1))
book                        # its key figures
book.plan.to_pandas()       # a row a firm: amount, rate, expected profit, reason
book.write("plan/")         # plan.parquet, summary.json, plan.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import file_digest
from html import escape
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from huoshui import __version__
from huoshui.adapters.book.churn_file import read_churn
from huoshui.adapters.book.conditions_file import Condition, read_conditions
from huoshui.adapters.book.plan_page import render_plan
from huoshui.adapters.book.plan_table import plan_table
from huoshui.adapters.result_folder import open_result_folder
from huoshui.errors import BadChoice
from huoshui.money import format_yuan, parse_rate
from huoshui.policy.region import NATION
from huoshui.rules.book import LoanCosts
from huoshui.rules.churn import ChurnTable
from huoshui.services.book.planning import Progress, plan_ratings
from huoshui.services.book.request import BookRequest
from huoshui.services.book.summary import FORMAT, summarize
from huoshui.terms import BookObjective, BudgetReading

MANIFEST: Final = "manifest.json"
PAGES: Final[dict[Literal["zh", "en"], str]] = {"zh": "plan.html", "en": "plan.en.html"}
Rate = Decimal | str
_Word = TypeVar("_Word", BookObjective, BudgetReading)


@dataclass(frozen=True, slots=True)
class Book:
    """A planned book (信贷组合): `summary` is what summary.json holds, `plan` a row a firm, in the order of firm ids."""

    summary: Mapping[str, Any]
    plan: pa.Table

    @property
    def funded(self) -> pa.Table:
        """The rows of firms that get an offer (获安排主体)."""
        return self.plan.filter(pc.greater(self.plan["amount_fen"], 0))

    def page(self, language: Literal["zh", "en"] = "zh") -> str:
        """The report as HTML (组合报告)."""
        return render_plan(self.summary, language=language)

    def write(self, out: str | Path) -> Path:
        """Write plan.parquet, summary.json and the report to a folder, all or nothing (写出结果); raises OutputError."""
        with open_result_folder(Path(out), marker=MANIFEST) as folder:
            result = folder.unfinished / "result"
            result.mkdir()
            pq.write_table(self.plan, result / "plan.parquet", compression="zstd")
            (result / "summary.json").write_bytes(msgspec.json.format(msgspec.json.encode(self.summary), indent=1) + b"\n")
            for language, name in PAGES.items():
                (result / name).write_text(self.page(language), encoding="utf-8")
            manifest = {"format": FORMAT, "huoshui": __version__, "inputs": self.summary["inputs"]}
            (result / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
            folder.put(result)
        return Path(out)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in _key_figures(self.summary)
        )
        return f"<table>{rows}</table>"

    def __str__(self) -> str:
        return "\n".join(f"{name}: {value}" for name, value in _key_figures(self.summary))


def plan_book(
    ratings: Any,
    *,
    churn: str | Path | ChurnTable,
    budget_fen: int,
    on: date,
    limit_fen: tuple[int, int] = (10_000_000, 100_000_000),
    rates: tuple[Rate, Rate] = ("0.04", "0.15"),
    objective: BookObjective | str = BookObjective.PROFIT,
    budget_reading: BudgetReading | str = BudgetReading.OFFERED,
    lgd: Rate = "1",
    funds_rate: Rate = "0",
    cost_rate: Rate = "0",
    cost_per_loan_fen: int = 0,
    step_fen: int = 10_000,
    first_time_share: Rate = "0.2",
    grades: Mapping[str, str] | None = None,
    pd_column: str = "pd",
    is_indicative: bool = False,
    conditions: str | Path | tuple[Condition, ...] = (),
    region: str = NATION,
) -> Book:
    """Plan a book from ratings (测算信贷组合): a Parquet file, an Arrow table or a data frame.

    Amounts are fen, rates are fractions a year. `conditions` are side conditions, as a YAML file or ready-made. Raises
    InputError, PolicyError or MissingExtra.
    """
    (low_fen, high_fen), (low, high) = limit_fen, rates
    request = BookRequest(
        budget_fen, low_fen, high_fen, parse_rate(low, field="rate"), parse_rate(high, field="rate"), on, region=region,
        objective=_chosen(objective, BookObjective, "objective"),
        reading=_chosen(budget_reading, BudgetReading, "budget-reading"),
        costs=LoanCosts(parse_rate(lgd), parse_rate(funds_rate), parse_rate(cost_rate), cost_per_loan_fen),
        step_fen=step_fen, first_time_share=parse_rate(first_time_share), grades=dict(grades or {}), pd_column=pd_column,
        is_indicative=is_indicative,
        conditions=conditions if isinstance(conditions, tuple) else read_conditions(Path(conditions)),
    )  # fmt: skip
    return plan_request(ratings, churn=churn, request=request)


def plan_request(
    ratings: Any, *, churn: str | Path | ChurnTable, request: BookRequest, progress: Progress = lambda _: None
) -> Book:
    """Plan a book for a request (按参数测算); raises as `plan_book` does."""
    table = churn if isinstance(churn, ChurnTable) else read_churn(Path(churn))
    planned = plan_ratings(ratings, churn=table, request=request, progress=progress)
    summary = summarize(planned, churn=table, progress=progress)
    summary["inputs"] = {x: _input(y) for x, y in (("ratings", ratings), ("churn", churn))}
    return Book(summary, plan_table(planned.ratings, planned.plan, prices=planned.prices))


def _chosen(word: str, words: type[_Word], field: str) -> _Word:
    try:
        return words(word)
    except ValueError:
        raise BadChoice(f"{field} must be one of {', '.join(words)}; got {word!r}", field=field) from None


def _input(source: Any) -> dict[str, Any] | None:
    if not isinstance(source, (str, Path)):
        return None
    with Path(source).open("rb") as stream:
        return {"file": Path(source).name, "sha256": file_digest(stream, "sha256").hexdigest()}


def _key_figures(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    objective, reading = BookObjective(summary["objective"]), BudgetReading(summary["budget_reading"])
    return [
        *([("数据 data", "合成数据 synthetic data")] if summary["synthetic"] else []),
        *[("注意 mind", x) for x in summary["ratings"]["notices"] if "合成数据" not in x],
        ("目标 objective", f"{objective.zh} {objective.en}"),
        ("预算 budget", f"{format_yuan(summary['budget_fen'])} ({reading.zh} {reading.en})"),
        ("获安排 funded", f"{summary['firms_funded']:,} / {summary['firms']:,}"),
        ("安排金额 offered", format_yuan(summary["offered_fen"])),
        ("预期利润 expected profit", format_yuan(summary["expected_profit_fen"])),
        ("利润上界 bound", f"{format_yuan(summary['bound_fen'])}, gap {summary['gap']:.4%}"),
        ("预算影子价格 shadow price", f"{summary['shadow_price']:.4%}"),
    ]
