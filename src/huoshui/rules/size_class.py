"""Size class of an enterprise (企业划型): large, medium, small or micro by its row of the table.

To be large, medium or small, all lower bounds of the class must hold; else the enterprise falls one class. Micro is the rest.
A figure that is missing is not zero: the class is then known only where the other figures already decide it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from huoshui.errors import BadCode
from huoshui.rules.uscc import clean_code
from huoshui.terms import SizeClass, SizeFigure

_CODE: Final = re.compile(r"(?=.)(?P<letter>[A-T]?)(?P<digits>(?:\d{2,4})?)", re.ASCII)
_BOUNDED: Final = (SizeClass.LARGE, SizeClass.MEDIUM, SizeClass.SMALL)
_FINEST: Final = 4
_EXPECTED: Final = "expected a code of GB/T 4754 such as 6510, I6510, 65 or I"


@dataclass(frozen=True, slots=True)
class Bounds:
    """Lower bounds of a class (下限): persons and fen; None is a figure that the row does not use."""

    employees: int | None = None
    revenue_fen: int | None = None
    assets_fen: int | None = None


@dataclass(frozen=True, slots=True)
class SizeRow:
    """One row of the size rule (划型标准的一行)."""

    code: str
    zh: str
    en: str
    large: Bounds
    medium: Bounds
    small: Bounds


@dataclass(frozen=True, slots=True)
class NotCovered:
    """An industry that the size rule leaves out (不适用的行业)."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class SeveralRows:
    """An industry code too short to tell its row (行业代码过粗): the codes of the rows it could be, None for not covered."""

    rows: tuple[str | None, ...]


Found = SizeRow | NotCovered | SeveralRows


@dataclass(frozen=True, slots=True)
class SizeTable:
    """The size rule for one edition of the industry codes (划型标准表).

    `industries` maps codes of two to four digits to a row or to what is left out; the longest one that a given code begins with
    decides. `sections` maps a section's letter to its divisions.
    """

    edition: str
    rows: tuple[SizeRow, ...]
    industries: Mapping[str, SizeRow | NotCovered]
    sections: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class BoundTest:
    """Whether one figure reaches one lower bound (下限比较); `held` is None where the figure is missing."""

    size_class: SizeClass
    figure: SizeFigure
    bound: int
    given: int | None

    @property
    def held(self) -> bool | None:
        """Whether the bound is reached (是否达到)."""
        return None if self.given is None else self.given >= self.bound


@dataclass(frozen=True, slots=True)
class SizeVerdict:
    """The size class and why (划型结论).

    `row` is None where there is none or several. `tests` are all comparisons up to the class that was found. `missing` are the
    figures without which the class is not known. `reason` says why there is no class, and is empty where there is one.
    """

    size_class: SizeClass
    row: SizeRow | None
    tests: tuple[BoundTest, ...] = ()
    missing: tuple[SizeFigure, ...] = ()
    reason: str = ""


def classify(
    industry: str, *, employees: int | None, revenue_fen: int | None, assets_fen: int | None, table: SizeTable
) -> SizeVerdict:
    """The size class of an enterprise of an industry (企业划型): persons and fen in, None for not known; raises BadCode."""
    return judge(row_for(industry, table=table), employees=employees, revenue_fen=revenue_fen, assets_fen=assets_fen)


def judge(found: Found, *, employees: int | None, revenue_fen: int | None, assets_fen: int | None) -> SizeVerdict:
    """The size class by what an industry's row was found to be (按行划型): persons and fen in, None for not known."""
    if isinstance(found, NotCovered):
        return SizeVerdict(SizeClass.NOT_APPLICABLE, None, reason=f"划型标准不适用于{found.zh} (not covered: {found.en})")
    if isinstance(found, SeveralRows):
        named = "、".join("不适用" if x is None else x for x in found.rows)
        reason = f"行业代码过粗，可能为 {named}，请给出更细的代码 (the industry code fits several rows; give more digits)"
        return SizeVerdict(SizeClass.UNKNOWN, None, reason=reason)
    given = {SizeFigure.EMPLOYEES: employees, SizeFigure.REVENUE: revenue_fen, SizeFigure.ASSETS: assets_fen}
    seen: list[BoundTest] = []
    for size_class, bounds in zip(_BOUNDED, (found.large, found.medium, found.small), strict=True):
        tests = [BoundTest(size_class, x, bound, given[x]) for x, bound in _used(bounds)]
        seen += tests
        if any(x.held is False for x in tests):
            continue
        if missing := tuple(x.figure for x in tests if x.held is None):
            zh, en = "、".join(x.zh for x in missing), ", ".join(x.en for x in missing)
            return SizeVerdict(SizeClass.UNKNOWN, found, tuple(seen), missing, f"缺少{zh}，无法判定 (not known without {en})")
        return SizeVerdict(size_class, found, tuple(seen))
    return SizeVerdict(SizeClass.MICRO, found, tuple(seen))


def row_for(industry: str, *, table: SizeTable) -> Found:
    """The row that an industry code belongs to (行业对应的划型行); raises BadCode for what is no code of the edition."""
    code = _CODE.fullmatch(clean_code(industry))
    if code is None:
        raise BadCode(f"{industry!r} is not an industry code; {_EXPECTED}", field="industry")
    letter, digits = code["letter"], code["digits"]
    divisions = table.sections.get(letter, ())
    if letter and digits and digits[:2] not in divisions:
        raise BadCode(f"{industry!r} is not an industry code: section {letter} has no division {digits[:2]}", field="industry")
    found = _merged([x for start in ((digits,) if digits else divisions) for x in _candidates(start, table)])
    if found is None:
        raise BadCode(f"GB/T 4754—{table.edition} has no industry {code[0]}; {_EXPECTED}", field="industry")
    return found


def industry_rows(table: SizeTable) -> Mapping[str, str | None]:
    """The row code of every way to write an industry (行业代码对照): 6510, I6510, 651, I651, 65, I65 and, for sections, C.

    None is an industry that the rule does not cover. A code that could be several rows, and one that the edition does not
    have, is absent: its size class is not known.
    """
    found: dict[str, Found | None] = {}
    for letter, divisions in table.sections.items():
        found[letter] = _merged([x for division in divisions for x in _candidates(division, table)])
        for division in divisions:
            whole = _merged(_candidates(division, table))
            is_one_row = not any(code.startswith(division) and code != division for code in table.industries)
            for digits in (division, *(f"{division}{x}" for x in range(10)), *(f"{division}{x:02}" for x in range(100))):
                found[digits] = found[letter + digits] = whole if is_one_row else _merged(_candidates(digits, table))
    rows = {code: x.code for code, x in found.items() if isinstance(x, SizeRow)}
    return rows | {code: None for code, x in found.items() if isinstance(x, NotCovered)}


def _candidates(digits: str, table: SizeTable) -> list[SizeRow | NotCovered]:
    own = [table.industries[digits[:n]] for n in range(len(digits), 1, -1) if digits[:n] in table.industries]
    if len(digits) == _FINEST:
        return own[:1]
    return own[:1] + [x for code, x in table.industries.items() if len(code) > len(digits) and code.startswith(digits)]


def _merged(found: list[SizeRow | NotCovered]) -> Found | None:
    distinct = list({x.zh: x for x in found}.values())
    if len(distinct) > 1:
        return SeveralRows(tuple(dict.fromkeys(x.code if isinstance(x, SizeRow) else None for x in distinct)))
    return distinct[0] if distinct else None


def _used(bounds: Bounds) -> Iterator[tuple[SizeFigure, int]]:
    named = zip(SizeFigure, (bounds.employees, bounds.revenue_fen, bounds.assets_fen), strict=True)
    return ((figure, bound) for figure, bound in named if bound is not None)
