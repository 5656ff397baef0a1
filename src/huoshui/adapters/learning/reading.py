"""A table of firms with an outcome as a sample to learn from (读取训练数据): Parquet or CSV, outcomes beside or inside.

Rows are put in an order that depends on nothing but what they hold, so a shuffled file gives the same model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from huoshui.adapters.learning.leaks import Alarm, dated_after
from huoshui.adapters.learning.sample import Column, Sample
from huoshui.adapters.learning.source import Source, read_joined
from huoshui.errors import BadFile, BadRequest
from huoshui.rules.outcome_words import is_default
from huoshui.rules.points_table import Kind

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
MOST_LEVELS: Final = 400
_COUNTERS: Final = frozenset(f"rows_{x}" for x in "used repeated void red future unusable clamped".split())


@dataclass(frozen=True, slots=True)
class Rows:
    """Firms with a known outcome in a stable order (训练行): `times` sort as the periods do, `eras` are years or such.

    `source` names every column that was found.
    """

    columns: pa.Table
    outcome: npt.NDArray[np.bool_]
    times: npt.NDArray[np.object_] | None
    eras: tuple[str, ...]
    era: Ints
    files: tuple[tuple[str, str], ...]
    without_outcome: int
    source: Source
    ids: tuple[str, ...] = ()
    synthetic: bool = False
    catalog: str | None = None


def read_rows(source: Source) -> Rows:
    """Read firms and outcomes (读取). Raises BadFile for what cannot be read, and for an outcome that is not yes or no."""
    joined = read_joined(source)
    table, outcome_name, firm = joined.table, joined.outcome, joined.id
    outcome, known = _outcome(table.column(outcome_name), bad=source.bad)
    table = table.append_column("__bad", pa.array(outcome)).filter(pa.array(known))
    if not table.num_rows:
        raise BadFile(f"no row of {source.features} has a known outcome", field="outcome")
    table = _ordered(table, id=firm)
    bad = table.column("__bad").to_numpy(zero_copy_only=False).astype(np.bool_)
    table = table.drop_columns(["__bad", outcome_name])
    times = None if source.time is None else _times(table, source.time)
    ids = tuple(map(str, table.column(firm).to_pylist())) if firm in table.column_names else ()
    words, era = _eras(times, rows=table.num_rows)
    return Rows(
        table, bad, times, words, era, joined.files, int((~known).sum()), joined.source, ids, joined.synthetic, joined.catalog
    )


def make_sample(
    rows: Rows, *, use: Sequence[str], kinds: Mapping[str, Kind], levels: Mapping[str, tuple[str, ...]] | None = None
) -> Sample:
    """The columns as arrays (转为样本). Raises BadFile for a column that is neither numbers nor categories."""
    columns = tuple(_column(rows.columns.column(x), x, kind=kinds.get(x), levels=(levels or {}).get(x)) for x in use)
    return Sample(columns, rows.outcome.astype(np.float64), rows.era, rows.eras)


def usable_fields(rows: Rows, *, leave: Sequence[str], kinds: Mapping[str, Kind]) -> tuple[tuple[str, ...], dict[str, str]]:
    """The columns that a model may use, and why the others are left out (可用字段)."""
    use, left = [], {}
    for name in rows.columns.column_names:
        if name in leave:
            continue
        reason = _side_product(name) or _unusable(rows.columns.column(name), kind=kinds.get(name))
        if reason:
            left[name] = reason
        else:
            use.append(name)
    return tuple(use), left


def find_late_dates(rows: Rows, *, time: str | None, leave: Sequence[str]) -> tuple[Alarm, ...]:
    """Alarms of dates after the decision (晚于决策日的日期字段): by day where the time is a day, else by year."""
    if time is None or rows.times is None:
        return ()
    decided = rows.columns.column(time)
    by_day = pa.types.is_temporal(decided.type)
    found = []
    for name in rows.columns.column_names:
        column = rows.columns.column(name)
        if name in leave or name == time or not pa.types.is_temporal(column.type) or pa.types.is_time(column.type):
            continue
        known = pc.and_(column.is_valid(), decided.is_valid()).to_numpy(zero_copy_only=False)
        days = _days(column) if by_day else _numbers(pc.year(column))
        limit = _days(decided) if by_day else np.array([int(rows.eras[x][:4]) for x in rows.era], np.float64)
        alarm = dated_after(name, days=days[known].astype(np.intp), decided=limit[known].astype(np.intp))
        if alarm is not None:
            found.append(alarm)
    return tuple(found)


def _days(column: pa.ChunkedArray) -> Floats:
    return _numbers(column.cast(pa.timestamp("s")).cast(pa.int64())) // 86_400


def _numbers(column: pa.ChunkedArray) -> Floats:
    found: Floats = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False).astype(np.float64)
    return found


def _outcome(column: pa.ChunkedArray, *, bad: str | None) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    encoded = pc.dictionary_encode(column.cast(pa.string()).combine_chunks())
    words = [str(x).strip() for x in encoded.dictionary.to_pylist()]
    if bad is not None and bad not in words:
        raise BadRequest(f"no outcome is {bad!r}; there are {', '.join(sorted(words)[:5])}", field="bad")
    says = [(x == bad if x else None) if bad is not None else is_default(x) for x in words]
    if wrong := [x for x, meaning in zip(words, says, strict=True) if x and meaning is None]:
        raise BadFile(f"{wrong[0]!r} is not an outcome; expected 0/1, true/false, 是/否, or --bad VALUE", field="outcome")
    index = encoded.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)
    return np.array([*(x is True for x in says), False])[index], np.array([*(x is not None for x in says), False])[index]


def _ordered(table: pa.Table, *, id: str) -> pa.Table:  # noqa: A002 -- the word of the request
    """Rows by id, or by all that they hold where there is no id or it repeats."""
    plain = [x for x in table.column_names if not pa.types.is_nested(table.column(x).type)]
    keys = [x for x in ([id] if id in plain else []) if len(pc.unique(table.column(x))) == table.num_rows]
    keys = keys or ([id] if id in plain else []) + [x for x in sorted(plain) if x != id]
    flat = pa.table({x: _plain(table.column(x)) for x in keys})
    return table.take(pc.sort_indices(flat, sort_keys=[(x, "ascending") for x in keys])).combine_chunks()


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _times(table: pa.Table, name: str) -> npt.NDArray[np.object_]:
    if name not in table.column_names:
        raise BadFile(f"the features have no time column {name!r}", field="time")
    column = _plain(table.column(name))
    if column.null_count:
        raise BadFile(f"{column.null_count} rows have no {name}; every firm needs the time of its decision", field="time")
    if pa.types.is_temporal(column.type):
        return np.array([x.isoformat()[:10] for x in column.to_pylist()], object)
    if pa.types.is_floating(column.type):
        column = column.cast(pa.int64())
    return np.array(column.to_pylist(), object)


def _eras(times: npt.NDArray[np.object_] | None, *, rows: int) -> tuple[tuple[str, ...], Ints]:
    """The year of every time (202403 and 2024-03-05 are of 2024), in order."""
    if times is None:
        return ("",), np.zeros(rows, np.intp)
    words = [str(x)[:4] if len(str(x)) > 4 and str(x)[:4].isdigit() else str(x) for x in times]
    known = sorted(set(words), key=lambda x: (len(x), x))
    place = {x: i for i, x in enumerate(known)}
    return tuple(known), np.array([place[x] for x in words], np.intp)


def _side_product(name: str) -> str:
    if name in _COUNTERS:
        return "a count of invoices read, made beside the features"
    return "the index of a data frame" if name.startswith("__index_level_") else ""


def _unusable(column: pa.ChunkedArray, *, kind: Kind | None) -> str:
    column = _plain(column)
    if pa.types.is_temporal(column.type):
        return "a date is no field; take a span of days instead"
    if pa.types.is_null(column.type) or column.null_count == len(column):
        return "no firm has a value"
    number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_decimal(column.type)
    text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type) or pa.types.is_boolean(column.type)
    if not number and not text:
        return f"of type {column.type}, neither numbers nor categories"
    distinct = len(pc.unique(column.drop_null()))
    if distinct < 2 and not column.null_count:
        return "all firms have the same value"
    if (text or kind is Kind.CATEGORY) and (distinct > MOST_LEVELS or distinct > len(column) / 2):
        return f"{distinct} different texts: names rather than categories"
    return ""


def _column(column: pa.ChunkedArray, name: str, *, kind: Kind | None, levels: tuple[str, ...] | None) -> Column:
    column = _plain(column)
    text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type) or pa.types.is_boolean(column.type)
    if not text and kind is not Kind.CATEGORY:
        return Column(name, Kind.NUMBER, _numbers(column))
    if pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        raise BadFile(f"{name} cannot be a category: it holds fractions", field=name)
    words = column.cast(pa.string()).combine_chunks()
    known = levels if levels is not None else tuple(sorted(pc.unique(words.drop_null()).to_pylist()))
    place = pc.index_in(words, value_set=pa.array(known, pa.string())).fill_null(-1).to_numpy(zero_copy_only=False)
    return Column(name, Kind.CATEGORY, place.astype(np.float64), known)
