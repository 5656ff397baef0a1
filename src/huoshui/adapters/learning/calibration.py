"""From scores to probabilities (校准): slope on held-out rows, the level of the latest eras, the prior, and the interval."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from huoshui.adapters.learning.additive import probability
from huoshui.adapters.learning.choosing import level_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
LEAST_OF_EACH: Final = 50
HORIZON: Final = 3
LATEST_ERAS: Final = 12
Z90: Final = 1.6448536269514722
_SLOPES: Final = (0.2, 1.5)
_SLOPE_PRIOR: Final = 10.0  # as sure that the slope is one as some two dozen defaults make


@dataclass(frozen=True, slots=True)
class Calibration:
    """How scores become log-odds of default (校准参数): slope x score + level.

    `shift` is what the prior added to the level. The interval of a probability has three parts: two variances of log-odds,
    of slope and level (`covariance`, by how few defaults there were) and of the level from era to era (`level_variance`),
    and the chance in the share of defaults among `tenth` firms, a tenth of those it was calibrated on.
    """

    slope: float
    level: float
    shift: float
    covariance: tuple[float, float, float]
    center: float
    level_variance: float
    tenth: float

    def log_odds(self, score: Floats) -> Floats:
        """The log-odds of default of scores."""
        found: Floats = self.slope * score + self.level
        return found

    def interval(self, log_odds: Floats) -> tuple[Floats, Floats]:
        """The range, 90 times of 100, of the share of defaults among a tenth of the firms with these log-odds (90%区间)."""
        pd = probability(log_odds)
        score = (log_odds - self.level) / self.slope - self.center
        a, b, c = self.covariance
        of_fit = a + 2 * b * score + c * score * score
        spread = Z90 * np.sqrt(of_fit + self.level_variance)
        low, high = probability(log_odds - spread), probability(log_odds + spread)
        of_share = Z90 * Z90 * pd * (1 - pd) / self.tenth
        return np.maximum(pd - np.sqrt((pd - low) ** 2 + of_share), 0.0), np.minimum(
            pd + np.sqrt((high - pd) ** 2 + of_share), 1.0
        )


def calibrate(
    held_out: Floats,
    *,
    outcome: Floats,
    era: Ints,
    fitted: Floats,
    fitted_outcome: Floats,
    fitted_era: Ints,
    prior: float | None,
) -> Calibration:
    """Calibrate scores (校准).

    `held_out` are scores of rows that were not learnt from, each within its own fold and era; `fitted` are those of the model
    on all rows. `prior` is the share of defaults in the population that a case-control sample was drawn from.
    """
    slope, covariance, center = _slope(held_out, outcome=outcome, era=era)
    scaled = slope * fitted
    latest = latest_rows(fitted_era, outcome=fitted_outcome)
    level = level_of(scaled[latest], outcome=fitted_outcome[latest])
    mean = float(fitted_outcome.mean())
    shift = 0.0 if prior is None else round(_logit(prior) - _logit(mean), 9)
    variance = _level_variance(scaled, outcome=fitted_outcome, era=fitted_era)
    return Calibration(slope, round(level + shift, 9), shift, covariance, center, variance, len(held_out) / 10)


def latest_rows(era: Ints, *, outcome: Floats) -> npt.NDArray[np.bool_]:
    """The rows of the latest eras that hold enough of both outcomes to set a level (最近期样本)."""
    for first in range(int(era.max()), -1, -1):
        rows = era >= first
        bad = float(outcome[rows].sum())
        if min(bad, rows.sum() - bad) >= LEAST_OF_EACH:
            return rows
    return np.ones(len(era), bool)


def _slope(score: Floats, *, outcome: Floats, era: Ints) -> tuple[float, tuple[float, float, float], float]:
    """Slope of a logistic regression with a level by era, the covariance of level and slope, and the center of the scores."""
    slope, levels = 1.0, np.zeros(int(era.max()) + 1)
    count = len(levels)
    center = round(float(score.mean()), 9)
    shifted = score - center
    for _ in range(30):
        expected = probability(slope * shifted + levels[era])
        pull, mass = outcome - expected, expected * (1 - expected)
        by_era = np.bincount(era, mass, count) + 1e-3
        crossed = np.bincount(era, mass * shifted, count)
        steep = float((mass * shifted * shifted).sum()) - float((crossed * crossed / by_era).sum()) + _SLOPE_PRIOR
        pulled = np.bincount(era, pull, count) - 1e-3 * levels
        move = (float((pull * shifted).sum()) - float((crossed * pulled / by_era).sum()) - _SLOPE_PRIOR * (slope - 1)) / steep
        slope = float(np.clip(slope + np.clip(move, -0.5, 0.5), *_SLOPES))
        levels = np.clip(levels + (pulled - crossed * move) / by_era, -20, 20)
        if abs(move) < 1e-8:
            break
    mass = probability(slope * shifted + levels[era])
    mass = mass * (1 - mass)
    matrix = np.array(
        [[mass.sum(), (mass * shifted).sum()], [(mass * shifted).sum(), (mass * shifted * shifted).sum() + _SLOPE_PRIOR]]
    )
    inverse = np.linalg.inv(matrix)
    return round(slope, 6), (float(inverse[0, 0]), float(inverse[0, 1]), float(inverse[1, 1])), center


def _level_variance(score: Floats, *, outcome: Floats, era: Ints) -> float:
    """The mean squared move of the level over one to three eras (水平波动), among the latest eras with enough rows."""
    levels = {}
    for place in range(int(era.max()), -1, -1):
        rows = era == place
        bad = float(outcome[rows].sum())
        if min(bad, rows.sum() - bad) >= LEAST_OF_EACH / 2:
            levels[place] = level_of(score[rows], outcome=outcome[rows])
        if len(levels) == LATEST_ERAS:
            break
    moves = [(levels[a] - levels[b]) ** 2 for a in levels for b in levels if 0 < a - b <= HORIZON]
    return round(float(np.mean(moves)), 9) if moves else 0.0


def _logit(share: float) -> float:
    return float(np.log(share / (1 - share)))
