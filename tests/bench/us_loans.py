"""The US small-business loans for benchmarks: what was known at the approval, cleaned of dirty flags, with the outcome.

The sample at hand was drawn half and half by its maker; the population has 157,558 defaults and 739,609 paid loans. Left out:
the outcome itself, what is later than the approval (disbursement, balance, charge-off), what is overwritten for bad loans
(Term, unless asked for) and what only names (loan, firm, city, zip, bank).
"""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

POPULATION_BAD: Final = 157_558
POPULATION_GOOD: Final = 739_609
LAST_TRAINED: Final = 2004
LAST_TESTED: Final = 2007
NUMBERS: Final = ("approved", "guaranteed_share", "staff", "jobs_created", "jobs_kept")
CATEGORIES: Final = ("new_or_existing", "franchise", "urban_rural", "revolving", "low_doc", "trade", "state")
STRICT: Final = (*NUMBERS, *CATEGORIES)
MOST_STAFF: Final = 5000


def read_loans(path: Path, *, term: bool = False) -> pd.DataFrame:
    """Loans with a known outcome, one row a loan: strict fields, `loan`, `year` of approval, `bad`, and Term if asked for."""
    given = pd.read_parquet(path)
    status = given["MIS_Status"].astype("string").str.replace(" ", "").str.upper()
    loans = pd.DataFrame({
        "loan": given["LoanNr_ChkDgt"].astype("int64"),
        "year": pd.to_numeric(given["ApprovalFY"].astype("string").str.slice(0, 4), errors="coerce"),
        "bad": status == "CHGOFF",
        "approved": _money(given["GrAppv"]),
        "guaranteed_share": (_money(given["SBA_Appv"]) / _money(given["GrAppv"])).clip(0, 1),
        "staff": _count(given["NoEmp"]),
        "jobs_created": _count(given["CreateJob"]),
        "jobs_kept": _count(given["RetainedJob"]),
        "new_or_existing": pd.to_numeric(given["NewExist"], errors="coerce").map({1: "existing", 2: "new"}),
        "franchise": np.where(pd.to_numeric(given["FranchiseCode"], errors="coerce") > 1, "yes", "no"),
        "urban_rural": pd.to_numeric(given["UrbanRural"], errors="coerce").map({1: "urban", 2: "rural"}),
        "revolving": _flag(given["RevLineCr"]),
        "low_doc": _flag(given["LowDoc"]),
        "trade": pd.to_numeric(given["NAICS"], errors="coerce").fillna(0).astype("int64").astype("string").str.slice(0, 2),
        "state": given["State"].astype("string"),
    })  # fmt: skip
    loans["trade"] = loans["trade"].mask(loans["trade"] == "0")
    if term:
        loans["term"] = pd.to_numeric(given["Term"], errors="coerce")
    known = status.isin(["CHGOFF", "PIF"]).to_numpy(bool) & loans["year"].notna().to_numpy(bool)
    loans = loans[known].drop_duplicates("loan")
    loans["year"] = loans["year"].astype("int64")
    return loans.reset_index(drop=True)


def prior_of(loans: pd.DataFrame) -> float:
    """The share of defaults among the trained years of the population, from all loans of the sample."""
    weight = np.where(loans["bad"], POPULATION_BAD / loans["bad"].sum(), POPULATION_GOOD / (~loans["bad"]).sum())
    trained = (loans["year"] <= LAST_TRAINED).to_numpy()
    return float(np.average(loans["bad"][trained], weights=weight[trained]))


def _money(column: "pd.Series[str]") -> "pd.Series[float]":
    if pd.api.types.is_numeric_dtype(column):
        return column.astype("float64")
    return pd.to_numeric(column.astype("string").str.replace(r"[^0-9.\-]", "", regex=True), errors="coerce").astype("float64")


def _count(column: "pd.Series[int]") -> "pd.Series[float]":
    return pd.to_numeric(column, errors="coerce").clip(0, MOST_STAFF).astype("float64")


def _flag(column: "pd.Series[str]") -> "pd.Series[str]":
    word = column.astype("string").str.upper()
    return word.where(word.isin(["Y", "N"]), "other")
