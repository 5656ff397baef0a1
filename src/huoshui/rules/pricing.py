"""What a loan must cost (定价): built up line by line from the probability of default, then held within bounds.

    (资金成本 + 预期损失 + 运营成本 + 资本成本 + 目标利润) / (1 - 税费占利息的比例) = 合同利率

Rates are decimal fractions of one a year, exact until the rate is rounded once to the product's step. Where a bound holds, the
price says which one and what it costs the bank a year; a subsidy lowers what the borrower pays, not the contract's rate.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Final

from huoshui.errors import BadPolicyFile
from huoshui.rules.cost import AllInCost, Fee, FinancedLoan, Refund, all_in_cost
from huoshui.rules.day_count import rounded_share
from huoshui.terms import FeeBearer, LoanArrangement, PriceItem, RepaymentMethod, Term

REFERENCE_FEN: Final = 100_000_000  # the all-in cost is reckoned on 1,000,000 yuan, where a rounded fen does not show
_ZERO: Final = Decimal(0)
_ONE: Final = Decimal(1)
_MONTHS: Final = 12


class PriceBound(Term):
    """What holds a rate that was built up (利率约束)."""

    FLOOR = "floor", "利率下限", "floor"
    CEILING = "ceiling", "利率上限", "ceiling"
    COST_CAP = "cost_cap", "综合融资成本上限", "cap on the all-in cost"


@dataclass(frozen=True, slots=True)
class FeeTerms:
    """A fee that comes with the product (产品收费): a part of the principal, so many months after the drawdown."""

    name: str
    rate: Decimal
    month: int = 0
    bearer: FeeBearer = FeeBearer.BORROWER


@dataclass(frozen=True, slots=True)
class PricingTerms:
    """What a product's policy says of its price (定价参数): fractions of one a year; by letter of the grade for `margin`."""

    months: int
    method: RepaymentMethod
    base: str | None
    funds_spread: Decimal
    loss_given_default: Decimal
    operating: Decimal
    capital_share: Decimal
    required_return: Decimal
    margin: Mapping[str, Decimal]
    tax_share: Decimal
    subsidy: Decimal
    floor: Decimal | None
    floor_reason: str
    ceiling: Decimal | None
    ceiling_reason: str
    arrangement: LoanArrangement
    least_margin: Decimal
    step: Decimal
    fees: tuple[FeeTerms, ...] = ()


@dataclass(frozen=True, slots=True)
class PricingRule:
    """A product's terms with the day's figures (定价规则): the base rate, and the cap on all-in cost where one applies."""

    terms: PricingTerms
    base_rate: Decimal
    cost_cap: Decimal | None = None
    base_source: str = ""
    cost_cap_source: str = ""


@dataclass(frozen=True, slots=True)
class PriceLine:
    """One line of a price (定价项): a rate a year, and how it came about."""

    item: PriceItem
    rate: Decimal
    how: str


@dataclass(frozen=True, slots=True)
class Price:
    """A rate with its lines, which add up to it (利率): `built` is the rate without bounds, `rate` the contract's.

    `bound_cost` is what the bound takes from the bank a year (below zero: gives it). `margin_left` is what remains of the rate
    after every cost and tax; `is_covered` whether that is as much as the product asks for at least.
    """

    lines: tuple[PriceLine, ...]
    built: Decimal
    rate: Decimal
    bound: PriceBound | None
    bound_reason: str
    bound_cost: Decimal
    margin_left: Decimal
    is_covered: bool
    subsidy: Decimal
    net_rate: Decimal
    all_in_rate: Decimal
    all_in_after_subsidy: Decimal


def price_loan(pd: Decimal, *, letter: str, rule: PricingRule) -> Price:
    """Price a loan of a probability of default and a grade's letter (定价).

    A letter without a margin is priced without one; whether it is served is not the price's question. Raises BadPolicyFile
    where no rate keeps the all-in cost within its cap.
    """
    terms = rule.terms
    margin = terms.margin.get(letter, _ZERO)
    parts = _parts(pd, margin=margin, rule=rule)
    costs = sum((x.rate for x in parts if x.item is not PriceItem.MARGIN), _ZERO)
    exact = (costs + margin) / (_ONE - terms.tax_share)
    built = _to_step(exact, step=terms.step)
    rate, bound, reason = _bounded(built, rule=rule)
    tax = rate * terms.tax_share
    bound_cost = built - rate
    lines = (
        *parts,
        PriceLine(PriceItem.TAX, built * terms.tax_share, f"{built} x {terms.tax_share}"),
        PriceLine(PriceItem.ROUNDING, built * (_ONE - terms.tax_share) - costs - margin, f"step {terms.step}, half up"),
        PriceLine(PriceItem.BOUND, -bound_cost, reason),
    )
    cost = _cost(rate, terms=terms)
    margin_left = rate - tax - costs
    return Price(
        lines=lines, built=built, rate=rate, bound=bound, bound_reason=reason, bound_cost=bound_cost, margin_left=margin_left,
        is_covered=margin_left >= terms.least_margin, subsidy=min(terms.subsidy, rate),
        net_rate=rate - min(terms.subsidy, rate), all_in_rate=cost.all_in.nominal,
        all_in_after_subsidy=cost.after_subsidy.nominal,
    )  # fmt: skip


def check_pricing(rule: PricingRule) -> None:
    """Refuse a product's terms that contradict themselves (检查定价参数); raises BadPolicyFile."""
    terms = rule.terms
    if not (_ZERO <= terms.tax_share < _ONE and _ZERO <= terms.loss_given_default <= _ONE and terms.step > 0):
        raise BadPolicyFile("a price takes a tax share below one, a loss given default of at most one, and a step above zero")
    if terms.floor is not None and terms.ceiling is not None and terms.floor > terms.ceiling:
        raise BadPolicyFile(f"the floor {terms.floor} of a price is above its ceiling {terms.ceiling}")
    if any(x < 0 for x in (terms.operating, terms.capital_share, terms.required_return, terms.subsidy, *terms.margin.values())):
        raise BadPolicyFile("the costs, the margins and the subsidy of a price are zero or more")


def _parts(pd: Decimal, *, margin: Decimal, rule: PricingRule) -> tuple[PriceLine, ...]:
    terms = rule.terms
    funds = f"{rule.base_source or 'no base rate'}: {rule.base_rate} + {terms.funds_spread}"
    loss = f"PD {pd} x LGD {terms.loss_given_default}"
    capital = f"{terms.capital_share} x {terms.required_return}"
    return (
        PriceLine(PriceItem.FUNDS, rule.base_rate + terms.funds_spread, funds),
        PriceLine(PriceItem.EXPECTED_LOSS, pd * terms.loss_given_default, loss),
        PriceLine(PriceItem.OPERATING, terms.operating, "operating"),
        PriceLine(PriceItem.CAPITAL, terms.capital_share * terms.required_return, capital),
        PriceLine(PriceItem.MARGIN, margin, "margin"),
    )


def _bounded(built: Decimal, *, rule: PricingRule) -> tuple[Decimal, PriceBound | None, str]:
    """The rate within its bounds, the one that holds, and its reason; the law's cap comes after the product's floor."""
    terms = rule.terms
    rate, bound, reason = built, None, ""
    floor = _ZERO if terms.floor is None else terms.floor
    if rate < floor:
        rate, bound, reason = floor, PriceBound.FLOOR, terms.floor_reason
    if terms.ceiling is not None and rate > terms.ceiling:
        lowered = _to_step(terms.ceiling, step=terms.step, rounding=ROUND_DOWN)
        rate, bound, reason = lowered, PriceBound.CEILING, terms.ceiling_reason
    if rule.cost_cap is not None and (lowered := _below_cap(rate, cap=rule.cost_cap, terms=terms)) < rate:
        rate, bound, reason = lowered, PriceBound.COST_CAP, rule.cost_cap_source
    return rate, bound, reason


def _below_cap(rate: Decimal, *, cap: Decimal, terms: PricingTerms) -> Decimal:
    """The highest rate of the step at most `rate` whose all-in cost keeps the cap."""
    if _cost(rate, terms=terms).all_in.nominal <= cap:
        return rate
    low, high = -1, int(rate / terms.step)
    while high - low > 1:
        middle = (low + high) // 2
        if _cost(middle * terms.step, terms=terms).all_in.nominal <= cap:
            low = middle
        else:
            high = middle
    if low < 0:
        raise BadPolicyFile(f"the product's fees alone come to the cap {cap} on the all-in cost; expected lower fees")
    return low * terms.step


def _cost(rate: Decimal, *, terms: PricingTerms) -> AllInCost:
    fees = tuple(Fee(x.name, _part(x.rate), x.month, x.bearer) for x in terms.fees)
    subsidy = _part(min(terms.subsidy, rate) * terms.months / _MONTHS)
    loan = FinancedLoan(
        REFERENCE_FEN, terms.months, terms.method, rate, fees=fees,
        subsidies=(Refund(subsidy, terms.months),) if subsidy else (),
    )  # fmt: skip
    return all_in_cost(loan)


def _part(rate: Decimal) -> int:
    numerator, denominator = rate.as_integer_ratio()
    return rounded_share(REFERENCE_FEN * numerator, of=denominator)


def _to_step(rate: Decimal, *, step: Decimal, rounding: str = ROUND_HALF_UP) -> Decimal:
    return (rate / step).quantize(_ONE, rounding=rounding) * step
