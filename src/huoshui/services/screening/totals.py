"""Totals carried from night to night (累计统计): the former ones, less the changed rows as they were, plus as they are."""

from typing import Any

import numpy as np
import numpy.typing as npt

from huoshui.adapters.registers.screening.firm_file import Counts, count_rows
from huoshui.rules.screening import EXACT_DUPLICATE

_GROUPS = ("by_region", "by_division")
_ROWS = ("by_verdict", "by_any_reason", "by_size", "by_link")
_NUMBERS = ("universe", "listed", "duplicates")


def as_json(counts: Counts) -> dict[str, Any]:
    """Counts as JSON has them (统计转文本)."""
    found: dict[str, Any] = {x: int(getattr(counts, x)) for x in _NUMBERS}
    found |= {x: getattr(counts, x).tolist() for x in _ROWS}
    return found | {x: {str(key): row.tolist() for key, row in getattr(counts, x).items()} for x in _GROUPS}


def from_json(found: dict[str, Any]) -> Counts:
    """What `as_json` wrote (文本转统计)."""
    counts = Counts(**{x: found[x] for x in _NUMBERS})
    for name in _ROWS:
        setattr(counts, name, np.array(found[name], np.int64))
    for name in _GROUPS:
        getattr(counts, name).update({int(key): np.array(row, np.int64) for key, row in found[name].items()})
    return counts


def carry(counts: Counts, *, before: npt.NDArray[Any], now: npt.NDArray[Any]) -> Counts:
    """The counts after some records changed (结转): `before` those that were there, `now` all that are."""
    less, more = _counted(before), _counted(now)
    carried = Counts()
    for name in (*_NUMBERS, *_ROWS):
        setattr(carried, name, getattr(counts, name) - getattr(less, name) + getattr(more, name))
    for name in _GROUPS:
        into, gone, come = (getattr(x, name) for x in (carried, less, more))
        into.update(getattr(counts, name))
        for key in {**gone, **come}:
            into[key] = into.get(key, 0) - gone.get(key, 0) + come.get(key, 0)
            if not into[key].any():
                del into[key]
    return carried


def _counted(found: npt.NDArray[Any]) -> Counts:
    counts = Counts()
    is_copy = found["record_state"] == EXACT_DUPLICATE
    firms = found[~is_copy]
    if len(firms):
        count_rows(counts, firms)
    counts.duplicates = int(is_copy.sum())
    return counts
