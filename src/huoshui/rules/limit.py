"""How much a firm may borrow (额度): the lowest of the product's methods, every one shown, rounded down to the product's step.

Amounts are whole fen. A method is rounded once, half up; only the limit itself is rounded down. A method that lacks a figure,
or whose figure makes no sense, says so and does not count as zero; a product may demand that it must not be missing. Existing
loans are taken off each method that measures what a firm can carry, not off the product's cap.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from huoshui.errors import BadPolicyFile, BadRequest
from huoshui.rules.day_count import rounded_share
from huoshui.rules.knock_out import Facts, Value
from huoshui.rules.screening import GRADES
from huoshui.terms import DecisionReason, LimitMethod, Term

BP: Final = 10_000
_FEN: Final = 100
_YEAR_DAYS: Final = 360
_OPEN: Final = (DecisionReason.LOANS_UNKNOWN, DecisionReason.LIMIT_UNKNOWN)
_METHODS: Final = (LimitMethod.WORKING_CAPITAL, LimitMethod.SALES_SHARE, LimitMethod.TAX_MULTIPLE, LimitMethod.PRODUCT_CAP)
USED_FACTS: Final = (
    "sales_12m", "sales_yoy", "profit_rate_declared", "cash_cycle_days", "tax_total_12m", "tax_total_24m", "tax_grade",
    "loan_balance",
)  # fmt: skip


class LimitGap(Term):
    """Why a method gives no value (方法不适用的原因)."""

    NOT_USED = "not_used", "产品不采用", "the product does not use it"
    SALES_UNKNOWN = "sales_unknown", "近十二个月销售不明", "sales of twelve months are not known"
    NO_SALES = "no_sales", "近十二个月净销售不为正", "net sales of twelve months are not above zero"
    PROFIT_UNKNOWN = "profit_unknown", "利润率不明", "the profit rate is not known"
    NO_CYCLE = "no_cycle", "应付和预收已覆盖营运周期，公式不适用", "payables and advances finance the whole cycle"
    TAX_UNKNOWN = "tax_unknown", "入库税款不明", "the tax paid is not known"
    NO_TAX = "no_tax", "入库税款不为正", "no tax was paid"
    TAX_GRADE_UNKNOWN = "tax_grade_unknown", "纳税信用级别不明", "the tax credit grade is not known"
    NO_MULTIPLE = "no_multiple", "该纳税信用级别无倍数", "the product has no multiple for this tax credit grade"
    NO_SHARE = "no_share", "该评级无销售比例", "the product has no share of sales for this grade"


_NOT_USED: Final = LimitGap.NOT_USED


@dataclass(frozen=True, slots=True)
class WorkingCapitalTerms:
    """What a working-capital need is reckoned with (流动资金测算参数): days, fractions of one. A loss is no profit."""

    cycle_days: int
    profit_rate: Decimal | None
    growth_cap: Decimal
    own_share: Decimal


@dataclass(frozen=True, slots=True)
class LimitTerms:
    """What a product's policy says of its limit (额度参数): yuan, fractions of one, multiples; by letter of the grade."""

    least: int
    step: int
    product_cap: Mapping[str, int]
    unknown_loans: Literal["not_known", "none"]
    required: frozenset[LimitMethod] = frozenset()
    deducted_from: frozenset[LimitMethod] = frozenset()
    sales_share: Mapping[str, Decimal] | None = None
    tax_multiple: Mapping[str, Decimal] | None = None
    two_year_mean: tuple[str, ...] = ()
    working_capital: WorkingCapitalTerms | None = None


@dataclass(frozen=True, slots=True)
class LimitLine:
    """One method (额度测算项): what it gives, what existing loans take off it, and what is left; or why it gives nothing."""

    method: LimitMethod
    gross_fen: int | None
    loans_fen: int
    value_fen: int | None
    gap: LimitGap | None


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit with what each method gave (额度): `limit_fen` is None where it is not known, `reason` says why there is none.

    `gross` has fen or a gap for each LimitMethod; `loans_fen` are existing loans, taken off where `deducted` says so. `lowest`
    is the method that decides: the cap where another one is equal to it. Without any method but the cap there is nothing to
    reckon a limit from; a letter without a cap is not served.
    """

    gross: tuple[int | LimitGap, ...]
    deducted: tuple[bool, ...]
    loans_fen: int
    lowest: LimitMethod
    limit_fen: int | None
    reason: DecisionReason | None

    @property
    def lines(self) -> tuple[LimitLine, ...]:
        """Every method with its value or its reason (额度测算明细)."""
        return tuple(map(self._line, _METHODS, self.gross, self.deducted))

    def _line(self, method: LimitMethod, gross: int | LimitGap, deducted: bool) -> LimitLine:
        if isinstance(gross, LimitGap):
            return LimitLine(method, None, 0, None, gross)
        off = self.loans_fen if deducted else 0
        return LimitLine(method, gross, off, max(gross - off, 0), None)


class LimitReader:
    """A product's methods made ready for one firm after the other (额度读取器). Raises BadPolicyFile."""

    __slots__ = (
        "_deducted", "_loans_needed", "_required", "cap_fen", "least_fen", "mean_of_24", "multiple_bp", "need", "share_bp",
        "step_fen", "terms",
    )  # fmt: skip

    def __init__(self, terms: LimitTerms) -> None:
        _check(terms)
        self.terms = terms
        self.least_fen, self.step_fen = terms.least * _FEN, terms.step * _FEN
        self.cap_fen = {letter: x * _FEN for letter, x in terms.product_cap.items()}
        self.share_bp = None if terms.sales_share is None else _in_bp(terms.sales_share)
        self.multiple_bp = None if terms.tax_multiple is None else _in_bp(terms.tax_multiple)
        self.mean_of_24 = frozenset(terms.two_year_mean)
        self.need = None if terms.working_capital is None else NeedTerms.of(terms.working_capital)
        self._deducted = tuple(x in terms.deducted_from for x in _METHODS)
        self._required = tuple(i for i, x in enumerate(_METHODS) if x in terms.required)
        self._loans_needed = terms.unknown_loans == "not_known"

    def limit(self, facts: Facts, *, letter: str) -> Limit:
        """The limit of a firm whose rating has that letter (测算额度). Raises BadRequest for a fact that is no whole number."""
        loans, sales = facts.get("loan_balance"), facts.get("sales_12m")
        owed = 0 if loans is None or (whole := _whole(loans, "loan_balance")) < 0 else whole
        sales_fen = None if sales is None else _whole(sales, "sales_12m")
        cap = self.cap_fen.get(letter, 0)
        gross = (
            _NOT_USED if self.need is None else self._working_capital(facts, self.need, sales_fen),
            _NOT_USED if self.share_bp is None else _share(sales_fen, self.share_bp.get(letter)),
            _NOT_USED if self.multiple_bp is None else self._tax_multiple(facts, self.multiple_bp),
        )
        lowest, least, gaps = 3, cap - owed if self._deducted[3] else cap, 0
        for place, value in enumerate(gross):
            if isinstance(value, LimitGap):
                gaps += 1
            elif (left := value - owed if self._deducted[place] else value) < least:
                lowest, least = place, left
        reason = self._reason(gross, cap=cap, gaps=gaps, loans=loans)
        if reason is None:
            rounded = least - least % self.step_fen
            if rounded >= self.least_fen:
                return Limit((*gross, cap), self._deducted, owed, _METHODS[lowest], rounded, None)
            reason = DecisionReason.LIMIT_TOO_LOW
        return Limit((*gross, cap), self._deducted, owed, _METHODS[lowest], None if reason in _OPEN else 0, reason)

    def _reason(self, gross: tuple[int | LimitGap, ...], *, cap: int, gaps: int, loans: Value) -> DecisionReason | None:
        if not cap:
            return DecisionReason.GRADE
        if loans is None and self._loans_needed:
            return DecisionReason.LOANS_UNKNOWN
        if gaps == len(gross) or (gaps and any(isinstance(gross[i], LimitGap) for i in self._required if i < len(gross))):
            return DecisionReason.LIMIT_UNKNOWN
        return None

    def _working_capital(self, facts: Facts, need: "NeedTerms", sales: int | None) -> int | LimitGap:
        if sales is None:
            return LimitGap.SALES_UNKNOWN
        if sales <= 0:
            return LimitGap.NO_SALES
        profit, days, growth = facts.get("profit_rate_declared"), facts.get("cash_cycle_days"), facts.get("sales_yoy")
        profit_bp = need.profit_bp if profit is None else _within(_whole(profit, "profit_rate_declared"), 0, BP)
        if profit_bp is None:
            return LimitGap.PROFIT_UNKNOWN
        cycle_days = need.cycle_days if days is None else _whole(days, "cash_cycle_days")
        if cycle_days <= 0:
            return LimitGap.NO_CYCLE
        growth_bp = 0 if growth is None else _within(_whole(growth, "sales_yoy"), -BP, need.growth_cap_bp)
        return rounded_share(sales * (BP - profit_bp) * (BP + growth_bp) * cycle_days * need.lent_bp, of=NEED_UNIT)

    def _tax_multiple(self, facts: Facts, multiples: Mapping[str, int]) -> int | LimitGap:
        grade = facts.get("tax_grade")
        grade = tax_grade(grade) if not isinstance(grade, str) else grade
        if not grade:
            return LimitGap.TAX_GRADE_UNKNOWN
        multiple = multiples.get(grade)
        if multiple is None:
            return LimitGap.NO_MULTIPLE
        name, unit = ("tax_total_24m", 2 * BP) if grade in self.mean_of_24 else ("tax_total_12m", BP)
        tax = facts.get(name)
        if tax is None:
            return LimitGap.TAX_UNKNOWN
        tax = _whole(tax, name)
        return LimitGap.NO_TAX if tax <= 0 else rounded_share(tax * multiple, of=unit)


def _within(value: int, low: int, high: int) -> int:
    if value < low:
        return low
    return high if value > high else value  # noqa: FURB136 -- min() takes twice as long


def _share(sales: int | None, share: int | None) -> int | LimitGap:
    if sales is None:
        return LimitGap.SALES_UNKNOWN
    if sales <= 0:
        return LimitGap.NO_SALES
    return LimitGap.NO_SHARE if share is None else rounded_share(sales * share, of=BP)


NEED_UNIT: Final = BP * BP * BP * _YEAR_DAYS


@dataclass(frozen=True, slots=True)
class NeedTerms:
    """The terms of a working-capital need in whole numbers (流动资金测算参数，整数): days and ten-thousandths."""

    cycle_days: int
    profit_bp: int | None
    growth_cap_bp: int
    lent_bp: int

    @classmethod
    def of(cls, terms: WorkingCapitalTerms) -> "NeedTerms":
        """From what the policy says (由政策参数换算)."""
        profit = None if terms.profit_rate is None else basis_points(terms.profit_rate)
        return cls(terms.cycle_days, profit, basis_points(terms.growth_cap), BP - basis_points(terms.own_share))


def basis_points(value: Decimal) -> int:
    """A fraction of one as ten-thousandths (万分数); raises BadPolicyFile where it has more than four places."""
    scaled = value * BP
    if scaled != int(scaled):
        raise BadPolicyFile(f"a share of a limit has at most four decimal places; got {value}")
    return int(scaled)


def tax_grade(value: Value) -> str:
    """The tax credit grade as a letter (纳税信用级别), from a letter or its place in GRADES; empty where it is not known."""
    if isinstance(value, str):
        return value
    return GRADES[value] if value is not None and 0 <= value < len(GRADES) else ""


def _in_bp(shares: Mapping[str, Decimal]) -> dict[str, int]:
    return {key: basis_points(x) for key, x in shares.items()}


def _whole(value: Value, fact: str) -> int:
    if isinstance(value, int):
        return value
    raise BadRequest(f"the fact {fact} must be a whole number; got {value!r}", field=fact)


def _check(terms: LimitTerms) -> None:
    if not 0 < terms.step <= terms.least or terms.least % terms.step:
        raise BadPolicyFile(f"the least amount {terms.least} must be a multiple of the step {terms.step}, both above zero")
    tables = (terms.product_cap, terms.sales_share or {}, terms.tax_multiple or {})
    if any(x < 0 for table in tables for x in table.values()):
        raise BadPolicyFile("caps, shares and multiples of a limit are zero or more")
    need = terms.working_capital
    if need is not None and not (need.cycle_days > 0 and 0 <= need.own_share <= 1 and need.growth_cap >= 0):
        raise BadPolicyFile(
            "a working-capital need takes days above zero, a growth cap of zero or more and a share of at most one"
        )
