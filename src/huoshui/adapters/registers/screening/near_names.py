"""Names that are nearly the same (近似名称关联): the last tier of linking, for rows that no exact tier has linked.

Two names are compared only when they lie in the same region and share their first or their second half; see kernels.c for what
counts as near. The best nearness decides, and only when a single firm has it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.kernels import Ints, KeyTable, Nearness, block_hashes, compare_names, name_keys
from huoshui.adapters.registers.screening.identity import region_number
from huoshui.adapters.registers.screening.key_index import distinct
from huoshui.adapters.registers.screening.linking import EVIDENCE, Linked, Registry
from huoshui.adapters.registers.screening.standard import LINK_METHODS
from huoshui.adapters.registers.screening.store import Store
from huoshui.terms import LinkMethod

_PAIRS: Final = np.zeros((0, 3), np.int64)
SHIFTS: Final = range(-6, 7)  # a place prefix has up to six characters


def link_near_names(registry: Registry, *, store: Store, files: Sequence[parts.Part]) -> None:
    """Link what is left by near names (近似名称关联), in place: `registry.found` gets new keys and methods."""
    none = LINK_METHODS.index(LinkMethod.NONE)
    left = {
        name: np.flatnonzero((x.method == none) & (x.several == 0) & (x.bad.who.name_hash != 0) & (x.bad.who.region != 0))
        for name, x in registry.found.items()
    }
    if not sum(map(len, left.values())):
        return
    names = pa.concat_arrays([registry.found[name].bad.names_at(left[name]) for name in EVIDENCE])
    region = np.concatenate([registry.found[name].bad.who.region[left[name]] for name in EVIDENCE])
    blocks = _Blocks(names, region)
    near = np.concatenate([_PAIRS, *parts.each(files, lambda part: _compare(part, blocks))])
    near[:, 1] = _keys_of_rows(near[:, 1], registry=registry, store=store)
    near = near[near[:, 1] != -1]
    found, several = _decide(near, count=len(names))
    start = 0
    for name in EVIDENCE:
        rows, end = left[name], start + len(left[name])
        registry.found[name] = _apply(registry.found[name], rows, found[start:end], several[start:end])
        start = end


class _Blocks:
    """The names to be linked, by the hashes of their halves, cut as a name one or a place prefix longer or shorter is cut."""

    def __init__(self, names: pa.Array, region: npt.NDArray[np.int32]) -> None:
        self.names = names
        keys = [key for shift in SHIFTS for key in block_keys(names, region, shift=shift)]
        key, row = np.concatenate(keys), np.tile(np.arange(len(names)), len(keys))
        order = np.lexsort((row, key))
        key, row = key[order], row[order]
        is_new = np.append(True, (key[1:] != key[:-1]) | (row[1:] != row[:-1])) if len(key) else np.zeros(0, bool)
        self._key, self._row = key[is_new], row[is_new]
        self.table = KeyTable(self._key)

    def rows_of(self, block: Ints) -> tuple[Ints, Ints]:
        """For each block key the rows in it, and which block key each came from."""
        low, high = np.searchsorted(self._key, block, "left"), np.searchsorted(self._key, block, "right")
        counts = high - low
        source = np.repeat(np.arange(len(block)), counts)
        inside = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return self._row[np.repeat(low, counts) + inside], source


def block_keys(names: pa.Array, region: npt.NDArray[np.int32], *, shift: int = 0) -> tuple[Ints, Ints]:
    """The keys of the blocks of the first and of the second half of names (名称分块键), cut as if `shift` characters longer."""
    first, last = block_hashes(names, shift=shift)
    return name_keys(first.view(np.int64) | 1, place=region), name_keys(last.view(np.int64) | 1, place=region)


def _compare(part: parts.Part, blocks: _Blocks) -> Ints:
    """Near pairs of one part: place of the name to be linked, row of the registry, nearness."""
    table = parts.read(part, columns=("name", "region_code"), as_words=("region_code",), again=True)
    region = parts.words(table["region_code"], region_number, np.int32)
    names = parts.whole(table["name"]).cast(pa.string())
    pairs = []
    for key in block_keys(names, region):
        rows = np.flatnonzero(blocks.table.find(key) >= 0)
        mine, source = blocks.rows_of(key[rows])
        pairs.append(mine * part.rows + rows[source])
    mine, theirs = np.divmod(distinct(np.concatenate(pairs)), part.rows)
    nearness = compare_names(blocks.names, mine, names, theirs)
    near = np.flatnonzero(nearness != Nearness.FAR)
    return np.stack([mine[near], theirs[near] + part.start, nearness[near].astype(np.int64)], axis=1)


def _keys_of_rows(rows: Ints, *, registry: Registry, store: Store) -> Ints:
    """The final key of registry rows; -1 for rows that are not screened."""
    wanted = distinct(rows)
    keys, table = np.full(len(wanted) + 1, -1, np.int64), KeyTable(wanted)  # one more, for the place -1 of what is not wanted
    place = table.find(registry.firms.bad.rows)
    keys[place] = registry.firms.key
    for bucket in range(store.buckets):
        firms = store.table("firms", bucket=bucket, columns=("row", "key"))
        place = table.find(firms["row"].to_numpy())
        mine = np.flatnonzero(place >= 0)
        keys[place[mine]] = firms["key"].to_numpy()[mine]
    keys[-1] = -1
    return keys[table.find(rows)]


def _decide(near: Ints, *, count: int) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """The single best firm for each name, and whether several are equally near."""
    found, several = np.full(count, -1, np.int64), np.zeros(count, bool)
    if not len(near):
        return found, several
    best = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(best, near[:, 0], near[:, 2])
    near = near[near[:, 2] == best[near[:, 0]]]
    low, high = np.full(count, np.iinfo(np.int64).max), np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(low, near[:, 0], near[:, 1])
    np.maximum.at(high, near[:, 0], near[:, 1])
    single = low == high
    found[single] = low[single]
    several[near[:, 0]] = ~single[near[:, 0]]
    return found, several


def _apply(linked: Linked, rows: Ints, found: Ints, several: npt.NDArray[np.bool_]) -> Linked:
    key, method, unsure = linked.key.copy(), linked.method.copy(), linked.several.copy()
    hit = found != -1
    key[rows[hit]], method[rows[hit]] = found[hit], LINK_METHODS.index(LinkMethod.NAME_EDIT)
    key[rows[several]], unsure[rows[several]] = -1, 1
    return replace(linked, key=key, method=method, several=unsure)
