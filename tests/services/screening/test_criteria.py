"""Status, type, size, activity and lists from register rows, each at its border."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest

from huoshui.rules.screening import LARGEST_FEN
from tests.adapters.registers.small_registers import ON, Found, Row, firm, loan, screen, uscc_of, wrong_uscc

IDLE: Final = {"report_year": None}
NO_FIGURES: Final = {"employees": None, "revenue_fen": None, "assets_fen": None}
RETAIL_MEDIUM: Final = {"industry_code": "5211", "employees": 50, "revenue_fen": 500_0000_00}
LARGE: Final = {"industry_code": "5211", "employees": 300, "revenue_fen": 20_000_0000_00}


def filing(number: int, **given: Any) -> Row:
    return {"row_id": number, "uscc": uscc_of(number), "period_end": ON, "sales_fen": 100_00, **given}


def invoice(number: int, **given: Any) -> Row:
    row = {
        "row_id": number, "uscc": uscc_of(number), "invoiced_on": ON, "direction": "sale", "invoice_state": "有效",
        "amount_fen": 1,
    }  # fmt: skip
    return {**row, **given}


def entry(number: int, **given: Any) -> Row:
    return {"row_id": number, "uscc": uscc_of(number), "list_name": "失信被执行人", "listed_on": date(2024, 1, 31), **given}


FIRMS: Final[Mapping[int, tuple[Row, list[str]]]] = {
    1: ({}, ["N01"]),
    2: ({"status": "吊销，未注销"}, ["R01", "N01"]),
    3: ({"status": "歇业"}, ["R02", "N01"]),
    4: ({"status": None}, ["U01", "N01"]),
    5: ({"uscc": uscc_of(5, prefix="12"), "entity_type": "事业单位"}, ["R03", "N01"]),
    6: ({"uscc": uscc_of(6, prefix="51"), "entity_type": None}, ["R03", "N01"]),
    7: ({"uscc": uscc_of(7, prefix="91"), "entity_type": "个体工商户"}, ["N01"]),
    8: ({"uscc": uscc_of(8, prefix="Y1"), "entity_type": None}, ["U03", "N01"]),
    9: ({"uscc": wrong_uscc(9), "entity_type": "机关"}, ["R03", "N01"]),
    10: ({**IDLE}, ["R10", "N01"]),
    11: ({"report_year": 2022}, ["R10", "N01"]),
    12: ({"report_year": 2023}, ["N01"]),
    13: (RETAIL_MEDIUM, ["R20", "N01"]),
    14: ({**RETAIL_MEDIUM, "employees": 49}, ["N01"]),
    15: ({**RETAIL_MEDIUM, "revenue_fen": 500_0000_00 - 1}, ["N01"]),
    16: ({**LARGE, "uscc": uscc_of(16, prefix="92")}, ["N01"]),
    17: ({**LARGE, "uscc": uscc_of(17, prefix="93")}, ["N01"]),
    18: ({**LARGE, "uscc": uscc_of(18, prefix="92"), "entity_type": "家庭农场"}, ["N01"]),
    19: ({"industry_code": "J66"}, ["R21", "N01"]),
    20: ({**NO_FIGURES}, ["U20", "N01"]),
    21: ({"industry_code": "9999"}, ["U20", "N01"]),
    22: ({"industry_code": None}, ["U20", "N01"]),
    23: ({**IDLE, **NO_FIGURES}, ["N01"]),
    24: ({**IDLE}, ["N01"]),
    25: ({**IDLE}, ["R10", "N01"]),
    26: ({**IDLE}, ["R10", "N01"]),
    27: ({**IDLE}, ["N01"]),
    28: ({**IDLE}, ["R10", "N01"]),
    29: ({**IDLE}, ["R10", "N01"]),
    30: ({**IDLE}, ["R10", "N01"]),
    31: ({}, ["R10", "N01"]),
    32: ({}, ["N01"]),
    33: ({**NO_FIGURES, "industry_code": "5211"}, ["R20", "N01"]),
    34: ({**NO_FIGURES, "industry_code": "5211"}, ["U20", "N01"]),
    36: ({**IDLE}, ["N01"]),
    37: ({**IDLE}, ["N01"]),
    38: ({**IDLE}, ["R10", "N01"]),
    35: ({"status": "迁出", "industry_code": "J66", **IDLE}, ["R01", "R10", "R21", "L01"]),
}
TAX: Final = [
    filing(23, employees=3),
    filing(24, period_end=date(2025, 1, 1)),
    filing(25, period_end=date(2024, 12, 31)),
    filing(26, sales_fen=0),
    filing(31, sales_fen=0, tax_status="非正常"),
    filing(32, sales_fen=0, tax_status="非正常", period_end=date(2025, 3, 31)),
    filing(32, sales_fen=0, tax_status="正常"),
    filing(37),
    filing(37, period_end=date(2025, 9, 30), sales_fen=0),
    filing(38, period_end=date(2025, 9, 30)),
    filing(33, sales_fen=300_0000_00, employees=10, period_end=date(2024, 9, 30)),
    filing(33, sales_fen=200_0000_00, employees=60),
    filing(34, sales_fen=900_0000_00, employees=60, period_end=date(2024, 6, 30)),
]
INVOICES: Final = [
    invoice(27, invoiced_on=date(2025, 4, 1)),
    invoice(28, invoiced_on=date(2025, 3, 31)),
    invoice(29, direction="purchase"),
    invoice(29, invoice_state="作废"),
    invoice(29, amount_fen=-5),
    invoice(30, invoiced_on=date(2025, 7, 1)),
    invoice(36),
    invoice(36, invoiced_on=date(2025, 7, 1)),
]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    tables = {
        "registry": [firm(x, **given) for x, (given, _) in FIRMS.items()], "tax": TAX, "invoices": INVOICES,
        "loans": [loan(35)],
    }  # fmt: skip
    return screen(tmp_path_factory.mktemp("criteria"), tables)


@pytest.mark.parametrize("number", FIRMS)
def test_a_firm_has_exactly_its_reasons(found: Found, number: int) -> None:
    assert found.firms[number]["reasons"] == FIRMS[number][1]


def test_the_verdict_is_the_first_reason_that_decides(found: Found) -> None:
    assert {x: found.firms[x]["verdict"] for x in (1, 4, 5, 13, 35)} == {1: "N01", 4: "N01", 5: "R03", 13: "R20", 35: "R01"}


def test_the_size_is_that_of_the_figures_that_count(found: Found) -> None:
    sizes = {x: found.firms[x]["size_class"] for x in (13, 14, 19, 20, 33, 34)}
    assert sizes == {13: "medium", 14: "small", 19: "not_applicable", 20: "unknown", 33: "medium", 34: "unknown"}


def test_the_evidence_names_where_the_figures_come_from(found: Found) -> None:
    assert "own_figures" in found.firms[13]["evidence"].split(";")
    assert "tax_figures" in found.firms[33]["evidence"].split(";")
    assert "no_tax_record" in found.firms[1]["evidence"].split(";")
    assert "no_tax_record" not in found.firms[23]["evidence"].split(";")


@pytest.mark.parametrize(("on", "is_active"), [(date(2024, 6, 30), True), (date(2024, 7, 1), False)])
def test_an_annual_report_is_missed_the_day_after_it_was_due(tmp_path: Path, on: date, is_active: bool) -> None:
    found = screen(tmp_path, {"registry": [firm(1, report_year=2022)], "loans": [loan(2)]}, on=on)
    assert found.firms[1]["is_active"] is is_active


LISTS: Final[Mapping[int, tuple[list[Row], str]]] = {
    1: ([entry(1)], "T03"),
    2: ([entry(2, expires_on=ON)], ""),
    3: ([entry(3, expires_on=date(2025, 7, 1))], "T03"),
    4: ([entry(4, listed_on=date(2025, 7, 1))], ""),
    5: ([entry(5, listed_on=ON)], "T03"),
    6: ([entry(6, listed_on=None)], "T03"),
    7: (
        [entry(7, list_name="列入经营异常名录"), entry(7, list_name="负面清单"), entry(7, list_name="税务非正常户")],
        "T01;T02;T09",
    ),
    8: ([entry(8, list_name="没有人知道的名单")], "T09"),
    9: ([], "T01"),
    10: ([], ""),
    11: ([entry(11, list_name="严重违法失信名单"), entry(11, list_name="严重违法失信名单", expires_on=ON)], "T04"),
}


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return screen(tmp_path_factory.mktemp("lists"), lists())


def lists() -> dict[str, list[Row]]:
    firms = [firm(x, is_abnormal=x == 9) for x in LISTS]
    return {"registry": firms, "loans": [loan(99)], "exclusions": [x for entries, _ in LISTS.values() for x in entries]}


@pytest.mark.parametrize("number", LISTS)
def test_an_entry_gives_its_tag_from_its_day_until_it_expires_and_never_filters(listed: Found, number: int) -> None:
    row = listed.firms[number]
    assert (row["tags"], row["reasons"], row["is_listed"]) == (LISTS[number][1], ["N01"], True)


def extra_policy(folder: Path, *, effect: str, valid_months: str) -> Path:
    """A policy folder in which the province has a list of its own."""
    (folder / "350000").mkdir(parents=True)
    (folder / "350000" / "exclusion_lists.yaml").write_text(
        "dishonest_debtor:\n  zh: 失信被执行人\n  values:\n    2020-01-01:\n      value:\n"
        f"        {{name: 失信被执行人, code: T03, patterns: [失信被执行], effect: {effect}, valid_months: {valid_months}}}\n"
        "      source: 省级口径\n  checked_on: 2026-01-01\n",
        encoding="utf-8",
    )
    return folder


def test_a_region_may_let_a_list_exclude(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUOSHUI_POLICY_PATH", str(extra_policy(tmp_path / "policy", effect="exclude", valid_months="null")))
    found = screen(tmp_path, lists())
    excluded = {x for x, y in found.firms.items() if "E01" in y["reasons"]}
    assert excluded == {1, 3, 5, 6}
    assert {(found.firms[x]["verdict"], found.firms[x]["tags"], found.firms[x]["is_listed"]) for x in excluded} == {
        ("E01", "T03", False)
    }
    assert found.summary["by_reason"]["E01"] == len(excluded)
    cited = [x["source"] for x in found.summary["citations"] if x["field"] == "dishonest_debtor"]
    assert cited == ["省级口径"]


def test_an_entry_without_an_expiry_holds_as_long_as_policy_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUOSHUI_POLICY_PATH", str(extra_policy(tmp_path / "policy", effect="tag", valid_months="12")))
    entries = [entry(1, listed_on=date(2024, 6, 30)), entry(2, listed_on=date(2024, 7, 1)), entry(3, listed_on=None),
               entry(4, listed_on=date(2020, 1, 1), expires_on=date(2030, 1, 1))]  # fmt: skip
    tables = {"registry": [firm(x) for x in range(1, 5)], "loans": [loan(99)], "exclusions": entries}
    found = screen(tmp_path, tables)
    assert [found.firms[x]["tags"] for x in range(1, 5)] == ["", "T03", "T03", "T03"]


def test_the_later_of_two_records_of_one_day_is_current_and_an_equal_row_is_dropped(tmp_path: Path) -> None:
    firms = [
        firm(1), firm(2, uscc=uscc_of(1), name="厦门改名贸易有限公司"),
        firm(3, uscc=uscc_of(1).lower(), name="厦门改名贸易有限公司"),
        firm(4, updated_on=date(2025, 2, 1)), firm(5, uscc=uscc_of(4), status="注销", updated_on=date(2025, 1, 31)),
        firm(6, updated_on=None), firm(7, uscc=uscc_of(6), status="注销", updated_on=date(2001, 1, 1)),
    ]  # fmt: skip
    found = screen(tmp_path, {"registry": firms, "loans": [loan(99)]})
    assert found.duplicates == {
        1: {"row_id": 1, "kind": "superseded", "kept_row_id": 2},
        3: {"row_id": 3, "kind": "exact", "kept_row_id": 2},
        5: {"row_id": 5, "kind": "superseded", "kept_row_id": 4},
        6: {"row_id": 6, "kind": "superseded", "kept_row_id": 7},
    }
    assert {x: y["reasons"] for x, y in found.firms.items()} == {
        1: ["D02"], 2: ["N01"], 4: ["N01"], 5: ["D02"], 6: ["D02"], 7: ["R01", "N01"],
    }  # fmt: skip
    assert (found.summary["rows_read"]["registry"], found.summary["universe"], found.summary["duplicates"]) == (7, 6, 1)


@pytest.mark.parametrize("sales", [10**17, 2**62, -(2**62), 2**63 - 1])
def test_sales_beyond_any_economy_are_held_at_a_bound_and_said_to_be(tmp_path: Path, sales: int) -> None:
    rows = [filing(1, sales_fen=sales), filing(2, uscc=uscc_of(2), sales_fen=100), filing(1, row_id=3, sales_fen=sales)]
    found = screen(tmp_path, {"registry": [firm(1), firm(2)], "loans": [loan(9)], "tax": rows}).firms
    assert (abs(found[1]["sales_12m_fen"]), found[2]["sales_12m_fen"]) == (LARGEST_FEN, 100)
    assert ["sales_capped" in found[x]["evidence"].split(";") for x in (1, 2)] == [True, False]
    assert ("tax_sales" in found[1]["evidence"].split(";")) is (sales > 0)
