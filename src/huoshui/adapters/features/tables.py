"""The tables that the features' expression names (特征用表): whole numbers and NULLs only, one bucket of firms or a register.

firms          one row a firm, with what the registry says
invoice_facts  one row a firm that has invoices, a column a name in FACTS and SHARED
filings        one row a tax filing; days are days since 1970, an age is in full months before the decision day's month
insured        one row a firm, month and record of social security
cases          one row a law case or penalty
loans          one row a credit record
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from huoshui.adapters.features.fold import NONE, Ints, Places
from huoshui.rules.features_invoices import FACTS, MOST_FEN, SHARED, YEAR
from huoshui.rules.features_registers import MOST_HEADS
from huoshui.terms import RegisterKind

_MOST: Final = {"heads": MOST_HEADS} | dict.fromkeys(("sales", "paid", "due", "amount", "balance", "capital"), MOST_FEN)
TABLES: Final[dict[str, dict[str, str]]] = {
    "firms": {"firm": "int32", "age_months": "int64", "capital": "int64"},
    "invoice_facts": {"firm": "int32", **dict.fromkeys((*FACTS, *SHARED), "int64")},
    "filings": dict.fromkeys(("start", "period", "filed", "sales", "paid", "grade", "age", "last_day"), "int64"),
    "insured": dict.fromkeys(("period", "heads", "paid", "due", "age"), "int64"),
    "cases": dict.fromkeys(
        ("filed", "closed", "amount", "content_0", "content_1", "is_penalty", "is_defendant", "age"), "int64"
    ),
    "loans": dict.fromkeys(
        ("granted", "settled", "amount", "balance", "content_0", "content_1", "content_2", "is_debt"), "int64"
    ),
}
for _name in ("filings", "insured", "cases", "loans"):
    TABLES[_name] = {"firm": "int32", **TABLES[_name]}
EVENTS: Final = {
    RegisterKind.TAX: "filings",
    RegisterKind.SOCIAL_SECURITY: "insured",
    RegisterKind.LITIGATION: "cases",
    RegisterKind.LOANS: "loans",
}


def unbound(name: str) -> ir.Table:
    """One of the tables by name (未绑定表)."""
    return ibis.table(TABLES[name], name=name)


def event_table(kind: RegisterKind, firm: Places, columns: Mapping[str, Ints], *, on: date) -> pa.Table:
    """Rows of a register as its table (登记数据表), in the order of the firms; rows without what dates them are left out."""
    name = EVENTS[kind]
    found = dict(columns)
    dated = {"filings": "period", "insured": "period", "cases": "filed"}.get(name)
    if dated is not None:
        kept = found[dated] != NONE
        firm, found = firm[kept], {key: value[kept] for key, value in found.items()}
        found["age"] = on.year * YEAR + on.month - 1 - YEAR * 1970 - months_of(found[dated]) - 1
    if name == "filings":
        found["last_day"] = _end_of_next_month(found["period"])
    order = np.argsort(firm, kind="stable")
    arrays = [pa.array(firm[order])]
    arrays += [masked(_within(key, found[key])[order]) for key in TABLES[name] if key != "firm"]
    return pa.table(arrays, list(TABLES[name]))


def firm_table(firms: int, columns: Mapping[str, Ints] | None, *, on: date) -> pa.Table:
    """The firms with what the registry says of them (主体表); `columns` is None without a registry."""
    none = np.full(firms, NONE)
    age, capital = (none, none) if columns is None else (_age(columns["established"], on), columns["capital"])
    arrays = [pa.array(np.arange(firms, dtype=np.int32)), masked(age), masked(_within("capital", capital))]
    return pa.table(arrays, list(TABLES["firms"]))


def empty(name: str) -> pa.Table:
    """A table without rows (空表)."""
    return pa.table({key: pa.array([], getattr(pa, kind)()) for key, kind in TABLES[name].items()})


def masked(values: Ints) -> pa.Array:
    """Whole numbers with NULL for NONE (带空值列)."""
    missing = values == NONE
    return pa.array(values, mask=missing if missing.any() else None)


def months_of(days: Ints) -> Ints:
    """Months since January 1970 of days since 1970 (日转月)."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _end_of_next_month(days: Ints) -> Ints:
    after = (months_of(days) + 2).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return after - 1


def _age(established: Ints, on: date) -> Ints:
    known = (established != NONE) & (established <= (on - date(1970, 1, 1)).days)
    days = np.where(known, established, 0)
    months = months_of(days)
    day_of_month = days - months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + 1
    age = (on.year - 1970) * YEAR + on.month - 1 - months - (on.day < day_of_month)
    return np.where(known, age, NONE)


def _within(name: str, values: Ints) -> Ints:
    most = _MOST.get(name)
    return values if most is None else np.where(values == NONE, NONE, np.clip(values, -most, most))
