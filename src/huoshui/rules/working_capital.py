"""How much working capital a firm needs (流动资金需求测算).

    营运资金量 = 上年度销售收入 x (1 - 上年度销售利润率) x (1 + 预计销售收入年增长率) / 营运资金周转次数
    营运资金周转次数 = 360 / (存货 + 应收账款 - 应付账款 + 预付账款 - 预收账款 的周转天数)

Nothing is rounded before the need itself. Balances are averages over the year; a balance of zero turns over in zero days.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from huoshui.errors import BadAmount, BadRate, BadRequest
from huoshui.rules.day_count import rounded_share

_YEAR_DAYS: Final = 360


@dataclass(frozen=True, slots=True)
class Balances:
    """Average balances over the year, in fen (平均余额): half a fen is possible where an average makes it."""

    inventory: Decimal
    receivable: Decimal
    payable: Decimal
    prepaid: Decimal
    advance: Decimal


@dataclass(frozen=True, slots=True)
class Operation:
    """What a need is reckoned from (测算依据): fen, and rates as fractions of one.

    Sales and cost of sales are last year's, `growth` is what sales are expected to grow; the last three are what finances the
    firm already. Own funds may be negative.
    """

    sales_fen: int
    cost_fen: int
    profit_rate: Decimal
    growth: Decimal
    balances: Balances
    own_funds_fen: int = 0
    existing_loans_fen: int = 0
    other_funds_fen: int = 0


@dataclass(frozen=True, slots=True)
class TurnoverDays:
    """How many days each balance takes to turn over (周转天数), and all of them together, signed as they bind money."""

    inventory: Decimal
    receivable: Decimal
    payable: Decimal
    prepaid: Decimal
    advance: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class Need:
    """A working-capital need (营运资金量): amounts in fen, `turnovers` a year.

    `gap_fen` is what the funds at hand leave open; where they exceed the need it is negative, no new loan is needed, and
    `surplus_fen` says by how much.
    """

    turnovers: Decimal
    need_fen: int
    gap_fen: int

    @property
    def new_loan_fen(self) -> int:
        """The most a new working-capital loan may be (新增流动资金贷款额度)."""
        return max(self.gap_fen, 0)

    @property
    def surplus_fen(self) -> int:
        """What the funds at hand exceed the need by (资金富余)."""
        return max(-self.gap_fen, 0)


@dataclass(frozen=True, slots=True)
class WorkingCapital:
    """The turnover days, and the need, which is None where the formula does not apply (测算结果)."""

    days: TurnoverDays
    need: Need | None


def estimate_working_capital(operation: Operation) -> WorkingCapital:
    """Estimate a firm's working-capital need (测算流动资金需求).

    Where suppliers and customers finance the whole cycle (the days add up to zero or less) the formula has no meaning and
    there is no need to state. Raises BadAmount, BadRate or BadRequest for figures that cannot be.
    """
    _check(operation)
    balances, sales, cost = operation.balances, operation.sales_fen, operation.cost_fen
    inventory, payable, prepaid = (_days(x, flow_fen=cost) for x in (balances.inventory, balances.payable, balances.prepaid))
    receivable, advance = (_days(x, flow_fen=sales) for x in (balances.receivable, balances.advance))
    total = inventory + receivable - payable + prepaid - advance
    days = TurnoverDays(*map(_decimal, (inventory, receivable, payable, prepaid, advance, total)))
    if total <= 0:
        return WorkingCapital(days, None)
    exact = sales * (1 - Fraction(operation.profit_rate)) * (1 + Fraction(operation.growth)) * total / _YEAR_DAYS
    need_fen = rounded_share(exact.numerator, of=exact.denominator)
    gap_fen = need_fen - operation.own_funds_fen - operation.existing_loans_fen - operation.other_funds_fen
    return WorkingCapital(days, Need(_decimal(_YEAR_DAYS / total), need_fen, gap_fen))


def _days(balance_fen: Decimal, *, flow_fen: int) -> Fraction:
    return _YEAR_DAYS * Fraction(balance_fen) / flow_fen if balance_fen else Fraction(0)


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / value.denominator


def _check(operation: Operation) -> None:
    balances = operation.balances
    if operation.sales_fen <= 0:
        raise BadAmount("last year's sales must be more than zero; expected yuan such as 20000000", field="sales")
    amounts: dict[str, int | Decimal] = {
        "cost": operation.cost_fen, "inventory": balances.inventory, "receivable": balances.receivable,
        "payable": balances.payable, "prepaid": balances.prepaid, "advance": balances.advance,
        "existing-loans": operation.existing_loans_fen, "other-funds": operation.other_funds_fen,
    }  # fmt: skip
    for field, amount in amounts.items():
        if amount < 0:
            raise BadAmount(f"{field} must be zero or more", field=field)
    if operation.cost_fen == 0 and (balances.inventory or balances.payable or balances.prepaid):
        raise BadRequest("cost must be more than zero where there is inventory, payable or prepaid", field="cost")
    if operation.profit_rate > 1:
        raise BadRate(f"a profit rate is at most 1; got {operation.profit_rate}", field="profit-rate")
    if operation.growth < -1:
        raise BadRate(f"growth is at least -1, which is the end of all sales; got {operation.growth}", field="growth")
