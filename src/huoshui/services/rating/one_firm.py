"""Rate one firm (单户评级): the decision with its basis, line by line."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from huoshui.money import format_rate
from huoshui.rules.knock_out import Finding
from huoshui.rules.limit import Limit
from huoshui.rules.points_reasons import Improvement
from huoshui.rules.pricing import Price
from huoshui.rules.rating import Rating, Values
from huoshui.services.rating.basis import FirmRater, RatingBasis
from huoshui.terms import Term


@dataclass(frozen=True, slots=True)
class FirmRating:
    """A firm's rating with what would lift its grade and what it rests on (单户评级结果)."""

    firm_id: str
    rating: Rating
    improvements: tuple[Improvement, ...]
    basis: RatingBasis

    def as_dict(self) -> dict[str, Any]:
        """The rating as JSON shows it (评级结果的数据形式): fen as whole numbers, rates as decimal text."""
        rating, score = self.rating, self.rating.score
        return {
            "firm_id": self.firm_id,
            "decision": rating.decision.value,
            "decision_zh": rating.decision.zh,
            "codes": [_term(x) for x in rating.codes],
            "grade": score.grade if score else None,
            "points": score.points if score else None,
            "pd": _rate(score.pd) if score else None,
            "pd_low": _rate(score.pd_low) if score else None,
            "pd_high": _rate(score.pd_high) if score else None,
            "limit_fen": rating.limit_fen,
            "rate": _rate(rating.rate),
            "all_in_rate": _rate(rating.all_in_rate),
            "reasons": [{"fields": x.fields, "lost": x.lost, "zh": x.zh, "en": x.en} for x in rating.reasons],
            "improvements": [
                {"grade": x.grade, "points": x.points, "pd": _rate(x.pd), "zh": x.zh, "en": x.en} for x in self.improvements
            ],
            "knock_outs": [_finding(x) for x in rating.knock_outs],
            "limit": _limit(rating.limit) if rating.limit else None,
            "price": _price(rating.price) if rating.price else None,
            "basis": self.basis.as_dict(),
        }


def rate_firm(values: Values, *, rater: FirmRater, firm_id: str = "", with_improvements: bool = True) -> FirmRating:
    """Rate one firm from its features and facts (单户评级): whole numbers or words by name, None for what is not known.

    Raises BadRequest where a field of the model is absent, or a value is of another kind than its field.
    """
    rating = rater.rater.rate(values)
    improved = rater.rater.improvements(rating) if with_improvements else ()
    return FirmRating(firm_id, rating, improved, rater.basis)


def _term(term: Term) -> dict[str, str]:
    return {"code": term.value, "zh": term.zh, "en": term.en}


def _rate(rate: Decimal | None) -> str | None:
    return None if rate is None else format_rate(rate)


def _finding(finding: Finding) -> dict[str, Any]:
    rule = finding.rule
    return {
        "rule": rule.rule, "verdict": finding.verdict.value, "fact": rule.fact, "value": finding.value,
        "expected": rule.expected, "unit": rule.unit, "zh": rule.zh, "en": rule.en,
        "settle_zh": rule.settle_zh, "settle_en": rule.settle_en,
    }  # fmt: skip


def _limit(limit: Limit) -> dict[str, Any]:
    lines = [
        {
            "method": x.method.value, "zh": x.method.zh, "gross_fen": x.gross_fen, "loans_fen": x.loans_fen,
            "value_fen": x.value_fen, "not_applicable": _term(x.gap) if x.gap else None,
        }
        for x in limit.lines
    ]  # fmt: skip
    return {"indicative_fen": limit.limit_fen, "lowest": limit.lowest.value, "lines": lines}


def _price(price: Price) -> dict[str, Any]:
    return {
        "indicative_rate": _rate(price.rate),
        "lines": [{"item": x.item.value, "zh": x.item.zh, "rate": _rate(x.rate), "how": x.how} for x in price.lines],
        "built": _rate(price.built),
        "bound": _term(price.bound) if price.bound else None,
        "bound_reason": price.bound_reason,
        "bound_cost": _rate(price.bound_cost),
        "margin_left": _rate(price.margin_left),
        "is_covered": price.is_covered,
        "subsidy": _rate(price.subsidy),
        "net_rate": _rate(price.net_rate),
        "all_in_rate": _rate(price.all_in_rate),
        "all_in_after_subsidy": _rate(price.all_in_after_subsidy),
    }
