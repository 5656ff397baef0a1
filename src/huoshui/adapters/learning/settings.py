"""What a person decides about a training (训练设定): names, words, directions, grades, and what was signed for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from huoshui.rules.points_table import SignedLeak


@dataclass(frozen=True, slots=True)
class Words:
    """What people read of a field (字段文字)."""

    zh: str = ""
    en: str = ""
    unit: str = ""
    actionable: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person decides about a training (训练设定). `directions`: 1 where higher values are safer, -1 where riskier.

    `segment` is a category that is no factor, but whose level is calibrated apart; empty for none.
    """

    name: str
    version: str
    outcome: str
    grades: Mapping[str, Decimal]
    directions: Mapping[str, int] = field(default_factory=dict)
    words: Mapping[str, Words] = field(default_factory=dict)
    signed: tuple[SignedLeak, ...] = ()
    prior: float | None = None
    seed: int = 1
    segment: str = ""
