"""From firms to a points table (训练): choose a recipe inside the firms, fit, calibrate, round."""

from dataclasses import dataclass

from huoshui.adapters.learning.calibration import Calibration, calibrate
from huoshui.adapters.learning.choosing import Choice, choose
from huoshui.adapters.learning.fitting import fit
from huoshui.adapters.learning.sample import Sample
from huoshui.adapters.learning.settings import Settings
from huoshui.adapters.learning.tables import make_table
from huoshui.rules.points_table import PointsTable


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
    table = make_table(fitted, calibration=calibration, sample=sample, settings=settings)
    return Learned(table, choice, calibration)
