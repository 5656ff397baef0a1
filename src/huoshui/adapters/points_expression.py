"""The points table over a register (批量评分表达式): one Ibis expression, run by DuckDB on one machine and by Spark on many.

The one-firm reader is `rules/points_table.py`; a property test holds the two together, at the cuts and for what is missing.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

import ibis
import ibis.expr.types as ir

from huoshui.errors import BadFile
from huoshui.rules.points_table import Field, Kind, Pair, PointsTable, Reader

_PROBABILITY: Final = "decimal(9, 8)"


def score_register(firms: ir.Table, *, table: PointsTable, keep: Sequence[str] = (), on: date | None = None) -> ir.Table:
    """Firms with `points`, `pd`, `pd_low`, `pd_high` and `grade` (批量评分), and the columns to `keep`, such as the id.

    `on` picks the overlay. Raises BadFile for a column that is absent, or of a kind that its field is not compared with.
    """
    values = {x.name: _value(firms, x) for x in table.fields}
    base = Reader(table, on=on).base
    points: Any = ibis.literal(base, "int64")
    for field in table.fields:
        points = points + _by_cell(field, values[field.name], field.all_points, _whole)
    for pair in table.pairs:
        points = points + _of_pair(pair, table=table, values=values)
    scored = firms.select(*keep, points=points.cast("int64"))
    return scored.join(_lookup(table, base=base), "points").select(*keep, "points", "pd", "pd_low", "pd_high", "grade")


def _lookup(table: PointsTable, *, base: int) -> ir.Table:
    """What every number of points that can come about means: joined, since Ibis would write the sum of points at each use."""
    worths = [x.all_points for x in table.fields] + [[y for row in x.points for y in row] for x in table.pairs]
    low, high = (base + sum(map(extreme, worths)) for extreme in (min, max))
    every = ibis.range(low, high + 1).unnest().name("points").as_table()
    steps = [x.from_points for x in table.pd_steps[1:]]
    grades = [x.from_points for x in table.grades[1:]]
    return every.select(
        points=every.points.cast("int64"),
        pd=_by_span(every.points, steps, [_decimal(x.pd) for x in table.pd_steps]),
        pd_low=_by_span(every.points, steps, [_decimal(x.low) for x in table.pd_steps]),
        pd_high=_by_span(every.points, steps, [_decimal(x.high) for x in table.pd_steps]),
        grade=_by_span(every.points, grades, [ibis.literal(x.code) for x in table.grades]),
    )


def _of_pair(pair: Pair, *, table: PointsTable, values: Mapping[str, Any]) -> Any:
    """The points of two fields together: the row by the first, in it the column by the second."""
    first, second = table.field(pair.first), table.field(pair.second)

    def row(group: int) -> Any:
        worth = [pair.points[group][x] for x in pair.second_groups]
        return _by_cell(second, values[pair.second], worth, _whole)

    return _by_cell(first, values[pair.first], pair.first_groups, row)


def _whole(value: int) -> Any:
    return ibis.literal(value, "int32")


def _value(firms: ir.Table, field: Field) -> Any:
    """The column as the field is compared: binary64, or text."""
    if field.name not in firms.columns:
        raise BadFile(f"the features have no column {field.name}, which the model needs", field=field.name)
    column = firms[field.name]
    kind = column.type()
    if kind.is_null():
        return column.cast("float64" if field.kind is Kind.NUMBER else "string")
    if field.kind is Kind.NUMBER and (kind.is_numeric() or kind.is_boolean()):
        return column.cast("int8").cast("float64") if kind.is_boolean() else column.cast("float64")
    if field.kind is Kind.CATEGORY and (kind.is_string() or kind.is_integer() or kind.is_boolean()):
        return column.cast("string")
    wanted = "numbers" if field.kind is Kind.NUMBER else "text, whole numbers or truth values"
    raise BadFile(f"the column {field.name} is of type {kind}; the model compares it with {wanted}", field=field.name)


def _by_cell(field: Field, value: Any, keys: Sequence[int], answer: Callable[[int], Any]) -> Any:
    """The answer for the key of the cell that a value lies in; cells of one key are asked for together."""
    missing = answer(keys[field.missing_cell])
    if field.kind is Kind.NUMBER:
        starts = [i for i in range(len(field.cuts)) if keys[i] != keys[i + 1]]
        cuts = [ibis.literal(repr(float(field.cuts[i]))).cast("float64") for i in starts]
        known = _by_span(value, cuts, [answer(keys[i]) for i in (*starts, len(field.cuts))])
        return ibis.ifelse(value.isnull() | value.isnan(), missing, known)
    members: dict[int, list[str]] = {}
    for group, key in zip(field.groups, keys, strict=False):
        members.setdefault(key, []).extend(group)
    other = keys[len(field.groups)]
    found: Any = answer(other)
    for key, words in members.items():
        if key != other:
            found = ibis.ifelse(value.isin(words), answer(key), found)
    return ibis.ifelse(value.isnull(), missing, found)


def _by_span(value: Any, starts: Sequence[Any], answers: Sequence[Any]) -> Any:
    """The answer of the span that a value lies in, found by halving: a value at a start lies above it."""
    if not starts:
        return answers[0]
    middle = len(starts) // 2
    below = _by_span(value, starts[:middle], answers[: middle + 1])
    above = _by_span(value, starts[middle + 1 :], answers[middle + 1 :])
    return ibis.ifelse(value >= starts[middle], above, below)


def _decimal(value: Decimal) -> Any:
    return ibis.literal(value, _PROBABILITY)
