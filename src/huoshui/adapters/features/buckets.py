"""Rows wait for their firms (分桶暂存): in memory while they are few, else in files, one a range of firms.

Firms of one bucket are neighbours, so that buckets taken in order give the firms in order. A bucket with too many rows is cut
again into narrower ranges when it is its turn, so the memory depends on the rows of a bucket and not on those of the register.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from huoshui.adapters.features.fold import Rows
from huoshui.errors import OutputError

ROWS_IN_MEMORY: Final = 3_000_000
ROWS_OF_A_BUCKET: Final = 4_000_000
_ROWS_AT_A_TIME: Final = 1 << 19


class Buckets:
    """Rows of ROW by range of firms (按主体区间分桶)."""

    def __init__(self, folder: Path, *, dtype: np.dtype[Any], firms_of_a_bucket: int) -> None:
        self._folder, self._dtype, self._width = folder, dtype, max(1, firms_of_a_bucket)
        self._held: list[Rows] = []
        self._held_rows = 0
        self._rows: dict[int, int] = {}
        self.rows = 0

    def add(self, rows: Rows) -> None:
        """Take rows in (入桶); raises OutputError where the disk is full."""
        if not len(rows):
            return
        self._held.append(rows)
        self._held_rows += len(rows)
        self.rows += len(rows)
        if self._held_rows > ROWS_IN_MEMORY:
            self._spill()

    def _spill(self) -> None:
        for rows in self._held:
            _write_apart(rows, rows["firm"] // self._width, folder=self._folder, counts=self._rows)
        self._held, self._held_rows = [], 0

    def each(self, firms: int) -> Iterator[tuple[int, int, Rows]]:
        """Every range of firms with its rows (逐桶): first firm, the one after the last, rows; all firms, in order."""
        if not self._rows:
            yield 0, firms, np.concatenate(self._held) if self._held else np.empty(0, self._dtype)
            return
        self._spill()
        for first in range(0, firms, self._width):
            yield from self._cut(first // self._width, first, min(first + self._width, firms), self._folder)

    def _cut(self, bucket: int, first: int, end: int, folder: Path) -> Iterator[tuple[int, int, Rows]]:
        path = _path(folder, bucket)
        rows = path.stat().st_size // self._dtype.itemsize if path.is_file() else 0
        if rows <= ROWS_OF_A_BUCKET or end - first <= 1:
            found = np.fromfile(path, self._dtype) if rows else np.empty(0, self._dtype)
            path.unlink(missing_ok=True)
            yield first, end, found
            return
        yield from self._cut_again(path, first, end)

    def _cut_again(self, path: Path, first: int, end: int) -> Iterator[tuple[int, int, Rows]]:
        """A bucket with too many rows, range by range of its firms."""
        counts = np.zeros(end - first, np.int64)
        for rows in _pieces(path, self._dtype):
            counts += np.bincount(rows["firm"] - first, minlength=end - first)
        bucket_of = _ranges(counts)
        inner = path.with_suffix(".cut")
        inner.mkdir()
        for rows in _pieces(path, self._dtype):
            _write_apart(rows, bucket_of[rows["firm"] - first], folder=inner, counts={})
        path.unlink()
        bounds = np.flatnonzero(np.diff(bucket_of, prepend=-1, append=bucket_of[-1] + 1))
        for bucket, (low, high) in enumerate(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)):
            file = _path(inner, bucket)
            found = np.fromfile(file, self._dtype) if file.is_file() else np.empty(0, self._dtype)
            file.unlink(missing_ok=True)
            yield first + low, first + high, found
        inner.rmdir()


def _ranges(counts: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, np.dtype[np.int32]]:
    """The range of each firm, 0 and up, so that no range of several firms has too many rows."""
    found = np.zeros(len(counts), np.int32)
    held = place = 0
    for firm, rows in enumerate(counts.tolist()):
        if held and held + rows > ROWS_OF_A_BUCKET:
            place, held = place + 1, 0
        found[firm] = place
        held += rows
    return found


def _pieces(path: Path, dtype: np.dtype[Any]) -> Iterator[Rows]:
    with path.open("rb") as file:
        while len(rows := np.fromfile(file, dtype, _ROWS_AT_A_TIME)):
            yield rows


def _write_apart(rows: Rows, bucket: np.ndarray[Any, Any], *, folder: Path, counts: dict[int, int]) -> None:
    order = np.argsort(bucket.astype(np.uint16), kind="stable")
    ends = np.cumsum(np.bincount(bucket))
    start = 0
    try:
        for place, end in enumerate(ends.tolist()):
            if end > start:
                with _path(folder, place).open("ab") as file:
                    rows[order[start:end]].tofile(file)
                counts[place] = counts.get(place, 0) + end - start
            start = end
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror or error}") from error


def _path(folder: Path, bucket: int) -> Path:
    return folder / f"rows-{bucket:05d}"
