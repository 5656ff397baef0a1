"""Newest records outside the region of firms that have one inside (迁出主体的最新登记行): they decide which is current.

A firm that moved has an older record in the county it left. The newer one is not screened there, but the older one is
superseded all the same. So of each such firm one row outside is held: its newest, exact copies left out.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.kernels import Ints, KeyTable
from huoshui.adapters.registers.screening.identity import inside, read_codes, region_number, registry_keys
from huoshui.adapters.registers.screening.linking import Linked, Registry, Unique
from huoshui.adapters.registers.screening.outside import Outside
from huoshui.adapters.registers.screening.standard import contents, last_changes
from huoshui.adapters.registers.screening.store import Columns, Store

CHANGES: Final = {"updated": np.int32, "row_id": np.int64, "row": np.int64}
_CODES: Final = ("uscc", "register_no", "register_scheme", "region_code")
_WORDS: Final = ("register_scheme", "region_code")  # codes hardly repeat in a registry: a dictionary of them costs eightfold


class WrittenCodes:
    """The firms that codes as they are written stand for (原文代码对照), by the registry's own rows inside the region."""

    def __init__(self, linked: Linked, *, proofs: Ints) -> None:
        """`proofs` are such codes with the keys of their rows, as linking.link takes them."""
        text, proven = (np.ascontiguousarray(x) for x in proofs[proofs[:, 0] != proofs[:, 1]].T)
        self._firms = Unique(np.concatenate([text, linked.bad.who.far]))
        self._firms.see(text, proven)
        self._firms.see(linked.bad.who.far, linked.key)

    def keys_of(self, key: Ints, far: Ints) -> Ints:
        """The keys of some rows (主体键): without one their code as it is written tells it, or stands for itself."""
        proven = self._firms.find(far)
        return np.where(key != -1, key, np.where((far != -1) & (proven >= 0), proven, far))


def add_elsewhere(store: Store, registry: Registry, *, proofs: Ints, outside: Outside | None) -> None:
    """Put the newest outside record of every firm of the store into it (迁出记录入桶), as the table `elsewhere`.

    To be called when the registry's rows have their final keys, before those without a usable key are in the store.
    """
    if outside is None:
        return
    keys = [store.table("firms", bucket=x, columns=("key",))["key"].to_numpy() for x in range(store.buckets)]
    wanted = KeyTable(np.concatenate([*keys, registry.firms.key]))
    codes = WrittenCodes(registry.firms, proofs=proofs)
    found = list(parts.each(outside.files, lambda x: _part(x, outside, codes, wanted)))
    kinds = {"key": np.int64, **CHANGES}
    rows = {x: np.concatenate([np.zeros(0, kind), *(y[x] for y in found)]) for x, kind in kinds.items()}
    store.add("elsewhere", newest(rows, files=outside.files))


def _part(part: parts.Part, outside: Outside, codes: WrittenCodes, wanted: KeyTable) -> Columns:
    """The outside rows of one part that have a wanted key."""
    regions = parts.read(part, columns=("region_code",), as_words=("region_code",))["region_code"]
    is_outside = ~inside(outside.region_prefix)(parts.words(regions, region_number, np.int32))
    if not is_outside.any():
        return {x: np.zeros(0, kind) for x, kind in (("key", np.int64), *CHANGES.items())}
    found = read_codes(parts.read(part, columns=_CODES, as_words=_WORDS), allow_historical=False, book=outside.book)
    key = codes.keys_of(registry_keys(found, book=outside.book)[0], found.far)
    rows = np.flatnonzero(is_outside & (key != -1) & (wanted.find(key) >= 0))
    return {"key": key[rows], **last_changes(part, rows)}


def newest(rows: Columns, *, files: Sequence[parts.Part]) -> Columns:
    """Of some rows the newest of each key (最新记录): the latest change, of one day the highest row id of no exact copy.

    `files` are the parts of the registry, read only where two rows of a firm changed last on one day.
    """
    order = np.lexsort((rows["row_id"], rows["updated"], rows["key"]))
    rows = {name: x[order] for name, x in rows.items()}
    key, updated = rows["key"], rows["updated"]
    is_last = np.append(key[1:] != key[:-1], True) if len(key) else np.zeros(0, bool)
    group = np.cumsum(is_last) - is_last
    latest = np.flatnonzero(updated == updated[is_last][group])
    rows = {name: x[latest] for name, x in rows.items()}
    several = np.bincount(group[latest])[group[latest]] > 1
    copies = np.zeros(len(latest), bool)
    copies[several] = _copies(rows["key"][several], rows["row"][several], files)
    left = np.flatnonzero(~copies)
    key = rows["key"][left]
    left = left[np.append(key[1:] != key[:-1], True)] if len(key) else left
    return {name: x[left] for name, x in rows.items()}


def _copies(key: Ints, row: Ints, files: Sequence[parts.Part]) -> npt.NDArray[np.bool_]:
    """Which rows say what another one of the same key says; `key` ascends, and the row ids of a key do."""
    content = np.zeros(len(row), np.int64)
    for part in files:
        mine = np.flatnonzero((row >= part.start) & (row < part.start + part.rows))
        if len(mine):
            content[mine] = contents(part, row[mine])
    order = np.lexsort((content, key))
    again = (key[order[1:]] == key[order[:-1]]) & (content[order[1:]] == content[order[:-1]])
    found = np.zeros(len(row), bool)
    found[order[1:][again]] = True
    return found
