"""Registers of a few rows written by hand (手写登记数据), with codes whose checks are right, and a screening of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from huoshui.rules.uscc import check_uscc
from huoshui.services.screening.request import ScreeningRequest
from huoshui.services.screening.run import screen_registers
from huoshui.terms import RegisterKind

ON: Final = date(2025, 6, 30)
XIAMEN: Final = "350203"
Row = dict[str, Any]
Tables = Mapping[str, Sequence[Row] | pa.Table]

_WHO: Final[dict[str, pa.DataType]] = {
    "row_id": pa.int64(), "uscc": pa.string(), "register_no": pa.string(), "register_scheme": pa.string(), "name": pa.string(),
    "region_code": pa.string(),
}  # fmt: skip
COLUMNS: Final[dict[str, dict[str, pa.DataType]]] = {
    "registry": {
        **_WHO, "township": pa.string(), "industry_code": pa.string(), "entity_type": pa.string(), "status": pa.string(),
        "established_on": pa.date32(), "registered_capital_fen": pa.int64(), "employees": pa.int32(), "revenue_fen": pa.int64(),
        "assets_fen": pa.int64(), "report_year": pa.int16(), "is_abnormal": pa.bool_(), "updated_on": pa.date32(),
    },
    "tax": {
        **_WHO, "period_end": pa.date32(), "sales_fen": pa.int64(), "employees": pa.int32(), "assets_fen": pa.int64(),
        "tax_status": pa.string(), "credit_grade": pa.string(),
    },
    "loans": {
        **_WHO, "loan_kind": pa.string(), "borrower_role": pa.string(), "granted_on": pa.date32(), "settled_on": pa.date32(),
        "amount_fen": pa.int64(), "balance_fen": pa.int64(),
    },
    "invoices": {
        **_WHO, "invoiced_on": pa.date32(), "direction": pa.string(), "invoice_state": pa.string(), "amount_fen": pa.int64(),
    },
    "exclusions": {**_WHO, "list_name": pa.string(), "listed_on": pa.date32(), "expires_on": pa.date32()},
}  # fmt: skip


def uscc_of(number: int, *, prefix: str = "91", region: str = XIAMEN) -> str:
    """A credit code with both checks right; the number is its organisation code."""
    body = f"{number:08d}"
    inner = "0X987654321"[sum(int(x) * w for x, w in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True)) % 11]
    code = prefix + region + body + inner
    return code + (check_uscc(code + "0").expected_check or "")


def wrong_uscc(number: int) -> str:
    """A code of the right form whose check is wrong, as the early pilot gave them."""
    code = uscc_of(number)
    return code[:-1] + ("0" if code[-1] != "0" else "1")


def firm(number: int, **given: Any) -> Row:
    """An active small enterprise without a loan."""
    row = {
        "row_id": number, "uscc": uscc_of(number), "name": f"厦门{'甲乙丙丁戊己庚辛壬癸'[number % 10]}{number:05d}贸易有限公司",
        "region_code": XIAMEN, "industry_code": "6510", "entity_type": "有限责任公司", "status": "存续",
        "established_on": date(2020, 1, 1), "employees": 5, "revenue_fen": 1_000_000_00, "assets_fen": 500_000_00,
        "report_year": 2024, "updated_on": date(2025, 1, 1),
    }  # fmt: skip
    return {**row, **given}


def loan(number: int, **given: Any) -> Row:
    """A working-capital loan of a firm, granted in 2024 and not yet repaid."""
    row = {
        "row_id": number, "uscc": uscc_of(number), "region_code": XIAMEN, "loan_kind": "流动资金",
        "granted_on": date(2024, 3, 1), "amount_fen": 100_000_00, "balance_fen": 50_000_00,
    }  # fmt: skip
    return {**row, **given}


def without_code(row: Row, **given: Any) -> Row:
    """The row with no code."""
    return {**row, "uscc": None, **given}


def table_of(kind: str, rows: Sequence[Row]) -> pa.Table:
    """Rows as a standard table; what a row does not say is NULL."""
    return pa.Table.from_pylist([{name: row.get(name) for name in COLUMNS[kind]} for row in rows], pa.schema(COLUMNS[kind]))


def write_registers(folder: Path, tables: Tables) -> dict[RegisterKind, Path]:
    """Write `<kind>.parquet` for each table."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, rows in tables.items():
        pq.write_table(rows if isinstance(rows, pa.Table) else table_of(kind, rows), folder / f"{kind}.parquet")
    return {RegisterKind(kind): folder / f"{kind}.parquet" for kind in tables}


@dataclass(frozen=True, slots=True)
class Found:
    """A finished screening, read back from its files."""

    out: Path
    summary: dict[str, Any]
    firms: dict[int, Row]
    links: dict[tuple[str, int], Row]
    duplicates: dict[int, Row]


def screen(folder: Path, tables: Tables, **given: Any) -> Found:
    """Write registers, screen them, and read the result back; `given` are fields of the request."""
    return screen_files(folder, write_registers(folder / "registers", tables), **given)


def screen_files(folder: Path, registers: Mapping[RegisterKind, Path], **given: Any) -> Found:
    """Screen register files, and read the result back."""
    asked = {"rule": "never_borrowed", "region": "350000", "on": ON, "out": folder / "out", "workbooks": "none", **given}
    summary = screen_registers(ScreeningRequest(registers=dict(registers), **asked), progress=lambda _: None)
    return read_result(asked["out"], summary)


def read_result(out: Path, summary: dict[str, Any]) -> Found:
    """Read a result back."""
    return Found(
        out=out,
        summary=summary,
        firms={x["row_id"]: x for x in read_table(out / "firms.parquet")},
        links={(x["register"], x["row_id"]): x for x in read_table(out / "links.parquet")},
        duplicates={x["row_id"]: x for x in read_table(out / "duplicates.parquet")},
    )


def read_table(path: Path) -> list[Row]:
    """All rows of a Parquet file."""
    rows: list[Row] = pq.ParquetFile(path).read().to_pylist()
    return rows
