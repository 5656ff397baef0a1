"""What was linked, and what could not be (关联结果输出): links.parquet, and review.parquet for people to decide."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.screening.job import TABLE_OF, Screened
from huoshui.adapters.registers.screening.linking import Linked
from huoshui.adapters.registers.screening.standard import LINK_METHODS
from huoshui.terms import LinkMethod, RegisterKind

OUTCOMES: Final = ("linked", "several", "unlinked", "outside")
_NONE: Final = LINK_METHODS.index(LinkMethod.NONE)


def write_links(screened: Screened, *, folder: Path) -> dict[str, Any]:
    """Write links.parquet and review.parquet (写出关联结果); returns counts by register.

    One row a registry, loan or list row without a usable code, one row a run of neighbouring filings or invoices of one
    taxpayer: register, row_id (of the first), uscc as given, name, method, firm_row_id (the registry row, NULL where none) and
    outcome: linked, several (more than one firm fits), unlinked, or outside (a firm outside the screened region fits).
    """
    tables = [_table(kind, screened.linked[name], screened) for kind, name in TABLE_OF.items()]
    table = pa.concat_tables(tables)
    pq.write_table(table, folder / "links.parquet", compression="zstd")
    pq.write_table(table.filter(pc.equal(table["outcome"], "several")), folder / "review.parquet", compression="zstd")
    return count_links(screened.linked, firm_rows=screened.firm_rows)


def _table(kind: RegisterKind, linked: Linked, screened: Screened) -> pa.Table:
    firm = screened.firm_rows[TABLE_OF[kind]]
    outcome = _outcomes(kind, linked, firm)
    bad = linked.bad
    firm_ids = pa.array(bad.row_ids) if kind is RegisterKind.REGISTRY else _row_ids(screened.parts[RegisterKind.REGISTRY], firm)
    return pa.table({
        "register": pa.repeat(kind.value, len(firm)),
        "row_id": pa.array(bad.row_ids),
        "uscc": bad.codes,
        "name": bad.names,
        "region_code": _region_codes(bad.who.region),
        "method": pa.array([x.value for x in LINK_METHODS]).take(pa.array(linked.method)),
        "firm_row_id": firm_ids,
        "outcome": pa.array(OUTCOMES).take(pa.array(outcome)),
    })  # fmt: skip


def _outcomes(kind: RegisterKind, linked: Linked, firm: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Of each row, a place in OUTCOMES."""
    lost = linked.method == _NONE if kind is RegisterKind.REGISTRY else firm == -1
    return np.select([linked.several == 1, ~lost, linked.method == _NONE], [1, 0, 2], 3)


def count_links(linked: Mapping[str, Linked], *, firm_rows: Mapping[str, npt.NDArray[np.int64]]) -> dict[str, Any]:
    """Counts by register, as `write_links` returns them (关联计数)."""
    counts = {}
    for kind, name in TABLE_OF.items():
        found = np.bincount(_outcomes(kind, linked[name], firm_rows[name]), minlength=len(OUTCOMES)).tolist()
        counts[kind.value] = {"without_code": sum(found), **dict(zip(OUTCOMES, found, strict=True))}
    return counts


def _region_codes(region: npt.NDArray[np.int32]) -> pa.Array:
    codes = pc.utf8_lpad(pa.array(region).cast(pa.string()), 6, padding="0")
    return pc.if_else(pa.array(region != 0), codes, pa.scalar(None, pa.string()))


def _row_ids(split: tuple[parts.Part, ...], rows: npt.NDArray[np.int64]) -> pa.Array:
    """Row ids as the registry gave them, for rows by place; NULL for place -1."""
    found = np.full(len(rows), -1, np.int64)
    for part in split:
        mine = np.flatnonzero((rows >= part.start) & (rows < part.start + part.rows))
        if len(mine):
            row_ids = parts.row_numbers(parts.read(part, columns=("row_id",)), part).to_numpy()
            found[mine] = row_ids[rows[mine] - part.start]
    return pa.array(found, mask=rows == -1)
