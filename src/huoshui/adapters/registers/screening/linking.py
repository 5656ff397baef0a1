"""Link the rows whose code is missing or wrong (关联无码、错码行): by proof of the same text, by name and region, by one edit.

Only what is unique is linked; what fits several firms goes to a review list, never guessed. The tiers, in order:

1. the register's own number, where some register gives number and code together (own_numbers.py, at reading);
2. the same legacy code or old number in both registers, or a 15-digit number that is a registered taxpayer id;
3. the same normalised name in the same region; then in the same province;
4. a name one character apart, or without its place prefix or legal form, in the same region (near_names.py).

A registry row without a usable code is first looked for among the good registry rows (an older record of the same firm: the
days of establishment must not differ), then among good rows of the other registers whose code the registry does not know, last
among the registry rows with the same legacy code that have a key.

Firms outside the screened region are not screened, but count: what fits one of them and one inside fits several, and what fits
one of them alone is linked to nobody here. A firm with records inside and outside is inside, whichever of its names is given.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.adapters.registers.kernels import Ints, KeyTable, name_keys
from huoshui.adapters.registers.screening.identity import Clues, Identity
from huoshui.adapters.registers.screening.key_index import distinct
from huoshui.adapters.registers.screening.outside import Beyond
from huoshui.adapters.registers.screening.standard import LINK_METHODS, NO_PAIRS, Bad, Unkeyed
from huoshui.adapters.registers.screening.store import Store
from huoshui.terms import LinkMethod

EVIDENCE: Final = ("filings", "loans", "invoices", "exclusions")
_PROVINCE_UNIT: Final = 10_000
NOTHING: Final = -1
SEVERAL: Final = -2
OUTSIDE: Final = -3


@dataclass(frozen=True, slots=True)
class Linked:
    """Rows of one table without a usable key, and what became of them (关联结果).

    `key` is the final key (below -1 where only name and region are known, -1 where not even those), `method` a place in
    LINK_METHODS, `several` 1 where more than one firm fits.
    """

    bad: Unkeyed
    key: Ints
    method: npt.NDArray[np.int8]
    several: npt.NDArray[np.int8]


class Unique:
    """Which single firm key a key of a name or text stands for (唯一匹配).

    NOTHING without a firm, SEVERAL with more than one, OUTSIDE when all that were seen lie outside the region.
    """

    def __init__(self, wanted: Ints) -> None:
        self.wanted = distinct(wanted[wanted != -1])
        self.table = KeyTable(self.wanted)
        self._low = np.full(len(self.wanted) + 1, np.iinfo(np.int64).max)  # one more, for the place -1 of what is not wanted
        self._high = np.full(len(self.wanted) + 1, np.iinfo(np.int64).min)
        self._inside = np.zeros(len(self.wanted) + 1, bool)

    def see(self, wanted: Ints, key: Ints, *, is_outside: bool = False) -> Ints:
        """Note firms (登记); returns the places of the rows that somebody asked for."""
        place = self.table.find(wanted)
        rows = np.flatnonzero(place >= 0)
        np.minimum.at(self._low, place[rows], key[rows])
        np.maximum.at(self._high, place[rows], key[rows])
        if not is_outside:
            self._inside[place[rows]] = True
        return rows

    def find(self, wanted: Ints) -> Ints:
        """The firm key for each (查找)."""
        place = self.table.find(wanted)
        low, high = self._low[place], self._high[place]
        found = np.where(self._inside[place], np.where(low == high, low, SEVERAL), OUTSIDE)
        return np.where((place < 0) | (low > high), NOTHING, found)


@dataclass(slots=True)
class Registry:
    """What linking needs to know of the registry's rows (登记侧索引)."""

    firms: Linked
    by_name: Unique
    by_province: Unique
    by_text: Unique
    found: dict[str, Linked] = field(default_factory=dict)


def link(store: Store, bad: Mapping[str, Unkeyed], *, proofs: Ints = NO_PAIRS, outside: Beyond | None = None) -> Registry:
    """Give every row without a usable key its final key by tiers 2 and 3 (关联), registry rows first.

    `proofs` are codes as written with the keys of the registry rows that have one beside them, or once more with themselves
    where the row has none and lies outside the region.
    """
    firms = _start(bad["firms"])
    wanted = np.concatenate([x.who.name_key() for x in bad.values()])
    provinces = np.concatenate([_province_key(x.who) for name, x in bad.items() if name != "firms"])
    texts = np.concatenate([x.who.far for x in bad.values()])
    registry = Registry(firms, Unique(wanted), Unique(provinces), Unique(texts))
    same_name = _scan_registry(store, registry)
    orphans = _orphan_pairs(store, firms.bad.who.name_key())
    asked = np.concatenate([orphans[:, 1], *(bad[name].who.maybe for name in EVIDENCE)])
    codes = _registered(store, asked)
    if outside is not None:
        codes = np.concatenate([codes, _see_outside(store, registry, outside, codes=np.setdiff1d(asked, codes))])
    orphans = orphans[~np.isin(orphans[:, 1], codes)]
    text, proven = (np.ascontiguousarray(x) for x in proofs.T)
    keyed = text != proven
    registry.by_text.see(text[keyed], proven[keyed])
    registry.firms = _link_firms(registry, same_name, orphans=orphans)
    final, who = registry.firms.key, registry.firms.bad.who
    registry.by_name.see(who.name_key(), final)
    registry.by_province.see(_province_key(who), final)
    registry.by_text.see(who.far, final)
    elsewhere = text[~keyed & (registry.by_text.find(text) == NOTHING)]
    registry.by_text.see(elsewhere, elsewhere, is_outside=True)
    for name in EVIDENCE:
        registry.found[name] = _link_evidence(registry, bad[name], codes=codes)
    return registry


def _see_outside(store: Store, registry: Registry, outside: Beyond, *, codes: Ints) -> Ints:
    """Note the names of firms outside the region, and give the codes that they have.

    A firm that moved has a record inside too, and is found by the name of either.
    """
    names, provinces = registry.by_name, registry.by_province
    found = outside.find(codes=codes[codes != -1], names=names.table, provinces=provinces.table, unit=_PROVINCE_UNIT)
    keys = np.concatenate([found.by_name[1], found.by_province[1]])
    moved = KeyTable(np.append(_registered(store, keys), registry.firms.key))
    for unique, (name_key, key) in ((names, found.by_name), (provinces, found.by_province)):
        is_inside = moved.find(key) >= 0
        unique.see(name_key[is_inside], key[is_inside])
        unique.see(name_key[~is_inside], key[~is_inside], is_outside=True)
    return found.codes


def _start(bad: Unkeyed) -> Linked:
    count = len(bad)
    fallback = np.where(bad.who.far != -1, bad.who.far, bad.who.name_key())
    return Linked(bad, fallback, np.full(count, _method(LinkMethod.NONE), np.int8), np.zeros(count, np.int8))


@dataclass(frozen=True, slots=True)
class _Twin:
    """Good registry rows that share a name and region with a row without a usable key."""

    name_key: Ints
    key: Ints
    established: npt.NDArray[np.int32]


def _scan_registry(store: Store, registry: Registry) -> _Twin:
    twins: list[_Twin] = []
    for bucket in range(store.buckets):
        columns = ("key", "region", "name_hash", "established")
        table = store.table("firms", bucket=bucket, columns=columns)
        key, region, hashes, established = (table[x].to_numpy() for x in columns)
        name_key = name_keys(hashes, place=region)
        rows = registry.by_name.see(name_key, key)
        registry.by_province.see(name_keys(hashes, place=region // _PROVINCE_UNIT), key)
        twins.append(_Twin(name_key[rows], key[rows], established[rows]))
    return _Twin(*(np.concatenate([getattr(x, name) for x in twins]) for name in ("name_key", "key", "established")))


def _link_firms(registry: Registry, twins: _Twin, *, orphans: Ints) -> Linked:
    firms, who = registry.firms, registry.firms.bad.who
    name_key = who.name_key()
    key, method, several = firms.key.copy(), firms.method.copy(), firms.several.copy()
    twin = registry.by_name.find(name_key)
    agrees = _same_day(twins, name_key, firms.bad.established())
    same = (twin >= 0) & agrees
    key[same], method[same] = twin[same], _method(LinkMethod.NAME_REGION)
    several[(twin == SEVERAL) | ((twin >= 0) & ~agrees)] = 1
    open_rows = np.flatnonzero((twin == NOTHING) & (name_key < -1))
    adopters = Unique(name_key[open_rows])
    adopters.see(np.ascontiguousarray(orphans[:, 0]), np.ascontiguousarray(orphans[:, 1]))
    found = adopters.find(name_key[open_rows])
    _, claimed, counts = np.unique(name_key[open_rows], return_inverse=True, return_counts=True)
    alone = counts[claimed] == 1
    adopts = (found >= 0) & alone
    key[open_rows[adopts]], method[open_rows[adopts]] = found[adopts], _method(LinkMethod.NAME_REGION)
    several[open_rows[(found == SEVERAL) | ((found >= 0) & ~alone)]] = 1
    named = np.flatnonzero(method == _method(LinkMethod.NAME_REGION))
    registry.by_text.see(who.far[named], key[named])
    proof = registry.by_text.find(who.far)
    left = method == _method(LinkMethod.NONE)
    proven = left & (proof >= 0)
    key[proven], method[proven], several[proven] = proof[proven], _method(LinkMethod.LEGACY_CODE), 0
    several[left & (proof == SEVERAL)] = 1
    return replace(firms, key=key, method=method, several=several)


def _same_day(twins: _Twin, name_key: Ints, established: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """Whether the day of establishment is the twin's, or one of the two is not known."""
    if not len(twins.key):
        return np.ones(len(name_key), bool)
    theirs = twins.established[KeyTable(twins.name_key).find(name_key)]  # of names without a twin nobody asks
    return np.asarray((established == theirs) | (established < 0) | (theirs < 0))


def _orphan_pairs(store: Store, wanted: Ints) -> Ints:
    """Name keys and codes of good rows of the other registers with a wanted name."""
    table = KeyTable(distinct(wanted[wanted < -1]))
    found: list[Ints] = [NO_PAIRS]
    for bucket in range(store.buckets):
        for name in EVIDENCE:
            rows = store.table(name, bucket=bucket, columns=("key", "name_key"))
            names = rows["name_key"].to_numpy()
            hits = np.flatnonzero(table.find(names) >= 0)
            found.append(np.stack([names[hits], rows["key"].to_numpy()[hits]], axis=1))
    return np.concatenate(found)


def _registered(store: Store, keys: Ints) -> Ints:
    """Which of the keys a good registry row has."""
    wanted = distinct(keys[keys >= 0])
    table = KeyTable(wanted)
    found = np.zeros(len(wanted), bool)
    for bucket in range(store.buckets):
        place = table.find(store.table("firms", bucket=bucket, columns=("key",))["key"].to_numpy())
        found[place[place >= 0]] = True
    return wanted[found]


def _link_evidence(registry: Registry, bad: Unkeyed, *, codes: Ints) -> Linked:
    start, who = _start(bad), bad.who
    key, method, several = start.key.copy(), start.method.copy(), start.several.copy()
    taxpayer = (who.maybe != -1) & np.isin(who.maybe, codes)
    text = registry.by_text.find(who.far)
    proven = text != NOTHING
    both = taxpayer & proven & (text != who.maybe)
    key[taxpayer], method[taxpayer] = who.maybe[taxpayer], _method(LinkMethod.HISTORICAL)
    settled = taxpayer | proven
    proven &= ~taxpayer
    key[proven], method[proven] = np.where(text >= 0, text, -1)[proven], _method(LinkMethod.LEGACY_CODE)
    several[both | (proven & (text == SEVERAL))] = 1
    tiers = (
        (registry.by_name, who.name_key(), LinkMethod.NAME_REGION),
        (registry.by_province, _province_key(who), LinkMethod.NAME_PROVINCE),
    )
    for tier, names, how in tiers:
        found = tier.find(names)
        hit = ~settled & (names < -1) & (found != NOTHING) & (found != SEVERAL)
        key[hit], method[hit] = np.where(found == OUTSIDE, -1, found)[hit], _method(how)
        several[~settled & (found == SEVERAL)] = 1
        settled |= (found != NOTHING) & (names < -1)
    several[~settled & (who.doubtful == 1)] = 1
    key[several == 1], method[several == 1] = -1, _method(LinkMethod.NONE)
    return replace(start, key=key, method=method, several=several)


def _province_key(who: Clues) -> Ints:
    return name_keys(who.name_hash, place=who.region // _PROVINCE_UNIT)


def _method(method: LinkMethod) -> int:
    return LINK_METHODS.index(method)


def concatenate(parts: Iterable[Bad]) -> Bad:
    """All rows without a usable key of one register (合并待关联行)."""
    bads = list(parts)
    return Bad(
        {name: np.concatenate([x.columns[name] for x in bads]) for name in bads[0].columns},
        Identity(*(np.concatenate([getattr(x.who, name) for x in bads]) for name in Identity.__dataclass_fields__)),
        pa.concat_arrays([x.names for x in bads]),
        pa.concat_arrays([x.codes for x in bads]),
        np.concatenate([x.row_ids for x in bads]),
        np.concatenate([x.rows for x in bads]),
    )
