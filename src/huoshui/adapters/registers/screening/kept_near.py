"""Names that no exact tier linked, by the halves they are compared by (近似名称暂存): to which may a new firm be near?"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.adapters.registers.kernels import Ints
from huoshui.adapters.registers.screening.kept_tables import KeptTable
from huoshui.adapters.registers.screening.linking import EVIDENCE, Linked
from huoshui.adapters.registers.screening.near_names import SHIFTS, block_keys
from huoshui.adapters.registers.screening.standard import LINK_METHODS
from huoshui.terms import LinkMethod

_NOT_EXACT = tuple(LINK_METHODS.index(x) for x in (LinkMethod.NONE, LinkMethod.NAME_EDIT))


def sought_blocks(names: pa.Array, region: npt.NDArray[np.int32]) -> tuple[Ints, Ints]:
    """The keys of all the blocks a name is looked for in (待查分块键), and the place of the name in the array of each."""
    keys = [x for shift in SHIFTS for x in block_keys(names, region, shift=shift)]
    return np.concatenate(keys), np.tile(np.arange(len(names)), len(keys))


def write_near(path: Path, linked: Mapping[str, Linked], *, places: Mapping[str, Ints] | None = None) -> None:
    """Keep the blocks of all rows, or of those at some places, that no exact tier linked (存近似分块)."""
    blocks, tables, rows = [np.zeros(0, np.int64)], [np.zeros(0, np.int8)], [np.zeros(0, np.int64)]
    for table, name in enumerate(EVIDENCE):
        found = linked[name]
        left = np.isin(found.method, _NOT_EXACT) & (found.bad.who.name_hash != 0) & (found.bad.who.region != 0)
        mine = np.flatnonzero(left) if places is None else places[name][left[places[name]]]
        keys, which = sought_blocks(found.bad.names_at(mine), found.bad.who.region[mine])
        blocks.append(keys)
        rows.append(mine[which])
        tables.append(np.full(len(keys), table, np.int8))
    columns: dict[str, npt.NDArray[Any]] = {
        "block": np.concatenate(blocks),
        "table": np.concatenate(tables),
        "place": np.concatenate(rows),
    }
    KeptTable.write(path, columns, indexed=("block",))


def left_near(kept: KeptTable, blocks: Ints) -> dict[str, Ints]:
    """Places, by table, of rows that may be near to names in some blocks (可能受影响的行)."""
    found = kept.take(kept.find(blocks, by="block"), columns=("table", "place"))
    return {name: np.unique(found["place"][found["table"] == table]) for table, name in enumerate(EVIDENCE)}
