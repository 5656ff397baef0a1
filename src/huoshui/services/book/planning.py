"""Plan a loan book under a budget (信贷组合测算): ratings and a churn table in, one plan with its bound out."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from huoshui import policy
from huoshui.adapters.book.allocation import Allocation, allocate
from huoshui.adapters.book.conditions_file import columns_of, matching
from huoshui.adapters.book.market import Applicants, Flags, Ints, Prices, Terms, prices_of
from huoshui.adapters.book.objectives import Floored, allocate_to_most, allocate_with_floor, most_served
from huoshui.adapters.book.plan_table import REASONS, Plan, earned, evidence_of, used_fen
from huoshui.adapters.book.ratings_file import UNKNOWN, Ratings, read_ratings
from huoshui.errors import BadRequest, DoesNotReconcile, NoPolicy
from huoshui.policy import Citation
from huoshui.rules.book import BookReason
from huoshui.rules.churn import ChurnTable, Curve, between, curve_name, smooth
from huoshui.services.book.request import BookRequest, check_request
from huoshui.terms import BookObjective, Decision

Progress = Callable[[str], None]
_CODE = {x: place for place, x in enumerate(REASONS)}
_DECISIONS = {x: place for place, x in enumerate(Decision)}


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The rate above which no loan is priced, and why (利率上限): `legal` is None where policy names none."""

    rate: Decimal
    legal: Decimal | None
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with all that it was made of (测算结果及其依据): `rows` are the places of the applicants among the ratings."""

    request: BookRequest
    ratings: Ratings
    curves: dict[str, Curve]
    prices: Prices
    terms: Terms
    ceiling: Ceiling
    curve: Ints
    applicants: Applicants
    rows: Ints
    allocation: Allocation
    free: Allocation
    plan: Plan
    used_fen: Decimal
    floored: Floored | None
    worth: tuple[float, ...]
    most_firms: int | None


def plan_ratings(source: Any, *, churn: ChurnTable, request: BookRequest, progress: Progress) -> Planned:
    """Plan a book (测算信贷组合); raises what it reads raises, and BadRequest for what cannot be planned."""
    check_request(request)
    ratings = read_ratings(source, pd_column=request.pd_column, columns=columns_of(request.conditions))
    progress(f"ratings: {len(ratings):,} firms")
    curves, ceiling = smooth(churn), read_ceiling(request)
    prices = prices_of({x: between(y, low=request.low_rate, high=ceiling.rate) for x, y in curves.items()})
    if not len(prices.rate_of):
        raise BadRequest(f"by the churn table nobody accepts a rate from {request.low_rate} to {ceiling.rate}", field="churn")
    terms = Terms.of(request.costs, step_fen=request.step_fen, reading=request.reading)
    curve, high, waits = _judged(ratings, curves=curves, request=request)
    rows = np.flatnonzero(waits == UNKNOWN)
    firms = applicants_of(ratings, rows=rows, high=high, curve=curve, low_fen=request.low_fen, step_fen=request.step_fen)
    free = allocate(firms, prices=prices, terms=terms, budget=request.budget_fen)
    progress(f"plan: {len(firms):,} firms may be funded, {int((free.amount > 0).sum()):,} are, for profit alone")
    found, floored, worth, most = _wanted(request, ratings, firms=firms, rows=rows, prices=prices, terms=terms, free=free)
    plan = _plan(request, ratings, found, rows=rows, curve=curve, high=high, waits=waits, prices=prices, terms=terms)
    used = used_fen(plan.amount_fen, rate=plan.rate, curve=curve, prices=prices, reading=request.reading)
    if used > request.budget_fen:
        raise DoesNotReconcile(f"the plan uses {used} fen of a budget of {request.budget_fen}; expected no more than that")
    return Planned(
        request, ratings, curves, prices, terms, ceiling, curve, firms, rows, found, free, plan, used, floored, worth, most
    )


def read_ceiling(request: BookRequest) -> Ceiling:
    """The highest rate that may be asked (可用利率上限): the lower of what is wished and what the law supports."""
    try:
        found = policy.read("book", region=request.region, on=request.on)
        legal = Decimal(found["rate_ceiling"])
    except NoPolicy:
        return Ceiling(request.high_rate, None, ())
    return Ceiling(min(request.high_rate, legal), legal, found.citations)


def applicants_of(ratings: Ratings, *, rows: Ints, high: Ints, curve: Ints, low_fen: int, step_fen: int) -> Applicants:
    """Some of the rated firms as an allocation reads them (可安排主体)."""
    low = -(-low_fen // step_fen) * step_fen
    return Applicants(ratings.pd_nano[rows] / 1e9, np.full(len(rows), low, np.int64), high[rows], curve[rows])


def _judged(ratings: Ratings, *, curves: dict[str, Curve], request: BookRequest) -> tuple[Ints, Ints, Ints]:
    """For each firm its curve, the most it may get in whole steps, and why it cannot be funded (UNKNOWN where it can)."""
    wrong = next((x for x in request.grades.values() if x not in curves), None)
    if wrong is not None:
        raise BadRequest(f"there is no curve {wrong!r} for a grade; the churn table has {', '.join(curves)}", field="grade")
    names = list(curves)
    found = [curve_name(x, curves=curves, mapping=request.grades) for x in ratings.grades]
    places = np.array([*(names.index(x) if x is not None else UNKNOWN for x in found), UNKNOWN], np.int64)
    curve = places[ratings.grade]
    own = limits_of(ratings, request=request)
    limit = np.full(len(ratings), request.high_fen) if own is None else np.minimum(own, request.high_fen)
    high = np.where(limit < 0, UNKNOWN, limit // request.step_fen * request.step_fen)
    low = -(-request.low_fen // request.step_fen) * request.step_fen
    waits = np.full(len(ratings), UNKNOWN, np.int64)
    for reason, is_so in reversed(_obstacles(ratings, curve=curve, high=high, low=low, request=request)):
        waits[is_so] = _CODE[reason]
    return curve, high, waits


def limits_of(ratings: Ratings, *, request: BookRequest) -> Ints | None:
    """The firms' own limits (主体额度), in fen: indicative ones where there is no other and the plan is indicative."""
    if ratings.limit_fen is None or ratings.indicative_fen is None or not request.is_indicative:
        return ratings.limit_fen
    return np.where(ratings.limit_fen == UNKNOWN, ratings.indicative_fen, ratings.limit_fen)


def _obstacles(ratings: Ratings, *, curve: Ints, high: Ints, low: int, request: BookRequest) -> list[tuple[BookReason, Flags]]:
    """Why a firm cannot be funded whatever the budget, the first that holds counts."""
    decided = ratings.decision if ratings.decision is not None else np.full(len(ratings), _DECISIONS[Decision.OFFER])
    is_open = (decided == UNKNOWN) | (decided == _DECISIONS[Decision.NOT_KNOWN])
    return [
        (BookReason.REFUSED, decided == _DECISIONS[Decision.REFUSED]),
        (BookReason.DECISION_UNKNOWN, is_open & (not request.is_indicative)),
        (BookReason.PD_UNKNOWN, ratings.pd_nano == UNKNOWN),
        (BookReason.DECISION_UNKNOWN, high == UNKNOWN),
        (BookReason.NO_CURVE, curve == UNKNOWN),
        (BookReason.LIMIT_TOO_LOW, high < low),
    ]


def _wanted(
    request: BookRequest, ratings: Ratings, *, firms: Applicants, rows: Ints, prices: Prices, terms: Terms, free: Allocation
) -> tuple[Allocation, Floored | None, tuple[float, ...], int | None]:
    """The plan for what is wished: with it what a floor did, what conditions cost, how many firms could be served."""
    budget = request.budget_fen
    if request.conditions:
        return _with_conditions(request, ratings, firms=firms, rows=rows, prices=prices, terms=terms)
    if request.objective is BookObjective.FIRMS:
        most = most_served(firms, prices=prices, terms=terms, budget=budget)
        return allocate_to_most(firms, prices=prices, terms=terms, budget=budget), None, (), len(most)
    if request.objective is BookObjective.FIRST_TIME:
        if ratings.first_time is None:
            raise BadRequest("the ratings have no column first_time; the objective first_time needs one", field="objective")
        floored = allocate_with_floor(
            firms, is_first=ratings.first_time[rows], floor=float(request.first_time_share), prices=prices, terms=terms,
            budget=budget,
        )  # fmt: skip
        return floored.plan, floored, (), None
    return free, None, (), None


def _with_conditions(
    request: BookRequest, ratings: Ratings, *, firms: Applicants, rows: Ints, prices: Prices, terms: Terms
) -> tuple[Allocation, Floored | None, tuple[float, ...], int | None]:
    from huoshui.adapters.book.solver import solve  # noqa: PLC0415 -- HiGHS is an extra, and only this needs it

    matches = [matching(x, columns=ratings.columns, count=len(ratings))[rows] for x in request.conditions]
    found = solve(firms, conditions=request.conditions, matches=matches, prices=prices, terms=terms, budget=request.budget_fen)
    plan = Allocation(found.amount, found.rate, found.value, found.bound, found.shadow_price)
    return plan, None, found.worth, None


def _plan(
    request: BookRequest, ratings: Ratings, found: Allocation, *, rows: Ints, curve: Ints, high: Ints, waits: Ints,
    prices: Prices, terms: Terms,
) -> Plan:  # fmt: skip
    amount, rate = np.zeros(len(ratings), np.int64), np.full(len(ratings), UNKNOWN, np.int64)
    amount[rows], rate[rows] = found.amount, found.rate
    drawn, profit, loss = earned(
        ratings, amount=amount, rate=rate, curve=curve, prices=prices, terms=terms, costs=request.costs
    )
    shadow = Decimal(max(found.shadow_price, 0.0)).quantize(Decimal("1e-12"))
    evidence = evidence_of(high, curve=curve, prices=prices, shadow_price=shadow, reading=request.reading, costs=request.costs)
    millionths = -(-ratings.pd_nano // 1000)
    could = (amount == 0) & ((waits == UNKNOWN) | (waits == _CODE[BookReason.PD_UNKNOWN])) & (evidence > 0)
    evidence = np.where(could, np.where(waits == UNKNOWN, np.minimum(evidence, millionths - 1), evidence), UNKNOWN)
    reason = waits.copy()
    reason[rows] = _reasons(request, ratings, found, rows=rows, curve=curve, high=high, prices=prices)
    return Plan(amount, rate, curve, high, drawn, profit, loss, reason, evidence)


def _reasons(
    request: BookRequest, ratings: Ratings, found: Allocation, *, rows: Ints, curve: Ints, high: Ints, prices: Prices
) -> Ints:
    """Why each applicant has what it has."""
    worth = evidence_of(
        high[rows], curve=curve[rows], prices=prices, shadow_price=Decimal(0), reading=request.reading, costs=request.costs
    )
    is_dear = ratings.pd_nano[rows] >= worth * 1000
    waits = BookReason.CONDITION if request.conditions else BookReason.BUDGET
    funded = np.where(found.amount == high[rows], _CODE[BookReason.AT_LIMIT], _CODE[BookReason.IN_PART])
    return np.where(found.amount > 0, funded, np.where(is_dear, _CODE[BookReason.PRICE_TOO_HIGH], _CODE[waits]))
