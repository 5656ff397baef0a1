"""Invoices as numbers (发票数值化): who, when, with whom, how much; for adding up by firm."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from huoshui.adapters.registers import firm_keys, parts
from huoshui.adapters.registers.firm_keys import NO_KEY, Keyed
from huoshui.adapters.registers.kernels import NO_DAY, CodeKind, Ints, code_keys, name_hashes, own_keys
from huoshui.rules import register_words

_SIDES: Final[dict[bool | None, int]] = {True: 1, False: 0, None: -1}
_WORDS: Final = (*firm_keys.WORDS, "direction", "counterparty_id", "counterparty_name", "invoice_state")
_COLUMNS: Final = (
    *firm_keys.COLUMNS,
    "invoice_no",
    "invoiced_on",
    "direction",
    "counterparty_id",
    "amount_fen",
    "tax_fen",
    "invoice_state",
)
NO_AMOUNT: Final = np.iinfo(np.int64).min
_PARTY_SEED: Final = 0x70617274
_NUMBER_SEED: Final = 0x6E756D


@dataclass(frozen=True, slots=True)
class ReadInvoices:
    """Some invoices, a column each (发票列). `party` and `number` are hashes or NO_KEY; `table` is the text."""

    who: Keyed
    party: Ints
    number: Ints
    day: npt.NDArray[np.int32]
    amount: Ints
    tax: Ints
    is_purchase: npt.NDArray[np.bool_]
    is_void: npt.NDArray[np.bool_]
    table: pa.Table


def read_invoices(part: parts.Part) -> ReadInvoices:
    """The invoices of a part (读发票); day NO_DAY and amount NO_AMOUNT where there is none. Raises BadFile."""
    table = parts.read(part, columns=_COLUMNS, as_words=_WORDS)
    for name, other in (("amount_fen", "total_fen"), ("counterparty_id", "counterparty_name")):
        if table[name].null_count:
            table = table.append_column(other, parts.read(part, columns=(other,), as_words=_WORDS)[other])
    return invoice_columns(table)


def invoice_columns(table: pa.Table) -> ReadInvoices:
    """Invoices of a standard table (发票数值化)."""
    amount = parts.numbers(table["amount_fen"], np.int64, NO_AMOUNT)
    tax = parts.numbers(table["tax_fen"], np.int64, 0)
    if "total_fen" in table.column_names:
        total = parts.numbers(table["total_fen"], np.int64, NO_AMOUNT)
        known = ~_given(table["amount_fen"]) & (total != NO_AMOUNT) & _given(table["tax_fen"])
        amount = np.where(known, total - tax, amount)
    side = parts.words(table["direction"], lambda x: _SIDES[register_words.is_sale(x)], np.int8)
    amount = np.where(side == _SIDES[None], NO_AMOUNT, amount)  # neither a sale nor a purchase: it cannot be used
    return ReadInvoices(
        who=firm_keys.keys_of(table, allow_historical=True),
        party=_parties(table),
        number=own_keys(table["invoice_no"], seed=_NUMBER_SEED),
        day=parts.day_numbers(table["invoiced_on"], missing=NO_DAY),
        amount=amount,
        tax=tax,
        is_purchase=side == _SIDES[False],
        is_void=parts.words(table["invoice_state"], register_words.is_void, np.bool_),
        table=table,
    )


def _given(column: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = np.asarray(column.is_valid())
    return found


def _ids_of(chunk: pa.Array) -> Ints:
    """Keys of the texts of a chunk, each distinct text once."""
    if pa.types.is_dictionary(chunk.type):
        distinct = np.append(_ids_of(chunk.dictionary), NO_KEY)
        index = pc.fill_null(chunk.indices, len(distinct) - 1) if chunk.null_count else chunk.indices
        found: Ints = distinct[index.to_numpy(zero_copy_only=False)]
        return found
    codes = code_keys(chunk, allow_historical=True)
    usable = (codes.kind == CodeKind.VALID) | (codes.kind == CodeKind.HISTORICAL)
    return np.where(usable, codes.key, own_keys(chunk, seed=_PARTY_SEED))


def _parties(table: pa.Table) -> npt.NDArray[Any]:
    """The counterparty by its code, else by its number, else by its name."""
    found = np.concatenate([_ids_of(x) for x in table["counterparty_id"].chunks] or [np.empty(0, np.int64)])
    if "counterparty_name" in table.column_names and (missing := found == NO_KEY).any():
        names = name_hashes(table["counterparty_name"])
        found = np.where(missing & (names != 0), names, found)
    return found
