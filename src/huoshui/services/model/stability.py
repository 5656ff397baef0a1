"""How far firms have moved away from those of the training (稳定性): score, fields and gaps against curves.json."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from huoshui.adapters.validation.drift import chance_index, shares, stability_index
from huoshui.adapters.validation.resampling import Interval
from huoshui.adapters.validation.scoring import Scored
from huoshui.errors import BadModel
from huoshui.rules.model_limits import Band, ModelLimits
from huoshui.services.model.figures import CURVES_FORMAT, as_decimal, rounded, score_shares, shown
from huoshui.services.model.folder import Model
from huoshui.terms import Light

Floats = npt.NDArray[np.float64]
CURVES = "curves.json"
_PARTS = ("rows", "defaults", "score", "fields", "grades", "calibration", "roc", "histogram", "periods")


def trained_curves(model: Model) -> Mapping[str, Any]:
    """The curves of the training (训练曲线); raises BadModel where the folder has none, or of an unknown format."""
    found = model.document(CURVES)
    if not isinstance(found, dict) or found.get("format") != CURVES_FORMAT:
        raise BadModel(f"{model.path / CURVES} is no file of curves; expected `{CURVES_FORMAT}`", field="model")
    if missing := [x for x in _PARTS if x not in found]:
        raise BadModel(f"{model.path / CURVES} has no {missing[0]}", field="model")
    if absent := [x.name for x in model.table.fields if x.name not in found["fields"]]:
        raise BadModel(f"{model.path / CURVES} does not know the field {absent[0]} of the points table", field="model")
    return found


def score_drift(model: Model, *, scored: Scored, weight: Floats, limits: ModelLimits) -> dict[str, Any]:
    """The stability index of the score (评分PSI), without overlay, with its light."""
    curves = trained_curves(model)
    trained = curves["score"]
    now = score_shares(scored.plain_points, edges=trained["edges"], weight=weight)
    index = stability_index(trained["shares"], actual=now)
    return {
        "psi": rounded(index),
        "by_chance": rounded(chance := chance_index(len(now), before=curves["rows"], now=len(weight))),
        "light": _light(limits.psi, index, chance=chance),
        "edges": trained["edges"],
        "trained": trained["shares"],
        "now": [rounded(x) for x in now],
    }


def field_drift(model: Model, *, scored: Scored, weight: Floats, limits: ModelLimits) -> list[dict[str, Any]]:
    """The stability index of every field and the rise of its gaps (字段CSI与缺失率), each with its light, worst first."""
    curves = trained_curves(model)
    trained = curves["fields"]
    rows = []
    for field in model.table.fields:
        before = trained[field.name]
        if len(before) != field.missing_cell + 1:
            raise BadModel(f"{model.path / CURVES} has {len(before)} cells of {field.name}, the points table another number")
        now = shares(scored.cells[field.name], bins=len(before), weight=weight)
        index, rise = stability_index(before, actual=now), now[-1] - before[-1]
        chance = chance_index(len(now), before=curves["rows"], now=len(weight))
        rows.append({
            "field": field.name,
            "zh": field.zh,
            "en": field.en,
            "csi": rounded(index),
            "by_chance": rounded(chance),
            "light": _light(limits.csi, index, chance=chance),
            "missing_trained": rounded(before[-1]),
            "missing_now": rounded(now[-1]),
            "missing_light": limits.missing_rise.light(as_decimal(rise)).value,
            "points_moved": rounded(sum((a - b) * p for a, b, p in zip(now, before, field.all_points, strict=True))),
            "trained": before,
            "now": [rounded(x) for x in now],
        })  # fmt: skip
    return sorted(rows, key=lambda x: (-(x["csi"] or 0.0), x["field"]))


def judge_auc(trained: float | None, *, now: Interval, limits: ModelLimits) -> dict[str, Any]:
    """How far the AUC fell since the training (AUC下降), with its light, green while the interval holds the trained one."""
    drop = trained - now.value if trained is not None and isfinite(now.value) else None
    held = trained is not None and trained <= now.high
    light = Light.GREEN if held and drop is not None else limits.auc_drop.light(as_decimal(drop))
    return {
        "auc": shown(now),
        "auc_trained": trained,
        "auc_drop": None if drop is None else rounded(drop),
        "light": light.value,
    }


def _light(band: Band, index: float, *, chance: float) -> str:
    """What may be chance is no alarm."""
    return (Light.GREEN if index <= chance else band.light(as_decimal(index))).value
