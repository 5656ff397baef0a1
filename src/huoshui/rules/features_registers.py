"""What the other registers say of one firm (其他登记汇总): tax filings, registry, social security, litigation, loans.

As known on the decision day: a filing counts from the day it was filed, a later correction of a period replaces the earlier one
from its own day on. Rows that repeat another in every field count once. Registers of events (litigation, loans) say 0 of a firm
that they do not name; the others say nothing of it. A register that was not given says nothing of anyone: None.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from huoshui.rules.calendar import day_of_month
from huoshui.rules.features_invoices import MOST_FEN, YEAR, Facts, clamp, longest_gap, month_age
from huoshui.rules.register_words import is_owner_role, loan_kind
from huoshui.terms import LoanKind

GRADES: Final = ("A", "B", "M", "C", "D")
EVENT_MONTHS: Final = 24
MOST_HEADS: Final = 10**9
NOT_DEBT: Final = (LoanKind.CONSUMER, LoanKind.CREDIT_CARD, LoanKind.GUARANTEE_GIVEN)
OF_TAX: Final = (
    *("declared_12", "declared_13_24", "tax_12", "tax_13_24", "tax_months_24", "tax_gap_24"),
    *("late_filings_24", "late_days_24", "tax_grade", "grade_change"),
)
OF_SOCIAL_SECURITY: Final = ("headcount", "headcount_before", "insurance_paid_12", "insurance_due_12", "insurance_short_12")
OF_LITIGATION: Final = ("cases_24", "cases_as_defendant_24", "case_amount_24", "cases_open", "penalties_24")
OF_LOANS: Final = ("loan_balance", "loans_open", "loans_ever")
OF_REGISTRY: Final = ("age_months", "capital")
_PENALTIES: Final = ("处罚", "罚款", "penalt", "fine")
_DEFENDANTS: Final = ("被告", "被执行", "被申请", "被上诉", "defendant", "respondent", "judgment debtor")
_LAST_DAY: Final = 31


@dataclass(frozen=True, slots=True)
class Filing:
    """A tax filing (纳税申报): a period, declared sales and tax paid in fen, the grade on it, when it was filed."""

    period_start: date | None
    period_end: date
    sales_fen: int | None
    tax_paid_fen: int | None
    credit_grade: str | None = None
    filed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Insured:
    """Social security of a month (社保缴费): people insured, paid and due in fen."""

    period_end: date
    headcount: int | None
    paid_fen: int | None
    due_fen: int | None


@dataclass(frozen=True, slots=True)
class Case:
    """A law case or a penalty (案件或处罚): what it is and the firm's part in it, in words; the amount in fen."""

    case_kind: str | None
    filed_on: date
    role: str | None
    amount_fen: int | None
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Loan:
    """A credit record (信贷记录); an open loan without a balance counts its amount."""

    loan_kind: str | None
    borrower_role: str | None
    granted_on: date | None
    settled_on: date | None
    amount_fen: int | None
    balance_fen: int | None
    lender: str | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    """A registry row (登记信息)."""

    established_on: date | None
    registered_capital_fen: int | None


def tax_grade(text: str | None) -> int | None:
    """The place of a tax credit grade (纳税信用等级序号): A is 1, then B, M, C and D 5; None for anything else."""
    grade = (text or "").strip().upper()[:1]
    return GRADES.index(grade) + 1 if grade in GRADES else None


def is_penalty(kind: str | None) -> bool:
    """Whether the word for a case means an administrative penalty (是否行政处罚)."""
    return any(x in (kind or "").lower() for x in _PENALTIES)


def is_defendant(role: str | None) -> bool:
    """Whether the firm is the one that is sued or enforced against (是否被告或被执行)."""
    return any(x in (role or "").lower() for x in _DEFENDANTS)


def is_debt(kind: str | None, role: str | None) -> bool:
    """Whether a credit record is debt of the firm's business (是否企业债务)."""
    return loan_kind(kind) not in NOT_DEBT and not is_owner_role(role)


def filing_due(period_end: date) -> date:
    """The day after which a filing is late for certain (逾期申报界限): the last of the next month, whatever the holidays."""
    return day_of_month(date(period_end.year + period_end.month // YEAR, period_end.month % YEAR + 1, 1), day=_LAST_DAY)


def tax_facts(filings: Iterable[Filing], *, on: date) -> Facts:
    """What tax filings say (纳税申报汇总); all None where none is known on the day."""
    known = _in_force(x for x in dict.fromkeys(filings) if x.period_end <= on and (x.filed_on or x.period_end) <= on)
    if not known:
        return dict.fromkeys(OF_TAX)
    aged = [(month_age(x.period_end, on=on), x) for x in known]
    sales = [(age, clamp(x.sales_fen)) for age, x in aged if x.sales_fen is not None]
    paid = [(age, clamp(x.tax_paid_fen)) for age, x in aged if x.tax_paid_fen is not None]
    late = [(x.filed_on - filing_due(x.period_end)).days for age, x in aged if x.filed_on is not None and 0 <= age < 2 * YEAR]
    months = [sum(y for age, y in paid if age == month) for month in range(2 * YEAR)]
    first = max((age for age, _ in paid), default=-1)
    grade, before = _last_grade(aged, least=-1), _last_grade(aged, least=YEAR)
    return {
        "declared_12": _sum(sales, 0, YEAR),
        "declared_13_24": _sum(sales, YEAR, 2 * YEAR),
        "tax_12": _sum(paid, 0, YEAR),
        "tax_13_24": _sum(paid, YEAR, 2 * YEAR),
        "tax_months_24": sum(x > 0 for x in months) if first >= 0 else None,
        "tax_gap_24": longest_gap(months[: first + 1]) if first >= 0 else None,
        "late_filings_24": sum(x > 0 for x in late) if late else None,
        "late_days_24": max(0, *late) if late else None,
        "tax_grade": grade,
        "grade_change": grade - before if grade is not None and before is not None else None,
    }


def _in_force(filings: Iterable[Filing]) -> list[Filing]:
    """Of each period the filings of the last day on which it was filed."""
    kept = list(filings)
    last: dict[tuple[date | None, date], date] = {}
    for x in kept:
        period = (x.period_start, x.period_end)
        last[period] = max(last.get(period, date.min), x.filed_on or date.min)
    return [x for x in kept if (x.filed_on or date.min) == last[x.period_start, x.period_end]]


def _last_grade(aged: Sequence[tuple[int, Filing]], *, least: int) -> int | None:
    graded = [
        (x.period_end, x.filed_on or date.min, grade)
        for age, x in aged
        if age >= least and (grade := tax_grade(x.credit_grade)) is not None
    ]
    return max(graded)[2] if graded else None


def _sum(aged: Sequence[tuple[int, int]], begin: int, end: int) -> int | None:
    """The sum of a window; None where the register never gives the figure."""
    return clamp(sum(x for age, x in aged if begin <= age < end)) if aged else None


def social_security_facts(months: Iterable[Insured], *, on: date) -> Facts:
    """What social security says (社保汇总): the last month's people within a year, the same month a year before, payments."""
    sums: dict[int, list[list[int]]] = {}
    for x in dict.fromkeys(months):
        if (age := month_age(x.period_end, on=on)) >= 0:
            found = sums.setdefault(age, [[], [], []])
            for place, value in enumerate((x.headcount, x.paid_fen, x.due_fen)):
                if value is not None:
                    found[place].append(clamp(value, MOST_FEN if place else MOST_HEADS))
    heads = {age: sum(x[0]) for age, x in sums.items() if x[0]}
    paid = {age: sum(x[1]) for age, x in sums.items() if x[1] and age < YEAR}
    due = {age: sum(x[2]) for age, x in sums.items() if x[2] and age < YEAR}
    latest = min((x for x in heads if x < YEAR), default=None)
    both = paid.keys() & due.keys()
    return {
        "headcount": None if latest is None else heads[latest],
        "headcount_before": None if latest is None else heads.get(latest + YEAR),
        "insurance_paid_12": clamp(sum(paid.values())) if paid else None,
        "insurance_due_12": clamp(sum(due.values())) if due else None,
        "insurance_short_12": sum(paid[x] < due[x] for x in both) if both else None,
    }


def litigation_facts(cases: Iterable[Case] | None, *, on: date) -> Facts:
    """What court and penalty records say (涉诉汇总): of 24 full months and since; None where the register was not given."""
    if cases is None:
        return dict.fromkeys(OF_LITIGATION)
    known = [x for x in dict.fromkeys(cases) if x.filed_on <= on]
    recent = [x for x in known if month_age(x.filed_on, on=on) < EVENT_MONTHS]
    sued = [x for x in recent if not is_penalty(x.case_kind)]
    against = [x for x in sued if is_defendant(x.role)]
    return {
        "cases_24": len(sued),
        "cases_as_defendant_24": len(against),
        "case_amount_24": clamp(sum(clamp(x.amount_fen or 0) for x in against)),
        "cases_open": sum(not is_penalty(x.case_kind) and (x.closed_on is None or x.closed_on > on) for x in known),
        "penalties_24": len(recent) - len(sued),
    }


def loan_facts(loans: Iterable[Loan] | None, *, on: date) -> Facts:
    """What credit records say (信贷汇总); None where the register was not given."""
    if loans is None:
        return dict.fromkeys(OF_LOANS)
    known = [x for x in dict.fromkeys(loans) if is_debt(x.loan_kind, x.borrower_role)]
    known = [x for x in known if x.granted_on is None or x.granted_on <= on]
    still = [x for x in known if x.settled_on is None or x.settled_on > on]
    owed = [clamp(x.balance_fen if x.balance_fen is not None else x.amount_fen or 0) for x in still]
    return {"loan_balance": clamp(sum(owed)), "loans_open": len(still), "loans_ever": len(known)}


def registry_facts(row: Registration | None, *, on: date) -> Facts:
    """What the registry says (登记汇总): full months since the firm was established, its capital in fen."""
    if row is None:
        return dict.fromkeys(OF_REGISTRY)
    since = row.established_on
    age = None if since is None or since > on else month_age(since, on=on) + (on.day >= since.day)
    capital = row.registered_capital_fen
    return {"age_months": age, "capital": None if capital is None else clamp(capital)}
