"""A loan book: time and gap against HiGHS, growth, and the settled back-test on the 123 firms of the contest.

`ours` is `allocate` on columns that are ready (what an optimiser does); HiGHS gets the same book as columns for each firm and
rate, whole choices and amounts between the bounds, and one thread. CPU seconds, the least of some rounds; the gap is to our
bound, which is that of the relaxed problem. The firms are made up, with PDs and limits that spread as those of small firms do.
"""

import argparse
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import highspy
import numpy as np

from huoshui.adapters.book.allocation import Allocation, allocate
from huoshui.adapters.book.churn_file import read_churn
from huoshui.adapters.book.highs import Silent
from huoshui.adapters.book.market import Applicants, Prices, Terms, prices_of
from huoshui.rules.book import LoanCosts
from huoshui.rules.churn import ChurnTable, smooth
from huoshui.terms import BudgetReading
from tests.bench.settled_book import print_table

SIZES: Final = (302, 3_000, 30_000, 300_000, 1_000_000)
HIGHS_UP_TO: Final = 302
BUDGET_FEN_A_FIRM: Final = 2_500_000_000 / 302
LEAST_FEN: Final = 10_000_000
MOST_FEN: Final = 100_000_000
STEP_FEN: Final = 10_000
GOALS: Final = {302: 0.001, 30_000: 0.05, 1_000_000: 2.0}
GAP_GOAL: Final = 1e-4
EXPONENT_GOAL: Final = 1.05
DATA: Final = Path(__file__).parents[3] / "shared" / "data" / "invoices_425_firms"


def made_up_churn() -> ChurnTable:
    """A table of the usual shape, where the real one is not there."""
    rates = tuple(Decimal(400 + 40 * x) / 10_000 for x in range(28))
    lost = {
        g: tuple(1 - Decimal(repr(round(float(4 / (100 * r)) ** p, 6))) for r in rates)
        for g, p in zip("ABC", (1.9, 1.75, 1.7), strict=True)
    }
    return ChurnTable(rates, lost)


def firms_of(count: int) -> Applicants:
    """A lending list whose PDs and limits spread as those of small firms do; a tenth of the firms are alike."""
    dice = np.random.default_rng(0)
    pd = np.clip(np.where(dice.random(count) < 0.1, 0.03, dice.beta(0.7, 4.5, count)), 1e-4, 0.9)
    limit = np.clip(10 ** dice.normal(7.8, 0.45, count), LEAST_FEN, MOST_FEN)
    high = (limit // 1_000_000 * 1_000_000).astype(np.int64)
    return Applicants(pd, np.full(count, LEAST_FEN), high, np.clip((pd * 14).astype(np.int64), 0, 2))


def by_highs(firms: Applicants, *, prices: Prices, terms: Terms, budget: int) -> float:
    """The same book as whole choices for HiGHS, written straight down; its profit in fen."""
    margin = (1 - firms.pd)[:, None] * prices.rate - (firms.pd * terms.lgd + terms.rate_cost)[:, None]
    share = prices.accepted[firms.curve]
    firm, rate = np.nonzero(share * margin > 0)
    if not terms.drawn:  # the best rate of a firm does not depend on its amount
        best = (share * margin).argmax(axis=1)
        firm = np.flatnonzero((share * margin).max(axis=1) > 0)
        rate = best[firm]
    n, unit = len(firm), 1e6
    high, low = firms.high[firm] / unit, firms.low[firm] / unit
    solver = Silent()
    for name, value in {"threads": 1, "mip_rel_gap": 1e-5, "time_limit": 120.0}.items():
        solver.setOptionValue(name, value)
    places, infinity = np.arange(n, dtype=np.int32), highspy.kHighsInf
    solver.addVars(2 * n, np.zeros(2 * n), np.concatenate([high, np.ones(n)]))
    solver.changeColsCost(n, places, -(share * margin)[firm, rate] * unit)
    solver.changeColsIntegrality(n, places + n, np.array([highspy.HighsVarType.kInteger] * n))
    solver.addRow(-infinity, budget / unit, n, places, share[firm, rate] if terms.drawn else np.ones(n))
    for j in range(n):
        pair = np.array([j, n + j], np.int32)
        solver.addRow(-infinity, 0.0, 2, pair, np.array([1.0, -high[j]]))
        solver.addRow(0.0, infinity, 2, pair, np.array([1.0, -low[j]]))
    for mine in np.split(places, np.flatnonzero(np.diff(firm)) + 1):
        if len(mine) > 1:
            solver.addRow(-infinity, 1.0, len(mine), mine + np.int32(n), np.ones(len(mine)))
    solver.run()
    return float(-solver.getInfo().objective_function_value)


def timed(act: Callable[[], Any], *, rounds: int) -> tuple[float, Any]:
    """The least CPU seconds of some rounds, and the last result."""
    times, result = [], None
    for _ in range(rounds):
        started = time.process_time()
        result = act()
        times.append(time.process_time() - started)
    return min(times), result


def speed(prices: Prices) -> None:
    """The table of times and gaps, and how time grows with firms."""
    heads = f"{'LGD':>5} {'budget':<8}{'firms':>10}{'ours, ms':>10}{'gap':>11}{'HiGHS, ms':>11}{'its profit to ours':>20}"
    print(f"{heads}{'ratio':>8}  goals")
    for lgd in ("1", "0.45"):
        for reading in BudgetReading:
            terms = Terms.of(LoanCosts(Decimal(lgd)), step_fen=STEP_FEN, reading=reading)
            spent = {n: _row(n, prices=prices, terms=terms, label=f"{lgd:>5} {reading.value:<8}") for n in SIZES}
            large = [n for n in SIZES if n >= 30_000]
            slope = np.polyfit(np.log(large), np.log([spent[n] for n in large]), 1)[0]
            sizes = f"exponent from {large[0]:,} to {large[-1]:,}"
            print(f"{'':>14}{sizes}: {slope:.2f}, goal {EXPONENT_GOAL}: {_met(slope <= EXPONENT_GOAL)}")


def _row(count: int, *, prices: Prices, terms: Terms, label: str) -> float:
    firms, budget = firms_of(count), int(BUDGET_FEN_A_FIRM * count)
    seconds, plan = timed(lambda: allocate(firms, prices=prices, terms=terms, budget=budget), rounds=20 if count < 5_000 else 3)
    assert isinstance(plan, Allocation)
    gap = (plan.bound - plan.value) / plan.bound
    peer = f"{'–':>11}{'–':>20}{'–':>8}"
    if count <= HIGHS_UP_TO:
        theirs, profit = timed(lambda: by_highs(firms, prices=prices, terms=terms, budget=budget), rounds=1)
        peer = f"{theirs * 1e3:>11,.0f}{profit / plan.value:>20.6f}{theirs / seconds:>8,.0f}"
    goals = f"gap {_met(gap <= GAP_GOAL)}" + (f", time {_met(seconds <= GOALS[count])}" if count in GOALS else "")
    print(f"{label}{count:>10,}{seconds * 1e3:>10.2f}{gap:>11.5%}{peer}  {goals}", flush=True)
    return seconds


def _met(is_met: bool) -> str:
    return "met" if is_met else "MISSED"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the contest's invoices and firms")
    parser.add_argument("--churn", type=Path, help="the churn table; that of --data if left out")
    parser.add_argument("--pds", type=Path, help="settle these PDs (firm_id, pd) instead of those fitted here")
    parser.add_argument("--only", choices=["speed", "settled"])
    arguments = parser.parse_args()
    churn = arguments.churn or arguments.data / "churn_by_rate.csv"
    is_there = churn.is_file()
    if arguments.only != "settled":
        speed(prices_of(smooth(read_churn(churn) if is_there else made_up_churn())))
    if arguments.only != "speed" and is_there:
        print_table(arguments.data, churn, pds=arguments.pds)
    elif not is_there:
        print(f"no contest data in {arguments.data}: made-up churn, no settled back-test; see --data")


if __name__ == "__main__":
    main()
