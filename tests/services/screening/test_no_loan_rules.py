"""Every named definition of "no loan", on a table of credit records written by hand."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest

from huoshui import policy
from tests.adapters.registers.small_registers import ON, Found, Row, firm, loan, screen, uscc_of

TRADER: Final = {"entity_type": "个体工商户"}
FIRMS: Final[Mapping[int, tuple[str, Row | None]]] = {
    1: ("no record", None),
    2: ("working capital, not repaid", {}),
    3: ("working capital, repaid", {"settled_on": date(2024, 12, 1), "balance_fen": 0}),
    4: ("bill discount, not repaid", {"loan_kind": "票据贴现"}),
    5: ("bill discount, repaid", {"loan_kind": "票据贴现", "settled_on": date(2024, 9, 1), "balance_fen": 0}),
    6: ("entrusted", {"loan_kind": "委托贷款"}),
    7: ("foreign currency", {"loan_kind": "外币贷款"}),
    8: ("small-loan company", {"loan_kind": "小额贷款公司贷款"}),
    9: ("consumer", {"loan_kind": "个人消费贷款"}),
    10: ("credit card", {"loan_kind": "信用卡"}),
    11: ("guarantee given", {"loan_kind": "对外担保"}),
    12: ("owner's business loan", {"borrower_role": "法定代表人"}),
    13: ("owner's consumer loan", {"borrower_role": "法定代表人", "loan_kind": "消费"}),
    14: ("sole trader, the owner's business loan", {"borrower_role": "经营者"}),
    15: ("sole trader, the owner's consumer loan", {"borrower_role": "经营者", "loan_kind": "消费"}),
    16: ("granted on the day", {"granted_on": ON}),
    17: ("granted the day after", {"granted_on": date(2025, 7, 1)}),
    18: ("granted on a day that is not known", {"granted_on": None}),
    19: ("granted on the first day of the look-back", {"granted_on": date(2022, 7, 1)}),
    20: ("granted the day before the look-back", {"granted_on": date(2022, 6, 30)}),
    21: ("balance not known, not settled", {"balance_fen": None}),
    22: ("balance not known, settled", {"balance_fen": None, "settled_on": ON}),
    23: ("balance not known, settled the day after", {"balance_fen": None, "settled_on": date(2025, 7, 1)}),
    24: ("repaid once and borrowed again", {"settled_on": date(2023, 1, 1), "balance_fen": 0}),
}
EVER: Final = {2, 3, 4, 5, 6, 7, 8, 14, 16, 18, 19, 20, 21, 22, 23, 24}
DISCOUNTS: Final = {4, 5}
REPAID: Final = {3, 5, 22}
HAVE_A_LOAN: Final = {
    "never_borrowed": EVER,
    "never_borrowed_no_discount": EVER - DISCOUNTS,
    "never_borrowed_owner": EVER | {12},
    "never_borrowed_any_credit": EVER | {9, 10, 11, 12, 13, 15},
    "not_borrowed_36_months": EVER - {20},
    "no_current_loan": EVER - REPAID,
    "no_current_loan_no_discount": EVER - REPAID - DISCOUNTS,
    "wuhan_2021": EVER,
    "fujian_2025": EVER,
}


def registers() -> dict[str, list[Row]]:
    firms, loans = [], []
    for number, (what, record) in FIRMS.items():
        given: dict[str, Any] = {**TRADER, "uscc": uscc_of(number, prefix="92")} if "sole trader" in what else {}
        firms.append(firm(number, **given))
        if record is not None:
            loans.append(loan(number, **{"uscc": firms[-1]["uscc"], **record}))
    loans.append(loan(24, row_id=124))
    return {"registry": firms, "loans": loans}


def test_every_rule_that_policy_has_is_tried() -> None:
    assert set(HAVE_A_LOAN) == set(policy.read("no_loan", on=date(2026, 1, 1)).fields)


@pytest.fixture(scope="module")
def by_rule(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Found]:
    """The same registers, screened by every rule."""
    folder = tmp_path_factory.mktemp("rules")
    return {rule: screen(folder / rule, registers(), rule=rule) for rule in HAVE_A_LOAN}


@pytest.mark.parametrize("rule", HAVE_A_LOAN)
def test_a_rule_counts_the_records_that_it_names(rule: str, by_rule: dict[str, Found]) -> None:
    found = by_rule[rule]
    borrowed = {x for x, row in found.firms.items() if row["has_loan"]}
    assert {FIRMS[x][0] for x in borrowed} == {FIRMS[x][0] for x in HAVE_A_LOAN[rule]}
    assert {x for x, row in found.firms.items() if row["is_listed"]} == set(FIRMS) - borrowed
    assert found.summary["rule"]["name"] == rule
    assert found.summary["by_reason"]["L01"] == len(borrowed)


def test_never_and_now_differ_by_those_who_repaid(by_rule: dict[str, Found]) -> None:
    never, now = (
        {x for x, row in by_rule[rule].firms.items() if row["is_listed"]} for rule in ("never_borrowed", "no_current_loan")
    )
    assert now - never == REPAID
    assert never <= now


def test_the_evidence_says_whose_loan_it_was(by_rule: dict[str, Found]) -> None:
    found = by_rule["never_borrowed_owner"].firms
    told = {x: {y for y in found[x]["evidence"].split(";") if y.startswith("loan")} for x in (1, 2, 12, 14)}
    assert told == {1: set(), 2: {"loan_of_firm"}, 12: {"loan_of_owner"}, 14: {"loan_of_owner"}}


def test_a_loan_of_next_year_counts_next_year(tmp_path: Path) -> None:
    tables = {"registry": [firm(1, report_year=2025)], "loans": [loan(1, granted_on=date(2025, 12, 1))]}
    answers = [screen(tmp_path / str(on), tables, on=on).firms[1]["has_loan"] for on in (ON, date(2025, 12, 1))]
    assert answers == [False, True]
