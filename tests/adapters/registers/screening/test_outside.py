"""A county by itself: what lies outside is not screened, but decides what is unique, and keeps what is its own."""

from pathlib import Path
from typing import Any, Final

import pytest

from tests.adapters.registers.small_registers import Found, Row, firm, loan, screen, uscc_of, wrong_uscc

SIMING, HULI, JIMEI, FUZHOU, NANCHANG = "350203", "350206", "350211", "350102", "360102"
NUMBER: Final = {"register_no": "R-7", "register_scheme": "x"}


def named(number: int, name: str, region: str = SIMING, **given: Any) -> Row:
    return firm(number, name=name, region_code=region, **given)


def borrower(number: int, name: str | None, region: str | None = SIMING, **given: Any) -> Row:
    return loan(number, **{"uscc": None, "name": name, "region_code": region, **given})


REGISTRY: Final = [
    named(1, "厦门同名百货有限公司"),
    named(2, "厦门同名百货有限公司", HULI),
    named(3, "厦门独名木器厂"),
    named(4, "福州外名琴行有限公司", FUZHOU),
    named(5, "厦门外名琴行有限公司"),
    named(6, "厦门旧码甲有限公司", uscc=wrong_uscc(60)),
    named(7, "福州旧码乙有限公司", FUZHOU, uscc=wrong_uscc(70)),
    named(8, "厦门旧码乙有限公司"),
    named(9, "南昌旧码丙有限公司", NANCHANG, uscc=wrong_uscc(90)),
    named(10, "厦门编号甲有限公司", uscc=None, **NUMBER),
    named(11, "福州编号乙有限公司", FUZHOU, uscc=None, register_no="R-8", register_scheme="x"),
    named(12, "厦门编号乙有限公司"),
    named(13, "厦门无码企业有限公司", uscc=None),
    named(14, "福州迁来企业有限公司", FUZHOU),
    named(15, "厦门外地双名有限公司", HULI),
    named(16, "厦门外地双名有限公司", FUZHOU),
    named(17, "厦门近似甲乙丙丁有限公司"),
    named(18, "福州无码邻居有限公司", FUZHOU, uscc=None),
    named(19, "厦门跨省旧码有限公司", uscc=wrong_uscc(90)),
]
LOANS: Final = [
    borrower(101, "厦门同名百货有限公司", HULI),
    borrower(102, "厦门同名百货有限公司", JIMEI),
    borrower(103, "厦门独名木器厂", FUZHOU),
    borrower(104, "福州外名琴行有限公司", SIMING),
    borrower(105, "厦门旧码甲有限公司", uscc=wrong_uscc(60)),
    borrower(106, "厦门旧码乙有限公司", uscc=wrong_uscc(70)),
    borrower(107, None, **NUMBER),
    borrower(108, "厦门编号乙有限公司", register_no="R-8", register_scheme="x"),
    borrower(109, "厦门无码企业有限公司", uscc=uscc_of(14)),
    borrower(110, "厦门外地双名有限公司", JIMEI),
    borrower(111, "厦门近似甲乙丙戊有限公司", HULI),
    borrower(112, "福州无码邻居有限公司", SIMING),
    borrower(113, None, uscc=wrong_uscc(90)),
]


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return screen(tmp_path_factory.mktemp("province"), {"registry": REGISTRY, "loans": LOANS}, region="350000")


@pytest.mark.parametrize("region", [SIMING, HULI, FUZHOU, "350200"])
def test_a_firm_has_in_its_county_the_loans_that_it_has_in_its_province(province: Found, tmp_path: Path, region: str) -> None:
    county = screen(tmp_path, {"registry": REGISTRY, "loans": LOANS}, region=region)
    prefix = region.rstrip("0")
    within = {x: y for x, y in province.firms.items() if y["region_code"].startswith(prefix)}
    assert county.firms == within
    told = county.summary
    assert told["outside_region"] == len(REGISTRY) - len(within)
    assert told["rows_read"]["registry"] == told["universe"] + told["duplicates"] + told["outside_region"]


@pytest.fixture(scope="module")
def siming(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return screen(tmp_path_factory.mktemp("county"), {"registry": REGISTRY, "loans": LOANS}, region=SIMING)


OUTCOMES: Final = {
    101: "outside", 102: "several", 103: "linked", 104: "outside", 105: "linked", 106: "outside", 108: "unlinked",
    110: "outside", 111: "unlinked", 112: "outside", 113: "linked",
}  # fmt: skip


def test_a_link_to_a_firm_outside_says_so(siming: Found) -> None:
    found = {number: link["outcome"] for (kind, number), link in siming.links.items() if kind == "loans"}
    assert found == {x: y for x, y in OUTCOMES.items() if x in found}
    assert set(OUTCOMES) - set(found) == {108}  # a number of a firm outside needs no link


def test_a_code_of_a_firm_outside_is_not_taken_for_one_that_the_registry_lacks(province: Found, siming: Found) -> None:
    """The loan gives the code of firm 14, which moved to Fuzhou, and the name of firm 13, which has no code."""
    assert [x.firms[13]["has_loan"] for x in (province, siming)] == [False, False]


def test_nobody_is_outside_the_nation(tmp_path: Path) -> None:
    told = screen(tmp_path, {"registry": [*REGISTRY, firm(99, region_code=None)], "loans": LOANS}, region="000000").summary
    assert told["outside_region"] == 0
    assert told["linked"]["loans"]["outside"] == 0


def test_rows_without_a_region_lie_outside_every_county(tmp_path: Path) -> None:
    tables = {"registry": [firm(1), firm(2, region_code="110101"), firm(3, region_code=None)], "loans": [loan(9)]}
    assert screen(tmp_path, tables, region=SIMING).summary["outside_region"] == 2
