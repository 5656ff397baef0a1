"""Registers become rows of whole numbers by firm (登记数据按主体归集): who is who, and what waits for adding up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from huoshui.adapters.features.buckets import Buckets
from huoshui.adapters.features.fold import NO_KEY, Ints, InvoiceColumns, KeyPlaces, Places, pack
from huoshui.adapters.registers import firm_keys, parts
from huoshui.adapters.registers.evidence_rows import Words, read_evidence
from huoshui.adapters.registers.firm_keys import Keyed
from huoshui.adapters.registers.invoice_rows import ReadInvoices, read_invoices
from huoshui.terms import RegisterKind

Progress = Callable[[str], None]
NAMES: Final = ("firm_id", "name", "region_code")
_ROWS_OF_A_RANGE: Final = 1 << 22
_NOWHERE: Final = -1


@dataclass(slots=True)
class Firms:
    """The firms in the order of the table (主体序列): places by key, keys, names, and what the registry says of them.

    A registry closes the list: its firms are the rows, found by code or own number, else by name and region where one firm
    alone has them. Without one, every firm of the invoices is a row.
    """

    places: KeyPlaces = field(default_factory=KeyPlaces)
    keys: list[Ints] = field(default_factory=list)
    names: list[pa.Table] = field(default_factory=list)
    registry: Mapping[str, Ints] | None = None
    is_closed: bool = False
    _others: KeyPlaces = field(default_factory=KeyPlaces)
    _firm_of_other: Places = field(default_factory=lambda: np.empty(0, np.int32))

    @property
    def count(self) -> int:
        """How many there are (主体数)."""
        return self.places.count

    @property
    def own_keys(self) -> Ints:
        """Every firm's key as a party of another's invoices (主体键)."""
        return np.concatenate(self.keys) if self.keys else np.empty(0, np.int64)

    def named(self) -> pa.Table:
        """What the firms are called (主体名称)."""
        return pa.concat_tables(self.names) if self.names else pa.table({x: pa.array([], pa.string()) for x in NAMES})

    def place(self, who: Keyed, table: pa.Table) -> Places:
        """The place of each row's firm (归户), -1 for none; unknown firms are taken in while the list is open."""
        if not self.is_closed:
            return self._take_in(who.key, table)
        found = self.places.find(who.key)
        lost = np.flatnonzero(found < 0)
        if len(lost) and self._others.count:
            found[lost] = self._by_other(who, table, lost)
        return found

    def _take_in(self, keys: Ints, table: pa.Table) -> Places:
        nobody = keys == NO_KEY
        named = np.flatnonzero(~nobody) if nobody.any() else None
        found, added = self.places.add(keys if named is None else keys[named])
        if len(added):
            rows = added if named is None else named[added]
            self.keys.append(keys[rows])
            self.names.append(firm_keys.names_of(table, rows, allow_historical=True))
        if named is None:
            return found
        places = np.full(len(keys), _NOWHERE, np.int32)
        places[named] = found
        return places

    def _by_other(self, who: Keyed, table: pa.Table, lost: Ints) -> Places:
        names = firm_keys.name_keys_of(table.take(pa.array(lost)))
        found = np.full(len(lost), _NOWHERE, np.int32)
        for keys in (who.key[lost], *(x[lost] for x in who.others), names):
            other = self._others.find(keys)
            firm = self._firm_of_other[other] if len(self._firm_of_other) else other
            found = np.where((found < 0) & (keys != NO_KEY) & (other >= 0), firm, found)
        return found.astype(np.int32)

    def know_also(self, keys: Ints, firms: Ints) -> None:
        """Other keys of firms (其他标识): a number beside a code, name and region. What several firms share tells nothing."""
        usable = (keys != NO_KEY) & (firms >= 0)
        pairs = np.unique(np.stack([keys[usable], firms[usable]], axis=1), axis=0)
        _, first, times = np.unique(pairs[:, 0], return_index=True, return_counts=True)
        alone = pairs[first[times == 1]]
        self._others.add(alone[:, 0])
        self._firm_of_other = np.append(alone[:, 1].astype(np.int32), np.int32(_NOWHERE))


@dataclass(frozen=True, slots=True)
class Events:
    """Rows of a register of events (事件行): the place of each row's firm, and its columns."""

    firm: Places
    columns: dict[str, Ints]


def read_registry(firms: Firms, files: Sequence[Path]) -> dict[str, int]:
    """Take in the registry's firms (读登记); of several records of one firm the last updated, then the later row, is used.

    Returns the rows that were read, and those that tell no firm.
    """
    split = parts.split(files)
    found: dict[str, list[Ints]] = {x: [] for x in ("place", "updated", "established", "capital")}
    others: list[tuple[Ints, Ints]] = []
    for part in split:
        who, columns, table = read_evidence(part, kind=RegisterKind.REGISTRY, words={})
        columns["place"] = firms.place(who, table).astype(np.int64)
        others += [(x, columns["place"]) for x in (*who.others, firm_keys.name_keys_of(table))]
        for name, values in found.items():
            values.append(columns[name])
    every = {name: np.concatenate(values) if values else np.empty(0, np.int64) for name, values in found.items()}
    placed = np.flatnonzero(every["place"] >= 0)
    last = placed[np.argsort(every["updated"][placed], kind="stable")]
    chosen, earliest = np.zeros(firms.count, np.int64), np.zeros(firms.count, np.int64)
    chosen[every["place"][last]] = last
    earliest[every["place"][placed[::-1]]] = placed[::-1]
    _name_again(firms, np.flatnonzero(chosen != earliest), chosen, split)
    firms.registry = {name: every[name][chosen] for name in ("established", "capital")}
    if others:
        firms.know_also(*(np.concatenate(x) for x in zip(*others, strict=True)))
    firms.is_closed = True
    return {"read": len(every["place"]), "without_firm": len(every["place"]) - len(placed)}


def _name_again(firms: Firms, renamed: Ints, row_of: Ints, split: Sequence[parts.Part]) -> None:
    """Call firms of several records what the one that is used calls them."""
    order = np.argsort(row_of[renamed], kind="stable")
    renamed, rows = renamed[order], row_of[renamed][order]
    names = [firms.named()]
    for part in split:
        low, high = np.searchsorted(rows, (part.start, part.start + part.rows))
        if high > low:
            table = parts.read(part, columns=firm_keys.COLUMNS, as_words=firm_keys.WORDS)
            names.append(firm_keys.names_of(table, rows[low:high] - part.start, allow_historical=True))
    index = np.arange(firms.count)
    index[renamed] = firms.count + np.arange(len(renamed))
    firms.names = [pa.concat_tables(names).take(pa.array(index))] if len(renamed) else firms.names


def read_all_invoices(
    firms: Firms, files: Sequence[Path], *, folder: Path, progress: Progress
) -> tuple[Buckets, dict[str, int]]:
    """Invoices into buckets by firm (读发票); how many were read, and how many are of no firm of the table."""
    counts = {"read": 0, "without_firm": 0}
    buckets: Buckets | None = None
    split = parts.split(files)
    total = sum(x.rows for x in split)
    for invoices in parts.each(split, read_invoices):
        places = firms.place(invoices.who, invoices.table)
        if buckets is None:
            seen = total if firms.is_closed else len(places)
            buckets = Buckets(folder, width=max(1, _ROWS_OF_A_RANGE * firms.count // max(1, seen)))
        packed = pack(columns_of(invoices), places, width=buckets.width, ranges=max(1, -(-firms.count // buckets.width)))
        buckets.add(packed)
        counts["read"] += len(places)
        counts["without_firm"] += len(places) - sum(map(len, packed))
        progress(f"invoices (发票): {counts['read']:,} of {total:,}")
    firms.is_closed = True
    return buckets or Buckets(folder, width=1), counts


def columns_of(read: ReadInvoices) -> InvoiceColumns:
    """Invoices as they were read, for the kernel (发票列)."""
    return InvoiceColumns(read.day, read.amount, read.tax, read.party, read.number, read.is_purchase, read.is_void)


def read_events(firms: Firms, files: Sequence[Path], *, kind: RegisterKind) -> tuple[Events, dict[str, int]]:
    """Rows of a register of events (读其他登记), those of no firm of the table left out and counted."""
    words: Words = {}
    places: list[Places] = []
    found: list[dict[str, Ints]] = []
    counts = {"read": 0, "without_firm": 0}
    for part in parts.split(files):
        who, columns, table = read_evidence(part, kind=kind, words=words)
        place = firms.place(who, table)
        placed = np.flatnonzero(place >= 0)
        places.append(place[placed])
        found.append({name: values[placed] for name, values in columns.items()})
        counts["read"] += len(place)
        counts["without_firm"] += len(place) - len(placed)
    order = np.argsort(firm := np.concatenate(places), kind="stable")
    joined: dict[str, Any] = {name: np.concatenate([x[name] for x in found])[order] for name in found[0]}
    return Events(firm[order], joined), counts
