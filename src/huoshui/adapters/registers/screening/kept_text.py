"""The text of screened registry rows, kept for the next night (登记文本暂存): a few rows of many are read without the register.

Beside it two indexes: the halves of the names with their region, by which near names are found, and what is written as the
register's own number, or as a code that is none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.kernels import CodeKind, Ints, code_keys, own_keys
from huoshui.adapters.registers.screening import key_index
from huoshui.adapters.registers.screening.kept_tables import UnusableState, read_batches, write_columns
from huoshui.adapters.registers.screening.near_names import block_keys
from huoshui.errors import OutputError

TEXTS: Final = ("uscc", "register_no", "name", "region_code", "industry_code")
_SCHEMA: Final = pa.schema([("row", pa.int64()), ("row_id", pa.int64()), *((x, pa.string()) for x in TEXTS)])
_LOWEST: Final = np.iinfo(np.int64).min
_ROWS_AN_INDEX: Final = 1 << 22


@dataclass(frozen=True, slots=True)
class Ids:
    """The row ids of a registry (行号): whether it gives any, and the last one; None where they do not rise."""

    given: bool
    last: int | None


class TextWriter:
    """Writes the text of rows as they come, in the order of the register (文本写出器)."""

    def __init__(self, folder: Path, *, prefix: str, last_id: int | None = _LOWEST) -> None:
        """`last_id` is the last row id before; None where they did not rise."""
        self._folder, self._prefix = folder, prefix
        self.last_id = last_id
        try:
            self._sink = pa.OSFile(str(folder / f"{prefix}-text.arrow"), "wb")
        except OSError as error:
            raise OutputError(f"cannot write to {folder}: {error.strerror or error}") from error
        self._writer = pa.ipc.new_file(self._sink, _SCHEMA)
        self._rows = self._indexes = 0
        self._blocks: list[tuple[Ints, Ints]] = []
        self._numbers: list[tuple[Ints, Ints]] = []

    def add(self, text: pa.Table, *, rows: Ints, region: npt.NDArray[np.int32]) -> None:
        """Keep some rows (存入): `text` has the row ids as they are shown, and TEXTS."""
        row_id = parts.whole(text["row_id"]).cast(pa.int64())
        columns = [pa.array(rows), row_id, *(parts.whole(text[x]).cast(pa.string()) for x in TEXTS)]
        try:
            self._writer.write_batch(pa.record_batch(columns, schema=_SCHEMA))
        except OSError as error:
            raise OutputError(f"cannot write to {self._folder}: {error.strerror or error}") from error
        ids = row_id.to_numpy(zero_copy_only=False)
        if len(ids) and self.last_id is not None:
            self.last_id = int(ids[-1]) if ids[0] > self.last_id and bool((ids[1:] > ids[:-1]).all()) else None
        places = np.arange(self._rows, self._rows + len(rows))
        self._blocks += [(x, places) for x in block_keys(columns[4], region)]
        self._numbers += [(number_keys(x.take(pa.array(at))), places[at]) for x, at in _numbered(columns[2], columns[3])]
        self._rows += len(rows)
        if sum(len(x) for x, _ in self._blocks) >= 2 * _ROWS_AN_INDEX:
            self._write_indexes()

    def _write_indexes(self) -> None:
        for name, found in (("blocks", self._blocks), ("numbers", self._numbers)):
            keys, places = (np.concatenate([np.zeros(0, np.int64), *(x[i] for x in found)]) for i in range(2))
            path = self._folder / f"{self._prefix}-{name}-{self._indexes:03d}.arrow"
            write_columns(path, {"index": key_index.build_index(keys, places=places)})
            found.clear()
        self._indexes += 1

    def close(self) -> None:
        """Make what was written readable (写入完毕)."""
        self._write_indexes()
        self._writer.close()
        self._sink.close()


def number_keys(numbers: pa.Array) -> Ints:
    """Keys of own numbers whatever their scheme (编号键), one for equal texts; blank ones share -1."""
    return own_keys(numbers, seed=0)


def _numbered(codes: pa.Array, numbers: pa.Array) -> Iterator[tuple[pa.Array, Ints]]:
    """The columns of codes and own numbers, each with the places whose text no credit code stands for."""
    kind = code_keys(codes, allow_historical=False).kind
    yield codes, np.flatnonzero(codes.is_valid().to_numpy(zero_copy_only=False) & (kind != CodeKind.VALID))
    yield numbers, np.flatnonzero(numbers.is_valid().to_numpy(zero_copy_only=False))


@dataclass(frozen=True, slots=True)
class Texts:
    """Rows with their text (文本行): `rows` ascending, `table` with row_id and TEXTS."""

    rows: Ints
    table: pa.Table


class KeptText:
    """The text of the rows of one segment (文本)."""

    def __init__(self, folder: Path, *, prefix: str) -> None:
        path = folder / f"{prefix}-text.arrow"
        self._batches = [x for x in read_batches(path) if x.num_rows]
        self._rows: list[Ints] = [x.column("row").to_numpy() for x in self._batches]
        self._starts = np.cumsum([0, *map(len, self._rows)])
        self._indexes = {
            name: [read_batches(x)[0].column("index").to_numpy() for x in sorted(folder.glob(f"{prefix}-{name}-*.arrow"))]
            for name in ("blocks", "numbers")
        }
        if any(not x for x in self._indexes.values()):
            raise UnusableState(f"the indexes of {path.name} are missing from the state")

    def places_of(self, rows: Ints) -> Ints:
        """The place of each row among those of this segment (行转位置), -1 for a row that is not there."""
        found = np.full(len(rows), -1, np.int64)
        for start, mine in zip(self._starts, self._rows, strict=False):
            inside = np.flatnonzero((rows >= mine[0]) & (rows <= mine[-1]))
            place = np.searchsorted(mine, rows[inside])
            hit = mine[place] == rows[inside]
            found[inside[hit]] = place[hit] + start
        return found

    def rows_at(self, places: Ints) -> Ints:
        """The rows at places, both ascending (位置转行)."""
        return np.concatenate([np.zeros(0, np.int64), *(self._rows[i][x] for i, x in self._by_batch(places))])

    def take(self, places: Ints, *, columns: Sequence[str] = ("row_id", *TEXTS)) -> pa.Table:
        """The texts at ascending places (取文本)."""
        schema = pa.schema([_SCHEMA.field(x) for x in columns])
        found = [self._batches[i].select(list(columns)).take(pa.array(x)) for i, x in self._by_batch(places)]
        return pa.Table.from_batches(found, schema=schema)

    def near(self, blocks: Ints) -> Ints:
        """Places, ascending, of rows that may share a block (可能同块的位置): a few may not."""
        return self._find("blocks", blocks)

    def numbered(self, numbers: Ints) -> Ints:
        """Places, ascending, of rows that may have one of some own numbers (可能同编号的位置)."""
        return self._find("numbers", numbers)

    def _find(self, name: str, wanted: Ints) -> Ints:
        found = [key_index.candidates(x, wanted=wanted)[0] for x in self._indexes[name]]
        return key_index.distinct(np.concatenate(found))

    def _by_batch(self, places: Ints) -> Iterator[tuple[int, Ints]]:
        cuts = np.searchsorted(places, self._starts)
        for i, start in enumerate(self._starts[:-1].tolist()):
            if cuts[i + 1] > cuts[i]:
                yield i, places[cuts[i] : cuts[i + 1]] - start


def together(found: Sequence[Any]) -> Texts:
    """The rows of several segments, in order (合并)."""
    return Texts(np.concatenate([x.rows for x in found]), pa.concat_tables([x.table for x in found]))
