"""The fit behind a points table (可加模型): a logistic regression on cells, penalised, one-directional where that is demanded.

Every sum over rows is one sequential `bincount`, so the result does not depend on threads. A term is a row of cells; the last
term of a fit is the level by era, which is never penalised much: a field is then judged inside its era, not across eras.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from huoshui.adapters.learning.one_thread import one_thread

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
_ENOUGH: Final = 1e-5
_FLAT: Final = 2_000_000
_LARGEST_STEP: Final = 4.0
_FARTHEST: Final = 30.0


@dataclass(frozen=True, slots=True)
class Term:
    """One field, pair or era as cells of rows (模型项).

    The first `ordered` cells lie in order. `direction` is that of the log-odds of default along them: 1 may not fall, -1 may
    not rise, 0 is free. `penalty` is the matrix of a quadratic form over the cells.
    """

    codes: Ints
    size: int
    penalty: Floats
    ordered: int = 0
    direction: int = 0


def smooth_penalty(ordered: int, *, size: int, smooth: float, ridge: float) -> Floats:
    """Neighbors stay near each other, all cells near nothing (平滑惩罚); cells after the ordered ones have the ridge alone."""
    penalty = np.zeros((size, size))
    for i in range(ordered - 1):
        penalty[i : i + 2, i : i + 2] += smooth * np.array([[1.0, -1.0], [-1.0, 1.0]])
    penalty[np.arange(ordered), np.arange(ordered)] += 0.01
    penalty[np.arange(ordered, size), np.arange(ordered, size)] += ridge
    return penalty


def ridge_penalty(size: int, *, ridge: float) -> Floats:
    """All cells stay near nothing (岭惩罚)."""
    return np.eye(size) * ridge


def fit_terms(
    terms: Sequence[Term],
    *,
    outcome: Floats,
    weight: Floats,
    start: Sequence[Floats] | None = None,
    rounds: int = 12,
) -> list[Floats]:
    """The effect of every cell of every term on the log-odds of default (拟合): Newton steps until nothing moves."""
    places = np.concatenate([[0], np.cumsum([x.size for x in terms])]).astype(np.intp)
    penalty = np.zeros((places[-1], places[-1]))
    for term, a, b in zip(terms, places, places[1:], strict=False):
        penalty[a:b, a:b] = term.penalty
    flat = _flat_places(terms, places)
    effects = np.zeros(places[-1]) if start is None else np.concatenate(list(start))
    with one_thread():
        effects = _newton(terms, places, effects, penalty, flat, outcome=outcome, weight=weight, rounds=rounds)
    return [effects[a:b] for a, b in pairwise(places)]


def _newton(
    terms: Sequence[Term],
    places: Ints,
    effects: Floats,
    penalty: Floats,
    flat: Ints | None,
    *,
    outcome: Floats,
    weight: Floats,
    rounds: int,
) -> Floats:
    for _ in range(rounds):
        expected = probability(log_odds(terms, effects=[effects[a:b] for a, b in pairwise(places)]))
        pull, mass = weight * (outcome - expected), weight * expected * (1 - expected)
        gradient = np.concatenate([np.bincount(x.codes, pull, x.size) for x in terms])
        curvature = _curvature(terms, places, mass) if flat is None else _flat_curvature(flat, mass, size=len(effects))
        aim = gradient + curvature @ effects
        step = _solve(terms, places, curvature + penalty, aim) - effects
        largest = float(np.abs(step).max())
        effects = effects + step * min(1.0, _LARGEST_STEP / max(largest, _ENOUGH))
        if largest < _ENOUGH:
            break
    return effects


def log_odds(terms: Sequence[Term], *, effects: Sequence[Floats]) -> Floats:
    """The sum of the effects of every row (对数几率)."""
    total = np.zeros(len(terms[0].codes))
    for term, effect in zip(terms, effects, strict=True):
        total += effect[term.codes]
    return total


def probability(log_odds_: Floats) -> Floats:
    """The probability of log-odds (概率)."""
    found: Floats = 1 / (1 + np.exp(-np.clip(log_odds_, -_FARTHEST, _FARTHEST)))
    return found


def _flat_places(terms: Sequence[Term], places: Ints) -> Ints | None:
    """Where each row adds to the matrix of curvature, for all pairs of terms at once; None where that would be too much."""
    rows, count = len(terms[0].codes), len(terms)
    if rows * count * (count + 1) // 2 > _FLAT:
        return None
    at = np.stack([x.codes + a for x, a in zip(terms, places, strict=False)])
    one, other = np.triu_indices(count)
    flat: Ints = (at[one] * places[-1] + at[other]).astype(np.intp)
    return flat


def _flat_curvature(flat: Ints, mass: Floats, *, size: int) -> Floats:
    spread = np.broadcast_to(mass, flat.shape).ravel()
    summed: Floats = np.bincount(flat.ravel(), spread, size * size).astype(np.float64).reshape(size, size)
    upper = np.triu(summed, 1)
    found: Floats = upper + upper.T + np.diag(np.diag(summed))
    return found


def _curvature(terms: Sequence[Term], places: Ints, mass: Floats) -> Floats:
    """The curvature of the log-likelihood by cells, pair of terms by pair of terms."""
    found = np.zeros((places[-1], places[-1]))
    for i, one in enumerate(terms):
        a, b = places[i], places[i + 1]
        found[np.arange(a, b), np.arange(a, b)] = np.bincount(one.codes, mass, one.size)
        for j in range(i + 1, len(terms)):
            other = terms[j]
            block = np.bincount(one.codes * other.size + other.codes, mass, one.size * other.size)
            found[a:b, places[j] : places[j + 1]] = block.reshape(one.size, other.size)
            found[places[j] : places[j + 1], a:b] = found[a:b, places[j] : places[j + 1]].T
    return found


def _solve(terms: Sequence[Term], places: Ints, matrix: Floats, aim: Floats) -> Floats:
    """The solution, with neighbors that run against a direction pooled until none does."""
    first = np.ones(len(aim), bool)
    while True:
        starts = np.flatnonzero(first)
        pooled = np.add.reduceat(np.ascontiguousarray(np.add.reduceat(matrix, starts, axis=0).T), starts, axis=0)
        solved = np.linalg.solve(pooled, np.add.reduceat(aim, starts))
        found: Floats = solved[np.cumsum(first) - 1]
        wrong = _against(terms, places, found)
        if not wrong.any():
            return found
        first &= ~wrong


def _against(terms: Sequence[Term], places: Ints, effects: Floats) -> npt.NDArray[np.bool_]:
    """The cells that run against their direction seen from the cell before."""
    wrong = np.zeros(len(effects), bool)
    for term, a in zip(terms, places, strict=False):
        if term.direction and term.ordered > 1:
            inside = effects[a : a + term.ordered]
            wrong[a + 1 : a + term.ordered] = term.direction * np.diff(inside) < -_ENOUGH
    return wrong
