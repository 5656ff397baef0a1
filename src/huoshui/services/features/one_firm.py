"""The features of one firm (单户特征), with the plain readers: for the counter, and to look at a row of a table."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from huoshui.adapters.features.fold import NO_KEY, Ints, fact_values, fold_rows, pack, shared_parties, shared_sums
from huoshui.adapters.registers import firm_keys, parts
from huoshui.adapters.registers.fields import fields_of
from huoshui.adapters.registers.invoice_rows import invoice_columns, read_invoices
from huoshui.errors import BadRequest
from huoshui.rules import features_registers as rules
from huoshui.rules.features import features_of
from huoshui.rules.features_catalog import CATALOG
from huoshui.rules.features_invoices import COUNTED, FACTS, SHARED, Facts
from huoshui.services.features.reading import Firms, columns_of, read_registry
from huoshui.services.features.request import Files, locate
from huoshui.terms import RegisterKind

_WAYS = ("uscc", "register_no", "name")


def features_of_firm(
    firm_id: str, *, registers: Mapping[RegisterKind, Sequence[Path]], on: date, repeats_count: bool = False
) -> dict[str, Any]:
    """The features of the firm with this code, own number or name (单户特征), and its rows used or not and why.

    Raises BadRequest where no register names it.
    """
    files = locate(registers)
    rows = {kind: _rows_of(firm_id, files, kind) for kind in files}
    if not any(x.num_rows for x in rows.values()):
        raise BadRequest(f"no register names the firm {firm_id!r}; expected a credit code, own number or name", field="firm")
    facts = _invoice_facts(rows[RegisterKind.INVOICES], files, on=on, repeats_count=repeats_count)
    facts |= _other_facts(rows, on=on)
    names = _named(rows, firm_id)
    features = features_of(facts, catalog=CATALOG)
    return {**names, "on": on, **features, **{x: facts[x] for x in COUNTED}}


def _rows_of(firm_id: str, files: Files, kind: RegisterKind) -> pa.Table:
    columns = tuple(fields_of(kind))
    found, wanted = [], pa.scalar(firm_id.strip().upper())
    for part in parts.split(files[kind]):
        ids = parts.read(part, columns=_WAYS)
        tests = [np.asarray(pc.fill_null(pc.equal(_plain_text(ids[x]), wanted), fill_value=False)) for x in _WAYS]
        hit = np.flatnonzero(np.logical_or.reduce(tests))
        if len(hit):
            found.append(_plain(parts.read(part, columns=columns)).take(pa.array(hit)))
    return pa.concat_tables(found) if found else pa.table({x: pa.array([], fields_of(kind)[x].type) for x in columns})


def _plain_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.utf8_upper(pc.utf8_trim_whitespace(column.cast(pa.string())))


def _plain(table: pa.Table) -> pa.Table:
    return table.cast(pa.schema([
        pa.field(x.name, pa.string() if pa.types.is_dictionary(x.type) else x.type) for x in table.schema
    ]))  # fmt: skip


def _invoice_facts(table: pa.Table, files: Files, *, on: date, repeats_count: bool) -> Facts:
    if not table.num_rows:
        return dict.fromkeys((*FACTS, *SHARED))
    (rows,) = pack(columns_of(invoice_columns(table)), np.zeros(table.num_rows, np.int32), width=1, ranges=1)
    own = firm_keys.keys_of(table.slice(0, 1), allow_historical=True).key
    folded = fold_rows(rows, firms=1, own=own, on=on, repeats_count=repeats_count)
    shared = _shared_parties(folded.pairs.party, files, on=on, repeats_count=repeats_count)
    facts = fact_values(folded.facts[0].tolist())
    return facts | fact_values(shared_sums(folded, shared)[0].tolist(), names=SHARED)


def _shared_parties(parties: Ints, files: Files, *, on: date, repeats_count: bool) -> Ints:
    """Those of some parties with which another firm trades too: what all firms have with them is added up."""
    firms = Firms()
    if registry := files.get(RegisterKind.REGISTRY):
        read_registry(firms, registry)
    found = []
    for part in parts.split(files[RegisterKind.INVOICES]):
        read = read_invoices(part)
        places = np.where(np.isin(read.party, parties), firms.place(read.who, read.table), np.int32(-1))
        found += pack(columns_of(read), places, width=max(1, firms.count), ranges=1)
    rows = np.concatenate(found)
    _, rows["firm"] = np.unique(rows["firm"], return_inverse=True)
    count = int(rows["firm"].max(initial=-1)) + 1
    folded = fold_rows(rows, firms=count, own=np.full(count, NO_KEY), on=on, repeats_count=repeats_count)
    return shared_parties([folded.pairs.party])


def _other_facts(rows: Mapping[RegisterKind, pa.Table], *, on: date) -> Facts:
    registry = rows.get(RegisterKind.REGISTRY)
    cases, loans = rows.get(RegisterKind.LITIGATION), rows.get(RegisterKind.LOANS)
    facts = rules.registry_facts(None if registry is None else _registration(registry), on=on)
    facts |= rules.tax_facts((rules.Filing(**x) for x in _dated(rows.get(RegisterKind.TAX), rules.Filing)), on=on)
    months = _dated(rows.get(RegisterKind.SOCIAL_SECURITY), rules.Insured)
    facts |= rules.social_security_facts((rules.Insured(**x) for x in months), on=on)
    facts |= rules.litigation_facts(None if cases is None else (rules.Case(**x) for x in _dated(cases, rules.Case)), on=on)
    return facts | rules.loan_facts(None if loans is None else (rules.Loan(**x) for x in _dated(loans, rules.Loan)), on=on)


def _dated(table: pa.Table | None, row: type[Any]) -> Iterator[dict[str, Any]]:
    """The rows of a register as arguments of its dataclass; without what dates them they are left out."""
    if table is None:
        return
    needed = {rules.Filing: "period_end", rules.Insured: "period_end", rules.Case: "filed_on"}.get(row)
    for values in table.select(list(row.__dataclass_fields__)).to_pylist():
        if needed is None or values[needed] is not None:
            yield values


def _registration(table: pa.Table) -> rules.Registration | None:
    if not table.num_rows:
        return None
    row = table.slice(_last_updated(table), 1).select(["established_on", "registered_capital_fen"]).to_pylist()[0]
    return rules.Registration(**row)


def _last_updated(table: pa.Table) -> int:
    """The place of the last updated record, then of the later row."""
    days = table["updated_on"].to_pylist()
    return max(range(len(days)), key=lambda x: (days[x] or date.min, x))


def _named(rows: Mapping[RegisterKind, pa.Table], firm_id: str) -> dict[str, Any]:
    for kind in (RegisterKind.REGISTRY, *rows):
        if kind in rows and rows[kind].num_rows:
            row = _last_updated(rows[kind]) if kind is RegisterKind.REGISTRY else 0
            return dict(firm_keys.names_of(rows[kind], np.array([row]), allow_historical=True).to_pylist()[0])
    return {"firm_id": firm_id, "name": None, "region_code": None}
