"""The points table as plain data (评分表的数据形式): what YAML and JSON hold, and back, checked on the way."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from huoshui.errors import BadModel
from huoshui.rules.points_table import Field, Grade, Kind, Overlay, Pair, PdStep, PointsTable, Role, SignedLeak

FORMAT: Final = "huoshui points table 1"
_FIELD_KEYS: Final = frozenset(
    "name kind zh en unit direction actionable role cuts groups points missing other neutral".split()
)
_MOST_POINTS: Final = 10**6
_TABLE_KEYS: Final = frozenset(
    "format name version outcome doubling base fields pairs grades probabilities overlays signed_leaks".split()
)


def as_data(table: PointsTable) -> dict[str, Any]:
    """The table as dicts, lists, texts and whole numbers (转为数据); decimals as text, so that nothing is lost."""
    data: dict[str, Any] = {
        "format": FORMAT,
        "name": table.name,
        "version": table.version,
        "outcome": table.outcome,
        "doubling": table.doubling,
        "base": table.base,
        "fields": [_field_data(x) for x in table.fields],
        "pairs": [
            {
                "fields": [x.first, x.second],
                "rows": list(x.first_groups),
                "columns": list(x.second_groups),
                "points": [list(row) for row in x.points],
            }
            for x in table.pairs
        ],
        "grades": [[x.code, x.from_points] for x in table.grades],
        "probabilities": [[x.from_points, _text(x.pd), _text(x.low), _text(x.high)] for x in table.pd_steps],
        "overlays": [{"since": x.since.isoformat(), "points": x.points, "reason": x.reason} for x in table.overlays],
        "signed_leaks": [{"field": x.field, "alarm": x.alarm, "reason": x.reason, "by": x.by} for x in table.signed_leaks],
    }
    return data


def from_data(data: object) -> PointsTable:
    """The table of such data (由数据还原). Raises BadModel when something is missing, unknown, or of another kind."""
    try:
        return _table(_mapping(data, "the points table"))
    except (KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise BadModel(f"the points table cannot be read: {type(error).__name__} {error}") from error


def _table(data: Mapping[str, Any]) -> PointsTable:
    if data.get("format") != FORMAT:
        raise BadModel(f"the points table is of format {data.get('format')!r}; expected {FORMAT!r}", field="format")
    if unknown := set(data) - _TABLE_KEYS:
        raise BadModel(f"the points table has an unknown entry {min(unknown)!r}", field=min(unknown))
    return PointsTable(
        name=_word(data["name"]),
        version=_word(data["version"]),
        outcome=_word(data["outcome"]),
        doubling=_whole(data["doubling"]),
        base=_whole(data["base"]),
        fields=tuple(_field(_mapping(x, "a field")) for x in data["fields"]),
        pairs=tuple(_pair(_mapping(x, "a pair")) for x in data["pairs"]),
        grades=tuple(Grade(_word(code), _whole(start)) for code, start in data["grades"]),
        pd_steps=tuple(
            PdStep(_whole(start), *map(_decimal, (pd, low, high))) for start, pd, low, high in data["probabilities"]
        ),
        overlays=tuple(
            Overlay(date.fromisoformat(x["since"]), _whole(x["points"]), _word(x["reason"])) for x in data["overlays"]
        ),
        signed_leaks=tuple(
            SignedLeak(*(_word(x[key]) for key in ("field", "alarm", "reason", "by"))) for x in data["signed_leaks"]
        ),
    )


def _field_data(field: Field) -> dict[str, Any]:
    number = field.kind is Kind.NUMBER
    return {
        "name": field.name,
        "kind": field.kind.value,
        "zh": field.zh,
        "en": field.en,
        "unit": field.unit,
        "direction": field.direction,
        "actionable": field.actionable,
        "role": field.role.value,
        **({"cuts": [_text(x) for x in field.cuts]} if number else {"groups": [list(x) for x in field.groups]}),
        "points": list(field.points),
        "missing": field.missing,
        **({} if number else {"other": field.other}),
        "neutral": field.neutral,
    }


def _field(data: Mapping[str, Any]) -> Field:
    if unknown := set(data) - _FIELD_KEYS:
        raise BadModel(f"a field has an unknown entry {min(unknown)!r}", field=min(unknown))
    return Field(
        name=_word(data["name"]),
        kind=Kind(data["kind"]),
        zh=_word(data["zh"]),
        en=_word(data["en"]),
        unit=_word(data["unit"]),
        direction=_whole(data["direction"]),
        actionable=_truth(data["actionable"]),
        role=Role(data["role"]),
        cuts=tuple(map(_decimal, data.get("cuts", ()))),
        groups=tuple(tuple(map(_word, group)) for group in data.get("groups", ())),
        points=_whole_row(data["points"]),
        missing=_whole(data["missing"]),
        other=_whole(data.get("other", 0)),
        neutral=_whole(data["neutral"]),
    )


def _pair(data: Mapping[str, Any]) -> Pair:
    first, second = map(_word, data["fields"])
    points = tuple(_whole_row(row) for row in data["points"])
    return Pair(first, second, _whole_row(data["rows"]), _whole_row(data["columns"]), points)


def _text(value: Decimal) -> str:
    return format(value, "f")


def _mapping(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(x, str) for x in value):
        raise BadModel(f"{what} must be a mapping of names, not {type(value).__name__}")
    return value


def _whole_row(values: Sequence[object]) -> tuple[int, ...]:
    return tuple(map(_whole, values))


def _whole(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _MOST_POINTS:
        return value
    raise BadModel(f"{value!r} is not a whole number up to {_MOST_POINTS:,}; points and cells are")


def _decimal(value: object) -> Decimal:
    if isinstance(value, str) and (found := Decimal(value)).is_finite():
        return found
    raise BadModel(f"{value!r} is not a decimal written as text, such as '0.125'")


def _word(value: object) -> str:
    if isinstance(value, str):
        return value
    raise BadModel(f"{value!r} is not a text; quote it")


def _truth(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise BadModel(f"{value!r} is neither true nor false")
