"""The card of a model (模型卡): page and PDF, Chinese and English, from the folder and, where there is one, a validation."""

import json
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from huoshui.adapters.model_card.content import CardData, make_card
from huoshui.adapters.model_card.page import render_page
from huoshui.adapters.model_card.pdf import render_pdf
from huoshui.adapters.result_folder import open_result_folder
from huoshui.adapters.signing import key_id
from huoshui.errors import BadFile
from huoshui.services.model.folder import Model, read_model
from huoshui.services.model.stability import trained_curves
from huoshui.services.model.validate import FORMAT, REPORT

NAMES: Final = {"zh": "card", "en": "card.en"}
MARKER: Final = "card.html"
_EPOCH: Final = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class CardRequest:
    """Which model's card (模型卡请求); `validation` is a folder of `huoshui model validate`."""

    model: Path
    out: Path
    validation: Path | None = None
    trusted: Path | None = None


def write_card(request: CardRequest) -> dict[str, Any]:
    """Write card.html, card.en.html, card.pdf and card.en.pdf (生成模型卡); the same model gives the same bytes.

    An unapproved model has a card too, which says so on every page. Raises what reading the model raises; BadFile for a
    validation that is none, or is of another model; OutputError.
    """
    model = read_model(request.model, trusted=request.trusted, allow_unapproved=True)
    validation = read_validation(request.validation, model=model) if request.validation else None
    data = CardData(
        table=model.table,
        basis=model.basis,
        acts=[
            {
                "act": x.act.value,
                "by": x.by,
                "on": x.on.isoformat(),
                "key_id": key_id(x.public_key),
                "reason": x.reason,
                "overridden": list(x.overridden),
            }
            for x in model.acts
        ],
        metrics=model.document("metrics.json"),
        training=model.training,
        curves=trained_curves(model),
        validation=validation,
        files={name: sha256(content).hexdigest() for name, content in model.files.items()},
    )
    files = _rendered(data, on=max((x.on for x in model.acts), default=_EPOCH))
    with open_result_folder(request.out, marker=MARKER) as place:
        result = place.unfinished / "result"
        result.mkdir()
        for name, content in files.items():
            (result / name).write_bytes(content)
        place.put(result)
    return {**model.basis, "files": {name: sha256(content).hexdigest() for name, content in files.items()}}


def read_validation(folder: Path, *, model: Model) -> dict[str, Any]:
    """The report of a validation of exactly this model (读取验证报告); raises BadFile."""
    try:
        found = json.loads((folder / REPORT).read_bytes())
    except (OSError, ValueError) as error:
        raise BadFile(f"{folder} holds no readable {REPORT}; expected a validation", field="validation") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise BadFile(f"{folder / REPORT} is no validation; expected `{FORMAT}`", field="validation")
    if found["model"]["sha256"] != model.sha256:
        raise BadFile(f"{folder / REPORT} is a validation of another model; expected one of {model.path}", field="validation")
    return found


def _rendered(data: CardData, *, on: date) -> dict[str, bytes]:
    zh, en = make_card(data, language="zh"), make_card(data, language="en")
    return {
        f"{NAMES['zh']}.html": render_page(zh, other=f"{NAMES['en']}.html").encode(),
        f"{NAMES['en']}.html": render_page(en, other=f"{NAMES['zh']}.html").encode(),
        f"{NAMES['zh']}.pdf": render_pdf(zh, on=on),
        f"{NAMES['en']}.pdf": render_pdf(en, on=on),
    }
