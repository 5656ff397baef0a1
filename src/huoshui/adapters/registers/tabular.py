"""What every register file gives, whatever its format (表格文件): headings, and batches of text columns with line numbers."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.adapters.registers.records import DamagedRecord
from huoshui.errors import BadFile

SAMPLE_ROWS: Final = 1_000
OnBytes = Callable[[int], None]


def no_progress(_count: int) -> None:
    """Nobody watches (不显示进度)."""


@dataclass(frozen=True, slots=True)
class ReadAs:
    """What a mapping says about reading a file (读取方式); None is found by looking at the file."""

    encoding: str | None = None
    delimiter: str | None = None
    header_row: int | None = None
    sheets: tuple[str, ...] | None = None


LOOK: Final = ReadAs()


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a table (一批行): text columns by heading, and the line, or row, where each begins.

    `raw` gives a row as the file has it, as long as no other batch was asked for.
    """

    columns: dict[str, pa.Array]
    lines: npt.NDArray[np.int64]
    damaged: tuple[DamagedRecord, ...]
    raw: Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Shape:
    """How a table is written (表格形式): `header_row` is 0 for a table without headings; `unit` stands in a note above them."""

    format: str
    headings: tuple[str, ...]
    header_row: int
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    unit: str | None = None


@dataclass
class Table(ABC):
    """One table of one file (数据表). `sha256` is that of the file, known when all rows were read."""

    path: Path
    shape: Shape
    sample: dict[str, list[str | None]] = field(repr=False)
    sha256: str = field(default="", kw_only=True)

    @property
    def label(self) -> str:
        """The file, and the sheet where there are several (表名)."""
        return f"{self.path.name}#{self.shape.sheet}" if self.shape.sheet else self.path.name

    @abstractmethod
    def batches(self, wanted: Sequence[str], *, on_bytes: OnBytes = no_progress) -> Iterator[Batch]:
        """All rows with the columns of the given headings (逐批读取); raises BadFile."""


def hash_of(path: Path) -> str:
    """SHA-256 of a file in hexadecimal (文件散列)."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def unique_headings(found: Sequence[str]) -> tuple[str, ...]:
    """Headings without double and empty ones (列名去重): `金额`, `金额 (2)`, `(column 7)`."""
    seen: dict[str, int] = {}
    headings = []
    for place, heading in enumerate(found, start=1):
        name = " ".join(heading.split()) or f"(column {place})"
        seen[name] = seen.get(name, 0) + 1
        headings.append(f"{name} ({seen[name]})" if seen[name] > 1 else name)
    return tuple(headings)


def named_columns(count: int) -> tuple[str, ...]:
    """Headings for a table that has none (无表头时的列名)."""
    return tuple(f"column_{place}" for place in range(1, count + 1))


def broken(path: Path, error: Exception, *, expected: str) -> BadFile:
    """BadFile with the first line of what a library says (文件损坏)."""
    said = str(error).strip().splitlines()
    return BadFile(f"{path} cannot be read ({said[0] if said else type(error).__name__}); expected {expected}", field="file")


def sample_of(columns: dict[str, Any], *, rows: int = SAMPLE_ROWS) -> dict[str, list[str | None]]:
    """The first values of text columns, None where there is none (样本)."""
    return {name: column[:rows].to_pylist() for name, column in columns.items()}
