"""A points table over columns with reasons (批量评分及理由): what its reader and its explainer say of one firm, for many.

A firm's reasons are found without sorting: each cell has one number that holds what it costs and, below that, its place, so
that the four largest numbers of a firm are its four reasons in their order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from huoshui.errors import BadFile
from huoshui.rules.points_reasons import REASONS, Explainer
from huoshui.rules.points_table import Field, Kind, PointsTable, Reader, Role, Score

Ints = npt.NDArray[np.int64]
Places = npt.NDArray[np.intp]
Numbers = npt.NDArray[np.float64]
_FEW_CUTS: Final = 24
_LAST: Final = 0xFFFF
NONE: Final = -1


@dataclass(frozen=True, slots=True)
class Scored:
    """What a table says of a batch of firms (批量评分结果), one entry a firm.

    `step` and `grade` are places in the table's probabilities and grades; `reasons` has a row for each of the four, places in
    the scorer's texts or NONE; `is_known` is False for a firm of which no factor is known.
    """

    points: Ints
    step: Ints
    grade: Ints
    reasons: tuple[Ints, ...]
    is_known: npt.NDArray[np.bool_]


class RegisterScorer:
    """A points table made ready for batches (批量评分器). `on` picks the overlay, as for one firm."""

    def __init__(self, table: PointsTable, *, on: date | None = None) -> None:
        self.table = table
        reader = Reader(table, on=on)
        self._base = reader.base
        self._cuts = tuple(np.array([float(x) for x in field.cuts]) for field in table.fields)
        self._points = tuple(np.array(x.all_points, np.int64) for x in table.fields)
        place = {x.name: i for i, x in enumerate(table.fields)}
        self._pairs = tuple(
            (
                place[x.first],
                place[x.second],
                np.array(x.points, np.int64)[np.array(x.first_groups)][:, np.array(x.second_groups)],
            )
            for x in table.pairs
        )
        self._step_from = np.array([x.from_points for x in table.pd_steps[1:]], np.int64)
        self._grade_from = np.array([x.from_points for x in table.grades[1:]], np.int64)
        costs = _Costs(table)
        self._keys = tuple(costs.of_field(i) for i in range(len(table.fields)))
        self._pair_keys = tuple(costs.of_pair(i) for i in range(len(table.pairs)))
        self._texts = {"zh": tuple(costs.zh), "en": tuple(costs.en)}

    def texts(self, language: Literal["zh", "en"]) -> pa.Array:
        """The sentences that reasons are places in (理由文本)."""
        return pa.array(self._texts[language], pa.string())

    def score(self, batch: pa.Table, *, with_reasons: bool = True) -> Scored:
        """Score a batch (批量评分); raises BadFile for a column that is absent or of another kind."""
        cells = [_cells(field, batch, cuts=cuts) for field, cuts in zip(self.table.fields, self._cuts, strict=True)]
        points = np.full(batch.num_rows, self._base, np.int64)
        for found, worth in zip(cells, self._points, strict=True):
            points += worth.take(found, mode="clip")
        known = np.zeros(batch.num_rows, np.bool_)
        for field, found in zip(self.table.fields, cells, strict=True):
            if field.role is Role.FACTOR:
                known |= found != field.missing_cell
        for first, second, grid in self._pairs:
            points += grid[cells[first], cells[second]]
        step = np.searchsorted(self._step_from, points, side="right")
        grade = np.searchsorted(self._grade_from, points, side="right")
        return Scored(points, step, grade, self._reasons(cells, known) if with_reasons else (), known)

    def _reasons(self, cells: Sequence[Places], known: npt.NDArray[np.bool_]) -> tuple[Ints, ...]:
        """The largest keys, by letting each new one sink to its place among the four."""
        top = np.full((REASONS, len(known)), NONE, np.int64)
        spare = np.empty(len(known), np.int64)
        keys = [key.take(found, mode="clip") for key, found in zip(self._keys, cells, strict=True)]
        keys += [key[cells[x[0]], cells[x[1]]] for key, x in zip(self._pair_keys, self._pairs, strict=True)]
        for key in keys:
            sinking = key
            for row in top:
                np.minimum(row, sinking, out=spare)
                np.maximum(row, sinking, out=row)
                sinking, spare = spare, sinking
        return tuple(np.where((x >= 0) & known, _LAST - (x & _LAST), NONE) for x in top)


class _Costs:
    """Every cell's key: what it costs, and its place; NONE where it costs nothing."""

    def __init__(self, table: PointsTable) -> None:
        self._table, self._explainer = table, Explainer(table)
        self._all = len(table.fields) + len(table.pairs)
        self.zh: list[str] = []
        self.en: list[str] = []

    def of_field(self, place: int) -> Ints:
        field = self._table.fields[place]
        return np.array([self._key((field.name,), {place: x}) for x in range(field.missing_cell + 1)], np.int64)

    def of_pair(self, place: int) -> Ints:
        pair = self._table.pairs[place]
        names = [x.name for x in self._table.fields]
        first, second = names.index(pair.first), names.index(pair.second)
        rows, columns = (self._table.fields[x].missing_cell + 1 for x in (first, second))
        keys = [[self._key((pair.first, pair.second), {first: i, second: j}) for j in range(columns)] for i in range(rows)]
        return np.array(keys, np.int64)

    def _key(self, fields: tuple[str, ...], cells: dict[int, int]) -> int:
        score = Score(0, *(self._table.pd_steps[0].pd,) * 3, "", tuple(cells.get(i, 0) for i in range(len(self._table.fields))))
        found = [x for x in self._explainer.reasons(score, most=self._all) if x.fields == fields]
        if not found:
            return NONE
        self.zh.append(found[0].zh)
        self.en.append(found[0].en)
        return found[0].lost << 16 | _LAST - (len(self.zh) - 1)


def _cells(field: Field, batch: pa.Table, *, cuts: Numbers) -> Places:
    if field.name not in batch.column_names:
        raise BadFile(f"the features have no column {field.name}, which the model needs", field=field.name)
    column = batch.column(field.name)
    if pa.types.is_null(column.type):
        return np.full(len(column), field.missing_cell, np.intp)
    return _number_cells(field, column, cuts=cuts) if field.kind is Kind.NUMBER else _category_cells(field, column)


def _number_cells(field: Field, column: pa.ChunkedArray, *, cuts: Numbers) -> Places:
    kind = column.type
    if pa.types.is_boolean(kind):
        column = column.cast(pa.int8())
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        raise BadFile(f"the column {field.name} is of type {kind}; the model compares it with numbers", field=field.name)
    values = np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)
    if len(cuts) > _FEW_CUTS:
        found: Places = np.searchsorted(cuts, values, side="right")
    else:
        passed = np.zeros(len(values), np.int8)
        for cut in cuts:
            passed += values >= cut
        found = passed.astype(np.intp)
    np.putmask(found, np.isnan(values), field.missing_cell)
    return found


def _category_cells(field: Field, column: pa.ChunkedArray) -> Places:
    kind = column.type
    if not (
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_boolean(kind) or pa.types.is_integer(kind)
    ):
        raise BadFile(
            f"the column {field.name} is of type {kind}; the model takes text, whole numbers or yes/no", field=field.name
        )
    encoded = pc.dictionary_encode(column.combine_chunks())
    words = encoded.dictionary.cast(pa.string()).to_pylist()
    codes: dict[Any, int] = {value: i for i, group in enumerate(field.groups) for value in group}
    cell_of = np.array([*(codes.get(x, field.missing_cell - 1) for x in words), field.missing_cell], np.intp)
    found: Places = cell_of[encoded.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)]
    return found
