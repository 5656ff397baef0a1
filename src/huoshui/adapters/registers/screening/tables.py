"""The tables that the screening's expression names (标准表结构): integers only, one bucket or a whole register.

firms          one row a registry row
double_keys    the keys that more than one registry row has, rows outside the region too
elsewhere      the newest record outside the region of a firm that has one inside
filings        partial sums of taxpayers that have a single one
filings_again  those of taxpayers that have several
loans          one row a credit record
invoices       the last invoice of a seller, perhaps in several rows
exclusions     one row an entry on a list
size_rows      one row a row of the size table, and one each for "not covered" and "unknown"
"""

from typing import Any, Final

from huoshui.rules.screening import ROW_NOT_COVERED, ROW_UNKNOWN, ScreeningRule
from huoshui.terms import LoanKind

NOT_COVERED, COVERED, NO_ROW = 0, 1, 2
FIRMS: Final = {
    "pos": "int32",
    "row": "int64",
    "key": "int64",
    "name_hash": "int64",
    "region": "int32",
    "size_row": "int8",
    "division": "int16",
    "status": "int8",
    "kind": "int8",
    "established": "int32",
    "report_year": "int16",
    "is_abnormal": "int8",
    "employees": "int32",
    "revenue": "int64",
    "assets": "int64",
    "updated": "int32",
    "other_content": "int64",
    "row_id": "int64",
    "link": "int8",
}
FILINGS: Final = {
    "key": "int64",
    "sales_12m": "int64",
    "sales_6m": "int64",
    "employees_dated": "int64",
    "assets_dated": "int64",
    "grade_dated": "int64",
    "abnormal_dated": "int64",
    "last_day": "int32",
    "filings": "int32",
    "link": "int8",
}
LOANS: Final = {
    "key": "int64",
    "loan_kind": "int8",
    "of_owner": "int8",
    "granted": "int32",
    "settled": "int32",
    "balance": "int64",
    "link": "int8",
}
INVOICES: Final = {"key": "int64", "last_invoice": "int32", "link": "int8"}
EXCLUSIONS: Final = {
    "key": "int64",
    "tag_bits": "int32",
    "excludes": "int8",
    "listed": "int32",
    "expires": "int32",
    "link": "int8",
}
LEVELS: Final = ("small", "medium", "large")
FIGURES: Final = ("employees", "revenue", "assets")
SIZE_ROWS: Final = {"size_row": "int8", "covered": "int8", **{f"{level}_{x}": "int64" for level in LEVELS for x in FIGURES}}
TABLES: Final = {
    "firms": FIRMS,
    "double_keys": {"key": "int64"},
    "elsewhere": {"key": "int64", "updated": "int32", "row_id": "int64", "row": "int64"},
    "filings": FILINGS,
    "filings_again": FILINGS,
    "loans": LOANS,
    "invoices": INVOICES,
    "exclusions": EXCLUSIONS,
    "size_rows": SIZE_ROWS,
}
LOAN_KINDS: Final = tuple(LoanKind)


def size_rows(rule: ScreeningRule) -> list[dict[str, int]]:
    """The size table as integers (划型标准表); an unused bound is -1."""
    found = [
        {"size_row": code, "covered": state, **_bounds(None)}
        for code, state in ((ROW_NOT_COVERED, NOT_COVERED), (ROW_UNKNOWN, NO_ROW))
    ]
    for place, row in enumerate(rule.sizes.rows):
        found.append({"size_row": place, "covered": COVERED, **_bounds(row)})
    return found


def _bounds(row: Any) -> dict[str, int]:
    found = {}
    for level in ("small", "medium", "large"):
        bounds = getattr(row, level, None)
        for figure, name in (("employees", "employees"), ("revenue", "revenue_fen"), ("assets", "assets_fen")):
            bound = getattr(bounds, name, None)
            found[f"{level}_{figure}"] = -1 if bound is None else bound
    return found
