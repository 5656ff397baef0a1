"""One multiplier on the budget (预算乘子): who gets how much at what rate, with the bound that no plan can pass.

A firm's best profit against the money it uses is a concave hull; its edges are those of its grade's price ladder, sheared by
the firm's risk. Taking the edges of all firms from the steepest down until the budget is used is the optimum of the relaxed
problem, and its value is the bound. What is left of the budget, less than one edge, is then filled in whole steps (`filling`).
Many firms are first narrowed to the edges near the multiplier that a sample suggests, so that few edges are sorted.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from huoshui.adapters.book.filling import Choice, fill_room
from huoshui.adapters.book.market import Applicants, Floats, Ints, Prices, Terms, rungs_above

SORTED_AT_ONCE: Final = 20_000
_SAMPLE: Final = 4_096
_SPREAD: Final = 0.08
_NEAR: Final = 256
_DRIFT: Final = 1e-12  # of the budget: what sums of floats may be off by is not lent


@dataclass(frozen=True, slots=True)
class Allocation:
    """A plan in columns (组合方案): `amount` in fen, `rate` the place of the rate or -1.

    `value` is the profit and `bound` what no plan can pass, both in fen; `shadow_price` is what one more fen of budget earns.
    """

    amount: Ints
    rate: Ints
    value: float
    bound: float
    shadow_price: float


@dataclass(frozen=True, slots=True)
class _Firms:
    """The firms with what shears their hulls: a yuan drawn earns `pays` x rate - `burden`."""

    given: Applicants
    prices: Prices
    pays: Floats
    burden: Floats
    high: Floats

    @classmethod
    def of(cls, given: Applicants, *, prices: Prices, terms: Terms) -> "_Firms":
        high = given.high.astype(np.float64)
        return cls(given, prices, 1.0 - given.pd, given.pd * terms.lgd + terms.rate_cost + terms.cost / high, high)

    def take(self, rows: Ints) -> "_Firms":
        return _Firms(self.given.take(rows), self.prices, self.pays[rows], self.burden[rows], self.high[rows])

    def rungs(self, multiplier: float) -> Ints:
        """The rung that each firm stands on when a yuan of what is drawn has this price; 0 is no loan."""
        least = np.full_like(self.pays, np.inf)
        np.divide(self.burden + multiplier, self.pays, out=least, where=self.pays > 0)
        return rungs_above(self.prices, curve=self.given.curve, least=least)

    def drawn(self, rung: Ints) -> Floats:
        """What each firm draws at its rung, in fen."""
        return np.where(rung > 0, self.high * self.prices.share[self.slot(rung)], 0.0)

    def profit(self, rung: Ints) -> Floats:
        slot = self.slot(rung)
        earned = self.high * (self.pays * self.prices.income[slot] - self.burden * self.prices.share[slot])
        return np.where(rung > 0, earned, 0.0)

    def slot(self, rung: Ints) -> Ints:
        return self.prices.start[self.given.curve] + rung - 1


@dataclass(frozen=True, slots=True)
class _Edges:
    """Steps up, the steepest first, ties in the order of firms; those that are surely taken may stand first as they are."""

    firm: Ints
    slope: Floats
    used: Floats  # of all up to this one

    @classmethod
    def sorted(cls, firm: Ints, slope: Floats, use: Floats) -> "_Edges":
        order = np.argsort(-slope, kind="stable")
        return cls(firm[order], slope[order], np.cumsum(use[order]))


def allocate(firms: Applicants, *, prices: Prices, terms: Terms, budget: int) -> Allocation:
    """The plan with the most expected profit within a budget in fen (利润最大的组合方案)."""
    if not len(firms):
        nothing = np.zeros(0, np.int64)
        return Allocation(nothing, nothing, 0.0, 0.0, 0.0)
    given = _Firms.of(firms, prices=prices, terms=terms)
    base, top = np.zeros(len(firms), np.int64), given.rungs(0.0)
    slack = budget * _DRIFT if terms.drawn else 0.0
    room = budget - slack
    if terms.drawn and len(firms) > SORTED_AT_ONCE:
        base, top = _narrowed(given, top=top, budget=room)
        room -= float(given.drawn(base).sum())
    edges = _drawn_edges(given, base=base, top=top) if terms.drawn else _offered_edges(given, top=top, budget=room)
    full = int(np.searchsorted(edges.used, room, side="right"))
    taken = np.bincount(edges.firm[:full], minlength=len(firms))
    rung = base + taken if terms.drawn else top * taken
    left = max(room - (float(edges.used[full - 1]) if full else 0.0), 0.0)
    shadow = float(edges.slope[full]) if full < len(edges.firm) else 0.0
    profit = given.profit(rung)
    value = float(profit.sum())
    bound = value + shadow * (left + slack)
    choice = Choice(
        np.where(rung > 0, firms.high, 0), np.where(rung > 0, prices.rate_of[given.slot(rung)], -1), profit, value, left
    )
    near = _near(edges, full=full, count=len(firms))
    done = fill_room(choice, firms=firms, prices=prices, terms=terms, near=near, shadow=shadow, bound=bound)
    return Allocation(done.amount, done.rate, done.value, max(bound, done.value), shadow)


def _drawn_edges(firms: _Firms, *, base: Ints, top: Ints) -> _Edges:
    """Every edge between two rungs of a firm; the budget counts what is drawn."""
    count = np.maximum(top - base, 0)
    firm = np.repeat(np.arange(len(count)), count)
    begin = firms.prices.start[firms.given.curve] + base - (np.cumsum(count) - count)
    slot = np.arange(len(firm)) + np.repeat(begin, count)
    slope = firms.pays[firm] * firms.prices.slope[slot] - firms.burden[firm]
    return _Edges.sorted(firm, slope, firms.high[firm] * firms.prices.wider[slot])


def _offered_edges(firms: _Firms, *, top: Ints, budget: float) -> _Edges:
    """One edge a firm, at the price that is best for it; the budget counts the whole offer."""
    slope = firms.profit(top) / firms.high
    firm = np.flatnonzero(slope > 0)
    slope, use = slope[firm], firms.high[firm]
    if len(firm) <= SORTED_AT_ONCE:
        return _Edges.sorted(firm, slope, use)
    some = slice(None, None, len(firm) // _SAMPLE)
    sample = _Edges.sorted(firm[some], slope[some], use[some])
    steep, flat = _ends(sample, budget=budget, scale=len(firm) / len(sample.firm))
    first, middle = slope > steep, (slope <= steep) & (slope >= flat)
    if not use[first].sum() <= budget < use[first].sum() + use[middle].sum():
        return _Edges.sorted(firm, slope, use)
    order = np.concatenate([np.flatnonzero(first), np.flatnonzero(middle)[np.argsort(-slope[middle], kind="stable")]])
    return _Edges(firm[order], slope[order], np.cumsum(use[order]))


def _narrowed(firms: _Firms, *, top: Ints, budget: float) -> tuple[Ints, Ints]:
    """Rungs that a sample's multiplier says are taken or not, with the true one surely between."""
    nothing = np.zeros_like(top)
    some = np.arange(0, len(top), max(len(top) // _SAMPLE, 1))
    edges = _drawn_edges(firms.take(some), base=nothing[some], top=top[some])
    if not len(edges.firm):
        return nothing, top
    base, more = (firms.rungs(x) for x in _ends(edges, budget=budget, scale=len(top) / len(some)))
    is_below, is_above = firms.drawn(base).sum() <= budget, firms.drawn(more).sum() > budget
    return base if is_below else nothing, more if is_above else top


def _ends(sample: _Edges, *, budget: float, scale: float) -> tuple[float, float]:
    """Two slopes of a sample's edges between which that of the whole must lie, if the sample is like the whole."""
    wanted = np.array([budget * (1 - _SPREAD), budget * (1 + _SPREAD)]) / scale
    steep, flat = sample.slope[np.minimum(np.searchsorted(sample.used, wanted), len(sample.used) - 1)]
    return float(steep), float(flat)


def _near(edges: _Edges, *, full: int, count: int) -> Ints:
    """The firms whose next step is nearest to the multiplier, in the order of firms."""
    return np.arange(count) if count <= 2 * _NEAR else np.unique(edges.firm[max(full - _NEAR, 0) : full + _NEAR])
