"""Interest subsidy of a loan (财政贴息): days, caps, windows, stacking, and the shares of centre and province.

The subsidy is reckoned day by day on the balance that counts, from the first day that counts to the earliest of maturity, the
end of the programme's term and the first overdue day. The first day counts, the last one does not: 2025-04-01 to 2026-04-01
are 365 days. Then the sum is cut to what the programme allows the firm. It is rounded once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, localcontext
from string import ascii_letters
from typing import Final

from huoshui.errors import BadAmount, BadChoice, BadRate, BadRequest, NoPolicy
from huoshui.money import FEN_PER_YUAN, format_yuan, to_fen
from huoshui.rules.calendar import add_months
from huoshui.rules.span import Span, merge_spans
from huoshui.terms import AfterOverdue, DayCount, LoanUse, SubsidyLimit, SubsidyReason

_YEAR_DAYS: Final = {DayCount.ACT_365: 365, DayCount.ACT_360: 360}
_EXACT_DIGITS: Final = 60
_DAY: Final = timedelta(days=1)
_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Window:
    """Days from the first to the last, both included (政策期); `last` is None where the end is open."""

    first: date
    last: date | None = None

    def __contains__(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)

    def __str__(self) -> str:
        return f"{self.first}..{self.last or ''}"


@dataclass(frozen=True, slots=True)
class SmallLoans:
    """Loans below an amount have a smaller sum (小额贷款的单独上限), in yuan."""

    below_yuan: int
    subsidy_cap_yuan: int


@dataclass(frozen=True, slots=True)
class Programme:
    """What a subsidy programme must say (贴息政策): the fields of the table in policy `interest_subsidy`."""

    uses: tuple[LoanUse, ...]
    industries: tuple[str, ...] | None
    industries_complete: bool
    rate: Decimal | None
    contract_share: Decimal | None
    below_lpr_one_year: Decimal | None
    term_months: int
    principal_cap_yuan: int | None
    subsidy_cap_yuan: int | None
    small: SmallLoans | None
    signed: Window | None
    paid_out: Window | None
    accrual: Window | None
    is_central: bool
    central_share: Decimal


@dataclass(frozen=True, slots=True)
class Repayment:
    """Principal paid back on a day (归还本金), in fen; from that day on the balance is lower."""

    on: date
    amount_fen: int


@dataclass(frozen=True, slots=True)
class SubsidyLoan:
    """A loan as a subsidy sees it (申请贴息的贷款): amounts in fen; `until`, not counted, is its maturity or an earlier day."""

    principal_fen: int
    contract_rate: Decimal
    signed_on: date
    paid_out_on: date
    until: date
    repayments: tuple[Repayment, ...] = ()
    overdue: tuple[Span, ...] = ()
    use: LoanUse | None = None
    industry: str | None = None


@dataclass(frozen=True, slots=True)
class OtherSubsidies:
    """What the firm already has (已享受的贴息).

    `granted_fen` and `principal_fen` were used under the same limit of the same programme; `rate` is another subsidy of this
    same loan, a yearly fraction, and `is_central` whether the central budget pays it.
    """

    granted_fen: int = 0
    principal_fen: int = 0
    rate: Decimal = _ZERO
    is_central: bool = False


@dataclass(frozen=True, slots=True)
class Reckoning:
    """How days and rates are reckoned (计算口径).

    `lpr_one_year` is that of the day of signing, for programmes that need it; `not_in_force_on` the day whose rules should hold
    where the programme was not in force on it.
    """

    day_count: DayCount
    after_overdue: AfterOverdue
    lpr_one_year: Decimal | None = None
    not_in_force_on: date | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """A reason with its sentence in both languages (理由); `blocks` where it leaves no subsidy."""

    code: SubsidyReason
    zh: str
    en: str
    blocks: bool


@dataclass(frozen=True, slots=True)
class Subsidy:
    """The subsidy and how it came about (贴息额): amounts in fen; `rate` a yearly fraction after all ceilings.

    Centre and province add up to the subsidy. `gross_fen` is the sum before the cap per firm. Days run from `first_on`, which
    counts, to `end_on`, which does not.
    """

    eligible: bool
    subsidy_fen: int
    central_fen: int
    provincial_fen: int
    gross_fen: int
    days: int
    rate: Decimal
    first_on: date | None
    end_on: date | None
    limits_hit: tuple[SubsidyLimit, ...]
    reasons: tuple[Ground, ...]


@dataclass(slots=True)
class _Limits:
    hit: list[SubsidyLimit] = field(default_factory=list)

    def lower(self, value: date, ceiling: date | None, limit: SubsidyLimit) -> date:
        if ceiling is None or ceiling >= value:
            return value
        self.hit.append(limit)
        return ceiling


@dataclass(frozen=True, slots=True)
class _Accrued:
    first: date
    end: date
    days: int
    fen_days: int


def interest_subsidy(
    loan: SubsidyLoan, *, programme: Programme, reckoning: Reckoning, other: OtherSubsidies | None = None
) -> Subsidy:
    """The subsidy of one loan under one programme, in fen (贴息额).

    Raises BadRequest, BadAmount or BadRate for a loan that contradicts itself, BadChoice for a day count other than actual/360
    and actual/365, NoPolicy where the programme needs the LPR and none is given.
    """
    other = other or OtherSubsidies()
    if reckoning.day_count not in _YEAR_DAYS:
        raise BadChoice(f"a subsidy counts {' or '.join(_YEAR_DAYS)}; got {reckoning.day_count}", field="day-count")
    _check(loan, other)
    limits = _Limits()
    accrued = _accrue(loan, programme=programme, reckoning=reckoning, other=other, limits=limits)
    reasons = [*_reasons(loan, programme=programme, other=other, not_in_force_on=reckoning.not_in_force_on)]
    if not accrued.days:
        reasons.append(_reason(SubsidyReason.NO_DAYS, f"{accrued.first}..{accrued.end}"))
    if any(x.blocks for x in reasons):
        return Subsidy(False, 0, 0, 0, 0, 0, _ZERO, None, None, (), tuple(reasons))
    rate = _rate(loan, programme=programme, reckoning=reckoning, other=other, limits=limits)
    with localcontext(prec=_EXACT_DIGITS):
        gross = to_fen(accrued.fen_days * rate / _YEAR_DAYS[reckoning.day_count])
        subsidy = _cut_to_cap(gross, loan=loan, programme=programme, other=other, limits=limits)
        central = to_fen(subsidy * programme.central_share)
    reasons.append(_reason(SubsidyReason.ELIGIBLE, f"{accrued.first}..{accrued.end}", blocks=False))
    return Subsidy(
        True, subsidy, central, subsidy - central, gross, accrued.days, rate, accrued.first, accrued.end,
        tuple(limits.hit), tuple(reasons),
    )


def _check(loan: SubsidyLoan, other: OtherSubsidies) -> None:
    if loan.principal_fen <= 0:
        raise BadAmount(f"the principal must be above zero; got {format_yuan(loan.principal_fen)}", field="principal")
    if min(other.granted_fen, other.principal_fen) < 0:
        raise BadAmount("what was already subsidised cannot be negative", field="already-subsidised")
    if loan.contract_rate < 0 or other.rate < 0:
        raise BadRate(f"rates must be zero or more; got {min(loan.contract_rate, other.rate)}", field="contract-rate")
    if loan.paid_out_on < loan.signed_on:
        raise BadRequest(f"paid out on {loan.paid_out_on}; expected {loan.signed_on} (signed) or later", field="paid-out")
    if any(x.begin < loan.paid_out_on for x in loan.overdue):
        raise BadRequest(f"overdue before the day of payment; expected days from {loan.paid_out_on} on", field="overdue")
    if loan.until < loan.paid_out_on:
        raise BadRequest(f"until is {loan.until}; expected a day not before payment, {loan.paid_out_on}", field="until")
    if any(x.amount_fen <= 0 or x.on < loan.paid_out_on for x in loan.repayments):
        raise BadRequest("a repayment must be above zero and not before the day of payment", field="repayment")
    if (repaid := sum(x.amount_fen for x in loan.repayments)) > loan.principal_fen:
        owed = format_yuan(loan.principal_fen)
        raise BadRequest(f"repayments are {format_yuan(repaid)}; expected at most the principal, {owed}", field="repayment")


def _reasons(
    loan: SubsidyLoan, *, programme: Programme, other: OtherSubsidies, not_in_force_on: date | None
) -> Iterator[Ground]:
    if not_in_force_on is not None:
        yield _reason(SubsidyReason.NOT_IN_FORCE, str(not_in_force_on))
    if programme.signed is not None and loan.signed_on not in programme.signed:
        yield _reason(SubsidyReason.SIGNED_OUTSIDE, f"{loan.signed_on}, {programme.signed}")
    if programme.paid_out is not None and loan.paid_out_on not in programme.paid_out:
        yield _reason(SubsidyReason.PAID_OUT_OUTSIDE, f"{loan.paid_out_on}, {programme.paid_out}")
    if loan.use is not None and loan.use not in programme.uses:
        yield _reason(SubsidyReason.USE_NOT_COVERED, f"{loan.use}; {', '.join(programme.uses)}")
    if programme.is_central and other.is_central:
        yield _reason(SubsidyReason.SECOND_CENTRAL, str(other.rate))
    if loan.industry is not None:
        yield from _industry(loan.industry, programme=programme)


def _industry(industry: str, *, programme: Programme) -> Iterator[Ground]:
    listed = programme.industries
    if industry.lstrip(ascii_letters).startswith(listed or ()) or (listed is None and programme.industries_complete):
        return
    if programme.industries_complete:
        yield _reason(SubsidyReason.INDUSTRY_NOT_COVERED, industry)
    else:
        yield _reason(SubsidyReason.INDUSTRY_NOT_KNOWN, industry, blocks=False)


def _reason(code: SubsidyReason, detail: str, *, blocks: bool = True) -> Ground:
    return Ground(code, f"{code.zh}（{detail}）", f"{code.en} ({detail})", blocks)


def _accrue(
    loan: SubsidyLoan, *, programme: Programme, reckoning: Reckoning, other: OtherSubsidies, limits: _Limits
) -> _Accrued:
    first, end = loan.paid_out_on, _last_day(loan)
    if programme.accrual is not None:
        first = max(first, programme.accrual.first)
        last = programme.accrual.last
        end = limits.lower(end, None if last is None else last + _DAY, SubsidyLimit.ACCRUAL_WINDOW)
    end = limits.lower(end, add_months(first, months=programme.term_months), SubsidyLimit.TERM_CAP)
    overdue = merge_spans(loan.overdue)
    if overdue and reckoning.after_overdue is AfterOverdue.STOP:
        end = limits.lower(end, overdue[0].begin, SubsidyLimit.OVERDUE)
        overdue = ()
    cap = _cap_left(programme.principal_cap_yuan, used_fen=other.principal_fen)
    days = fen_days = 0
    for begin, stop, balance in _balances(loan, first=first, end=end):
        counted = (stop - begin).days - sum(_shared_days(x, begin=begin, end=stop) for x in overdue)
        if counted < (stop - begin).days and SubsidyLimit.OVERDUE not in limits.hit:
            limits.hit.append(SubsidyLimit.OVERDUE)
        eligible = balance if cap is None else min(balance, cap)
        if counted and eligible < balance and SubsidyLimit.PRINCIPAL_CAP not in limits.hit:
            limits.hit.append(SubsidyLimit.PRINCIPAL_CAP)
        days += counted
        fen_days += counted * eligible
    return _Accrued(first, max(first, end), days, fen_days)


def _cap_left(cap_yuan: int | None, *, used_fen: int) -> int | None:
    return None if cap_yuan is None else max(0, cap_yuan * FEN_PER_YUAN - used_fen)


def _last_day(loan: SubsidyLoan) -> date:
    if sum(x.amount_fen for x in loan.repayments) < loan.principal_fen:
        return loan.until
    return min(loan.until, max(x.on for x in loan.repayments))


def _balances(loan: SubsidyLoan, *, first: date, end: date) -> Iterator[tuple[date, date, int]]:
    begin, balance = first, loan.principal_fen
    for repayment in sorted(loan.repayments, key=lambda x: x.on):
        day = min(max(repayment.on, first), end)
        if day > begin:
            yield begin, day, balance
            begin = day
        balance -= repayment.amount_fen
    if end > begin and balance:
        yield begin, end, balance


def _shared_days(span: Span, *, begin: date, end: date) -> int:
    return max(0, (min(span.end or end, end) - max(span.begin, begin)).days)


def _rate(
    loan: SubsidyLoan, *, programme: Programme, reckoning: Reckoning, other: OtherSubsidies, limits: _Limits
) -> Decimal:
    share = None if programme.contract_share is None else loan.contract_rate * programme.contract_share
    if programme.rate is not None:
        rate = programme.rate
        if share is not None and share < rate:
            rate = share
            limits.hit.append(SubsidyLimit.CONTRACT_SHARE)
    elif share is not None:
        rate = share
    elif programme.below_lpr_one_year is not None and reckoning.lpr_one_year is not None:
        rate = max(_ZERO, loan.contract_rate - (reckoning.lpr_one_year - programme.below_lpr_one_year))
    else:
        raise NoPolicy("the programme gives no rate; expected rate, contract_share, or below_lpr_one_year with an LPR")
    room = max(_ZERO, loan.contract_rate - other.rate)
    if room >= rate:
        return rate
    limits.hit.append(SubsidyLimit.STACKING if other.rate else SubsidyLimit.INTEREST_PAID)
    return room


def _cut_to_cap(gross: int, *, loan: SubsidyLoan, programme: Programme, other: OtherSubsidies, limits: _Limits) -> int:
    cap = programme.subsidy_cap_yuan
    if programme.small is not None and loan.principal_fen < programme.small.below_yuan * FEN_PER_YUAN:
        cap = programme.small.subsidy_cap_yuan
    left = _cap_left(cap, used_fen=other.granted_fen)
    if left is None or gross <= left:
        return gross
    limits.hit.append(SubsidyLimit.SUBSIDY_CAP)
    return left
