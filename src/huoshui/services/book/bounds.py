"""What each bound of a book costs, and what serving more firms costs (约束的代价与利润—户数前沿).

A bound's cost is how much higher the bound of profit lies without it, all else equal, for the plan for profit alone. Where the
churn table ends nothing is known, so that a rate bound is lifted as far as the table reaches and no farther.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from huoshui.adapters.book.allocation import Allocation, allocate
from huoshui.adapters.book.market import Applicants, Prices, prices_of
from huoshui.adapters.book.objectives import allocate_serving, most_served
from huoshui.adapters.book.plan_table import REASONS
from huoshui.rules.book import BookReason
from huoshui.rules.churn import Curve, between
from huoshui.services.book.planning import Planned, applicants_of, limits_of
from huoshui.services.book.request import MOST_FEN

POINTS: Final = 7
_FEWER_POINTS: Final = 4
_MANY: Final = 100_000
_TOO_LOW: Final = REASONS.index(BookReason.LIMIT_TOO_LOW)


@dataclass(frozen=True, slots=True)
class BoundCost:
    """What one bound costs (约束代价), in fen a year; `at` is where it stands and `lifted_to` where it was tried."""

    name: str
    at: str
    lifted_to: str
    cost_fen: int


@dataclass(frozen=True, slots=True)
class FrontierPoint:
    """A plan between most profit and most firms (前沿上的方案)."""

    firms: int
    offered_fen: int
    profit_fen: int


def bound_costs(planned: Planned) -> list[BoundCost]:
    """What rate bounds, the law, least and most amounts, and churn cost (各项约束的代价)."""
    request, curves = planned.request, planned.curves
    table = next(iter(curves.values())).rates
    ceiling = planned.ceiling
    low, high = request.low_rate, ceiling.rate
    found = [_rates(planned, "rate_high", at=min(request.high_rate, table[-1]), low=low, high=table[-1])]
    if ceiling.legal is not None:
        binding = _rates(planned, "legal_ceiling", at=ceiling.legal, low=low, high=request.high_rate)
        idle = BoundCost("legal_ceiling", str(ceiling.legal), "", 0)
        found.append(binding if ceiling.legal < request.high_rate else idle)
    found.append(_rates(planned, "rate_low", at=max(low, table[0]), low=table[0], high=high))
    found.append(_amounts(planned, "limit_low", high_fen=request.high_fen, low_fen=request.step_fen))
    if planned.ratings.limit_fen is not None:
        found.append(_amounts(planned, "limit_high", high_fen=MOST_FEN, low_fen=request.low_fen))
    nobody_leaves = {x: Curve(y.rates, (Decimal(1),) * len(y.rates)) for x, y in _bounded(curves, low, high).items()}
    better = _value(planned, planned.applicants, prices_of(nobody_leaves))
    found.append(BoundCost("churn", "", "", _cost(planned, better)))
    return found


def frontier(planned: Planned) -> list[FrontierPoint]:
    """Plans from most profit to most firms, with equal steps of firms between (利润—户数前沿)."""
    firms, prices, terms, budget = planned.applicants, planned.prices, planned.terms, planned.request.budget_fen
    free = planned.free
    points = [_point(free)]
    most = most_served(firms, prices=prices, terms=terms, budget=budget)
    order = np.concatenate([most[free.amount[most] > 0], most[free.amount[most] == 0]])
    begin, end = int((free.amount[most] > 0).sum()), len(most)
    count = _FEWER_POINTS if len(firms) > _MANY else POINTS
    for served in np.unique(np.linspace(begin, end, count).astype(int))[1:].tolist():
        plan = allocate_serving(firms, must=order[:served], prices=prices, terms=terms, budget=budget, free=free)
        points.append(_point(plan))
    return sorted({x.firms: x for x in points}.values(), key=lambda x: x.firms)


def _point(plan: Allocation) -> FrontierPoint:
    return FrontierPoint(int((plan.amount > 0).sum()), int(plan.amount.sum()), round(plan.value))


def _rates(planned: Planned, name: str, *, at: Decimal, low: Decimal, high: Decimal) -> BoundCost:
    wider = _value(planned, planned.applicants, prices_of(_bounded(planned.curves, low, high)))
    lifted_to = low if name == "rate_low" else min(high, next(iter(planned.curves.values())).rates[-1])
    return BoundCost(name, str(at), str(lifted_to), _cost(planned, wider))


def _amounts(planned: Planned, name: str, *, high_fen: int, low_fen: int) -> BoundCost:
    request, ratings = planned.request, planned.ratings
    own = limits_of(ratings, request=request)
    high = (
        (np.full(len(ratings), high_fen) if own is None else np.minimum(own, high_fen)) // request.step_fen * request.step_fen
    )
    may = planned.plan.reason == _TOO_LOW
    may[planned.rows] = True
    rows = np.flatnonzero(may & (high >= low_fen))
    firms = applicants_of(ratings, rows=rows, high=high, curve=planned.curve, low_fen=low_fen, step_fen=request.step_fen)
    at, to = (request.low_fen, low_fen) if name == "limit_low" else (request.high_fen, int(high[rows].max(initial=0)))
    return BoundCost(name, str(at), str(to), _cost(planned, _value(planned, firms, planned.prices)))


def _bounded(curves: dict[str, Curve], low: Decimal, high: Decimal) -> dict[str, Curve]:
    return {x: between(y, low=low, high=high) for x, y in curves.items()}


def _value(planned: Planned, firms: Applicants, prices: Prices) -> float:
    return allocate(firms, prices=prices, terms=planned.terms, budget=planned.request.budget_fen).bound


def _cost(planned: Planned, better: float) -> int:
    return max(round(better - planned.free.bound), 0)
