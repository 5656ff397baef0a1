"""The years before the day (合成历史): what firms sold month by month, which loans were decided then, and what became of them.

Only on request, and only for firms that file and sell, so that no register says anything else for it. A quarter is a place in
`Calendar.quarters`: fifteen of them, the last four being those of the tax register. A loan is decided in the two quarters
after `Calendar.known_on`; what decides its outcome is what the registers of that day show, plus chance.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np

from huoshui.adapters.synthetic import words
from huoshui.adapters.synthetic.basis import Basis, days
from huoshui.adapters.synthetic.draws import ALL, Draws, Flags, Ints
from huoshui.adapters.synthetic.evidence import LOAN_KINDS, NO_DAY, NO_SALES, ROLES, Loans
from huoshui.adapters.synthetic.truth import Evidence

QUARTERS, OLDER = 15, 11
MONTHS_OF_QUARTER: Final = 3
KNOWN, DECIDED = 8, (9, 10)
"""The last quarter that a decision knows, and those in which loans are decided."""
UNBORROWED_FROM: Final = 6
LEAST_AGE: Final = 90
STEEPEST: Final = 8
INVOICED: Final = 60_000
OFTEN_CLOSED, SELDOM, OFTEN = 30_000, 3_000, 20_000
_YEAR_DAYS: Final = 365
_OWN_ROLES: Final = tuple(i for i, x in enumerate(ROLES) if x in (None, "企业"))

BASE: Final = -4_700
BY_TREND: Final = -160
BY_GAP_MONTH, MOST_GAP_MONTHS = 300, 6
BY_GRADE: Final = {"A": -1_200, "B": -400, "M": 200, "C": 1_000, "D": 1_900}
YOUNG_DAYS, BY_YOUTH = 3 * _YEAR_DAYS, 700
OLD_DAYS, BY_LONG_LIFE = 10 * _YEAR_DAYS, -500
BY_DOUBLE_SALES, USUAL_DOUBLINGS = -100, 23
BY_CONCENTRATION, USUAL_CONCENTRATION = 30, 50
CHANCE: Final = 1_000
"""The law of default in thousandths of log-odds (违约规律): the base, then what adds to it.

By every per cent that sales grow a quarter; by a month without sales in the last twelve, six at most; by tax credit grade;
for a firm younger than three years, or older than ten; by every doubling of yearly sales beyond 2**23 fen; by every per cent of
sales that goes to the main buyer above 50; and chance from -1,000 to 1,000, the middle being likelier.
"""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The quarters before the day (季度), oldest first, each by first and last day."""

    quarters: tuple[tuple[date, date], ...]

    @property
    def known_on(self) -> date:
        """The day before the first decision (决策前最后一日): features of that day may be learnt from."""
        return self.quarters[KNOWN][1]

    @property
    def decided(self) -> tuple[date, date]:
        """The first and last day on which loans are decided (决策期)."""
        return self.quarters[DECIDED[0]][0], self.quarters[DECIDED[-1]][1]

    def month_starts(self) -> Ints:
        """The first day of every month, and of the one after the last (各月首日)."""
        first, last = self.quarters[0][0], self.quarters[-1][1] + timedelta(days=1)
        begun = first.year * 12 + first.month - 1
        count = last.year * 12 + last.month - begun
        return np.array([days(date(x // 12, x % 12 + 1, 1)) for x in range(begun, begun + count)])


@dataclass(frozen=True, slots=True)
class Past:
    """Firms with a history (有历史的主体): `firm` are places in the batch, `payer` places among the taxpayers.

    `sales` are fen by month, `loan` is the place of the loan that was decided, or -1; `decided` its day. `concentration` is the
    share of the main buyer in per cent, `log_odds` what the law says in thousandths.
    """

    firm: Ints
    payer: Ints
    number: Ints
    sales: Ints
    is_invoiced: Flags
    concentration: Ints
    loan: Ints
    decided: Ints
    log_odds: Ints
    is_bad: Flags
    calendar: Calendar


def calendar_of(basis: Basis) -> Calendar:
    """The quarters that histories tell of (历史季度)."""
    first = basis.quarters[0][0]
    begun = first.year * 4 + (first.month - 1) // MONTHS_OF_QUARTER - OLDER
    starts = [date(x // 4, x % 4 * MONTHS_OF_QUARTER + 1, 1) for x in range(begun, begun + OLDER + 1)]
    older = [(a, b - timedelta(days=1)) for a, b in pairwise(starts)]
    return Calendar((*older, *basis.quarters))


def make_past(evidence: Evidence, *, age: Ints, draws: Draws) -> Past:
    """The history of every firm that has one (生成历史); `age` is every firm's age in days on the day."""
    calendar, filings = calendar_of(evidence.basis), evidence.filings
    served = np.isin(evidence.firms.kind, [words.KINDS.index(x) for x in words.SERVED])
    sells = (filings.is_filed & (filings.sales > 0)).any(axis=1)
    payer = np.flatnonzero(sells & served[filings.firm])
    firm = filings.firm[payer]
    number = evidence.firms.number[firm]
    established = days(evidence.basis.on) - age[firm]
    loan = _first_loans(evidence, firm=firm, known=established + LEAST_AGE <= days(calendar.known_on))
    trend = draws.below(number, of="trend", count=STEEPEST + 1) - draws.below(number, of="other trend", count=STEEPEST + 1)
    sales = _sales(evidence, firm=firm, payer=payer, trend=trend, is_borrower=loan >= 0, draws=draws)
    sales = _by_month(sales, number=number, draws=draws)
    sales[calendar.month_starts()[:-1] < established[:, None]] = 0
    sales[(loan < 0), : UNBORROWED_FROM * MONTHS_OF_QUARTER] = 0
    concentration = 20 + draws.below(number, of="concentration", count=71)
    first, last = (days(x) for x in calendar.decided)
    log_odds = (
        _law(
            trend=trend, gap_months=_gaps(sales), grade=filings.grade[payer], age=days(calendar.known_on) - established,
            yearly_fen=evidence.facts.scale[firm, 1], concentration=concentration,
        )
        + draws.below(number, of="chance", count=CHANCE + 1) - draws.below(number, of="other chance", count=CHANCE + 1)
    )  # fmt: skip
    return Past(
        firm=firm, payer=payer, number=number, sales=sales, concentration=concentration, loan=loan, log_odds=log_odds,
        is_invoiced=(loan >= 0) | draws.happens(number, of="history invoiced", per_100_000=INVOICED),
        decided=first + draws.below(number, of="decided", count=last - first + 1), calendar=calendar,
        is_bad=(loan >= 0) & (draws.below(number, of="default", count=ALL) < _per_100_000()[_step(log_odds)]),
    )  # fmt: skip


def with_outcomes(loans: Loans, *, past: Past, draws: Draws) -> Loans:
    """The loan register once every decided loan has its day and its end (写入结局): paid within a year, or not."""
    mine = past.loan >= 0
    place, number = past.loan[mine], past.number[mine]
    granted, settled, balance = loans.granted.copy(), loans.settled.copy(), loans.balance.copy()
    paid = past.decided[mine] + _YEAR_DAYS - draws.below(number, of="paid early", count=60)
    left = loans.amount[place] * (30 + draws.below(number, of="left unpaid", count=71)) // 100
    granted[place] = past.decided[mine]
    settled[place] = np.where(past.is_bad[mine], NO_DAY, paid)
    balance[place] = np.where(past.is_bad[mine], left, 0)
    return Loans(
        firm=loans.firm, turn=loans.turn, kind=loans.kind, role=loans.role, amount=loans.amount,
        granted=granted, settled=settled, balance=balance,
    )  # fmt: skip


def _first_loans(evidence: Evidence, *, firm: Ints, known: Flags) -> Ints:
    """The place of each firm's first bank loan that counts, -1 for none: its own, granted by the day."""
    loans, basis = evidence.loans, evidence.basis
    is_counted = np.array([kind in basis.counted_loans for _, kind, _ in LOAN_KINDS])[loans.kind]
    fits = is_counted & np.isin(loans.role, _OWN_ROLES) & (loans.granted != NO_DAY) & (loans.granted <= days(basis.on))
    found = np.full(len(evidence.firms), -1, np.int64)
    place = np.flatnonzero(fits)[::-1]
    found[loans.firm[place]] = place
    return np.where(known, found[firm], -1)


def _sales(evidence: Evidence, *, firm: Ints, payer: Ints, trend: Ints, is_borrower: Flags, draws: Draws) -> Ints:
    """Sales by quarter: those filed for the last four, before them a line that bends to the trend, with quarters of none."""
    quarter = np.arange(OLDER)
    cell = evidence.firms.number[firm][:, None] * 16 + quarter
    until = np.where(is_borrower, KNOWN, OLDER)[:, None]
    level = 100 - trend[:, None] * np.maximum(until - quarter, 0)
    sales = evidence.facts.scale[firm, 1, None] // 4 * level // 100 * (70 + draws.below(cell, of="past sales", count=60)) // 100
    sales[draws.happens(cell, of="no past sales", per_100_000=NO_SALES)] = 0
    return np.concatenate([sales, evidence.filings.sales[payer]], axis=1)


def _by_month(sales: Ints, *, number: Ints, draws: Draws) -> Ints:
    """Sales by month; some firms close for a month often, no quarter with sales is without a month with sales."""
    cell = (number[:, None] * 64 + np.arange(QUARTERS * MONTHS_OF_QUARTER)).reshape(-1, QUARTERS, MONTHS_OF_QUARTER)
    weight = 60 + draws.below(cell, of="month", count=80)
    often = draws.happens(number, of="often closed", per_100_000=OFTEN_CLOSED)[:, None, None]
    weight[draws.below(cell, of="closed", count=ALL) < np.where(often, OFTEN, SELDOM)] = 0
    weight[..., 1] += weight.sum(axis=2) == 0
    total = weight.sum(axis=2, keepdims=True)
    return np.asarray(sales[..., None] * weight // total).reshape(-1, QUARTERS * MONTHS_OF_QUARTER)


def _gaps(sales: Ints) -> Ints:
    """Months without sales in the twelve before a decision."""
    end = (KNOWN + 1) * MONTHS_OF_QUARTER
    return np.asarray((sales[:, end - 12 : end] == 0).sum(axis=1))


def _law(*, trend: Ints, gap_months: Ints, grade: Ints, age: Ints, yearly_fen: Ints, concentration: Ints) -> Ints:
    """The law of default without its chance, in thousandths of log-odds."""
    by_grade = np.array([BY_GRADE[x] for x, _ in words.GRADES])
    doublings = np.searchsorted(2 ** np.arange(1, 48, dtype=np.int64), yearly_fen, side="right")
    return np.asarray(
        BASE
        + BY_TREND * trend
        + BY_GAP_MONTH * np.minimum(gap_months, MOST_GAP_MONTHS)
        + by_grade[grade]
        + BY_YOUTH * (age < YOUNG_DAYS)
        + BY_LONG_LIFE * (age > OLD_DAYS)
        + BY_DOUBLE_SALES * (doublings - USUAL_DOUBLINGS)
        + BY_CONCENTRATION * np.maximum(concentration - USUAL_CONCENTRATION, 0)
    )


_STEP, _STEPS, _LOWEST = 50, 241, -8_000


def _step(log_odds: Ints) -> Ints:
    return np.clip((log_odds - _LOWEST) // _STEP, 0, _STEPS - 1)


@lru_cache(maxsize=1)
def _per_100_000() -> Ints:
    """Log-odds as a frequency, in exact decimals so that every machine draws the same."""
    odds = ((Decimal(_LOWEST + _STEP * x) / 1000).exp() for x in range(_STEPS))
    return np.array([int(ALL * x / (1 + x)) for x in odds], np.int64)
