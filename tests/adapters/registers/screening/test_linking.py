"""Linking of rows without a usable code: what proves, what is near enough, and what is left to people."""

from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest

from huoshui.rules.registration_number import registration_check
from tests.adapters.registers.small_registers import (
    Found,
    Row,
    firm,
    loan,
    read_table,
    screen,
    uscc_of,
    without_code,
    wrong_uscc,
)

OLD_NUMBER: Final = "35020310000011" + registration_check("35020310000011")
ALIAS: Final = {"register_no": "E-77", "register_scheme": "contest_2020"}
SIMING, HULI, FUZHOU = "350203", "350206", "350102"


def named(number: int, name: str, region: str = SIMING, **given: Any) -> Row:
    return firm(number, name=name, region_code=region, **given)


def borrower(number: int, name: str | None, region: str | None = SIMING, **given: Any) -> Row:
    """A loan whose row has no code unless it is given."""
    return loan(number, **{"uscc": None, "name": name, "region_code": region, **given})


REGISTRY: Final = [
    named(1, "厦门鹭江海味贸易有限公司"),
    named(2, "厦门鼓浪琴行有限责任公司"),
    named(3, "福州闽江木器厂", FUZHOU),
    named(4, "厦门同名百货有限公司", SIMING),
    named(5, "厦门同名百货有限公司", HULI),
    named(6, "厦门近似甲乙丙有限公司"),
    named(7, "厦门近似甲乙丁有限公司"),
    named(8, "厦门沙坡尾咖啡有限公司"),
    named(9, "鼓山茶叶合作商行有限公司"),
    named(10, "厦门旧码公司甲", uscc=wrong_uscc(10)),
    named(11, "厦门旧码公司乙", uscc=OLD_NUMBER),
    named(12, "厦门无码企业有限公司", uscc=None),
    named(13, "厦门编号企业有限公司", uscc=None, register_no="A-13", register_scheme="contest_2020"),
    named(14, "厦门编号加代码有限公司", **ALIAS),
    named(15, "厦门新旧记录有限公司", updated_on=date(2025, 5, 1)),
    named(16, "厦门新旧记录有限公司", uscc=None, updated_on=date(2023, 5, 1)),
    named(17, "厦门同名异年有限公司", established_on=date(2010, 1, 1)),
    named(18, "厦门同名异年有限公司", uscc=None, established_on=date(2021, 1, 1)),
    named(19, "厦门认领企业有限公司", uscc=None),
    firm(20, uscc=None, name=None),
    named(21, "厦门星河商店"),
]
LOANS: Final = [
    borrower(101, "厦门鹭江海味贸易有限公司"),
    borrower(102, " 厦门鼓浪琴行 有限公司"),
    borrower(103, "福州闽江木器厂", SIMING),
    borrower(104, "厦门同名百货有限公司", "350211"),
    borrower(105, "厦门同名百货有限公司", HULI),
    borrower(106, "厦门近似甲乙戊有限公司"),
    borrower(107, "厦门沙坡尾珈啡有限公司"),
    borrower(108, "厦门鼓山茶叶合作商行有限公司"),
    borrower(109, "厦门沙坡尾咖啡"),
    borrower(110, None, uscc=wrong_uscc(10).lower()),
    borrower(111, None, uscc=f" {OLD_NUMBER}"),
    borrower(112, "厦门无码企业有限责任公司"),
    borrower(113, None, register_no="a-13 ", register_scheme="contest_2020"),
    borrower(114, None, **ALIAS),
    borrower(115, None, register_no="E-77", register_scheme="another"),
    borrower(116, None),
    borrower(117, "厦门新旧记录有限公司"),
    borrower(118, "厦门同名异年有限公司"),
    borrower(119, "厦门认领企业有限公司", uscc=uscc_of(99)),
    borrower(120, "厦门没有登记的公司"),
    borrower(121, "厦门鹭江海味贸易有限公司", None),
    borrower(122, "厦门星海商行"),
]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return screen(tmp_path_factory.mktemp("linking"), {"registry": REGISTRY, "loans": LOANS})


@pytest.mark.parametrize(
    ("loan_row", "method", "firm_row"),
    [
        (101, "name_region", 1),
        (102, "name_region", 2),
        (103, "name_province", 3),
        (105, "name_region", 5),
        (107, "name_edit", 8),
        (108, "name_edit", 9),
        (109, "name_edit", 8),
        (110, "legacy_code", 10),
        (111, "legacy_code", 11),
        (112, "name_region", 12),
        (117, "name_region", 15),
    ],
)
def test_a_row_without_a_usable_code_is_linked_by_what_is_unique(
    found: Found, loan_row: int, method: str, firm_row: int
) -> None:
    link = found.links["loans", loan_row]
    assert (link["outcome"], link["method"], link["firm_row_id"]) == ("linked", method, firm_row)
    assert found.firms[firm_row]["has_loan"] is True
    assert found.firms[firm_row]["link_method"] == method


@pytest.mark.parametrize("loan_row", [104, 106, 118])
def test_what_fits_several_firms_is_left_to_people(found: Found, loan_row: int) -> None:
    link = found.links["loans", loan_row]
    assert (link["outcome"], link["firm_row_id"]) == ("several", None)


def test_no_firm_of_several_has_the_loan(found: Found) -> None:
    assert [found.firms[x]["has_loan"] for x in (4, 6, 7, 17, 18)] == [False] * 5
    assert found.firms[5]["has_loan"] is True


@pytest.mark.parametrize("loan_row", [116, 120, 121, 122])
def test_what_fits_no_firm_is_not_linked(found: Found, loan_row: int) -> None:
    link = found.links["loans", loan_row]
    assert (link["outcome"], link["method"], link["firm_row_id"]) == ("unlinked", "none", None)


def test_a_registers_own_number_links_within_its_scheme_and_through_the_code_beside_it(found: Found) -> None:
    assert [found.firms[x]["has_loan"] for x in (13, 14)] == [True, True]
    assert [found.firms[x]["link_method"] for x in (13, 14)] == ["own_number", "own_number"]


def test_a_row_with_neither_code_nor_name_cannot_be_looked_up_and_is_never_listed(found: Found) -> None:
    row = found.firms[20]
    assert (row["reasons"], row["has_loan"], row["is_listed"]) == (["U05"], None, False)


def test_an_older_record_without_a_code_is_superseded_by_the_one_with_the_same_name(found: Found) -> None:
    assert found.firms[16]["reasons"] == ["D02"]
    assert found.duplicates[16] == {"row_id": 16, "kind": "superseded", "kept_row_id": 15}
    assert "L01" in found.firms[15]["reasons"]


def test_two_firms_of_one_name_founded_on_different_days_are_not_one(found: Found) -> None:
    assert "D02" not in found.firms[17]["reasons"] + found.firms[18]["reasons"]
    assert found.links["registry", 18]["outcome"] == "several"


def test_a_firm_without_a_code_takes_the_evidence_of_its_name_under_a_code_that_the_registry_lacks(found: Found) -> None:
    assert found.firms[19]["has_loan"] is True
    assert found.firms[19]["link_method"] == "name_region"


def test_the_review_list_is_what_fits_several(found: Found) -> None:
    review = read_table(found.out / "review.parquet")
    assert review == [x for x in found.links.values() if x["outcome"] == "several"]
    assert sorted((x["register"], x["row_id"]) for x in review) == [
        ("loans", 104),
        ("loans", 106),
        ("loans", 118),
        ("registry", 18),
    ]
    counts = found.summary["linked"]
    assert (
        counts["loans"]["without_code"] == counts["loans"]["linked"] + counts["loans"]["several"] + counts["loans"]["unlinked"]
    )
    assert counts["loans"]["several"] == 3


def test_a_link_says_what_the_row_gave(found: Found) -> None:
    link = found.links["loans", 102]
    assert (link["uscc"], link["name"], link["region_code"]) == (None, " 厦门鼓浪琴行 有限公司", SIMING)
    assert found.links["loans", 121]["region_code"] is None


def test_a_loan_of_a_firm_with_a_good_code_needs_no_link(tmp_path: Path) -> None:
    found = screen(tmp_path, {"registry": [firm(1), firm(2)], "loans": [loan(1), without_code(loan(2), name=firm(1)["name"])]})
    assert {k: x["outcome"] for k, x in found.links.items()} == {("loans", 2): "linked"}
    assert [found.firms[x]["has_loan"] for x in (1, 2)] == [True, False]
