"""Registers in standard form (标准表): text read once into integers, rows without a usable key set apart.

Every reader takes one part and gives columns of the tables in expression.py, for the rows with a usable key and for the
others, of which the name is kept for linking.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.kernels import NO_DAY, CodeKind, Ints, Windows, fold_filings, own_keys, take_hashes, take_texts
from huoshui.adapters.registers.screening import identity
from huoshui.adapters.registers.screening.identity import Clues, Identity, NumberBook, identify
from huoshui.adapters.registers.screening.tables import LOAN_KINDS
from huoshui.rules import register_words
from huoshui.rules.screening import GRADES, KINDS, STATUSES
from huoshui.terms import LinkMethod, TargetKind

Columns = dict[str, npt.NDArray[Any]]
LINK_METHODS: Final = tuple(LinkMethod)
FAR_FUTURE: Final = np.iinfo(np.int32).max
NO_PAIRS: Final = np.zeros((0, 2), np.int64)
_FEN_PER_YUAN: Final = 100
_DIVISION_DIGITS: Final = 2
_ENTITY_KINDS: Final = np.array(
    [KINDS.index(x) for x in (TargetKind.UNKNOWN, TargetKind.ENTERPRISE, TargetKind.SOLE_TRADER, TargetKind.COOPERATIVE)]
    + [KINDS.index(TargetKind.NON_TARGET)] * 5,
    np.int8,
)
_FIRM_WORDS: Final = ("region_code", "industry_code", "entity_type", "status", "register_scheme", "township")
_FIRM_COLUMNS: Final = (
    "row_id",
    *identity.COLUMNS,
    "industry_code",
    "entity_type",
    "status",
    "established_on",
    "employees",
    "revenue_fen",
    "assets_fen",
    "report_year",
    "is_abnormal",
    "updated_on",
    "township",
    "registered_capital_fen",
)
_CONTENT_TEXTS: Final = (
    *(x for x in identity.COLUMNS if x != "uscc"), "township", "industry_code", "entity_type", "status",
)  # fmt: skip
_CONTENT_DAYS: Final = ("established_on", "updated_on")
_CONTENT_NUMBERS: Final = ("registered_capital_fen", "employees", "revenue_fen", "assets_fen", "report_year")
_FILING_COLUMNS: Final = (
    "row_id",
    *identity.COLUMNS,
    "period_end",
    "sales_fen",
    "employees",
    "assets_fen",
    "tax_status",
    "credit_grade",
)
_LOAN_COLUMNS: Final = ("row_id", *identity.COLUMNS, "loan_kind", "borrower_role", "granted_on", "settled_on", "balance_fen")
_INVOICE_COLUMNS: Final = ("row_id", *identity.COLUMNS, "invoiced_on", "direction", "invoice_state", "amount_fen")
_EXCLUSION_COLUMNS: Final = ("row_id", *identity.COLUMNS, "list_name", "listed_on", "expires_on")


@dataclass(frozen=True, slots=True)
class ListMeaning:
    """What standing on a list means (名单含义): bits of tags, whether it excludes, months an entry holds without an expiry."""

    tag_bits: int
    excludes: bool
    valid_months: int | None


class Unkeyed(Protocol):
    """Rows of one register without a usable key (待关联行), in memory or on disk."""

    @property
    def who(self) -> Clues:
        """What linking looks at (关联线索)."""
        ...

    @property
    def rows(self) -> Ints:
        """Places in the register (行位置)."""
        ...

    def __len__(self) -> int:
        """How many rows there are (行数)."""
        ...

    def established(self) -> npt.NDArray[np.int32]:
        """Days of establishment (成立日期), of registry rows."""
        ...

    def names_at(self, places: Ints) -> pa.Array:
        """The names of some rows, ascending (取名称)."""
        ...

    def pieces(self) -> Iterator["Bad"]:
        """All of them in order, some at a time (分批)."""
        ...

    def whole(self) -> "Bad":
        """All of them in memory (全部)."""
        ...


@dataclass(frozen=True, slots=True)
class Bad:
    """Rows without a usable key in memory (待关联行): columns of their table, identity, name, and place in the register."""

    columns: Columns
    who: Identity
    names: pa.Array
    codes: pa.Array
    row_ids: Ints
    rows: Ints

    def __len__(self) -> int:
        """How many rows there are (行数)."""
        return len(self.rows)

    def established(self) -> npt.NDArray[np.int32]:
        """Days of establishment (成立日期), of registry rows."""
        return self.columns["established"]

    def names_at(self, places: Ints) -> pa.Array:
        """The names of some rows (取名称)."""
        return self.names.take(pa.array(places))

    def pieces(self) -> Iterator["Bad"]:
        """The rows, all at once (分批)."""
        yield self

    def whole(self) -> "Bad":
        """The rows themselves (全部)."""
        return self


@dataclass(frozen=True, slots=True)
class Standard:
    """One part in standard form (标准化分块): columns of all its rows, and the places of those with a usable key.

    Of the registry also the number of rows outside the region, and for linking.link the `proofs`, of rows outside too: codes
    as they are written with the key that the row has beside it, or with themselves.
    """

    columns: Columns
    keyed: Ints
    bad: Bad
    read: int
    outside: int = 0
    proofs: Ints = field(default_factory=lambda: NO_PAIRS)

    @property
    def good(self) -> Columns:
        """The columns of the rows with a usable key (有可用代码的行)."""
        return {name: np.take(x, self.keyed) for name, x in self.columns.items()}


def read_firms(
    part: parts.Part, *, size_row_of: Callable[[str | None], int], region_prefix: str, book: NumberBook | None = None
) -> Standard:
    """The registry's firms inside the region (登记主体)."""
    table = parts.read(part, columns=_FIRM_COLUMNS, as_words=_FIRM_WORDS)
    rows = np.arange(part.start, part.start + part.rows)
    who = identify(table, allow_historical=False, book=book, is_registry=True)
    is_inside = identity.inside(region_prefix)(who.region)
    proven = np.flatnonzero((who.far != -1) & ((who.key != -1) | ~is_inside))
    proofs = np.stack([who.far[proven], np.where(who.key == -1, who.far, who.key)[proven]], axis=1)
    chosen = np.flatnonzero(is_inside)
    if len(chosen) < part.rows:
        table, who, rows = table.take(pa.array(chosen)), who.take(chosen), rows[chosen]
    row_ids = _row_ids(table, np.arange(len(rows)), rows=rows)
    columns: Columns = {
        "key": who.key,
        "name_hash": who.name_hash,
        "region": who.region,
        "size_row": parts.words(table["industry_code"], size_row_of, np.int8),
        "division": parts.words(table["industry_code"], _division, np.int16),
        "status": parts.words(table["status"], lambda x: STATUSES.index(register_words.status_class(x)), np.int8),
        "kind": _kinds(who, table["entity_type"]),
        "established": _days(table["established_on"]),
        "report_year": parts.numbers(table["report_year"], np.int16, -1),
        "is_abnormal": parts.words(table["is_abnormal"], lambda x: int((x or "").lower() in ("true", "1")), np.int8),
        "employees": parts.numbers(table["employees"], np.int32, -1),
        "revenue": parts.numbers(table["revenue_fen"], np.int64, -1),
        "assets": parts.numbers(table["assets_fen"], np.int64, -1),
        "updated": _days(table["updated_on"]),
        "other_content": _content(table),
        "row_id": row_ids,
        "link": np.where(
            (who.kind == CodeKind.VALID) | (who.key == -1),
            LINK_METHODS.index(LinkMethod.CODE),
            LINK_METHODS.index(LinkMethod.OWN_NUMBER),
        ).astype(np.int8),
        "row": rows,
    }
    found = _split(columns, who, table, np.arange(len(rows)), rows=rows, read=part.rows)
    return replace(found, outside=part.rows - len(rows), proofs=proofs)


def _kinds(who: Identity, entity_type: pa.ChunkedArray) -> npt.NDArray[np.int8]:
    """Kinds of firms by a right code, else by the entity type in words; a family farm only by the words."""
    by_code = _ENTITY_KINDS[who.entity]
    by_text = parts.words(entity_type, lambda x: KINDS.index(register_words.target_kind(x)), np.int8)
    farm = KINDS.index(TargetKind.FAMILY_FARM)
    by_words = (by_code == 0) | (by_text == farm) | ((who.kind != CodeKind.VALID) & (by_text != 0))
    return np.asarray(np.where(by_words, by_text, by_code))


def _content(table: pa.Table) -> Ints:
    """Rows that are equal in every column have the same content: the code as it is cleaned, other text as it is written."""
    content = own_keys(table["uscc"], seed=0).view(np.uint64)
    for name in _CONTENT_TEXTS:
        take_texts(content, table[name])
    for name in _CONTENT_DAYS:
        take_hashes(content, parts.day_numbers(table[name]).astype(np.int64).view(np.uint64))
    for name in _CONTENT_NUMBERS:
        take_hashes(content, parts.numbers(table[name], np.int64, -1).view(np.uint64))
    take_hashes(content, parts.words(table["is_abnormal"], _text_number, np.int64).view(np.uint64))
    return content.view(np.int64)


def contents(part: parts.Part, rows: Ints) -> Ints:
    """What some rows of a part of the registry say in all columns (登记内容散列), by their places in the register."""
    table = parts.read(part, columns=_FIRM_COLUMNS, as_words=_FIRM_WORDS)
    return _content(table.take(pa.array(rows - part.start)))


def last_changes(part: parts.Part, places: Ints) -> Columns:
    """Day of change, row id and place in the register of some rows of a part (登记变更日), as `read_firms` has them."""
    table = parts.read(part, columns=("updated_on", "row_id"))
    rows = part.start + places
    return {"updated": _days(table["updated_on"])[places], "row_id": _row_ids(table, places, rows=rows), "row": rows}


def _text_number(text: str | None) -> int:
    return int.from_bytes((text or "").encode()[:7], "little")


def read_filings(part: parts.Part, *, windows: Windows, book: NumberBook | None = None) -> Standard:
    """Tax filings, summed over neighbouring rows of one taxpayer (纳税申报).

    Sales of a filing and their sums are held within LARGEST_FEN; a firm at that bound says so in its evidence.
    """
    table = parts.read(part, columns=_FILING_COLUMNS, as_words=(*identity.WORDS, "tax_status", "credit_grade"))
    who = identify(table, allow_historical=True, book=book)
    run_key = np.where(who.key == -1, who.name_key() ^ (who.far << 1), who.key)
    assets = parts.numbers(table["assets_fen"], np.int64, -1)
    columns = fold_filings(
        np.ascontiguousarray(run_key),
        day=np.ascontiguousarray(parts.day_numbers(table["period_end"])),
        sales=np.ascontiguousarray(parts.numbers(table["sales_fen"], np.int64, 0)),
        employees=np.ascontiguousarray(parts.numbers(table["employees"], np.int64, -1)),
        assets_yuan=np.where(assets < 0, -1, assets // _FEN_PER_YUAN),
        grade=parts.words(table["credit_grade"], _grade, np.int8),
        abnormal=parts.words(table["tax_status"], _abnormal, np.int8),
        windows=windows,
    )
    first = columns.pop("first")
    who = who.take(first)
    columns = {"key": who.key, **columns, "name_key": who.name_key(), "link": _link_of(who)}
    return _split(columns, who, table, first, rows=part.start + first, read=part.rows)


def read_loans(part: parts.Part, *, book: NumberBook | None = None) -> Standard:
    """Credit records (信贷记录)."""
    table = parts.read(part, columns=_LOAN_COLUMNS, as_words=(*identity.WORDS, "loan_kind", "borrower_role"))
    who = identify(table, allow_historical=False, book=book)
    columns: Columns = {
        "key": who.key,
        "loan_kind": parts.words(table["loan_kind"], lambda x: LOAN_KINDS.index(register_words.loan_kind(x)), np.int8),
        "of_owner": parts.words(table["borrower_role"], lambda x: int(register_words.is_owner_role(x)), np.int8),
        "granted": _days(table["granted_on"]),
        "settled": _days(table["settled_on"]),
        "balance": parts.numbers(table["balance_fen"], np.int64, -1),
        "name_key": who.name_key(),
        "link": _link_of(who),
    }
    return _split(columns, who, table, np.arange(part.rows), rows=part.start + np.arange(part.rows), read=part.rows)


def read_invoices(part: parts.Part, *, on: int, book: NumberBook | None = None) -> Standard:
    """Valid sale invoices up to the day, the last of neighbouring rows of one seller (发票)."""
    table = parts.read(part, columns=_INVOICE_COLUMNS, as_words=(*identity.WORDS, "direction", "invoice_state"))
    who = identify(table, allow_historical=True, book=book)
    day = parts.day_numbers(table["invoiced_on"])
    counts = (parts.words(table["direction"], lambda x: int(register_words.is_sale(x) is True), np.int8) == 1) & (
        parts.words(table["invoice_state"], lambda x: int(register_words.is_void(x)), np.int8) == 0
    )
    counts &= (day <= on) & (parts.numbers(table["amount_fen"], np.int64, 1) > 0)
    day = np.where(counts, day, NO_DAY)
    run_key = np.where(who.key == -1, who.name_key() ^ (who.far << 1), who.key)
    first = np.flatnonzero(np.concatenate([[True], run_key[1:] != run_key[:-1]])) if len(run_key) else np.zeros(0, np.int64)
    last = np.maximum.reduceat(day, first) if len(first) else day
    who = who.take(first)
    columns: Columns = {
        "key": who.key,
        "last_invoice": last.astype(np.int32),
        "name_key": who.name_key(),
        "link": _link_of(who),
    }
    return _split(columns, who, table, first, rows=part.start + first, read=part.rows)


def read_exclusions(
    part: parts.Part, *, meaning: Callable[[str | None], ListMeaning], book: NumberBook | None = None
) -> Standard:
    """Entries on exclusion lists (名单)."""
    table = parts.read(part, columns=_EXCLUSION_COLUMNS, as_words=(*identity.WORDS, "list_name"))
    who = identify(table, allow_historical=False, book=book)
    listed, expires = _days(table["listed_on"]), _days(table["expires_on"])
    names = table["list_name"]
    months = parts.words(names, lambda x: meaning(x).valid_months or 0, np.int32)
    holds = (expires < 0) & (months > 0) & (listed >= 0)
    columns: Columns = {
        "key": who.key,
        "tag_bits": parts.words(names, lambda x: meaning(x).tag_bits, np.int32),
        "excludes": parts.words(names, lambda x: int(meaning(x).excludes), np.int8),
        "listed": listed,
        "expires": np.where(holds, _months_later(listed, months), expires),
        "name_key": who.name_key(),
        "link": _link_of(who),
    }
    return _split(columns, who, table, np.arange(part.rows), rows=part.start + np.arange(part.rows), read=part.rows)


def _split(columns: Columns, who: Identity, table: pa.Table, places: Ints, *, rows: Ints, read: int) -> Standard:
    """Rows with a usable key and those without. `places` are the rows' places in the table, `rows` those in the register."""
    bad = who.unusable
    at = places[bad]
    apart = Bad(
        {k: v[bad] for k, v in columns.items()}, who.take(bad), parts.texts(table["name"], at), parts.texts(table["uscc"], at),
        _row_ids(table, at, rows=rows[bad]), rows[bad],
    )  # fmt: skip
    return Standard(columns, np.flatnonzero(who.key != -1), apart, read)


def _row_ids(table: pa.Table, places: Ints, *, rows: Ints) -> Ints:
    """The register's own row ids at some places; where it gives none, the row's place in the register counted from 1."""
    column = table["row_id"]
    given: Ints = parts.numbers(column, np.int64, 0)[places]
    return np.where(column.is_null().to_numpy()[places], rows + 1, given) if column.null_count else given


def _months_later(day: npt.NDArray[np.int32], months: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """The same day of a later month, or its last one, as rules.calendar.add_months has it."""
    given = day.astype("datetime64[D]")
    month = given.astype("datetime64[M]")
    later = month + months
    first = later.astype("datetime64[D]")
    longest = (later + 1).astype("datetime64[D]") - first - np.timedelta64(1, "D")
    found = first + np.minimum(given - month.astype("datetime64[D]"), longest)
    return np.asarray(found.astype(np.int32))


def _link_of(who: Identity) -> npt.NDArray[np.int8]:
    method = LINK_METHODS.index
    by_code = np.where(who.kind == CodeKind.HISTORICAL, method(LinkMethod.HISTORICAL), method(LinkMethod.CODE))
    return np.where(np.isin(who.kind, (CodeKind.VALID, CodeKind.HISTORICAL)), by_code, method(LinkMethod.OWN_NUMBER)).astype(
        np.int8
    )


def _days(column: pa.ChunkedArray) -> npt.NDArray[np.int32]:
    """Days since 1970, not below 0; -1 for no date."""
    day = parts.day_numbers(column)
    return np.where(day == NO_DAY, -1, np.maximum(day, 0)).astype(np.int32)


def _division(text: str | None) -> int:
    digits = (text or "").lstrip("ABCDEFGHIJKLMNOPQRST")[:_DIVISION_DIGITS]
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def _grade(text: str | None) -> int:
    grade = (text or "").strip().upper()[:1]
    return GRADES.index(grade) if grade in GRADES else 0


def _abnormal(text: str | None) -> int:
    found = register_words.is_tax_abnormal(text)
    return -1 if found is None else int(found)
