"""Verdicts on their way from the engine to the output (筛查结果中转): by bucket in, in the order of the register out."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.adapters.registers.kernels import KeyTable
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
_CHUNK: Final = 1 << 16


def records(result: pa.Table, *, asked: Mapping[str, pa.Table]) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """The engine's result for one bucket as records with their keys, in the order of the register (结果排序).

    `asked` are the tables that the engine was given.
    """
    rows = asked["firms"]["row"].to_numpy()
    given = np.zeros(len(rows), RECORD)
    for name in RECORD.names or ():
        if name in COLUMNS:
            given[name] = result[name].to_numpy()
    place = np.empty(len(rows), np.int64)
    place[result["pos"].to_numpy()] = np.arange(len(rows))
    if np.any(rows[1:] < rows[:-1]):
        order = np.argsort(rows, kind="stable")
        rows, place = rows[order], place[order]
    found, key = np.take(given, place), result["key"].to_numpy()[place]
    found["row"] = rows
    found["same_as"] = _same_as(key, found, elsewhere=asked["elsewhere"])
    return found, key


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

    def until(self, ends: list[int]) -> Iterator[npt.NDArray[Any]]:
        """The records before each end, in the order of the register (按原序取结果)."""
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

    def until(self, ends: list[int]) -> Iterator[npt.NDArray[Any]]:
        """The records before each end, in the order of the register (按原序取结果)."""
        readers = [_Reader(x) for x in self._paths] if not self._held else [_Held(x) for x in self._held]
        for end in ends:
            found = np.concatenate([x.take(end) for x in readers])
            yield found if len(readers) == 1 else np.take(found, np.argsort(found["row"], kind="stable"))


class _Held:
    def __init__(self, found: npt.NDArray[Any]) -> None:
        self._rest = found

    def take(self, end: int) -> npt.NDArray[Any]:
        cut = int(np.searchsorted(self._rest["row"], end))
        taken, self._rest = self._rest[:cut], self._rest[cut:]
        return taken


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._total = path.stat().st_size // RECORD.itemsize if path.exists() else 0
        self._rest = np.zeros(0, RECORD)

    def take(self, end: int) -> npt.NDArray[Any]:
        while self._read < self._total and (not len(self._rest) or self._rest["row"][-1] < end):
            more = np.fromfile(self._path, RECORD, count=_CHUNK, offset=self._read * RECORD.itemsize)
            self._read += len(more)
            self._rest = np.concatenate([self._rest, more])
        cut = int(np.searchsorted(self._rest["row"], end))
        taken, self._rest = self._rest[:cut], self._rest[cut:].copy()
        return taken
