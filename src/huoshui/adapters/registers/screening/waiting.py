"""Rows without a usable key that wait on disk (待关联行落盘): what linking looks at is held, the rest is read piece by piece.

One Arrow file a register, written part by part as the register is read. Of a hundred million firms these rows fill a
gigabyte and a half with their columns and texts; linking needs five numbers of each.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.kernels import Ints
from huoshui.adapters.registers.screening.identity import Clues, Identity
from huoshui.adapters.registers.screening.linking import concatenate
from huoshui.adapters.registers.screening.standard import Bad
from huoshui.errors import OutputError

ROW: Final = "row_"
WHO: Final = "who_"
_TEXTS: Final = ("names", "codes")
_NUMBERS: Final = ("row_ids", "rows")
_PIECE: Final = 1 << 19


def batch_of(bad: Bad) -> pa.RecordBatch:
    """Rows without a usable key as a batch (待关联行转批次)."""
    columns: dict[str, Any] = {ROW + name: x for name, x in bad.columns.items()}
    columns |= {WHO + x.name: getattr(bad.who, x.name) for x in fields(Identity)}
    columns |= {name: getattr(bad, name) for name in (*_TEXTS, *_NUMBERS)}
    arrays = [x if isinstance(x, pa.Array) else pa.array(x) for x in columns.values()]
    return pa.record_batch(arrays, names=list(columns))


def bad_of(batch: pa.RecordBatch) -> Bad:
    """What `batch_of` was given (批次转待关联行); raises KeyError where a column is missing."""
    numbers = {x: batch.column(x).to_numpy() for x in batch.schema.names if x not in _TEXTS}
    return Bad(
        {name.removeprefix(ROW): x for name, x in numbers.items() if name.startswith(ROW) and name not in _NUMBERS},
        Identity(*(numbers[WHO + x.name] for x in fields(Identity))),
        batch.column("names"),
        batch.column("codes"),
        numbers["row_ids"],
        numbers["rows"],
    )


class Waiting:
    """The rows of one register that have no usable key, on disk (落盘的待关联行); as standard.Unkeyed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open: tuple[pa.OSFile, pa.ipc.RecordBatchStreamWriter] | None = None
        self._clues: list[Clues] = []

    def add(self, bad: Bad) -> None:
        """Put the rows of one part on disk (落盘); raises OutputError."""
        self._clues.append(Clues(*(getattr(bad.who, x.name) for x in fields(Clues))))
        batch = batch_of(bad)
        with self._told():
            if self._open is None:
                sink = pa.OSFile(str(self._path), "wb")
                self._open = sink, pa.ipc.new_stream(sink, batch.schema)
            self._open[1].write_batch(batch)

    def finish(self) -> None:
        """Make what was written readable (写入完毕): at least one part, if only of no rows."""
        if self._open is not None:
            with self._told():
                for opened in reversed(self._open):
                    opened.close()
        together = (np.concatenate([getattr(x, y.name) for x in self._clues]) for y in fields(Clues))
        self._clues = [Clues(*together)]

    @property
    def who(self) -> Clues:
        """What linking looks at (关联线索), held in memory."""
        return self._clues[0]

    @property
    def rows(self) -> Ints:
        """Places in the register (行位置)."""
        return self.column("rows")

    def __len__(self) -> int:
        """How many rows there are (行数)."""
        return len(self.who.far)

    def column(self, name: str) -> npt.NDArray[Any]:
        """One column of numbers (取列), by its name in the file."""
        with self._read(name) as batches:
            return np.concatenate([x.column(0).to_numpy() for x in batches])

    def established(self) -> npt.NDArray[np.int32]:
        """Days of establishment (成立日期), of registry rows."""
        return self.column(f"{ROW}established")

    def names_at(self, places: Ints) -> pa.Array:
        """The names of some rows, ascending (取名称)."""
        with self._read("names") as batches:
            return parts.texts(pa.chunked_array([x.column(0) for x in batches]), places)

    def pieces(self) -> Iterator[Bad]:
        """All of them in order, some hundred thousand at a time (分批读取)."""
        with self._read() as batches:
            waiting: list[Bad] = []
            for batch in batches:
                waiting.append(bad_of(batch))
                if sum(len(x) for x in waiting) >= _PIECE:
                    yield concatenate(waiting)
                    waiting = []
            if waiting:
                yield concatenate(waiting)

    def whole(self) -> Bad:
        """All of them in memory (全部读入)."""
        return concatenate(self.pieces())

    @contextmanager
    def _read(self, *names: str) -> Iterator[Iterator[pa.RecordBatch]]:
        """The batches, mapped for as long as they are looked at; all columns, or some."""
        with pa.memory_map(str(self._path)) as source:
            options = pa.ipc.IpcReadOptions()
            if names:
                with pa.ipc.open_stream(source) as stream:
                    options.included_fields = [stream.schema.get_field_index(x) for x in names]
                source.seek(0)
            with pa.ipc.open_stream(source, options=options) as stream:
                yield iter(stream)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OutputError(f"cannot write to {self._path.parent}: {error.strerror or error}") from error
