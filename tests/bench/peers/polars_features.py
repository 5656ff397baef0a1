"""Features of invoices as an engineer of Polars would write them, from the same standard register, in the same whole numbers.

Lazy, one scan, group-bys that run in parallel. Also the independent computation that a test holds the product against.

    python -m tests.bench.peers.polars_features INVOICES.parquet 2020-02-29 OUT.parquet
"""

import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import polars as pl

NAMES: Final = {"sale": ("sales", "buyer"), "purchase": ("purchase", "supplier")}
TOP: Final = 5


def features(invoices: Path, on: date) -> pl.DataFrame:
    """One row a firm: the features that PEERS of the benchmark names."""
    rows = prepared(pl.scan_parquet(invoices), on)
    sides = [side_of(rows, side, on) for side in NAMES]
    both = sides[0].join(sides[1], on="firm_id", how="full", coalesce=True)
    return both.with_columns(input_output_ratio=share("purchase_12m", "sales_12m")).sort("firm_id").collect()


def prepared(scan: pl.LazyFrame, on: date) -> pl.LazyFrame:
    """Known rows, repeats once, with their month's age and signs."""
    keys = ["firm_id", "invoice_no", "invoiced_on", "direction", "counterparty_id", "amount_fen", "tax_fen"]
    day = pl.col("invoiced_on")
    return (
        scan.select(
            pl.coalesce("uscc", "register_no").alias("firm_id"), "invoice_no", "invoiced_on", "direction", "counterparty_id",
            "amount_fen", "tax_fen", void=pl.col("invoice_state").str.contains("作废").fill_null(value=False),
        )
        .filter(day <= on)
        .group_by(keys).agg(pl.col("void").any())
        .with_columns(
            age=(on.year - day.dt.year()) * 12 + on.month - day.dt.month().cast(pl.Int32) - 1,
            plus=pl.col("amount_fen").clip(lower_bound=0),
            late_in_month=day.dt.offset_by("3d").dt.month() != day.dt.month(),
        )
    )  # fmt: skip


def side_of(rows: pl.LazyFrame, side: str, on: date) -> pl.LazyFrame:
    """The features of sales or of purchases."""
    name, party = NAMES[side]
    here = rows.filter(pl.col("direction") == side)
    full, valid = here.filter(pl.col("age") >= 0), here.filter(~pl.col("void"))
    every = here.group_by("firm_id").agg(
        last_day=pl.col("invoiced_on").filter(~pl.col("void")).max(),
        recent=pl.col("plus").filter(~pl.col("void") & (pl.col("invoiced_on") > on - timedelta(days=30))).sum(),
    )
    in_year, live = pl.col("age") < 12, ~pl.col("void")
    sums = full.group_by("firm_id").agg(
        year=pl.col("amount_fen").filter(in_year & live).sum(),
        before=pl.col("amount_fen").filter(live & pl.col("age").is_between(12, 23)).sum(),
        all36=pl.col("amount_fen").filter(live & (pl.col("age") < 36)).sum(),
        issued=in_year.sum(),
        voided=(in_year & ~live).sum(),
        void_amount=pl.col("amount_fen").abs().filter(in_year & ~live).sum(),
        positive=pl.col("plus").filter(in_year & live).sum(),
        month_end=pl.col("plus").filter(in_year & live & pl.col("late_in_month")).sum(),
        largest=pl.col("plus").filter(in_year & live).max().fill_null(0),
        first=pl.col("age").max(),
    )
    months = (
        valid.filter(pl.col("age").is_between(0, 11)).group_by("firm_id", "age").agg(net=pl.col("amount_fen").sum())
        .filter(pl.col("net") > 0).sort("firm_id", "age")
        .with_columns(gap=pl.col("age") - pl.col("age").shift(1).over("firm_id") - 1)
        .group_by("firm_id")
        .agg(active=pl.len(), gap=pl.col("gap").max(), newest=pl.col("age").min(), oldest=pl.col("age").max())
    )  # fmt: skip
    joined = every.join(sums, on="firm_id", how="left").join(months, on="firm_id", how="left")
    joined = joined.join(parties_of(valid), on="firm_id", how="left")
    return joined.select("firm_id", *columns(name, party, on))


def parties_of(valid: pl.LazyFrame) -> pl.LazyFrame:
    """Buyers or suppliers of each firm."""
    year = pl.col("age") < 12
    return (
        valid.filter(pl.col("age").is_between(0, 23) & pl.col("counterparty_id").is_not_null())
        .group_by("firm_id", "counterparty_id")
        .agg(now=pl.col("amount_fen").filter(year).sum(), then=pl.col("amount_fen").filter(~year).sum())
        .with_columns(now=pl.col("now").clip(lower_bound=0), then=pl.col("then").clip(lower_bound=0))
        .with_columns(whole=pl.col("now").sum().over("firm_id"))
        .with_columns(
            ppm=pl.when(pl.col("whole") > 0).then((pl.col("now") * 1_000_000 + pl.col("whole") // 2) // pl.col("whole"))
        )
        .group_by("firm_id")
        .agg(
            parties=(pl.col("now") > 0).sum(),
            whole=pl.col("now").sum(),
            top1=pl.col("now").max(),
            top5=pl.col("now").top_k(TOP).sum(),
            hhi=(pl.col("ppm") ** 2).sum() // 1_000_000,
            before_parties=(pl.col("then") > 0).sum(),
            kept=((pl.col("then") > 0) & (pl.col("now") > 0)).sum(),
            new=pl.col("now").filter(pl.col("then") == 0).sum(),
        )
    )


def columns(name: str, party: str, on: date) -> list[pl.Expr]:
    """The features of one side, by their names; NULL where no full month of the side is known."""
    prefix = "" if name == "sales" else "purchase_"
    known, months = pl.col("first") >= 0, pl.min_horizontal(pl.col("first") + 1, 12)
    gap = pl.max_horizontal("gap", "newest", months - 1 - pl.col("oldest")).fill_null(months)
    found = {
        f"{name}_12m": pl.col("year"),
        f"{name}_36m": pl.col("all36"),
        f"{name}_yoy": share("year", "before", 1_000_000) - 10_000,
        "active_sale_months_12" if name == "sales" else "active_purchase_months_12": pl.col("active").fill_null(0),
        f"{prefix}max_gap_months_12": gap,
        f"{prefix}void_rate_cnt": share("voided", "issued"),
        f"{prefix}void_rate_amt": share("void_amount", pl.col("void_amount") + pl.col("positive")),
        f"{prefix}month_end_share": share("month_end", "positive"),
        f"{prefix}giant_share": share("largest", "positive"),
        f"{prefix}burst_30d": share(pl.col("recent") * 12, "positive"),
        f"{party}_cnt_12": pl.col("parties").fill_null(0),
        f"top1_{party}_share": share("top1", "whole"),
        f"top5_{party}_share": share("top5", "whole"),
        f"{party}_hhi": pl.col("hhi").fill_null(0),
        f"{party}_retention": share("kept", "before_parties"),
        f"new_{party}_share": pl.when(pl.col("before_parties") > 0).then(share("new", "whole")),
    }
    days = (pl.lit(on) - pl.col("last_day")).dt.total_days().alias(f"{prefix}last_invoice_days")
    return [*(pl.when(known).then(x).cast(pl.Int64).alias(key) for key, x in found.items()), days]


def share(part: str | pl.Expr, whole: str | pl.Expr, least: int = 1) -> pl.Expr:
    """Basis points, half away from zero; NULL below the least."""
    a, b = (pl.col(x) if isinstance(x, str) else x for x in (part, whole))
    a, b = a.cast(pl.Int64), b.cast(pl.Int64)
    divisor = pl.when(b >= least).then(b)
    return pl.when(a < 0).then(-((-a * 10_000 + divisor // 2) // divisor)).otherwise((a * 10_000 + divisor // 2) // divisor)


def main() -> None:
    """Read, compute, write."""
    invoices, on, out = sys.argv[1:]
    features(Path(invoices), date.fromisoformat(on)).write_parquet(out)


if __name__ == "__main__":
    main()
