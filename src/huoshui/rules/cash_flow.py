"""The rate hidden in a series of cash flows (内部收益率), by decimals only.

Everything is solved for the discount factor of one period, v = 1 / (1 + i): the value of the flows is then a polynomial in v,
whose first coefficient is what the borrower gets. Newton's steps are held inside a bracket, which is halved where they leave it
or do not halve from one to the next.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from huoshui.errors import BadRequest

_ZERO: Final = Decimal(0)
_ONE: Final = Decimal(1)
_STEPS: Final = 200
_NEAR_ZERO: Final = Decimal("1e-6")
_SHORT: Final = Decimal("1e-6")
_RELATIVE: Final = Decimal("1e-14")
_LARGEST_FACTOR: Final = Decimal(10) ** 6

Flow = tuple[int, int]  # (periods after the drawdown, fen)
Runs = tuple[Flow, ...]  # (how many, fen)
Evaluate = Callable[[Decimal], tuple[Decimal, Decimal]]  # v -> value and slope of the flows' present value


def compress(flows: Sequence[int]) -> Runs:
    """Flows one period apart as runs of equal ones (压缩等间隔现金流), the last first; the drawdown is a run of its own."""
    drawdown, level, last = flows[0], flows[1], flows[-1]
    payments = len(flows) - 1
    equal = flows.count(level)
    if equal == payments:
        return ((payments, level), (1, drawdown))
    if equal == payments - 1 and last != level:
        return ((1, last), (equal, level), (1, drawdown))
    return tuple([(1, fen) for fen in reversed(flows)])


def periodic_rate(runs: Runs, *, extra: Sequence[Flow] = (), guess: Decimal) -> Decimal:
    """The rate a period at which flows one period apart are worth nothing at the drawdown (每期内部收益率), to 13 digits.

    `runs` come from `compress`, `extra` flows are added to them. What the borrower gets at the drawdown must be more than
    zero, payments are negative. Only refunds larger than a payment can make several rates possible; then it is one of them.
    Raises BadRequest when no rate is found, which cannot happen without such refunds.
    """

    def evaluate(v: Decimal) -> tuple[Decimal, Decimal]:
        value, slope = _value_of_runs(v, runs=runs)
        for period, fen in extra:
            if period:
                power = fen * v ** (period - 1)
                slope += period * power
                value += power * v
            else:
                value += fen
        return value, slope

    drawdown = runs[-1][1] + sum(fen for period, fen in extra if period == 0)
    return _solve(evaluate, guess=guess, periods=sum(count for count, _ in runs) - 1, drawdown=drawdown)


def _value_of_runs(v: Decimal, *, runs: Runs) -> tuple[Decimal, Decimal]:
    value = slope = _ZERO
    left = _ONE - v
    for count, fen in runs:
        if count > 1 and abs(left) >= _NEAR_ZERO:  # a geometric series
            power = v ** (count - 1)
            whole = power * v
            series = (_ONE - whole) / left
            power *= count
            slope = slope * whole + value * power + fen * (series - power) / left
            value = value * whole + fen * series
            continue
        for _ in range(count):
            slope = slope * v + value
            value = value * v + fen
    return value, slope


def daily_rate(flows: Sequence[Flow], *, guess: Decimal) -> Decimal:
    """The rate a day at which flows on given days are worth nothing at the drawdown (每日内部收益率).

    Each flow is (days after the drawdown, fen), in the order of the days; otherwise as `periodic_rate`.
    """

    def evaluate(v: Decimal) -> tuple[Decimal, Decimal]:
        value, slope, power, reached = _ZERO, _ZERO, _ONE, 0
        for days, fen in flows:
            power *= v ** (days - reached)
            reached = days
            value += fen * power
            slope += fen * days * power
        return value, slope / v

    drawdown = sum(fen for days, fen in flows if days == 0)
    return _solve(evaluate, guess=guess, periods=flows[-1][0], drawdown=drawdown)


def _solve(evaluate: Evaluate, *, guess: Decimal, periods: int, drawdown: int) -> Decimal:
    if drawdown <= 0:
        raise BadRequest("no rate exists: fees at the drawdown eat up the principal; expected less than it", field="fee")
    low, high = _ZERO, None
    v, last = _ONE / (_ONE + guess), _LARGEST_FACTOR
    for _ in range(_STEPS):
        value, slope = evaluate(v)
        if value > _ZERO:
            low = v
        else:
            high = v
        step = value / slope if slope < _ZERO else v
        nearer = v - step
        if _is_near(nearer, step=step, periods=periods):
            return _ONE / nearer - _ONE
        if high is None:
            if nearer <= v and v >= _LARGEST_FACTOR:
                break
            nearer = min(nearer, 2 * v) if nearer > v else 2 * v
        elif not low < nearer < high or 2 * abs(step) > last:  # outside, or so slow that halving is faster
            nearer = (low + high) / 2
        last, v = abs(nearer - v), nearer
    raise BadRequest("no rate exists for these cash flows; expected payments that repay the principal")


def _is_near(v: Decimal, *, step: Decimal, periods: int) -> bool:
    """Whether what a step of Newton leaves, about periods / (2 v) times its square, is small against the rate."""
    return abs(step) < _SHORT and periods * step * step <= _RELATIVE * v * v * abs(_ONE - v)
