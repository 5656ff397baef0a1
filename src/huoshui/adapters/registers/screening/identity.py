"""Who a register row is about (主体识别): a key by code or own number, and the name with its region to fall back on."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from hashlib import blake2b
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from huoshui.adapters.registers.kernels import Bytes, CodeKind, Ints, code_keys, name_hashes, name_keys, own_keys
from huoshui.adapters.registers.parts import words

COLUMNS: Final = ("uscc", "register_no", "register_scheme", "name", "region_code")
WORDS: Final = ("uscc", "register_no", "register_scheme", "name", "region_code")
OLD_NUMBER_SCHEME: Final = "gs15"
_PLACE_UNITS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Identity:
    """Identity of some rows (主体标识).

    `key` is usable as it is, or -1; `far` is the key of a text that is only proof together with another row that says the same
    (a legacy code, an old number), or -1; `own` is the register's own number where the row has a code as well, or -1.
    """

    key: Ints
    far: Ints
    own: Ints
    kind: Bytes
    entity: Bytes
    name_hash: Ints
    region: npt.NDArray[np.int32]

    def take(self, rows: Ints) -> Self:
        """The identity of some of the rows (取行)."""
        return type(self)(*(getattr(self, x.name)[rows] for x in fields(self)))

    def name_key(self) -> Ints:
        """Keys of name and region (名称地区键)."""
        return name_keys(self.name_hash, place=self.region)

    @property
    def unusable(self) -> Ints:
        """The rows without a usable key (无可用代码的行)."""
        return np.flatnonzero(self.key == -1)


def identify(table: pa.Table, *, allow_historical: bool) -> Identity:
    """Identity of every row (识别主体); `allow_historical` reads 15-character taxpayer ids as such."""
    codes = code_keys(table["uscc"], allow_historical=allow_historical)
    usable = (codes.kind == CodeKind.VALID) | (codes.kind == CodeKind.HISTORICAL)
    own = _own(table)
    key = np.where(usable, codes.key, own)
    return Identity(
        key=key,
        far=np.where(usable, -1, codes.key),
        own=np.where(usable, own, -1),
        kind=codes.kind,
        entity=codes.entity,
        name_hash=name_hashes(table["name"]),
        region=words(table["region_code"], region_number, np.int32),
    )


@cache
def region_number(text: str | None) -> int:
    """A region code as a number (地区代码转数字); 0 where it is none."""
    digits = (text or "").strip()[:6]
    return int(digits) if len(digits) == len("350203") and digits.isascii() and digits.isdigit() else 0


def inside(prefix: str) -> Callable[[npt.NDArray[np.int32]], npt.NDArray[np.bool_]]:
    """A test for regions that begin with the digits (地区范围)."""
    unit = _PLACE_UNITS // 10 ** len(prefix)
    return lambda region: region // unit == int(prefix or "0")


def _own(table: pa.Table) -> Ints:
    numbers, schemes = table["register_no"], table["register_scheme"]
    if numbers.null_count == len(numbers):
        return np.full(len(numbers), -1, np.int64)
    distinct = pc.unique(schemes.cast(pa.string())).to_pylist()
    if len(distinct) == 1:
        return own_keys(numbers, seed=_seed(distinct[0]))
    found = np.full(len(numbers), -1, np.int64)
    scheme_of = words(schemes, lambda text: _place(distinct, text), np.int32)
    for place, scheme in enumerate(distinct):
        keys = own_keys(numbers, seed=_seed(scheme))
        found = np.where(scheme_of == place, keys, found)
    return found


def _place(distinct: list[str | None], text: str | None) -> int:
    return distinct.index(text) if text in distinct else distinct.index(None) if None in distinct else -1


def _seed(scheme: str | None) -> int:
    if scheme == OLD_NUMBER_SCHEME:
        return int(CodeKind.OLD_NUMBER)
    return int.from_bytes(blake2b((scheme or "").encode(), digest_size=8).digest(), "little")
