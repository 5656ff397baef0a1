"""The summary of a book (组合汇总): every figure of the report, as JSON has it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any, Final

import numpy as np

from huoshui import __version__
from huoshui.adapters.book.market import Flags
from huoshui.adapters.book.plan_table import REASONS
from huoshui.money import format_rate
from huoshui.policy import Citation
from huoshui.rules.book import BookReason
from huoshui.rules.churn import ChurnTable
from huoshui.services.book.bounds import bound_costs, frontier
from huoshui.services.book.planning import Planned, Progress
from huoshui.terms import BookObjective, BudgetReading

FORMAT: Final = "huoshui book 1"
_NANO: Final = 10**9
_MILLION: Final = 10**6
_BANDS: Final = (0.01, 0.03, 0.05, 0.1, 0.2, 1.0)


def summarize(planned: Planned, *, churn: ChurnTable, progress: Progress) -> dict[str, Any]:
    """Everything that the report shows (组合汇总)."""
    request, plan = planned.request, planned.plan
    profit_fen = int(plan.profit_fen.sum())
    bound_fen = max(int(planned.allocation.bound) + 1, profit_fen) if profit_fen > 0 else profit_fen
    funded = plan.amount_fen > 0
    progress("report: what each bound costs")
    return {
        "format": FORMAT,
        "huoshui": __version__,
        **_origin(planned),
        "region": request.region,
        "on": request.on.isoformat(),
        "objective": request.objective.value,
        "budget_reading": request.reading.value,
        "budget_fen": request.budget_fen,
        "used_fen": round(planned.used_fen),
        "offered_fen": int(plan.amount_fen.sum()),
        "expected_drawn_fen": int(plan.drawn_fen.sum()),
        "expected_profit_fen": profit_fen,
        "expected_loss_fen": int(plan.loss_fen.sum()),
        "bound_fen": bound_fen,
        "gap": (bound_fen - profit_fen) / bound_fen if bound_fen > 0 else 0.0,
        "shadow_price": max(planned.allocation.shadow_price, 0.0),
        "firms": len(planned.ratings),
        "firms_that_may_be_funded": len(planned.rows),
        "firms_funded": int(funded.sum()),
        "expected_takers": _takers(planned, funded),
        **_served(planned),
        "terms": _terms(planned),
        "by_reason": _by_reason(plan.reason),
        "by_grade": _by_grade(planned),
        "by_pd": _by_pd(planned),
        "bound_costs": [asdict(x) for x in bound_costs(planned)],
        "frontier": [asdict(x) for x in frontier(planned)],
        "acceptance": _acceptance(planned, churn),
        "evidence": _evidence(planned),
        "conditions": _conditions(planned),
        "citations": [_cited(x) for x in planned.ceiling.citations],
    }


def _served(planned: Planned) -> dict[str, Any]:
    """What other objectives than profit promise, and what they cost against profit alone."""
    given_up = round(planned.free.value - planned.allocation.value)
    found: dict[str, Any] = {}
    if planned.most_firms is not None:
        found |= {"most_firms": planned.most_firms, "profit_given_up_fen": given_up}
    if planned.floored is not None:
        is_first = planned.ratings.first_time
        assert is_first is not None  # noqa: S101 -- the objective has been refused without it
        used = planned.plan.drawn_fen if planned.request.reading is BudgetReading.DRAWN else planned.plan.amount_fen
        found |= {
            "first_time": {
                "floor_share": str(planned.request.first_time_share), "used_fen": int(used[is_first].sum()),
                "firms_funded": int(((planned.plan.amount_fen > 0) & is_first).sum()), "binds": planned.floored.is_binding,
                "kept": planned.floored.is_kept,
            },
            "profit_given_up_fen": given_up,
        }  # fmt: skip
    if planned.request.conditions:
        found |= {"profit_given_up_fen": given_up}
    return found


def _terms(planned: Planned) -> dict[str, Any]:
    request, ceiling = planned.request, planned.ceiling
    costs = request.costs
    return {
        "limit_low_fen": request.low_fen, "limit_high_fen": request.high_fen, "step_fen": request.step_fen,
        "rate_low": str(request.low_rate), "rate_high": str(request.high_rate), "rate_ceiling": str(ceiling.rate),
        "legal_ceiling": None if ceiling.legal is None else str(ceiling.legal),
        "rates": [str(x) for x in planned.prices.rates],
        "lgd": str(costs.lgd), "funds_rate": str(costs.funds_rate), "cost_rate": str(costs.cost_rate),
        "cost_per_loan_fen": costs.cost_fen, "grades": dict(request.grades), "pd_column": request.pd_column,
        "is_indicative": request.is_indicative,
        "has_own_limits": planned.ratings.limit_fen is not None,
    }  # fmt: skip


def _by_reason(reason: Any) -> dict[str, int]:
    counts = np.bincount(reason, minlength=len(REASONS))
    return {x.value: int(counts[place]) for place, x in enumerate(REASONS) if counts[place]}


def _by_grade(planned: Planned) -> dict[str, Any]:
    names = planned.ratings.grades
    order = sorted(range(len(names)), key=lambda x: names[x])
    groups = {names[x]: planned.ratings.grade == x for x in order}
    if (planned.ratings.grade < 0).any():
        groups["unknown"] = planned.ratings.grade < 0
    return {name: _group(planned, rows) for name, rows in groups.items()}


def _by_pd(planned: Planned) -> list[dict[str, Any]]:
    pd = planned.ratings.pd_nano / _NANO
    low, found = 0.0, []
    for high in _BANDS:
        rows = (pd >= low) & ((pd < high) | (high == 1.0))
        found.append({"from": str(Decimal(str(low))), "to": str(Decimal(str(high))), **_group(planned, rows)})
        low = high
    return [x for x in found if x["firms"]]


def _group(planned: Planned, rows: Flags) -> dict[str, Any]:
    plan, pd = planned.plan, planned.ratings.pd_nano
    funded = rows & (plan.amount_fen > 0)
    drawn = plan.drawn_fen[funded]
    weight = drawn if drawn.sum() else np.ones_like(drawn)
    rate = planned.prices.rate[plan.rate[funded]]
    known = rows & (pd >= 0)
    return {
        "firms": int(rows.sum()), "firms_funded": int(funded.sum()), "offered_fen": int(plan.amount_fen[funded].sum()),
        "expected_drawn_fen": int(drawn.sum()), "expected_profit_fen": int(plan.profit_fen[funded].sum()),
        "expected_loss_fen": int(plan.loss_fen[funded].sum()),
        "mean_rate": _mean(rate, weight), "mean_pd": _mean(pd[known] / _NANO, np.ones(int(known.sum()))),
        "mean_pd_funded": _mean(pd[funded] / _NANO, weight), "by_reason": _by_reason(plan.reason[rows]),
    }  # fmt: skip


def _mean(values: Any, weight: Any) -> str | None:
    return format_rate(Decimal(float((values * weight).sum() / weight.sum()))) if len(values) else None


def _origin(planned: Planned) -> dict[str, Any]:
    """What the ratings rest on: the model, whether it was approved, the product, and what every reader must know."""
    basis = planned.ratings.basis
    model = basis.get("model") or {}
    found = {
        "model": model.get("name"),
        "model_version": model.get("version"),
        "model_status": model.get("status"),
        "product": basis.get("product"),
        "on": basis.get("on"),
        "notices": list(basis.get("notices") or ()),
    }
    return {"synthetic": planned.ratings.synthetic, "ratings": found}


def _takers(planned: Planned, funded: Flags) -> float:
    return float(planned.prices.accepted[planned.curve[funded], planned.plan.rate[funded]].sum())


def _acceptance(planned: Planned, churn: ChurnTable) -> dict[str, Any]:
    """The table's points, the curve through them and where the plan stands, by grade of the table."""
    offers: dict[str, dict[str, int]] = {}
    plan = planned.plan
    for place, name in enumerate(planned.prices.names):
        used = plan.rate[(planned.curve == place) & (plan.amount_fen > 0)]
        count = np.bincount(used, minlength=len(planned.prices.rates))
        offers[name] = {str(planned.prices.rates[x]): int(count[x]) for x in np.flatnonzero(count)}
    return {
        name: {
            "rates": [str(x) for x in curve.rates],
            "observed": [str(1 - x) for x in churn.lost[name]],
            "accepted": [str(x) for x in curve.accepted],
            "most_moved": str(curve.moved),
            "offers": offers[name],
        }
        for name, curve in planned.curves.items()
    }


def _evidence(planned: Planned) -> dict[str, Any]:
    """How far waiting firms are from being funded: by how much their PD would have to fall."""
    plan, pd = planned.plan, planned.ratings.pd_nano
    waiting = (plan.evidence >= 0) & (pd >= 0)
    ratio = plan.evidence[waiting] * 1000 / np.maximum(pd[waiting], 1)
    bands = {"0.8": 0.8, "0.5": 0.5, "0.2": 0.2, "0": 0.0}
    found, above = [], 2.0
    for name, least in bands.items():
        found.append({"pd_may_be_at_least": name, "firms": int(((ratio >= least) & (ratio < above)).sum())})
        above = least
    funded_at: dict[str, str] = {}
    for place, name in enumerate(planned.prices.names):
        rows = (planned.curve == place) & (plan.evidence >= 0) & (plan.reason == REASONS.index(BookReason.PRICE_TOO_HIGH))
        if rows.any():
            funded_at[name] = str(Decimal(int(np.median(plan.evidence[rows]))) / _MILLION)
    unknown = int(((plan.evidence >= 0) & (pd < 0)).sum())
    return {"waiting": int(waiting.sum()), "by_distance": found, "pd_to_fund_by_curve": funded_at, "pd_unknown": unknown}


def _conditions(planned: Planned) -> list[dict[str, Any]]:
    return [
        {
            "name": x.name, "where": {k: list(v) for k, v in x.where.items()}, "sense": "at_least" if x.at_least else "at_most",
            "measure": x.measure, "limit": str(x.limit), "worth_fen": worth,
        }
        for x, worth in zip(planned.request.conditions, planned.worth, strict=True)
    ]  # fmt: skip


def _cited(citation: Citation) -> Mapping[str, Any]:
    return {**asdict(citation), "since": citation.since.isoformat()}


def objective_words(objective: str) -> Sequence[str]:
    """An objective in both languages (目标名称)."""
    return BookObjective(objective).zh, BookObjective(objective).en
