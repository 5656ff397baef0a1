"""The job that every peer is given: files, and the rule and the words of the registers as ready-made integers.

Our own screening reads all of this from policy files and from the texts themselves; the peers get it for nothing.
"""

from pathlib import Path
from typing import Final

import msgspec

REGISTERS: Final = ("registry", "tax", "loans", "invoices", "exclusions")
ENTITIES: Final = {"91": 1, "92": 2, "93": 3, "11": 5, "12": 5, "51": 5, "52": 5, "53": 5}
FARM: Final = 4
REASON_BITS: Final = {
    name: 1 << place
    for place, name in enumerate(
        ("D02", "R01", "R02", "R03", "R10", "R20", "R21", "E01", "L01", "U05", "U01", "U03", "U20", "N01")
    )
}
BLOCKING: Final = sum(bit for name, bit in REASON_BITS.items() if name[0] in "DREL" or name == "U05")
SIZED: Final = (0, 1)
MICRO, SMALL, MEDIUM, LARGE, NOT_APPLICABLE = 1, 2, 3, 4, 5
ABNORMAL_TAG, TAX_TAG = 1, 2
FIGURES: Final = ("employees", "revenue", "assets")
VALUE_BITS: Final = 47
MISSING: Final = {
    "status": 0,
    "entity_type": 0,
    "industry_code": -2,
    "loan_kind": 1,
    "borrower_role": 0,
    "direction": 1,
    "invoice_state": 0,
    "tax_status": -1,
    "credit_grade": 0,
}


class Entry(msgspec.Struct, frozen=True):
    """What standing on a list means: bits of tags, and whether it excludes (1) or not (0)."""

    tag_bits: int
    excludes: int


class Factor(msgspec.Struct, frozen=True):
    """One factor of the priority, as rules/visit_priority.py has it."""

    input: str
    thresholds: tuple[int, ...]
    points: tuple[int, ...]


class Job(msgspec.Struct, frozen=True):
    """Days are days since 1970, amounts fen. `words[column][text]` is the class of a text; MISSING is that of no text."""

    files: dict[str, list[str]]
    out: str
    memory: str
    on: int
    sales_since: int
    year_since: int
    invoices_since: int
    report_due_year: int
    words: dict[str, dict[str, int]]
    lists: dict[str, Entry]
    size_rows: list[dict[str, int]]
    factors: list[Factor]
    tag_points: list[int]

    def path(self, name: str) -> str:
        """A file of the result."""
        return str(Path(self.out) / name)

    def factor(self, name: str) -> Factor:
        """One factor by its input."""
        return next(x for x in self.factors if x.input == name)


def read(path: str) -> Job:
    """The job in a file."""
    return msgspec.json.decode(Path(path).read_bytes(), type=Job)
