"""The choice of a recipe inside the training (超参数选择): one knob after the other, on later eras or on shuffled folds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from huoshui.adapters.learning.additive import probability
from huoshui.adapters.learning.fitting import Recipe, fit
from huoshui.adapters.learning.folds import Fold, shuffled_folds, time_folds
from huoshui.adapters.learning.sample import Sample, every_nth

Floats = npt.NDArray[np.float64]
SMALL: Final = 3_000
SMALL_FIELDS: Final = 30
FEW_FIELDS: Final = 8
CHOICE_ROWS: Final = 30_000
LEAST_LEAD: Final = 0.0015


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Rows that were not learnt from (留出样本): scores without level, outcomes, eras."""

    score: Floats
    outcome: Floats
    era: npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Tried:
    """A recipe and how well it did on the folds (试验记录): mean AUC on later eras, else minus the mean log-loss."""

    recipe: Recipe
    measure: float
    held_out: HeldOut


@dataclass(frozen=True, slots=True)
class Choice:
    """The recipe chosen (选择结果), all that was tried, and the folds: later eras or shuffled."""

    recipe: Recipe
    tried: tuple[Tried, ...]
    by_time: bool
    held_out: HeldOut


def choose(sample: Sample, *, directions: Mapping[str, int], seed: int = 1) -> Choice:
    """The recipe that does best on folds inside the sample (选择超参数); a lead that is noise changes nothing."""
    part = every_nth(sample, most=CHOICE_ROWS)
    folds, by_time = folds_inside(part, seed=seed)
    best = _try(part, folds, recipe=start_recipe(part, by_time=by_time), directions=directions, by_time=by_time)
    tried = [best]
    for settings in _knobs(part, by_time=by_time):
        for setting in settings:
            recipe = replace(best.recipe, **setting)
            if any(x.recipe == recipe for x in tried):
                continue
            found = _try(part, folds, recipe=recipe, directions=directions, by_time=by_time)
            tried.append(found)
            if found.measure > best.measure + LEAST_LEAD:
                best = found
    return Choice(best.recipe, tuple(tried), by_time, best.held_out)


def folds_inside(sample: Sample, *, seed: int) -> tuple[tuple[Fold, ...], bool]:
    """The folds for a choice (选择用分折): later eras if there are enough, else shuffled; of a large sample a quarter, once."""
    if folds := time_folds(sample):
        return folds, True
    if len(sample) > SMALL:
        return tuple(shuffled_folds(sample.outcome, folds=4, seed=seed))[:1], False
    return tuple(shuffled_folds(sample.outcome, folds=5, seed=seed)), False


def start_recipe(sample: Sample, *, by_time: bool) -> Recipe:
    """Where a choice begins (初始超参数): a small sample is smoothed as it is, and has no pairs."""
    if len(sample) <= SMALL:
        return Recipe(smooth=4.0, ridge=4.0, least_gain=0.05, most_fields=SMALL_FIELDS)
    if not by_time:
        return Recipe(pairs=8)
    return Recipe(cells=30, smooth=10.0, most_cells=12, half_life=3.0, pairs=8)


def _knobs(sample: Sample, *, by_time: bool) -> Iterator[Sequence[dict[str, Any]]]:
    if len(sample) <= SMALL:
        yield [{"smooth": x, "ridge": x} for x in (1.5, 10.0)]
        yield [{"most_fields": x} for x in (FEW_FIELDS,) if x < len(sample.columns)]
        return
    if not by_time:
        yield [{"pairs": 0}, {"cells": 30, "smooth": 10.0, "most_cells": 12}, {"smooth": 60.0}]
        return
    yield [{"half_life": x} for x in (1.5, 6.0, None)]
    yield [{"pairs": 0}, {"pair_groups": 8}, {"pair_ridge": 60.0}]
    yield [{"cells": 12, "smooth": 20.0, "most_cells": 8}, {"smooth": 30.0}]
    yield [{"ridge": x} for x in (2.0, 15.0)]


def _try(sample: Sample, folds: Sequence[Fold], *, recipe: Recipe, directions: Mapping[str, int], by_time: bool) -> Tried:
    found, scores = [], []
    for fold in folds:
        learn, look = sample.take(fold.learn), sample.take(fold.look)
        fitted = fit(learn, recipe=recipe, directions=directions)
        score = fitted.score(look)
        scores.append(score)
        if by_time:
            found.append(area(score, outcome=look.outcome))
        else:
            level = level_of(fitted.score(learn), outcome=learn.outcome)
            found.append(-log_loss(score + level, outcome=look.outcome))
    rows = np.concatenate([x.look for x in folds])
    held_out = HeldOut(np.concatenate(scores), sample.outcome[rows], sample.era[rows])
    return Tried(recipe, round(float(np.mean(found)), 6), held_out)


def level_of(score: Floats, *, outcome: Floats, weight: Floats | None = None) -> float:
    """The level at which the probabilities of these scores sum to the defaults (水平): log-odds to add."""
    mass = np.ones(len(score)) if weight is None else weight
    wanted, low, high = float((mass * outcome).sum()), -40.0, 40.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if float((mass * probability(score + middle)).sum()) < wanted else (low, middle)
    return round((low + high) / 2, 9)


def log_loss(score: Floats, *, outcome: Floats) -> float:
    """The mean log-loss of log-odds (对数损失)."""
    expected = np.clip(probability(score), 1e-9, 1 - 1e-9)
    return float(-np.where(outcome > 0, np.log(expected), np.log(1 - expected)).mean())


def area(score: Floats, *, outcome: Floats) -> float:
    """The chance that a default is scored above another firm (曲线下面积 AUC), ties counted half; NaN without both."""
    distinct, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    del distinct
    rank = np.cumsum(counts) - (counts - 1) / 2
    bad = float(outcome.sum())
    good = len(outcome) - bad
    if not bad or not good:
        return float("nan")
    return float((rank[place] * outcome).sum() - bad * (bad + 1) / 2) / (bad * good)
