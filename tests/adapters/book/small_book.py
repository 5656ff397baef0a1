"""Small books for tests: curves, firms, and the best plan by trying every one."""

from decimal import Decimal
from typing import Final

import numpy as np
import pyarrow as pa

from huoshui.adapters.book.market import Applicants, Floats, Ints, Prices, Terms, prices_of
from huoshui.rules.book import LoanCosts
from huoshui.rules.churn import Curve
from huoshui.terms import BudgetReading

RATES: Final = tuple(map(Decimal, ("0.04", "0.05", "0.06", "0.08", "0.1", "0.15")))
CURVES: Final = {
    "A": Curve(RATES, tuple(map(Decimal, ("1", "0.75", "0.6", "0.42", "0.3", "0.08")))),
    "B": Curve(RATES, tuple(map(Decimal, ("1", "0.8", "0.7", "0.48", "0.3", "0.1")))),
}
CHURN_CSV: Final = "rate,churn_A,churn_B\n" + "".join(
    f"{r},{1 - a},{1 - b}\n" for r, a, b in zip(RATES, CURVES["A"].accepted, CURVES["B"].accepted, strict=True)
)


def prices() -> Prices:
    return prices_of(CURVES)


def terms(reading: BudgetReading, *, lgd: str = "1", cost: int = 0, step: int = 100) -> Terms:
    return Terms.of(LoanCosts(Decimal(lgd), cost_fen=cost), step_fen=step, reading=reading)


def firms(*given: tuple[float, int, int]) -> Applicants:
    """Firms as PD, highest amount in fen, curve; the least amount is 1,000 fen."""
    pd, high, curve = zip(*given, strict=True)
    return Applicants(np.array(pd), np.full(len(pd), 1_000), np.array(high, np.int64), np.array(curve, np.int64))


def many_firms(count: int, *, seed: int = 0) -> Applicants:
    """Firms between 100,000 and 1,000,000 yuan."""
    dice = np.random.default_rng(seed)
    pd = np.clip(dice.beta(0.7, 6, count), 0.0001, 0.9)
    high = dice.integers(1_000, 10_001, count) * 10_000
    return Applicants(pd, np.full(count, 10_000_000), high, dice.integers(0, 2, count))


def worth(given: Applicants, *, amount: Ints, rate: Ints, market: Prices, some: Terms) -> tuple[float, float]:
    """Profit and use of a plan, in fen, written straight down."""
    share = np.where(rate >= 0, market.accepted[given.curve, rate], 0.0)
    margin = (1 - given.pd) * market.rate[rate] - given.pd * some.lgd - some.rate_cost
    profit = np.where(amount > 0, share * (amount * margin - some.cost), 0.0)
    return float(profit.sum()), float((amount * (share if some.drawn else 1.0)).sum())


def best_of_all(given: Applicants, *, market: Prices, some: Terms, budget: int) -> float:
    """The most profit of all plans of a very small book, by trying every one."""
    profits, uses = np.zeros(1), np.zeros(1)
    for i in range(len(given)):
        amount = np.repeat(np.arange(given.low[i], given.high[i] + 1, some.step), len(market.rates))
        rate = np.tile(np.arange(len(market.rates)), len(amount) // len(market.rates))
        share = market.accepted[given.curve[i], rate]
        margin = (1 - given.pd[i]) * market.rate[rate] - given.pd[i] * some.lgd - some.rate_cost
        profit = np.concatenate([[0.0], share * (amount * margin - some.cost)])
        use = np.concatenate([[0.0], amount * (share if some.drawn else 1.0)])
        profits, uses = np.add.outer(profits, profit).ravel(), np.add.outer(uses, use).ravel()
        profits, uses = profits[uses <= budget], uses[uses <= budget]
    return float(profits.max())


def ratings(count: int, *, seed: int = 0) -> pa.Table:
    """Ratings as `huoshui rate` writes them."""
    dice = np.random.default_rng(seed)
    pd: Floats = np.clip(dice.beta(0.7, 6, count), 0.0001, 0.9)
    return pa.table({
        "firm_id": [f"E{x}" for x in range(count)],
        "pd": [f"{x:.6f}" for x in pd],
        "grade": np.where(pd > 0.1, "B", "A"),
        "limit_fen": dice.integers(500, 10_001, count) * 10_000,
        "rate": ["0.06"] * count,
        "decision": ["offer"] * count,
        "first_time": dice.random(count) < 0.3,
        "industry": dice.choice(["A01", "C13", "K70"], count),
    })  # fmt: skip
