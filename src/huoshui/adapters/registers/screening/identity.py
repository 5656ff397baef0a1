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

from huoshui.adapters.registers.kernels import Bytes, CodeKind, Ints, KeyTable, code_keys, name_hashes, name_keys, own_keys
from huoshui.adapters.registers.parts import texts, words
from huoshui.rules.register_words import NO_NUMBERS

COLUMNS: Final = ("uscc", "register_no", "register_scheme", "name", "region_code")
WORDS: Final = ("uscc", "register_no", "register_scheme", "name", "region_code")
OLD_NUMBER_SCHEME: Final = "gs15"
_PLACE_UNITS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Clues:
    """What linking looks at of some rows (关联线索).

    `far` is the key of a text that is only proof together with another row that says the same (a legacy code, an old number),
    or -1. `maybe` is the key that fifteen digits stand for if they are a taxpayer id and not an old number, or -1. `doubtful`
    is 1 where the register's own number stands beside the codes of several firms.
    """

    far: Ints
    maybe: Ints
    doubtful: Bytes
    name_hash: Ints
    region: npt.NDArray[np.int32]

    def take(self, rows: Ints) -> Self:
        """The same of some of the rows (取行)."""
        return type(self)(*(getattr(self, x.name)[rows] for x in fields(self)))

    def name_key(self) -> Ints:
        """Keys of name and region (名称地区键)."""
        return name_keys(self.name_hash, place=self.region)


@dataclass(frozen=True, slots=True)
class Identity(Clues):
    """Identity of some rows (主体标识).

    `key` is usable as it is, or -1. `own` is the register's own number that did not become the key, or -1.
    """

    key: Ints
    own: Ints
    kind: Bytes
    entity: Bytes

    @property
    def unusable(self) -> Ints:
        """The rows without a usable key (无可用代码的行)."""
        return np.flatnonzero(self.key == -1)


@dataclass(frozen=True, slots=True)
class Codes:
    """What the code columns of some rows give (代码解析): as in Identity, but `key` by the code alone."""

    key: Ints
    far: Ints
    maybe: Ints
    own: Ints
    kind: Bytes
    entity: Bytes


class NumberBook:
    """The firm that a register's own number stands for (编号与主体对照), told by all registers together; see own_numbers.py.

    `numbers` are those that some row gives without a code, with the `keys` of their firms: a code's, or the number's own.
    `doubtful` are those beside the codes of several firms. `shared` are none: too many names have them in the registry.
    `lone` are those that the registry never gives with a code; `strangers` are codes beside such a number that the registry
    does not know.
    """

    def __init__(self, numbers: Ints, *, keys: Ints, doubtful: Ints, shared: Ints, lone: Ints, strangers: Ints) -> None:
        self._numbers, self._keys = KeyTable(numbers), np.append(keys, -1)
        self._doubtful, self._lone, self._strangers = KeyTable(doubtful), KeyTable(lone), KeyTable(strangers)
        self._any_stranger = len(strangers) > 0
        self._shared = KeyTable(shared) if len(shared) else None

    def numbers_of(self, own: Ints) -> Ints:
        """The numbers of some rows (自有编号), -1 where one is shared."""
        return own if self._shared is None else np.where(self._shared.find(own) >= 0, -1, own)

    def firms_of(self, codes: Codes) -> tuple[Ints, Bytes]:
        """The key of each row (主体键), -1 where neither code nor number stands for one firm, and 1 where that is doubtful."""
        of_number = self._keys[self._numbers.find(codes.own)]
        doubtful = (codes.key == -1) & (codes.own != -1) & (self._doubtful.find(codes.own) >= 0)
        key = np.where(codes.key == -1, of_number, codes.key)
        if self._any_stranger:
            by_number = (self._strangers.find(codes.key) >= 0) & (self._lone.find(codes.own) >= 0)
            key = np.where(by_number, of_number, key)
        return key, doubtful.astype(np.uint8)


def read_codes(table: pa.Table, *, allow_historical: bool, book: NumberBook | None = None) -> Codes:
    """Keys of the code columns (解析代码); `allow_historical` reads 15-character taxpayer ids as such."""
    codes = code_keys(table["uscc"], allow_historical=allow_historical)
    usable = (codes.kind == CodeKind.VALID) | (codes.kind == CodeKind.HISTORICAL)
    either = codes.kind == CodeKind.AMBIGUOUS
    far = np.where(usable | either, -1, codes.key)
    if len(rows := np.flatnonzero(either)):
        far[rows] = own_keys(texts(table["uscc"], rows), seed=_seed(OLD_NUMBER_SCHEME))
    return Codes(
        key=np.where(usable, codes.key, -1),
        far=far,
        maybe=np.where(either, codes.key, -1),
        own=_own(table) if book is None else book.numbers_of(_own(table)),
        kind=codes.kind,
        entity=codes.entity,
    )


def registry_keys(codes: Codes, *, book: NumberBook | None) -> tuple[Ints, Bytes]:
    """As NumberBook.firms_of, in the registry (登记主体键): there a number stands for itself, if it is not doubtful."""
    if book is None:
        return np.where(codes.key == -1, codes.own, codes.key), np.zeros(len(codes.key), np.uint8)
    key, doubtful = book.firms_of(codes)
    return np.where((key == -1) & (doubtful == 0), codes.own, key), doubtful


def identify(table: pa.Table, *, allow_historical: bool, book: NumberBook | None = None, is_registry: bool = False) -> Identity:
    """Identity of every row (识别主体); without a book a register's own number stands for itself.

    In the registry it does so too where the book has no answer.
    """
    codes = read_codes(table, allow_historical=allow_historical, book=book)
    key, doubtful = registry_keys(codes, book=book) if is_registry or book is None else book.firms_of(codes)
    return Identity(
        key=key,
        far=codes.far,
        maybe=codes.maybe,
        own=np.where(key == codes.own, -1, codes.own),
        doubtful=doubtful,
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
    distinct = pc.unique(schemes).to_pylist()
    found = own_keys(numbers, seed=_seed(distinct[0]) if len(distinct) == 1 else words(schemes, _seed, np.uint64))
    found[_no_numbers().find(own_keys(numbers, seed=0)) >= 0] = -1
    return found


@cache
def _no_numbers() -> KeyTable:
    """The keys of what is no number, whatever its scheme."""
    return KeyTable(own_keys(pa.array(NO_NUMBERS), seed=0))


@cache
def _seed(scheme: str | None) -> int:
    if scheme == OLD_NUMBER_SCHEME:
        return int(CodeKind.OLD_NUMBER)
    return int.from_bytes(blake2b((scheme or "").encode(), digest_size=8).digest(), "little")
