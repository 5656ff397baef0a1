"""Whether a fee may fall on whom it falls."""

from decimal import Decimal
from typing import Any, Final

import pytest

from huoshui.rules.cost import Fee
from huoshui.rules.fee_check import ABOVE_CAP, FeeRule, FeeVerdict, check_fee
from huoshui.terms import CostClass, FeeBearer, FeeRuling, LegalCheck, LoanArrangement, SizeClass

SMALL: Final = (SizeClass.SMALL, SizeClass.MICRO)
TWO_BANS: Final = FeeRule(CostClass.BANK_FEE, FeeRuling.FORBIDDEN, SMALL, (LoanArrangement.SYNDICATED,))
BANK_BEARS: Final = FeeRule(CostClass.THIRD_PARTY_FEE, FeeRuling.BANK_MUST_BEAR)
LIMITED: Final = FeeRule(CostClass.BANK_FEE, FeeRuling.LIMITED, SMALL)
CAPPED: Final = FeeRule(CostClass.GUARANTEE, FeeRuling.OK, yearly_cap=Decimal("0.01"))


def check(rule: FeeRule | None, *, bearer: FeeBearer = FeeBearer.BORROWER, amount_fen: int = 100, **changed: Any) -> FeeVerdict:
    situation = {
        "borrower": SizeClass.SMALL, "arrangement": LoanArrangement.ORDINARY, "principal_fen": 50_000_000, "months": 12,
    }  # fmt: skip
    return check_fee(Fee("fee", amount_fen, 0, bearer), rule=rule, **{**situation, **changed})


@pytest.mark.parametrize(
    ("rule", "changed", "expected"),
    [
        (TWO_BANS, {}, LegalCheck.FORBIDDEN),
        (TWO_BANS, {"borrower": SizeClass.MICRO}, LegalCheck.FORBIDDEN),
        (TWO_BANS, {"borrower": SizeClass.MEDIUM}, LegalCheck.OK),
        (TWO_BANS, {"arrangement": LoanArrangement.SYNDICATED}, LegalCheck.OK),
        (TWO_BANS, {"bearer": FeeBearer.GUARANTOR}, LegalCheck.FORBIDDEN),
        (TWO_BANS, {"bearer": FeeBearer.BANK}, LegalCheck.OK),
        (BANK_BEARS, {}, LegalCheck.BANK_MUST_BEAR),
        (BANK_BEARS, {"borrower": SizeClass.LARGE}, LegalCheck.BANK_MUST_BEAR),
        (BANK_BEARS, {"bearer": FeeBearer.GOVERNMENT}, LegalCheck.BANK_MUST_BEAR),
        (BANK_BEARS, {"bearer": FeeBearer.BANK}, LegalCheck.OK),
    ],
)
def test_the_verdict_depends_on_the_borrower_the_loan_and_the_bearer(
    rule: FeeRule, changed: dict[str, Any], expected: LegalCheck
) -> None:
    assert check(rule, **changed) == FeeVerdict(rule.fee_class, expected)


def test_a_fee_that_no_rule_names_is_of_class_other() -> None:
    assert check(None) == FeeVerdict(CostClass.OTHER, LegalCheck.OK)


def test_a_limited_fee_may_be_charged_with_a_remark() -> None:
    assert check(LIMITED) == FeeVerdict(CostClass.BANK_FEE, LegalCheck.OK, ("limited",))
    assert check(LIMITED, borrower=SizeClass.LARGE) == FeeVerdict(CostClass.BANK_FEE, LegalCheck.OK)


def test_a_shared_fee_may_be_charged_with_a_remark() -> None:
    shared = FeeRule(CostClass.INSURANCE, FeeRuling.SHARED)
    assert check(shared) == FeeVerdict(CostClass.INSURANCE, LegalCheck.OK, ("shared",))


@pytest.mark.parametrize(
    ("amount_fen", "months", "remarks"),
    [(500_000, 12, ()), (500_001, 12, (ABOVE_CAP,)), (500_001, 13, ()), (250_001, 6, (ABOVE_CAP,)), (1_000_000, 24, ())],
)
def test_a_yearly_cap_is_a_share_of_the_principal_for_each_year(amount_fen: int, months: int, remarks: tuple[str, ...]) -> None:
    assert check(CAPPED, amount_fen=amount_fen, months=months).remarks == remarks
