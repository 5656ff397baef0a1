"""Link the rows whose code is missing or wrong (关联无码、错码行): by proof of the same text, by name and region, by one edit.

Only what is unique is linked; what fits several firms goes to a review list, never guessed. The tiers, in order:

1. the register's own number, where the registry gives number and code together;
2. the same legacy code or old number in both registers, or a 15-digit number that is a registered taxpayer id of the region;
3. the same normalised name in the same region; then in the same province;
4. a name one character apart, or without its place prefix or legal form, in the same region (near_names.py).

A registry row without a usable code is first looked for among the good registry rows (an older record of the same firm: the
days of establishment must not differ), then among good rows of the other registers whose code the registry does not know.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.adapters.registers.kernels import CodeKind, Ints, KeyTable, name_keys
from huoshui.adapters.registers.screening.identity import Identity
from huoshui.adapters.registers.screening.standard import LINK_METHODS, Bad
from huoshui.adapters.registers.screening.store import Store
from huoshui.terms import LinkMethod

EVIDENCE: Final = ("filings", "loans", "invoices", "exclusions")
_PROVINCE_UNIT: Final = 10_000
NOTHING: Final = -1
SEVERAL: Final = -2


@dataclass(frozen=True, slots=True)
class Linked:
    """Rows of one table without a usable key, and what became of them (关联结果).

    `key` is the final key (below -1 where only name and region are known, -1 where not even those), `method` a place in
    LINK_METHODS, `several` 1 where more than one firm fits.
    """

    bad: Bad
    key: Ints
    method: npt.NDArray[np.int8]
    several: npt.NDArray[np.int8]


class Unique:
    """Which single firm key a name key stands for (唯一匹配): NOTHING without a firm, SEVERAL with more than one."""

    def __init__(self, wanted: Ints) -> None:
        self.wanted = np.unique(wanted[wanted < -1])
        self._table = KeyTable(self.wanted)
        self._low = np.full(len(self.wanted) + 1, np.iinfo(np.int64).max)  # one more, for the place -1 of what is not wanted
        self._high = np.full(len(self.wanted) + 1, np.iinfo(np.int64).min)

    def see(self, name_key: Ints, key: Ints) -> Ints:
        """Note firms by name key (登记名称); returns the places of the rows that somebody asked for."""
        place = self._table.find(name_key)
        rows = np.flatnonzero(place >= 0)
        np.minimum.at(self._low, place[rows], key[rows])
        np.maximum.at(self._high, place[rows], key[rows])
        return rows

    def find(self, name_key: Ints) -> Ints:
        """The firm key for each name key (按名称查找)."""
        place = self._table.find(name_key)
        low, high = self._low[place], self._high[place]
        found = np.where(low == high, low, SEVERAL)
        return np.where((place < 0) | (low > high), NOTHING, found)


@dataclass(slots=True)
class Registry:
    """What linking needs to know of the registry's rows (登记侧索引)."""

    firms: Linked
    by_name: Unique
    by_province: Unique
    found: dict[str, Linked] = field(default_factory=dict)


def link(store: Store, bad: dict[str, Bad]) -> Registry:
    """Give every row without a usable key its final key by tiers 2 and 3 (关联), registry rows first."""
    firms = _start(bad["firms"])
    wanted = np.concatenate([x.who.name_key() for x in bad.values()])
    provinces = np.concatenate([_province_key(x.who) for name, x in bad.items() if name != "firms"])
    registry = Registry(firms, Unique(wanted), Unique(provinces))
    same_name = _scan_registry(store, registry)
    registry.firms = _link_firms(store, registry, same_name)
    registry.by_name.see(registry.firms.bad.who.name_key(), registry.firms.key)
    registry.by_province.see(_province_key(registry.firms.bad.who), registry.firms.key)
    codes = _registered(store, np.concatenate([bad[name].who.far for name in EVIDENCE]))
    for name in EVIDENCE:
        registry.found[name] = _link_evidence(registry, bad[name], codes=codes)
    return registry


def _start(bad: Bad) -> Linked:
    count = len(bad.rows)
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


def _link_firms(store: Store, registry: Registry, twins: _Twin) -> Linked:
    firms, who = registry.firms, registry.firms.bad.who
    name_key = who.name_key()
    key, method, several = firms.key.copy(), firms.method.copy(), firms.several.copy()
    twin = registry.by_name.find(name_key)
    order = np.argsort(twins.name_key, kind="stable")
    place = np.searchsorted(twins.name_key[order], name_key)
    at = order[np.minimum(place, len(order) - 1)] if len(order) else np.zeros(len(name_key), np.int64)
    mine = firms.bad.columns["established"]
    theirs = twins.established[at] if len(order) else mine
    agrees = (mine == theirs) | (mine < 0) | (theirs < 0)
    same = (twin >= 0) & agrees
    key[same], method[same] = twin[same], _method(LinkMethod.NAME_REGION)
    several[(twin == SEVERAL) | ((twin >= 0) & ~agrees)] = 1
    open_rows = np.flatnonzero((twin == NOTHING) & (name_key < -1))
    orphans = _orphans(store, name_key[open_rows])
    found = orphans.find(name_key[open_rows])
    claimed, counts = np.unique(name_key[open_rows], return_counts=True)
    alone = counts[np.searchsorted(claimed, name_key[open_rows])] == 1 if len(open_rows) else np.zeros(0, bool)
    adopts = (found >= 0) & alone
    key[open_rows[adopts]], method[open_rows[adopts]] = found[adopts], _method(LinkMethod.NAME_REGION)
    several[open_rows[(found == SEVERAL) | ((found >= 0) & ~alone)]] = 1
    return replace(firms, key=key, method=method, several=several)


def _orphans(store: Store, wanted: Ints) -> Unique:
    """Good rows of the other registers with a wanted name whose code no registry row has."""
    orphans = Unique(wanted)
    table = KeyTable(orphans.wanted)
    found: list[Ints] = []
    for bucket in range(store.buckets):
        for name in EVIDENCE:
            rows = store.table(name, bucket=bucket, columns=("key", "name_key"))
            names = rows["name_key"].to_numpy()
            hits = np.flatnonzero(table.find(names) >= 0)
            found.append(np.stack([names[hits], rows["key"].to_numpy()[hits]], axis=1))
    pairs = np.concatenate(found)
    known = _registered(store, pairs[:, 1])
    pairs = pairs[~np.isin(pairs[:, 1], known)]
    orphans.see(np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1]))
    return orphans


def _registered(store: Store, keys: Ints) -> Ints:
    """Which of the keys a good registry row has."""
    wanted = np.unique(keys[keys >= 0])
    table = KeyTable(wanted)
    found = np.zeros(len(wanted), bool)
    for bucket in range(store.buckets):
        place = table.find(store.table("firms", bucket=bucket, columns=("key",))["key"].to_numpy())
        found[place[place >= 0]] = True
    return wanted[found]


def _link_evidence(registry: Registry, bad: Bad, *, codes: Ints) -> Linked:
    start = _start(bad)
    who = bad.who
    key, method, several = start.key.copy(), start.method.copy(), start.several.copy()
    ambiguous = (who.kind == CodeKind.AMBIGUOUS) & np.isin(who.far, codes)
    settled = ambiguous.copy()
    method[ambiguous] = _method(LinkMethod.HISTORICAL)
    legacy = registry.firms
    table = KeyTable(legacy.bad.who.far)
    place = table.find(who.far)
    proven = (place >= 0) & (who.far != -1) & ~settled
    key[proven], method[proven] = legacy.key[place[proven]], _method(LinkMethod.LEGACY_CODE)
    settled |= proven
    key[~settled & (who.kind == CodeKind.AMBIGUOUS)] = who.name_key()[~settled & (who.kind == CodeKind.AMBIGUOUS)]
    tiers = (
        (registry.by_name, who.name_key(), LinkMethod.NAME_REGION),
        (registry.by_province, _province_key(who), LinkMethod.NAME_PROVINCE),
    )
    for tier, names, how in tiers:
        found = tier.find(names)
        hit = ~settled & (found != NOTHING) & (found != SEVERAL)
        key[hit], method[hit] = found[hit], _method(how)
        several[~settled & (found == SEVERAL)] = 1
        settled |= (found != NOTHING) & (names < -1)
    key[several == 1] = -1
    return replace(start, key=key, method=method, several=several)


class OwnNumbers:
    """Register's own numbers that the registry gives together with a code (编号与代码对照)."""

    def __init__(self, pairs: Ints) -> None:
        self._keys = pairs[:, 1]
        self._table = KeyTable(np.ascontiguousarray(pairs[:, 0])) if len(pairs) else None

    def translate(self, key: Ints) -> Ints:
        """Keys, own numbers replaced by the key of the code (编号转代码)."""
        if self._table is None:
            return key
        place = self._table.find(key)
        return np.where(place >= 0, self._keys[np.maximum(place, 0)], key)


def _province_key(who: Identity) -> Ints:
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
