"""The summary of a screening (筛查汇总): every figure of summary.json and summary.html."""

from dataclasses import asdict
from typing import Any, Final

import numpy.typing as npt

from huoshui.adapters.registers.screening.firm_file import Counts
from huoshui.adapters.registers.screening.job import Screened
from huoshui.adapters.registers.screening.standard import LINK_METHODS
from huoshui.rules.screening import REASONS, SIZES
from huoshui.services.screening.basis import ScreeningBasis
from huoshui.services.screening.request import ScreeningRequest
from huoshui.terms import Reason

_CODES: Final = tuple(x.value for x in REASONS)
_STEPS: Final = (
    ("firms", "主体（去除旧记录）", "firms, older records left out", (Reason.SUPERSEDED,)),
    ("registered", "登记状态存续", "registered and not suspended", (Reason.CLOSED, Reason.SUSPENDED)),
    ("target", "属于服务对象", "of a type that is served", (Reason.NON_TARGET,)),
    ("active", "有经营活动迹象", "with a sign of activity", (Reason.INACTIVE,)),
    ("small", "小微规模", "small or micro", (Reason.TOO_LARGE, Reason.NOT_COVERED)),
    ("admitted", "不在排除名单", "not on an exclusion list", (Reason.EXCLUDED,)),
    ("listed", "无贷户名单", "no loan: on the list", (Reason.HAS_LOAN, Reason.LOAN_UNKNOWN)),
)


def summarize(
    request: ScreeningRequest,
    basis: ScreeningBasis,
    *,
    screened: Screened,
    counts: Counts,
    links: dict[str, Any],
    synthetic: bool,
) -> dict[str, Any]:
    """All figures of a screening (汇总)."""
    return {
        "synthetic": synthetic,
        "region": request.region,
        "on": request.on.isoformat(),
        "engine": request.engine.value,
        "rule": {"name": request.rule, "definition": basis.definition, "definition_en": basis.definition_en},
        "rows_read": screened.rows_read,
        "outside_region": screened.outside,
        "universe": counts.universe,
        "duplicates": counts.duplicates,
        "listed": counts.listed,
        "by_reason": _by_reason(counts.by_verdict),
        "by_any_reason": _by_reason(counts.by_any_reason),
        "by_region": {f"{code:06d}": _group(row) for code, row in sorted(counts.by_region.items())},
        "by_industry": {f"{code:02d}": _group(row) for code, row in sorted(counts.by_division.items())},
        "by_size": {size.value: int(n) for size, n in zip(SIZES, counts.by_size, strict=True) if n},
        "by_link": {method.value: int(n) for method, n in zip(LINK_METHODS, counts.by_link, strict=True) if n},
        "linked": links,
        "funnel": _funnel(counts),
        "citations": [{**asdict(x), "since": x.since.isoformat()} for x in basis.citations],
        "changes": None,
        "accuracy": None,
        "buckets": screened.buckets,
    }


def _by_reason(row: npt.NDArray[Any]) -> dict[str, int]:
    return dict(zip(_CODES, row.tolist(), strict=True))


def _group(row: npt.NDArray[Any]) -> dict[str, Any]:
    return {
        "universe": int(row.sum()),
        "listed": int(row[REASONS.index(Reason.NO_LOAN)]),
        "by_reason": {reason: n for reason, n in _by_reason(row).items() if n},
    }


def _funnel(counts: Counts) -> list[dict[str, Any]]:
    """From all rows to the list: what is left after each step, and what fell out at it."""
    by_reason = _by_reason(counts.by_verdict)
    left = counts.universe
    found: list[dict[str, Any]] = [{"step": "universe", "zh": "登记记录", "en": "registry rows", "count": left, "left": {}}]
    for step, zh, en, reasons in _STEPS:
        fell = {x.value: by_reason[x.value] for x in reasons if by_reason[x.value]}
        left -= sum(fell.values())
        found.append({"step": step, "zh": zh, "en": en, "count": left, "left": fell})
    return found
