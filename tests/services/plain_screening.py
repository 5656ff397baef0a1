"""A screening written for these tests alone: plain Python over rows, by the text of the rule, linking by code only.

It shares nothing with the generator and nothing with the engines, so that truth and engines can both be held against it.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from huoshui.rules.calendar import months_before
from huoshui.rules.size_class import classify
from huoshui.rules.uscc import check_uscc, clean_code
from huoshui.services.size_class import read_basis
from huoshui.terms import CodeVerdict

Row = dict[str, Any]
BUSINESS: Final = ("经营", "流动资金", "固定资产", "贴现", "委托", "外币", "小额贷款公司")
OWNERS: Final = ("法定代表人", "经营者")
TAGS: Final = {"经营异常名录": "T01", "税务非正常户": "T02", "失信被执行人": "T03"}
ORDER: Final = ("D02", "R01", "R02", "R03", "R10", "R20", "R21", "E01", "L01", "U05", "U01", "U03", "U20", "N01")
NOT_CONTENT: Final = ("row_id", "source_line", "source_file")


@dataclass
class Answer:
    """What is expected of one row."""

    reasons: list[str]
    is_listed: bool
    duplicate_of: int | None = None
    tags: list[str] = field(default_factory=list)
    size_class: str = ""
    is_active: bool = False
    has_loan: bool = False


def read_rows(folder: Path, table: str) -> list[Row]:
    """All rows of a table, in the order of its files."""
    path = folder / f"{table}.parquet"
    files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    return [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]


def key_of(code: str | None, *, is_tax: bool = False) -> str | None:
    """The organisation code of a usable code."""
    text = clean_code(code or "")
    verdict = check_uscc(text)
    if verdict.verdict is CodeVerdict.VALID and verdict.organisation_check:
        return text[8:17]
    is_id = is_tax and len(text) == 15 and text[:6].isdigit()
    return text[6:] if is_id and passes_inner_check(text[6:]) else None


def passes_inner_check(organisation: str) -> bool:
    """Whether the last of nine characters is the check of the first eight."""
    total = sum(int(x, 36) * weight for x, weight in zip(organisation, (3, 7, 9, 10, 5, 8, 4, 2), strict=False))
    return organisation[8] == "0X987654321"[total % 11]


def by_key(rows: Iterable[Row], *, is_tax: bool = False) -> dict[str, list[Row]]:
    """Rows with a usable key, by it."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if key := key_of(row["uscc"], is_tax=is_tax):
            found[key].append(row)
    return found


class PlainScreening:
    """Screens the registers of a folder for firms that never borrowed."""

    def __init__(self, folder: Path, *, on: date) -> None:
        self.on = on
        self.registry = read_rows(folder, "registry")
        self.tax = by_key(read_rows(folder, "tax"), is_tax=True)
        self.loans = by_key(read_rows(folder, "loans"))
        self.invoices = by_key(read_rows(folder, "invoices"))
        self.lists = by_key(read_rows(folder, "exclusions"))
        self.sizes = next(iter(read_basis(on=on).tables.values()))

    def answers(self) -> dict[int, Answer]:
        """The verdict on each row."""
        found: dict[int, Answer] = {}
        seen: dict[tuple[Any, ...], int] = {}
        records: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(self.registry, key=lambda x: x["row_id"]):
            content = tuple(value for name, value in row.items() if name not in NOT_CONTENT)
            if content in seen:
                found[row["row_id"]] = Answer(["D01"], False, seen[content])
                continue
            seen[content] = row["row_id"]
            records[key_of(row["uscc"]) or f"row {row['row_id']}"].append(row)
        for key, rows in records.items():
            current = max(rows, key=lambda x: (x["updated_on"], x["row_id"]))
            for row in rows:
                answer = self.answer(row, key) if row is current else Answer(["D02"], False, current["row_id"])
                found[row["row_id"]] = answer
        return found

    def answer(self, row: Row, key: str) -> Answer:
        """The verdict on a firm by its current record."""
        prefix = (clean_code(row["uscc"] or "") or "91")[:2]
        filings, on = self.tax.get(key, []), self.on
        non_normal = any(x["tax_status"] == "非正常" for x in filings)
        is_active = self.is_active(row, key, non_normal=non_normal)
        size = self.size(row, filings)
        has_loan = any(self.counts(x, is_sole_trader=prefix == "92") for x in self.loans.get(key, []))
        now = [x for x in self.lists.get(key, []) if x["listed_on"] <= on and (x["expires_on"] is None or x["expires_on"] > on)]
        tags = {TAGS[x["list_name"]] for x in now}
        tags |= ({"T01"} if row["is_abnormal"] else set()) | ({"T02"} if non_normal else set())
        status, is_enterprise = row["status"] or "", prefix == "91"
        holds = {
            "R01": any(x in status for x in ("注销", "吊销", "迁出")), "R02": "歇业" in status, "U01": not status,
            "R03": prefix[0] in "15", "R10": not is_active, "R20": is_enterprise and size in ("medium", "large"),
            "R21": is_enterprise and size == "not_applicable", "U20": is_enterprise and size == "unknown",
            "L01": has_loan, "N01": not has_loan,
        }  # fmt: skip
        reasons = [x for x in ORDER if holds.get(x)]
        is_listed = "N01" in reasons and not any(x[0] in "RDE" for x in reasons)
        return Answer(reasons, is_listed, None, sorted(tags), size, is_active, has_loan)

    def is_active(self, row: Row, key: str, *, non_normal: bool) -> bool:
        """Whether one of the signs of activity holds."""
        half_year, quarter = months_before(self.on, months=6), months_before(self.on, months=3)
        sold = any(half_year < x["period_end"] <= self.on and x["sales_fen"] > 0 for x in self.tax.get(key, []))
        invoiced = any(
            x["direction"] == "sale" and x["invoice_state"] == "有效" and quarter < x["invoiced_on"] <= self.on
            for x in self.invoices.get(key, [])
        )
        due = self.on.year - (1 if (self.on.month, self.on.day) > (6, 30) else 2)
        return sold or invoiced or ((row["report_year"] or 0) >= due and not non_normal)

    def size(self, row: Row, filings: list[Row]) -> str:
        """The size class by own annual figures, else by filings."""
        last = max(filings, key=lambda x: x["period_end"], default=None)
        year = [x["sales_fen"] for x in filings if months_before(self.on, months=12) < x["period_end"] <= self.on]
        filed: dict[str, int | None] = {"employees": None, "revenue_fen": sum(year) if year else None, "assets_fen": None}
        if last is not None:
            filed |= {"employees": last["employees"], "assets_fen": last["assets_fen"]}
        figures: dict[str, int | None] = {x: value if row[x] is None else row[x] for x, value in filed.items()}
        return classify(row["industry_code"], table=self.sizes, **figures).size_class.value

    def counts(self, loan: Row, *, is_sole_trader: bool) -> bool:
        """Whether a credit record is a loan of the firm up to the day."""
        is_owner = loan["borrower_role"] in OWNERS
        is_earlier = loan["granted_on"] is None or loan["granted_on"] <= self.on
        return is_earlier and (not is_owner or is_sole_trader) and any(x in loan["loan_kind"] for x in BUSINESS)
