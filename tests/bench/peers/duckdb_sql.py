"""The screening in DuckDB's SQL: `python -m tests.bench.peers.duckdb_sql JOB [--kernels]`.

Text is read once into integers, every join is on integers, names come late: as an engineer of DuckDB would write it.
"""

import argparse
from typing import Final

import duckdb

from tests.bench.peers import duckdb_verdicts, job
from tests.bench.peers.duckdb_codes import Reading, by_kernels, by_sql
from tests.bench.peers.job import MISSING, VALUE_BITS, Job

CONTENT: Final = (
    "nk",
    "region",
    "industry_code",
    "status",
    "kind",
    "established",
    "report_year",
    "is_abnormal",
    "employees",
    "revenue",
    "assets",
    "updated",
    "registered_capital_fen",
    "township",
)


def main() -> None:
    """Screen, and write the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("job")
    parser.add_argument("--kernels", action="store_true")
    arguments = parser.parse_args()
    task = job.read(arguments.job)
    connection = duckdb.connect(
        config={
            "threads": 2,
            "memory_limit": task.memory,
            "temp_directory": task.path("spill"),
            "preserve_insertion_order": False,
        }
    )
    reading = by_kernels(connection) if arguments.kernels else by_sql()
    for statement in (*words(task), *read(task, reading), *LINKED, *DOUBLES, *duckdb_verdicts.statements(task)):
        connection.execute(statement)
    connection.close()


def words(task: Job) -> list[str]:
    """A small table for each column of words."""
    found = []
    for column, classes in task.words.items():
        rows = ", ".join(f"('{text}', {place})" for text, place in classes.items())
        found.append(f"CREATE TABLE word_{column} AS SELECT text, class::TINYINT AS class FROM (VALUES {rows}) v(text, class)")
    lists = ", ".join(f"('{text}', {x.tag_bits}, {x.excludes})" for text, x in task.lists.items())
    names = ", ".join(task.size_rows[0])
    sizes = ", ".join(f"({', '.join(map(str, row.values()))})" for row in task.size_rows)
    found.append(f"CREATE TABLE word_lists AS FROM (VALUES {lists}) v(text, tag_bits, excludes)")
    found.append(f"CREATE TABLE sizes AS FROM (VALUES {sizes}) v({names})")
    return found


def rows(task: Job, register: str) -> str:
    """The rows of a register."""
    return f"(SELECT *, region_code::INTEGER AS region FROM read_parquet({task.files[register]}))"


def keyed(found: str, *, steps: tuple[str, ...]) -> str:
    """Rows with their packed key."""
    for step in steps:
        found = f"(SELECT *, {step} FROM {found})"
    return found


def meaning(column: str) -> str:
    """The class of a word that was joined as `column`."""
    return f"coalesce(word_{column}.class, {MISSING[column]})"


def joined(*columns: str) -> str:
    """Joins of the tables of words."""
    return " ".join(f"LEFT JOIN word_{x} ON word_{x}.text = {x}" for x in columns)


def day(column: str) -> str:
    """Days since 1970."""
    return f"({column} - DATE '1970-01-01')::INTEGER"


def dated(value: str, condition: str) -> str:
    """The latest value that meets a condition, packed with its day."""
    return f"max(CASE WHEN {condition} THEN {day('period_end')}::BIGINT * {1 << VALUE_BITS} + {value} END)"


def read(task: Job, reading: Reading) -> list[str]:
    """The registers as integers; a row without a usable code has its name key. Filings are summed before codes are read."""
    key = f"CASE WHEN packed >= 0 THEN packed >> 4 ELSE {reading.name} END"
    kind, entity = meaning("entity_type"), "CASE WHEN packed >= 0 THEN packed & 15 ELSE 0 END"
    registry = f"""
        CREATE TABLE firms AS
        SELECT row_id, CASE WHEN packed >= 0 THEN packed >> 4 ELSE nk END AS k, * EXCLUDE (row_id, packed) FROM (
            SELECT row_id, packed, {reading.name} AS nk, region, industry_code, {meaning("industry_code")} AS size_row,
                {meaning("status")} AS status,
                CASE WHEN {entity} = 0 OR {kind} = {job.FARM} THEN {kind} ELSE {entity} END AS kind,
                {day("established_on")} AS established, report_year, is_abnormal, employees, revenue_fen AS revenue,
                assets_fen AS assets, {day("updated_on")} AS updated, registered_capital_fen, township
            FROM {keyed(rows(task, "registry"), steps=reading.code)} {joined("industry_code", "status", "entity_type")})"""
    taxpayers = f"""
        (SELECT uscc, name, region,
            sum(CASE WHEN {day("period_end")} >= {task.year_since} THEN sales_fen ELSE 0 END)::BIGINT AS sales_12m,
            sum(CASE WHEN {day("period_end")} >= {task.sales_since} THEN sales_fen ELSE 0 END)::BIGINT AS sales_6m,
            {dated("employees", "true")} AS employees, {dated("assets_fen", "true")} AS assets,
            {dated("word_credit_grade.class", "word_credit_grade.class > 0")} AS grade,
            {dated("word_tax_status.class", "word_tax_status.class >= 0")} AS abnormal,
            max({day("period_end")}) AS last_filing
        FROM {rows(task, "tax")} {joined("credit_grade", "tax_status")} WHERE {day("period_end")} <= {task.on} GROUP BY ALL)"""
    filings = f"""
        CREATE TABLE filings AS SELECT {key} AS k, {EVIDENCE["filings"]}
        FROM {keyed(taxpayers, steps=reading.tax_code)} GROUP BY ALL"""
    loans = f"""
        CREATE TABLE loans AS SELECT {key} AS k, bool_or({meaning("borrower_role")} = 0) AS of_firm,
            bool_or({meaning("borrower_role")} = 1) AS of_owner
        FROM {keyed(rows(task, "loans"), steps=reading.code)} {joined("loan_kind", "borrower_role")}
        WHERE {meaning("loan_kind")} = 1 AND (granted_on IS NULL OR {day("granted_on")} <= {task.on}) GROUP BY ALL"""
    return [registry, filings, loans, *_read_small(task, reading, key)]


def _read_small(task: Job, reading: Reading, key: str) -> list[str]:
    invoices = f"""
        CREATE TABLE invoices AS SELECT {key} AS k, max({day("invoiced_on")}) AS last_invoice
        FROM {keyed(rows(task, "invoices"), steps=reading.tax_code)} {joined("direction", "invoice_state")}
        WHERE {meaning("direction")} = 1 AND {meaning("invoice_state")} = 0 AND {day("invoiced_on")} <= {task.on}
            AND coalesce(amount_fen, 1) > 0
        GROUP BY ALL"""
    listed = f"""
        CREATE TABLE listed AS
        SELECT {key} AS k, bit_or(word_lists.tag_bits)::INTEGER AS tag_bits, max(word_lists.excludes) AS excludes
        FROM {keyed(rows(task, "exclusions"), steps=reading.code)} JOIN word_lists ON word_lists.text = list_name
        WHERE coalesce({day("listed_on")}, 0) <= {task.on} AND (expires_on IS NULL OR {day("expires_on")} > {task.on})
        GROUP BY ALL"""
    return [invoices, listed]


EVIDENCE: Final = {
    "filings": (
        "sum(sales_12m)::BIGINT AS sales_12m, sum(sales_6m)::BIGINT AS sales_6m, max(employees) AS employees,"
        " max(assets) AS assets, max(grade) AS grade, max(abnormal) AS abnormal, max(last_filing) AS last_filing"
    ),
    "loans": "bool_or(of_firm) AS of_firm, bool_or(of_owner) AS of_owner",
    "invoices": "max(last_invoice) AS last_invoice",
    "listed": "bit_or(tag_bits) AS tag_bits, max(excludes) AS excludes",
}  # fmt: skip


def _moved(table: str, sums: str) -> list[str]:
    """Rows that a name links to a firm's code go to that code; only the firms that get some are summed again."""
    return [
        f"""CREATE TABLE moved AS SELECT low AS k, {table}.* EXCLUDE k
            FROM {table} JOIN named ON {table}.k = named.nk WHERE low = high""",
        f"DELETE FROM {table} USING named WHERE {table}.k = named.nk",
        f"INSERT INTO moved SELECT * FROM {table} WHERE k IN (SELECT k FROM moved)",
        f"DELETE FROM {table} WHERE k IN (SELECT k FROM moved)",
        f"INSERT INTO {table} SELECT k, {sums} FROM moved GROUP BY k",
        "DROP TABLE moved",
    ]


LINKED: Final = (
    "CREATE TABLE wanted AS " + " UNION ".join(f"SELECT k FROM {x} WHERE k < 0" for x in ("firms", *EVIDENCE)),
    """CREATE TABLE named AS SELECT nk, min(k) AS low, max(k) AS high, min(established) AS established
       FROM firms WHERE k >= 0 AND nk IN (FROM wanted) GROUP BY nk""",
    """UPDATE firms SET k = low FROM named WHERE firms.k = named.nk AND low = high
       AND coalesce(firms.established = named.established, true)""",
    *(statement for table, sums in EVIDENCE.items() for statement in _moved(table, sums)),
)
DOUBLES: Final = (
    f"""CREATE TABLE doubles AS
        WITH same AS (SELECT * FROM firms WHERE k IN (SELECT k FROM firms GROUP BY k HAVING count(*) > 1)),
             copies AS (
                 SELECT *, row_number() OVER (PARTITION BY k, {", ".join(CONTENT)} ORDER BY row_id) > 1 AS is_copy FROM same)
        SELECT row_id, is_copy, row_number() OVER (PARTITION BY k, is_copy ORDER BY updated DESC, row_id DESC) > 1 AS is_older
        FROM copies""",
)

if __name__ == "__main__":
    main()
