"""From firms to a points table (训练): choose a recipe inside the firms, fit, calibrate, round."""

from dataclasses import dataclass

from huoshui.adapters.learning.calibration import Calibration, calibrate
from huoshui.adapters.learning.choosing import Choice, choose
from huoshui.adapters.learning.fitting import fit
from huoshui.adapters.learning.sample import Sample
from huoshui.adapters.learning.segments import calibrate_segments
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
    factors = sample.only([x.name for x in sample.columns if x.name != settings.segment])
    choice = choose(factors, directions=settings.directions, seed=settings.seed)
    fitted = fit(factors, recipe=choice.recipe, directions=settings.directions)
    score = fitted.score(factors)
    calibration = calibrate(
        choice.held_out.score,
        outcome=choice.held_out.outcome,
        era=choice.held_out.era,
        fitted=score,
        fitted_outcome=sample.outcome,
        fitted_era=sample.era,
        prior=settings.prior,
    )
    segments = None
    if settings.segment:
        column = sample.only([settings.segment]).columns[0]
        segments = calibrate_segments(column, score=calibration.slope * score, outcome=sample.outcome)
    table = make_table(fitted, calibration=calibration, sample=factors, settings=settings, segments=segments)
    return Learned(table, choice, calibration)
