"""Verdicts kept for the next night (结论暂存): a full run's in the order of the register, and patches of nights upon them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from huoshui.adapters.registers.kernels import Ints
from huoshui.adapters.registers.screening.kept_tables import UnusableState
from huoshui.adapters.registers.screening.verdicts import RECORD, Fields, fields_of

_ROW_BYTES: Final = np.dtype(np.int64).itemsize


class VerdictWriter:
    """Writes records in the order of the register, and their rows beside them (结论写出器); raises OSError."""

    def __init__(self, folder: Path, *, prefix: str) -> None:
        self._records = (folder / f"{prefix}-verdicts.bin").open("wb")
        self._rows = (folder / f"{prefix}-verdict-rows.bin").open("wb")

    def add(self, found: npt.NDArray[Any]) -> None:
        """Keep some records, rows ascending (存入)."""
        np.ascontiguousarray(found).tofile(self._records)
        np.ascontiguousarray(found["row"]).tofile(self._rows)

    def close(self) -> None:
        """Make what was written readable (写入完毕)."""
        self._records.close()
        self._rows.close()


class KeptVerdicts:
    """The verdicts as the last night left them (当前结论)."""

    def __init__(self, folder: Path, *, prefixes: Sequence[str]) -> None:
        pairs = [_mapped(folder, x) for x in prefixes]
        self._rows, self._records = pairs[0]
        self._patch_rows, self._patch = _merged(pairs[1:])

    def of(self, rows: Ints) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
        """The record of each row (取结论), and whether there is one."""
        found, known = np.zeros(len(rows), RECORD), np.zeros(len(rows), bool)
        for mine, records in ((self._rows, self._records), (self._patch_rows, self._patch)):
            if len(mine):
                place = np.minimum(np.searchsorted(mine, rows), len(mine) - 1)
                hit = np.flatnonzero(mine[place] == rows)
                found[hit], known[hit] = np.take(records, place[hit]), True
        return found, known

    def until(self, ends: Sequence[int]) -> Iterator[Fields]:
        """The fields of the records before each end, in the order of the register (按原序取结果)."""
        low, patch_low = 0, 0
        for end in ends:
            high, patch_high = (int(np.searchsorted(x, end)) for x in (self._rows, self._patch_rows))
            yield fields_of(_patched(self._records[low:high], self._patch[patch_low:patch_high]))
            low, patch_low = high, patch_high


def _patched(records: npt.NDArray[Any], patch: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if not len(patch):
        return np.array(records)
    if not len(records):
        return patch
    rows = np.ascontiguousarray(records["row"])
    place = np.minimum(np.searchsorted(rows, patch["row"]), len(rows) - 1)
    hit = rows[place] == patch["row"]
    found = np.array(records)
    found[place[hit]] = patch[hit]
    if hit.all():
        return found
    found = np.concatenate([found, patch[~hit]])
    return np.take(found, np.argsort(found["row"], kind="stable"))


def _mapped(folder: Path, prefix: str) -> tuple[Ints, npt.NDArray[Any]]:
    rows, records = folder / f"{prefix}-verdict-rows.bin", folder / f"{prefix}-verdicts.bin"
    try:
        count = rows.stat().st_size // _ROW_BYTES
        if records.stat().st_size != count * RECORD.itemsize:
            raise UnusableState(f"{records.name} of the state is not as long as its rows say")
        if not count:
            return np.zeros(0, np.int64), np.zeros(0, RECORD)
        return np.memmap(rows, np.int64, mode="r"), np.memmap(records, RECORD, mode="r")
    except OSError as error:
        raise UnusableState(f"{records.name} of the state cannot be read: {error.strerror or error}") from error


def _merged(patches: Sequence[tuple[Ints, npt.NDArray[Any]]]) -> tuple[Ints, npt.NDArray[Any]]:
    """All patches as one: the last record of each row."""
    rows = np.concatenate([np.zeros(0, np.int64), *(x for x, _ in patches)])
    records = np.concatenate([np.zeros(0, RECORD), *(x for _, x in patches)])
    order = np.argsort(rows, kind="stable")
    last = order[np.append(rows[order][1:] != rows[order][:-1], [True])[: len(order)].astype(bool)]
    return rows[last], np.take(records, last)
