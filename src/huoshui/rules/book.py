"""What a loan of a book is expected to earn (信贷组合损益): for one firm, exact; the allocation reckons the same in columns.

    预期利润 = 接受率 x (金额 x (利率 x (1 - 违约概率) - 违约概率 x 违约损失率 - 资金成本率 - 运营成本率) - 每笔成本)

A firm that does not take the loan earns nothing and loses nothing. A loan that fails pays no interest. Amounts are whole fen,
rates are fractions a year over a term of one year; nothing is rounded before the profit itself.
"""

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from typing import Final

from huoshui.errors import BadAmount, BadRate
from huoshui.rules.churn import Curve
from huoshui.terms import BudgetReading, Term

PD_PLACES: Final = 9
EVIDENCE_PLACES: Final = 6
_EVIDENCE: Final = Decimal("1e-6")
_WIDE: Final = Context(prec=60)


class BookReason(Term):
    """Why a firm is in the book with its amount, or not now (组合结论代码): F is funded, W waits."""

    AT_LIMIT = "F01", "按额度上限安排", "funded up to its limit"
    IN_PART = "F02", "额度内部分安排", "funded in part"
    PD_UNKNOWN = "W01", "违约概率不明", "its probability of default is not known"
    DECISION_UNKNOWN = "W02", "评级待补证据", "its rating lacks evidence"
    REFUSED = "W03", "评级不予授信", "its rating refuses it"
    NO_CURVE = "W04", "所在等级没有利率与流失率数据", "nothing is known of what its grade accepts at a price"
    LIMIT_TOO_LOW = "W05", "额度低于起贷金额", "its limit is below the least amount"
    PRICE_TOO_HIGH = "W06", "可用利率不足以覆盖其风险和成本", "no price allowed covers its risk and cost"
    BUDGET = "W07", "预算已用于收益更高的主体", "the budget earns more elsewhere"
    CONDITION = "W08", "受附加条件限制", "side conditions leave no room for it"


@dataclass(frozen=True, slots=True)
class LoanCosts:
    """What a loan costs the bank (贷款成本参数).

    `lgd` is the share of a failed loan that is lost, `funds_rate` and `cost_rate` are a year's cost of money and of work for
    each yuan drawn, `cost_fen` is what one loan costs whatever its amount.
    """

    lgd: Decimal = Decimal(1)
    funds_rate: Decimal = Decimal(0)
    cost_rate: Decimal = Decimal(0)
    cost_fen: int = 0


def check_costs(costs: LoanCosts) -> None:
    """Refuse parameters that cannot be (参数检查): raises BadRate or BadAmount."""
    for field, rate in (("lgd", costs.lgd), ("funds-rate", costs.funds_rate), ("cost-rate", costs.cost_rate)):
        if not 0 <= rate <= 1:
            raise BadRate(f"{field} is a fraction from 0 to 1; got {rate}", field=field)
    if costs.cost_fen < 0:
        raise BadAmount("the cost of a loan must be zero or more", field="cost-per-loan")


def expected_profit_fen(amount_fen: int, *, rate: Decimal, accepted: Decimal, pd: Decimal, costs: LoanCosts) -> int:
    """What an offer is expected to earn in a year, in fen, rounded half away from zero (预期利润)."""
    r, k, p = Fraction(rate), Fraction(accepted), Fraction(pd)
    margin = r * (1 - p) - p * Fraction(costs.lgd) - Fraction(costs.funds_rate) - Fraction(costs.cost_rate)
    exact = k * (amount_fen * margin - costs.cost_fen)
    whole = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return whole if exact >= 0 else -whole


def expected_loss_fen(amount_fen: int, *, accepted: Decimal, pd: Decimal, costs: LoanCosts) -> Fraction:
    """What an offer is expected to lose through default, in fen, not rounded (预期损失): only what is drawn can be lost."""
    return amount_fen * Fraction(accepted) * Fraction(pd) * Fraction(costs.lgd)


def highest_pd(
    curve: Curve, *, amount_fen: int, shadow_price: Decimal, reading: BudgetReading, costs: LoanCosts
) -> Decimal | None:
    """The probability of default below which a firm is worth its money (可安排的最高违约概率), rounded down to six places.

    At that PD the best price just pays the shadow price of the budget. None where no PD would do, not even zero.
    """
    fixed = Fraction(costs.funds_rate) + Fraction(costs.cost_rate) + Fraction(costs.cost_fen, amount_fen)
    found = []
    for rate, accepted in zip(curve.rates, curve.accepted, strict=True):
        if accepted:
            budget = Fraction(shadow_price) / (Fraction(accepted) if reading is BudgetReading.OFFERED else 1)
            found.append((Fraction(rate) - fixed - budget) / (Fraction(rate) + Fraction(costs.lgd)))
    best = max(found, default=Fraction(-1))
    if best <= 0:
        return None
    return _WIDE.divide(Decimal(best.numerator), Decimal(best.denominator)).quantize(_EVIDENCE, rounding=ROUND_FLOOR)


def price_ladder(curve: Curve) -> tuple[int, ...]:
    """The rates that can be best for some firm of a grade (价格阶梯): their places in the curve, from the dearest down.

    A firm's profit for each yuan at a rate is a shear of the point (share, share x rate) of its grade, and a shear keeps the
    upper hull. So the hull of these points with the origin is the hull of every firm of the grade. Its edges become flatter,
    and a firm climbs as long as the next edge pays for its risk, its cost and the budget's price.
    """
    points = [
        (Fraction(k), Fraction(k) * Fraction(r), place)
        for place, (r, k) in enumerate(zip(curve.rates, curve.accepted, strict=True))
    ]
    hull: list[tuple[Fraction, Fraction, int]] = [(Fraction(0), Fraction(0), -1)]
    for x, y, place in sorted((p for p in points if p[0] > 0), key=lambda p: (p[0], p[1])):
        if x == hull[-1][0]:
            hull.pop()  # the dearer of two rates that win the same share
        while len(hull) > 1 and _rises_more(hull[-2], hull[-1], (x, y, place)):
            hull.pop()
        hull.append((x, y, place))
    return tuple(place for _, _, place in hull[1:])


def _rises_more(
    one: tuple[Fraction, Fraction, int], two: tuple[Fraction, Fraction, int], new: tuple[Fraction, Fraction, int]
) -> bool:
    return (two[1] - one[1]) * (new[0] - one[0]) <= (new[1] - one[1]) * (two[0] - one[0])
