"""Registry rows outside the screened region (地区之外的登记行): not screened, but a name is unique only if none of them has it.

They are read a second time, and only what is asked for: codes where some code is looked for, names only in the region's own
province, because rows are linked within a province.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.kernels import Ints, KeyTable, name_hashes, name_keys
from huoshui.adapters.registers.screening.identity import NumberBook, inside, read_codes, region_number, registry_keys

PROVINCE_DIGITS: Final = 2
_CODES: Final = ("uscc", "register_no", "register_scheme", "region_code")
_WORDS: Final = ("register_scheme", "region_code")  # codes hardly repeat in a registry: a dictionary of them costs eightfold


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of outside rows (地区外结果): wanted codes they have; keys of wanted names by region, by province."""

    codes: Ints
    by_name: tuple[Ints, Ints]
    by_province: tuple[Ints, Ints]


class Beyond(Protocol):
    """Whoever knows the rows outside (地区外登记查询)."""

    def find(self, *, codes: Ints, names: KeyTable, provinces: KeyTable, unit: int) -> Found:
        """Look for codes, and for keys of name and region and of name and province (查找)."""
        ...


@dataclass(frozen=True, slots=True)
class Outside:
    """The rows of a registry outside a region (地区之外)."""

    files: Sequence[parts.Part]
    region_prefix: str
    book: NumberBook | None

    def find(self, *, codes: Ints, names: KeyTable, provinces: KeyTable, unit: int) -> Found:
        """Look for codes, and for keys of name and region and of name and province (查找); `unit` makes a region a province."""
        wanted = KeyTable(np.unique(codes))
        asks_names = len(self.region_prefix) > PROVINCE_DIGITS
        some = list(parts.each(self.files, lambda x: self._part(x, wanted, asks_codes=bool(len(codes)), asks_names=asks_names)))
        none = np.zeros(0, np.int64)
        hashes, region, key = (np.concatenate([none, *(x[i] for x in some)]) for i in range(1, 4))
        found = []
        for table, place in ((names, region), (provinces, region // unit)):
            name_key = name_keys(hashes, place=place.astype(np.int32))
            hits = np.flatnonzero(table.find(name_key) >= 0)
            found.append((name_key[hits], key[hits]))
        return Found(np.unique(np.concatenate([none, *(x[0] for x in some)])), found[0], found[1])

    def _part(
        self, part: parts.Part, wanted: KeyTable, *, asks_codes: bool, asks_names: bool
    ) -> tuple[Ints, Ints, npt.NDArray[np.int32], Ints]:
        nothing = np.zeros(0, np.int64)
        regions = parts.read(part, columns=("region_code",), as_words=("region_code",))["region_code"]
        region = parts.words(regions, region_number, np.int32)
        is_outside = ~inside(self.region_prefix)(region)
        near = np.flatnonzero(is_outside & inside(self.region_prefix[:PROVINCE_DIGITS])(region)) if asks_names else nothing
        if not is_outside.any() or not (asks_codes or len(near)):
            return nothing, nothing, region[:0], nothing
        table = parts.read(part, columns=_CODES, as_words=_WORDS)
        codes = read_codes(table, allow_historical=False, book=self.book)
        key, _ = registry_keys(codes, book=self.book)
        registered = np.unique(key[is_outside & (wanted.find(key) >= 0)])
        if not len(near):
            return registered, nothing, region[:0], nothing
        hashes = name_hashes(parts.read(part, columns=("name",))["name"])[near]
        far, name_key = codes.far[near], name_keys(hashes, place=region[near])
        return registered, hashes, region[near], np.where(key[near] != -1, key[near], np.where(far != -1, far, name_key))
