"""The rate hidden in a series of cash flows (内部收益率), by decimals only.

Everything is solved for the discount factor of one period, v = 1 / (1 + i): the value of the flows is then a polynomial in v,
whose first coefficient is what the borrower gets. Newton's steps are held inside a bracket that halves when they leave it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Final

from huoshui.errors import BadRequest

_ZERO: Final = Decimal(0)
_ONE: Final = Decimal(1)
_STEPS: Final = 200
_LONG_RUN: Final = 4
_NEAR_ZERO: Final = Decimal("1e-6")
_SHORT: Final = Decimal("1e-6")
_RELATIVE: Final = Decimal("1e-12")
_TINY: Final = Decimal("1e-14")
_LARGEST_FACTOR: Final = Decimal(10) ** 6

Flow = tuple[int, int]  # (periods after the drawdown, fen)
Evaluate = Callable[[Decimal], tuple[Decimal, Decimal]]  # v -> value and slope of the flows' present value


@dataclass(frozen=True, slots=True)
class FlowSeries:
    """Flows one period apart, the first at the drawdown (等间隔现金流), in fen; equal ones in a row are kept as a run."""

    runs: tuple[Flow, ...]  # (how many, fen), the last flow first
    first: int
    later: int
    periods: int

    @classmethod
    def of(cls, flows: Sequence[int]) -> "FlowSeries":
        """Keep equal flows in a row as a run (压缩现金流)."""
        runs = tuple((len(list(same)), fen) for fen, same in groupby(reversed(flows)))
        return cls(runs, flows[0], sum(flows) - flows[0], len(flows) - 1)

    def value(self, v: Decimal) -> tuple[Decimal, Decimal]:
        """The present value of the flows at a discount factor, and its slope (现值及其导数)."""
        value, slope, left = _ZERO, _ZERO, _ONE - v
        for count, fen in self.runs:
            if count < _LONG_RUN or abs(left) < _NEAR_ZERO:
                for _ in range(count):
                    slope = slope * v + value
                    value = value * v + fen
            else:  # a geometric series
                power = v ** (count - 1)
                whole = power * v
                series = (_ONE - whole) / left
                power *= count
                slope = slope * whole + value * power + fen * (series - power) / left
                value = value * whole + fen * series
        return value, slope


def periodic_rate(flows: FlowSeries, *, extra: Sequence[Flow] = (), guess: Decimal) -> Decimal:
    """The rate a period at which the flows are worth nothing at the drawdown (每期内部收益率), to 10 digits and more.

    `extra` flows are added to the series. What the borrower gets at the drawdown must be more than zero, payments are
    negative. Where refunds larger than a payment make several rates possible, it is one near `guess`. Raises BadRequest when
    there is no rate.
    """
    at_once = sum(fen for period, fen in extra if period == 0)
    _check(flows.first + at_once, later=flows.later + sum(fen for _, fen in extra) - at_once)

    def evaluate(v: Decimal) -> tuple[Decimal, Decimal]:
        value, slope = flows.value(v)
        for period, fen in extra:
            if period:
                power = fen * v ** (period - 1)
                slope += period * power
                value += power * v
            else:
                value += fen
        return value, slope

    return _solve(evaluate, guess=guess, periods=flows.periods)


def daily_rate(flows: Sequence[Flow], *, guess: Decimal) -> Decimal:
    """The rate a day at which flows on given days are worth nothing at the drawdown (每日内部收益率).

    Each flow is (days after the drawdown, fen), in the order of the days; otherwise as `periodic_rate`.
    """
    at_once = sum(fen for days, fen in flows if days == 0)
    _check(at_once, later=sum(fen for _, fen in flows) - at_once)

    def evaluate(v: Decimal) -> tuple[Decimal, Decimal]:
        value, slope, power, reached = _ZERO, _ZERO, _ONE, 0
        for days, fen in flows:
            power *= v ** (days - reached)
            reached = days
            value += fen * power
            slope += fen * days * power
        return value, slope / v

    return _solve(evaluate, guess=guess, periods=flows[-1][0])


def _check(first: int, *, later: int) -> None:
    if first <= 0:
        raise BadRequest("no rate exists: the fees at the drawdown leave nothing of the principal; expected fees below it", field="fee")
    if later >= 0:
        raise BadRequest("no rate exists: the borrower pays nothing back on balance; expected payments larger than refunds", field="subsidy")


def _solve(evaluate: Evaluate, *, guess: Decimal, periods: int) -> Decimal:
    low, high = _ZERO, None
    v = _ONE / (_ONE + guess)
    for _ in range(_STEPS):
        value, slope = evaluate(v)
        if not value:
            return _ONE / v - _ONE
        low, high = (v, high) if value > _ZERO else (low, v)
        step = value / slope if slope < _ZERO else v
        nearer = v - step
        if -_SHORT < step < _SHORT and periods * step * step <= _RELATIVE * nearer * (abs(_ONE - nearer) + _TINY):
            return _ONE / nearer - _ONE  # a step of Newton leaves an error of about periods / 2 times its square
        if nearer > low and (high is None or nearer < high):
            v = nearer
        elif high is not None:
            v = (low + high) / 2
        elif v < _LARGEST_FACTOR:
            v *= 2
        else:
            break
    raise BadRequest("no rate exists for these cash flows; expected payments that repay the principal")
