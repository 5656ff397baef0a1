"""The last of the budget (预算尾数): moves of one firm, then of two, that use what the multiplier left over.

The plan is a firm's whole limit or nothing at rates of its ladder, and a room smaller than the next edge. A firm may take any
rate and any amount in whole steps between its bounds, so one firm near the multiplier mostly absorbs the room almost without
loss; where few firms are near, one firm changes its rung and another absorbs what that frees or needs.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from huoshui.adapters.book.market import Applicants, Floats, Ints, Prices, Terms

GOOD_ENOUGH: Final = 5e-5
_ROUNDS: Final = 4
_FLIPS: Final = 24
_PARTNERS: Final = 64
_TINY: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Choice:
    """A plan while it is filled (填充中的方案): columns, their sum, and what is left of the budget, in fen."""

    amount: Ints
    rate: Ints
    profit: Floats
    value: float
    room: float


@dataclass(frozen=True, slots=True)
class _Near:
    """The firms that may move, a row each, and what they use and earn at every rate."""

    rows: Ints
    low: Ints
    high: Ints
    share: Floats
    use_share: Floats
    margin: Floats
    amount: Floats
    used: Floats
    profit: Floats


@dataclass(frozen=True, slots=True)
class _Move:
    gain: float
    row: int
    rate: int
    amount: int


def fill_room(
    choice: Choice, *, firms: Applicants, prices: Prices, terms: Terms, near: Ints, shadow: float, bound: float
) -> Choice:
    """Use what is left (填充预算尾数) until the plan is within `GOOD_ENOUGH` of the bound or no move helps."""
    if shadow <= 0 or not len(near):
        return choice
    for _ in range(_ROUNDS):
        if bound - choice.value <= GOOD_ENOUGH * bound:
            break
        table = _table(choice, firms=firms, prices=prices, terms=terms, near=near)
        moves = _single(table, choice.room, terms=terms)
        if moves is None or bound - choice.value - moves[0].gain > GOOD_ENOUGH * bound:
            moves = _better(moves, _paired(table, choice, terms=terms, shadow=shadow))
        if moves is None:
            break
        choice = _moved(choice, moves, table=table)
    return choice


def _table(choice: Choice, *, firms: Applicants, prices: Prices, terms: Terms, near: Ints) -> _Near:
    few = firms.take(near)
    share = prices.accepted[few.curve]
    margin = (1.0 - few.pd)[:, None] * prices.rate - (few.pd * terms.lgd + terms.rate_cost)[:, None]
    amount, rate = choice.amount[near].astype(np.float64), choice.rate[near]
    use_share = share if terms.drawn else np.ones_like(share)
    used = np.where(rate >= 0, amount * use_share[np.arange(len(near)), rate], 0.0)
    return _Near(near, few.low, few.high, share, use_share, margin, amount, used, choice.profit[near])


def _absorbed(table: _Near, rows: Ints, room: Floats, *, terms: Terms) -> tuple[Floats, Floats]:
    """The gain and the amount of every firm at every rate that uses the room (rooms x firms x rates); -inf where it cannot."""
    target = table.used[rows][None, :, None] + room[:, None, None]
    share = table.use_share[rows]
    with np.errstate(divide="ignore", invalid="ignore"):
        most = np.minimum(np.where(share > 0, target / share, 0.0), table.high[rows][:, None])
    amount = np.floor(most * (1 + 1e-13) / terms.step) * terms.step
    gain = table.share[rows] * (amount * table.margin[rows] - terms.cost) - table.profit[rows][:, None]
    return np.where(amount >= table.low[rows][:, None], gain, -np.inf), amount


def _single(table: _Near, room: float, *, terms: Terms) -> tuple[_Move, ...] | None:
    gain, amount = _absorbed(table, np.arange(len(table.rows)), np.array([room]), terms=terms)
    best = int(np.argmax(gain))
    row, rate = divmod(best, gain.shape[2])
    found = float(gain.flat[best])
    return (_Move(found, row, rate, int(amount.flat[best])),) if found > _TINY else None


def _paired(table: _Near, choice: Choice, *, terms: Terms, shadow: float) -> tuple[_Move, ...] | None:
    """One firm goes to another rate with its whole limit, or out; a second one absorbs what that leaves."""
    to_use, to_earn = table.high[:, None] * table.use_share, table.share * (table.high[:, None] * table.margin - terms.cost)
    to_use, to_earn = (np.concatenate([x, np.zeros((len(x), 1))], axis=1) for x in (to_use, to_earn))
    more, gain = to_use - table.used[:, None], to_earn - table.profit[:, None]
    loss = np.where(np.abs(more) > _TINY, shadow * more - gain, np.inf)
    flips = np.argsort(loss, axis=None, kind="stable")[:_FLIPS]
    row, rate = np.divmod(flips, loss.shape[1])
    partners = np.unique(np.argsort(loss.min(axis=1), kind="stable")[:_PARTNERS])
    room = choice.room - more[row, rate]
    second, amount = _absorbed(table, partners, room, terms=terms)
    second = np.where((partners[None, :] == row[:, None])[:, :, None], -np.inf, second)
    total = gain[row, rate][:, None, None] + second
    best = int(np.argmax(total))
    at, other, price = np.unravel_index(best, total.shape)
    if not total.flat[best] > _TINY:
        return None
    first_rate = int(rate[at])
    out = first_rate == table.share.shape[1]
    first = _Move(
        float(gain[row[at], rate[at]]), int(row[at]), -1 if out else first_rate, 0 if out else int(table.high[row[at]])
    )
    return first, _Move(float(second.flat[best]), int(partners[other]), int(price), int(amount.flat[best]))


def _better(one: tuple[_Move, ...] | None, other: tuple[_Move, ...] | None) -> tuple[_Move, ...] | None:
    if one is None or other is None:
        return one or other
    return other if sum(x.gain for x in other) > sum(x.gain for x in one) else one


def _moved(choice: Choice, moves: tuple[_Move, ...], *, table: _Near) -> Choice:
    amount, rate, profit = choice.amount.copy(), choice.rate.copy(), choice.profit.copy()
    room = choice.room
    for x in moves:
        place = table.rows[x.row]
        share = table.use_share[x.row, x.rate] if x.amount else 0.0
        room += table.used[x.row] - x.amount * share
        amount[place], rate[place], profit[place] = x.amount, x.rate if x.amount else -1, table.profit[x.row] + x.gain
    return Choice(amount, rate, profit, choice.value + sum(x.gain for x in moves), room)
