"""All-in costs by the hundred thousand (批量测算综合融资成本): the rule's arithmetic, column by column.

Most loans of a batch are plain: equal months, monthly payments, at most one fee, paid at the drawdown by the borrower. Those of
one method and term are reckoned together, in columns of whole fen and decimals, so that the figures are those of the rule.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
import numpy.typing as npt

from huoshui.money import to_fen
from huoshui.rules.amortization import MAX_MONTHS, level_payment
from huoshui.rules.cost import AllInCost, CostRate, FinancedLoan
from huoshui.terms import DayCount, FeeBearer, RepaymentMethod

Column = npt.NDArray[np.object_]  # of int (fen) or Decimal
_FEE_WEIGHTS: Final = {  # how much of a fee at the drawdown is missing from the principal in use: where Newton starts, no more
    RepaymentMethod.EQUAL_INSTALLMENT: Decimal("0.71"),
    RepaymentMethod.EQUAL_PRINCIPAL: Decimal("0.71"),
    RepaymentMethod.INTEREST_MONTHLY: Decimal("0.55"),
}
_LEAST_PRINCIPAL_FEN: Final = 10_000
_LEAST_RATE: Final = Decimal("0.001")
_MONTHS: Final = 12
_MONTH_DAYS: Final = 30
_YEAR_DAYS: Final = 360
_STEPS: Final = 6
_RELATIVE: Final = Decimal("1e-14")
_ZERO: Final = Decimal(0)
_ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True)
class _Payments:
    paid: list[Column]  # of each month but the last
    is_level: bool  # all of those are equal
    last: Column
    interest: Column
    fen_months: Column
    is_sound: npt.NDArray[np.bool_]  # False where the rule must hold a payment back


def all_in_costs(loans: Sequence[FinancedLoan | None]) -> list[AllInCost | None]:
    """What `all_in_cost` gives for each plain loan (批量测算综合融资成本), None for every other and where there is no loan."""
    costs: list[AllInCost | None] = [None] * len(loans)
    alike: dict[tuple[RepaymentMethod, int], list[tuple[int, FinancedLoan]]] = {}
    for place, loan in enumerate(loans):
        if loan is not None and _is_plain(loan):
            alike.setdefault((loan.method, loan.months), []).append((place, loan))
    for (method, months), group in alike.items():
        for (place, _), cost in zip(group, _costs([x for _, x in group], method=method, months=months), strict=True):
            costs[place] = cost
    return costs


def _is_plain(loan: FinancedLoan) -> bool:
    if loan.rate is None or loan.start is not None or loan.subsidies or loan.every != 1 or loan.grace_months:
        return False
    if any(x.month or x.bearer is not FeeBearer.BORROWER or not 0 <= 2 * x.amount_fen < loan.principal_fen for x in loan.fees):
        return False
    return (
        loan.flat_monthly_rate is None
        and loan.day_count in (None, DayCount.THIRTY_360)
        and loan.method in _FEE_WEIGHTS
        and 1 < loan.months <= MAX_MONTHS
        and loan.principal_fen >= _LEAST_PRINCIPAL_FEN
        and loan.rate >= _LEAST_RATE
        and len(loan.fees) <= 1
    )


def _costs(loans: list[FinancedLoan], *, method: RepaymentMethod, months: int) -> list[AllInCost | None]:
    principal, fees = _column(x.principal_fen for x in loans), _column(x.fees[0].amount_fen if x.fees else 0 for x in loans)
    payments = _pay(loans, method=method, months=months)
    bare, is_exact = _solve(payments, received=principal, guess=payments.interest * _ONE / payments.fen_months)
    in_use = payments.fen_months * (_ONE - _FEE_WEIGHTS[method] * fees / principal)
    all_in, is_also_exact = _solve(payments, received=principal - fees, guess=(payments.interest + fees) / in_use)
    is_sound = payments.is_sound & is_exact & is_also_exact
    columns = zip(loans, is_sound, bare, all_in, payments.interest, strict=True)
    return [
        _cost(x, bare=without, all_in=rate, interest_fen=fen) if sound else None for x, sound, without, rate, fen in columns
    ]


def _solve(payments: _Payments, *, received: Column, guess: Column) -> tuple[Column, npt.NDArray[np.bool_]]:
    v, months = _ONE / (_ONE + guess), len(payments.paid) + 1
    is_exact = np.zeros(len(v), np.bool_)
    for _ in range(_STEPS):
        value, slope = _present_value(v, payments=payments)
        step = (received - value) / -slope
        v = v - step
        is_exact = months * step * step <= _RELATIVE * v * v * abs(_ONE - v)
        if is_exact.all():
            break
    return _ONE / v - _ONE, is_exact


def _cost(loan: FinancedLoan, *, bare: Decimal, all_in: Decimal, interest_fen: int) -> AllInCost:
    cost, fee_fen = CostRate(all_in), sum(x.amount_fen for x in loan.fees)
    naive = (loan.rate or _ZERO) + Decimal(fee_fen * _MONTHS) / (loan.principal_fen * loan.months)
    fee_rates = (_MONTHS * (all_in - bare),) if loan.fees else ()
    return AllInCost(cost, cost, naive, _MONTHS * bare, fee_rates, interest_fen, fee_fen, 0)


def _pay(loans: list[FinancedLoan], *, method: RepaymentMethod, months: int) -> _Payments:
    rates = [x.rate or _ZERO for x in loans]
    ratios = [x.as_integer_ratio() for x in rates]
    weight, half = _column(2 * _MONTH_DAYS * x for x, _ in ratios), _column(_YEAR_DAYS * x for _, x in ratios)
    unit, days = 2 * half, [_MONTH_DAYS] * months
    fixed = [0] * len(loans)
    if method is RepaymentMethod.EQUAL_INSTALLMENT:
        pairs = zip(loans, rates, strict=True)
        fixed = [level_payment(x.principal_fen, rate=rate, days=days, year_days=_YEAR_DAYS) for x, rate in pairs]
    elif method is RepaymentMethod.EQUAL_PRINCIPAL:
        fixed = [to_fen(Decimal(x.principal_fen) / months) for x in loans]
    level = _column(fixed)
    principal = _column(x.principal_fen for x in loans)
    balance = principal
    interest = (balance * weight + half) // unit
    is_sound = level > interest if method is RepaymentMethod.EQUAL_INSTALLMENT else balance > 0
    fen_months, paid = balance, []
    for _ in range(months - 1):
        paid.append(level if method is RepaymentMethod.EQUAL_INSTALLMENT else level + interest)
        balance = balance + interest - paid[-1]
        interest = (balance * weight + half) // unit
        fen_months = fen_months + balance
    is_level = method is not RepaymentMethod.EQUAL_PRINCIPAL
    last = balance + interest
    total = (len(paid) * paid[0] if is_level else sum(paid)) + last - principal
    return _Payments(paid, is_level, last, total, fen_months, is_sound & (balance > 0))


def _present_value(v: Column, *, payments: _Payments) -> tuple[Column, Column]:
    """The value of the payments at a discount factor, and its slope, as positive amounts."""
    value, slope = payments.last, 0 * v
    if payments.is_level:
        count, left = len(payments.paid), _ONE - v
        power = v ** (count - 1)
        whole = power * v
        series = (_ONE - whole) / left
        power = count * power
        slope = value * power + payments.paid[0] * (series - power) / left
        value = value * whole + payments.paid[0] * series
    else:
        for column in reversed(payments.paid):
            slope = slope * v + value
            value = value * v + column
    return value * v, slope * v + value


def _column(values: Iterable[object]) -> Column:
    given = list(values)
    column = np.empty(len(given), object)
    column[:] = given
    return column
