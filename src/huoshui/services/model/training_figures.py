"""How good a training came out (训练指标): on later firms, or on firms held out again and again, beside its challenger."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from huoshui.adapters.validation.calibration import brier, calibration_curve, calibration_error, equal_bins
from huoshui.adapters.validation.ranking import Ranking
from huoshui.adapters.validation.resampling import Cells, Figures, collapse, draws_for, intervals
from huoshui.adapters.validation.scoring import Scored, TableReader
from huoshui.rules.points_table import Overlay, PointsTable
from huoshui.services.model.figures import bin_row, rounded, shown

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
FIGURES: Final = ("auc", "ks", "brier", "calibration_error")
REPEATED_DRAWS: Final = 1000
_FARTHEST: Final = 400


@dataclass(frozen=True, slots=True)
class Judged:
    """Firms that were not learnt from, as a model saw them (检验样本): risk to rank by, probability, interval."""

    risk: Floats
    pd: Floats
    low: Floats
    high: Floats


def judged(scored: Scored) -> Judged:
    """What a points table said (评分表判断)."""
    return Judged(-scored.points.astype(np.float64), scored.pd, scored.low, scored.high)


def measure_repeats(repeats: Sequence[Judged], *, outcome: Bools, weight: Floats) -> dict[str, dict[str, float | None]]:
    """AUC, KS, Brier and calibration error (训练指标), the mean over the repeats, with 95 % intervals by drawing firms."""
    cells = _alike(repeats, outcome=outcome)
    made = [_figures_of(x, cells=cells, outcome=outcome, weight=weight) for x in repeats]

    def figures(mass: Floats) -> Figures:
        found = [x(mass) for x in made]
        return {name: float(np.mean([x[name] for x in found])) for name in FIGURES}

    draws = max(200, min(draws_for(len(weight)), REPEATED_DRAWS // max(1, len(repeats) // 4)))
    return {name: shown(x) for name, x in intervals(figures, cells=cells, weight=weight, draws=draws).items()}


def lead_of(
    challenger: Sequence[Judged], champion: Sequence[Judged], *, outcome: Bools, weight: Floats
) -> dict[str, float | None]:
    """How much more AUC the challenger has (挑战者领先), with a 95 % interval by drawing the same firms for both."""
    cells = _alike([*challenger, *champion], outcome=outcome)
    bad, first = outcome[cells.first], cells.first
    pairs = [
        (Ranking(one.risk[first], outcome=bad), Ranking(other.risk[first], outcome=bad))
        for one, other in zip(challenger, champion, strict=True)
    ]

    def figures(mass: Floats) -> Figures:
        return {"lead": float(np.mean([one.auc(mass) - other.auc(mass) for one, other in pairs]))}

    draws = max(200, min(draws_for(len(weight)), REPEATED_DRAWS // max(1, len(pairs) // 2)))
    return shown(intervals(figures, cells=cells, weight=weight, draws=draws)["lead"])


def deciles(seen: Judged, *, outcome: Bools, weight: Floats) -> list[dict[str, Any]]:
    """By tenth of firms (十分位): probability, interval, what happened, and whether the interval held it."""
    groups = equal_bins(seen.risk, weight=weight)
    curve = calibration_curve(seen.pd, low=seen.low, high=seen.high, outcome=outcome, weight=weight, groups=groups)
    return [bin_row(x) for x in curve]


def gains(seen: Judged, *, outcome: Bools, weight: Floats) -> list[dict[str, float | None]]:
    """The share of defaults among the riskiest firms (累计捕获率), by tenth."""
    order = np.argsort(-seen.risk, kind="stable")
    firms, bad = np.cumsum(weight[order]), np.cumsum((weight * outcome)[order])
    found = []
    for tenth in range(1, 11):
        last = min(int(np.searchsorted(firms, firms[-1] * tenth / 10 - 1e-9)), len(firms) - 1)
        found.append({"riskiest": tenth / 10, "defaults": rounded(float(bad[last] / max(bad[-1], 1e-300)))})
    return found


def find_overlay(table: PointsTable, *, cells: dict[str, Ints], outcome: Bools, weight: Floats) -> int:
    """The whole points that bring the mean probability to the share of defaults (水平调整分值), as near as points can."""
    plain = TableReader(replace(table, overlays=()))
    wanted = float((weight * outcome).sum())
    points = plain.score(cells).points
    starts = np.array([x.from_points for x in table.pd_steps[1:]], np.int64)
    steps = np.array([float(x.pd) for x in table.pd_steps])

    def expected(overlay: int) -> float:
        return float((weight * steps[np.searchsorted(starts, points + overlay, side="right")]).sum())

    low, high = -_FARTHEST, _FARTHEST
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if expected(middle) > wanted else (low, middle)
    return min((low - 1, low), key=lambda x: (abs(expected(x) - wanted), abs(x)))


def with_overlay(table: PointsTable, points: int) -> PointsTable:
    """The table at another level (调整水平后的评分表), for a figure only."""
    return replace(table, overlays=(Overlay(date.min, points, "level of the firms looked at"),))


def level_figures(table: PointsTable, *, cells: dict[str, Ints], outcome: Bools, weight: Floats) -> dict[str, Any]:
    """Brier and calibration error once the level is that of the firms (调整水平后的指标): what an overlay would give."""
    points = find_overlay(table, cells=cells, outcome=outcome, weight=weight)
    seen = judged(TableReader(with_overlay(table, points)).score(cells))
    curve = deciles(seen, outcome=outcome, weight=weight)
    groups = equal_bins(seen.pd, weight=weight)
    return {
        "overlay_points": points,
        "brier": rounded(brier(seen.pd, outcome=outcome, weight=weight)),
        "calibration_error": rounded(calibration_error(seen.pd, outcome=outcome, weight=weight, groups=groups)),
        "intervals_hold": sum(x["holds"] for x in curve),
        "deciles": curve,
    }


def rolled_figures(
    table: PointsTable, *, cells: dict[str, Ints], outcome: Bools, weight: Floats, eras: Sequence[str]
) -> dict[str, Any]:
    """Brier and calibration error when each era has the overlay that the era before it called for (水平调整逐期滚动)."""
    labels = np.array(eras)
    order = sorted(set(eras), key=lambda x: (len(x), x))
    pd = np.zeros(len(outcome))
    overlay, rows = 0, []
    for era in order:
        mask = labels == era
        inside = {name: x[mask] for name, x in cells.items()}
        pd[mask] = TableReader(with_overlay(table, overlay)).score(inside).pd
        rows.append({"era": era, "overlay_points": overlay, "rows": int(mask.sum())})
        overlay = find_overlay(table, cells=inside, outcome=outcome[mask], weight=weight[mask])
    groups = equal_bins(pd, weight=weight)
    return {
        "brier": rounded(brier(pd, outcome=outcome, weight=weight)),
        "calibration_error": rounded(calibration_error(pd, outcome=outcome, weight=weight, groups=groups)),
        "eras": rows,
    }


def _alike(repeats: Sequence[Judged], *, outcome: Bools) -> Cells:
    """Firms that every look saw alike, taken together."""
    return collapse(*(x.risk for x in repeats), outcome)


def _figures_of(seen: Judged, *, cells: Cells, outcome: Bools, weight: Floats) -> Any:
    bad, pd = outcome[cells.first], seen.pd[cells.first]
    ranking = Ranking(seen.risk[cells.first], outcome=bad)
    groups = equal_bins(seen.pd, weight=weight)[cells.first]

    def figures(mass: Floats) -> Figures:
        return {
            "auc": ranking.auc(mass),
            "ks": ranking.ks(mass),
            "brier": brier(pd, outcome=bad, weight=mass),
            "calibration_error": calibration_error(pd, outcome=bad, weight=mass, groups=groups),
        }

    return figures
