"""Makes the job of the peers from our own policies, and looks up which words stand in the registers; this is not timed."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

import duckdb
import msgspec

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.screening import tables
from huoshui.rules import register_words
from huoshui.rules.screening import GRADES, KINDS, STATUSES
from huoshui.services.screening.basis import ScreeningBasis, read_screening_basis
from huoshui.terms import RegisterKind, Tag
from tests.bench.peers.job import MISSING, REGISTERS, Entry, Factor, Job

RULE: Final = "never_borrowed"
REGION: Final = "000000"
ON: Final = date(2025, 6, 30)
_REGISTER_OF: Final = {
    "status": "registry",
    "entity_type": "registry",
    "industry_code": "registry",
    "loan_kind": "loans",
    "borrower_role": "loans",
    "direction": "invoices",
    "invoice_state": "invoices",
    "tax_status": "tax",
    "credit_grade": "tax",
}


def prepare(data: Path, *, out: Path, memory: str) -> Job:
    """The job of one peer over the registers in a folder."""
    basis = read_screening_basis(RULE, region=REGION, on=ON)
    files = {kind: [str(x) for x in parts.locate(data, kind=RegisterKind(kind))] for kind in REGISTERS}
    meanings = _meanings(basis)
    words = {column: {x: meanings[column](x) for x in _distinct(files[kind], column)} for column, kind in _REGISTER_OF.items()}
    lists = {x: basis.list_meaning(x) for x in _distinct(files["exclusions"], "list_name")}
    if any(x.valid_months for x in lists.values()):
        raise ValueError("the peers know no list whose entries end by themselves")
    rule = basis.rule
    return Job(
        files=files, out=str(out), memory=memory, on=rule.on, sales_since=rule.sales_since, year_since=rule.year_since,
        invoices_since=rule.invoices_since, report_due_year=rule.report_due_year, words=words,
        lists={text: Entry(x.tag_bits, int(x.excludes)) for text, x in lists.items()},
        size_rows=tables.size_rows(rule),
        factors=[Factor(x.input, x.thresholds, x.points) for x in basis.priority.factors],
        tag_points=[basis.priority.tag_points.get(tag, 0) for tag in Tag],
    )  # fmt: skip


def write(job: Job, *, out: Path) -> Path:
    """The job for one run, in a file beside its result."""
    out.mkdir(parents=True)
    path = out / "job.json"
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(job, out=str(out))))
    return path


def _distinct(files: list[str], column: str) -> list[str]:
    found = duckdb.execute(f"SELECT DISTINCT {column} FROM read_parquet(?) WHERE {column} IS NOT NULL", [files]).fetchall()
    return sorted(x for (x,) in found)


def _meanings(basis: ScreeningBasis) -> dict[str, Callable[[str], int]]:
    counted = basis.rule.loans.counted_kinds
    found: dict[str, Callable[[str], int]] = {
        "status": lambda x: STATUSES.index(register_words.status_class(x)),
        "entity_type": lambda x: KINDS.index(register_words.target_kind(x)),
        "industry_code": basis.size_row_of,
        "loan_kind": lambda x: int(register_words.loan_kind(x) in counted),
        "borrower_role": lambda x: int(register_words.is_owner_role(x)),
        "direction": lambda x: int(register_words.is_sale(x) is True),
        "invoice_state": lambda x: int(register_words.is_void(x)),
        "tax_status": _tax_status,
        "credit_grade": lambda x: GRADES.index(x) if x in GRADES else 0,
    }
    if found.keys() != MISSING.keys():
        raise ValueError("every column of words needs a meaning for no word")
    return found


def _tax_status(text: str) -> int:
    found = register_words.is_tax_abnormal(text)
    return MISSING["tax_status"] if found is None else int(found)
