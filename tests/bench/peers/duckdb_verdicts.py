"""The second half of the DuckDB peers: verdicts from integers, then the files with names and codes."""

from tests.bench.peers import job
from tests.bench.peers.job import FIGURES, REASON_BITS, VALUE_BITS, Job

_MASK = (1 << VALUE_BITS) - 1


def statements(task: Job) -> list[str]:
    """Verdicts, firms, duplicates, visit list, summary."""
    registry = f"read_parquet({task.files['registry']})"
    firms = f"""
        COPY (SELECT r.row_id, uscc, name, region_code, r.industry_code, v.* EXCLUDE (row_id, region, is_copy)
              FROM {registry} r JOIN verdicts v ON v.row_id = r.row_id WHERE NOT is_copy)
        TO '{task.path("firms.parquet")}' (FORMAT parquet, COMPRESSION snappy)"""
    visits = f"""
        COPY (SELECT rank, r.row_id, uscc, name, region_code, township, r.industry_code, size, sales_12m, priority
              FROM {registry} r JOIN ranked ON ranked.row_id = r.row_id ORDER BY region, rank)
        TO '{task.path("visit_list.parquet")}' (FORMAT parquet, COMPRESSION snappy)"""
    return [
        f"CREATE TABLE verdicts AS {_verdicts(task)}",
        firms,
        f"COPY (SELECT row_id FROM verdicts WHERE is_copy) TO '{task.path('duplicates.parquet')}' (FORMAT parquet)",
        """CREATE TABLE ranked AS SELECT row_id, region, size, sales_12m, priority,
               row_number() OVER (PARTITION BY region ORDER BY priority DESC, row_id) AS rank
           FROM verdicts WHERE is_listed AND NOT is_copy""",
        visits,
        f"""COPY (SELECT region, verdict, count(*) AS firms FROM verdicts WHERE NOT is_copy GROUP BY ALL)
            TO '{task.path("summary.parquet")}' (FORMAT parquet)""",
    ]


def _verdicts(task: Job) -> str:
    reasons = " + ".join(f"CASE WHEN {test} THEN {REASON_BITS[name]} ELSE 0 END" for name, test in _reasons().items())
    bits = f"CASE WHEN is_older THEN {REASON_BITS['D02']} ELSE {reasons} END"
    blocking = bits_of_two(job.BLOCKING)
    verdict = " ".join(f"WHEN bits & {bit} <> 0 THEN {place}" for place, bit in enumerate(blocking))
    return f"""
        SELECT row_id, region, is_copy, size, is_active, has_loan, bits, bits & {job.BLOCKING} = 0 AS is_listed,
            (CASE {verdict} ELSE {len(blocking)} END)::TINYINT AS verdict, tags, priority, sales_12m
        FROM (SELECT *, ({bits})::SMALLINT AS bits, ({_priority(task)})::SMALLINT AS priority
              FROM (SELECT *, {_size()} AS size FROM ({_facts(task)})))"""


def bits_of_two(bits: int) -> list[int]:
    """The single bits, lowest first."""
    return [1 << x for x in range(bits.bit_length()) if bits >> x & 1]


def _facts(task: Job) -> str:
    abnormal = f"coalesce(f.abnormal, 0) & {_MASK}"
    tags = f"""coalesce(tag_bits, 0) | CASE WHEN is_abnormal THEN {job.ABNORMAL_TAG} ELSE 0 END
               | CASE WHEN {abnormal} = 1 THEN {job.TAX_TAG} ELSE 0 END"""
    return f"""
        SELECT r.row_id, region, status, kind, established,
            coalesce(is_copy, false) AS is_copy, coalesce(is_older, false) AS is_older,
            coalesce(r.employees, f.employees & {_MASK}, -1) AS employees,
            coalesce(r.revenue, CASE WHEN last_filing >= {task.year_since} THEN sales_12m END, -1) AS revenue,
            coalesce(r.assets, f.assets & {_MASK}, -1) AS assets,
            coalesce(sales_12m, 0) AS sales_12m, coalesce(sales_6m, 0) AS sales_6m, coalesce(f.grade & {_MASK}, 0) AS grade,
            coalesce(last_invoice, -1) AS last_invoice, ({tags})::TINYINT AS tags, coalesce(excludes, 0) AS excludes,
            coalesce(sales_6m, 0) > 0 OR coalesce(last_invoice, -1) >= {task.invoices_since}
                OR (coalesce(report_year, -1) >= {task.report_due_year} AND {abnormal} <> 1) AS is_active,
            CASE WHEN r.k <> -1 THEN coalesce(of_firm, false) OR (kind = 2 AND coalesce(of_owner, false)) END AS has_loan,
            sizes.*
        FROM firms r LEFT JOIN doubles d ON d.row_id = r.row_id LEFT JOIN filings f ON f.k = r.k
            LEFT JOIN loans ON loans.k = r.k LEFT JOIN invoices ON invoices.k = r.k LEFT JOIN listed ON listed.k = r.k
            JOIN sizes ON sizes.size_row = r.size_row"""


def _size() -> str:
    short = {x: " OR ".join(f"{figure} < {x}_{figure}" for figure in FIGURES) for x in ("small", "medium", "large")}
    below = {x: " OR ".join(f"({figure} < {x}_{figure} AND {figure} >= 0)" for figure in FIGURES) for x in short}
    return f"""(CASE WHEN covered = 0 THEN {job.NOT_APPLICABLE} WHEN covered = 2 THEN 0
        WHEN NOT ({short["large"]}) THEN {job.LARGE}
        WHEN NOT ({below["large"]}) THEN 0
        WHEN NOT ({short["medium"]}) THEN {job.MEDIUM}
        WHEN NOT ({below["medium"]}) THEN 0
        WHEN NOT ({short["small"]}) THEN {job.SMALL}
        WHEN {below["small"]} THEN {job.MICRO} ELSE 0 END)::TINYINT"""


def _reasons() -> dict[str, str]:
    sized = f"kind IN {job.SIZED}"
    return {
        "R01": "status = 3", "R02": "status = 2", "R03": "kind = 5", "R10": "NOT is_active",
        "R20": f"{sized} AND size IN ({job.MEDIUM}, {job.LARGE})", "R21": f"{sized} AND size = {job.NOT_APPLICABLE}",
        "E01": "excludes = 1", "L01": "has_loan", "U05": "has_loan IS NULL", "U01": "status = 0", "U03": "kind = 0",
        "U20": f"{sized} AND size = 0", "N01": "NOT has_loan",
    }  # fmt: skip


def _priority(task: Job) -> str:
    tests = {
        "sales_12m": "sales_12m >= {}", "sales_recent": "sales_12m > 0 AND 100 * sales_6m >= {} * sales_12m",
        "employees": "employees >= {}", "age": "established BETWEEN 0 AND {}", "recent_invoice": "last_invoice >= {}",
    }  # fmt: skip
    found = []
    for factor in task.factors:
        if factor.input == "credit_grade":
            cases = " ".join(f"WHEN {grade} THEN {points}" for grade, points in enumerate(factor.points))
            found.append(f"CASE grade {cases} END")
            continue
        bands = reversed(list(zip(factor.thresholds, factor.points[1:], strict=True)))
        cases = " ".join(f"WHEN {tests[factor.input].format(bound)} THEN {points}" for bound, points in bands)
        found.append(f"CASE {cases} ELSE {factor.points[0]} END")
    found += [f"CASE WHEN tags & {1 << x} <> 0 THEN {points} ELSE 0 END" for x, points in enumerate(task.tag_points) if points]
    return " + ".join(found)
