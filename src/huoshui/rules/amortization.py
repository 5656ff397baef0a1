"""How payments split into principal and interest (本息拆分): whole fen, without dates.

The one definition of the four repayment methods. `schedule` adds the days, `cost` the fees.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from operator import sub
from typing import Final

from huoshui.errors import BadAmount, BadRate, BadRequest
from huoshui.money import to_fen
from huoshui.terms import RepaymentMethod

MAX_MONTHS: Final = 600


@dataclass(frozen=True, slots=True)
class Split:
    """Principal and interest of each installment, in fen (各期本金、利息); the principal parts add up to the loan."""

    principal_fen: tuple[int, ...]
    interest_fen: tuple[int, ...]
    balance_fen: tuple[int, ...]  # before each installment: the principal in use


def check_loan(
    principal_fen: int, *, rate: Decimal, months: int, method: RepaymentMethod, every: int, grace_months: int
) -> None:
    """Refuse a loan that cannot be repaid as asked (校验贷款要素); raises BadAmount, BadRate or BadRequest."""
    if principal_fen <= 0:
        raise BadAmount("the principal must be more than zero; expected yuan such as 500000", field="principal")
    if rate < 0:
        raise BadRate(f"the rate must not be negative; got {rate}", field="rate")
    if not 1 <= months <= MAX_MONTHS:
        raise BadRequest(f"months must be 1 to {MAX_MONTHS}; got {months}", field="months")
    if not 1 <= every <= months:
        raise BadRequest(f"every must be 1 to the loan's {months} months; got {every}", field="every")
    if grace_months and method not in (RepaymentMethod.EQUAL_INSTALLMENT, RepaymentMethod.EQUAL_PRINCIPAL):
        raise BadRequest(f"{method} repays the principal at the end; leave out grace-months", field="grace-months")
    if not 0 <= grace_months < months:
        raise BadRequest(f"grace-months must be fewer than the {months} months; got {grace_months}", field="grace-months")


def due_months(months: int, *, method: RepaymentMethod, every: int) -> tuple[int, ...]:
    """After how many months each installment is due (各期到期月数): every n months and at the end, a bullet only at the end."""
    if method is RepaymentMethod.BULLET:
        return (months,)
    return (*range(every, months, every), months)


def split_payments(
    principal_fen: int, *, rate: Decimal, method: RepaymentMethod, days: Sequence[int], year_days: int, grace: int = 0
) -> Split:
    """Split a loan into installments (拆分各期本息).

    `days` are those of each period, `grace` the first installments that pay interest only. Interest is rounded once an
    installment, half up; the last installment repays what is left. All values must have passed `check_loan`.
    """
    share, level = 0, 0
    if method is RepaymentMethod.EQUAL_INSTALLMENT:
        level = level_payment(principal_fen, rate=rate, days=days[grace:], year_days=year_days)
    elif method is RepaymentMethod.EQUAL_PRINCIPAL:
        share = to_fen(Decimal(principal_fen) / (len(days) - grace))
    numerator, denominator = rate.as_integer_ratio()
    unit, half = 2 * denominator * year_days, denominator * year_days
    weights = [2 * numerator * x for x in days]
    interests = [(principal_fen * x + half) // unit for x in weights[:grace]]
    balances = [principal_fen] * grace
    balance = principal_fen
    for weight in weights[grace:-1]:
        interest = (balance * weight + half) // unit
        interests.append(interest)
        balances.append(balance)
        balance = max(balance - (level - interest if level > interest else share), 0)
    interests.append((balance * weights[-1] + half) // unit)
    balances.append(balance)
    parts = tuple(map(sub, balances, (*balances[1:], 0)))
    return Split(parts, tuple(interests), tuple(balances))


def level_payment(principal_fen: int, *, rate: Decimal, days: Sequence[int], year_days: int) -> int:
    """The equal payment that repays a loan over periods of these days, in fen (等额本息月供).

    Exact for unequal periods too: the payments' values at the drawdown, discounted period by period, add up to the principal.
    """
    if days.count(days[0]) == len(days):
        return to_fen(principal_fen / _equal_periods_factor(rate * days[0] / year_days, count=len(days)))
    factor = Decimal(0)
    for count in reversed(days):
        factor = (factor + 1) / (1 + rate * count / year_days)
    return to_fen(principal_fen / factor)


@lru_cache(maxsize=4096)
def _equal_periods_factor(growth: Decimal, *, count: int) -> Decimal:
    """What payments of one at the end of so many equal periods are worth at the drawdown."""
    return (1 - (1 + growth) ** -count) / growth if growth else Decimal(count)
