"""The report of a book as one page (组合报告): Chinese, with an English twin; it loads nothing and runs nothing."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal

import jinja2

from huoshui.adapters.book import charts
from huoshui.money import FEN_PER_YUAN
from huoshui.rules.book import BookReason
from huoshui.terms import BookObjective, BudgetReading

Language = Literal["zh", "en"]
_WORDS: Final[dict[str, dict[str, str]]] = {
    x.value: {"zh": x.zh, "en": x.en} for x in (*BookReason, *BookObjective, *BudgetReading)
}
_BOUNDS: Final = {
    "rate_high": ("最高利率", "highest rate"),
    "legal_ceiling": ("法律支持的利率上限", "rate ceiling of the law"),
    "rate_low": ("最低利率", "lowest rate"),
    "limit_low": ("单户最低金额", "least amount of a loan"),
    "limit_high": ("单户最高金额", "most of a loan"),
    "churn": ("客户流失（若无人流失）", "churn (if nobody left at any rate)"),
}
_MEASURES: Final = {
    "firms": ("户数", "loans"),
    "amount": ("金额", "amount"),
    "share": ("占比", "share of the money"),
    "expected_loss": ("预期损失率", "expected loss of what is drawn"),
}
_MANY_FEN: Final = 10_000_000 * FEN_PER_YUAN


def render_plan(summary: Mapping[str, Any], *, language: Language) -> str:
    """The page of a book's summary (组合报告) in one language; `summary` is what summary.json holds."""
    page = _Page(summary, language)
    return _template(language).render(s=summary, page=page, t=page.choose, language=language, charts=charts)


@lru_cache
def _template(language: Language) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"n": "{:,}".format, "percent": charts.percent, "yuan": _yuan}
    environment.filters["words"] = lambda code: _WORDS.get(code, {}).get(language, code)
    return environment.get_template("plan.html.j2")


def _yuan(fen: float) -> str:
    """Fen as yuan without fen, for reading only."""
    whole = int(abs(fen) + FEN_PER_YUAN / 2) // FEN_PER_YUAN
    return f"{'−' if fen < 0 and whole else ''}{whole:,}"


class _Page:
    """What the template needs beside the summary itself."""

    def __init__(self, summary: Mapping[str, Any], language: Language) -> None:
        self._summary, self._language = summary, language
        self.acceptance = charts.acceptance_chart(summary["acceptance"])
        self.frontier = charts.frontier_chart(
            summary["frontier"], firms=summary["firms_funded"], profit_fen=summary["expected_profit_fen"]
        )

    def choose(self, zh: str, en: str) -> str:
        return zh if self._language == "zh" else en

    def day(self, day: str) -> str:
        found = date.fromisoformat(day)
        return self.choose(f"{found.year}年{found.month}月{found.day}日", found.isoformat())

    def money(self, fen: float) -> str:
        """An amount for an axis: in ten thousand yuan in Chinese, in thousand or million in English."""
        yuan = fen / FEN_PER_YUAN
        if self._language == "zh":
            return f"{yuan / 10_000:,.0f}万" if abs(fen) < _MANY_FEN * 10 else f"{yuan / 1e8:,.2f}亿"
        return f"{yuan / 1_000:,.0f}k" if abs(fen) < _MANY_FEN else f"{yuan / 1e6:,.1f}m"

    def bound(self, name: str) -> str:
        return self.choose(*_BOUNDS[name])

    def measure(self, name: str) -> str:
        return self.choose(*_MEASURES[name])

    def stand(self, name: str, at: str) -> str:
        """Where a bound stands: a rate or an amount."""
        if not at:
            return "–"
        return charts.percent(at) if name in ("rate_high", "rate_low", "legal_ceiling") else _yuan(int(at))

    def limit(self, measure: str, limit: str) -> str:
        value = Decimal(limit)
        if measure == "firms":
            return str(value)
        return _yuan(int(value)) if measure == "amount" else charts.percent(limit)

    def width(self, part: int, whole: int) -> int:
        """A bar's length in thousandths; something is never invisible."""
        return max(3, round(1000 * part / whole)) if part > 0 and whole else 0

    @property
    def grades(self) -> list[tuple[str, Mapping[str, Any]]]:
        return list(self._summary["by_grade"].items())

    @property
    def most_offered(self) -> int:
        """The longest bar by grade."""
        return max((max(x["offered_fen"], x["expected_drawn_fen"]) for _, x in self.grades), default=0)

    @property
    def waiting(self) -> list[tuple[str, int]]:
        return [(code, n) for code, n in self._summary["by_reason"].items() if code.startswith("W")]

    @property
    def funded(self) -> list[tuple[str, int]]:
        return [(code, n) for code, n in self._summary["by_reason"].items() if code.startswith("F")]

    @property
    def moved(self) -> str | None:
        """The most that smoothing changed a share."""
        found = [Decimal(x["most_moved"]) for x in self._summary["acceptance"].values()]
        return str(max(found)) if max(found) else None
