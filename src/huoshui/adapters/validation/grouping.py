"""Groups of firms by a column (分组): bands of a number, values of a word, regions of a code, and what is not known."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from huoshui.errors import BadFile

Ints = npt.NDArray[np.int64]
MOST_GROUPS: Final = 40
NOT_KNOWN: Final = "not_known"
OTHER: Final = "other"


@dataclass(frozen=True, slots=True)
class Groups:
    """Each firm's place among the groups' labels (分组结果)."""

    labels: tuple[str, ...]
    place: Ints


def group_firms(columns: pa.Table, *, column: str, bands: Sequence[int] = (), field: str = "group") -> Groups:
    """The groups of firms by a column (企业分组); raises BadFile where it is not there.

    Numbers fall into the bands, or into quarters where there are none; words stand for themselves, the rarest beyond forty as
    one; six-digit codes are taken together by city or province where there are more than forty.
    """
    if columns.column_names.count(column) != 1:
        raise BadFile(f"the features have no column {column}; they have {', '.join(columns.column_names[:8])}", field=field)
    values = columns.column(column)
    if isinstance(values.type, pa.DictionaryType):
        values = values.cast(values.type.value_type)
    kind = values.type
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind) or (pa.types.is_integer(kind) and _is_measure(values, bands)):
        return _banded(values, bands)
    return _worded(values.cast(pa.string()).to_pylist())


def _is_measure(values: pa.ChunkedArray, bands: Sequence[int]) -> bool:
    return bool(bands) or len(pc.unique(values)) > MOST_GROUPS


def _banded(values: pa.ChunkedArray, bands: Sequence[int]) -> Groups:
    numbers = values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    known = numbers[~np.isnan(numbers)]
    if not len(known):
        return Groups((NOT_KNOWN,), np.zeros(len(numbers), np.int64))
    starts = np.array(bands, np.float64) if len(bands) else np.unique(np.quantile(known, [0.25, 0.5, 0.75], method="lower"))
    place = np.searchsorted(starts, numbers, side="right").astype(np.int64)
    shown = [f"{x:.15g}" for x in starts.tolist()]
    labels = [f"< {shown[0]}", *(f"{a} – {b}" for a, b in pairwise(shown)), f"≥ {shown[-1]}"]
    return _there([*labels, NOT_KNOWN], np.where(np.isnan(numbers), len(labels), place))


def _worded(words: Sequence[str | None]) -> Groups:
    shown = [NOT_KNOWN if x is None or not x.strip() else x.strip() for x in words]
    if _are_regions(shown):
        for digits in (6, 4, 2):
            cut = [x if x == NOT_KNOWN else x[:digits].ljust(6, "0") for x in shown]
            if len(set(cut)) <= MOST_GROUPS:
                shown = cut
                break
    distinct, place, counts = np.unique(np.array(shown, np.str_), return_inverse=True, return_counts=True)
    labels = distinct.tolist()
    if len(labels) > MOST_GROUPS:
        kept = set(np.argsort(-counts, kind="stable")[:MOST_GROUPS].tolist())
        renamed = np.array([i if i in kept else len(labels) for i in range(len(labels))], np.int64)
        labels, place = [*labels, OTHER], renamed[place]
    return _there(labels, place.astype(np.int64))


def _are_regions(words: Sequence[str]) -> bool:
    return all(x == NOT_KNOWN or (len(x) == 6 and x.isdigit()) for x in words)


def _there(labels: Sequence[str], place: Ints) -> Groups:
    """Only the groups that hold a firm."""
    used, dense = np.unique(place, return_inverse=True)
    return Groups(tuple(labels[i] for i in used.tolist()), dense.astype(np.int64))
