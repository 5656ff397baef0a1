"""Verdicts on their way from the engine to the output (筛查结果中转): by bucket in, in the order of the register out."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.adapters.registers.kernels import KeyTable, put_fields, take_fields
from huoshui.errors import OutputError
from huoshui.rules.screening import EXACT_DUPLICATE, KEPT, SUPERSEDED

RECORD: Final = np.dtype(
    [
        ("row", "i8"),
        ("same_as", "i8"),
        ("sales_12m", "i8"),
        ("region", "i4"),
        ("priority_bands", "i4"),
        ("priority", "i2"),
        ("reason_bits", "i2"),
        ("evidence_bits", "i2"),
        ("division", "i2"),
        ("size", "i1"),
        ("is_listed", "i1"),
        ("tags", "i1"),
        ("link", "i1"),
        ("record_state", "i1"),
    ],
    align=True,  # numpy fills unaligned fields ten times slower
)
COLUMNS: Final = (
    "pos",
    "key",
    "record_state",
    "region",
    "division",
    "sales_12m",
    "priority_bands",
    "priority",
    "reason_bits",
    "evidence_bits",
    "size",
    "is_listed",
    "tags",
    "link",
)
Fields = Mapping[str, npt.NDArray[Any]]
_CHUNK: Final = 1 << 16


def records(result: pa.Table, *, asked: Mapping[str, pa.Table]) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """The engine's result for one bucket as records with their keys, in the order of the register (结果排序).

    `asked` are the tables that the engine was given.
    """
    rows, place = asked["firms"]["row"].to_numpy(), result["pos"].to_numpy().astype(np.int64)
    if np.any(rows[1:] < rows[:-1]):
        order = np.argsort(rows, kind="stable")
        rank = np.empty(len(rows), np.int64)
        rank[order] = np.arange(len(rows))
        rows, place = rows[order], rank[place]
    found, key = np.zeros(len(rows), RECORD), np.empty(len(rows), np.int64)
    put_fields({x: result[x].to_numpy() for x in COLUMNS if x in (RECORD.names or ())}, into=found, places=place)
    key[place] = result["key"].to_numpy()
    put_fields({"row": rows}, into=found)
    put_fields({"same_as": _same_as(key, found, elsewhere=asked["elsewhere"])}, into=found)
    return found, key


def fields_of(found: npt.NDArray[Any]) -> Fields:
    """Records as columns (记录转列)."""
    return {x: np.ascontiguousarray(found[x]) for x in RECORD.names or ()}


def records_of(found: Fields) -> npt.NDArray[Any]:
    """Columns as records (列转记录)."""
    records = np.zeros(len(found["row"]), RECORD)
    put_fields(found, into=records)
    return records


def chosen(found: Fields, places: npt.NDArray[np.int64]) -> Fields:
    """Some of the rows (取行)."""
    return {name: np.take(x, places) for name, x in found.items()}


def _same_as(key: npt.NDArray[np.int64], found: npt.NDArray[Any], *, elsewhere: pa.Table) -> npt.NDArray[np.int64]:
    """For duplicates and superseded records the row of the record that is kept, perhaps elsewhere; -1 for the others."""
    same_as = np.full(len(key), -1, np.int64)
    state = found["record_state"]
    kept, others = np.flatnonzero(state == KEPT), np.flatnonzero((state == EXACT_DUPLICATE) | (state == SUPERSEDED))
    keys, rows = np.append(key[kept], elsewhere["key"].to_numpy()), np.append(found["row"][kept], elsewhere["row"].to_numpy())
    same_as[others] = rows[KeyTable(keys).find(key[others])]
    return same_as


class InOrder(Protocol):
    """Verdicts of all screened rows (结果集)."""

    def until(self, ends: list[int]) -> Iterator[Fields]:
        """The fields of RECORD of the rows before each end, in the order of the register (按原序取结果)."""
        ...


class Verdicts:
    """Records of all buckets (结果集): in memory for one bucket, in one file a bucket for many."""

    def __init__(self, folder: Path, *, buckets: int) -> None:
        self._paths = [folder / f"verdicts-{x:03d}.bin" for x in range(buckets)]
        self._held: list[npt.NDArray[Any]] = []

    def put(self, found: npt.NDArray[Any], *, bucket: int) -> None:
        """Keep the records of one bucket (存结果)."""
        if len(self._paths) == 1:
            self._held.append(found)
            return
        try:
            found.tofile(self._paths[bucket])
        except OSError as error:
            raise OutputError(f"cannot write to {self._paths[bucket].parent}: {error.strerror or error}") from error

    def until(self, ends: list[int]) -> Iterator[Fields]:
        """The fields of RECORD of the rows before each end, in the order of the register (按原序取结果)."""
        readers = [_Taking(iter([x])) for x in self._held] or [_Taking(_chunks(x)) for x in self._paths if x.exists()]
        start = 0
        for end in ends:
            yield _in_place([y for x in readers for y in x.take(end)], start=start, end=end)
            start = end


def _in_place(pieces: list[npt.NDArray[Any]], *, start: int, end: int) -> Fields:
    """Every record at the place of its row, and no gaps for rows that were not screened."""
    found = {name: np.empty(end - start, RECORD[name]) for name in RECORD.names or ()}
    found["row"].fill(-1)
    for piece in pieces:
        take_fields(piece, into=found, first=start)
    if sum(map(len, pieces)) == end - start:
        return found
    return chosen(found, np.flatnonzero(found["row"] >= 0))


def _chunks(path: Path) -> Iterator[npt.NDArray[Any]]:
    total = path.stat().st_size // RECORD.itemsize
    for first in range(0, total, _CHUNK):
        yield np.fromfile(path, RECORD, count=_CHUNK, offset=first * RECORD.itemsize)


class _Taking:
    """Takes records from chunks whose rows ascend."""

    def __init__(self, chunks: Iterator[npt.NDArray[Any]]) -> None:
        self._chunks, self._rest = chunks, np.zeros(0, RECORD)

    def take(self, end: int) -> Iterator[npt.NDArray[Any]]:
        """The next records before an end, in pieces."""
        while True:
            cut = bisect_left(self._rest["row"], end)
            if cut:
                yield self._rest[:cut]
            self._rest = self._rest[cut:]
            if len(self._rest) or (more := next(self._chunks, None)) is None:
                return
            self._rest = more
