"""Watch a model in use (监测模型): drift, level and advice, with lights; a history that only grows; alarms.

Every line of history.jsonl carries the sha256 of the line before, so that a line that was changed or cut out is seen.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from huoshui import policy
from huoshui.adapters.result_folder import find_place
from huoshui.adapters.validation.firms_file import Firms, Source, read_firms
from huoshui.adapters.validation.scoring import Scored, TableReader
from huoshui.errors import BadFile, BadRequest, OutputError
from huoshui.policy.region import NATION
from huoshui.rules.model_limits import Band, ModelLimits, worst
from huoshui.services.model.figures import as_decimal, grade_rows, level_row
from huoshui.services.model.folder import Model, read_model
from huoshui.services.model.groups import group_auc
from huoshui.services.model.stability import field_drift, judge_auc, score_drift
from huoshui.services.model.training_figures import find_overlay
from huoshui.services.model.validate import data_of, report_content, trained_auc
from huoshui.terms import Light

FORMAT: Final = "huoshui model monitoring 1"
REPORT: Final = "monitoring.json"
HISTORY: Final = "history.jsonl"


@dataclass(frozen=True, slots=True)
class MonitoringRequest:
    """Which model is watched on which firms of which day (监测请求)."""

    model: Path
    source: Source
    on: date
    out: Path
    region: str = NATION
    trusted: Path | None = None
    allow_unapproved: bool = False


def monitor_model(request: MonitoringRequest) -> dict[str, Any]:
    """Watch a model, write monitoring.json and add a line to history.jsonl (监测模型).

    `light` of the report is the worst of all; `alarms` name each red and amber figure. Raises NotApproved as `read_model` does;
    BadRequest for a day before the last one watched; BadFile for a history that was changed; OutputError.
    """
    model = read_model(request.model, trusted=request.trusted, allow_unapproved=request.allow_unapproved)
    history = read_history(request.out)
    _check_day(history, model=model, on=request.on)
    found = policy.read("model_monitoring", region=request.region, on=request.on)
    limits = policy.bind(found, ModelLimits)
    firms = read_firms(request.source)
    reader = TableReader(model.table, on=request.on)
    scored = reader.score(reader.cells(firms.columns))
    report: dict[str, Any] = {
        "format": FORMAT,
        "model": model.basis,
        "synthetic": firms.synthetic or model.is_synthetic,
        "on": request.on.isoformat(),
        "data": data_of(firms, source=request.source),
        "score": score_drift(model, scored=scored, weight=firms.weight, limits=limits),
        "fields": field_drift(model, scored=scored, weight=firms.weight, limits=limits),
        "level": judge_level(model, firms=firms, scored=scored, limits=limits),
        "citations": [{**asdict(x), "since": x.since.isoformat()} for x in found.citations],
    }
    report["alarms"] = _alarms(report)
    report["light"] = worst(tuple(Light(x["light"]) for x in report["alarms"]) or (Light.GREEN,)).value
    _write(request.out, report=report, history=history)
    return report


def judge_level(model: Model, *, firms: Firms, scored: Scored, limits: ModelLimits) -> dict[str, Any] | None:
    """Realised against expected, in all and by grade, AUC, and an overlay that would mend the level (水平评价).

    None where no outcome is known. A grade with too few firms has no light.
    """
    known = firms.known
    if not known.any():
        return None
    outcome, weight = firms.outcome, firms.weight
    total = level_row(scored.pd, outcome=outcome, weight=weight, mask=known)
    total["light"] = _level_light(total, limits=limits)
    judged = Scored(
        scored.points[known], {}, scored.pd[known], scored.low[known], scored.high[known], scored.grades[known], scored.overlay
    )
    grades = grade_rows(model.table, scored=judged, outcome=outcome[known], weight=weight[known])
    for row in grades:
        row["light"] = _level_light(row, limits=limits)
    bad = int(outcome[known].sum())

    def find() -> int:
        cells = {name: x[known] for name, x in scored.cells.items()}
        return find_overlay(model.table, cells=cells, outcome=outcome[known], weight=weight[known]) - scored.overlay

    enough = min(bad, int(known.sum()) - bad) >= limits.least_defaults
    auc = group_auc(judged.points, outcome=outcome[known], weight=weight[known])
    return {
        "all": total,
        "grades": grades,
        "ranking": judge_auc(trained_auc(model) if enough else None, now=auc, limits=limits),
        "advice": advise_overlay(total, band=limits.level, enough=enough, find=find),
    }


def advise_overlay(level: Mapping[str, Any], *, band: Band, enough: bool, find: Callable[[], int]) -> dict[str, Any]:
    """The points by which the level would have to move (水平调整建议): less than 0 where more default than expected.

    `find` tells the points that bring the expected to the realised rate. The advice is 0 where the distance is green or there
    are too few defaults. It moves every firm alike; the ranking stays.
    """
    distance = level["distance"]
    light = band.light(None if distance is None else as_decimal(abs(distance))) if enough else Light.NOT_KNOWN
    return {"points": 0 if light in (Light.GREEN, Light.NOT_KNOWN) else find(), "light": light.value}


def read_history(out: Path) -> tuple[str, ...]:
    """The lines of a monitoring folder's history (监测历史), oldest first; raises BadFile for a line that does not follow."""
    path = find_place(out, marker=HISTORY) / HISTORY
    if not path.is_file():
        return ()
    content = path.read_text(encoding="utf-8")
    lines = tuple(content.splitlines())
    before = ""
    for number, line in enumerate(lines, 1):
        try:
            after = json.loads(line)["after"]
        except (ValueError, KeyError, TypeError) as error:
            raise BadFile(f"line {number} of {path} cannot be read; a history only grows", field="out") from error
        if after != before:
            raise BadFile(f"line {number} of {path} does not follow the line before: the history was changed", field="out")
        before = _link(line)
    _check_end(out, lines)
    return lines


def _check_end(out: Path, lines: Sequence[str]) -> None:
    """The last report knows how many lines there were: a history whose end was cut off is seen."""
    try:
        kept = json.loads((out / REPORT).read_bytes())["history"]
        whole = kept["lines"] <= len(lines) <= kept["lines"] + 1 and _link(lines[kept["lines"] - 1]) == kept["sha256"]
    except FileNotFoundError:
        return
    except (ValueError, KeyError, TypeError) as error:
        raise BadFile(f"{out / REPORT} cannot be read; it tells how long the history was", field="out") from error
    if not whole:
        raise BadFile(f"{out / HISTORY} does not end as {REPORT} says: lines were cut off", field="out")


def _check_day(history: Sequence[str], *, model: Model, on: date) -> None:
    if not history:
        return
    last = json.loads(history[-1])
    if last["name"] != model.table.name:
        raise BadRequest(f"the history is of the model {last['name']}, not of {model.table.name}", field="out")
    if on.isoformat() < last["on"]:
        raise BadRequest(f"the model was watched on {last['on']} already; expected that day or a later one", field="on")


def _level_light(row: Mapping[str, Any], *, limits: ModelLimits) -> str:
    known = row["distance"] is not None and row["rows"] >= limits.least_firms
    return limits.level.light(as_decimal(abs(row["distance"])) if known else None).value


def _alarms(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every amber and red figure, red first."""
    found = [("score", "psi", report["score"]["psi"], report["score"]["light"])]
    for x in report["fields"]:
        found.append((x["field"], "csi", x["csi"], x["light"]))
        found.append((x["field"], "missing", x["missing_now"], x["missing_light"]))
    if level := report["level"]:
        found.append(("all", "level", level["all"]["distance"], level["all"]["light"]))
        found += [(x["grade"], "level", x["distance"], x["light"]) for x in level["grades"]]
        found.append(("all", "auc", level["ranking"]["auc"]["value"], level["ranking"]["light"]))
    rows = [{"what": a, "figure": b, "value": c, "light": d} for a, b, c, d in found if d in (Light.AMBER, Light.RED)]
    return sorted(rows, key=lambda x: x["light"] != Light.RED)


def _write(out: Path, *, report: Mapping[str, Any], history: Sequence[str]) -> None:
    level = report["level"]
    line = {
        "on": report["on"],
        "name": report["model"]["name"],
        "sha256": report["model"]["sha256"],
        "status": report["model"]["status"],
        "synthetic": report["synthetic"],
        "files": [x["sha256"] for x in report["data"]["files"]],
        "rows": report["data"]["rows"],
        "psi": report["score"]["psi"],
        "csi": {x["field"]: x["csi"] for x in report["fields"]},
        "expected": level and level["all"]["expected"],
        "realised": level and level["all"]["realised"],
        "auc": level and level["ranking"]["auc"]["value"],
        "light": report["light"],
        "alarms": [f"{x['light']} {x['figure']} {x['what']}" for x in report["alarms"]],
        "after": _link(history[-1]) if history else "",
    }
    lines = [*history, json.dumps(line, ensure_ascii=False)]
    whole = {**report, "history": {"lines": len(lines), "sha256": _link(lines[-1])}}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in ((HISTORY, ("\n".join(lines) + "\n").encode()), (REPORT, report_content(whole))):
            beside = out / f".{name}.unfinished"
            beside.write_bytes(content)
            beside.replace(out / name)
    except OSError as error:
        raise OutputError(f"cannot write to {out}: {error.strerror or error}", field="out") from error


def _link(line: str) -> str:
    return sha256(line.encode()).hexdigest()
