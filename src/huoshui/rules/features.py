"""What a feature is (特征定义): a formula over facts, as data, and the reader for one firm.

Facts are whole numbers that registers add up to (see features_invoices and features_registers); a fact that a register does not
tell is None, which is never 0. A feature is a fact, a share of one in another, or growth from one to another, so that the
reader for a whole register can be written from the same data. Every value is a whole number or None.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from huoshui.rules.features_invoices import BASIS_POINTS, Facts, ratio
from huoshui.terms import RegisterKind, Term


class FeatureUnit(Term):
    """What the whole numbers of a feature count (特征单位)."""

    FEN = "fen", "分", "fen"
    COUNT = "count", "个", "count"
    DAYS = "days", "天", "days"
    MONTHS = "months", "个月", "months"
    BASIS_POINTS = "bp", "万分之一", "basis points (1/10,000)"
    PARTS_PER_MILLION = "ppm", "百万分之一", "parts per million"
    GRADE = "grade", "等级序号", "place of a grade, 1 is the best"


class FeatureDirection(Term):
    """Which way a feature points (特征方向)."""

    SAFER = "safer", "越高越安全", "higher is safer"
    RISKIER = "riskier", "越高风险越大", "higher is riskier"
    NONE = "none", "无单一方向", "no single direction"


@dataclass(frozen=True, slots=True)
class Taken:
    """A fact as it is (直接取值)."""

    fact: str


@dataclass(frozen=True, slots=True)
class Share:
    """A fact as basis points of another (占比), None where that is below `least`; rounded half away from zero."""

    part: str
    whole: str
    least: int = 1
    minus: ClassVar[int] = 0


@dataclass(frozen=True, slots=True)
class Growth:
    """How much a fact is above another, in basis points of that (增长率), None where that is below `least`."""

    part: str
    whole: str
    least: int = 1
    minus: ClassVar[int] = BASIS_POINTS


Formula = Taken | Share | Growth


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature (特征). `months` is its window in full months before the decision day's month, None where it has none."""

    name: str
    zh: str
    en: str
    formula: Formula
    reads_zh: str
    reads_en: str
    unit: FeatureUnit
    months: int | None
    direction: FeatureDirection
    registers: tuple[RegisterKind, ...]


def evaluate(formula: Formula, facts: Mapping[str, int | None]) -> int | None:
    """A feature's value from the facts of one firm (求值); a fact that is not there is None."""
    if isinstance(formula, Taken):
        return facts.get(formula.fact)
    part, whole = facts.get(formula.part), facts.get(formula.whole)
    if part is None or whole is None or whole < formula.least:
        return None
    return ratio(part, whole) - formula.minus


def features_of(facts: Facts, *, catalog: tuple[Feature, ...]) -> dict[str, int | None]:
    """All features of one firm (单户特征), in the order of the catalog."""
    return {x.name: evaluate(x.formula, facts) for x in catalog}
