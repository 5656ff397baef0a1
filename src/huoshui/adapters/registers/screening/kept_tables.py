"""Tables of a state in files (状态表文件): columns of numbers and texts as Arrow has them, mapped into memory and not read.

Numbers come back as they lie on the disk, so that asking for a few rows of ten million touches a few pages.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.adapters.registers.kernels import Ints
from huoshui.adapters.registers.screening import key_index
from huoshui.errors import OutputError

_INDEX: Final = "index_"


class UnusableState(Exception):
    """A state from which a night cannot go on (状态不可用); the text is the reason, and the answer is a full run."""


def write_columns(path: Path, columns: Mapping[str, Any]) -> None:
    """Write columns of one length (写出列); raises OutputError."""
    arrays = {name: x if isinstance(x, pa.Array) else pa.array(x) for name, x in columns.items()}
    write_batches(path, iter([pa.record_batch(list(arrays.values()), names=list(arrays))]))


def write_batches(path: Path, batches: Iterator[pa.RecordBatch]) -> None:
    """Write neighbouring batches of one schema (写出批次), at least one; raises OutputError."""
    first = next(batches)
    try:
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, first.schema) as writer:
            writer.write_batch(first)
            for batch in batches:
                writer.write_batch(batch)
    except OSError as error:
        raise OutputError(f"cannot write to {path.parent}: {error.strerror or error}") from error


def read_batches(path: Path) -> list[pa.RecordBatch]:
    """The batches of a file, mapped (映射批次); raises UnusableState where the file is not whole."""
    try:
        source = pa.memory_map(str(path))
        reader = pa.ipc.open_file(source)
        return [reader.get_batch(i) for i in range(reader.num_record_batches)]
    except (OSError, pa.ArrowInvalid) as error:
        raise UnusableState(f"{path.name} of the state cannot be read: {str(error).splitlines()[0]}") from error


class KeptTable:
    """A table with indexes on some columns (带索引的表)."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self._batch = batch
        self._columns: dict[str, npt.NDArray[Any]] = {}

    @staticmethod
    def write(path: Path, columns: Mapping[str, npt.NDArray[Any]], *, indexed: tuple[str, ...]) -> None:
        """Write a table and an index on each of some int64 columns (写出带索引的表)."""
        write_columns(path, {**columns, **{_INDEX + x: key_index.build_index(columns[x]) for x in indexed}})

    @classmethod
    def open(cls, path: Path) -> Self:
        """A table that was written by `write` (打开); raises UnusableState."""
        batches = read_batches(path)
        if len(batches) != 1:
            raise UnusableState(f"{path.name} of the state has {len(batches)} batches; expected one")
        return cls(batches[0])

    def __len__(self) -> int:
        return int(self._batch.num_rows)

    def column(self, name: str) -> npt.NDArray[Any]:
        """A whole column of numbers (整列), not read before it is used."""
        if name not in self._columns:
            try:
                self._columns[name] = self._batch.column(name).to_numpy(zero_copy_only=True)
            except KeyError as error:
                raise UnusableState(f"a table of the state has no column {name}") from error
        return self._columns[name]

    def find(self, wanted: Ints, *, by: str) -> Ints:
        """The places, ascending, at which the column `by` has a wanted key (按键查位)."""
        return key_index.find(self.column(_INDEX + by), column=self.column(by), wanted=wanted)

    def take(self, places: Ints, *, columns: tuple[str, ...]) -> dict[str, npt.NDArray[Any]]:
        """Some rows (取行)."""
        return {name: np.take(self.column(name), places) for name in columns}
