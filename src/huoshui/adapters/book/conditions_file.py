"""Side conditions of a book (组合附加条件): a YAML list, each with whom it is about and what is asked.

    - name: 涉农贷款不少于 20 户
      where: {industry: [A*]}          # columns of the ratings; a value, a list of values, or a beginning with *
      at_least: {firms: 20}
    - name: 房地产占比不超过 5%
      where: {industry: [K*]}
      at_most: {share: "0.05"}
    - at_most: {expected_loss: "0.03"}

`firms` counts loans, `amount` is yuan and `share` a part of all money, both as the budget counts it, and `expected_loss` is a
part of what these firms draw. A firm of which the column says nothing never helps: it does not count towards a least, and
counts towards a most.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml

from huoshui.adapters.book.market import Flags
from huoshui.errors import BadFile, BadRequest
from huoshui.money import FEN_PER_YUAN

MEASURES: Final = ("firms", "amount", "share", "expected_loss")
_SENSES: Final = ("at_least", "at_most")
_MOST: Final = 50
_MOST_OF_ANY: Final = 10**13


@dataclass(frozen=True, slots=True)
class Condition:
    """One side condition (附加条件): `limit` is a count, fen, or a fraction, by the measure."""

    name: str
    where: Mapping[str, tuple[str, ...]]
    at_least: bool
    measure: str
    limit: Decimal


def read_conditions(path: Path) -> tuple[Condition, ...]:
    """The side conditions of a file (读取附加条件); raises BadFile or BadRequest."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise BadFile(f"{path} cannot be read; expected a YAML file of side conditions", field="covenants") from error
    except yaml.YAMLError as error:
        raise BadFile(f"{path} is not readable as YAML: {' '.join(str(error).split())[:200]}", field="covenants") from error
    if not isinstance(found, list) or not 0 < len(found) <= _MOST:
        raise BadFile(f"{path} must be a list of 1 to {_MOST} side conditions", field="covenants")
    return tuple(read_condition(x, place=place) for place, x in enumerate(found, 1))


def read_condition(given: Any, *, place: int) -> Condition:
    """One side condition from its mapping (解析附加条件); raises BadRequest."""
    if not isinstance(given, dict) or given.keys() - {"name", "where", *_SENSES}:
        raise _wrong(place, "expected name, where, and at_least or at_most")
    senses = [x for x in _SENSES if x in given]
    if len(senses) != 1 or not isinstance(given[senses[0]], dict) or len(given[senses[0]]) != 1:
        raise _wrong(place, "expected one of at_least and at_most with one measure")
    measure, value = next(iter(given[senses[0]].items()))
    if measure not in MEASURES or (measure == "expected_loss" and senses[0] == "at_least"):
        raise _wrong(place, f"the measure must be one of {', '.join(MEASURES)}; a least expected loss has no sense")
    where = given.get("where") or {}
    if not isinstance(where, dict) or not all(isinstance(x, str) for x in where):
        raise _wrong(place, "where must map columns to values")
    limit = _limit(value, measure=measure, place=place)
    name = str(given.get("name") or f"{senses[0]} {measure} {value}")
    return Condition(name, {key: _values(x) for key, x in where.items()}, senses[0] == "at_least", measure, limit)


def matching(condition: Condition, *, columns: Mapping[str, pa.Array], count: int) -> Flags:
    """The firms that a condition is about (条件适用的主体)."""
    found = np.ones(count, np.bool_)
    for column, values in condition.where.items():
        text = columns[column].cast(pa.string())
        pattern = "^(?:" + "|".join(_pattern(x) for x in values) + ")$"
        hit = pc.match_substring_regex(text, pattern).fill_null(not condition.at_least)
        found &= np.asarray(hit.to_numpy(zero_copy_only=False), np.bool_)
    return found


def columns_of(conditions: Sequence[Condition]) -> tuple[str, ...]:
    """The columns that conditions look at (条件涉及的列)."""
    return tuple(dict.fromkeys(column for x in conditions for column in x.where))


def _limit(value: object, *, measure: str, place: int) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise _wrong(place, f"{measure} must be a whole number or a decimal in quotes, got {value!r}")
    try:
        limit = Decimal(value)
    except InvalidOperation:
        raise _wrong(place, f"{measure} must be a number, got {value!r}") from None
    if limit.is_finite() and limit > _MOST_OF_ANY:
        raise _wrong(place, f"{measure} is at most {_MOST_OF_ANY:,}, got {value!r}")
    if not limit.is_finite() or limit < 0 or (measure == "firms" and limit != int(limit)):
        raise _wrong(place, f"{measure} must be zero or more, got {value!r}")
    if measure in ("share", "expected_loss") and limit > 1:
        raise _wrong(place, f"{measure} is a fraction such as 0.05, got {value!r}")
    return limit * FEN_PER_YUAN if measure == "amount" else limit


def _values(given: object) -> tuple[str, ...]:
    values = given if isinstance(given, list) else [given]
    return tuple(str(x).lower() if isinstance(x, bool) else str(x) for x in values)


def _pattern(value: str) -> str:
    return f"{re.escape(value[:-1])}.*" if value.endswith("*") else re.escape(value)


def _wrong(place: int, what: str) -> BadRequest:
    return BadRequest(f"side condition {place}: {what}", field="covenants")
