"""The figures and curves of a points table on firms whose outcome is known (模型指标与曲线), as plain data for JSON.

`draw_curves` makes curves.json, by which later firms are told apart from those of the training; a validation draws the same
curves of other firms. Scores are taken without overlay: a moved level is no drift.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import isfinite
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from huoshui.adapters.validation.calibration import (
    CalibrationBin,
    brier,
    calibration_curve,
    calibration_error,
    equal_bins,
)
from huoshui.adapters.validation.drift import shares
from huoshui.adapters.validation.ranking import Ranking
from huoshui.adapters.validation.resampling import Figures, Interval, collapse, intervals
from huoshui.adapters.validation.scoring import Scored
from huoshui.rules.points_table import PointsTable

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
CURVES_FORMAT: Final = "huoshui model curves 1"
SCORE_BINS: Final = 10
HISTOGRAM_BINS: Final = 24
PLACES: Final = 6


def rounded(value: float) -> float | None:
    """A figure for JSON (保留六位小数), or None where it cannot be had."""
    return round(float(value), PLACES) if isfinite(value) else None


def as_decimal(value: float | None) -> Decimal | None:
    """A figure as the rules take it (转为小数), to six places; None where it cannot be had."""
    return Decimal(str(round(value, PLACES))) if value is not None and isfinite(value) else None


def shown(interval: Interval) -> dict[str, float | None]:
    """A figure with its interval for JSON (指标及区间)."""
    return {"value": rounded(interval.value), "low": rounded(interval.low), "high": rounded(interval.high)}


def measure(scored: Scored, *, outcome: Bools, weight: Floats, draws: int | None = None) -> dict[str, dict[str, float | None]]:
    """AUC, Gini, KS, Brier, calibration error and level (模型指标), each with its 95 % interval by bootstrap."""
    cells = collapse(scored.points, outcome)
    bad, pd = outcome[cells.first], scored.pd[cells.first]
    ranking = Ranking(-scored.points[cells.first], outcome=bad)
    groups = equal_bins(scored.pd, weight=weight)[cells.first]

    def figures(mass: Floats) -> Figures:
        auc, total = ranking.auc(mass), mass.sum()
        return {
            "auc": auc,
            "gini": 2 * auc - 1,
            "ks": ranking.ks(mass),
            "brier": brier(pd, outcome=bad, weight=mass),
            "calibration_error": calibration_error(pd, outcome=bad, weight=mass, groups=groups),
            "expected": float((mass * pd).sum() / total) if total > 0 else float("nan"),
            "realised": float((mass * bad).sum() / total) if total > 0 else float("nan"),
        }

    return {name: shown(x) for name, x in intervals(figures, cells=cells, weight=weight, draws=draws).items()}


def draw_curves(
    table: PointsTable,
    *,
    scored: Scored,
    outcome: Bools,
    weight: Floats,
    periods: Sequence[str] = (),
) -> dict[str, Any]:
    """All curves of a model on firms with a known outcome (模型曲线): shares of score, fields, grades; calibration; ROC."""
    points = scored.plain_points
    edges = score_edges(points, weight=weight)
    ranking = Ranking(-scored.points, outcome=outcome)
    roc = ranking.roc(weight)
    return {
        "format": CURVES_FORMAT,
        "rows": len(weight),
        "defaults": int(outcome.sum()),
        "score": {"edges": edges, "shares": _rounded(score_shares(points, edges=edges, weight=weight))},
        "fields": {
            x.name: _rounded(shares(scored.cells[x.name], bins=x.missing_cell + 1, weight=weight)) for x in table.fields
        },
        "grades": grade_rows(table, scored=scored, outcome=outcome, weight=weight),
        "calibration": [
            bin_row(x)
            for x in calibration_curve(
                scored.pd,
                low=scored.low,
                high=scored.high,
                outcome=outcome,
                weight=weight,
                groups=equal_bins(scored.pd, weight=weight),
            )
        ],
        "roc": {"good": _rounded(roc.good), "bad": _rounded(roc.bad)},
        "histogram": _histogram(points, outcome=outcome, weight=weight),
        "periods": period_rows(scored, outcome=outcome, weight=weight, periods=periods),
    }


def score_edges(points: Ints, *, weight: Floats) -> list[int]:
    """The points from which on the second and each further score bin begins (分数分段)."""
    place = equal_bins(points, weight=weight, bins=SCORE_BINS)
    return [int(points[place == x].min()) for x in range(1, int(place.max()) + 1)]


def score_shares(points: Ints, *, edges: Sequence[int], weight: Floats) -> list[float]:
    """The share of firms in each score bin (分数分布)."""
    return shares(np.searchsorted(np.array(edges, np.int64), points, side="right"), bins=len(edges) + 1, weight=weight)


def bin_row(found: CalibrationBin) -> dict[str, Any]:
    """A bin of a calibration curve for JSON (校准分组)."""
    return {
        "rows": found.rows,
        "pd": rounded(found.pd),
        "low": rounded(found.low),
        "high": rounded(found.high),
        "realised": rounded(found.realised),
        "holds": found.holds,
    }


def grade_rows(table: PointsTable, *, scored: Scored, outcome: Bools, weight: Floats) -> list[dict[str, Any]]:
    """By grade, riskiest first (分等级): firms, share, expected and realised rate, and their distance in standard errors."""
    total = weight.sum()
    return [
        {"grade": grade.code, "share": rounded(weight[scored.grades == i].sum() / total)}
        | level_row(scored.pd, outcome=outcome, weight=weight, mask=scored.grades == i)
        for i, grade in enumerate(table.grades)
    ]


def level_row(pd: Floats, *, outcome: Bools, weight: Floats, mask: Bools) -> dict[str, Any]:
    """Expected against realised rate of some firms (预期与实际违约率); `distance` is in standard errors of the expected."""
    mass, expected, bad = weight[mask], pd[mask], outcome[mask]
    total = mass.sum()
    if not total > 0:
        return {"rows": 0, "defaults": 0, "expected": None, "realised": None, "distance": None}
    error = float(np.sqrt((mass**2 * expected * (1 - expected)).sum()))
    away = float((mass * (bad - expected)).sum())
    return {
        "rows": len(mass),
        "defaults": int(bad.sum()),
        "expected": rounded((mass * expected).sum() / total),
        "realised": rounded((mass * bad).sum() / total),
        "distance": rounded(away / error) if error > 0 else None,
    }


def period_rows(scored: Scored, *, outcome: Bools, weight: Floats, periods: Sequence[str]) -> list[dict[str, Any]]:
    """By year (分年度): AUC, expected and realised rate; empty where no time is known."""
    if not periods:
        return []
    labels = np.array(periods)
    found = []
    for period in sorted(set(periods) - {""}):
        mask = labels == period
        auc = Ranking(-scored.points[mask], outcome=outcome[mask]).auc(weight[mask])
        row = level_row(scored.pd, outcome=outcome, weight=weight, mask=mask)
        found.append({"period": period, "auc": rounded(auc)} | row)
    return found


def _histogram(points: Ints, *, outcome: Bools, weight: Floats) -> dict[str, Any]:
    """Shares of good and of bad firms over even spans of points."""
    low, high = int(points.min()), int(points.max())
    step = max(1, -(-(high - low + 1) // HISTOGRAM_BINS))
    place = (points - low) // step
    bins = int(place.max()) + 1
    return {
        "from": low,
        "step": step,
        "good": _rounded(shares(place, bins=bins, weight=weight * ~outcome)),
        "bad": _rounded(shares(place, bins=bins, weight=weight * outcome)),
    }


def _rounded(values: Sequence[float] | Floats) -> list[float]:
    return [round(float(x), PLACES) for x in values]


def plain_figures(figures: Mapping[str, Mapping[str, float | None]]) -> dict[str, float | None]:
    """The figures without their intervals (指标值)."""
    return {name: x["value"] for name, x in figures.items()}
