"""Prices and firms as columns (组合计算的列): what an allocation reads.

Floats are used for the search only. Amounts of a plan are whole fen, and what it earns is reckoned again, exactly, by the rule.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

import numpy as np
import numpy.typing as npt

from huoshui.rules.book import LoanCosts, price_ladder
from huoshui.rules.churn import Curve
from huoshui.terms import BudgetReading

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
APART: Final = 4.0  # keeps the ladders of two curves apart in one sorted array: no edge is steeper than a rate of 1
_STEEPEST: Final = 2.0


@dataclass(frozen=True, slots=True)
class Prices:
    """The curves of all grades and their ladders, flattened (价格表).

    `accepted` has a row a curve and a column a rate. The ladders' rungs stand one after the other, those of curve g from
    `start[g]` on: `rate_of`, `share` and `income` (share x rate) at the rung; `slope`, `wider` (share gained) and `key` of the
    edge that leads to it.
    """

    names: tuple[str, ...]
    rates: tuple[Decimal, ...]
    curves: tuple[Curve, ...]
    rate: Floats
    accepted: Floats
    start: Ints
    rate_of: Ints
    share: Floats
    income: Floats
    slope: Floats
    wider: Floats
    key: Floats


@dataclass(frozen=True, slots=True)
class Applicants:
    """Firms that may be funded (可安排主体), in columns: amounts in fen, `curve` a row of Prices.

    `low` is the least and `high` the most that a firm may get, both whole steps; `pd` its probability of default.
    """

    pd: Floats
    low: Ints
    high: Ints
    curve: Ints

    def take(self, rows: Ints | Flags) -> "Applicants":
        """Some of the firms, in the given order."""
        return Applicants(self.pd[rows], self.low[rows], self.high[rows], self.curve[rows])

    def with_amounts(self, *, low: Ints | None = None, high: Ints | None = None) -> "Applicants":
        """The same firms with other bounds."""
        return replace(self, low=self.low if low is None else low, high=self.high if high is None else high)

    def __len__(self) -> int:
        return len(self.pd)


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a plan as floats (组合参数): `step` in fen, `cost` in fen a loan."""

    lgd: float
    rate_cost: float
    cost: float
    step: int
    drawn: bool

    @classmethod
    def of(cls, costs: LoanCosts, *, step_fen: int, reading: BudgetReading) -> "Terms":
        """From the rule's parameters."""
        return cls(
            float(costs.lgd), float(costs.funds_rate + costs.cost_rate), float(costs.cost_fen), step_fen,
            reading is BudgetReading.DRAWN,
        )  # fmt: skip


def prices_of(curves: Mapping[str, Curve]) -> Prices:
    """Flatten curves that share their rates (展开价格表)."""
    names, given = tuple(curves), tuple(curves.values())
    rates = given[0].rates
    rate = _floats(rates)
    accepted = np.array([_floats(x.accepted) for x in given])
    ladders = [price_ladder(x) for x in given]
    start = np.cumsum([0, *map(len, ladders)])
    rungs = [(g, place) for g, ladder in enumerate(ladders) for place in ladder]
    rate_of = np.array([place for _, place in rungs], np.int64)
    share = np.array([accepted[g, place] for g, place in rungs])
    income = np.array([float(given[g].accepted[place] * rates[place]) for g, place in rungs])
    first = np.isin(np.arange(len(rungs)), start)
    wider = share - np.where(first, 0.0, np.roll(share, 1))
    slope = (income - np.where(first, 0.0, np.roll(income, 1))) / wider
    key = np.array([g for g, _ in rungs]) * APART - np.maximum(slope, -1.0)  # an edge that falls is never climbed
    return Prices(names, rates, given, rate, accepted, start, rate_of, share, income, slope, wider, key)


def rungs_above(prices: Prices, *, curve: Ints, least: Floats) -> Ints:
    """How many edges of its ladder are steeper than `least`, for each firm (可接受的阶梯数)."""
    wanted = curve * APART - np.minimum(least, _STEEPEST)
    return np.searchsorted(prices.key, wanted, side="left") - prices.start[curve]


def _floats(values: Sequence[Decimal]) -> Floats:
    return np.array([float(x) for x in values])
