"""Leak alarms (泄漏警报): a field that knows the outcome too well to have been known at the decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from huoshui.adapters.learning.choosing import CHOICE_ROWS, area
from huoshui.adapters.learning.folds import Fold, shuffled_folds, time_folds
from huoshui.adapters.learning.sample import Column, Sample, every_nth
from huoshui.rules.points_table import Kind

Ints = npt.NDArray[np.intp]
MOST_AREA: Final = 0.80
ONE_FIELD: Final = "one_field_auc"
VALUES_DIFFER: Final = "values_differ_by_outcome"
AFTER_DECISION: Final = "dated_after_the_decision"
_SHRINK: Final = 10.0
_CELLS: Final = 24
_LEAST_EXPECTED: Final = 10.0
_HARDLY: Final = 0.05
_LEAST_SHARE: Final = 0.10
_LATE_SHARE: Final = 0.01


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm (警报): the field, which alarm, the figure that raised it, and what it means."""

    field: str
    alarm: str
    figure: float
    words: str


def find_leaks(sample: Sample, *, seed: int = 1) -> tuple[Alarm, ...]:
    """The alarms of all columns (查找泄漏), in their order."""
    part = every_nth(sample, most=CHOICE_ROWS)
    kinds = (time_folds(part), tuple(shuffled_folds(part.outcome, folds=5, seed=seed)))
    found = []
    for column in part.columns:
        codes = _exact_cells(column)
        fitted = max(one_field_area(column, outcome=part.outcome, folds=folds) for folds in kinds)
        measured = max(fitted, plain_area(column, outcome=part.outcome))
        if measured > MOST_AREA:
            words = f"{column.name} alone ranks the outcome with an AUC of {measured:.3f}, above {MOST_AREA}"
            found.append(Alarm(column.name, ONE_FIELD, measured, words))
        share = exclusive_share(codes, outcome=part.outcome)
        if share > _LEAST_SHARE:
            words = f"{share:.0%} of the rows have values of {column.name} that hardly ever occur with the other outcome"
            found.append(Alarm(column.name, VALUES_DIFFER, share, words))
    return tuple(found)


def dated_after(name: str, *, days: Ints, decided: Ints) -> Alarm | None:
    """The alarm of a date that lies after the decision in more than 1 % of the rows (日期晚于决策日)."""
    share = round(float((days > decided).mean()), 6) if len(days) else 0.0
    if share <= _LATE_SHARE:
        return None
    return Alarm(name, AFTER_DECISION, share, f"{name} is dated after the decision in {share:.0%} of the rows that have it")


def one_field_area(column: Column, *, outcome: npt.NDArray[np.float64], folds: Sequence[Fold]) -> float:
    """How well one field alone ranks rows it was not fitted on (单变量AUC), the mean over the folds; a half without folds."""
    codes = _cells(column)
    size = int(codes.max()) + 1
    found = []
    for fold in folds:
        firms = np.bincount(codes[fold.learn], minlength=size)
        bad = np.bincount(codes[fold.learn], outcome[fold.learn], size)
        mean = float(outcome[fold.learn].mean())
        risk = np.round((bad + _SHRINK * mean) / (firms + _SHRINK), 9).astype(np.float64)
        found.append(area(risk[codes[fold.look]], outcome=outcome[fold.look]))
    known = [x for x in found if not np.isnan(x)]
    return round(float(np.mean(known)), 6) if known else 0.5


def plain_area(column: Column, *, outcome: npt.NDArray[np.float64]) -> float:
    """How well a number ranks as it is, up or down (原值AUC), where it is known; a half for a category, or if known of few."""
    known = ~np.isnan(column.values)
    if column.kind is Kind.CATEGORY or known.sum() < len(outcome) / 2:
        return 0.5
    found = area(column.values[known], outcome=outcome[known])
    return 0.5 if np.isnan(found) else round(max(found, 1 - found), 6)


def exclusive_share(codes: Ints, *, outcome: npt.NDArray[np.float64]) -> float:
    """The share of rows whose value occurs often with one outcome and hardly ever with the other (取值互斥占比)."""
    size = int(codes.max()) + 1
    firms, bad = np.bincount(codes, minlength=size), np.bincount(codes, outcome, size)
    mean = float(outcome.mean())
    share = 0.0
    for seen, expected in ((bad, firms * mean), (firms - bad, firms * (1 - mean))):
        hardly = (expected >= _LEAST_EXPECTED) & (seen <= _HARDLY * expected)
        share += float(firms[hardly].sum()) / len(codes)
    return round(share, 6)


def _exact_cells(column: Column) -> Ints:
    """Every value a cell of its own, missing too."""
    if column.kind is Kind.CATEGORY:
        return (column.values + 1).astype(np.intp)
    known = np.where(np.isnan(column.values), np.inf, column.values)
    return np.unique(known, return_inverse=True)[1].astype(np.intp)


def _cells(column: Column) -> Ints:
    """Numbers in many cells of like weight, frequent values in cells of their own; categories as they are."""
    exact = _exact_cells(column)
    if column.kind is Kind.CATEGORY:
        return exact
    counts = np.bincount(exact)
    middle = (np.cumsum(counts) - counts / 2) / len(exact)
    spans = np.round(middle * _CELLS, 9).astype(np.intp)
    often = counts >= len(exact) / 100
    return np.where(often, _CELLS + 1 + np.cumsum(often), spans)[exact]
