"""Row ids of the registry (行号): a row's verdict is told by its row id, so no two rows may share one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.kernels import Ints
from huoshui.errors import BadFile


def check_row_ids(files: Sequence[parts.Part]) -> None:
    """Refuse a registry whose row ids do not tell its rows apart (检查行号唯一).

    Ids that only rise are seen in passing; others are sorted. Without any row id a row's place in the register counts.
    Raises BadFile with the first row whose id another row had before it, and where some rows have an id and others do not.
    """
    last, rises, missing = np.iinfo(np.int64).min, True, 0
    for column in parts.each(files, _row_ids):
        missing += column.null_count
        ids = _numbers(column)
        if len(ids):
            rises = rises and ids[0] > last and bool((ids[1:] > ids[:-1]).all())
            last = ids[-1]
    rows = sum(x.rows for x in files)
    if missing and missing != rows:
        raise BadFile(
            f"{missing:,} rows of the registry have no row_id; expected one for each row, or none at all", field="row_id"
        )
    if not missing and not rises:
        _refuse_doubles(np.concatenate([_numbers(x) for x in parts.each(files, _row_ids)]))


def _refuse_doubles(ids: Ints) -> None:
    order = np.argsort(ids, kind="stable")
    again = np.flatnonzero(ids[order[1:]] == ids[order[:-1]])
    if len(again):
        place = again[np.argmin(order[again + 1])]
        before, row = order[place] + 1, order[place + 1] + 1
        raise BadFile(
            f"row_id {ids[row - 1]} of the registry stands in row {before:,} and again in row {row:,}; "
            "expected an id of its own for each row",
            field="row_id",
        )


def _row_ids(part: parts.Part) -> pa.ChunkedArray:
    return parts.read(part, columns=("row_id",))["row_id"]


def _numbers(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    return parts.numbers(column, np.int64, 0)
