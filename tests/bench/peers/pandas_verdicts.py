"""The second half of the pandas peer: verdicts from integer columns, then the files with names and codes."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tests.bench.peers import job
from tests.bench.peers.job import FIGURES, REASON_BITS, VALUE_BITS, Job

Column = npt.NDArray[Any]
TEXTS = ("row_id", "uscc", "name", "region_code", "township", "industry_code")
_WORDS = ("region_code", "township", "industry_code")
_MASK = (1 << VALUE_BITS) - 1


def write(task: Job, *, firms: pd.DataFrame, doubles: pd.DataFrame, evidence: dict[str, pd.DataFrame]) -> None:
    """Verdicts, firms, duplicates, visit list, summary."""
    found = _verdicts(task, _facts(task, firms, doubles, evidence))
    found["region"] = firms["region"].to_numpy()
    is_copy = found.pop("is_copy")
    order = np.lexsort((firms["row_id"].to_numpy(), -found["priority"].astype(np.int32), found["region"]))
    order = order[(found["is_listed"] & ~is_copy)[order]]
    duplicates = pa.table({"row_id": firms["row_id"].to_numpy()[is_copy]})
    pq.write_table(duplicates, task.path("duplicates.parquet"))
    frame = pd.DataFrame({x: found[x][~is_copy] for x in ("region", "verdict")})
    counts = frame.groupby(["region", "verdict"]).size().rename("firms").reset_index()
    pq.write_table(pa.Table.from_pandas(counts), task.path("summary.parquet"))
    kept = [pq.read_table(x, columns=[*TEXTS], read_dictionary=[*_WORDS]) for x in task.files["registry"]]
    texts = pa.concat_tables(kept).unify_dictionaries()
    everyone = texts.drop_columns(["township"])
    for name in ("size", "is_active", "has_loan", "is_listed", "bits", "verdict", "tags", "priority", "sales_12m"):
        missing = firms["k"].to_numpy() == -1 if name == "has_loan" else None
        everyone = everyone.append_column(name, pa.array(found[name], mask=missing))
    _save(everyone.filter(pa.array(~is_copy)), task.path("firms.parquet"))
    visits = texts.take(pa.array(order))
    region = pd.Series(found["region"][order])
    visits = visits.append_column("rank", pa.array(region.groupby(region, sort=False).cumcount().to_numpy(np.int32) + 1))
    for name in ("size", "sales_12m", "priority"):
        visits = visits.append_column(name, pa.array(found[name][order]))
    _save(visits, task.path("visit_list.parquet"))


def _save(table: pa.Table, path: str) -> None:
    words = [x for x in table.column_names if x not in ("row_id", "uscc", "name", "sales_12m")]
    pq.write_table(table, path, compression="snappy", use_dictionary=words)


def _facts(task: Job, firms: pd.DataFrame, doubles: pd.DataFrame, evidence: dict[str, pd.DataFrame]) -> dict[str, Column]:
    f: dict[str, Column] = {name: firms[name].to_numpy() for name in firms.columns}
    for name in ("is_copy", "is_older"):
        f[name] = np.zeros(len(firms), bool)
        f[name][doubles.index] = doubles[name]
    for table in evidence.values():
        place = table.index.get_indexer(firms["k"])
        for name in table.columns:
            values = table[name].to_numpy()
            absent = -1 if values.dtype.kind == "i" and name in ("last_filing", "last_invoice") else 0
            f[name] = (
                np.where(place >= 0, values[place], np.array(absent, values.dtype))
                if len(values)
                else np.zeros(len(firms), np.int64)
            )
        f[f"{table.columns[0]}_found"] = place >= 0
    filed = f["sales_12m_found"]
    own = {"employees": f["tax_employees"] & _MASK, "assets": f["tax_assets"] & _MASK, "revenue": f["sales_12m"]}
    known = {
        "employees": filed & (f["tax_employees"] >= 0), "assets": filed & (f["tax_assets"] >= 0),
        "revenue": filed & (f["last_filing"] >= task.year_since),
    }  # fmt: skip
    for name, theirs in own.items():
        f[name] = np.where(f[name] >= 0, f[name], np.where(known[name], theirs, -1))
    for name in ("grade", "abnormal"):
        f[name] = np.where(f[name] >= 0, f[name] & _MASK, 0)
    f["tags"] = sum((f[f"T{x}"].astype(np.int8) << x for x in range(len(task.tag_points))), start=np.zeros(len(firms), np.int8))
    f["tags"] |= f["is_abnormal"] * np.int8(job.ABNORMAL_TAG) | (f["abnormal"] == 1) * np.int8(job.TAX_TAG)
    return f


def _verdicts(task: Job, f: dict[str, Column]) -> dict[str, Any]:
    f["is_active"] = (
        (f["sales_6m"] > 0) | (f["last_invoice"] >= task.invoices_since)
        | ((f["report_year"] >= task.report_due_year) & (f["abnormal"] != 1))
    )  # fmt: skip
    f["borrowed"] = f["of_firm"].astype(bool) | ((f["kind"] == 2) & f["of_owner"].astype(bool))
    f["size"] = _size(task, f)
    bits = np.zeros(len(f["k"]), np.int16)
    for name, holds in _reasons(f).items():
        bits |= holds * np.int16(REASON_BITS[name])
    bits[f["is_older"]] = REASON_BITS["D02"]
    blocking = [1 << x for x in range(len(REASON_BITS)) if job.BLOCKING >> x & 1]
    verdict = np.full(len(bits), len(blocking), np.int8)
    for place, bit in reversed(list(enumerate(blocking))):
        verdict[(bits & bit) != 0] = place
    return {
        "is_copy": f["is_copy"], "size": f["size"], "is_active": f["is_active"], "bits": bits, "verdict": verdict,
        "tags": f["tags"], "has_loan": f["borrowed"], "is_listed": (bits & job.BLOCKING) == 0,
        "priority": _priority(task, f), "sales_12m": f["sales_12m"],
    }  # fmt: skip


def _size(task: Job, f: dict[str, Column]) -> Column:
    rows = {x["size_row"]: x for x in task.size_rows}
    least = min(rows)
    table = {name: np.array([rows[x][name] for x in range(least, max(rows) + 1)]) for name in task.size_rows[0]}
    row = f["size_row"] - least
    short, below = {}, {}
    for level in ("small", "medium", "large"):
        bounds = {x: table[f"{level}_{x}"][row] for x in FIGURES}
        short[level] = np.logical_or.reduce([f[x] < bounds[x] for x in FIGURES])
        below[level] = np.logical_or.reduce([(f[x] < bounds[x]) & (f[x] >= 0) for x in FIGURES])
    covered = table["covered"][row]
    cases = (
        (covered == 0, job.NOT_APPLICABLE), (covered == 2, 0), (~short["large"], job.LARGE), (~below["large"], 0),
        (~short["medium"], job.MEDIUM), (~below["medium"], 0), (~short["small"], job.SMALL), (below["small"], job.MICRO),
    )  # fmt: skip
    return np.select([x for x, _ in cases], [np.int8(x) for _, x in cases], np.int8(0))


def _reasons(f: dict[str, Column]) -> dict[str, Column]:
    sized, lookable = np.isin(f["kind"], job.SIZED), f["k"] != -1
    return {
        "R01": f["status"] == 3, "R02": f["status"] == 2, "R03": f["kind"] == 5, "R10": ~f["is_active"],
        "R20": sized & np.isin(f["size"], (job.MEDIUM, job.LARGE)), "R21": sized & (f["size"] == job.NOT_APPLICABLE),
        "E01": f["excludes"] == 1, "L01": f["borrowed"] & lookable, "U05": ~lookable, "U01": f["status"] == 0,
        "U03": f["kind"] == 0, "U20": sized & (f["size"] == 0), "N01": ~f["borrowed"] & lookable,
    }  # fmt: skip


def _priority(task: Job, f: dict[str, Column]) -> Column:
    tests = {
        "sales_12m": lambda t: f["sales_12m"] >= t, "age": lambda t: (f["established"] >= 0) & (f["established"] <= t),
        "sales_recent": lambda t: (f["sales_12m"] > 0) & (100 * f["sales_6m"] >= t * f["sales_12m"]),
        "employees": lambda t: f["employees"] >= t, "recent_invoice": lambda t: f["last_invoice"] >= t,
    }  # fmt: skip
    total = np.zeros(len(f["k"]), np.int16)
    for factor in task.factors:
        points = np.array(factor.points, np.int16)
        if factor.input == "credit_grade":
            total += points[f["grade"]]
            continue
        band = sum(
            (tests[factor.input](bound).astype(np.int8) for bound in factor.thresholds), start=np.zeros(len(total), np.int8)
        )
        total += points[band]
    for place, value in enumerate(task.tag_points):
        total += (f["tags"] >> place & 1) * np.int16(value)
    return total
