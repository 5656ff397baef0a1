"""Link again what new rows may link otherwise (重新关联): new rows without a usable key, and older ones whose grounds changed.

What a row without a usable key is linked to depends on rows with its name, its code as written, or a name near to its own. So
the rows that may change are found by these, all rows that they depend on are fetched from the state, and the very functions
that link a whole register link these few. Rows fetched in vain do no harm: they are not what anybody looks for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.kernels import Ints, KeyTable
from huoshui.adapters.registers.screening import kept_bad, linking
from huoshui.adapters.registers.screening.identity import Identity
from huoshui.adapters.registers.screening.kept_bad import KeptLinks
from huoshui.adapters.registers.screening.kept_near import sought_blocks
from huoshui.adapters.registers.screening.kept_outside import KeptOutside
from huoshui.adapters.registers.screening.kept_state import NAMES, State
from huoshui.adapters.registers.screening.kept_text import Texts
from huoshui.adapters.registers.screening.linking import EVIDENCE, Linked, Registry
from huoshui.adapters.registers.screening.near_names import block_keys, link_near_names
from huoshui.adapters.registers.screening.standard import LINK_METHODS, Bad
from huoshui.adapters.registers.screening.store import Columns, Store
from huoshui.adapters.registers.screening.tables import FIRMS, LOANS
from huoshui.terms import LinkMethod

_NOTHING: Final = np.zeros(0, np.int64)
_NAME: Final = ("name", "region_code")


@dataclass(frozen=True, slots=True)
class Added:
    """What a night brought (新增行), for linking.

    `firms` are its registry rows with a usable key, `registry` the text of all its registry rows, with their `region`;
    `outside` its registry rows outside the region, `orphan_names` names of evidence that the registry lacks or lacked,
    `old` how many rows without a usable key there were before.
    """

    firms: Columns
    outside: Columns
    orphan_names: Ints
    registry: Texts
    region: npt.NDArray[np.int32]
    old: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Relinked:
    """Every row without a usable key as it is linked now (关联结果).

    Places by table: `changed` of those that are new or linked otherwise than before, `seen` of evidence that was linked again.
    """

    linked: dict[str, Linked]
    changed: dict[str, Ints]
    seen: dict[str, Ints]


def relink(state: State, *, bad: Mapping[str, Bad], before: Mapping[str, KeptLinks], added: Added, folder: Path) -> Relinked:
    """Link what may be linked otherwise now (重新关联); `state` holds the night's own rows, `before` has one entry a row."""
    firms = _affected_firms(bad["firms"], added)
    seen = _affected_evidence(state, bad, added, firms=firms)
    grounds = _with_grounds(bad["firms"], firms, evidence=[bad[x].who.take(seen[x]) for x in EVIDENCE])
    some = {"firms": kept_bad.taken(bad["firms"], grounds), **{x: kept_bad.taken(bad[x], seen[x]) for x in EVIDENCE}}
    store, outside = _grounds(state, some, folder)
    registry = linking.link(store, some, proofs=outside.proofs, outside=outside)
    again = np.searchsorted(grounds, firms)
    linked = {"firms": _merged(bad["firms"], before["firms"], registry.firms, firms, at=again)}
    _link_near(state, registry, linked["firms"], folder)
    linked |= {x: _merged(bad[x], before[x], registry.found[x], seen[x], at=np.arange(len(seen[x]))) for x in EVIDENCE}
    return Relinked(linked, {x: _changed(linked[x], before[x], old=added.old[x]) for x in NAMES}, seen)


def _affected_firms(bad: Bad, added: Added) -> Ints:
    """Registry rows without a usable key that may be linked otherwise now.

    These are new ones, those that share a name with a new row or with lost evidence, and those with a code written like theirs.
    """
    who, old = bad.who, added.old["firms"]
    hashes = np.concatenate([added.firms["name_hash"], added.outside["name_hash"], who.name_hash[old:]])
    hit = _has(who.name_hash, hashes, missing=0) | _has(who.name_key(), added.orphan_names, missing=-1)
    hit[old:] = True
    return np.flatnonzero(hit | _has(who.far, who.far[hit], missing=-1))


def _affected_evidence(state: State, bad: Mapping[str, Bad], added: Added, *, firms: Ints) -> dict[str, Ints]:
    """Rows of the other registers: new ones, and those that a new or relinked registry row may be meant by."""
    who = bad["firms"].who.take(firms)
    hashes = np.concatenate([added.firms["name_hash"], added.outside["name_hash"], who.name_hash])
    texts, codes = (np.concatenate(x) for x in ([added.outside["far"], who.far], [added.outside["key"], added.firms["key"]]))
    names = pa.concat_arrays([parts.whole(added.registry.table["name"]), bad["firms"].names.take(pa.array(firms))])
    near = state.left_near(np.concatenate(block_keys(names, np.concatenate([added.region, who.region]))))
    found = {}
    for name in EVIDENCE:
        mine = bad[name].who
        hit = _has(mine.name_hash, hashes, missing=0) | _has(mine.far, texts, missing=-1)
        hit |= _has(mine.maybe, codes, missing=-1)
        hit[near[name]] = True
        hit[added.old[name] :] = True
        found[name] = np.flatnonzero(hit)
    return found


def _with_grounds(bad: Bad, firms: Ints, *, evidence: Sequence[Identity]) -> Ints:
    """With the registry rows on whose links the others depend: by name and by code as written, and once more for these."""
    who = bad.who
    hashes, codes = (np.concatenate([getattr(x, name) for x in evidence]) for name in ("name_hash", "far"))
    asked = _has(who.name_hash, hashes, missing=0) | _has(who.far, codes, missing=-1)
    asked[firms] = True
    asked |= _has(who.far, who.far[asked], missing=-1)
    return np.flatnonzero(asked | _has(who.name_hash, who.name_hash[asked], missing=0))


def _grounds(state: State, bad: Mapping[str, Bad], folder: Path) -> tuple[Store, KeptOutside]:
    """All rows with a usable key, and all outside the region, on which the links of some rows depend."""
    store = Store(folder, buckets=1)
    hashes, texts = (np.concatenate([getattr(x.who, name) for x in bad.values()]) for name in ("name_hash", "far"))
    keys, names = state.orphans(bad["firms"].who.name_key(), by="name_key")
    codes = np.concatenate([keys, *(bad[x].who.maybe for x in EVIDENCE)])
    by_name, by_code = state.firms(hashes[hashes != 0], by="name_hash"), state.firms(codes[codes >= 0], by="key")
    _, first = np.unique(np.concatenate([by_name["row"], by_code["row"]]), return_index=True)
    store.add("firms", {x: np.concatenate([by_name[x], by_code[x]])[first] for x in by_name})
    orphans: Columns = {x: np.zeros(len(keys), np.int8) for x in LOANS}
    store.add("loans", {**orphans, "key": keys, "name_key": names})
    store.finish()
    return store, state.outside(codes=codes, hashes=hashes, texts=texts)


def _link_near(state: State, registry: Registry, firms: Linked, folder: Path) -> None:
    """Link what is left by near names, in place, among the registry rows that share a half of a name."""
    none = LINK_METHODS.index(LinkMethod.NONE)
    left = {x: np.flatnonzero((y.method == none) & (y.several == 0)) for x, y in registry.found.items()}
    if not sum(map(len, left.values())):
        return
    names = pa.concat_arrays([registry.found[x].bad.names_at(left[x]) for x in EVIDENCE])
    region = np.concatenate([registry.found[x].bad.who.region[left[x]] for x in EVIDENCE])
    near = state.near(sought_blocks(names, region)[0], columns=_NAME)
    path = folder / "near.parquet"
    pq.write_table(near.table, path, compression="none", use_dictionary=["region_code"], write_statistics=False)
    store = Store(folder, buckets=1)
    keys = _final_keys(state, firms, near.rows)
    store.add("firms", {**{x: np.zeros(len(keys), np.int8) for x in FIRMS}, "key": keys, "row": np.arange(len(keys))})
    nobody = Linked(kept_bad.taken(firms.bad.whole(), _NOTHING), _NOTHING, np.zeros(0, np.int8), np.zeros(0, np.int8))
    found = replace(registry, firms=nobody)
    link_near_names(found, store=store, files=parts.split((path,)))
    registry.found.update(found.found)


def _final_keys(state: State, firms: Linked, rows: Ints) -> Ints:
    keys = state.keys_of(rows)
    place = np.minimum(np.searchsorted(firms.bad.rows, rows), max(len(firms.bad.rows) - 1, 0))
    if len(firms.bad.rows):
        hit = firms.bad.rows[place] == rows
        keys[hit] = firms.key[place[hit]]
    return keys


def _merged(bad: Bad, before: KeptLinks, found: Linked, places: Ints, *, at: Ints) -> Linked:
    """The links before, at some places those that were found `at` places of their own."""
    key, method, several = before.key.copy(), before.method.copy(), before.several.copy()
    key[places], method[places], several[places] = found.key[at], found.method[at], found.several[at]
    return Linked(bad, key, method, several)


def _changed(linked: Linked, before: KeptLinks, *, old: int) -> Ints:
    differs = (linked.key != before.key) | (linked.method != before.method) | (linked.several != before.several)
    differs[old:] = True
    return np.flatnonzero(differs)


def _has(column: Ints, wanted: Ints, *, missing: int) -> npt.NDArray[np.bool_]:
    """Whether each value is a wanted one; what is missing is not."""
    return np.asarray((KeyTable(wanted).find(column) >= 0) & (column != missing))
