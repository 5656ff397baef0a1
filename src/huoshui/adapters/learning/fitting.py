"""From firms to effects (拟合流程): fine cells, a joint fit, like cells merged, pairs found in what is left, a last fit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

import numpy as np
import numpy.typing as npt

from huoshui.adapters.learning.additive import Term, fit_terms, log_odds, probability, ridge_penalty, smooth_penalty
from huoshui.adapters.learning.binning import find_cuts, merge_cells, number_codes, spread_evenly
from huoshui.adapters.learning.sample import Column, Sample, every_nth
from huoshui.rules.points_table import Kind

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
ERA_RIDGE: Final = 0.1
PAIR_ROWS: Final = 120_000
PAIR_FIELDS: Final = 16
RARE: Final = 20
ROUNDS: Final = 12
ROUGH_ROUNDS: Final = 4
RARE_SHARE: Final = 0.002


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a fit may choose (超参数).

    `smooth` and `ridge` are as strong as so many firms; `half_life` counts eras, None weighs all alike; `least_gain` is what a
    cell of its own must be worth, in units of log-likelihood; `most_fields` keeps so many, those whose trend tells most.
    """

    cells: int = 12
    smooth: float = 20.0
    ridge: float = 5.0
    half_life: float | None = None
    pairs: int = 0
    pair_ridge: float = 20.0
    pair_groups: int = 6
    most_cells: int = 8
    least_gain: float = 0.25
    most_fields: int | None = None


@dataclass(frozen=True, slots=True)
class Main:
    """The effects of one field on the log-odds of default (主效应), by cell as in the points table; `mass` are its firms."""

    name: str
    kind: Kind
    effects: Floats
    mass: Floats
    cuts: tuple[Decimal, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    direction: int = 0

    @property
    def ordered(self) -> int:
        """How many cells hold values; then come other (categories) and missing."""
        return len(self.cuts) + 1 if self.kind is Kind.NUMBER else len(self.groups)

    def codes(self, column: Column) -> Ints:
        """The cell of every row (分箱)."""
        if self.kind is Kind.NUMBER:
            return number_codes(column.values, cuts=self.cuts)
        of = {value: i for i, group in enumerate(self.groups) for value in group}
        places = np.array([*(of.get(x, len(self.groups)) for x in column.levels), len(self.groups) + 1], np.intp)
        return places[column.values.astype(np.intp)]


@dataclass(frozen=True, slots=True)
class PairEffect:
    """The effects of two fields together (组合效应); groups by the cells of the two fields."""

    first: int
    second: int
    first_groups: Ints
    second_groups: Ints
    effects: Floats


@dataclass(frozen=True, slots=True)
class Fitted:
    """Effects of fields and pairs (拟合结果); the level is not in them."""

    mains: tuple[Main, ...]
    pairs: tuple[PairEffect, ...] = ()

    def cells(self, sample: Sample) -> list[Ints]:
        """The cells of all rows by field."""
        known = {x.name: x for x in sample.columns}
        return [main.codes(known[main.name]) for main in self.mains]

    def score(self, sample: Sample) -> Floats:
        """The log-odds of default of every row without the level."""
        cells = self.cells(sample)
        total = np.zeros(len(sample))
        for main, codes in zip(self.mains, cells, strict=True):
            total += main.effects[codes]
        for pair in self.pairs:
            total += pair.effects[pair.first_groups[cells[pair.first]], pair.second_groups[cells[pair.second]]]
        return total


def fit(sample: Sample, *, recipe: Recipe, directions: Mapping[str, int]) -> Fitted:
    """Fit effects on firms (拟合). `directions` are those of the points table: 1 where higher values are safer."""
    part = every_nth(sample, most=PAIR_ROWS)
    mains = tuple(_fine_cells(x, recipe=recipe, direction=directions.get(x.name, 0)) for x in part.columns)
    if recipe.most_fields is not None and len(mains) > recipe.most_fields:
        mains = _strongest(part, mains, most=recipe.most_fields)
    fine = _refit(part, Fitted(mains), recipe=recipe, rounds=ROUGH_ROUNDS)
    fitted = Fitted(tuple(_merged(x, recipe=recipe) for x in fine.mains))
    fitted = _refit(part, fitted, recipe=recipe, rounds=ROUNDS)
    if recipe.pairs:
        fitted = _add_pairs(part, fitted, recipe=recipe)
    if part is sample and not recipe.pairs:
        return fitted
    return _refit(sample, fitted, recipe=recipe, rounds=ROUNDS if part is sample else ROUGH_ROUNDS)


def _strongest(sample: Sample, mains: Sequence[Main], *, most: int) -> tuple[Main, ...]:
    """The fields whose trend over the cells tells most of the outcome by itself, in their order.

    One that runs against its direction tells nothing.
    """
    mean = np.bincount(sample.era, sample.outcome) / np.maximum(np.bincount(sample.era), 1)
    pull, share = sample.outcome - mean[sample.era], mean[sample.era] * (1 - mean[sample.era])
    gains = []
    for main, codes in zip(mains, Fitted(tuple(mains)).cells(sample), strict=True):
        pulled, mass = np.bincount(codes, pull, len(main.effects)), np.bincount(codes, share, len(main.effects)) + 1e-9
        if main.kind is Kind.CATEGORY:
            gains.append(float((pulled * pulled / (mass + 1)).sum()) - main.ordered)
            continue
        pulled, mass, rank = pulled[: main.ordered], mass[: main.ordered], np.arange(main.ordered)
        trend = float((pulled * (rank - (rank * mass).sum() / mass.sum())).sum())
        spread = float((mass * rank * rank).sum() - (mass * rank).sum() ** 2 / mass.sum())
        gains.append(-1.0 if trend * main.direction > 0 else trend * trend / max(spread, 1e-9))
    chosen = sorted(sorted(range(len(mains)), key=lambda i: (-round(gains[i], 6), i))[:most])
    return tuple(mains[i] for i in chosen)


def recency(sample: Sample, *, half_life: float | None) -> Floats:
    """The weight of every row (时间衰减权重): half for every half-life of eras before the last that it has firms of."""
    if half_life is None:
        return np.ones(len(sample))
    ages = int(sample.era.max()) - np.arange(len(sample.eras))
    weights: Floats = (0.5 ** (np.maximum(ages, 0) / half_life))[sample.era]
    return weights


def _fine_cells(column: Column, *, recipe: Recipe, direction: int) -> Main:
    if column.kind is Kind.NUMBER:
        cuts = find_cuts(column.values, cells=recipe.cells)
        empty = np.zeros(len(cuts) + 2)
        return Main(column.name, column.kind, empty, empty, cuts=cuts, direction=direction)
    counts = np.bincount(column.values.astype(np.intp) + 1, minlength=len(column.levels) + 1)[1:]
    enough = max(min(RARE, RARE_SHARE * len(column.values)), 1)
    groups = tuple((level,) for level, count in zip(column.levels, counts, strict=True) if count >= enough)
    empty = np.zeros(len(groups) + 2)
    return Main(column.name, column.kind, empty, empty, groups=groups)


def _main_term(main: Main, codes: Ints, *, recipe: Recipe) -> Term:
    size = len(main.effects)
    if main.kind is Kind.CATEGORY:
        return Term(codes, size, ridge_penalty(size, ridge=recipe.ridge))
    penalty = smooth_penalty(main.ordered, size=size, smooth=recipe.smooth, ridge=recipe.ridge)
    return Term(codes, size, penalty, ordered=main.ordered, direction=-main.direction)


def _era_term(sample: Sample) -> Term:
    return Term(sample.era, len(sample.eras), ridge_penalty(len(sample.eras), ridge=ERA_RIDGE))


def _pair_term(pair: PairEffect, cells: Sequence[Ints], *, recipe: Recipe) -> Term:
    width = pair.effects.shape[1]
    codes = pair.first_groups[cells[pair.first]] * width + pair.second_groups[cells[pair.second]]
    return Term(codes, pair.effects.size, ridge_penalty(pair.effects.size, ridge=recipe.pair_ridge))


def _terms(sample: Sample, fitted: Fitted, *, recipe: Recipe) -> tuple[list[Term], list[Floats]]:
    cells = fitted.cells(sample)
    mains = [_main_term(x, codes, recipe=recipe) for x, codes in zip(fitted.mains, cells, strict=True)]
    pairs = [_pair_term(x, cells, recipe=recipe) for x in fitted.pairs]
    start = [*(x.effects for x in fitted.mains), *(x.effects.ravel() for x in fitted.pairs), np.zeros(len(sample.eras))]
    return [*mains, *pairs, _era_term(sample)], start


def _refit(sample: Sample, fitted: Fitted, *, recipe: Recipe, rounds: int) -> Fitted:
    """Fit all effects anew, each field and pair centered on its firms: what no firm shows is neutral."""
    weight = recency(sample, half_life=recipe.half_life)
    terms, start = _terms(sample, fitted, recipe=recipe)
    effects = fit_terms(terms, outcome=sample.outcome, weight=weight, start=start, rounds=rounds)
    mains, pairs = [], []
    for main, term, effect in zip(fitted.mains, terms, effects, strict=False):
        mass = np.bincount(term.codes, weight, term.size).astype(np.float64)
        mains.append(replace(main, effects=_centered(effect, mass), mass=mass))
    for pair, term, effect in zip(fitted.pairs, terms[len(mains) :], effects[len(mains) :], strict=False):
        mass = np.bincount(term.codes, weight, term.size).astype(np.float64)
        pairs.append(replace(pair, effects=_centered(effect, mass).reshape(pair.effects.shape)))
    return Fitted(tuple(mains), tuple(pairs))


def _centered(effects: Floats, mass: Floats) -> Floats:
    mean = float((effects * mass).sum() / max(float(mass.sum()), 1e-9))
    return np.where(mass > 0, effects - mean, 0.0)


def _merged(main: Main, *, recipe: Recipe) -> Main:
    """The field with like cells made one; categories are put in the order of their effects, risky last."""
    values = main.effects[: main.ordered]
    mass = main.mass[: main.ordered]
    gain = recipe.least_gain * 5  # a firm's share of curvature, p (1 - p), is about a fifth
    if main.kind is Kind.NUMBER:
        group = merge_cells(values, mass=mass, most=recipe.most_cells, least_gain=gain)
        cuts = tuple(main.cuts[i] for i in np.flatnonzero(np.diff(group)))
        empty = np.zeros(len(cuts) + 2)
        return replace(main, cuts=cuts, effects=empty, mass=empty)
    order = np.argsort(np.round(values, 9), kind="stable")
    group = merge_cells(values[order], mass=mass[order], most=recipe.most_cells, least_gain=gain)
    groups = tuple(
        tuple(sorted(main.groups[i][0] for i in order[group == g])) for g in range(int(group.max()) + 1 if len(group) else 0)
    )
    empty = np.zeros(len(groups) + 2)
    return replace(main, groups=groups, effects=empty, mass=empty)


def _add_pairs(sample: Sample, fitted: Fitted, *, recipe: Recipe) -> Fitted:
    """Add the pair that explains most of what is left, fit, and again; one-directional fields stay out of pairs."""
    weight = recency(sample, half_life=recipe.half_life)
    free = _telling(fitted.mains, most=PAIR_FIELDS)
    groups = {i: _coarse(fitted.mains[i], most=recipe.pair_groups) for i in free}
    cells = fitted.cells(sample)
    rows = {i: groups[i][cells[i]] for i in free}
    while len(fitted.pairs) < recipe.pairs:
        taken = {(x.first, x.second) for x in fitted.pairs}
        terms, effects = _terms(sample, fitted, recipe=recipe)
        effects[-1] = _levels(sample, log_odds(terms[:-1], effects=effects[:-1]), weight=weight)
        expected = probability(log_odds(terms, effects=effects))
        pull, mass = weight * (sample.outcome - expected), weight * expected * (1 - expected)
        best, found = 0.0, None
        for i, j in ((i, j) for i in free for j in free if i < j and (i, j) not in taken):
            shape = int(groups[i].max()) + 1, int(groups[j].max()) + 1
            codes = rows[i] * shape[1] + rows[j]
            pulled = np.bincount(codes, pull, shape[0] * shape[1])
            gain = round(float((pulled**2 / (np.bincount(codes, mass, shape[0] * shape[1]) + recipe.pair_ridge)).sum()), 6)
            if gain > best:
                best, found = gain, PairEffect(i, j, groups[i], groups[j], np.zeros(shape))
        if found is None:
            break
        fitted = _refit(sample, replace(fitted, pairs=(*fitted.pairs, found)), recipe=recipe, rounds=4)
    return fitted


def _telling(mains: Sequence[Main], *, most: int) -> list[int]:
    """The fields whose effects spread the firms most, of those without a direction."""
    free = [i for i, x in enumerate(mains) if not x.direction and len(x.effects) > 2]
    spread = {i: round(float((mains[i].mass * mains[i].effects ** 2).sum()), 6) for i in free}
    return sorted(sorted(free, key=lambda i: (-spread[i], i))[:most])


def _coarse(main: Main, *, most: int) -> Ints:
    """The group of each cell in a pair: value cells in few groups of like weight, then one group for all the rest."""
    values = spread_evenly(main.mass[: main.ordered], most=most)
    rest = len(main.effects) - main.ordered
    return np.concatenate([values, np.full(rest, int(values.max()) + 1 if len(values) else 0, np.intp)])


def _levels(sample: Sample, score: Floats, *, weight: Floats) -> Floats:
    """The level of every era for fixed scores."""
    levels = np.zeros(len(sample.eras))
    for _ in range(25):
        expected = probability(score + levels[sample.era])
        pull = np.bincount(sample.era, weight * (sample.outcome - expected), len(levels)) - ERA_RIDGE * levels
        levels += pull / (np.bincount(sample.era, weight * expected * (1 - expected), len(levels)) + ERA_RIDGE)
    return levels
