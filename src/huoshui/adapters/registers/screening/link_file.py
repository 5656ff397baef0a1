"""What was linked, and what could not be (关联结果输出): links.parquet, and review.parquet for people to decide."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.kernels import Ints
from huoshui.adapters.registers.screening.job import TABLE_OF, Screened
from huoshui.adapters.registers.screening.linking import Linked
from huoshui.adapters.registers.screening.standard import LINK_METHODS, Bad
from huoshui.terms import LinkMethod, RegisterKind

OUTCOMES: Final = ("linked", "several", "unlinked", "outside")
_SCHEMA: Final = pa.schema(
    [(x, pa.int64() if x.endswith("row_id") else pa.string())
     for x in ("register", "row_id", "uscc", "name", "region_code", "method", "firm_row_id", "outcome")]
)  # fmt: skip
_NONE: Final = LINK_METHODS.index(LinkMethod.NONE)


def write_links(screened: Screened, *, folder: Path) -> dict[str, Any]:
    """Write links.parquet and review.parquet (写出关联结果); returns counts by register.

    One row a registry, loan or list row without a usable code, one row a run of neighbouring filings or invoices of one
    taxpayer: register, row_id (of the first), uscc as given, name, method, firm_row_id (the registry row, NULL where none) and
    outcome: linked, several (more than one firm fits), unlinked, or outside (a firm outside the screened region fits).
    """
    names = ("links.parquet", "review.parquet")
    with ExitStack() as stack:
        links, review = (stack.enter_context(pq.ParquetWriter(folder / x, _SCHEMA, compression="zstd")) for x in names)
        for table in _tables(screened):
            links.write_table(table)
            review.write_table(table.filter(pc.equal(table["outcome"], "several")))
    return count_links(screened.linked, firm_rows=screened.firm_rows)


def _tables(screened: Screened) -> Iterator[pa.Table]:
    ids = _firm_ids(screened)
    for kind, name in TABLE_OF.items():
        linked = screened.linked[name]
        outcome, start = _outcomes(kind, linked, screened.firm_rows[name]), 0
        for bad in linked.bad.pieces():
            mine = slice(start, start + len(bad))
            firm = ids[name].slice(start, len(bad)) if name in ids else pa.array(bad.row_ids)
            yield _table(kind, bad, method=linked.method[mine], firm=firm, outcome=outcome[mine])
            start = mine.stop


def _table(kind: RegisterKind, bad: Bad, *, method: npt.NDArray[np.int8], firm: pa.Array, outcome: Ints) -> pa.Table:
    columns = [
        pa.repeat(kind.value, len(bad)),
        pa.array(bad.row_ids),
        bad.codes,
        bad.names,
        _region_codes(bad.who.region),
        pa.array([x.value for x in LINK_METHODS]).take(pa.array(method)),
        firm,
        pa.array(OUTCOMES).take(pa.array(outcome)),
    ]
    return pa.table(columns, schema=_SCHEMA)


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


def _firm_ids(screened: Screened) -> dict[str, pa.Array]:
    """Row ids, as the registry gave them, of the firms that rows of the other registers were linked to; NULL where none."""
    names = [x for kind, x in TABLE_OF.items() if kind is not RegisterKind.REGISTRY]
    rows = np.concatenate([screened.firm_rows[x] for x in names])
    order = np.argsort(rows, kind="stable")
    ordered = rows[order]
    found = np.full(len(rows), -1, np.int64)
    for part in screened.parts[RegisterKind.REGISTRY]:
        low, high = np.searchsorted(ordered, (part.start, part.start + part.rows))
        if high > low:
            row_ids = parts.row_numbers(parts.read(part, columns=("row_id",)), part).to_numpy()
            found[order[low:high]] = row_ids[ordered[low:high] - part.start]
    ids, start, split = pa.array(found, mask=rows == -1), 0, {}
    for name in names:
        split[name] = ids.slice(start, len(screened.firm_rows[name]))
        start += len(split[name])
    return split
