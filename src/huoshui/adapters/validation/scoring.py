"""A points table over columns of firms (批量评分): the cells, points and grades that its one-firm reader gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from huoshui.errors import BadFile
from huoshui.rules.points_table import Field, Kind, PointsTable

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scored:
    """What a table says of many firms (批量评分结果), one entry a firm.

    `cells` holds an array of cell numbers by field; `grades` are places in the table's grades, riskiest first; the
    probabilities are those of the table as floats, for statistics only. `overlay` is how many of the points are overlay.
    """

    points: Ints
    cells: Mapping[str, Ints]
    pd: Floats
    low: Floats
    high: Floats
    grades: Ints
    overlay: int

    @property
    def plain_points(self) -> Ints:
        """The points without overlay (不含水平调整的分数), by which firms of two days are compared."""
        return self.points - self.overlay


class TableReader:
    """A points table made ready for columns (批量读取器). `on` picks the overlay, as for one firm."""

    def __init__(self, table: PointsTable, *, on: date | None = None) -> None:
        self.table = table
        self._overlay = table.overlay_points(on)
        self._base = table.base + self._overlay
        self._points = {x.name: np.array(x.all_points, np.int64) for x in table.fields}
        self._grids = {
            (x.first, x.second): np.array(x.points, np.int64)[np.array(x.first_groups)][:, np.array(x.second_groups)]
            for x in table.pairs
        }
        self._step_from = np.array([x.from_points for x in table.pd_steps[1:]], np.int64)
        self._steps = np.array([[float(x.pd), float(x.low), float(x.high)] for x in table.pd_steps])
        self._grade_from = np.array([x.from_points for x in table.grades[1:]], np.int64)

    def cells(self, columns: pa.Table) -> dict[str, Ints]:
        """The cell of every firm by field (分箱); raises BadFile for a column that is absent or of another kind."""
        there = columns.column_names
        if missing := [x.name for x in self.table.fields if x.name not in there]:
            raise BadFile(f"the features have no column {missing[0]}, which the model needs", field=missing[0])
        return {x.name: _cells(x, columns.column(x.name)) for x in self.table.fields}

    def score(self, cells: Mapping[str, Ints]) -> Scored:
        """Points, probability and grade of every row of cells (评分)."""
        points = np.full(len(next(iter(cells.values()))), self._base, np.int64)
        for name, found in cells.items():
            points += self._points[name][found]
        for (first, second), grid in self._grids.items():
            points += grid[cells[first], cells[second]]
        steps = self._steps[np.searchsorted(self._step_from, points, side="right")]
        grades = np.searchsorted(self._grade_from, points, side="right").astype(np.int64)
        return Scored(points, cells, steps[:, 0], steps[:, 1], steps[:, 2], grades, self._overlay)

    def without(self, scored: Scored, *, field: str) -> Scored:
        """The same firms as if one field were not known of any of them (缺失影响)."""
        missing = np.full(len(scored.points), self.table.field(field).missing_cell, np.int64)
        return self.score({**scored.cells, field: missing})


def _cells(field: Field, column: pa.ChunkedArray) -> Ints:
    if isinstance(column.type, pa.DictionaryType):
        column = column.cast(column.type.value_type)
    return _number_cells(field, column) if field.kind is Kind.NUMBER else _category_cells(field, column)


def _number_cells(field: Field, column: pa.ChunkedArray) -> Ints:
    kind = column.type
    if pa.types.is_null(kind):
        return np.full(len(column), field.missing_cell, np.int64)
    if pa.types.is_boolean(kind):
        column = column.cast(pa.int8())
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        raise BadFile(f"the column {field.name} is of type {kind}; the model compares it with numbers", field=field.name)
    values = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    cuts = np.array([float(x) for x in field.cuts])
    found = np.searchsorted(cuts, values, side="right").astype(np.int64)
    return np.where(np.isnan(values), field.missing_cell, found)


def _category_cells(field: Field, column: pa.ChunkedArray) -> Ints:
    kind = column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_boolean(kind) or _is_whole(kind)):
        raise BadFile(
            f"the column {field.name} is of type {kind}; the model takes text, whole numbers or yes/no", field=field.name
        )
    encoded = pc.dictionary_encode(column.cast(pa.string()).combine_chunks(), null_encoding="mask")
    codes: dict[Any, int] = {value: i for i, group in enumerate(field.groups) for value in group}
    cell_of = np.array([codes.get(x, field.missing_cell - 1) for x in encoded.dictionary.to_pylist()], np.int64)
    index = encoded.indices.fill_null(len(cell_of)).to_numpy(zero_copy_only=False)
    found: Ints = np.append(cell_of, field.missing_cell)[index]
    return found


def _is_whole(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_null(kind))
