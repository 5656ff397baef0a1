"""What kept facts were made by (已存事实的依据): what is inside the facts and cannot be changed without a full run."""

import json
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from huoshui import policy
from huoshui.errors import BadFile, OutputError
from huoshui.rules.size_class import industry_rows
from huoshui.services.screening.basis import ScreeningBasis
from huoshui.services.screening.request import ScreeningRequest

FACTS: Final = "facts"
FORMAT: Final = "huoshui facts 1"
_BASIS: Final = "basis.json"
_LOAN_RECORDS: Final = ("counted_kinds", "current_only", "lookback_months")


@dataclass(frozen=True, slots=True)
class KeptBasis:
    """By what facts were made (事实依据): rule, region, day, the values that are inside them by name, and `judged_by`."""

    rule: str
    region: str
    on: date
    inside: dict[str, Any]
    judged_by: dict[str, Any]


def begin_facts(request: ScreeningRequest, basis: ScreeningBasis, *, folder: Path) -> Path | None:
    """Make the folder for the facts and say by what they are made (建立事实目录); None where they are not wanted."""
    if not request.keep_facts:
        return None
    from huoshui.adapters.registers.screening.facts_file import judged_by  # noqa: PLC0415 -- heavy, and few runs keep facts

    facts = folder / FACTS
    written = {
        "format": FORMAT,
        "rule": request.rule,
        "region": request.region,
        "on": request.on.isoformat(),
        "judged_by": judged_by(basis.rule),
        "inside": values_inside(request.rule, region=request.region, on=request.on, basis=basis),
    }
    try:
        facts.mkdir()
        (facts / _BASIS).write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot write to {request.out}: {error.strerror or error}") from error
    return facts


def read_kept_basis(folder: Path) -> KeptBasis:
    """By what the facts of a screening were made (读取事实依据); raises BadFile where `folder` keeps none."""
    path = folder / FACTS / _BASIS
    if not path.is_file():
        raise BadFile(f"{folder} keeps no facts; expected the result of `huoshui screen --keep-facts`", field="facts")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["format"] != FORMAT:
            raise BadFile(f"{path} has the format {found['format']!r}; expected {FORMAT!r}: screen again", field="facts")
        return KeptBasis(found["rule"], found["region"], date.fromisoformat(found["on"]), found["inside"], found["judged_by"])
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise BadFile(f"{path} cannot be read; expected what `huoshui screen --keep-facts` wrote", field="facts") from error


def values_inside(rule: str, *, region: str, on: date, basis: ScreeningBasis) -> dict[str, Any]:
    """The policy values that decide the facts themselves (事实所含的政策取值), as JSON has them."""
    loans = policy.read("no_loan", region=region, on=on)[rule]
    lists = policy.read("exclusion_lists", region=region, on=on)
    sizes = basis.rule.sizes
    industries = json.dumps([[x.code for x in sizes.rows], sorted(industry_rows(sizes).items())], ensure_ascii=False)
    found = {
        "activity.tax_sales_months": policy.read("activity", region=region, on=on)["tax_sales_months"],
        f"no_loan.{rule}": {x: loans[x] for x in _LOAN_RECORDS},
        "exclusion_lists": {x: lists[x] for x in lists.fields},
        "size_class.industries": sha256(industries.encode()).hexdigest(),
    }
    as_json: dict[str, Any] = json.loads(json.dumps(found, default=str))
    return as_json
