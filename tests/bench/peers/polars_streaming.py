"""The screening in Polars' streaming engine with our kernels: `python -m tests.bench.peers.polars_streaming JOB`.

Lazy scans of the columns that are used, codes and names to integers by our C kernels in `map_batches`, joins on integers, names
read again only for the files that hold them.
"""

import sys

import numpy as np
import polars as pl

from huoshui.adapters.registers.kernels import code_keys, name_hashes, name_keys
from tests.bench.peers import job, polars_verdicts
from tests.bench.peers.duckdb_codes import KIND_OF_ENTITY, USABLE
from tests.bench.peers.job import FARM, MISSING, VALUE_BITS, Job

NAMED = ("uscc", "name", "region_code")
SUMS = {
    "filings": {
        "sales_12m": "sum", "sales_6m": "sum", "tax_employees": "max", "tax_assets": "max", "grade": "max", "abnormal": "max",
        "last_filing": "max",
    },
    "loans": {"of_firm": "max", "of_owner": "max"},
    "invoices": {"last_invoice": "max"},
    "listed": {"tag_bits": "bitwise_or", "excludes": "max"},
}  # fmt: skip


def main() -> None:
    """Screen, and write the result."""
    task = job.read(sys.argv[1])
    firms = read_firms(task)
    evidence = {
        "filings": read_filings(task), "loans": read_loans(task), "invoices": read_invoices(task), "listed": read_lists(task),
    }  # fmt: skip
    firms, evidence = link(firms, evidence)
    polars_verdicts.write(task, firms=firms, doubles=find_doubles(firms), evidence=evidence)


def packed(codes: pl.Series, *, is_tax: bool) -> np.ndarray:
    """Keys x 16 + kinds of entity; -1 for codes that are of no use."""
    found = code_keys(codes.to_arrow(), allow_historical=is_tax)
    return np.where(np.isin(found.kind, USABLE), found.key << 4 | np.array(KIND_OF_ENTITY)[found.entity], -1)


def names(batch: pl.Series) -> np.ndarray:
    """Name keys of a batch of structs."""
    region = batch.struct.field("region_code").cast(pl.Int32).to_numpy()
    return name_keys(name_hashes(batch.struct.field("name").to_arrow()), place=region)


def key(*, is_tax: bool) -> pl.Expr:
    """The key of a row: by its code, and by name and region only where the code is of no use."""

    def of_batch(batch: pl.Series) -> pl.Series:
        found = packed(batch.struct.field("uscc"), is_tax=is_tax)
        bad = found < 0
        found >>= 4
        found[bad] = names(batch.filter(pl.Series(bad)))
        return pl.Series(found)

    return pl.struct(NAMED).map_batches(of_batch, return_dtype=pl.Int64, is_elementwise=True)


def scan(task: Job, register: str) -> pl.LazyFrame:
    """A register, lazily."""
    return pl.scan_parquet(task.files[register])


def meaning(task: Job, column: str) -> pl.Expr:
    """The class of each word."""
    words = task.words[column]
    return pl.col(column).replace_strict(list(words), list(words.values()), default=MISSING[column], return_dtype=pl.Int8)


def day(column: str) -> pl.Expr:
    """Days since 1970."""
    return pl.col(column).cast(pl.Date).to_physical()


def collected(frame: pl.LazyFrame) -> pl.DataFrame:
    """The result of the streaming engine."""
    return frame.collect(engine="streaming")


def read_firms(task: Job) -> pl.DataFrame:
    """The registry as integers, in its order."""
    code = pl.col("uscc").map_batches(lambda x: pl.Series(packed(x, is_tax=False)), return_dtype=pl.Int64, is_elementwise=True)
    name = pl.struct("name", "region_code").map_batches(
        lambda x: pl.Series(names(x)), return_dtype=pl.Int64, is_elementwise=True
    )
    entity, kind = pl.when(pl.col("packed") >= 0).then(pl.col("packed") & 15).otherwise(0).cast(pl.Int8), pl.col("kind")
    found = scan(task, "registry").select(
        "row_id", "report_year", "is_abnormal", "employees", packed=code, nk=name, region=pl.col("region_code").cast(pl.Int32),
        size_row=meaning(task, "industry_code"), status=meaning(task, "status"), kind=meaning(task, "entity_type"),
        established=day("established_on"), updated=day("updated_on"), revenue="revenue_fen", assets="assets_fen",
        content=pl.col("industry_code").hash(1) ^ pl.col("township").hash(2) ^ pl.col("registered_capital_fen").hash(3),
    )  # fmt: skip
    return collected(
        found.with_columns(
            k=pl.when(pl.col("packed") >= 0).then(pl.col("packed") // 16).otherwise(pl.col("nk")),
            kind=pl.when((entity == 0) | (kind == FARM)).then(kind).otherwise(entity),
        ).drop("packed")
    )


def read_filings(task: Job) -> pl.DataFrame:
    """One row a taxpayer: sums, and the latest values packed with their day."""
    period, grade, abnormal = pl.col("period"), pl.col("grade"), pl.col("abnormal")
    dated = period.cast(pl.Int64) * (1 << VALUE_BITS)
    rows = scan(task, "tax").select(
        "sales_fen", "employees", "assets_fen", k=key(is_tax=True), period=day("period_end"),
        grade=meaning(task, "credit_grade"),
        abnormal=meaning(task, "tax_status"),
    )  # fmt: skip
    return collected(
        rows.filter(period <= task.on)
        .with_columns(
            sales_12m=pl.when(period >= task.year_since).then("sales_fen").otherwise(0),
            sales_6m=pl.when(period >= task.sales_since).then("sales_fen").otherwise(0),
            tax_employees=dated + pl.col("employees"),
            tax_assets=dated + pl.col("assets_fen"),
            grade=pl.when(grade > 0).then(dated + grade),
            abnormal=pl.when(abnormal >= 0).then(dated + abnormal),
            last_filing=period,
        )
        .group_by("k")
        .agg(summed("filings"))
    )


def read_loans(task: Job) -> pl.DataFrame:
    """One row a borrower: whether the firm, whether its owner has a loan that counts."""
    counts = (meaning(task, "loan_kind") == 1) & (pl.col("granted_on").is_null() | (day("granted_on") <= task.on))
    owner = meaning(task, "borrower_role") == 1
    rows = scan(task, "loans").filter(counts).select(k=key(is_tax=False), of_firm=~owner, of_owner=owner)
    return collected(rows.group_by("k").agg(summed("loans")))


def read_invoices(task: Job) -> pl.DataFrame:
    """The last valid sale of each seller."""
    sale = (meaning(task, "direction") == 1) & (meaning(task, "invoice_state") == 0) & (pl.col("amount_fen").fill_null(1) > 0)
    rows = scan(task, "invoices").filter(sale & (day("invoiced_on") <= task.on))
    return collected(rows.select(k=key(is_tax=True), last_invoice=day("invoiced_on")).group_by("k").agg(summed("invoices")))


def read_lists(task: Job) -> pl.DataFrame:
    """Tags of each firm on a list on the day."""
    holds = (day("listed_on").fill_null(0) <= task.on) & (pl.col("expires_on").is_null() | (day("expires_on") > task.on))
    name, texts = pl.col("list_name"), list(task.lists)
    rows = scan(task, "exclusions").filter(holds).select(
        k=key(is_tax=False),
        tag_bits=name.replace_strict(texts, [x.tag_bits for x in task.lists.values()], return_dtype=pl.Int8),
        excludes=name.replace_strict(texts, [x.excludes for x in task.lists.values()], return_dtype=pl.Int8),
    )  # fmt: skip
    return collected(rows.group_by("k").agg(summed("listed")))


def summed(table: str) -> list[pl.Expr]:
    """How the rows of one firm in a table are put together."""
    return [getattr(pl.col(column), how)() for column, how in SUMS[table].items()]


def link(firms: pl.DataFrame, evidence: dict[str, pl.DataFrame]) -> tuple[pl.DataFrame, dict[str, pl.DataFrame]]:
    """Give rows without a usable code the code of the only firm of that name in the region."""
    wanted = pl.concat([x.filter(pl.col("k") < 0).select("k") for x in (firms, *evidence.values())]).unique()
    named = collected(
        firms.lazy().filter(pl.col("k") >= 0).join(wanted.lazy(), left_on="nk", right_on="k", how="semi")
        .group_by("nk").agg(low=pl.col("k").min(), high=pl.col("k").max(), theirs=pl.col("established").min())
    )  # fmt: skip
    single = named.filter(pl.col("low") == pl.col("high"))
    twin = firms.lazy().join(single.lazy(), left_on="k", right_on="nk", how="left", maintain_order="left")
    agrees = (pl.col("established") == pl.col("theirs")).fill_null(value=True)
    firms = collected(
        twin.with_columns(k=pl.when(agrees).then(pl.coalesce("low", "k")).otherwise("k")).drop("low", "high", "theirs")
    )
    return firms, {name: _moved(name, table, named, single) for name, table in evidence.items()}


def _moved(name: str, table: pl.DataFrame, named: pl.DataFrame, single: pl.DataFrame) -> pl.DataFrame:
    moved = table.join(single.select("nk", "low"), left_on="k", right_on="nk").with_columns(k="low").drop("low")
    rest = table.join(named, left_on="k", right_on="nk", how="anti")
    both = pl.concat([moved, rest.join(moved, on="k", how="semi")])
    return pl.concat([rest.join(moved, on="k", how="anti"), both.group_by("k").agg(summed(name)).select(table.columns)])


def find_doubles(firms: pl.DataFrame) -> pl.DataFrame:
    """Rows that share a key: exact copies and older records."""
    counts = firms.lazy().group_by("k").agg(rows=pl.len()).filter(pl.col("rows") > 1)
    same = collected(firms.lazy().join(counts, on="k", how="semi")).sort("row_id")
    content = [x for x in same.columns if x != "row_id"]
    copies = same.with_columns(is_copy=pl.int_range(pl.len()).over(content) > 0)
    return copies.sort("updated", "row_id", descending=True).select(
        "row_id", "is_copy", is_older=pl.int_range(pl.len()).over("k", "is_copy") > 0
    )


if __name__ == "__main__":
    main()
