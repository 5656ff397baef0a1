"""Products come from the policies in force, with their sources; a bank's own folder adds one or changes one."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from huoshui.errors import BadChoice, BadPolicyFile, NoPolicy, UnknownRegion
from huoshui.services.rating.basis import products, read_product
from tests.services.rating.small_rating import ON

OWN: str = """
{name}:
  zh: 本行产品
  values:
    2025-01-01: {{value: {value}, source: 本行产品手册}}
  checked_on: 2025-01-01
"""
LIMIT: str = "{least: 20000, step: 20000, product_cap: {A: 500000}, sales_share: {A: '0.3'}, unknown_loans: none}"
PRICE: str = (
    "{months: 12, method: equal_installment, base: one_year, funds_spread: '0', loss_given_default: '0.5', operating: '0.01', "
    "capital_share: '0', required_return: '0', margin: {A: '0.01'}, tax_share: '0', subsidy: '0', "
    "floor: null, floor_reason: '', ceiling: null, ceiling_reason: '', arrangement: assisted, least_margin: '0', "
    "step: '0.001', fees: [{name: guarantee_fee, rate: '0.01'}]}"
)


def own_policies(folder: Path, *, name: str = "own_loan", rows: str = "[]", price: str = PRICE) -> None:
    """A bank's own product in a folder of its own."""
    place = folder / "350203"
    place.mkdir()
    values = {"knock_outs": f"{{begins_with: [evidence], rows: {rows}}}", "limit": LIMIT, "pricing": price}
    for policy, value in values.items():
        (place / f"{policy}.yaml").write_text(OWN.format(name=name, value=value), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that HUOSHUI_POLICY_PATH names."""
    monkeypatch.setenv("HUOSHUI_POLICY_PATH", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", ["default", "tax_loan", "invoice_loan_2020"])
def test_every_product_reads_with_a_source_for_each_of_its_parts(name: str) -> None:
    product, citations = read_product(name, on=ON)
    assert product.name in products(on=ON)
    assert {"knock_outs", "limit", "pricing"} <= {x.policy for x in citations}
    assert all(x.source for x in citations)
    assert set(product.limit.product_cap) == set(product.pricing.terms.margin) == set("ABC")


def test_the_cost_of_funds_follows_the_rate_of_the_day() -> None:
    rates = [read_product("default", on=x)[0].pricing.base_rate for x in (date(2020, 3, 1), date(2022, 8, 22))]
    assert rates == [Decimal("0.0405"), Decimal("0.0365")]


def test_bounds_in_yuan_become_fen() -> None:
    rows = {x.rule: x for x in read_product("tax_loan", on=ON)[0].knock_outs}
    assert (rows["tax_paid"].at_least, rows["tax_paid"].unit) == (500_000, "fen")
    assert (rows["age"].at_least, rows["sales"].at_most) == (24, 10_000_000_000)


def test_a_bank_s_own_product_is_found_in_its_region_only(folder: Path) -> None:
    own_policies(folder)
    product, citations = read_product("own_loan", region="350203", on=ON)
    assert [x.rule for x in product.knock_outs] == ["months_of_data", "net_sales"]
    assert product.pricing.cost_cap is None
    assert {x.source for x in citations if x.field == "own_loan"} == {"本行产品手册"}
    assert "own_loan" not in products(on=ON)
    with pytest.raises(BadChoice, match="own_loan"):
        read_product("own_loan", region="350200", on=ON)


def test_an_assisted_product_is_held_to_the_cap_of_its_day(folder: Path) -> None:
    own_policies(folder)
    product, citations = read_product("own_loan", region="350203", on=date(2025, 10, 1))
    assert product.pricing.cost_cap == Decimal("0.24")
    assert [x.field for x in citations if x.policy == "fees"] == ["assisted_loan_cost_cap", "guarantee_fee"]


def test_terms_that_cannot_be_read_are_refused(folder: Path) -> None:
    own_policies(folder, rows="[{rule: a}]")
    with pytest.raises(BadPolicyFile, match="own_loan"):
        read_product("own_loan", region="350203", on=ON)


@pytest.mark.parametrize("fee", ["commitment_fee", "entrusted_payment_fee"])
def test_a_fee_that_a_small_firm_may_not_be_charged_is_refused_with_the_notice(fee: str, folder: Path) -> None:
    own_policies(folder, price=PRICE.replace("guarantee_fee", fee))
    with pytest.raises(BadPolicyFile, match=f"{fee} is against 银"):
        read_product("own_loan", region="350203", on=ON)


def test_a_product_without_a_limit_is_refused(folder: Path) -> None:
    own_policies(folder)
    (folder / "350203" / "limit.yaml").unlink()
    with pytest.raises(NoPolicy):
        read_product("own_loan", region="350203", on=ON)


def test_a_list_is_no_product_and_a_place_must_be_one() -> None:
    for name in ("general", "evidence", "nothing"):
        with pytest.raises(BadChoice, match="expected one of indicative, default"):
            read_product(name, on=ON)
    with pytest.raises(UnknownRegion):
        read_product("default", region="990000", on=ON)
    with pytest.raises(NoPolicy):
        read_product("default", on=date(2019, 8, 19))
