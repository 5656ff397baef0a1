"""Other aims than profit alone (其他组合目标): most firms served, and a floor for first-time borrowers."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from huoshui.adapters.book.allocation import Allocation, allocate
from huoshui.adapters.book.market import Applicants, Flags, Floats, Ints, Prices, Terms, rungs_above

_ROUNDS: Final = 6


@dataclass(frozen=True, slots=True)
class Floored:
    """A plan with a floor (保底方案): `is_binding`, whether the floor costs anything; `is_kept`, whether it was reached."""

    plan: Allocation
    is_binding: bool
    is_kept: bool


def allocate_to_most(firms: Applicants, *, prices: Prices, terms: Terms, budget: int) -> Allocation:
    """The plan that serves the most firms (户数最多的方案), each without an expected loss, and earns what is left to earn.

    A firm's smallest loan is the least amount that does not lose money at the price that earns most from the firm. The smallest
    are counted until the budget is used; no plan with these loans serves more firms.
    """
    free = allocate(firms, prices=prices, terms=terms, budget=budget)
    must = most_served(firms, prices=prices, terms=terms, budget=budget)
    return allocate_serving(firms, must=must, prices=prices, terms=terms, budget=budget, free=free)


def most_served(firms: Applicants, *, prices: Prices, terms: Terms, budget: int) -> Ints:
    """The firms of the largest set whose smallest loans fit the budget (可服务的最多主体), the smallest first."""
    use = _smallest(firms, prices=prices, terms=terms)[2]
    order = np.argsort(use, kind="stable")
    return order[: int(np.searchsorted(np.cumsum(use[order]), budget, side="right"))]


def allocate_serving(
    firms: Applicants, *, must: Ints, prices: Prices, terms: Terms, budget: int, free: Allocation
) -> Allocation:
    """The most profit while some firms are served (必保主体方案); their smallest loans together must fit the budget.

    `free` is the plan for profit alone. Those of `must` who get nothing in it get their smallest loan, and the others share
    what is left, until nobody of `must` goes without. `bound` is that of any plan, whoever is served.
    """
    smallest, rate, use = _smallest(firms, prices=prices, terms=terms)
    is_must, least = np.zeros(len(firms), np.bool_), np.zeros(len(firms), np.bool_)
    is_must[must] = True
    rows, plan = np.arange(len(firms)), free
    while (left_out := rows[(plan.amount == 0) & is_must[rows]]).size:
        least[left_out] = True
        rows = np.flatnonzero(~least)
        plan = allocate(firms.take(rows), prices=prices, terms=terms, budget=int(budget - use[least].sum()))
    amount, places = np.where(least, smallest, 0).astype(np.int64), np.where(least, rate, -1)
    amount[rows], places[rows] = plan.amount, plan.rate
    few = firms.take(np.flatnonzero(least))
    share = prices.accepted[few.curve, rate[least]]
    margin = (1.0 - few.pd) * prices.rate[rate[least]] - few.pd * terms.lgd - terms.rate_cost
    value = plan.value + float((share * (smallest[least] * margin - terms.cost)).sum())
    return Allocation(amount, places, value, max(free.bound, value), plan.shadow_price)


def allocate_with_floor(
    firms: Applicants, *, is_first: Flags, floor: float, prices: Prices, terms: Terms, budget: int
) -> Floored:
    """The most profit with a part of the budget for first-time borrowers (首贷保底方案); `floor` is that part, from 0 to 1.

    Where the floor binds, its money and the rest are two budgets that do not touch: each has a multiplier of its own, and the
    two bounds add up. Where first-time borrowers cannot use that much without an expected loss, they get what they can use.
    """
    free = allocate(firms, prices=prices, terms=terms, budget=budget)
    target = floor * budget
    if _used(free, firms, prices=prices, terms=terms)[is_first].sum() >= target:
        return Floored(free, is_binding=False, is_kept=True)
    first, others = np.flatnonzero(is_first), np.flatnonzero(~is_first)
    given = target
    for _ in range(_ROUNDS):
        inside = allocate(firms.take(first), prices=prices, terms=terms, budget=int(min(np.ceil(given), budget)))
        reached = float(_used(inside, firms.take(first), prices=prices, terms=terms).sum())
        if reached >= target or inside.shadow_price <= 0:
            break
        given += 2 * (target - reached) + terms.step
    outside = allocate(firms.take(others), prices=prices, terms=terms, budget=int(budget - reached))
    amount, rate = np.zeros(len(firms), np.int64), np.full(len(firms), -1, np.int64)
    for rows, part in ((first, inside), (others, outside)):
        amount[rows], rate[rows] = part.amount, part.rate
    value, bound = inside.value + outside.value, inside.bound + outside.bound
    return Floored(
        Allocation(amount, rate, value, max(bound, value), outside.shadow_price), is_binding=True, is_kept=reached >= target
    )


def _smallest(firms: Applicants, *, prices: Prices, terms: Terms) -> tuple[Floats, Ints, Floats]:
    """The least amount at which a loan does not lose money, its rate and what it uses; it uses no end where there is none."""
    pays = 1.0 - firms.pd
    burden = firms.pd * terms.lgd + terms.rate_cost
    least = np.full_like(pays, np.inf)
    np.divide(burden, pays, out=least, where=pays > 0)
    rung = rungs_above(prices, curve=firms.curve, least=least)
    slot = prices.start[firms.curve] + rung - 1
    rate = prices.rate_of[slot]
    margin = pays * prices.rate[rate] - burden
    pays_back: Floats = np.divide(terms.cost, margin, out=np.full_like(margin, np.inf), where=margin > 0)
    amount = np.maximum(firms.low, np.ceil(pays_back / terms.step) * terms.step)
    is_sound = (rung > 0) & (amount <= firms.high)
    return (
        np.where(is_sound, amount, 0.0),
        rate,
        np.where(is_sound, amount * (prices.share[slot] if terms.drawn else 1.0), np.inf),
    )


def _used(plan: Allocation, firms: Applicants, *, prices: Prices, terms: Terms) -> Floats:
    share: Floats = prices.accepted[firms.curve, plan.rate] if terms.drawn else np.ones(len(firms))
    return np.multiply(plan.amount, share, dtype=np.float64)
