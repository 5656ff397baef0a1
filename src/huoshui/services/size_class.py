"""Size class with its basis (企业划型及依据): the rule, the figures in force, and who says so."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Final

from huoshui import policy
from huoshui.errors import BadCode, BadPolicyFile, NoPolicy
from huoshui.policy import Citation
from huoshui.policy.region import NATION
from huoshui.rules.size_class import Bounds, Found, NotCovered, SizeRow, SizeTable, row_for

POLICY: Final = "size_class"
_FEN_PER_WAN_YUAN: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class _WrittenBounds:
    employees: int | None = None
    revenue_wan: int | None = None
    assets_wan: int | None = None


@dataclass(frozen=True, slots=True)
class _WrittenRow:
    code: str
    zh: str
    en: str
    large: _WrittenBounds
    medium: _WrittenBounds
    small: _WrittenBounds


@dataclass(frozen=True, slots=True)
class _LeftOut:
    codes: tuple[str, ...]
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class _Industries:
    rows: dict[str, tuple[str, ...]]
    not_covered: tuple[_LeftOut, ...]
    sections: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Written:
    rows: tuple[_WrittenRow, ...]
    industries_2017: _Industries | None = None
    industries_2011: _Industries | None = None


@dataclass(frozen=True, slots=True)
class SizeBasis:
    """The size rule in force in a region on a day (划型依据), by edition of the industry codes, the newest first."""

    tables: dict[str, SizeTable]
    figures: Citation
    editions: dict[str, Citation]


@dataclass(frozen=True, slots=True)
class SizePlace:
    """Where an industry stands in the size rule (行业的划型行), by which edition of the codes, and who says so."""

    found: Found
    edition: str
    citations: tuple[Citation, ...]
    notes: tuple[str, ...]


def read_basis(*, region: str = NATION, on: date) -> SizeBasis:
    """The size rule in force (读取划型标准); raises UnknownRegion, NoPolicy, BadPolicyFile."""
    read = policy.read(POLICY, region=region, on=on)
    written = policy.bind(read, _Written)
    rows = tuple(SizeRow(x.code, x.zh, x.en, _bounds(x.large), _bounds(x.medium), _bounds(x.small)) for x in written.rows)
    found = {"2017": written.industries_2017, "2011": written.industries_2011}
    tables = {edition: _table(edition, rows, x) for edition, x in found.items() if x is not None}
    if not tables:
        raise NoPolicy(f"policy {POLICY} does not say which industry is which row in region {region} on {on}", field="on")
    cited = {x.field: x for x in read.citations}
    return SizeBasis(tables, cited["rows"], {x: cited[f"industries_{x}"] for x in tables})


def place_industry(industry: str, *, basis: SizeBasis, edition: str | None = None) -> SizePlace:
    """The row of an industry with its basis (行业归行).

    `edition` is that of the industry code; None means the newest in force, with a note where an older one gives another row.
    Raises BadCode, and NoPolicy for an edition that is not in force.
    """
    used = edition or next(iter(basis.tables))
    if used not in basis.tables:
        raise NoPolicy(f"the size rule in force knows no edition {used}; expected {' or '.join(basis.tables)}", field="edition")
    found = row_for(industry, table=basis.tables[used])
    notes = () if edition else tuple(_notes(industry, basis, used=used, row=_named(found)))
    return SizePlace(found, used, (basis.figures, basis.editions[used]), notes)


def _notes(industry: str, basis: SizeBasis, *, used: str, row: str) -> Iterator[str]:
    for edition, table in basis.tables.items():
        if edition == used:
            continue
        with suppress(BadCode):
            other = _named(row_for(industry, table=table))
            if other != row:
                yield f"按 GB/T 4754—{used} 为{row}，按 {edition} 版则为{other}，请核对代码版本 (check the edition of the code)"


def _named(found: Found) -> str:
    if isinstance(found, SizeRow):
        return f" {found.code}"
    return "不适用" if isinstance(found, NotCovered) else "多行之一"


def _table(edition: str, rows: tuple[SizeRow, ...], written: _Industries) -> SizeTable:
    by_code = {x.code: x for x in rows}
    if unknown := written.rows.keys() - by_code.keys():
        raise BadPolicyFile(f"policy {POLICY}: industries_{edition} names row {min(unknown)}, which is not in rows")
    industries: dict[str, SizeRow | NotCovered] = {
        code: by_code[row] for row, spans in written.rows.items() for span in spans for code in _codes(span)
    }
    industries |= {code: NotCovered(x.zh, x.en) for x in written.not_covered for span in x.codes for code in _codes(span)}
    sections = {letter: _codes(span) for letter, span in written.sections.items()}
    return SizeTable(edition, rows, industries, sections)


def _codes(span: str) -> tuple[str, ...]:
    first, dash, last = span.partition("-")
    last = last if dash else first
    if not (first.isascii() and first.isdigit() and last.isascii() and last.isdigit() and len(first) == len(last)):
        raise BadPolicyFile(f"policy {POLICY}: {span!r} is not an industry code or a range such as 06-46")
    return tuple(f"{x:0{len(first)}}" for x in range(int(first), int(last) + 1))


def _bounds(written: _WrittenBounds) -> Bounds:
    revenue, assets = (
        None if x is None else x * _FEN_PER_WAN_YUAN for x in (written.revenue_wan, written.assets_wan)
    )
    return Bounds(written.employees, revenue, assets)
