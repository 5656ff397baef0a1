"""All-in costs by the fee policy in force, against worked examples."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from huoshui.cli.cost import CALCULATOR
from huoshui.errors import BadPolicyFile, UnknownRegion
from huoshui.rules.cost import Fee, FinancedLoan
from huoshui.services.cost import PricedLoan, price_loan, read_fee_law
from huoshui.terms import CostClass, FeeBearer, FeeRuling, LegalCheck, LoanArrangement, RepaymentMethod, SizeClass

CASES: Final = yaml.safe_load((Path(__file__).parents[1] / "cases" / "cost.yaml").read_text(encoding="utf-8"))
ON: Final = date(2025, 10, 1)
FORBIDDEN: Final = (
    "commitment_fee", "fund_management_fee", "entrusted_payment_fee", "unused_funds_management_fee", "prepayment_penalty",
    "late_drawdown_penalty", "overdraft_commitment_fee", "credit_certificate_fee", "deposit_for_loan_cost", "tie_in_sale_cost",
    "fee_in_bank_name", "tax_data_fee", "platform_fee",
)  # fmt: skip


def shortened(value: Any, *, like: Any) -> Any:
    if isinstance(like, str) and "." in like:
        return str(Decimal(value).quantize(Decimal(like)))
    return value


@pytest.mark.parametrize("case", CASES, ids=lambda x: x["name"])
def test_the_worked_example_comes_out(case: dict[str, Any]) -> None:
    raw = {name: value.isoformat() if isinstance(value, date) else value for name, value in case["given"].items()}
    found = CALCULATOR.calculate(CALCULATOR.read(raw))
    assert {key: shortened(found[key], like=value) for key, value in case["expect"].items()} == case["expect"]


def price(
    *names: str, on: date = ON, region: str = "000000", borrower: SizeClass = SizeClass.SMALL,
    arrangement: LoanArrangement = LoanArrangement.ORDINARY, bearer: FeeBearer = FeeBearer.BORROWER, amount_fen: int = 100_000,
) -> PricedLoan:  # fmt: skip
    fees = tuple(Fee(x, amount_fen, 0, bearer) for x in names)
    loan = FinancedLoan(50_000_000, 12, RepaymentMethod.EQUAL_INSTALLMENT, Decimal("0.0365"), fees=fees)
    return price_loan(loan, borrower=borrower, arrangement=arrangement, law=read_fee_law(region=region, on=on))


def checks(priced: PricedLoan) -> list[LegalCheck]:
    return [x.verdict.legal_check for x in priced.fees]


def test_a_small_firm_may_not_be_charged_what_the_notices_forbid() -> None:
    assert checks(price(*FORBIDDEN)) == [LegalCheck.FORBIDDEN] * len(FORBIDDEN)


def test_the_bank_bears_what_the_notices_lay_on_it() -> None:
    names = ("collateral_registration_fee", "appraisal_fee", "accident_insurance_premium")
    assert checks(price(*names)) == [LegalCheck.BANK_MUST_BEAR] * 3
    assert checks(price(*names, bearer=FeeBearer.BANK)) == [LegalCheck.OK] * 3


def test_every_fee_of_the_policy_has_a_source_and_a_class() -> None:
    entries = set(read_fee_law(region="000000", on=ON).entries.values())
    assert len(entries) == 23
    assert all(x.citation.source and x.citation.policy == "fees" and x.citation.field == x.name for x in entries)
    assert {x.rule.fee_class for x in entries} == {
        CostClass.BANK_FEE, CostClass.THIRD_PARTY_FEE, CostClass.INSURANCE, CostClass.GUARANTEE
    }  # fmt: skip
    assert {x.name for x in entries if x.citation.unconfirmed} == {
        "collateral_registration_fee", "appraisal_fee", "accident_insurance_premium", "tax_data_fee"
    }  # fmt: skip
    assert {x.name for x in entries if x.rule.ruling is FeeRuling.FORBIDDEN} == set(FORBIDDEN)


@pytest.mark.parametrize(
    ("name", "last_free_day"),
    [
        ("commitment_fee", date(2011, 10, 23)),
        ("entrusted_payment_fee", date(2020, 5, 31)),
        ("platform_fee", date(2025, 9, 30)),
    ],
)
def test_a_prohibition_holds_from_its_day_on(name: str, last_free_day: date) -> None:
    assert checks(price(name, on=last_free_day)) == [LegalCheck.OK]
    assert price(name, on=last_free_day).fees[0].entry is None
    assert checks(price(name, on=date.fromordinal(last_free_day.toordinal() + 1))) == [LegalCheck.FORBIDDEN]


def test_a_fee_is_known_by_its_chinese_name_too() -> None:
    entry = price("承诺费").fees[0].entry
    assert entry is not None
    assert (entry.name, entry.citation.source) == ("commitment_fee", "银监发〔2011〕94号 第六条（两禁两限；网上转载件）")


def test_the_two_limits_are_a_remark() -> None:
    found = price("advisory_fee", "consulting_fee")
    assert [(x.verdict.legal_check, x.verdict.remarks) for x in found.fees] == [(LegalCheck.OK, ("limited",))] * 2


def test_medium_firms_and_syndicated_loans_are_outside_the_two_bans() -> None:
    assert checks(price("commitment_fee", borrower=SizeClass.MEDIUM)) == [LegalCheck.OK]
    assert checks(price("commitment_fee", arrangement=LoanArrangement.SYNDICATED)) == [LegalCheck.OK]
    assert checks(price("entrusted_payment_fee", borrower=SizeClass.LARGE)) == [LegalCheck.FORBIDDEN]


def test_a_local_cap_on_government_guarantee_fees_holds_in_its_city_only() -> None:
    one_per_cent, more = 500_000, 500_001
    assert price("government_guarantee_fee", region="451400", amount_fen=one_per_cent).fees[0].verdict.remarks == ()
    assert price("government_guarantee_fee", region="451400", amount_fen=more).fees[0].verdict.remarks == ("above_cap",)
    assert price("government_guarantee_fee", region="450000", amount_fen=more).fees[0].verdict.remarks == ()


def test_the_cap_on_assisted_loans_applies_to_them_alone_and_from_its_day_on() -> None:
    dear = price("fee", arrangement=LoanArrangement.ASSISTED, amount_fen=6_000_000)
    assert dear.cost_cap is not None
    assert (dear.cost_cap.rate, dear.cost_cap.citation.unconfirmed, dear.is_above_cap) == (Decimal("0.24"), True, True)
    assert price("fee", arrangement=LoanArrangement.ASSISTED).is_above_cap is False
    assert price("fee").cost_cap is None
    assert price("fee", arrangement=LoanArrangement.ASSISTED, on=date(2025, 9, 30)).cost_cap is None


def test_before_the_first_notice_nothing_is_forbidden() -> None:
    law = read_fee_law(region="000000", on=date(2000, 1, 1))
    assert (dict(law.entries), law.cost_cap) == ({}, None)


def test_an_unknown_region_is_refused() -> None:
    with pytest.raises(UnknownRegion):
        read_fee_law(region="990000", on=ON)


def test_a_rule_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "000000"
    folder.mkdir()
    value = "{value: {fee_class: bank_fee, ruling: perhaps}, source: a notice}"
    (folder / "fees.yaml").write_text(
        f"commitment_fee:\n  zh: 承诺费\n  values:\n    2020-01-01: {value}\n  checked_on: 2025-01-01\n", encoding="utf-8"
    )
    monkeypatch.setenv("HUOSHUI_POLICY_PATH", str(tmp_path))
    with pytest.raises(BadPolicyFile) as refused:
        read_fee_law(region="000000", on=ON)
    assert refused.value.message == (
        "policy fees, commitment_fee, in region 000000: Invalid enum value 'perhaps' - at `$.ruling`"
    )
