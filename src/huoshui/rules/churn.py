"""Acceptance against price (利率与客户流失): which share of the firms of a grade takes a loan at a rate.

A table says which share is lost at each rate. What is lost cannot fall while the price rises, so that a dip in the table is
noise of its sample: it is smoothed by pooling adjacent violators, in exact fractions. Shares are rounded once, to 12 places.
Between two rates of the table acceptance is interpolated; outside of the table nothing is known and nothing is reckoned.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final

from huoshui.errors import BadRate, BadRequest

RATE_PLACES: Final = 6
_SHARE: Final = Decimal("1e-12")
_WIDE: Final = Context(prec=60)
_ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True)
class ChurnTable:
    """The share of customers lost at each yearly rate (客户流失率表): rates rise; one column of shares for each grade."""

    rates: tuple[Decimal, ...]
    lost: Mapping[str, tuple[Decimal, ...]]


@dataclass(frozen=True, slots=True)
class Curve:
    """Which share accepts a rate (接受率曲线): rates rise, shares never do; `moved` is the most that smoothing changed."""

    rates: tuple[Decimal, ...]
    accepted: tuple[Decimal, ...]
    moved: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class _Pool:
    total: Fraction
    count: int

    @property
    def mean(self) -> Fraction:
        return self.total / self.count


def smooth(table: ChurnTable) -> dict[str, Curve]:
    """The acceptance curve of each grade, made monotone (单调平滑); raises BadRequest for a table that cannot be one."""
    _check(table)
    curves = {}
    for grade, lost in table.lost.items():
        level = monotone(lost)
        accepted = tuple(_rounded(1 - x) for x in level)
        moved = max(abs(Fraction(x) - y) for x, y in zip(lost, level, strict=True))
        curves[grade] = Curve(table.rates, accepted, _rounded(moved))
    return curves


def monotone(values: Sequence[Decimal]) -> tuple[Fraction, ...]:
    """The nearest values that never fall, by least squares (保序回归), exact."""
    pools: list[_Pool] = []
    for value in values:
        pool = _Pool(Fraction(value), 1)
        while pools and pools[-1].mean > pool.mean:
            former = pools.pop()
            pool = _Pool(former.total + pool.total, former.count + pool.count)
        pools.append(pool)
    return tuple(pool.mean for pool in pools for _ in range(pool.count))


def accepted_at(curve: Curve, rate: Decimal) -> Decimal:
    """The share that accepts a rate, interpolated in the table (某利率下的接受率); raises BadRate outside of it."""
    if not curve.rates[0] <= rate <= curve.rates[-1]:
        raise BadRate(f"acceptance is known from {curve.rates[0]} to {curve.rates[-1]}; got {rate}", field="rate")
    right = bisect_left(curve.rates, rate)
    if curve.rates[right] == rate:
        return curve.accepted[right]
    (left_rate, left), (right_rate, share) = (
        (Fraction(curve.rates[x]), Fraction(curve.accepted[x])) for x in (right - 1, right)
    )
    return _rounded(left + (share - left) * (Fraction(rate) - left_rate) / (right_rate - left_rate))


def between(curve: Curve, *, low: Decimal, high: Decimal) -> Curve:
    """The part of a curve from one rate to another, both included (利率区间内的曲线).

    The bounds themselves become rates of the curve where the table reaches them. Raises BadRate where it reaches neither.
    """
    first, last = max(low, curve.rates[0]), min(high, curve.rates[-1])
    if low > high or first > last:
        known = f"acceptance is known from {curve.rates[0]} to {curve.rates[-1]}"
        raise BadRate(f"no rate lies from {low} to {high} where {known}; expected LOW:HIGH such as 0.04:0.15", field="rate")
    inside = [x for x in curve.rates if first < x < last]
    rates = tuple(dict.fromkeys((first, *inside, last)))
    return Curve(rates, tuple(accepted_at(curve, x) for x in rates), curve.moved)


def curve_name(grade: str, *, curves: Mapping[str, object], mapping: Mapping[str, str]) -> str | None:
    """The curve of a grade (等级对应的曲线): as mapped, its own, or that of its first letter (A+ and A2 are A); or None."""
    text = grade.strip().upper()
    named = {key.strip().upper(): value for key, value in mapping.items()}
    for found in (named.get(text), text, named.get(text[:1]), text[:1]):
        if found in curves:
            return found
    return None


def _check(table: ChurnTable) -> None:
    rates = table.rates
    if not rates or not table.lost:
        raise BadRequest("a churn table needs a rate and a grade at least", field="churn")
    if any(x >= y for x, y in pairwise(rates)):
        raise BadRequest("the rates of a churn table must rise from row to row, each once", field="churn")
    if not 0 < rates[0] <= rates[-1] <= 1:
        raise BadRequest(
            f"the rates of a churn table are fractions such as 0.0425; got {rates[0]} to {rates[-1]}", field="churn"
        )
    if any(x != round(x, RATE_PLACES) for x in rates):
        raise BadRequest(f"the rates of a churn table have at most {RATE_PLACES} decimals", field="churn")
    for grade, lost in table.lost.items():
        if len(lost) != len(rates):
            raise BadRequest(f"grade {grade} has {len(lost)} shares for {len(rates)} rates; expected one each", field="churn")
        for rate, share in zip(rates, lost, strict=True):
            if not 0 <= share <= 1:
                raise BadRequest(f"grade {grade} loses {share} at {rate}; expected a share from 0 to 1", field="churn")


def _rounded(share: Fraction) -> Decimal:
    exact = _WIDE.divide(Decimal(share.numerator), Decimal(share.denominator))
    return min(exact.quantize(_SHARE, rounding=ROUND_HALF_UP), _ONE)
