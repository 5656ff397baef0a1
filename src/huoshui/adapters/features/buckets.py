"""Rows wait for their firms (分桶暂存): in memory while they are few, else in files, one a range of neighbouring firms.

Ranges taken in order give the firms in order. A range with too many rows is cut again when it is its turn, so memory depends on
the rows of a range and not on those of the register.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from huoshui.adapters.features.fold import ROW, Places, Rows
from huoshui.errors import OutputError

ROWS_IN_MEMORY: Final = 8_000_000
ROWS_OF_A_RANGE: Final = 6_000_000
_ROWS_AT_A_TIME: Final = 1 << 19


class Buckets:
    """Rows of ROW by ranges of `width` firms (按主体区间分桶)."""

    def __init__(self, folder: Path, *, width: int) -> None:
        self._folder, self.width = folder, width
        self._held: dict[int, list[Rows]] = {}
        self._held_rows = 0

    def add(self, ranges: Sequence[Rows]) -> None:
        """Take in the rows of each range (入桶); raises OutputError where the disk is full."""
        for place, rows in enumerate(ranges):
            if len(rows):
                self._held.setdefault(place, []).append(rows)
                self._held_rows += len(rows)
        if self._held_rows > ROWS_IN_MEMORY:
            for place, held in self._held.items():
                _append(_path(self._folder, place), held)
            self._held, self._held_rows = {}, 0

    def each(self, firms: int) -> Iterator[tuple[int, int, Rows]]:
        """Every range of firms with its rows (逐桶): first firm, the one after the last, rows; all firms, in order."""
        for first in range(0, firms, self.width):
            place, end = first // self.width, min(first + self.width, firms)
            path, held = _path(self._folder, place), self._held.pop(place, [])
            if path.is_file():
                _append(path, held)
                yield from self._from_file(path, first, end)
            else:
                yield first, end, np.concatenate(held) if held else np.empty(0, ROW)

    def _from_file(self, path: Path, first: int, end: int) -> Iterator[tuple[int, int, Rows]]:
        if path.stat().st_size // ROW.itemsize <= ROWS_OF_A_RANGE or end - first == 1:
            yield first, end, np.fromfile(path, ROW)
            path.unlink()
            return
        counts = np.zeros(end - first, np.int64)
        for rows in _pieces(path):
            counts += np.bincount(rows["firm"] - first, minlength=end - first)
        place_of = _ranges(counts)
        inner = path.with_suffix(".cut")
        inner.mkdir()
        for rows in _pieces(path):
            _write_apart(rows, place_of[rows["firm"] - first], folder=inner)
        path.unlink()
        bounds = np.flatnonzero(np.diff(place_of, prepend=-1, append=place_of[-1] + 1)).tolist()
        for place, (low, high) in enumerate(pairwise(bounds)):
            file = _path(inner, place)
            yield first + low, first + high, np.fromfile(file, ROW) if file.is_file() else np.empty(0, ROW)
            file.unlink(missing_ok=True)
        inner.rmdir()


def _ranges(counts: npt.NDArray[np.int64]) -> Places:
    """The narrower range of each firm, from 0, so that none of several firms has too many rows."""
    found = np.zeros(len(counts), np.int32)
    held = place = 0
    for firm, rows in enumerate(counts.tolist()):
        if held and held + rows > ROWS_OF_A_RANGE:
            place, held = place + 1, 0
        found[firm] = place
        held += rows
    return found


def _pieces(path: Path) -> Iterator[Rows]:
    with path.open("rb") as file:
        while len(rows := np.fromfile(file, ROW, _ROWS_AT_A_TIME)):
            yield rows


def _write_apart(rows: Rows, place: npt.NDArray[Any], *, folder: Path) -> None:
    order = np.argsort(place, kind="stable")
    ends = np.cumsum(np.bincount(place)).tolist()
    for range_, (start, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        if end > start:
            _append(_path(folder, range_), [rows[order[start:end]]])


def _append(path: Path, held: Sequence[Rows]) -> None:
    if not held:
        return
    try:
        with path.open("ab") as file:
            for rows in held:
                rows.tofile(file)
    except OSError as error:
        raise OutputError(f"cannot write to {path.parent}: {error.strerror or error}") from error


def _path(folder: Path, place: int) -> Path:
    return folder / f"rows-{place:05d}"
