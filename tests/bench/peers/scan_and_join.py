"""What the files and the machine allow: decoding the columns that a screening uses, and one hash join of 64-bit keys.

`python -m tests.bench.peers.scan_and_join JOB` prints CPU seconds of both, without the start of the process.
"""

import json
import sys
import time
from typing import Final

import duckdb

from tests.bench.peers import job

USED: Final = {
    "registry": (
        "row_id", "uscc", "name", "region_code", "township", "industry_code", "entity_type", "status", "established_on",
        "registered_capital_fen", "employees", "revenue_fen", "assets_fen", "report_year", "is_abnormal", "updated_on",
    ),
    "tax": (
        "row_id", "uscc", "name", "region_code", "period_end", "sales_fen", "employees", "assets_fen", "tax_status",
        "credit_grade",
    ),
    "loans": ("row_id", "uscc", "name", "region_code", "loan_kind", "borrower_role", "granted_on"),
    "invoices": ("row_id", "uscc", "name", "region_code", "invoiced_on", "direction", "invoice_state", "amount_fen"),
    "exclusions": ("row_id", "uscc", "name", "region_code", "list_name", "listed_on", "expires_on"),
}  # fmt: skip
TOUCH: Final = {"VARCHAR": "max(strlen({}))", "DATE": "sum({} - DATE '1970-01-01')", "BOOLEAN": "count(*) FILTER ({})"}


def main() -> None:
    """Measure, and print."""
    task = job.read(sys.argv[1])
    connection = duckdb.connect(config={"threads": 2, "preserve_insertion_order": False})
    started = time.process_time()
    for register, columns in USED.items():
        source = f"read_parquet({task.files[register]})"
        kinds = {name: kind for name, kind, *_ in connection.execute(f"DESCRIBE FROM {source}").fetchall()}
        touched = ", ".join(
            TOUCH.get(kinds[x], "sum({})").format(x) for x in columns
        )  # max() alone is read from the file's statistics
        connection.execute(f"SELECT {touched} FROM {source}").fetchall()
    decoded = time.process_time()
    for register in ("registry", "tax"):
        source = (
            f"(SELECT DISTINCT (hash(uscc) >> 1)::BIGINT AS k FROM read_parquet({task.files[register]}) WHERE uscc IS NOT NULL)"
        )
        connection.execute(f"CREATE TABLE {register} AS SELECT k, row_number() OVER () AS place FROM {source}")
    before = time.process_time()
    connection.execute("SELECT count(*), sum(r.place), sum(t.place) FROM registry r LEFT JOIN tax t ON t.k = r.k").fetchall()
    joined = time.process_time()
    print(json.dumps({"decode": decoded - started, "join": joined - before}))


if __name__ == "__main__":
    main()
