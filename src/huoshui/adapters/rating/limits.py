"""A product's limit over columns (批量额度): the figures of `rules/limit.py` to the last fen, for many firms at a time.

All sums are exact in 64 bits: a product that would not fit is reckoned modulo 2**64 around its quotient in floating point,
whose error the remainder puts right. A batch with a figure beyond `MOST` goes through the one-firm rule.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from huoshui.errors import BadFile
from huoshui.rules.limit import BP, NEED_UNIT, LimitReader, LimitTerms, NeedTerms, tax_grade
from huoshui.rules.screening import GRADES
from huoshui.terms import DecisionReason, LimitMethod

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
MOST: Final = 10**15
MOST_DAYS: Final = 3_650
LETTERS: Final = "ABCD"
METHODS: Final = tuple(LimitMethod)
OPEN: Final = -1
_MASK: Final = (1 << 64) - 1
_USED: Final = (
    "sales_12m", "sales_yoy", "profit_rate_declared", "cash_cycle_days", "tax_total_12m", "tax_total_24m", "loan_balance",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a batch (批量额度): fen, OPEN where not known; `reason` is a place in DecisionReason or -1."""

    fen: Ints
    lowest: Ints
    reason: Ints


@dataclass(frozen=True, slots=True)
class _Column:
    """Whole numbers with what is known of them; a figure that is not known is 0."""

    values: Ints
    known: Flags

    @property
    def above_zero(self) -> Flags:
        return self.known & (self.values > 0)


class RegisterLimits:
    """A product's methods made ready for batches (批量额度测算器). Raises BadPolicyFile."""

    def __init__(self, terms: LimitTerms) -> None:
        self._reader = LimitReader(terms)
        reader = self._reader
        self._cap = np.array([reader.cap_fen.get(x, 0) for x in LETTERS], np.int64)
        shares = reader.share_bp or {}
        self._share = np.array([shares.get(x, -1) for x in LETTERS], np.int64)
        multiples = reader.multiple_bp or {}
        self._multiple = np.array([multiples.get(x, -1) if x else -1 for x in GRADES], np.int64)
        self._mean = np.array([x in reader.mean_of_24 for x in GRADES])

    def limit(self, batch: pa.Table, *, letter: Ints) -> Limits:
        """The limits of a batch (批量额度); `letter` are places in LETTERS. Raises BadFile for a column of another kind."""
        facts = {name: _column(batch, name) for name in _USED}
        grade = _tax_grades(batch)
        if any(np.abs(x.values).max(initial=0) > MOST for x in facts.values()) or _is_long(facts["cash_cycle_days"].values):
            return self._one_by_one(batch, letter)
        reader, cap = self._reader, self._cap[letter]
        found = (
            None if reader.need is None else self._working_capital(facts, reader.need),
            None if reader.share_bp is None else _shares(facts["sales_12m"], self._share[letter]),
            None if reader.multiple_bp is None else self._tax_multiple(facts, grade),
            _Column(cap, np.ones(len(cap), np.bool_)),
        )
        loans = facts["loan_balance"]
        owed = np.where(loans.above_zero, loans.values, 0)
        lowest, least = np.full(len(cap), len(METHODS) - 1, np.int64), cap.copy()
        missing, gaps = np.zeros(len(cap), np.bool_), np.zeros(len(cap), np.int64)
        for place, (method, gross) in enumerate(zip(METHODS, found, strict=True)):
            if gross is None:
                gaps += 1
                missing |= method in reader.terms.required
                continue
            left = gross.values - owed if method in reader.terms.deducted_from else gross.values
            decides = gross.known & (left < least)
            lowest[decides], least[decides] = place, left[decides]
            gaps += ~gross.known
            missing |= ~gross.known & (method in reader.terms.required)
        unknown = missing | (gaps == len(METHODS) - 1)
        return self._settled(cap, least, lowest, unknown=unknown, loans=loans)

    def _settled(self, cap: Ints, least: Ints, lowest: Ints, *, unknown: Flags, loans: _Column) -> Limits:
        reader = self._reader
        rounded = least - least % reader.step_fen
        places = {x: i for i, x in enumerate(DecisionReason)}
        reason = np.where(rounded < reader.least_fen, places[DecisionReason.LIMIT_TOO_LOW], -1)
        reason = np.where(unknown, places[DecisionReason.LIMIT_UNKNOWN], reason)
        is_open = unknown
        if reader.terms.unknown_loans == "not_known":
            reason = np.where(~loans.known, places[DecisionReason.LOANS_UNKNOWN], reason)
            is_open = unknown | ~loans.known
        reason = np.where(cap == 0, places[DecisionReason.GRADE], reason)
        fen = np.where(reason >= 0, np.where(is_open & (cap > 0), OPEN, 0), rounded)
        return Limits(fen, lowest, reason)

    def _working_capital(self, facts: dict[str, _Column], need: NeedTerms) -> _Column:
        sales, profit, days = facts["sales_12m"], facts["profit_rate_declared"], facts["cash_cycle_days"]
        assumed = np.full(len(sales.values), need.profit_bp or 0, np.int64)
        profit_bp = np.where(profit.known, np.clip(profit.values, 0, BP), assumed)
        cycle = np.where(days.known, days.values, need.cycle_days)
        growth = np.where(facts["sales_yoy"].known, np.clip(facts["sales_yoy"].values, -BP, need.growth_cap_bp), 0)
        known = sales.above_zero & (cycle > 0) & (profit.known | (need.profit_bp is not None))
        factor = (BP - profit_bp) * (BP + growth) * np.where(cycle > 0, cycle, 0) * need.lent_bp
        return _Column(rounded_quotient(np.where(known, sales.values, 0), factor, of=NEED_UNIT), known)

    def _tax_multiple(self, facts: dict[str, _Column], grade: Ints) -> _Column:
        multiple, mean = self._multiple[grade], self._mean[grade]
        year, two = facts["tax_total_12m"], facts["tax_total_24m"]
        known = np.where(mean, two.above_zero, year.above_zero) & (multiple >= 0)
        times = np.where(known, multiple, 0)
        halves = _share_of(np.where(known, two.values, 0), times, of=2 * BP)
        return _Column(np.where(mean, halves, _share_of(np.where(known, year.values, 0), times, of=BP)), known)

    def _one_by_one(self, batch: pa.Table, letter: Ints) -> Limits:
        names = [x for x in (*_USED, "tax_grade") if x in batch.column_names]
        rows = batch.select(names).to_pylist() if names else [{}] * batch.num_rows
        found = [self._reader.limit(x, letter=LETTERS[i]) for x, i in zip(rows, letter.tolist(), strict=True)]
        places = {x: i for i, x in enumerate(DecisionReason)}
        return Limits(
            np.array([OPEN if x.limit_fen is None else x.limit_fen for x in found], np.int64),
            np.array([METHODS.index(x.lowest) for x in found], np.int64),
            np.array([-1 if x.reason is None else places[x.reason] for x in found], np.int64),
        )


def rounded_quotient(amounts: Ints, factors: Ints, *, of: int) -> Ints:
    """`amount x factor / of` in whole numbers, half up and exact (四舍五入的商), where the quotient has less than 52 bits."""
    near = np.floor(amounts.astype(np.float64) * factors.astype(np.float64) / of).astype(np.int64)
    with np.errstate(over="ignore"):
        twice = 2 * (amounts.view(np.uint64) * factors.view(np.uint64)) + np.uint64(of)
        rest = (twice - near.view(np.uint64) * np.uint64(2 * of & _MASK)).view(np.int64)
    exact: Ints = near + rest // (2 * of)
    return exact


def _shares(sales: _Column, share: Ints) -> _Column:
    known = sales.above_zero & (share >= 0)
    return _Column(_share_of(np.where(known, sales.values, 0), np.where(known, share, 0), of=BP), known)


def _share_of(amounts: Ints, shares: Ints, *, of: int) -> Ints:
    """`amount x share / of`, half up and exact, in two parts so that neither leaves 64 bits."""
    whole, rest = np.divmod(amounts, of)
    found: Ints = whole * shares + (2 * rest * shares + of) // (2 * of)
    return found


def _is_long(days: Ints) -> bool:
    return bool((days > MOST_DAYS).any())


def _column(batch: pa.Table, name: str) -> _Column:
    if name not in batch.column_names or pa.types.is_null(batch.column(name).type):
        return _Column(np.zeros(batch.num_rows, np.int64), np.zeros(batch.num_rows, np.bool_))
    column = batch.column(name)
    if not (pa.types.is_integer(column.type) or pa.types.is_boolean(column.type)):
        raise BadFile(f"the facts' column {name} is of type {column.type}; expected whole numbers", field=name)
    values = np.array(column.cast(pa.int64()).fill_null(0).to_numpy(), np.int64)
    if not column.null_count:
        return _Column(values, np.ones(len(values), np.bool_))
    return _Column(values, np.asarray(column.is_valid().to_numpy(), np.bool_))


def _tax_grades(batch: pa.Table) -> Ints:
    """Places in GRADES, 0 where the grade is not known."""
    if "tax_grade" not in batch.column_names or pa.types.is_null(batch.column("tax_grade").type):
        return np.zeros(batch.num_rows, np.int64)
    column: Any = batch.column("tax_grade")
    if pa.types.is_integer(column.type):
        found = np.asarray(column.cast(pa.int64()).fill_null(0).to_numpy(), np.int64)
        return np.where((found >= 0) & (found < len(GRADES)), found, 0)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        raise BadFile(
            f"the facts' column tax_grade is of type {column.type}; expected A to D or their places", field="tax_grade"
        )
    encoded = column.combine_chunks().dictionary_encode()
    places = [GRADES.index(x) if tax_grade(x) in GRADES else 0 for x in encoded.dictionary.to_pylist()]
    found = np.array([*places, 0], np.int64)[encoded.indices.fill_null(len(places)).to_numpy(zero_copy_only=False)]
    return np.asarray(found, np.int64)
