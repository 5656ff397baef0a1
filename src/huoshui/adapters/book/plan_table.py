"""A plan as a table (组合方案表): a row a firm, whole fen, exact profits, a coded and worded reason, and what would change it.

Profits are reckoned in floats and rounded; one so near to half a fen that floats cannot decide is reckoned again by the rule.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
import pyarrow as pa

from huoshui.adapters.book.market import Floats, Ints, Prices, Terms
from huoshui.adapters.book.ratings_file import UNKNOWN, Ratings
from huoshui.rules.book import EVIDENCE_PLACES, PD_PLACES, BookReason, LoanCosts, expected_profit_fen, highest_pd
from huoshui.rules.churn import RATE_PLACES
from huoshui.terms import BudgetReading

REASONS: Final = tuple(BookReason)
_RATE: Final = pa.decimal128(9, RATE_PLACES)
_PD: Final = pa.decimal128(11, PD_PLACES)
_EVIDENCE: Final = pa.decimal128(8, EVIDENCE_PLACES)
_SHARE: Final = pa.decimal128(13, 12)
_DOUBTFUL: Final = 1e-3
_NANO: Final = 10**PD_PLACES


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan for all rated firms (全部主体的方案), in columns; `rate` and `curve` are places in the prices or UNKNOWN.

    Amounts in fen; `high_fen` is the most that a firm may get, and UNKNOWN where that is not known; `evidence` is the PD below
    which a waiting firm would be funded, in millionths, or UNKNOWN.
    """

    amount_fen: Ints
    rate: Ints
    curve: Ints
    high_fen: Ints
    drawn_fen: Ints
    profit_fen: Ints
    loss_fen: Ints
    reason: Ints
    evidence: Ints


def earned(
    ratings: Ratings, *, amount: Ints, rate: Ints, curve: Ints, prices: Prices, terms: Terms, costs: LoanCosts
) -> tuple[Ints, Ints, Ints]:
    """What each offer is expected to draw, to earn and to lose, in whole fen (预期用信、利润、损失)."""
    share = np.where(rate >= 0, prices.accepted[curve, rate], 0.0)
    pd = np.maximum(ratings.pd_nano, 0) / _NANO
    margin = (1.0 - pd) * prices.rate[rate] - pd * terms.lgd - terms.rate_cost
    drawn = np.multiply(amount, share, dtype=np.float64)
    exact = np.where(amount > 0, share * (amount * margin - terms.cost), 0.0)
    profit = _rounded(exact)
    for row in np.flatnonzero(np.abs(np.abs(exact - np.trunc(exact)) - 0.5) < np.maximum(_DOUBTFUL, 1e-12 * np.abs(exact))):
        if amount[row]:
            accepted = prices.curves[curve[row]].accepted[rate[row]]
            profit[row] = expected_profit_fen(
                int(amount[row]), rate=prices.rates[rate[row]], accepted=accepted, pd=ratings.pd(int(row)), costs=costs
            )
    return _rounded(drawn), profit, _rounded(drawn * pd * terms.lgd)


def used_fen(plan_amount: Ints, *, rate: Ints, curve: Ints, prices: Prices, reading: BudgetReading) -> Decimal:
    """What a plan uses of its budget, exact (预算占用)."""
    if reading is BudgetReading.OFFERED:
        return Decimal(int(plan_amount.sum()))
    width = len(prices.rates)
    funded = np.flatnonzero(plan_amount)
    key = curve[funded] * width + rate[funded]
    order = np.argsort(key, kind="stable")
    found, begin = np.unique(key[order], return_index=True)
    sums = np.add.reduceat(plan_amount[funded][order], begin).tolist() if len(found) else []
    return sum(
        (x * prices.curves[k // width].accepted[k % width] for k, x in zip(found.tolist(), sums, strict=True)), Decimal(0)
    )


def evidence_of(
    high: Ints, *, curve: Ints, prices: Prices, shadow_price: Decimal, reading: BudgetReading, costs: LoanCosts
) -> Ints:
    """The PD below which each firm would be funded, in millionths, UNKNOWN where none would do (转为可安排所需的违约概率)."""
    scale = int(high.max(initial=0)) + 1
    kinds, place = np.unique(curve * scale + np.maximum(high, 0), return_inverse=True) if costs.cost_fen else _curves(curve)
    found = np.full(len(kinds), UNKNOWN, np.int64)
    for i, kind in enumerate(kinds.tolist()):
        grade, amount = divmod(kind, scale) if costs.cost_fen else (kind, 1)
        if grade >= 0:
            pd = highest_pd(
                prices.curves[grade], amount_fen=max(amount, 1), shadow_price=shadow_price, reading=reading, costs=costs
            )
            found[i] = UNKNOWN if pd is None else int(pd.scaleb(EVIDENCE_PLACES))
    return found[place]


def _curves(curve: Ints) -> tuple[Ints, Ints]:
    """All curves from UNKNOWN on, and the place of each firm's: without a cost of a loan its amount says nothing."""
    return np.arange(UNKNOWN, int(curve.max(initial=UNKNOWN)) + 1), curve - UNKNOWN


def plan_table(ratings: Ratings, plan: Plan, *, prices: Prices) -> pa.Table:
    """The plan as an Arrow table, in the order of firm ids (方案表); its metadata say whether the ratings were synthetic."""
    funded = plan.amount_fen > 0
    words = {
        "reason": [x.value for x in REASONS], "reason_zh": [x.zh for x in REASONS], "reason_en": [x.en for x in REASONS],
    }  # fmt: skip
    reason = pa.array(plan.reason, pa.int32())
    columns = {
        "firm_id": ratings.firm_id,
        "grade": pa.DictionaryArray.from_arrays(
            pa.array(ratings.grade, pa.int32(), mask=ratings.grade < 0), pa.array(ratings.grades, pa.string())
        ).dictionary_decode(),
        "pd": _decimals(ratings.pd_nano, _PD, known=ratings.pd_nano >= 0),
        "amount_fen": pa.array(plan.amount_fen),
        "rate": _taken(prices.rates, plan.rate, _RATE, known=funded),
        "acceptance": _accepted(plan, prices=prices, known=funded),
        "expected_drawn_fen": pa.array(plan.drawn_fen),
        "expected_profit_fen": pa.array(plan.profit_fen),
        "expected_loss_fen": pa.array(plan.loss_fen),
        "limit_fen": pa.array(plan.high_fen, mask=plan.high_fen < 0),
        **{x: pa.DictionaryArray.from_arrays(reason, pa.array(y)).dictionary_decode() for x, y in words.items()},
        "pd_to_fund": _decimals(plan.evidence, _EVIDENCE, known=plan.evidence >= 0),
    }
    return pa.table(columns, metadata={"huoshui.synthetic": str(ratings.synthetic).lower()})


def _rounded(fen: Floats) -> Ints:
    return np.asarray(np.sign(fen) * np.floor(np.abs(fen) + 0.5), np.int64)


def _decimals(whole: Ints, kind: pa.DataType, *, known: np.ndarray) -> pa.Array:
    """Whole numbers of the last place as decimals: both are integers inside."""
    wide = np.zeros((len(whole), 2), np.int64)
    wide[:, 0] = np.where(known, whole, 0)
    valid = pa.py_buffer(np.packbits(known, bitorder="little").tobytes())
    return pa.Array.from_buffers(kind, len(whole), [valid, pa.py_buffer(np.ascontiguousarray(wide))])


def _taken(values: tuple[Decimal, ...], place: Ints, kind: pa.DataType, *, known: np.ndarray) -> pa.Array:
    index = pa.array(np.where(known, place, 0), pa.int32(), mask=~known)
    return pa.array(values, kind).take(index)


def _accepted(plan: Plan, *, prices: Prices, known: np.ndarray) -> pa.Array:
    width = len(prices.rates)
    values = tuple(share for curve in prices.curves for share in curve.accepted)
    return _taken(values, np.maximum(plan.curve, 0) * width + plan.rate, _SHARE, known=known)
