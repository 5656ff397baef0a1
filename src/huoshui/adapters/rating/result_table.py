"""The columns of a rated register (评级结果表): one row a firm, as the one-firm decision says it.

Lists repeat from firm to firm, so each list that occurs is made once and then only pointed at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.adapters.rating.limits import LETTERS, METHODS, OPEN, Limits
from huoshui.adapters.rating.scoring import NONE, RegisterScorer, Scored
from huoshui.rules.points_table import PointsTable
from huoshui.rules.pricing import Price
from huoshui.rules.rating import OPEN as OPEN_CODES
from huoshui.rules.rating import Rater
from huoshui.terms import Decision, DecisionReason

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Language = Literal["zh", "en"]
CODES: Final = tuple(DecisionReason)
PLACES: Final = 10
_WIDE: Final = pa.decimal128(18, PLACES)
_AT: Final = {x: 1 << i for i, x in enumerate(CODES)}
_REFUSING: Final = sum(bit for x, bit in _AT.items() if x not in OPEN_CODES)
_DECISIONS: Final = pa.array([x.value for x in (Decision.OFFER, Decision.NOT_KNOWN, Decision.REFUSED)])
_METHODS: Final = pa.array([x.value for x in METHODS])
_OFFER, _NOT_KNOWN, _REFUSED = range(3)


@dataclass(frozen=True, slots=True)
class Judged:
    """All that is known of a batch (批量结论): score, knock-out bits and limits."""

    scored: Scored
    failed: Ints
    unknown: Ints
    limits: Limits


class PriceList:
    """A product's prices by place of probability and grade (价目), each reckoned when a firm first needs it."""

    def __init__(self, rater: Rater) -> None:
        self._rater, table = rater, rater.table
        self._grades = [x.code[:1] for x in table.grades]
        size = len(table.pd_steps) * len(self._grades)
        self._known = np.zeros(size, np.bool_)
        self._prices: list[Price | None] = [None] * size
        self._made: tuple[pa.Array, pa.Array, Flags] | None = None

    def at(self, scored: Scored) -> tuple[pa.Array, pa.Array, Flags]:
        """Rate, all-in rate, and whether the rate covers its cost, for every firm (逐户价格)."""
        at = scored.step * len(self._grades) + scored.grade
        wanted = np.bincount(at, minlength=len(self._known)) > 0
        if (new := np.flatnonzero(wanted & ~self._known)).size or self._made is None:
            for place in new.tolist():
                step, grade = divmod(place, len(self._grades))
                pd = self._rater.table.pd_steps[step].pd
                self._prices[place] = self._rater.price(pd, letter=self._grades[grade])
            self._known |= wanted
            self._made = (
                _decimals([None if x is None else x.rate for x in self._prices]),
                _decimals([None if x is None else x.all_in_rate for x in self._prices]),
                np.array([x is not None and x.is_covered for x in self._prices], np.bool_),
            )
        rates, all_in, covered = self._made
        places = pa.array(at)
        return rates.take(places), all_in.take(places), covered[at]


class ResultTable:
    """Makes the columns of rated batches (评级结果表)."""

    def __init__(self, rater: Rater, *, scorer: RegisterScorer, rules: Sequence[str], language: Language) -> None:
        self._prices = PriceList(rater)
        self._rules = tuple(rules)
        self._texts = scorer.texts(language)
        self._table = rater.table
        self._pds = _pd_columns(rater.table)
        self._grades = pa.array([x.code for x in rater.table.grades])
        self._letters = np.array([LETTERS.index(x.code[0]) for x in rater.table.grades], np.int64)

    def letters(self, scored: Scored) -> Ints:
        """The letter of each firm's grade (评级字母), as a place in LETTERS."""
        found: Ints = self._letters[scored.grade]
        return found

    def columns(self, ids: pa.ChunkedArray, judged: Judged) -> pa.Table:
        """One row a firm (结果列)."""
        scored, limits = judged.scored, judged.limits
        known = scored.is_known
        rates, all_in, covered = self._prices.at(scored)
        masks = _masks(judged, covered=covered)
        decision = np.where(masks & _REFUSING, _REFUSED, np.where(masks, _NOT_KNOWN, _OFFER))
        offered, absent = decision == _OFFER, pa.array(~known)
        fen = np.where(offered, limits.fen, 0)
        step, grade = _places(scored.step, absent), _places(scored.grade, absent)
        reckoned = known & (limits.fen != OPEN)
        return pa.table({
            "firm_id": ids,
            "decision": _words(decision, _DECISIONS),
            "grade": pa.DictionaryArray.from_arrays(grade, self._grades),
            "points": pa.array(scored.points.astype(np.int32), mask=~known),
            **{name: column.take(step) for name, column in self._pds.items()},
            "limit_fen": pa.array(fen, mask=decision == _NOT_KNOWN),
            "rate": _where(offered, rates),
            "all_in_rate": _where(offered, all_in),
            "limit_method": pa.DictionaryArray.from_arrays(_places(limits.lowest, absent), _METHODS),
            "indicative_limit_fen": pa.array(limits.fen, mask=~reckoned),
            "indicative_rate": _where(known, rates),
            "codes": _lists(masks, [x.value for x in CODES]),
            "knock_outs": _lists(judged.failed, self._rules),
            "not_known": _lists(judged.unknown, self._rules),
            "reasons": self._reasons(scored),
        })  # fmt: skip

    def _reasons(self, scored: Scored) -> pa.Array:
        places = np.stack(scored.reasons, axis=1)
        there = places != NONE
        offsets = np.zeros(len(places) + 1, np.int32)
        np.cumsum(there.sum(axis=1), out=offsets[1:])
        texts = pa.DictionaryArray.from_arrays(pa.array(places[there].astype(np.int32)), self._texts)
        return pa.ListArray.from_arrays(pa.array(offsets), texts)


def _masks(judged: Judged, *, covered: Flags) -> Ints:
    """All codes of every firm, a bit each, as `codes_of` gives them."""
    scored, reason = judged.scored, judged.limits.reason
    failed, unknown = _AT[DecisionReason.KNOCK_OUT], _AT[DecisionReason.KNOCK_OUT_UNKNOWN]
    price, none = _AT[DecisionReason.PRICE_TOO_LOW], _AT[DecisionReason.NO_EVIDENCE]
    knocked = np.where(judged.failed != 0, failed, 0) + np.where(judged.unknown != 0, unknown, 0)
    mask = np.where(reason >= 0, 1 << np.maximum(reason, 0), 0) + np.where(covered, 0, price)
    found: Ints = knocked + np.where(scored.is_known, mask, none)
    return found


def _pd_columns(table: PointsTable) -> Mapping[str, pa.Array]:
    steps = table.pd_steps
    return {
        "pd": _decimals([x.pd for x in steps]), "pd_low": _decimals([x.low for x in steps]),
        "pd_high": _decimals([x.high for x in steps]),
    }  # fmt: skip


def _decimals(values: Sequence[Decimal | None]) -> pa.Array:
    return pa.array([None if x is None else rounded(x) for x in values], _WIDE)


def rounded(value: Decimal) -> Decimal:
    """A rate or a probability as a result keeps it (结果精度): ten places, half up."""
    return value.quantize(Decimal(1).scaleb(-PLACES), rounding=ROUND_HALF_UP)


def _places(places: Ints, absent: pa.Array) -> pa.Array:
    return pa.array(places.astype(np.int32), mask=absent.to_numpy(zero_copy_only=False))


def _words(places: Any, words: pa.Array) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32)), words)


def _where(holds: Flags, values: pa.Array) -> pa.Array:
    return pa.compute.if_else(pa.array(holds), values, pa.scalar(None, values.type))


def _lists(masks: Ints, names: Sequence[str]) -> pa.Array:
    encoded = pa.array(masks).dictionary_encode()
    lists = [[x for i, x in enumerate(names) if mask >> i & 1] for mask in encoded.dictionary.to_pylist()]
    return pa.array(lists, pa.list_(pa.string())).take(encoded.indices)
