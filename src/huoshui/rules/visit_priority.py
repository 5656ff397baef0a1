"""The order of a visit list (走访优先级): a sum of points, each from a band of one fact, explained firm by firm.

The weights are policy data (visit_priority.yaml). Integers only: expression.py in adapters/registers/screening reads the same
table for a whole register.
"""

from dataclasses import dataclass
from typing import Final

from huoshui.rules.screening import FirmFacts
from huoshui.terms import Tag

PERCENT: Final = 100
FACTORS: Final = ("sales_12m", "sales_recent", "credit_grade", "age", "employees", "recent_invoice")


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor (评分项). `points[0]` is for a fact not known or below the first threshold, `points[i]` for the i-th band.

    `thresholds` ascend in the fact's unit: fen, per cent, persons; for `age` they descend and are the latest day of
    establishment, for `recent_invoice` the first day of the window; `credit_grade` has none, its bands are A, B, M, C, D.
    """

    input: str
    zh: str
    thresholds: tuple[int, ...]
    points: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """A named range of the sum (优先级分档)."""

    at_least: int
    name: str


@dataclass(frozen=True, slots=True)
class PriorityRule:
    """All factors, the points of tags, and the names of the levels (优先级规则)."""

    factors: tuple[Factor, ...]
    tag_points: dict[Tag, int]
    levels: tuple[Level, ...] = ()


@dataclass(frozen=True, slots=True)
class Points:
    """What one factor gave (单项得分)."""

    input: str
    zh: str
    band: int
    points: int


def score_firm(facts: FirmFacts, *, rule: PriorityRule) -> tuple[Points, ...]:
    """The points of one firm, factor by factor, then tag by tag (逐项评分); the priority is their sum."""
    found = []
    for factor in rule.factors:
        band = _band(facts, factor)
        found.append(Points(factor.input, factor.zh, band, factor.points[band]))
    found.extend(
        Points(tag.value, tag.zh, 1, rule.tag_points[tag])
        for i, tag in enumerate(Tag)
        if facts.tags >> i & 1 and rule.tag_points.get(tag)
    )
    return tuple(found)


def level_of(total: int, *, rule: PriorityRule) -> str:
    """The name of the level that a sum reaches (分档名称); empty where no level is named."""
    return next((x.name for x in reversed(rule.levels) if total >= x.at_least), "")


def _band(facts: FirmFacts, factor: Factor) -> int:
    if factor.input == "credit_grade":
        return facts.grade
    if factor.input == "age":
        return sum(0 <= facts.established <= t for t in factor.thresholds)
    if factor.input == "sales_recent":
        return sum(facts.sales_12m > 0 and PERCENT * facts.sales_6m >= t * facts.sales_12m for t in factor.thresholds)
    fact = {
        "sales_12m": facts.sales_12m,
        "employees": facts.employees if facts.employees >= 0 else facts.tax_employees,
        "recent_invoice": facts.last_invoice,
    }[factor.input]
    return sum(fact >= t for t in factor.thresholds)
