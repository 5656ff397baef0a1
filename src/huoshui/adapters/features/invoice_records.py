"""Columns of invoices as the kernel's records (发票记录), and its figures as an Arrow table."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.adapters.features.fold import NO_KEY, NONE, ROW, Flag, Ints, Places, Rows
from huoshui.rules.features_invoices import FACTS, MOST_INVOICE_FEN

Bools = npt.NDArray[np.bool_]
_NO_DAY: Final = np.iinfo(np.int32).min


def records(
    firm: Places, *, day: npt.NDArray[np.int32], amount: Ints, tax: Ints, party: Ints, number: Ints, is_purchase: Bools,
    is_void: Bools,
) -> Rows:  # fmt: skip
    """Invoices as records of ROW (发票记录). No day is the least int32, no amount NONE, no party and no number NO_KEY."""
    rows = np.empty(len(firm), ROW)
    rows["firm"], rows["day"], rows["party"] = firm, day, party
    rows["number"] = _apart(number, amount, tax)
    unusable = (day == _NO_DAY) | (amount == NONE)
    kept, kept_tax = (np.clip(x, -MOST_INVOICE_FEN, MOST_INVOICE_FEN) for x in (np.where(amount == NONE, 0, amount), tax))
    rows["amount"], rows["tax"] = kept, kept_tax
    clamped = (kept != amount) | (kept_tax != tax)
    flags = is_purchase * np.uint32(Flag.PURCHASE)
    for test, flag in (
        (is_void, Flag.VOID),
        (number == NO_KEY, Flag.NO_NUMBER),
        (clamped, Flag.CLAMPED),
        (unusable, Flag.UNUSABLE),
        (party == NO_KEY, Flag.NO_PARTY),
    ):
        if test.any():
            flags = flags | test * np.uint32(flag)
    rows["flags"] = flags
    return rows


def _apart(number: Ints, amount: Ints, tax: Ints) -> npt.NDArray[np.uint64]:
    """The number, mixed with amounts beyond the bound, so that those do not become equal when they are cut."""
    found = number.view(np.uint64)
    beyond = (np.abs(amount) > MOST_INVOICE_FEN) | (np.abs(tax) > MOST_INVOICE_FEN)
    if not beyond.any():
        return found
    mixed = amount.view(np.uint64) * np.uint64(0x9E3779B97F4A7C15) ^ tax.view(np.uint64) * np.uint64(0xD6E8FEB86659FD93)
    return np.where(beyond, found ^ mixed, found)


def fact_table(facts: Ints, *, firms: Places, names: Sequence[str] = FACTS) -> pa.Table:
    """Figures as the expression's invoice_facts (发票汇总表): a row for each place in `firms`, NULL where not known."""
    columns = np.ascontiguousarray(facts.T)
    arrays = [pa.array(x, mask=missing if (missing := x == NONE).any() else None) for x in columns]
    return pa.table([pa.array(firms), *arrays], ["firm", *names])
