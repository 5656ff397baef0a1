"""Registry rows outside the screened region, kept for the next night (地区外登记行暂存): codes, names and codes as written.

They are not screened, but they decide whether a code is known and whether a name is unique; see outside.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.kernels import Ints, KeyTable, name_hashes, name_keys
from huoshui.adapters.registers.screening.identity import inside, read_codes, region_number
from huoshui.adapters.registers.screening.kept_tables import KeptTable
from huoshui.adapters.registers.screening.outside import PROVINCE_DIGITS, Found

_CODES: Final = ("uscc", "register_no", "register_scheme")
_COLUMNS: Final = ("key", "name_hash", "far", "region")
Rows = dict[str, npt.NDArray[Any]]


def read_outside(split: Iterable[parts.Part], *, region_prefix: str) -> Rows:
    """The rows of some parts that lie outside a region (读取地区外登记行); names only of its own province, if it is smaller."""
    found = list(parts.each(tuple(split), lambda x: _part(x, region_prefix)))
    kinds = {"key": np.int64, "name_hash": np.int64, "far": np.int64, "region": np.int32}
    return {x: np.concatenate([np.zeros(0, kinds[x]), *(y[x] for y in found)]) for x in _COLUMNS}


def _part(part: parts.Part, region_prefix: str) -> Rows:
    table = parts.read(part, columns=(*_CODES, "region_code", "name"), as_words=(*_CODES, "region_code"))
    region = parts.words(table["region_code"], region_number, np.int32)
    rows = np.flatnonzero(~inside(region_prefix)(region))
    codes, hashes = read_codes(table, allow_historical=False), name_hashes(table["name"])
    if len(region_prefix) > PROVINCE_DIGITS:
        is_near = inside(region_prefix[:PROVINCE_DIGITS])(region)
    else:
        is_near = np.zeros(len(region), bool)
    return {
        "key": codes.key[rows], "name_hash": np.where(is_near, hashes, 0)[rows], "far": codes.far[rows], "region": region[rows],
    }  # fmt: skip


def write_outside(path: Path, rows: Rows) -> None:
    """Keep such rows (存地区外登记行)."""
    KeptTable.write(path, rows, indexed=("key", "name_hash", "far"))


@dataclass(frozen=True, slots=True)
class KeptOutside:
    """Some outside rows (地区外登记行), all that have a wanted code, name or text; asked as outside.Outside is."""

    rows: Mapping[str, npt.NDArray[Any]]

    def find(self, *, codes: Ints, names: KeyTable, provinces: KeyTable, unit: int) -> Found:
        """Look for codes, and for keys of name and region and of name and province (查找)."""
        key, hashes, far, region = (self.rows[x] for x in _COLUMNS)
        firm = np.where(key != -1, key, np.where(far != -1, far, name_keys(hashes, place=region)))
        found = []
        for table, place in ((names, region), (provinces, region // unit)):
            name_key = name_keys(hashes, place=place.astype(np.int32))
            hits = np.flatnonzero((table.find(name_key) >= 0) & (hashes != 0))
            found.append((name_key[hits], firm[hits]))
        return Found(np.unique(key[np.isin(key, codes)]), found[0], found[1])

    @property
    def proofs(self) -> Ints:
        """Their codes as written, each with itself (原文代码)."""
        far = self.rows["far"]
        return np.stack([far[far != -1]] * 2, axis=1)


def find_outside(kept: Sequence[KeptTable], *, codes: Ints, hashes: Ints, texts: Ints) -> KeptOutside:
    """All rows that have one of some codes, names, or codes as written (查找地区外登记行)."""
    found = []
    for table in kept:
        wanted = (("key", codes[codes != -1]), ("name_hash", hashes[hashes != 0]), ("far", texts[texts != -1]))
        places = np.unique(np.concatenate([table.find(x, by=by) for by, x in wanted]))
        found.append(table.take(places, columns=_COLUMNS))
    return KeptOutside({x: np.concatenate([y[x] for y in found]) for x in _COLUMNS})
