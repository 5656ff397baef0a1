"""Groups side by side (分组评价): fairness by region, size and age, ranking by segment; what is too small is named so."""

from collections.abc import Sequence
from math import sqrt
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from huoshui.adapters.validation.calibration import brier
from huoshui.adapters.validation.firms_file import Firms
from huoshui.adapters.validation.grouping import Groups, group_firms
from huoshui.adapters.validation.ranking import Ranking
from huoshui.adapters.validation.resampling import Figures, Interval, collapse, intervals
from huoshui.adapters.validation.scoring import Scored
from huoshui.errors import BadFile
from huoshui.rules.model_limits import ModelLimits
from huoshui.rules.points_table import PointsTable, Role
from huoshui.services.model.figures import as_decimal, level_row, rounded, shown
from huoshui.terms import Light

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
DRAWS: Final = 400
SURE: Final = 1.96
USUAL: Final = ("region", "region_code", "county", "size_class", "employees", "headcount_ss", "firm_age_months", "state")


def group_columns(table: PointsTable, *, firms: Firms, wanted: Sequence[str]) -> tuple[str, ...]:
    """The columns by which firms are grouped (分组字段): those asked for, else the usual ones that are there, and segments."""
    there = firms.columns.column_names
    usual = wanted or [x for x in there if x.lower() in USUAL]
    segments = [x.name for x in table.fields if x.role is Role.SEGMENT]
    return tuple(dict.fromkeys((*usual, *segments)))


def judge_groups(
    table: PointsTable, *, firms: Firms, scored: Scored, columns: Sequence[str], limits: ModelLimits
) -> list[dict[str, Any]]:
    """Every column's groups with approval rate, level and ranking (分组评价); raises BadFile for a column that is not there.

    The approval rate is over all firms, level and ranking over those whose outcome is known.
    """
    passing = passing_grades(table, scored=scored, limits=limits)
    found = []
    for column in columns:
        groups = group_firms(firms.columns, column=column, bands=limits.bands.get(column, ()))
        rows = [
            _row(label, mask=groups.place == i, firms=firms, scored=scored, passing=passing, limits=limits)
            for i, label in enumerate(groups.labels)
        ]
        reference = _reference(rows, limits=limits)
        for row in rows:
            row.update(_against(row, reference=reference, limits=limits))
        found.append({"column": column, "groups": rows, "gini": _gini(groups, firms=firms, scored=scored, limits=limits)})
    return found


def _reference(rows: Sequence[dict[str, Any]], *, limits: ModelLimits) -> dict[str, Any]:
    """The group that approval is compared with: most approved among the larger ones, else the largest."""
    total = sum(x["firms"] for x in rows)
    large = [x for x in rows if not x["too_small"] and x["firms"] >= float(limits.reference_share) * total]
    return max(large, key=lambda x: x["approved"] or 0.0) if large else max(rows, key=lambda x: x["firms"])


def _against(row: dict[str, Any], *, reference: dict[str, Any], limits: ModelLimits) -> dict[str, Any]:
    """A group's approval against the reference; a difference that may be chance is green."""
    here, there = row["approved"], reference["approved"]
    if row["too_small"] or here is None or not there:
        return {"approval_ratio": None, "approval_light": Light.NOT_KNOWN.value}
    error = sqrt(here * (1 - here) / row["firms"] + there * (1 - there) / reference["firms"])
    light = limits.approval_ratio.light(as_decimal(here / there)) if there - here > SURE * error else Light.GREEN
    return {"approval_ratio": rounded(here / there), "approval_light": light.value}


def passing_grades(table: PointsTable, *, scored: Scored, limits: ModelLimits) -> Bools:
    """Which firms have the least grade or better (视为通过), its letter holding for all its finer grades; raises BadFile."""
    places = [i for i, x in enumerate(table.grades) if x.code[: len(limits.least_grade)] == limits.least_grade]
    if not places:
        codes = ", ".join(x.code for x in table.grades)
        raise BadFile(f"the model has no grade {limits.least_grade}, which counts as approved; it has {codes}", field="model")
    return scored.grades >= min(places)


def _row(label: str, *, mask: Bools, firms: Firms, scored: Scored, passing: Bools, limits: ModelLimits) -> dict[str, Any]:
    mass = firms.weight[mask]
    known = mask & firms.known
    level = level_row(scored.pd, outcome=firms.outcome, weight=firms.weight, mask=known)
    distance = None if level["distance"] is None else abs(level["distance"])
    too_small = int(mask.sum()) < limits.least_firms
    return {
        "group": label,
        "firms": int(mask.sum()),
        "too_small": too_small,
        "approved": rounded((mass * passing[mask]).sum() / mass.sum()) if mass.sum() > 0 else None,
        "mean_pd": rounded((mass * scored.pd[mask]).sum() / mass.sum()) if mass.sum() > 0 else None,
        "with_outcome": level["rows"],
        **{x: level[x] for x in ("defaults", "expected", "realised", "distance")},
        "level_light": limits.level.light(None if too_small else as_decimal(distance)).value,
        "brier": rounded(brier(scored.pd[known], outcome=firms.outcome[known], weight=firms.weight[known])),
    }


def _gini(groups: Groups, *, firms: Firms, scored: Scored, limits: ModelLimits) -> list[dict[str, Any]]:
    """Gini and AUC of each group with intervals, where it has enough firms of both outcomes."""
    rows = []
    for i, label in enumerate(groups.labels):
        mask = (groups.place == i) & firms.known
        bad = int(firms.outcome[mask].sum())
        if min(bad, int(mask.sum()) - bad) < limits.least_defaults or mask.sum() < limits.least_firms:
            rows.append(
                {"group": label, "firms": int(mask.sum()), "defaults": bad, "too_small": True, "auc": None, "gini": None}
            )
            continue
        auc = group_auc(scored.points[mask], outcome=firms.outcome[mask], weight=firms.weight[mask])
        gini = Interval(2 * auc.value - 1, 2 * auc.low - 1, 2 * auc.high - 1)
        rows.append(
            {
                "group": label,
                "firms": int(mask.sum()),
                "defaults": bad,
                "too_small": False,
                "auc": shown(auc),
                "gini": shown(gini),
            }
        )
    return rows


def group_auc(points: Ints, *, outcome: Bools, weight: Floats) -> Interval:
    """The AUC of some firms with its interval (分组AUC), by fewer draws than a whole validation."""
    cells = collapse(points, outcome)
    ranking = Ranking(-points[cells.first], outcome=outcome[cells.first])

    def figures(drawn: Floats) -> Figures:
        return {"auc": ranking.auc(drawn)}

    return intervals(figures, cells=cells, weight=weight, draws=DRAWS)["auc"]
