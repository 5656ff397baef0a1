"""The screening of one firm (筛查无贷户): facts in, verdict with every reason out.

Facts are integers, because the same rule must run over a whole register: adapters/registers/screening/expression.py says it
once more for registers, and a property test proves that the two agree. Days are days since 1970-01-01, amounts are fen, and
-1 is "not known".
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from huoshui.rules.size_class import SizeTable, judge
from huoshui.terms import Evidence, LoanKind, Reason, SizeClass, StatusClass, Tag, TargetKind

EPOCH: Final = date(1970, 1, 1)
UNKNOWN: Final = -1
LARGEST_FEN: Final = 10**15  # ten trillion yuan, twice the yearly sales of the largest company on earth
ROW_NOT_COVERED: Final = -1
ROW_UNKNOWN: Final = -2
GRADES: Final = ("", "A", "B", "M", "C", "D")
CURRENT, EXACT_DUPLICATE, SUPERSEDED, KEPT = 0, 1, 2, 3
REASONS: Final = tuple(Reason)
BLOCKING: Final = frozenset(x for x in Reason if x.value[0] in "DREL") | {Reason.LOAN_UNKNOWN}
STATUSES: Final = tuple(StatusClass)
KINDS: Final = tuple(TargetKind)
SIZES: Final = (
    SizeClass.UNKNOWN,
    SizeClass.MICRO,
    SizeClass.SMALL,
    SizeClass.MEDIUM,
    SizeClass.LARGE,
    SizeClass.NOT_APPLICABLE,
)


def days(day: date) -> int:
    """A day as days since 1970-01-01 (日期转天数)."""
    return (day - EPOCH).days


@dataclass(frozen=True, slots=True)
class LoanRule:
    """A named definition of "no loan" (无贷户口径): which records count. `since` is a first day, or None without limit."""

    name: str
    counted_kinds: frozenset[LoanKind]
    owner_loans: bool
    sole_trader_owner: bool
    current_only: bool
    since: int | None


@dataclass(frozen=True, slots=True)
class ScreeningRule:
    """Everything a screening needs from policy (筛查规则); the `*_since` are first days of windows that end on `on`."""

    on: int
    sizes: SizeTable
    loans: LoanRule
    sales_since: int
    year_since: int
    invoices_since: int
    report_due_year: int


@dataclass(frozen=True, slots=True)
class FirmFacts:
    """What the registers say about one firm (主体事实), linked and summed up. -1 is not known.

    Sales beyond LARGEST_FEN either way are a slip of some register; they are held at that bound, and the verdict says so.

    `record_state` is CURRENT for a firm's only record, KEPT for the current one of several. `status` and `kind` are places in
    STATUSES and KINDS, `size_row` a place in the size table's rows, or ROW_NOT_COVERED or ROW_UNKNOWN, `grade` one in GRADES.
    `tags` has one bit a Tag, `excluded` is 1 on a list whose effect is to exclude, `lookable` is 0 for a row with neither code
    nor name.
    """

    record_state: int = CURRENT
    status: int = 1
    kind: int = 1
    size_row: int = ROW_UNKNOWN
    employees: int = UNKNOWN
    revenue: int = UNKNOWN
    assets: int = UNKNOWN
    report_year: int = UNKNOWN
    filings: int = 0
    last_filing: int = UNKNOWN
    sales_12m: int = 0
    sales_6m: int = 0
    tax_employees: int = UNKNOWN
    tax_assets: int = UNKNOWN
    tax_abnormal: int = UNKNOWN
    last_invoice: int = UNKNOWN
    loans_of_firm: int = 0
    loans_of_owner: int = 0
    tags: int = 0
    excluded: int = 0
    lookable: int = 1
    grade: int = 0
    established: int = UNKNOWN


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a screening says of one firm (筛查结论): `verdict` is the first reason that decides, `reasons` are all that hold."""

    verdict: Reason
    reasons: tuple[Reason, ...]
    evidence: tuple[Evidence, ...]
    tags: tuple[Tag, ...]
    size_class: SizeClass
    is_active: bool
    has_loan: bool | None
    is_listed: bool


def due_report_year(on: date, *, due: tuple[int, int]) -> int:
    """The last year whose annual report is overdue after `on` (应报年度): on the due day itself it is not yet."""
    return on.year - 1 if (on.month, on.day) > due else on.year - 2


def screen_firm(facts: FirmFacts, *, rule: ScreeningRule) -> Verdict:
    """Screen one firm (筛查一户)."""
    size, figures = _size(facts, rule)
    signs = _signs(facts, rule)
    has_loan, loans = _loans(facts, rule)
    if facts.record_state == SUPERSEDED:
        holds = {Reason.SUPERSEDED}
    else:
        holds = _reasons(facts, size=size, is_active=bool(signs), has_loan=has_loan)
    reasons = tuple(x for x in REASONS if x in holds)
    decides = next((x for x in reasons if x in BLOCKING), Reason.NO_LOAN)
    evidence = {*signs, *loans, *figures} | ({Evidence.NO_TAX_RECORD} if facts.filings == 0 else set())
    evidence |= {Evidence.SALES_CAPPED} if max(abs(facts.sales_12m), abs(facts.sales_6m)) >= LARGEST_FEN else set()
    return Verdict(
        verdict=decides,
        reasons=reasons,
        evidence=tuple(x for x in Evidence if x in evidence),
        tags=tuple(x for i, x in enumerate(Tag) if facts.tags >> i & 1),
        size_class=size,
        is_active=bool(signs),
        has_loan=has_loan,
        is_listed=decides is Reason.NO_LOAN,
    )


def _reasons(facts: FirmFacts, *, size: SizeClass, is_active: bool, has_loan: bool | None) -> set[Reason]:
    status, kind = STATUSES[facts.status], KINDS[facts.kind]
    sized = kind in (TargetKind.ENTERPRISE, TargetKind.UNKNOWN)
    return {
        reason
        for reason, holds in (
            (Reason.CLOSED, status is StatusClass.CLOSED),
            (Reason.SUSPENDED, status is StatusClass.SUSPENDED),
            (Reason.STATUS_UNKNOWN, status is StatusClass.UNKNOWN),
            (Reason.NON_TARGET, kind is TargetKind.NON_TARGET),
            (Reason.KIND_UNKNOWN, kind is TargetKind.UNKNOWN),
            (Reason.INACTIVE, not is_active),
            (Reason.TOO_LARGE, sized and size in (SizeClass.MEDIUM, SizeClass.LARGE)),
            (Reason.NOT_COVERED, sized and size is SizeClass.NOT_APPLICABLE),
            (Reason.SIZE_UNKNOWN, sized and size is SizeClass.UNKNOWN),
            (Reason.EXCLUDED, facts.excluded == 1),
            (Reason.HAS_LOAN, has_loan is True),
            (Reason.NO_LOAN, has_loan is False),
            (Reason.LOAN_UNKNOWN, has_loan is None),
        )
        if holds
    }


def _signs(facts: FirmFacts, rule: ScreeningRule) -> set[Evidence]:
    return {
        sign
        for sign, holds in (
            (Evidence.TAX_SALES, facts.sales_6m > 0),
            (Evidence.INVOICE, facts.last_invoice >= rule.invoices_since),
            (Evidence.ANNUAL_REPORT, facts.report_year >= rule.report_due_year and facts.tax_abnormal != 1),
        )
        if holds
    }


def _loans(facts: FirmFacts, rule: ScreeningRule) -> tuple[bool | None, set[Evidence]]:
    owner_counts = rule.loans.owner_loans or (rule.loans.sole_trader_owner and KINDS[facts.kind] is TargetKind.SOLE_TRADER)
    found = set()
    if facts.loans_of_firm > 0:
        found.add(Evidence.LOAN_OF_FIRM)
    if facts.loans_of_owner > 0 and owner_counts:
        found.add(Evidence.LOAN_OF_OWNER)
    if facts.lookable == 0:
        return None, set()
    return bool(found), found


def _size(facts: FirmFacts, rule: ScreeningRule) -> tuple[SizeClass, set[Evidence]]:
    if facts.size_row == ROW_NOT_COVERED:
        return SizeClass.NOT_APPLICABLE, set()
    if facts.size_row == ROW_UNKNOWN:
        return SizeClass.UNKNOWN, set()
    filed = facts.last_filing >= rule.year_since
    own = (facts.employees, facts.revenue, facts.assets)
    filed_figures = (facts.tax_employees, facts.sales_12m if filed else UNKNOWN, facts.tax_assets)
    figures = tuple(mine if mine >= 0 else theirs for mine, theirs in zip(own, filed_figures, strict=True))
    used = {Evidence.OWN_FIGURES} if max(own) >= 0 else set()
    used |= {Evidence.TAX_FIGURES} if any(m < 0 <= t for m, t in zip(own, filed_figures, strict=True)) else set()
    employees, revenue, assets = (None if x < 0 else x for x in figures)
    found = judge(rule.sizes.rows[facts.size_row], employees=employees, revenue_fen=revenue, assets_fen=assets)
    return found.size_class, used
