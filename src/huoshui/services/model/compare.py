"""Champion against challenger (冠军与挑战者比较): figures side by side, and which firms change sides.

The differences are challenger minus champion on the same firms, with intervals of the same draws. Who changes sides is told
twice: by each model's own grades, and at a cut of the challenger's that approves as many firms as the champion does.
"""

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from huoshui import policy
from huoshui.adapters.result_folder import open_result_folder
from huoshui.adapters.validation.calibration import brier, calibration_error, equal_bins
from huoshui.adapters.validation.firms_file import Firms, Source, read_firms
from huoshui.adapters.validation.ranking import Ranking
from huoshui.adapters.validation.resampling import Cells, Figures, collapse, intervals
from huoshui.adapters.validation.scoring import Scored, TableReader
from huoshui.policy.region import NATION
from huoshui.rules.model_limits import ModelLimits
from huoshui.services.model.figures import level_row, rounded, shown
from huoshui.services.model.folder import Model, read_model
from huoshui.services.model.groups import passing_grades
from huoshui.services.model.validate import check_outcomes, data_of, report_content

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
FORMAT: Final = "huoshui model comparison 1"
REPORT: Final = "comparison.json"
CHANGES: Final = "changes.parquet"
_FIGURES: Final = ("auc", "ks", "brier", "calibration_error")


@dataclass(frozen=True, slots=True)
class ComparisonRequest:
    """Two models and the firms they are compared on (比较请求); `on` is the day whose limits and overlays hold."""

    champion: Path
    challenger: Path
    source: Source
    on: date
    out: Path | None = None
    region: str = NATION
    trusted: Path | None = None


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two models on the firms."""

    model: Model
    scored: Scored
    approved: Bools

    @property
    def codes(self) -> list[str]:
        codes = [x.code for x in self.model.table.grades]
        return [codes[i] for i in self.scored.grades.tolist()]


def compare_models(request: ComparisonRequest) -> dict[str, Any]:
    """Compare two models and write comparison.json and changes.parquet (比较模型).

    Unapproved models may be compared; the report says so. Raises what reading the models and the firms raises; BadFile where
    outcomes are given but not of both kinds; OutputError.
    """
    found = policy.read("model_monitoring", region=request.region, on=request.on)
    limits = policy.bind(found, ModelLimits)
    firms = read_firms(request.source)
    champion, challenger = (
        _side(path, firms=firms, limits=limits, request=request) for path in (request.champion, request.challenger)
    )
    judged = request.source.outcomes is not None or request.source.outcome is not None
    report = {
        "format": FORMAT,
        "champion": champion.model.basis,
        "challenger": challenger.model.basis,
        "synthetic": _is_synthetic(champion, challenger, firms=firms),
        "on": request.on.isoformat(),
        "data": data_of(firms, source=request.source),
        "figures": _figures(champion.scored, challenger.scored, firms=firms) if judged else None,
        "grades": _migration(champion, challenger),
        "sides": [
            {"by": "grade", "least_grade": limits.least_grade}
            | _sides(champion.approved, challenger.approved, scored=challenger.scored, firms=firms),
            {"by": "equal_share"}
            | _sides(champion.approved, _equal_share(champion, challenger), scored=challenger.scored, firms=firms),
        ],
        "citations": [{**asdict(x), "since": x.since.isoformat()} for x in found.citations if x.field == "least_grade"],
    }
    changes = changed_firms(champion, challenger, firms=firms, firm=request.source.firm)
    report["changed"] = changes.num_rows
    if request.out is not None:
        _write(request.out, report=report, changes=changes)
    return report


def changed_firms(champion: _Side, challenger: _Side, *, firms: Firms, firm: str) -> pa.Table:
    """The firms that change grade or side (变动企业), one a row, those that change side first, by row of the features.

    The table's metadata say whether the firms or a model are synthetic.
    """
    letters = [np.array([x[:1] for x in side.codes]) for side in (champion, challenger)]
    swapped = champion.approved != challenger.approved
    changed = swapped | (letters[0] != letters[1])
    rows = np.flatnonzero(changed)
    rows = rows[np.argsort(~swapped[rows], kind="stable")]
    there = firm in firms.columns.column_names
    columns: dict[str, Any] = (
        {"firm_id": firms.columns.column(firm).cast(pa.string()).combine_chunks().take(rows)} if there else {}
    )
    columns["row"] = pa.array(rows)
    for name, side in (("champion", champion), ("challenger", challenger)):
        codes = side.codes
        columns[f"{name}_points"] = side.scored.points[rows]
        columns[f"{name}_pd"] = side.scored.pd[rows]
        columns[f"{name}_grade"] = [codes[i] for i in rows.tolist()]
        columns[f"{name}_approved"] = side.approved[rows]
    columns["outcome"] = pa.array(firms.outcome[rows], mask=~firms.known[rows])
    synthetic = _is_synthetic(champion, challenger, firms=firms)
    return pa.table(columns, metadata={"huoshui.synthetic": str(synthetic).lower()})


def _is_synthetic(*sides: _Side, firms: Firms) -> bool:
    return firms.synthetic or any(x.model.is_synthetic for x in sides)


def _side(path: Path, *, firms: Firms, limits: ModelLimits, request: ComparisonRequest) -> _Side:
    model = read_model(path, trusted=request.trusted, allow_unapproved=True)
    reader = TableReader(model.table, on=request.on)
    scored = reader.score(reader.cells(firms.columns))
    return _Side(model, scored, passing_grades(model.table, scored=scored, limits=limits))


def _figures(champion: Scored, challenger: Scored, *, firms: Firms) -> dict[str, Any]:
    """Both models' figures and their paired difference, on the firms whose outcome is known."""
    known = check_outcomes(firms)
    cells = collapse(champion.points[firms.known], challenger.points[firms.known], known.outcome)
    sides = [_Figured(x, mask=firms.known, firms=known, cells=cells) for x in (champion, challenger)]

    def figures(weight: Floats) -> Figures:
        first, second = (x.figures(weight) for x in sides)
        drawn = {f"champion.{x}": first[x] for x in _FIGURES} | {f"challenger.{x}": second[x] for x in _FIGURES}
        return drawn | {f"difference.{x}": second[x] - first[x] for x in _FIGURES}

    found = intervals(figures, cells=cells, weight=known.weight)
    return {
        name: {side: shown(found[f"{side}.{name}"]) for side in ("champion", "challenger", "difference")} for name in _FIGURES
    }


class _Figured:
    """One model's firms with a known outcome, made ready to be weighed again and again."""

    def __init__(self, scored: Scored, *, mask: Bools, firms: Firms, cells: Cells) -> None:
        pd = scored.pd[mask]
        self._pd, self._outcome = pd[cells.first], firms.outcome[cells.first]
        self._ranking = Ranking(-scored.points[mask][cells.first], outcome=self._outcome)
        self._groups = equal_bins(pd, weight=firms.weight)[cells.first]

    def figures(self, weight: Floats) -> Figures:
        return {
            "auc": self._ranking.auc(weight),
            "ks": self._ranking.ks(weight),
            "brier": brier(self._pd, outcome=self._outcome, weight=weight),
            "calibration_error": calibration_error(self._pd, outcome=self._outcome, weight=weight, groups=self._groups),
        }


def _migration(champion: _Side, challenger: _Side) -> dict[str, Any]:
    """How many firms go from which grade to which."""
    rows, columns = ([x.code for x in side.model.table.grades] for side in (champion, challenger))
    counts = np.zeros((len(rows), len(columns)), np.int64)
    np.add.at(counts, (champion.scored.grades, challenger.scored.grades), 1)
    return {"champion": rows, "challenger": columns, "firms": counts.tolist()}


def _equal_share(champion: _Side, challenger: _Side) -> Bools:
    """Approved by the challenger at the cut that comes nearest to as many firms as the champion approves."""
    wanted = int(champion.approved.sum())
    cuts = np.unique(challenger.scored.points)
    above = len(challenger.scored.points) - np.searchsorted(np.sort(challenger.scored.points), cuts, side="left")
    best = cuts[int(np.argmin(np.abs(above - wanted)))] if wanted else cuts[-1] + 1
    approved: Bools = challenger.scored.points >= best
    return approved


def _sides(champion: Bools, challenger: Bools, *, scored: Scored, firms: Firms) -> dict[str, Any]:
    """The four sets of firms with their rate of default: approved by both, by none, and the two that swap."""
    sets = {
        "both_approve": champion & challenger,
        "swapped_in": ~champion & challenger,
        "swapped_out": champion & ~challenger,
        "both_refuse": ~champion & ~challenger,
    }
    total = firms.weight.sum()
    return {
        name: {"firms": int(mask.sum()), "share": rounded(firms.weight[mask].sum() / total)}
        | level_row(scored.pd, outcome=firms.outcome, weight=firms.weight, mask=mask & firms.known)
        for name, mask in sets.items()
    }


def _write(out: Path, *, report: dict[str, Any], changes: pa.Table) -> None:
    with open_result_folder(out, marker=REPORT) as place:
        result = place.unfinished / "result"
        result.mkdir()
        pq.write_table(changes, result / CHANGES)
        (result / REPORT).write_bytes(report_content(report))
        place.put(result)
