"""From firms to a points table (训练): choose a recipe inside the firms, fit, calibrate, round."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from huoshui.adapters.learning.calibration import Calibration, calibrate
from huoshui.adapters.learning.choosing import Choice, choose
from huoshui.adapters.learning.fitting import fit
from huoshui.adapters.learning.sample import Sample
from huoshui.adapters.learning.tables import Words, make_table
from huoshui.rules.points_table import PointsTable, SignedLeak


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person decides about a training (训练设定). `directions`: 1 where higher values are safer, -1 where riskier."""

    name: str
    version: str
    outcome: str
    grades: Mapping[str, Decimal]
    directions: Mapping[str, int] = field(default_factory=dict)
    words: Mapping[str, Words] = field(default_factory=dict)
    signed: tuple[SignedLeak, ...] = ()
    prior: float | None = None
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Learned:
    """A points table and how it came about (训练结果)."""

    table: PointsTable
    choice: Choice
    calibration: Calibration


def learn(sample: Sample, *, settings: Settings) -> Learned:
    """Learn a points table (训练评分表). The same firms in the same order give the same table."""
    choice = choose(sample, directions=settings.directions, seed=settings.seed)
    fitted = fit(sample, recipe=choice.recipe, directions=settings.directions)
    calibration = calibrate(
        choice.held_out.score,
        outcome=choice.held_out.outcome,
        era=choice.held_out.era,
        fitted=fitted.score(sample),
        fitted_outcome=sample.outcome,
        fitted_era=sample.era,
        prior=settings.prior,
    )
    table = make_table(
        fitted,
        calibration=calibration,
        sample=sample,
        words=settings.words,
        grades=settings.grades,
        name=settings.name,
        version=settings.version,
        outcome=settings.outcome,
        signed=settings.signed,
    )
    return Learned(table, choice, calibration)
