"""The tables of the years before (历史表): older tax filings, invoices month by month, and what became of loans.

Written as the registers of the day are, filings with the same noise, invoices with none. Firms come in slices, so that memory
stays flat.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from huoshui.adapters.synthetic import columns, words
from huoshui.adapters.synthetic.basis import Noise, days
from huoshui.adapters.synthetic.codes import texts
from huoshui.adapters.synthetic.draws import Flags, Ints
from huoshui.adapters.synthetic.noise import Writer, Written
from huoshui.adapters.synthetic.past import MONTHS_OF_QUARTER, OLDER, QUARTERS, Past
from huoshui.adapters.synthetic.truth import Evidence

TAX, INVOICES, OUTCOMES = "history/tax", "history/invoices", "outcomes"
FILED: Final = 97_000
VOID: Final = 3_000
BUYERS, SUPPLIERS, MOST_SALES, MOST_PURCHASES = 12, 6, 3, 2
_SLICE: Final = 8_192
_OF_A_FIRM: Final = 100_000


@dataclass(frozen=True, slots=True)
class _Rows:
    """Invoices of one direction (一个方向的发票): the place in the history, the party's turn, day, amount."""

    place: Ints
    party: Ints
    day: Ints
    amount: Ints
    is_sale: Flags


def older_tax(evidence: Evidence, *, past: Past, written: Written, writer: Writer) -> pa.Table:
    """Tax filings of the quarters before those of the tax register (历史纳税申报)."""
    draws, filings = writer.draws, evidence.filings
    quarterly = past.sales.reshape(-1, QUARTERS, MONTHS_OF_QUARTER).sum(axis=2)[:, :OLDER]
    cell = past.number[:, None] * 16 + np.arange(OLDER)
    begun = np.cumsum(quarterly, axis=1) > 0
    place, quarter = np.nonzero(begun & draws.happens(cell, of="older filed", per_100_000=FILED))
    payer, firm, cell = past.payer[place], past.firm[place], cell[place, quarter]
    sales = quarterly[place, quarter]
    starts, ends = (np.array([days(x[side]) for x in past.calendar.quarters]) for side in (0, 1))
    counties = [str(code) for code in writer.places.codes.tolist()]
    return pa.table({
        "uscc": columns.runs(written.code, place=payer),
        "name": columns.runs(written.name, place=payer),
        "region_code": columns.words(counties, place=written.county[payer]),
        "period_start": columns.dates(starts[quarter]),
        "period_end": columns.dates(ends[quarter]),
        "sales_fen": pa.array(sales),
        "tax_paid_fen": pa.array(sales * (5 + draws.below(cell, of="older tax rate", count=30)) // 1000),
        "employees": columns.numbers(evidence.facts.scale[firm, 0], kind=pa.int32()),
        "assets_fen": pa.array(evidence.facts.scale[firm, 2]),
        "tax_status": columns.same("正常", count=len(place)),
        "credit_grade": columns.words([grade for grade, _ in words.GRADES], place=filings.grade[payer]),
        "filed_on": columns.dates(ends[quarter] + 1 + draws.below(cell, of="older filed on", count=20)),
    })  # fmt: skip


def invoices(evidence: Evidence, *, past: Past, writer: Writer) -> Iterator[pa.Table]:
    """Sales and purchases month by month, in slices of firms (历史发票)."""
    everyone = np.arange(len(evidence.firms))
    written = replace(writer, noise=Noise.NONE).write("history", firm=everyone, number=evidence.firms.number)
    invoiced = np.flatnonzero(past.is_invoiced)
    for start in range(0, max(len(invoiced), 1), _SLICE):
        yield _invoices(invoiced[start : start + _SLICE], past=past, written=written, writer=writer)


def outcomes(evidence: Evidence, *, past: Past, current: Written) -> pa.Table:
    """What became of every decided loan whose firm the registry names by its code (贷款结局)."""
    as_read = pc.utf8_upper(pc.utf8_trim_whitespace(current.code))
    is_named = pc.equal(as_read, texts(evidence.firms.code)).fill_null(False).to_numpy(zero_copy_only=False)
    mine = np.flatnonzero((past.loan >= 0) & is_named[past.firm])
    return pa.table({
        "firm_id": as_read.take(pa.array(past.firm[mine])),
        "default": pa.array(past.is_bad[mine].astype(np.int8)),
        "decided_on": columns.dates(past.decided[mine]),
    })  # fmt: skip


def _invoices(among: Ints, *, past: Past, written: Written, writer: Writer) -> pa.Table:
    sales = _of_sales(among, past=past, writer=writer)
    bought = _of_purchases(among, past=past, writer=writer)
    rows = _Rows(*(np.concatenate([getattr(x, name) for x in (sales, bought)]) for name in _Rows.__slots__))
    order = np.lexsort((rows.day, rows.place))
    rows = _Rows(*(getattr(rows, name)[order] for name in _Rows.__slots__))
    turn = np.arange(len(order)) - np.searchsorted(rows.place, rows.place)
    firm, number = past.firm[rows.place], past.number[rows.place] * _OF_A_FIRM + turn
    other = pa.array(_parties(rows, firm=firm, past=past, writer=writer))
    tax_fen = rows.amount * 3 // 100
    counties = [str(code) for code in writer.places.codes.tolist()]
    is_void = writer.draws.happens(number, of="history void", per_100_000=VOID)
    return pa.table({
        "uscc": columns.runs(written.code, place=firm),
        "name": columns.runs(written.name, place=firm),
        "region_code": columns.words(counties, place=written.county[firm]),
        "invoice_no": pc.utf8_lpad(pa.array(number).cast(pa.string()), 20, "0"),
        "invoiced_on": columns.dates(rows.day),
        "direction": columns.words(["purchase", "sale"], place=rows.is_sale.astype(np.int64)),
        "counterparty_id": written.code.take(other),
        "counterparty_name": written.name.take(other),
        "amount_fen": pa.array(rows.amount),
        "tax_fen": pa.array(tax_fen),
        "total_fen": pa.array(rows.amount + tax_fen),
        "invoice_state": columns.words(["有效", "作废"], place=is_void.astype(np.int64)),
    })  # fmt: skip


def _of_sales(among: Ints, *, past: Past, writer: Writer) -> _Rows:
    """One to three invoices a month with sales; the main buyer has its share of them, the others share the rest."""
    draws = writer.draws
    rows, cell = _spread(among, past.sales[among], past=past, most=MOST_SALES, of="sale", writer=writer)
    is_main = draws.below(cell, of="buyer", count=100) < past.concentration[rows.place]
    buyer = np.where(is_main, 0, 1 + draws.below(cell, of="other buyer", count=BUYERS - 1))
    return replace(rows, party=buyer)


def _of_purchases(among: Ints, *, past: Past, writer: Writer) -> _Rows:
    """One or two invoices a month with sales, for half to nearly all of what was sold."""
    draws = writer.draws
    share = 50 + draws.below(past.number[among], of="purchases", count=46)
    bought = past.sales[among] * share[:, None] // 100
    rows, cell = _spread(among, bought, past=past, most=MOST_PURCHASES, of="purchase", writer=writer)
    supplier = BUYERS + draws.below(cell, of="supplier", count=SUPPLIERS)
    return replace(rows, party=supplier, is_sale=np.zeros(len(cell), bool))


def _spread(among: Ints, amounts: Ints, *, past: Past, most: int, of: str, writer: Writer) -> tuple[_Rows, Ints]:
    """Monthly amounts as invoices, and a number for the draws of each."""
    draws, starts = writer.draws, past.calendar.month_starts()
    mine, month = np.nonzero(amounts)
    at = past.number[among[mine]] * 64 + month
    counts = 1 + draws.below(at, of=f"{of} count", count=most)
    first = np.cumsum(counts) - counts
    which = np.repeat(np.arange(len(at)), counts)
    cell = at[which] * 4 + np.arange(len(which)) - first[which]
    weight = 20 + draws.below(cell, of=f"{of} weight", count=100)
    total = np.add.reduceat(weight, first) if len(first) else weight
    amount = amounts[mine, month][which] * weight // total[which]
    length = (starts[1:] - starts[:-1])[month[which]]
    day = starts[month[which]] + (draws.below(cell, of=f"{of} day", count=2**16) * length >> 16)
    kept = amount > 0
    rows = _Rows(among[mine][which][kept], cell[kept], day[kept], amount[kept], np.ones(int(kept.sum()), bool))
    return rows, cell[kept]


def _parties(rows: _Rows, *, firm: Ints, past: Past, writer: Writer) -> Ints:
    """Who is on the other side of each invoice: another firm of the batch."""
    count = len(writer.firms)
    found = writer.draws.below(past.number[rows.place] * 32 + rows.party, of="party", count=count)
    return np.where(found == firm, (found + 1) % count, found)
