"""Validate a model on other firms than those it was trained on (验证模型): one report, the same bytes every time."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from math import nan
from pathlib import Path
from typing import Any, Final

from huoshui import policy
from huoshui.adapters.result_folder import open_result_folder
from huoshui.adapters.validation.firms_file import Firms, Source, read_firms
from huoshui.adapters.validation.ranking import Ranking
from huoshui.adapters.validation.resampling import Interval
from huoshui.adapters.validation.scoring import Scored, TableReader
from huoshui.errors import BadFile
from huoshui.policy.region import NATION
from huoshui.rules.model_limits import ModelLimits
from huoshui.services.model.figures import as_decimal, draw_curves, measure, rounded
from huoshui.services.model.folder import Model, read_model
from huoshui.services.model.groups import group_columns, judge_groups
from huoshui.services.model.stability import field_drift, judge_auc, score_drift

FORMAT: Final = "huoshui model validation 1"
REPORT: Final = "validation.json"
Progress = Callable[[str], None]


def _silent(_: str) -> None:
    return


@dataclass(frozen=True, slots=True)
class ValidationRequest:
    """What is validated on what (验证请求). `on` is the day whose limits and overlay hold; without `out` nothing is written."""

    model: Path
    source: Source
    on: date
    out: Path | None = None
    groups: Sequence[str] = ()
    region: str = NATION
    trusted: Path | None = None


def validate_model(request: ValidationRequest, *, progress: Progress = _silent) -> dict[str, Any]:
    """Validate a model and write validation.json (验证模型).

    An unapproved model may be validated, since it is validated to be approved; the report says so. Raises what reading the
    model and the firms raises; BadFile where no firm has a known outcome, or none of either kind; OutputError.
    """
    model = read_model(request.model, trusted=request.trusted, allow_unapproved=True)
    found = policy.read("model_monitoring", region=request.region, on=request.on)
    limits = policy.bind(found, ModelLimits)
    progress("reading")
    firms = read_firms(request.source)
    progress(f"{firms.rows:,} firms, {int(firms.known.sum()):,} with an outcome; drawing them again and again")
    report = {
        "format": FORMAT,
        "model": model.basis,
        "synthetic": firms.synthetic or model.is_synthetic,
        "on": request.on.isoformat(),
        "data": data_of(firms, source=request.source),
        **_figures(model, firms=firms, limits=limits, on=request.on, groups=request.groups),
        "citations": [{**asdict(x), "since": x.since.isoformat()} for x in found.citations],
    }
    if request.out is not None:
        write_report(request.out, report=report, name=REPORT)
    return report


def write_report(out: Path, *, report: Any, name: str) -> None:
    """Write one JSON report as a result folder (写出报告); raises OutputError."""
    with open_result_folder(out, marker=name) as place:
        result = place.unfinished / "result"
        result.mkdir()
        (result / name).write_bytes(report_content(report))
        place.put(result)


def report_content(report: Any) -> bytes:
    """A report as a file (报告内容); the same report is the same bytes."""
    return (json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def data_of(firms: Firms, *, source: Source) -> dict[str, Any]:
    """What a report rests on (数据依据): files with their sha256, rows, outcomes."""
    return {
        "files": [{"file": name, "sha256": digest} for name, digest in firms.files],
        "rows": firms.rows,
        "with_outcome": int(firms.known.sum()),
        "defaults": int(firms.outcome[firms.known].sum()),
        "outcomes_without_firm": firms.unmatched,
        "weighted_by": source.weight,
        "prior": source.prior,
        "time": source.time,
        "periods": sorted(set(firms.periods) - {""}),
    }


def check_outcomes(firms: Firms) -> Firms:
    """The firms with a known outcome (有结果的企业); raises BadFile where there are not both kinds."""
    known = firms.with_outcome()
    if not known.rows or not known.outcome.any() or known.outcome.all():
        raise BadFile("a validation needs firms that defaulted and firms that did not; name their outcomes", field="outcomes")
    return known


def _figures(model: Model, *, firms: Firms, limits: ModelLimits, on: date, groups: Sequence[str]) -> dict[str, Any]:
    reader = TableReader(model.table, on=on)
    scored = reader.score(reader.cells(firms.columns))
    known = check_outcomes(firms)
    judged = reader.score(reader.cells(known.columns))
    curves = draw_curves(
        model.table,
        scored=judged,
        outcome=known.outcome,
        weight=known.weight,
        periods=known.periods,
    )
    figures = measure(judged, outcome=known.outcome, weight=known.weight)
    columns = group_columns(model.table, firms=firms, wanted=groups)
    return {
        "figures": figures,
        "against_training": judge_auc(trained_auc(model), now=_interval(figures["auc"]), limits=limits),
        "coverage": _coverage(curves["calibration"], limits=limits),
        "curves": curves,
        "score": score_drift(model, scored=scored, weight=firms.weight, limits=limits),
        "fields": field_drift(model, scored=scored, weight=firms.weight, limits=limits),
        "groups": judge_groups(model.table, firms=firms, scored=scored, columns=columns, limits=limits),
        "missing": missing_effects(model, reader=reader, scored=judged, firms=known),
    }


def _interval(found: Mapping[str, float | None]) -> Interval:
    return Interval(*(nan if (x := found[key]) is None else x for key in ("value", "low", "high")))


def trained_auc(model: Model) -> float | None:
    """The AUC of the training as metrics.json tells it (训练时的AUC), or None."""
    metrics = model.document("metrics.json")
    found = metrics.get("auc") if isinstance(metrics, dict) else None
    return float(found) if isinstance(found, (int, float)) else None


def _coverage(bins: Sequence[dict[str, Any]], *, limits: ModelLimits) -> dict[str, Any]:
    held = sum(x["holds"] for x in bins)
    share = held / len(bins)
    return {"held": held, "bins": len(bins), "share": rounded(share), "light": limits.coverage.light(as_decimal(share)).value}


def missing_effects(model: Model, *, reader: TableReader, scored: Scored, firms: Firms) -> list[dict[str, Any]]:
    """What the loss of each field would do (字段缺失影响): points, probability, ranking, firms that change grade."""
    total = firms.weight.sum()
    before = Ranking(-scored.points, outcome=firms.outcome).auc(firms.weight)
    rows = []
    for field in model.table.fields:
        without = reader.without(scored, field=field.name)
        rows.append({
            "field": field.name,
            "zh": field.zh,
            "missing_now": rounded(float((firms.weight * (scored.cells[field.name] == field.missing_cell)).sum() / total)),
            "points": rounded(float((firms.weight * (without.points - scored.points)).sum() / total)),
            "mean_pd": rounded(float((firms.weight * (without.pd - scored.pd)).sum() / total)),
            "auc": rounded(Ranking(-without.points, outcome=firms.outcome).auc(firms.weight) - before),
            "other_grade": rounded(float((firms.weight * (without.grades != scored.grades)).sum() / total)),
        })  # fmt: skip
    return sorted(rows, key=lambda x: (x["auc"] or 0.0, x["field"]))
