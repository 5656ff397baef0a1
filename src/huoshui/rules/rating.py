"""One decision on one firm (评级决定): points, probability, grade, knock-outs, limit, price and reasons, from whole facts.

What a firm may get is what its points table, and the product's knock-outs, limit and price allow together. One that is refused
has a limit of zero; one whose evidence is missing has none, which is not zero. Limit and price are reckoned in either case, so
that a reader sees what would be offered once what is open is settled. The same facts always give the same decision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from huoshui.rules.knock_out import Finding, KnockOut, KnockOuts, Value
from huoshui.rules.limit import Limit, LimitReader, LimitTerms
from huoshui.rules.points_reasons import Explainer, Improvement, PointReason, improvements
from huoshui.rules.points_table import PointsTable, Reader, Role, Score
from huoshui.rules.pricing import Price, PricingRule, check_pricing, price_loan
from huoshui.terms import Decision, DecisionReason

OPEN: Final = frozenset(x for x in DecisionReason if x.value.startswith("U"))
Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Product:
    """A bank product (银行产品): who is let in, how much, and at what price."""

    name: str
    zh: str
    knock_outs: tuple[KnockOut, ...]
    limit: LimitTerms
    pricing: PricingRule


@dataclass(frozen=True, slots=True)
class Rating:
    """What is decided on one firm (评级结果).

    `score`, `limit` and `price` are None where nothing is known of what the model reads. `limit_fen` is 0 for a firm that is
    refused and None where evidence is missing; `rate` and `all_in_rate` are None unless there is an offer. `codes` are all
    reasons against one; `reasons` the factors that cost the most points.
    """

    decision: Decision
    codes: tuple[DecisionReason, ...]
    score: Score | None
    knock_outs: tuple[Finding, ...]
    limit: Limit | None
    price: Price | None
    limit_fen: int | None
    rate: Decimal | None
    all_in_rate: Decimal | None
    reasons: tuple[PointReason, ...]


class Rater:
    """A model and a product on a day, made ready to rate firms one by one (评级器). Raises BadPolicyFile for a bad product."""

    __slots__ = ("_codes", "_explainer", "_knock_outs", "_limits", "_missing", "_prices", "product", "reader")

    def __init__(self, table: PointsTable, *, product: Product, on: date | None = None) -> None:
        check_pricing(product.pricing)
        self.product = product
        self.reader = Reader(table, on=on)
        self._explainer = Explainer(table)
        self._missing = tuple((i, x.missing_cell) for i, x in enumerate(table.fields) if x.role is Role.FACTOR)
        self._knock_outs = KnockOuts(product.knock_outs)
        self._limits = LimitReader(product.limit)
        self._prices: dict[tuple[Decimal, str], Price] = {}
        self._codes: dict[tuple[bool, bool, DecisionReason | None, bool], tuple[tuple[DecisionReason, ...], Decision]] = {}

    @property
    def table(self) -> PointsTable:
        """The model's points table (评分表)."""
        return self.reader.table

    def rate(self, values: Values) -> Rating:
        """Rate one firm from its features and facts (单户评级). Raises BadRequest for one that is absent or of another kind."""
        cells = self.reader.cells(values)
        failed, unknown = self._knock_outs.bits(values)
        found = self._knock_outs.findings(values, failed=failed, unknown=unknown) if failed | unknown else ()
        for i, cell in self._missing:
            if cells[i] != cell:
                break
        else:
            codes = codes_of(failed=failed, unknown=unknown, limit=DecisionReason.NO_EVIDENCE, covered=True)
            decision = decide(codes)
            return Rating(decision, codes, None, found, None, None, refused_fen(decision), None, None, ())
        score = self.reader.rated(cells)
        letter = score.grade[:1]
        price = self.price(score.pd, letter=letter)
        limit = self._limits.limit(values, letter=letter)
        reasons = self._explainer.reasons(score)
        if not (failed | unknown) and limit.reason is None and price.is_covered:
            fen = limit.limit_fen
            return Rating(Decision.OFFER, (), score, (), limit, price, fen, price.rate, price.all_in_rate, reasons)
        key = (failed > 0, unknown > 0, limit.reason, price.is_covered)
        if key not in self._codes:
            codes = codes_of(failed=failed, unknown=unknown, limit=limit.reason, covered=price.is_covered)
            self._codes[key] = codes, decide(codes)
        codes, decision = self._codes[key]
        return Rating(decision, codes, score, found, limit, price, refused_fen(decision), None, None, reasons)

    def price(self, pd: Decimal, *, letter: str) -> Price:
        """The product's price for a probability of default (定价), reckoned once for each."""
        found = self._prices.get((pd, letter))
        if found is None:
            found = self._prices[pd, letter] = price_loan(pd, letter=letter, rule=self.product.pricing)
        return found

    def improvements(self, rating: Rating) -> tuple[Improvement, ...]:
        """The smallest changes that lift a rating's grade (提升评级的最小改变); none where nothing is known of the firm."""
        return improvements(self.reader, score=rating.score) if rating.score else ()


def codes_of(*, failed: int, unknown: int, limit: DecisionReason | None, covered: bool) -> tuple[DecisionReason, ...]:
    """All reasons against an offer, in the order of their words (未予授信原因)."""
    holds = {
        limit,
        DecisionReason.KNOCK_OUT if failed else None,
        DecisionReason.KNOCK_OUT_UNKNOWN if unknown else None,
        None if covered else DecisionReason.PRICE_TOO_LOW,
    }
    return tuple(x for x in DecisionReason if x in holds)


def decide(codes: Sequence[DecisionReason]) -> Decision:
    """What the reasons come to (结论): refused by one that is certain, not known by one that is open, else an offer."""
    if not codes:
        return Decision.OFFER
    return Decision.NOT_KNOWN if all(x in OPEN for x in codes) else Decision.REFUSED


def refused_fen(decision: Decision) -> int | None:
    """The limit of a firm without an offer (无授信时的额度): 0 where it is refused, None where it is not known."""
    return 0 if decision is Decision.REFUSED else None
