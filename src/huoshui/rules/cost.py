"""The all-in cost of a loan by cash flow (综合融资成本).

What the borrower gets at the drawdown is the principal less the fees paid then; what he pays are the installments and the
fees of each month. The rate at which both are worth the same is the cost: `nominal` is twelve times the monthly rate,
`effective` compounds it over a year. The sum of the contract rate and the fees (`naive`) understates a loan that amortises.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from operator import mul
from typing import Final

from huoshui.errors import BadRequest
from huoshui.rules.amortization import Split, check_loan, due_months, split_payments
from huoshui.rules.calendar import add_months
from huoshui.rules.cash_flow import Flow, compress, daily_rate, periodic_rate
from huoshui.rules.day_count import rounded_share
from huoshui.rules.schedule import LoanTerms, build_schedule
from huoshui.terms import DayCount, FeeBearer, RepaymentMethod

_MONTHS: Final = 12
_MONTH_DAYS: Final = 30
_THIRTY_360: Final = 360
_YEAR_DAYS: Final = 365
_ZERO: Final = Decimal(0)
_EQUAL_MONTHS: Final = (None, DayCount.THIRTY_360)


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
    `day_count`, act/360 where that is None, and the cost is reckoned by exact days over a year of 365.
    """

    principal_fen: int
    months: int
    method: RepaymentMethod
    rate: Decimal | None = None
    flat_monthly_rate: Decimal | None = None
    every: int = 1
    grace_months: int = 0
    start: date | None = None
    day_count: DayCount | None = None
    fees: tuple[Fee, ...] = ()
    subsidies: tuple[Refund, ...] = ()


@dataclass(frozen=True, slots=True)
class CostRate:
    """A cost as a rate (年化成本): so much a month, and what that makes a year."""

    monthly: Decimal

    @property
    def nominal(self) -> Decimal:
        """Twelve times the monthly rate (名义年化)."""
        return _MONTHS * self.monthly

    @property
    def effective(self) -> Decimal:
        """The monthly rate compounded over a year (实际年化)."""
        return (1 + self.monthly) ** _MONTHS - 1


@dataclass(frozen=True, slots=True)
class AllInCost:
    """The all-in cost of a loan (综合融资成本); amounts in fen, rates a year.

    `interest_rate` is the nominal cost without any fee, `fee_rates` are what each fee adds to the nominal cost (with it, minus
    without it), in the order of the loan's fees; one that the borrower does not bear adds nothing.
    """

    all_in: CostRate
    after_subsidy: CostRate
    naive: Decimal
    interest_rate: Decimal
    fee_rates: tuple[Decimal, ...]
    interest_fen: int
    fee_fen: int
    subsidy_fen: int


def all_in_cost(loan: FinancedLoan) -> AllInCost:
    """Reckon what a loan costs the borrower (测算综合融资成本).

    Only fees that the borrower bears count. Raises BadAmount, BadRate, or BadRequest when the loan cannot be repaid as
    asked, a fee falls outside its life, the subsidies are more than interest and fees, or no rate exists.
    """
    yearly_rate = _check(loan)
    due = due_months(loan.months, method=loan.method, every=loan.every)
    spans = _spans(due)
    split = _split(loan, due=due, spans=spans)
    interest_fen = sum(split.interest_fen)
    solve = _solver(loan, due=due, split=split, fen_months=sum(map(mul, split.balance_fen, spans)), interest_fen=interest_fen)
    borne = [(place, (x.month, -x.amount_fen)) for place, x in enumerate(loan.fees) if x.bearer is FeeBearer.BORROWER]
    fees, refunds = [x for _, x in borne], [(x.month, x.amount_fen) for x in loan.subsidies]
    fee_fen, subsidy_fen = -_total(fees), _total(refunds)
    if subsidy_fen > interest_fen + fee_fen:
        raise BadRequest(
            f"subsidies of {subsidy_fen} fen are more than the loan costs; expected at most its interest and fees, "
            f"{interest_fen + fee_fen} fen",
            field="subsidy",
        )
    bare = solve([])
    all_in = solve(fees) if fees else bare
    fee_rates = [_ZERO] * len(loan.fees)
    for place, _ in borne:
        others = [x for other, x in borne if other != place]
        fee_rates[place] = _MONTHS * (all_in - (solve(others) if others else bare))
    cost = CostRate(all_in)
    return AllInCost(
        cost,
        CostRate(solve(fees + refunds)) if refunds else cost,
        yearly_rate + Decimal(fee_fen * _MONTHS) / (loan.principal_fen * loan.months),
        _MONTHS * bare,
        tuple(fee_rates),
        interest_fen,
        fee_fen,
        subsidy_fen,
    )


def _total(flows: Sequence[Flow]) -> int:
    return sum([fen for _, fen in flows])


def _check(loan: FinancedLoan) -> Decimal:
    if (loan.rate is None) == (loan.flat_monthly_rate is None):
        raise BadRequest("expected either rate or flat-monthly-rate, one of the two", field="rate")
    if loan.start is None and loan.day_count not in _EQUAL_MONTHS:
        raise BadRequest(f"{loan.day_count} counts days from the drawdown; give from as well", field="day-count")
    yearly_rate = loan.rate if loan.rate is not None else _MONTHS * (loan.flat_monthly_rate or _ZERO)
    check_loan(
        loan.principal_fen,
        rate=yearly_rate,
        months=loan.months,
        method=loan.method,
        every=loan.every,
        grace_months=loan.grace_months,
    )
    for field, items in (("fee", loan.fees), ("subsidy", loan.subsidies)):
        for item in items:
            if item.amount_fen < 0 or not 0 <= item.month <= loan.months:
                raise BadRequest(
                    f"a {field} must be zero or more and fall 0 to {loan.months} months after the drawdown; "
                    f"got {item.amount_fen} fen at {item.month}",
                    field=field,
                )
    return yearly_rate


def _solver(
    loan: FinancedLoan, *, due: tuple[int, ...], split: Split, fen_months: int, interest_fen: int
) -> Callable[[list[Flow]], Decimal]:
    """From fees and refunds to the monthly rate of the loan with them."""
    flows = [loan.principal_fen, *[0] * loan.months]
    for month, principal, interest in zip(due, split.principal_fen, split.interest_fen, strict=True):
        flows[month] = -principal - interest
    if loan.start is None:
        runs = compress(flows)
        return lambda extra: periodic_rate(runs, extra=extra, guess=Decimal(interest_fen - _total(extra)) / fen_months)
    days = [(add_months(loan.start, months=x) - loan.start).days for x in range(loan.months + 1)]

    def by_days(extra: list[Flow]) -> Decimal:
        dated = sorted([*zip(days, flows, strict=True), *((days[month], fen) for month, fen in extra)])
        guess = Decimal(interest_fen - _total(extra)) / (fen_months * _MONTH_DAYS)
        return (1 + daily_rate(dated, guess=guess)) ** (Decimal(_YEAR_DAYS) / _MONTHS) - 1

    return by_days


def _split(loan: FinancedLoan, *, due: tuple[int, ...], spans: tuple[int, ...]) -> Split:
    rate = loan.rate or _ZERO
    if loan.start is None:
        split = split_payments(
            loan.principal_fen,
            rate=rate,
            method=loan.method,
            days=[_MONTH_DAYS * x for x in spans],
            year_days=_THIRTY_360,
            grace=sum(x <= loan.grace_months for x in due) if loan.grace_months else 0,
        )
    else:
        split = build_schedule(
            LoanTerms(
                loan.principal_fen,
                rate,
                loan.months,
                loan.method,
                loan.start,
                loan.day_count or DayCount.ACT_360,
                grace_months=loan.grace_months,
                every=loan.every,
            )
        ).split
    if loan.flat_monthly_rate is None:
        return split
    numerator, denominator = loan.flat_monthly_rate.as_integer_ratio()
    interests = [rounded_share(loan.principal_fen * numerator * x, of=denominator) for x in spans]
    return Split(split.principal_fen, tuple(interests), split.balance_fen)


@lru_cache(maxsize=1024)
def _spans(due: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(later - earlier for earlier, later in zip((0, *due), due, strict=False))
