"""Firms to learn from (训练样本): columns as arrays in a stable order of rows, the outcome, and when each was decided."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from huoshui.rules.points_table import Kind

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Column:
    """One field of all firms (一列): `values` are numbers with NaN for missing, or places in `levels` with -1 for missing."""

    name: str
    kind: Kind
    values: Floats
    levels: tuple[str, ...] = ()

    def take(self, rows: npt.NDArray[np.bool_] | Ints) -> "Column":
        """The same column of some rows."""
        return replace(self, values=self.values[rows])


@dataclass(frozen=True, slots=True)
class Sample:
    """Firms with a known outcome (样本): 1 is a default. `era` is the place in `eras` of the period each was decided in."""

    columns: tuple[Column, ...]
    outcome: Floats
    era: Ints
    eras: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.outcome)

    def take(self, rows: npt.NDArray[np.bool_] | Ints) -> "Sample":
        """Some of the rows, in the order given."""
        return replace(self, columns=tuple(x.take(rows) for x in self.columns), outcome=self.outcome[rows], era=self.era[rows])

    def only(self, names: Sequence[str]) -> "Sample":
        """Some of the columns, in the order given."""
        known = {x.name: x for x in self.columns}
        return replace(self, columns=tuple(known[x] for x in names))


def every_nth(sample: Sample, *, most: int) -> Sample:
    """At most about so many rows, spread evenly over the order of rows (等距抽样); all of them if there are no more."""
    step = -(-len(sample) // most)
    return sample if step <= 1 else sample.take(np.arange(0, len(sample), step, dtype=np.intp))
