"""Rows without a usable key and what they were linked to, kept for the next night (待关联行暂存)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.adapters.registers.kernels import Ints
from huoshui.adapters.registers.screening.kept_tables import UnusableState, read_batches, write_batches, write_columns
from huoshui.adapters.registers.screening.linking import Linked
from huoshui.adapters.registers.screening.standard import Bad
from huoshui.adapters.registers.screening.waiting import bad_of, batch_of

_LINK_COLUMNS: Final = {"key": np.int64, "method": np.int8, "several": np.int8, "firm_row": np.int64}


@dataclass(frozen=True, slots=True)
class KeptLinks:
    """What became of the rows of one table without a usable key (关联状态): as Linked, and `firm_row` in the registry or -1."""

    key: Ints
    method: npt.NDArray[np.int8]
    several: npt.NDArray[np.int8]
    firm_row: Ints


def write_bad(path: Path, bad: Bad) -> None:
    """Keep some rows without a usable key (存待关联行)."""
    write_batches(path, iter([batch_of(bad)]))


def read_bad(path: Path) -> Bad:
    """What `write_bad` wrote (读待关联行), mapped; raises UnusableState."""
    try:
        return bad_of(read_batches(path)[0])
    except KeyError as error:
        raise UnusableState(f"{path.name} of the state has no column {error}") from error


def taken(bad: Bad, places: Ints) -> Bad:
    """Some of the rows (取行)."""
    at = pa.array(places)
    return Bad(
        {name: x[places] for name, x in bad.columns.items()}, bad.who.take(places), bad.names.take(at), bad.codes.take(at),
        bad.row_ids[places], bad.rows[places],
    )  # fmt: skip


def write_links(path: Path, linked: Linked, *, firm_row: Ints) -> None:
    """Keep what the rows of one table were linked to (存关联状态)."""
    write_columns(path, {"key": linked.key, "method": linked.method, "several": linked.several, "firm_row": firm_row})


def read_links(path: Path, *, rows: int) -> KeptLinks:
    """What `write_links` wrote for so many rows (读关联状态); raises UnusableState."""
    batch = read_batches(path)[0]
    if batch.num_rows != rows or batch.schema.names != list(_LINK_COLUMNS):
        raise UnusableState(f"{path.name} of the state has {batch.num_rows} rows; expected {rows}")
    return KeptLinks(*(batch.column(x).to_numpy() for x in _LINK_COLUMNS))


def joined(linked: KeptLinks, *, more: int, fallback: Sequence[int]) -> KeptLinks:
    """With so many new rows at the end that nothing is known of (加新行)."""
    columns = zip(_LINK_COLUMNS, fallback, strict=True)
    return KeptLinks(*(np.concatenate([getattr(linked, x), np.full(more, value, _LINK_COLUMNS[x])]) for x, value in columns))
