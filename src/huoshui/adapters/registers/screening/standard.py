"""Registers in standard form (标准表): text read once into integers, rows without a usable key set apart.

Every reader takes one part and gives columns of the tables in expression.py, for the rows with a usable key and for the
others, of which the name is kept for linking.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.kernels import NO_DAY, CodeKind, Ints, Windows, fold_filings, name_hashes
from huoshui.adapters.registers.screening import identity
from huoshui.adapters.registers.screening.identity import Identity, identify
from huoshui.adapters.registers.screening.tables import LOAN_KINDS
from huoshui.rules import register_words
from huoshui.rules.screening import GRADES, KINDS, STATUSES
from huoshui.terms import LinkMethod, TargetKind

Columns = dict[str, npt.NDArray[Any]]
LINK_METHODS: Final = tuple(LinkMethod)
FAR_FUTURE: Final = np.iinfo(np.int32).max
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


@dataclass(frozen=True, slots=True)
class Bad:
    """Rows without a usable key (待关联行): columns of their table, identity, name, and place in the register."""

    columns: Columns
    who: Identity
    names: pa.Array
    codes: pa.Array
    row_ids: Ints
    rows: Ints


@dataclass(frozen=True, slots=True)
class Standard:
    """One part in standard form (标准化分块)."""

    good: Columns
    bad: Bad
    read: int
    own_pairs: npt.NDArray[np.int64]  # (n, 2): own number and key of rows that have both


def read_firms(part: parts.Part, *, size_row_of: Callable[[str | None], int], region_prefix: str) -> Standard:
    """The registry's firms inside the region (登记主体)."""
    table = parts.read(part, columns=_FIRM_COLUMNS, as_words=_FIRM_WORDS)
    rows = np.arange(part.start, part.start + part.rows)
    who = identify(table, allow_historical=False)
    if region_prefix:
        chosen = np.flatnonzero(identity.inside(region_prefix)(who.region))
        if len(chosen) < part.rows:
            table, who, rows = table.take(pa.array(chosen)), who.take(chosen), rows[chosen]
    by_code = _ENTITY_KINDS[who.entity]
    by_text = parts.words(table["entity_type"], lambda x: KINDS.index(register_words.target_kind(x)), np.int8)
    farm = KINDS.index(TargetKind.FAMILY_FARM)
    columns: Columns = {
        "key": who.key,
        "name_hash": who.name_hash,
        "region": who.region,
        "size_row": parts.words(table["industry_code"], size_row_of, np.int8),
        "division": parts.words(table["industry_code"], _division, np.int16),
        "status": parts.words(table["status"], lambda x: STATUSES.index(register_words.status_class(x)), np.int8),
        "kind": np.where(
            (by_code == 0) | (by_text == farm) | ((who.kind != CodeKind.VALID) & (by_text != 0)), by_text, by_code
        ),
        "established": _days(table["established_on"]),
        "report_year": parts.numbers(table["report_year"], np.int16, -1),
        "is_abnormal": parts.words(table["is_abnormal"], lambda x: int((x or "").lower() in ("true", "1")), np.int8),
        "employees": parts.numbers(table["employees"], np.int32, -1),
        "revenue": parts.numbers(table["revenue_fen"], np.int64, -1),
        "assets": parts.numbers(table["assets_fen"], np.int64, -1),
        "updated": _days(table["updated_on"]),
        "other_content": parts.numbers(table["registered_capital_fen"], np.int64, -1) ^ (name_hashes(table["township"]) << 8),
        "link": np.where(
            (who.kind == CodeKind.VALID) | (who.key == -1),
            LINK_METHODS.index(LinkMethod.CODE),
            LINK_METHODS.index(LinkMethod.OWN_NUMBER),
        ).astype(np.int8),
        "row": rows,
    }
    return _split(columns, who, table, np.arange(len(rows)), rows=rows, read=part.rows)


def read_filings(part: parts.Part, *, windows: Windows) -> Standard:
    """Tax filings, summed over neighbouring rows of one taxpayer (纳税申报)."""
    table = parts.read(part, columns=_FILING_COLUMNS, as_words=(*identity.WORDS, "tax_status", "credit_grade"))
    who = identify(table, allow_historical=True)
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


def read_loans(part: parts.Part) -> Standard:
    """Credit records (信贷记录)."""
    table = parts.read(part, columns=_LOAN_COLUMNS, as_words=(*identity.WORDS, "loan_kind", "borrower_role"))
    who = identify(table, allow_historical=False)
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


def read_invoices(part: parts.Part, *, on: int) -> Standard:
    """Valid sale invoices up to the day, the last of neighbouring rows of one seller (发票)."""
    table = parts.read(part, columns=_INVOICE_COLUMNS, as_words=(*identity.WORDS, "direction", "invoice_state"))
    who = identify(table, allow_historical=True)
    day = parts.day_numbers(table["invoiced_on"])
    counts = (parts.words(table["direction"], lambda x: int(register_words.is_sale(x)), np.int8) == 1) & (
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


def read_exclusions(part: parts.Part, *, meaning: Callable[[str | None], ListMeaning]) -> Standard:
    """Entries on exclusion lists (名单)."""
    table = parts.read(part, columns=_EXCLUSION_COLUMNS, as_words=(*identity.WORDS, "list_name"))
    who = identify(table, allow_historical=False)
    listed, expires = _days(table["listed_on"]), _days(table["expires_on"])
    names = table["list_name"]
    months = parts.words(names, lambda x: meaning(x).valid_months or 0, np.int32)
    ends = (listed.astype("datetime64[D]").astype("datetime64[M]") + months).astype("datetime64[D]") + (
        listed.astype("datetime64[D]") - listed.astype("datetime64[D]").astype("datetime64[M]")
    )
    holds = (expires < 0) & (months > 0) & (listed >= 0)
    columns: Columns = {
        "key": who.key,
        "tag_bits": parts.words(names, lambda x: meaning(x).tag_bits, np.int32),
        "excludes": parts.words(names, lambda x: int(meaning(x).excludes), np.int8),
        "listed": listed,
        "expires": np.where(holds, ends.astype(np.int32), expires),
        "name_key": who.name_key(),
        "link": _link_of(who),
    }
    return _split(columns, who, table, np.arange(part.rows), rows=part.start + np.arange(part.rows), read=part.rows)


def _split(columns: Columns, who: Identity, table: pa.Table, places: Ints, *, rows: Ints, read: int) -> Standard:
    """Rows with a usable key and those without. `places` are the rows' places in the table, `rows` those in the register."""
    bad = who.unusable
    at = places[bad]
    row_ids = parts.numbers(table["row_id"], np.int64, -1)[at]
    apart = Bad(
        {k: v[bad] for k, v in columns.items()}, who.take(bad), parts.texts(table["name"], at), parts.texts(table["uscc"], at),
        np.where(row_ids == -1, rows[bad] + 1, row_ids), rows[bad],
    )  # fmt: skip
    both = np.flatnonzero(who.own != -1)
    pairs = np.stack([who.own[both], who.key[both]], axis=1)
    if len(bad):
        good = np.flatnonzero(who.key != -1)
        columns = {k: v[good] for k, v in columns.items()}
    return Standard(columns, apart, read, pairs)


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
