"""A book with side conditions (带附加条件的组合): HiGHS, in two steps.

First the relaxed problem: parts of limits at the rates of each ladder. Its value is the bound, its duals price the budget and
the conditions. Most firms are whole in its solution and stay as they are. The few that are not, and those nearest to them, are
then decided with whole choices: nothing, or one rate and an amount between the bounds; more of them where that is not near.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from huoshui.adapters.book.conditions_file import Condition
from huoshui.adapters.book.highs import Problem, Solution, run_highs
from huoshui.adapters.book.market import Applicants, Flags, Floats, Ints, Prices, Terms
from huoshui.errors import BadRequest

MOST_FIRMS: Final = 50_000
FREE_FIRMS: Final = (40, 100)
_UNIT: Final = 1_000_000.0  # fen: amounts near one make the solver's tolerances mean something
_WHOLE: Final = 1e-7
_TRIES: Final = 4
_NEAR_ENOUGH: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Solved:
    """A plan with conditions (附加条件下的方案), as Allocation.

    `worth` is what each condition costs, in fen, for one unit of its limit: a firm, a fen, or the whole of a share.
    """

    amount: Ints
    rate: Ints
    value: float
    bound: float
    shadow_price: float
    worth: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Columns:
    """A column for each firm and rung; what one unit of its amount uses, earns, draws and loses; bounds in units."""

    firm: Ints
    rate: Ints
    uses: Floats
    earns: Floats
    draws: Floats
    loses: Floats
    fixed: Floats  # fen that the loan costs whatever its amount
    high: Floats
    low: Floats

    def take(self, rows: Ints | Flags) -> "_Columns":
        return _Columns(*(getattr(self, x)[rows] for x in self.__slots__))


@dataclass(frozen=True, slots=True)
class _Row:
    """A row over the columns: `least <= on_amount x amounts + on_loan x loans <= most`."""

    on_amount: Floats
    on_loan: Floats
    least: float
    most: float


def solve(
    firms: Applicants, *, conditions: Sequence[Condition], matches: Sequence[Flags], prices: Prices, terms: Terms, budget: int
) -> Solved:
    """The plan with the most expected profit that keeps every side condition (附加条件下利润最大的方案).

    Raises BadRequest where none keeps them all, or for more than MOST_FIRMS firms; MissingExtra without HiGHS.
    """
    if len(firms) > MOST_FIRMS:
        raise BadRequest(f"side conditions are solved for at most {MOST_FIRMS:,} firms; got {len(firms):,}", field="covenants")
    _check_counts(conditions, matches)
    columns = _columns(firms, prices=prices, terms=terms)
    asked, extra = _rows(columns, conditions, matches, budget=budget, extra=0.0), 0.0
    for _ in range(_TRIES):
        rows = _rows(columns, conditions, matches, budget=budget, extra=extra)
        relaxed = _relaxed(columns, rows)
        found = None
        for free in FREE_FIRMS:
            amount = _decided(columns, rows, relaxed, step=terms.step / _UNIT, free=free)
            if amount is None or not all(_is_kept(x, amount) for x in asked):
                continue
            more = _solved(columns, amount, relaxed, conditions=conditions, matches=matches, count=len(firms))
            found = more if found is None or more.value > found.value else found
            if found.bound - found.value <= _NEAR_ENOUGH * found.bound:
                break
        if found is not None:
            return found
        extra = max(8 * extra, 4 * terms.step / _UNIT)
    raise BadRequest("no plan in whole steps was found that keeps every side condition; expected some room", field="covenants")


def _check_counts(conditions: Sequence[Condition], matches: Sequence[Flags]) -> None:
    for condition, match in zip(conditions, matches, strict=True):
        if condition.at_least and condition.measure == "firms" and match.sum() < condition.limit:
            found = f"only {int(match.sum())} of the firms that may be funded are among them"
            raise BadRequest(f"{condition.name}: expected {condition.limit} loans, but {found}", field="covenants")


def _columns(firms: Applicants, *, prices: Prices, terms: Terms) -> _Columns:
    rungs = prices.start[firms.curve + 1] - prices.start[firms.curve]
    firm = np.repeat(np.arange(len(firms)), rungs)
    slot = np.arange(len(firm)) + np.repeat(prices.start[firms.curve] - (np.cumsum(rungs) - rungs), rungs)
    share, rate, pd = prices.share[slot], prices.rate_of[slot], firms.pd[firm]
    margin = (1 - pd) * prices.rate[rate] - pd * terms.lgd - terms.rate_cost
    return _Columns(
        firm, rate, share if terms.drawn else np.ones_like(share), share * margin * _UNIT, share, share * pd * terms.lgd,
        share * terms.cost, firms.high[firm] / _UNIT, firms.low[firm] / _UNIT,
    )  # fmt: skip


def _rows(
    columns: _Columns, conditions: Sequence[Condition], matches: Sequence[Flags], *, budget: int, extra: float
) -> list[_Row]:
    """The budget first, then each condition; `extra` units of room for what whole steps take away."""
    none = np.zeros(len(columns.firm))
    rows = [_Row(columns.uses, none, -np.inf, budget / _UNIT - extra)]
    for condition, match in zip(conditions, matches, strict=True):
        is_in, limit = match[columns.firm].astype(np.float64), float(condition.limit)
        if condition.measure == "firms":
            rows.append(_bounded(none, is_in, limit, condition, extra=0.0))
        elif condition.measure == "amount":
            rows.append(_bounded(columns.uses * is_in, none, limit / _UNIT, condition, extra=extra))
        elif condition.measure == "share":
            rows.append(_bounded(columns.uses * (is_in - limit), none, 0.0, condition, extra=extra))
        else:
            rows.append(_bounded((columns.loses - limit * columns.draws) * is_in, none, 0.0, condition, extra=extra))
    return rows


def _bounded(on_amount: Floats, on_loan: Floats, limit: float, condition: Condition, *, extra: float) -> _Row:
    if condition.at_least:
        return _Row(on_amount, on_loan, limit + extra, np.inf)
    return _Row(on_amount, on_loan, -np.inf, limit - extra)


def _relaxed(columns: _Columns, rows: Sequence[_Row]) -> Solution:
    """Parts of limits, and of loans for those whose loans are counted."""
    count = len(columns.firm)
    counted = np.any([x.on_loan != 0 for x in rows], axis=0)
    loans = np.unique(columns.firm[counted])
    place = np.searchsorted(loans, columns.firm) + count
    problem = Problem(-(columns.earns - columns.fixed / columns.high), np.zeros(count), columns.high)
    problem.add_columns(len(loans), high=1.0)
    for row in rows:
        on_loan = np.zeros(len(loans))
        on_loan[place[counted] - count] = row.on_loan[counted]
        used = np.flatnonzero(row.on_amount)
        also = np.flatnonzero(on_loan)
        problem.add_row(
            np.concatenate([used, also + count]), np.concatenate([row.on_amount[used], on_loan[also]]), row.least, row.most
        )
    problem.add_rows_by(columns.firm, np.arange(count), 1 / columns.high, most=1.0)
    if len(loans):
        mine = np.flatnonzero(counted)
        group = np.searchsorted(loans, columns.firm[mine])
        both = np.concatenate([group, np.arange(len(loans))])
        where = np.concatenate([mine, np.arange(len(loans)) + count])
        high, low = (_first(columns, loans, x) for x in (columns.high, columns.low))
        problem.add_rows_by(both, where, np.concatenate([np.ones(len(mine)), -high]), most=0.0)
        problem.add_rows_by(both, where, np.concatenate([-np.ones(len(mine)), low]), most=0.0)
    found = run_highs(problem)
    if found is None:
        raise BadRequest(
            "no plan keeps the budget and every side condition; expected conditions that can hold", field="covenants"
        )
    return found


def _first(columns: _Columns, firms: Ints, values: Floats) -> Floats:
    return values[np.searchsorted(columns.firm, firms)]


def _decided(columns: _Columns, rows: Sequence[_Row], relaxed: Solution, *, step: float, free: int) -> Floats | None:
    """Whole choices, in units: the relaxed ones where they are whole, and those of the few firms that are left open."""
    count, firms = len(columns.firm), int(columns.firm[-1]) + 1
    part = relaxed.value[:count] / columns.high
    is_whole = np.bincount(columns.firm, (part > _WHOLE) & (part < 1 - _WHOLE), firms) == 0
    regret = np.full(firms, np.inf)
    other = np.abs(relaxed.reduced[:count]) * columns.high
    np.minimum.at(regret, columns.firm[part <= _WHOLE], other[part <= _WHOLE])
    kept = np.abs(relaxed.dual[len(rows) : len(rows) + firms])
    has_loan = np.bincount(columns.firm, part > _WHOLE, firms) > 0
    regret = np.where(has_loan, np.minimum(regret, kept), regret)
    regret[~is_whole] = -1.0
    chosen = np.sort(np.argsort(regret, kind="stable")[: max(free, int((~is_whole).sum()))])
    is_free = np.isin(columns.firm, chosen)
    amount = np.where(is_free | (part < 0.5), 0.0, columns.high)
    left = columns.take(is_free)
    found = run_highs(_whole_problem(left, rows, is_free=is_free, settled=amount))
    if found is None:
        return None
    size = len(left.firm)
    whole = np.floor(found.value[:size] / step + 1e-6) * step
    amount[is_free] = np.where((found.value[size : 2 * size] > 0.5) & (whole >= left.low - step / 2), whole, 0.0)
    return amount


def _whole_problem(free: _Columns, rows: Sequence[_Row], *, is_free: Flags, settled: Floats) -> Problem:
    size = len(free.firm)
    places = np.arange(size)
    problem = Problem(-free.earns, np.zeros(size), free.high)
    problem.add_columns(size, high=1.0, cost=free.fixed, whole=True)
    for row in rows:
        used = float((row.on_amount * settled).sum() + (row.on_loan * (settled > 0)).sum())
        coefficients = np.concatenate([row.on_amount[is_free], row.on_loan[is_free]])
        some = np.flatnonzero(coefficients)
        problem.add_row(some, coefficients[some], row.least - used, row.most - used)
    problem.add_rows_by(np.unique(free.firm, return_inverse=True)[1], places + size, np.ones(size), most=1.0)
    pair, both = np.concatenate([places, places]), np.concatenate([places, places + size])
    problem.add_rows_by(pair, both, np.concatenate([np.ones(size), -free.high]), most=0.0)
    problem.add_rows_by(pair, both, np.concatenate([-np.ones(size), free.low]), most=0.0)
    return problem


def _is_kept(row: _Row, amount: Floats) -> bool:
    found = float((row.on_amount * amount).sum() + (row.on_loan * (amount > 0)).sum())
    slack = 1e-12 * max(1.0, float((np.abs(row.on_amount) * amount).sum()))
    return row.least - slack <= found <= row.most + slack


def _solved(
    columns: _Columns,
    amount: Floats,
    relaxed: Solution,
    *,
    conditions: Sequence[Condition],
    matches: Sequence[Flags],
    count: int,
) -> Solved:
    funded = np.flatnonzero(amount > 0)
    whole, rate = np.zeros(count, np.int64), np.full(count, -1, np.int64)
    whole[columns.firm[funded]] = np.rint(amount[funded] * _UNIT).astype(np.int64)
    rate[columns.firm[funded]] = columns.rate[funded]
    value = float((columns.earns * amount - columns.fixed * (amount > 0)).sum())
    bound = -relaxed.objective
    duals = np.abs(relaxed.dual[1 : len(conditions) + 1])
    worth = tuple(
        float(dual) * _unit(columns, amount, condition=x, match=match)
        for dual, x, match in zip(duals, conditions, matches, strict=True)
    )
    return Solved(whole, rate, value, max(bound, value), float(abs(relaxed.dual[0])) / _UNIT, worth)


def _unit(columns: _Columns, amount: Floats, *, condition: Condition, match: Flags) -> float:
    """By how much one unit of a condition's limit moves its row: a loan, a fen, or the whole of a share."""
    if condition.measure == "share":
        return float((columns.uses * amount).sum())
    if condition.measure == "expected_loss":
        return float((columns.draws * match[columns.firm] * amount).sum())
    return 1.0 if condition.measure == "firms" else 1 / _UNIT
