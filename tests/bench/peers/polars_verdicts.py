"""The second half of the Polars peer: verdicts from integers, then the files with names and codes."""

from functools import reduce
from operator import or_
from typing import Any

import polars as pl

from tests.bench.peers import job
from tests.bench.peers.job import FIGURES, REASON_BITS, VALUE_BITS, Job

TEXTS = ("row_id", "uscc", "name", "region_code", "township", "industry_code")
_MASK = (1 << VALUE_BITS) - 1


def write(task: Job, *, firms: pl.DataFrame, doubles: pl.DataFrame, evidence: dict[str, pl.DataFrame]) -> None:
    """Verdicts, firms, duplicates, visit list, summary."""
    found = _facts(task, firms, doubles, evidence)
    verdicts = _verdicts(task, found).collect(
        engine="in-memory"
    )  # joins that keep the order take the streaming engine thrice the time
    texts = pl.scan_parquet(task.files["registry"]).select(TEXTS)
    both = pl.concat([texts, verdicts.lazy().drop("row_id")], how="horizontal")
    both.filter(~pl.col("is_copy")).drop("township", "region", "is_copy").sink_parquet(
        task.path("firms.parquet"), compression="snappy"
    )
    verdicts.filter("is_copy").select("row_id").write_parquet(task.path("duplicates.parquet"))
    listed = both.filter(pl.col("is_listed") & ~pl.col("is_copy")).select(*TEXTS, "region", "size", "sales_12m", "priority")
    order = listed.sort("region", "priority", "row_id", descending=[False, True, False])
    ranked = order.with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("region")).drop("region")
    ranked.sink_parquet(task.path("visit_list.parquet"), compression="snappy")
    counts = verdicts.lazy().filter(~pl.col("is_copy")).group_by("region", "verdict").agg(firms=pl.len())
    counts.sink_parquet(task.path("summary.parquet"))


def _facts(task: Job, firms: pl.DataFrame, doubles: pl.DataFrame, evidence: dict[str, pl.DataFrame]) -> pl.LazyFrame:
    sizes = pl.LazyFrame(task.size_rows).with_columns(pl.col("size_row").cast(pl.Int8))
    found = firms.lazy().drop("nk", "content", "updated").join(doubles.lazy(), on="row_id", how="left", maintain_order="left")
    for table in evidence.values():
        found = found.join(table.lazy(), on="k", how="left", maintain_order="left")
    found = found.join(sizes, on="size_row", how="left", maintain_order="left")
    filed = pl.when(pl.col("last_filing") >= task.year_since).then("sales_12m")
    return found.with_columns(
        is_copy=pl.col("is_copy").fill_null(value=False), is_older=pl.col("is_older").fill_null(value=False),
        employees=pl.coalesce("employees", pl.col("tax_employees") & _MASK, -1),
        revenue=pl.coalesce("revenue", filed, -1), assets=pl.coalesce("assets", pl.col("tax_assets") & _MASK, -1),
        sales_12m=pl.col("sales_12m").fill_null(0), sales_6m=pl.col("sales_6m").fill_null(0),
        grade=pl.col("grade").fill_null(0) & _MASK, abnormal=pl.col("abnormal").fill_null(0) & _MASK,
        last_invoice=pl.col("last_invoice").fill_null(-1), tag_bits=pl.col("tag_bits").fill_null(0).cast(pl.Int8),
        is_abnormal=pl.col("is_abnormal").fill_null(value=False), report_year=pl.col("report_year").fill_null(-1),
        of_firm=pl.col("of_firm").fill_null(value=False), of_owner=pl.col("of_owner").fill_null(value=False),
    )  # fmt: skip


def _flag(test: pl.Expr, value: int, kind: Any) -> pl.Expr:
    return pl.when(test).then(pl.lit(value, dtype=kind)).otherwise(pl.lit(0, dtype=kind))


def _verdicts(task: Job, facts: pl.LazyFrame) -> pl.LazyFrame:
    c = pl.col
    active = (
        (c("sales_6m") > 0)
        | (c("last_invoice") >= task.invoices_since)
        | ((c("report_year") >= task.report_due_year) & (c("abnormal") != 1))
    )
    loan = pl.when(c("k") != -1).then(c("of_firm") | ((c("kind") == 2) & c("of_owner")))
    tags = c("tag_bits") | _flag(c("is_abnormal"), job.ABNORMAL_TAG, pl.Int8) | _flag(c("abnormal") == 1, job.TAX_TAG, pl.Int8)
    judged = facts.with_columns(is_active=active, has_loan=loan, tags=tags, size=_size())
    reasons = sum(
        (_flag(test, REASON_BITS[name], pl.Int16) for name, test in _reasons().items()), start=pl.lit(0, dtype=pl.Int16)
    )
    bits = pl.when(c("is_older")).then(pl.lit(REASON_BITS["D02"], dtype=pl.Int16)).otherwise(reasons)
    scored = judged.with_columns(bits=bits, priority=_priority(task))
    blocking = [1 << x for x in range(len(REASON_BITS)) if job.BLOCKING >> x & 1]
    verdict = pl.lit(len(blocking), dtype=pl.Int8)
    for place, bit in reversed(list(enumerate(blocking))):
        verdict = pl.when(c("bits") & bit != 0).then(pl.lit(place, dtype=pl.Int8)).otherwise(verdict)
    return scored.select(
        "row_id", "region", "is_copy", "size", "is_active", "has_loan", "bits", "tags", "priority", "sales_12m",
        is_listed=c("bits") & job.BLOCKING == 0, verdict=verdict,
    )  # fmt: skip


def _size() -> pl.Expr:
    short = {x: reduce(or_, (pl.col(y) < pl.col(f"{x}_{y}") for y in FIGURES)) for x in ("small", "medium", "large")}
    below = {x: reduce(or_, ((pl.col(y) < pl.col(f"{x}_{y}")) & (pl.col(y) >= 0) for y in FIGURES)) for x in short}
    found = (
        pl.when(pl.col("covered") == 0).then(job.NOT_APPLICABLE).when(pl.col("covered") == 2).then(0)
        .when(~short["large"]).then(job.LARGE).when(~below["large"]).then(0)
        .when(~short["medium"]).then(job.MEDIUM).when(~below["medium"]).then(0)
        .when(~short["small"]).then(job.SMALL).when(below["small"]).then(job.MICRO).otherwise(0)
    )  # fmt: skip
    return found.cast(pl.Int8)


def _reasons() -> dict[str, pl.Expr]:
    c, sized = pl.col, pl.col("kind").is_in(job.SIZED)
    return {
        "R01": c("status") == 3, "R02": c("status") == 2, "R03": c("kind") == 5, "R10": ~c("is_active"),
        "R20": sized & c("size").is_in([job.MEDIUM, job.LARGE]), "R21": sized & (c("size") == job.NOT_APPLICABLE),
        "E01": c("excludes").fill_null(0) == 1, "L01": c("has_loan"), "U05": c("has_loan").is_null(), "U01": c("status") == 0,
        "U03": c("kind") == 0, "U20": sized & (c("size") == 0), "N01": ~c("has_loan"),
    }  # fmt: skip


def _priority(task: Job) -> pl.Expr:
    c = pl.col
    tests = {
        "sales_12m": lambda t: c("sales_12m") >= t, "age": lambda t: (c("established") >= 0) & (c("established") <= t),
        "sales_recent": lambda t: (c("sales_12m") > 0) & (100 * c("sales_6m") >= t * c("sales_12m")),
        "employees": lambda t: c("employees") >= t, "recent_invoice": lambda t: c("last_invoice") >= t,
    }  # fmt: skip
    total = pl.lit(0, dtype=pl.Int16)
    for factor in task.factors:
        if factor.input == "credit_grade":
            total = total + c("grade").replace_strict(dict(enumerate(factor.points)), return_dtype=pl.Int16)
            continue
        points = pl.lit(factor.points[0], dtype=pl.Int16)
        for bound, value in zip(factor.thresholds, factor.points[1:], strict=True):
            points = pl.when(tests[factor.input](bound)).then(pl.lit(value, dtype=pl.Int16)).otherwise(points)
        total = total + points
    for place, value in enumerate(task.tag_points):
        total = total + _flag(c("tags") & (1 << place) != 0, value, pl.Int16)
    return total
