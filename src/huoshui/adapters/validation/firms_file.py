"""Firms with their fields and, where it is known, what became of them (验证样本): Parquet or CSV, outcomes beside or inside.

An outcome is yes or no: true/false, 1/0, 是/否, yes/no, or one word for a default and any other for none. A firm whose outcome
is not known is left out of what needs one, and counted. No row is dropped in silence, and a firm that stands twice is refused.
"""

import re
from dataclasses import dataclass, replace
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from huoshui.errors import BadFile
from huoshui.rules.outcome_words import is_default

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
_SYNTHETIC: Final = b"huoshui.synthetic"
_YEAR: Final = re.compile(r"(\d{4})\b", re.ASCII)


@dataclass(frozen=True, slots=True)
class Source:
    """Where firms come from (数据来源): files and columns. `outcome` is a column of `outcomes`, else of the features.

    `bad` is the outcome's word for a default, where it is none of the usual ones. `prior` is the share of defaults in the
    population, where the sample was drawn by outcome.
    """

    features: Path
    outcomes: Path | None = None
    outcome: str | None = None
    firm: str = "firm_id"
    time: str | None = None
    weight: str | None = None
    bad: str | None = None
    prior: float | None = None


@dataclass(frozen=True, slots=True)
class Firms:
    """Firms as columns (企业样本): `outcome` and `known` say what became of whom; `periods` are years, or nothing.

    `synthetic` says whether a file of the features or of the outcomes calls itself so.
    """

    columns: pa.Table
    outcome: Bools
    known: Bools
    weight: Floats
    periods: tuple[str, ...]
    files: tuple[tuple[str, str], ...]
    unmatched: int = 0
    synthetic: bool = False

    @property
    def rows(self) -> int:
        """How many firms (户数)."""
        return len(self.weight)

    def with_outcome(self) -> "Firms":
        """Only the firms whose outcome is known (有结果的企业)."""
        return self if self.known.all() else self.chosen(self.known)

    def chosen(self, mask: Bools) -> "Firms":
        """Some of the firms (取子集)."""
        return replace(
            self,
            columns=self.columns.filter(pa.array(mask)),
            outcome=self.outcome[mask],
            known=self.known[mask],
            weight=self.weight[mask],
            periods=tuple(x for x, keep in zip(self.periods, mask, strict=True) if keep) if self.periods else (),
        )


def read_firms(source: Source) -> Firms:
    """Read firms and their outcomes (读取验证样本); raises BadFile for files, columns and values that cannot be read."""
    table = _read_table(source.features, field="features")
    if not table.num_rows:
        raise BadFile(f"{source.features} holds no firm", field="features")
    files = [_file(source.features)]
    outcome, unmatched = None, 0
    if source.outcomes is not None:
        files.append(_file(source.outcomes))
        outcome, unmatched = _joined_outcomes(table, source)
    elif source.outcome is not None:
        outcome = _column(table, source.outcome, source.features, field="outcome")
    values, known = _outcomes(outcome, rows=table.num_rows, bad=source.bad)
    return Firms(
        columns=table,
        outcome=values,
        known=known,
        weight=_corrected(_weights(table, source), outcome=values, known=known, prior=source.prior),
        periods=_periods(table, source),
        files=tuple(files),
        unmatched=unmatched,
        synthetic=any(_is_synthetic(x) for x in (source.features, source.outcomes) if x is not None),
    )


def _read_table(path: Path, *, field: str) -> pa.Table:
    try:
        if path.suffix.lower() == ".csv":
            return pacsv.read_csv(path)
        files = _parts(path)
        if not files:
            raise BadFile(f"{path} holds no Parquet file", field=field)
        return ds.dataset(files, format="parquet").to_table()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BadFile(f"{path} cannot be read as a table: {str(error).splitlines()[0]}", field=field) from error


def _parts(path: Path) -> list[Path]:
    return sorted(path.glob("*.parquet")) if path.is_dir() else [path]


def _is_synthetic(path: Path) -> bool:
    if path.suffix.lower() == ".csv":
        return False
    return any((pq.read_schema(x).metadata or {}).get(_SYNTHETIC) == b"true" for x in _parts(path))


def _file(path: Path) -> tuple[str, str]:
    """The name and the sha256 of a file, or of the files of a folder."""
    digests = []
    for file in _parts(path):
        with file.open("rb") as stream:
            digests.append(file_digest(stream, "sha256").hexdigest())
    return path.name, digests[0] if len(digests) == 1 else sha256("".join(digests).encode()).hexdigest()


def _column(table: pa.Table, name: str, path: Path, *, field: str) -> pa.ChunkedArray:
    if table.column_names.count(name) != 1:
        raise BadFile(f"{path} has no column {name}; it has {', '.join(table.column_names[:8])}", field=field)
    return table.column(name)


def _joined_outcomes(table: pa.Table, source: Source) -> tuple[pa.ChunkedArray, int]:
    path = source.outcomes
    assert path is not None  # noqa: S101 -- asked for by who calls
    given = _read_table(path, field="outcomes")
    keys = [_keys(x, source.firm, y) for x, y in ((table, source.features), (given, path))]
    others = [x for x in given.column_names if x != source.firm]
    name = source.outcome or (others[0] if len(others) == 1 else "outcome")
    values = _column(given, name, path, field="outcomes")
    place = pc.index_in(keys[0], value_set=keys[1])
    unmatched = len(keys[1]) - len(pc.unique(place.drop_null()))
    if place.null_count == len(place):
        raise BadFile(f"no {source.firm} of {path} is among the features", field="outcomes")
    return pa.chunked_array([values.combine_chunks().take(place)]), unmatched


def _keys(table: pa.Table, name: str, path: Path) -> pa.Array:
    keys = _column(table, name, path, field="firm").cast(pa.string()).combine_chunks()
    if keys.null_count or len(pc.unique(keys)) < len(keys):
        raise BadFile(f"{path}: {name} must name each firm once, and none may be empty", field="firm")
    return keys


def _outcomes(column: pa.ChunkedArray | None, *, rows: int, bad: str | None) -> tuple[Bools, Bools]:
    if column is None:
        return np.zeros(rows, np.bool_), np.zeros(rows, np.bool_)
    encoded = pc.dictionary_encode(column.cast(pa.string()).combine_chunks())
    words = [str(x).strip().lower() for x in encoded.dictionary.to_pylist()]
    says = [(x == bad.strip().lower() if x else None) if bad is not None else is_default(x) for x in words]
    if wrong := [x for x, meaning in zip(words, says, strict=True) if x and meaning is None]:
        raise BadFile(f"{wrong[0]!r} is not an outcome; expected true/false, 1/0, 是/否 or yes/no", field="outcomes")
    index = encoded.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)
    return np.array([*(x is True for x in says), False])[index], np.array([*(x is not None for x in says), False])[index]


def _corrected(weight: Floats, *, outcome: Bools, known: Bools, prior: float | None) -> Floats:
    """Weights by which the share of defaults is that of the population."""
    if prior is None:
        return weight
    if not 0 < prior < 1:
        raise BadFile(f"the prior {prior} is no share of defaults; expected one between 0 and 1", field="prior")
    mean = float((weight * outcome)[known].sum() / weight[known].sum()) if known.any() else float("nan")
    if not 0 < mean < 1:
        raise BadFile("a prior needs firms that defaulted and firms that did not", field="prior")
    return np.where(known, np.where(outcome, weight * prior / mean, weight * (1 - prior) / (1 - mean)), weight)


def _weights(table: pa.Table, source: Source) -> Floats:
    if source.weight is None:
        return np.ones(table.num_rows)
    try:
        column = _column(table, source.weight, source.features, field="weight").cast(pa.float64())
    except pa.ArrowException as error:
        raise BadFile(f"the weights {source.weight} are not numbers", field="weight") from error
    found: Floats = column.fill_null(float("nan")).to_numpy(zero_copy_only=False)
    if not (np.isfinite(found) & (found >= 0)).all() or not found.sum() > 0:
        raise BadFile(f"the weights {source.weight} must be finite, none below zero, and not all zero", field="weight")
    return found


def _periods(table: pa.Table, source: Source) -> tuple[str, ...]:
    if source.time is None:
        return ()
    column: Any = _column(table, source.time, source.features, field="time")
    if pa.types.is_temporal(column.type):
        column = pc.year(column)
    elif pa.types.is_floating(column.type):
        column = column.cast(pa.int64(), safe=False)
    words = column.cast(pa.string()).to_pylist()
    return tuple("" if x is None else found[1] if (found := _YEAR.match(x)) else x for x in words)
