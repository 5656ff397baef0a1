"""One decision: what refuses, what stays open, what is offered, and that the same facts give the same decision."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.errors import BadPolicyFile, BadRequest
from huoshui.rules.limit import LimitReader
from huoshui.rules.points_reasons import Explainer
from huoshui.rules.points_table import Reader
from huoshui.rules.pricing import price_loan
from huoshui.rules.rating import OPEN, Product, Rater, decide
from huoshui.services.rating.basis import read_product
from huoshui.terms import Decision, DecisionReason
from tests.services.rating.small_rating import FIELDS, ON, SOUND, TABLE, firms

PRODUCT: Final[Product] = read_product("default", on=ON)[0]
RATER: Final = Rater(TABLE, product=PRODUCT, on=ON)
FIRMS: Final = firms(800, seed=5)


def test_a_sound_firm_is_offered_a_limit_and_a_price() -> None:
    found = RATER.rate(SOUND)
    assert found.score is not None
    assert found.limit is not None
    assert found.price is not None
    assert (found.decision, found.codes, found.knock_outs) == (Decision.OFFER, (), ())
    assert (found.limit_fen, found.rate) == (found.limit.limit_fen, found.price.rate)
    assert found.score.grade == "A1"


@pytest.mark.parametrize(
    ("changed", "decision", "codes"),
    [
        ({"is_fraud_flagged": 1}, Decision.REFUSED, ["K01"]),
        ({"is_fraud_flagged": None}, Decision.NOT_KNOWN, ["U31"]),
        ({"is_fraud_flagged": None, "has_current_overdue": 1}, Decision.REFUSED, ["K01", "U31"]),
        ({"months_of_data": 1}, Decision.NOT_KNOWN, ["U31"]),
        ({"loan_balance": None}, Decision.NOT_KNOWN, ["U33"]),
        ({"loan_balance": 10**12}, Decision.REFUSED, ["Q01"]),
        ({"sales_12m": 1, "max_gap_months_12": 11, "buyer_hhi": 10**6, "trade": "H"}, Decision.REFUSED, ["G01", "P01"]),
        ({"sales_12m": -5}, Decision.REFUSED, ["K01"]),
    ],
)
def test_each_reason_by_itself(changed: dict[str, Any], decision: Decision, codes: list[str]) -> None:
    found = RATER.rate({**SOUND, **changed})
    assert (found.decision, [x.value for x in found.codes]) == (decision, codes)


def test_a_firm_of_which_the_model_knows_nothing_has_no_number_at_all() -> None:
    found = RATER.rate({**SOUND, **{x.name: None for x in FIELDS}, "region_kind": "1"})
    assert (found.score, found.limit, found.price, found.rate, found.limit_fen, found.reasons) == (None,) * 5 + ((),)
    assert (found.decision, DecisionReason.NO_EVIDENCE in found.codes) == (Decision.NOT_KNOWN, True)
    assert RATER.improvements(found) == ()


@given(st.sampled_from(FIRMS))
def test_only_an_offer_has_a_rate_and_a_limit_above_zero(firm: dict[str, Any]) -> None:
    found = RATER.rate(firm)
    assert (found.rate is not None) is (found.decision is Decision.OFFER) is (not found.codes)
    assert bool(found.limit_fen) is (found.decision is Decision.OFFER)
    assert (found.limit_fen is None) is (found.decision is Decision.NOT_KNOWN)
    assert found == Rater(TABLE, product=PRODUCT, on=ON).rate(dict(reversed(firm.items())))


@given(st.sampled_from(FIRMS[1:]))
def test_a_decision_is_made_of_its_rules(firm: dict[str, Any]) -> None:
    found = RATER.rate(firm)
    if found.score is not None:
        score = Reader(TABLE, on=ON).score(firm)
        assert found.score == score
        assert found.reasons == Explainer(TABLE).reasons(score)
        assert found.limit == LimitReader(PRODUCT.limit).limit(firm, letter=score.grade[:1])
        assert found.price == price_loan(score.pd, letter=score.grade[:1], rule=PRODUCT.pricing)


@given(st.lists(st.sampled_from(tuple(DecisionReason)), max_size=4))
def test_a_reason_that_is_certain_outweighs_what_is_open(codes: list[DecisionReason]) -> None:
    wanted = Decision.REFUSED if set(codes) - OPEN else Decision.NOT_KNOWN if codes else Decision.OFFER
    assert decide(codes) is wanted


def test_what_would_lift_a_grade_lifts_it() -> None:
    lifted = 0
    for firm in FIRMS[:100]:
        found = RATER.rate(firm)
        for improvement in RATER.improvements(found):
            assert found.score is not None
            assert improvement.points > found.score.points
            lifted += improvement.grade != found.score.grade
    assert lifted > 0


def test_a_field_that_is_absent_is_refused_and_null_is_not() -> None:
    with pytest.raises(BadRequest, match="buyer_hhi"):
        RATER.rate({k: v for k, v in SOUND.items() if k != "buyer_hhi"})
    assert RATER.rate({**SOUND, "buyer_hhi": None}).score is not None


def test_a_product_that_contradicts_itself_is_refused() -> None:
    pricing = replace(PRODUCT.pricing, terms=replace(PRODUCT.pricing.terms, step=Decimal(0)))
    with pytest.raises(BadPolicyFile):
        Rater(TABLE, product=replace(PRODUCT, pricing=pricing))
