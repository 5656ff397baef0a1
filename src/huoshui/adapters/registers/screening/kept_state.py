"""The state of a screening from which the next night goes on (筛查状态): a full run's tables, and a segment a night upon them.

A segment holds what was read: the standard tables by key, the rows without a usable key, the text of the registry's rows, the
halves of names that were not linked exactly; and the verdicts that it changed. Segments are
never written again, so a night adds its own and shares the others.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from huoshui.adapters.registers.kernels import Ints, KeyTable
from huoshui.adapters.registers.screening import kept_bad
from huoshui.adapters.registers.screening.kept_bad import KeptLinks
from huoshui.adapters.registers.screening.kept_near import left_near
from huoshui.adapters.registers.screening.kept_outside import KeptOutside, find_outside
from huoshui.adapters.registers.screening.kept_tables import KeptTable
from huoshui.adapters.registers.screening.kept_text import KeptText, Texts, together
from huoshui.adapters.registers.screening.kept_verdicts import KeptVerdicts
from huoshui.adapters.registers.screening.key_index import distinct
from huoshui.adapters.registers.screening.linking import EVIDENCE, Linked, concatenate
from huoshui.adapters.registers.screening.standard import Bad, Unkeyed
from huoshui.adapters.registers.screening.store import Columns, Store
from huoshui.adapters.registers.screening.tables import TABLES

NAMES: Final = ("firms", *EVIDENCE)
_KEPT: Final = {name: tuple(x for x in TABLES[name] if x != "pos") for name in NAMES}
_INDEXED: Final = {"firms": ("key", "name_hash"), **dict.fromkeys(EVIDENCE, ("key",))}


def prefix(segment: int) -> str:
    """How the files of a segment begin (分段前缀)."""
    return f"{segment:03d}"


class SegmentWriter:
    """Writes what was read, before it is linked (分段写出器)."""

    def __init__(self, folder: Path, *, segment: int) -> None:
        self._folder, self._prefix = folder, prefix(segment)
        self._orphans: list[npt.NDArray[np.int64]] = []

    def add_bucket(self, bucket: int, tables: Mapping[str, Columns], *, registered: Ints | None = None) -> None:
        """Keep one bucket's rows with a usable key (存入一桶), evidence with name_key.

        `registered` are those of the evidence's keys that the registry has; left out, they are looked for in the bucket.
        """
        known = KeyTable(tables["firms"]["key"] if registered is None else registered)
        for name in NAMES:
            columns = tables[name]
            path = self._folder / f"{self._prefix}-{name}-{bucket:03d}.arrow"
            KeptTable.write(path, {x: columns[x] for x in _KEPT[name]}, indexed=_INDEXED[name])
            if name != "firms":
                lost = np.flatnonzero((known.find(columns["key"]) < 0) & (columns["name_key"] < -1))
                pairs = np.stack([columns["key"][lost], columns["name_key"][lost]], axis=1)
                self._orphans.append(np.unique(pairs, axis=0))

    def finish(self, bad: Mapping[str, Unkeyed]) -> None:
        """Keep the rows without a usable key (写入完毕)."""
        orphans = np.concatenate([np.zeros((0, 2), np.int64), *self._orphans])
        columns = {"key": np.ascontiguousarray(orphans[:, 0]), "name_key": np.ascontiguousarray(orphans[:, 1])}
        KeptTable.write(self._folder / f"{self._prefix}-orphans.arrow", columns, indexed=("key", "name_key"))
        for name in NAMES:
            kept_bad.write_bad(self._folder / f"{self._prefix}-bad-{name}.arrow", bad[name].whole())


def keep_store(folder: Path, store: Store, *, bad: Mapping[str, Unkeyed]) -> None:
    """Keep what a full run read, as its first segment (保存全量标准表); only before its rows are linked."""
    writer = SegmentWriter(folder, segment=0)
    for bucket in range(store.buckets):
        writer.add_bucket(bucket, {name: _columns(store, name, bucket) for name in NAMES})
    writer.finish(bad)


def _columns(store: Store, name: str, bucket: int) -> Columns:
    wanted = [*_KEPT[name], *(() if name == "firms" else ("name_key",))]
    table = store.table(name, bucket=bucket, columns=wanted)
    return {x: table[x].to_numpy() for x in wanted}


class _Segment:
    def __init__(self, folder: Path, *, segment: int, buckets: int) -> None:
        mine = prefix(segment)
        self.tables = {
            name: [KeptTable.open(folder / f"{mine}-{name}-{x:03d}.arrow") for x in range(buckets)] for name in NAMES
        }
        self.outside = KeptTable.open(outside_path(folder, segment))
        self.orphans = KeptTable.open(folder / f"{mine}-orphans.arrow")
        self.bad = {name: kept_bad.read_bad(folder / f"{mine}-bad-{name}.arrow") for name in NAMES}
        self.text = KeptText(folder, prefix=mine)
        self.near = KeptTable.open(near_path(folder, segment)) if near_path(folder, segment).exists() else None

    def find(self, name: str, wanted: Ints, *, by: str, columns: tuple[str, ...]) -> list[Columns]:
        buckets = self.tables[name]
        mine = [wanted] * len(buckets)
        if by == "key" and len(buckets) > 1:
            mine = [wanted[(wanted & (len(buckets) - 1)) == x] for x in range(len(buckets))]
        return [x.take(x.find(keys, by=by), columns=columns) for x, keys in zip(buckets, mine, strict=True)]


class State:
    """A state that is open for reading (状态): some segments, each with its number of buckets."""

    def __init__(self, folder: Path, *, buckets: Sequence[int]) -> None:
        self.folder = folder
        self._segments = [_Segment(folder, segment=i, buckets=x) for i, x in enumerate(buckets)]

    @property
    def segments(self) -> int:
        """How many there are (分段数)."""
        return len(self._segments)

    def bad(self) -> dict[str, Bad]:
        """All rows without a usable key (全部待关联行), in the order of their registers."""
        return {name: concatenate([x.bad[name] for x in self._segments]) for name in NAMES}

    def links(self) -> dict[str, KeptLinks]:
        """What they were linked to when the state was written (关联状态)."""
        rows = {name: sum(len(x.bad[name].rows) for x in self._segments) for name in NAMES}
        return {name: kept_bad.read_links(links_path(self.folder, name), rows=rows[name]) for name in NAMES}

    def verdicts(self, *, segments: int | None = None) -> KeptVerdicts:
        """The verdicts of the first so many segments, of all by default (结论)."""
        return KeptVerdicts(self.folder, prefixes=[prefix(x) for x in range(segments or self.segments)])

    def firms(self, wanted: Ints, *, by: str, columns: tuple[str, ...] = _KEPT["firms"]) -> Columns:
        """Registry rows with a usable key (登记行), in the order of the register, whose `by` (key, name_hash) is wanted."""
        found = _together([y for x in self._segments for y in x.find("firms", wanted, by=by, columns=(*columns, "row"))])
        order = np.argsort(found["row"], kind="stable")
        return {name: x[order] for name, x in found.items()}

    def evidence(self, name: str, keys: Ints) -> Columns:
        """Rows of another register with a wanted key (佐证行)."""
        return _together([y for x in self._segments for y in x.find(name, keys, by="key", columns=_KEPT[name])])

    def orphans(self, wanted: Ints, *, by: str) -> tuple[Ints, Ints]:
        """Keys and name keys of evidence whose key the registry did not have (无登记佐证), found by `key` or `name_key`."""
        found = [x.orphans.take(x.orphans.find(wanted, by=by), columns=("key", "name_key")) for x in self._segments]
        joined = _together(found)
        return joined["key"], joined["name_key"]

    def registered(self, keys: Ints) -> Ints:
        """Which of the keys a registry row has (已登记的键)."""
        return distinct(self.firms(keys[keys >= 0], by="key", columns=("key",))["key"])

    def outside(self, *, codes: Ints, hashes: Ints, texts: Ints) -> KeptOutside:
        """Registry rows outside the region that have a wanted code, name, or code as written (地区外登记行)."""
        return find_outside([x.outside for x in self._segments], codes=codes, hashes=hashes, texts=texts)

    def keys_of(self, rows: Ints) -> Ints:
        """The keys of registry rows with a usable one (行转键), -1 for the others."""
        found = np.full(len(rows), -1, np.int64)
        for table in (y for x in self._segments for y in x.tables["firms"] if len(y)):
            mine = table.column("row")
            place = np.minimum(np.searchsorted(mine, rows), len(mine) - 1)
            hit = np.flatnonzero(mine[place] == rows)
            found[hit] = table.column("key")[place[hit]]
        return found

    def left_near(self, blocks: Ints) -> dict[str, Ints]:
        """Places, by table, of rows that no exact tier linked and that may be near to names in some blocks (可能受影响的行)."""
        found = [left_near(x.near, blocks) for x in self._segments if x.near is not None]
        return {name: np.unique(np.concatenate([x[name] for x in found])) for name in EVIDENCE}

    def near(self, blocks: Ints, *, columns: Sequence[str]) -> Texts:
        """Registry rows whose name may share a half with one in the same region (可能近似的登记行)."""
        return together([_texts(x.text, x.text.near(blocks), columns) for x in self._segments])

    def numbered(self, numbers: Ints) -> Ints:
        """Registry rows, ascending, that may have a number, or a code that is none, written as wanted (可能同编号的登记行)."""
        return np.concatenate([x.text.rows_at(x.text.numbered(numbers)) for x in self._segments])

    def texts(self, rows: Ints, *, columns: Sequence[str]) -> Texts:
        """The text of registry rows, ascending (登记文本)."""
        found = []
        for segment in self._segments:
            places = segment.text.places_of(rows)
            found.append(_texts(segment.text, places[places >= 0], columns))
        return together(found)


def _texts(text: KeptText, places: Ints, columns: Sequence[str]) -> Texts:
    return Texts(text.rows_at(places), text.take(places, columns=columns))


def _together(found: Sequence[Mapping[str, npt.NDArray[Any]]]) -> Columns:
    return {name: np.concatenate([x[name] for x in found]) for name in found[0]}


def near_path(folder: Path, segment: int) -> Path:
    """Where a segment keeps the halves of names that were not linked exactly (近似分块文件)."""
    return folder / f"{prefix(segment)}-near.arrow"


def outside_path(folder: Path, segment: int) -> Path:
    """Where a segment keeps the registry's rows outside the region (地区外登记行文件)."""
    return folder / f"{prefix(segment)}-outside.arrow"


def links_path(folder: Path, name: str) -> Path:
    """Where a state keeps what the rows of a table were linked to (关联状态文件)."""
    return folder / f"links-{name}.arrow"


def write_links(folder: Path, linked: Mapping[str, Linked], *, firm_rows: Mapping[str, Ints]) -> None:
    """Keep what was linked to what (保存关联状态)."""
    for name, found in linked.items():
        kept_bad.write_links(links_path(folder, name), found, firm_row=firm_rows[name])
