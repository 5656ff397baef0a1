"""The screening in pandas with our kernels: `python -m tests.bench.peers.pandas_kernels JOB`.

Arrow reads the columns that are used, our C kernels give keys, everything after is integer columns of pandas and numpy; names
are read again at the end.
"""

import sys
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from huoshui.adapters.registers.kernels import code_keys, name_hashes, name_keys
from tests.bench.peers import job, pandas_verdicts
from tests.bench.peers.duckdb_codes import KIND_OF_ENTITY, USABLE
from tests.bench.peers.job import FARM, MISSING, VALUE_BITS, Job

IDENTITY: Final = ("uscc", "name", "region_code")
WORDS: Final = ("region_code", "township", "list_name")
NO_DAY: Final = -(1 << 30)
Column = npt.NDArray[Any]
SUMS: Final = {
    "filings": {
        "sales_12m": "sum", "sales_6m": "sum", "tax_employees": "max", "tax_assets": "max", "grade": "max", "abnormal": "max",
        "last_filing": "max",
    },
    "loans": {"of_firm": "max", "of_owner": "max"},
    "invoices": {"last_invoice": "max"},
    "listed": {"excludes": "max", "T0": "max", "T1": "max", "T2": "max", "T3": "max", "T4": "max"},
}  # fmt: skip


def main() -> None:
    """Screen, and write the result."""
    task = job.read(sys.argv[1])
    firms = read_firms(task)
    evidence = {
        "filings": read_filings(task), "loans": read_loans(task), "invoices": read_invoices(task), "listed": read_lists(task),
    }  # fmt: skip
    link(firms, evidence)
    pandas_verdicts.write(task, firms=firms, doubles=find_doubles(firms), evidence=evidence)


def load(task: Job, register: str, *columns: str) -> pa.Table:
    """Some columns of a register; words come as dictionaries."""
    words = [x for x in columns if x in task.words or x in WORDS]
    found = [pq.read_table(x, columns=[*columns], read_dictionary=words) for x in task.files[register]]
    return pa.concat_tables(found).unify_dictionaries()


def codes_of(column: pa.ChunkedArray, meaning: Any, missing: int) -> Column:
    """What each distinct word of a dictionary column means, for every row."""
    if not column.num_chunks:
        return np.zeros(0, np.int64)
    words = column.chunk(0).dictionary.to_pylist()
    classes = np.array([*(meaning(x) for x in words), missing])
    index = pa.chunked_array([x.indices for x in column.chunks])
    found: Column = classes[pc.fill_null(index, len(words)).to_numpy()]
    return found


def meaning(task: Job, table: pa.Table, column: str) -> Column:
    """The class of each word."""
    return codes_of(table[column], task.words[column].__getitem__, MISSING[column]).astype(np.int8)


def region(table: pa.Table) -> Column:
    """Region codes as numbers."""
    return codes_of(table["region_code"], int, 0).astype(np.int32)


def days(column: pa.ChunkedArray) -> Column:
    """Days since 1970, NO_DAY for none."""
    found: Column = pc.fill_null(column.cast(pa.int32()), NO_DAY).to_numpy()
    return found


def numbers(column: pa.ChunkedArray, kind: type[np.generic], missing: int = -1) -> Column:
    """Whole numbers, `missing` for none."""
    found: Column = pc.fill_null(column, missing).to_numpy().astype(kind, copy=False)
    return found


def keys(table: pa.Table, *, is_tax: bool = False) -> Column:
    """The key of every row: by its code, and by name and region only where the code is of no use."""
    found = code_keys(table["uscc"], allow_historical=is_tax)
    bad = np.flatnonzero(~np.isin(found.kind, USABLE))
    names = table["name"].take(pa.array(bad))
    found.key[bad] = name_keys(name_hashes(names), place=region(table)[bad])
    return found.key


def read_firms(task: Job) -> pd.DataFrame:
    """The registry as integers, in its order."""
    table = load(
        task, "registry", "row_id", *IDENTITY, "industry_code", "township", "entity_type", "status", "established_on",
        "updated_on", "report_year", "is_abnormal", "employees", "revenue_fen", "assets_fen", "registered_capital_fen",
    )  # fmt: skip
    found = code_keys(table["uscc"], allow_historical=False)
    usable = np.isin(found.kind, USABLE)
    name = name_keys(name_hashes(table["name"]), place=region(table))
    kind, entity = meaning(task, table, "entity_type"), np.where(usable, np.array(KIND_OF_ENTITY, np.int8)[found.entity], 0)
    township = codes_of(table["township"], hash, 0)
    return pd.DataFrame({
        "row_id": table["row_id"].to_numpy(), "k": np.where(usable, found.key, name), "nk": name, "region": region(table),
        "size_row": meaning(task, table, "industry_code"), "status": meaning(task, table, "status"),
        "kind": np.where((entity == 0) | (kind == FARM), kind, entity), "established": days(table["established_on"]),
        "updated": days(table["updated_on"]), "report_year": numbers(table["report_year"], np.int16),
        "is_abnormal": pc.fill_null(table["is_abnormal"], False).to_numpy(),
        "employees": numbers(table["employees"], np.int32), "revenue": numbers(table["revenue_fen"], np.int64),
        "assets": numbers(table["assets_fen"], np.int64),
        "content": numbers(table["registered_capital_fen"], np.int64) ^ township ^ codes_of(table["industry_code"], hash, 0),
    })  # fmt: skip


def read_filings(task: Job) -> pd.DataFrame:
    """One row a taxpayer: sums, and the latest values packed with their day."""
    table = load(task, "tax", *IDENTITY, "period_end", "sales_fen", "employees", "assets_fen", "tax_status", "credit_grade")
    period, sales = days(table["period_end"]), numbers(table["sales_fen"], np.int64, 0)
    rows = pd.DataFrame({
        "k": keys(table, is_tax=True), "sales_12m": np.where(period >= task.year_since, sales, 0),
        "sales_6m": np.where(period >= task.sales_since, sales, 0), "last_filing": period,
    })  # fmt: skip
    dated = period.astype(np.int64) << VALUE_BITS
    values = {
        "tax_employees": (numbers(table["employees"], np.int64), 0), "tax_assets": (numbers(table["assets_fen"], np.int64), 0),
        "grade": (meaning(task, table, "credit_grade"), 1), "abnormal": (meaning(task, table, "tax_status"), 0),
    }  # fmt: skip
    del table
    for name, (value, least) in values.items():
        rows[name] = np.where(value >= least, dated + value, -1)
    inside = (period != NO_DAY) & (period <= task.on)
    return summed("filings", rows if inside.all() else rows[inside])


def read_loans(task: Job) -> pd.DataFrame:
    """One row a borrower: whether the firm, whether its owner has a loan that counts."""
    table = load(task, "loans", *IDENTITY, "loan_kind", "borrower_role", "granted_on")
    owner = meaning(task, table, "borrower_role") == 1
    rows = pd.DataFrame({"k": keys(table), "of_firm": ~owner, "of_owner": owner})
    return summed("loans", rows[(meaning(task, table, "loan_kind") == 1) & (days(table["granted_on"]) <= task.on)])


def read_invoices(task: Job) -> pd.DataFrame:
    """The last valid sale of each seller."""
    table = load(task, "invoices", *IDENTITY, "direction", "invoice_state", "invoiced_on", "amount_fen")
    day = days(table["invoiced_on"])
    sale = (meaning(task, table, "direction") == 1) & (meaning(task, table, "invoice_state") == 0) & (day <= task.on)
    rows = pd.DataFrame({"k": keys(table, is_tax=True), "last_invoice": day})
    return summed("invoices", rows[sale & (numbers(table["amount_fen"], np.int64, 1) > 0)])


def read_lists(task: Job) -> pd.DataFrame:
    """Tags of each firm on a list on the day, one column a tag."""
    table = load(task, "exclusions", *IDENTITY, "list_name", "listed_on", "expires_on")
    bits = codes_of(table["list_name"], lambda x: task.lists[x].tag_bits, 0)
    expires = days(table["expires_on"])
    rows = pd.DataFrame({"k": keys(table), "excludes": codes_of(table["list_name"], lambda x: task.lists[x].excludes, 0)})
    for place in range(len(task.tag_points)):
        rows[f"T{place}"] = bits >> place & 1
    return summed("listed", rows[(days(table["listed_on"]) <= task.on) & ((expires == NO_DAY) | (expires > task.on))])


def summed(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """One row a key, in no order."""
    return rows.groupby("k", sort=False).agg(SUMS[name])


def link(firms: pd.DataFrame, evidence: dict[str, pd.DataFrame]) -> None:
    """Give rows without a usable code the code of the only firm of that name in the region."""
    wanted = np.unique(
        np.concatenate([x[x < 0] for x in (firms["k"].to_numpy(), *(y.index.to_numpy() for y in evidence.values()))])
    )
    known = firms.loc[(firms["k"] >= 0) & firms["nk"].isin(wanted), ["nk", "k", "established"]]
    named = known.groupby("nk").agg(low=("k", "min"), high=("k", "max"), established=("established", "min"))
    single = named[named["low"] == named["high"]]
    bad = firms.loc[firms["k"] < 0, ["k", "established"]].join(
        single.rename(columns={"established": "established_theirs"}), on="k", how="inner"
    )
    none = (bad["established"] == NO_DAY) | (bad["established_theirs"] == NO_DAY)
    bad = bad[none | (bad["established"] == bad["established_theirs"])]
    firms.loc[bad.index, "k"] = bad["low"]
    for name, table in evidence.items():
        moved = table.join(single["low"], how="inner").set_index("low")
        moved.index.name = "k"
        rest = table[~table.index.isin(named.index)]
        touched = rest.index.isin(moved.index)
        evidence[name] = pd.concat([rest[~touched], summed(name, pd.concat([moved, rest[touched]]).reset_index())])


def find_doubles(firms: pd.DataFrame) -> pd.DataFrame:
    """Rows that share a key: exact copies and older records."""
    same = firms[firms["k"].duplicated(keep=False)].sort_values("row_id")
    same["is_copy"] = same.duplicated([x for x in same.columns if x != "row_id"])
    same = same.sort_values(["updated", "row_id"], ascending=False)
    same["is_older"] = same.duplicated(["k", "is_copy"])
    return same[["is_copy", "is_older"]]


if __name__ == "__main__":
    main()
