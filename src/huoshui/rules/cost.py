"""The all-in cost of a loan by cash flow (综合融资成本).

What the borrower gets at the drawdown is the principal less the fees paid then; what he pays are the installments and the
fees of each month. The rate at which both are worth the same is the cost: `nominal` is twelve times the monthly rate,
`effective` compounds it over a year. The sum of the contract rate and the fees (`naive`) understates a loan that amortises.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from operator import mul
from typing import Final

from huoshui.errors import BadRequest
from huoshui.rules.amortization import Split, check_loan, due_months, split_payments
from huoshui.rules.calendar import add_months
from huoshui.rules.cash_flow import Flow, FlowSeries, daily_rate, periodic_rate
from huoshui.rules.day_count import rounded_share
from huoshui.rules.schedule import LoanTerms, build_schedule
from huoshui.terms import DayCount, FeeBearer, RepaymentMethod

_MONTHS: Final = 12
_MONTH_DAYS: Final = 30
_THIRTY_360: Final = 360
_YEAR_DAYS: Final = 365
_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Fee:
    """A cost other than interest (非利息费用): fen, so many months after the drawdown, and who pays it to whom."""

    name: str
    amount_fen: int
    month: int
    bearer: FeeBearer = FeeBearer.BORROWER
    charging_party: str = ""


@dataclass(frozen=True, slots=True)
class Refund:
    """Money that the borrower gets back (财政贴息): fen, so many months after the drawdown."""

    amount_fen: int
    month: int


@dataclass(frozen=True, slots=True)
class FinancedLoan:
    """A loan with all it costs (贷款及费用): either a yearly `rate` or, on the original principal, a `flat_monthly_rate`.

    Without `start` all months are equal, a twelfth of a year (30/360). With it the installments are those of the schedule by
    `day_count`, and the cost is reckoned by exact days over a year of 365.
    """

    principal_fen: int
    months: int
    method: RepaymentMethod
    rate: Decimal | None = None
    flat_monthly_rate: Decimal | None = None
    every: int = 1
    grace_months: int = 0
    start: date | None = None
    day_count: DayCount = DayCount.ACT_360
    fees: tuple[Fee, ...] = ()
    subsidies: tuple[Refund, ...] = ()


@dataclass(frozen=True, slots=True)
class Rates:
    """A cost as a yearly rate (年化成本): twelve times the monthly rate, and compounded."""

    nominal: Decimal
    effective: Decimal


@dataclass(frozen=True, slots=True)
class AllInCost:
    """The all-in cost of a loan (综合融资成本); amounts in fen, rates a year.

    `interest` is the cost without any fee, `fee_rates` what each fee adds to the nominal cost (with it, minus without it), in
    the order of the loan's fees; a fee that the borrower does not bear adds nothing.
    """

    all_in: Rates
    interest: Rates
    naive: Decimal
    fee_rates: tuple[Decimal, ...]
    interest_fen: int
    fee_fen: int
    subsidy_fen: int
    after_subsidy: Rates


def all_in_cost(loan: FinancedLoan) -> AllInCost:
    """Reckon what a loan costs the borrower (测算综合融资成本).

    Only fees that the borrower bears count. Raises BadAmount, BadRate, or BadRequest when the loan cannot be repaid as
    asked, a fee falls outside its life, or no rate exists.
    """
    _check(loan)
    flows = _Flows.of(loan)
    borne = [(x.month, -x.amount_fen) for x in loan.fees if x.bearer is FeeBearer.BORROWER]
    refunds = [(x.month, x.amount_fen) for x in loan.subsidies]
    fee_fen, subsidy_fen = -sum(fen for _, fen in borne), sum(fen for _, fen in refunds)
    interest = flows.rates(())
    all_in = flows.rates(borne) if borne else interest
    return AllInCost(
        all_in=all_in,
        interest=interest,
        naive=_yearly_rate(loan) + Decimal(fee_fen * _MONTHS) / (loan.principal_fen * loan.months),
        fee_rates=_fee_rates(loan, flows=flows, all_in=all_in, interest=interest),
        interest_fen=flows.interest_fen,
        fee_fen=fee_fen,
        subsidy_fen=subsidy_fen,
        after_subsidy=flows.rates([*borne, *refunds]) if refunds else all_in,
    )


def _check(loan: FinancedLoan) -> None:
    if (loan.rate is None) == (loan.flat_monthly_rate is None):
        raise BadRequest("expected either rate or flat-monthly-rate, one of the two", field="rate")
    check_loan(
        loan.principal_fen, rate=_yearly_rate(loan), months=loan.months, method=loan.method, every=loan.every,
        grace_months=loan.grace_months,
    )
    for field, items in (("fee", loan.fees), ("subsidy", loan.subsidies)):
        for item in items:
            if item.amount_fen < 0 or not 0 <= item.month <= loan.months:
                raise BadRequest(
                    f"a {field} must be zero or more and fall 0 to {loan.months} months after the drawdown; "
                    f"got {item.amount_fen} fen at {item.month}", field=field,
                )


def _yearly_rate(loan: FinancedLoan) -> Decimal:
    if loan.rate is not None:
        return loan.rate
    return _MONTHS * (loan.flat_monthly_rate or _ZERO)


def _fee_rates(loan: FinancedLoan, *, flows: "_Flows", all_in: Rates, interest: Rates) -> tuple[Decimal, ...]:
    borne = [x for x in loan.fees if x.bearer is FeeBearer.BORROWER]
    if len(borne) == 1:
        return tuple(all_in.nominal - interest.nominal if x is borne[0] else _ZERO for x in loan.fees)
    return tuple(
        all_in.nominal - flows.rates([(y.month, -y.amount_fen) for y in borne if y is not x]).nominal
        if x.bearer is FeeBearer.BORROWER else _ZERO
        for x in loan.fees
    )


@dataclass(frozen=True, slots=True)
class _Flows:
    months: FlowSeries  # the borrower's flows without fees, month by month
    dated: tuple[Flow, ...]  # the same by days after the drawdown, when the cost is by exact days
    days: tuple[int, ...]  # the day of each month after the drawdown, likewise
    interest_fen: int
    fen_months: int  # principal in use, in fen, times the months it was in use

    @classmethod
    def of(cls, loan: FinancedLoan) -> "_Flows":
        due = due_months(loan.months, method=loan.method, every=loan.every)
        spans = _spans(due)
        split = _split(loan, due=due, spans=spans)
        interests: Sequence[int] = split.interest_fen
        if loan.flat_monthly_rate is not None:
            numerator, denominator = loan.flat_monthly_rate.as_integer_ratio()
            interests = [rounded_share(loan.principal_fen * numerator * x, of=denominator) for x in spans]
        flows = [loan.principal_fen, *[0] * loan.months]
        for month, principal, interest in zip(due, split.principal_fen, interests, strict=True):
            flows[month] = -principal - interest
        days: tuple[int, ...] = ()
        if loan.start is not None:
            days = tuple((add_months(loan.start, months=x) - loan.start).days for x in range(loan.months + 1))
        return cls(FlowSeries.of(flows), tuple(zip(days, flows, strict=False)), days, sum(interests), sum(map(mul, split.balance_fen, spans)))

    def rates(self, extra: Sequence[Flow]) -> Rates:
        guess = Decimal(self.interest_fen - sum(fen for _, fen in extra)) / self.fen_months
        if not self.days:
            monthly = periodic_rate(self.months, extra=extra, guess=guess)
            return Rates(_MONTHS * monthly, (1 + monthly) ** _MONTHS - 1)
        dated = sorted([*self.dated, *((self.days[month], fen) for month, fen in extra)])
        growth = 1 + daily_rate(dated, guess=guess / _MONTH_DAYS)
        return Rates(_MONTHS * (growth ** (Decimal(_YEAR_DAYS) / _MONTHS) - 1), growth**_YEAR_DAYS - 1)


def _split(loan: FinancedLoan, *, due: tuple[int, ...], spans: tuple[int, ...]) -> Split:
    rate = loan.rate or _ZERO
    if loan.start is None:
        return split_payments(
            loan.principal_fen, rate=rate, method=loan.method, days=[_MONTH_DAYS * x for x in spans], year_days=_THIRTY_360,
            grace=sum(x <= loan.grace_months for x in due) if loan.grace_months else 0,
        )
    installments = build_schedule(LoanTerms(
        loan.principal_fen, rate, loan.months, loan.method, loan.start, loan.day_count,
        grace_months=loan.grace_months, every=loan.every,
    )).installments
    return Split(
        tuple(x.principal_fen for x in installments), tuple(x.interest_fen for x in installments),
        tuple(x.principal_fen + x.balance_fen for x in installments),
    )


@lru_cache(maxsize=1024)
def _spans(due: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(later - earlier for earlier, later in zip((0, *due), due, strict=False))
