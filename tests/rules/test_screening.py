"""One firm's screening: what decides, what only shows, and what is not known."""

from dataclasses import replace
from datetime import date
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.rules.screening import (
    CURRENT,
    KINDS,
    ROW_NOT_COVERED,
    ROW_UNKNOWN,
    STATUSES,
    SUPERSEDED,
    UNKNOWN,
    FirmFacts,
    LoanRule,
    ScreeningRule,
    Verdict,
    days,
    due_report_year,
    screen_firm,
)
from huoshui.rules.size_class import Bounds, SizeRow, SizeTable
from huoshui.terms import Evidence, LoanKind, Reason, SizeClass, StatusClass, Tag, TargetKind

ON: Final = days(date(2025, 6, 30))
RETAIL: Final = SizeRow("I2", "零售业", "retail", Bounds(300, 20_000), Bounds(50, 500), Bounds(10, 100))
LOANS: Final = LoanRule("never_borrowed", frozenset({LoanKind.BUSINESS}), False, True, False, None)
RULE: Final = ScreeningRule(
    on=ON, sizes=SizeTable("2017", (RETAIL,), {}, {}), loans=LOANS, sales_since=days(date(2025, 1, 1)),
    year_since=days(date(2024, 7, 1)), invoices_since=days(date(2025, 4, 1)), report_due_year=2023,
)  # fmt: skip
SHOPKEEPER: Final = FirmFacts(
    status=STATUSES.index(StatusClass.OPERATING), kind=KINDS.index(TargetKind.ENTERPRISE), size_row=0, employees=5, revenue=50,
    report_year=2023,
)  # fmt: skip
AFTER_LOANS: Final = (Reason.NO_LOAN, Reason.HAS_LOAN, Reason.LOAN_UNKNOWN)
NOT_FILTERS: Final = {Reason.STATUS_UNKNOWN, Reason.KIND_UNKNOWN, Reason.SIZE_UNKNOWN, Reason.NO_LOAN}
FACTS: Final = st.builds(
    FirmFacts, record_state=st.sampled_from([CURRENT, CURRENT, SUPERSEDED]), status=st.integers(0, len(STATUSES) - 1),
    kind=st.integers(0, len(KINDS) - 1), size_row=st.integers(-2, 0), employees=st.integers(-1, 400),
    revenue=st.sampled_from([-1, 0, 99, 100, 499, 500, 20_000]), assets=st.integers(-1, 5),
    report_year=st.sampled_from([-1, 2022, 2023, 2024]), filings=st.integers(0, 4), last_filing=st.integers(ON - 400, ON),
    sales_12m=st.integers(0, 600), sales_6m=st.integers(0, 2), tax_employees=st.integers(-1, 400),
    tax_assets=st.integers(-1, 5),
    tax_abnormal=st.integers(-1, 1), last_invoice=st.sampled_from([-1, ON - 91, ON - 90, ON]), loans_of_firm=st.integers(0, 2),
    loans_of_owner=st.integers(0, 2), tags=st.integers(0, 31), excluded=st.integers(0, 1), lookable=st.integers(0, 1),
)  # fmt: skip


def screened(facts: FirmFacts = SHOPKEEPER, *, loans: LoanRule = LOANS, **changes: Any) -> Verdict:
    return screen_firm(replace(facts, **changes), rule=replace(RULE, loans=loans))


def test_an_active_small_firm_that_never_borrowed_is_listed() -> None:
    found = screened()
    assert found == Verdict(
        verdict=Reason.NO_LOAN, reasons=(Reason.NO_LOAN,),
        evidence=(Evidence.ANNUAL_REPORT, Evidence.NO_TAX_RECORD, Evidence.OWN_FIGURES), tags=(), size_class=SizeClass.MICRO,
        is_active=True, has_loan=False, is_listed=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "reason", "is_listed"),
    [
        ({"status": STATUSES.index(StatusClass.CLOSED)}, Reason.CLOSED, False),
        ({"status": STATUSES.index(StatusClass.SUSPENDED)}, Reason.SUSPENDED, False),
        ({"status": STATUSES.index(StatusClass.UNKNOWN)}, Reason.STATUS_UNKNOWN, True),
        ({"kind": KINDS.index(TargetKind.NON_TARGET)}, Reason.NON_TARGET, False),
        ({"kind": KINDS.index(TargetKind.UNKNOWN)}, Reason.KIND_UNKNOWN, True),
        ({"report_year": 2022}, Reason.INACTIVE, False),
        ({"report_year": UNKNOWN}, Reason.INACTIVE, False),
        ({"employees": 50, "revenue": 500}, Reason.TOO_LARGE, False),
        ({"employees": 300, "revenue": 20_000}, Reason.TOO_LARGE, False),
        ({"size_row": ROW_NOT_COVERED}, Reason.NOT_COVERED, False),
        ({"size_row": ROW_UNKNOWN}, Reason.SIZE_UNKNOWN, True),
        ({"employees": UNKNOWN, "revenue": 100}, Reason.SIZE_UNKNOWN, True),
        ({"excluded": 1}, Reason.EXCLUDED, False),
        ({"loans_of_firm": 1}, Reason.HAS_LOAN, False),
        ({"lookable": 0}, Reason.LOAN_UNKNOWN, False),
    ],
)
def test_each_reason_is_told_and_only_what_is_not_known_leaves_a_firm_on_the_list(
    changes: dict[str, Any], reason: Reason, is_listed: bool
) -> None:
    found = screened(**changes)
    assert reason in found.reasons
    assert found.is_listed is is_listed
    assert found.verdict is (Reason.NO_LOAN if is_listed else reason)


def test_all_reasons_that_hold_are_told_and_the_first_decides() -> None:
    found = screened(
        status=STATUSES.index(StatusClass.CLOSED),
        report_year=UNKNOWN,
        employees=300,
        revenue=20_000,
        excluded=1,
        loans_of_firm=2,
    )
    assert found.reasons == (Reason.CLOSED, Reason.INACTIVE, Reason.TOO_LARGE, Reason.EXCLUDED, Reason.HAS_LOAN)
    assert found.verdict is Reason.CLOSED


@given(facts=FACTS)
def test_every_row_but_a_superseded_one_has_exactly_one_answer_on_loans(facts: FirmFacts) -> None:
    found = screen_firm(facts, rule=RULE)
    if facts.record_state == SUPERSEDED:
        assert found.reasons == (Reason.SUPERSEDED,)
    else:
        assert sum(x in found.reasons for x in AFTER_LOANS) == 1
        assert Reason.SUPERSEDED not in found.reasons
    assert found.verdict in found.reasons


@given(facts=FACTS)
def test_a_firm_is_listed_when_nothing_but_the_unknown_stands_beside_its_having_no_loan(facts: FirmFacts) -> None:
    found = screen_firm(facts, rule=RULE)
    assert found.is_listed is (Reason.NO_LOAN in found.reasons and set(found.reasons) <= NOT_FILTERS)
    assert found.is_listed is (found.verdict is Reason.NO_LOAN)


@given(facts=FACTS, tags=st.integers(0, 31))
def test_a_tag_is_shown_and_never_filters(facts: FirmFacts, tags: int) -> None:
    with_tags, without = (screen_firm(replace(facts, tags=x), rule=RULE) for x in (tags, 0))
    assert replace(with_tags, tags=()) == without
    assert with_tags.tags == tuple(x for i, x in enumerate(Tag) if tags >> i & 1)


@given(facts=FACTS, more=st.integers(1, 5))
def test_a_loan_more_never_puts_a_firm_on_the_list(facts: FirmFacts, more: int) -> None:
    before, after = (screen_firm(x, rule=RULE) for x in (facts, replace(facts, loans_of_firm=facts.loans_of_firm + more)))
    assert not (after.is_listed and not before.is_listed)
    assert Reason.NO_LOAN not in after.reasons


@given(facts=FACTS)
def test_evidence_says_what_the_answers_rest_on(facts: FirmFacts) -> None:
    found = screen_firm(facts, rule=RULE)
    signs = {Evidence.TAX_SALES, Evidence.INVOICE, Evidence.ANNUAL_REPORT} & set(found.evidence)
    loans = {Evidence.LOAN_OF_FIRM, Evidence.LOAN_OF_OWNER} & set(found.evidence)
    assert found.is_active is bool(signs)
    assert (found.has_loan is True) is bool(loans)
    assert (Evidence.NO_TAX_RECORD in found.evidence) is (facts.filings == 0)


@pytest.mark.parametrize(
    ("changes", "sign"),
    [({"sales_6m": 1}, Evidence.TAX_SALES), ({"last_invoice": RULE.invoices_since}, Evidence.INVOICE),
     ({"report_year": RULE.report_due_year}, Evidence.ANNUAL_REPORT)],
)  # fmt: skip
def test_one_sign_of_activity_is_enough(changes: dict[str, Any], sign: Evidence) -> None:
    still = replace(SHOPKEEPER, report_year=UNKNOWN)
    assert screened(still).is_active is False
    found = screened(still, **changes)
    assert found.is_active is True
    assert sign in found.evidence


def test_an_invoice_before_the_window_is_no_sign() -> None:
    assert screened(report_year=UNKNOWN, last_invoice=RULE.invoices_since - 1).is_active is False


def test_an_annual_report_of_a_taxpayer_that_cannot_be_found_is_no_sign() -> None:
    assert [screened(tax_abnormal=x).is_active for x in (-1, 0, 1)] == [True, True, False]


@pytest.mark.parametrize("kind", [TargetKind.SOLE_TRADER, TargetKind.COOPERATIVE, TargetKind.FAMILY_FARM])
@pytest.mark.parametrize(
    "size", [{"employees": 300, "revenue": 20_000}, {"size_row": ROW_NOT_COVERED}, {"size_row": ROW_UNKNOWN}], ids=repr
)
def test_sole_traders_cooperatives_and_family_farms_are_served_at_any_size(kind: TargetKind, size: dict[str, Any]) -> None:
    found = screened(kind=KINDS.index(kind), **size)
    assert found.reasons == (Reason.NO_LOAN,)


def test_an_owners_loan_counts_for_a_sole_trader_and_by_the_rules_switches() -> None:
    owner_counts = replace(LOANS, owner_loans=True)
    never = replace(LOANS, sole_trader_owner=False)
    enterprise, trader = (KINDS.index(x) for x in (TargetKind.ENTERPRISE, TargetKind.SOLE_TRADER))
    found = {
        (name, kind): screened(kind=place, loans=loans, loans_of_owner=1).has_loan
        for name, loans in (("default", LOANS), ("owner counts", owner_counts), ("never", never))
        for kind, place in (("enterprise", enterprise), ("trader", trader))
    }
    assert found == {
        ("default", "enterprise"): False, ("default", "trader"): True, ("owner counts", "enterprise"): True,
        ("owner counts", "trader"): True, ("never", "enterprise"): False, ("never", "trader"): False,
    }  # fmt: skip


def test_the_registrys_own_figures_go_before_those_of_tax() -> None:
    filed = replace(SHOPKEEPER, filings=4, last_filing=ON, sales_12m=20_000, tax_employees=300)
    assert screened(filed).size_class is SizeClass.MICRO
    assert screened(filed, employees=UNKNOWN, revenue=UNKNOWN).size_class is SizeClass.LARGE
    found = screened(filed, revenue=UNKNOWN)
    assert found.size_class is SizeClass.MICRO
    assert {Evidence.OWN_FIGURES, Evidence.TAX_FIGURES} < set(found.evidence)


def test_sales_of_a_taxpayer_that_filed_nothing_within_the_year_are_not_known() -> None:
    filed = replace(SHOPKEEPER, revenue=UNKNOWN, employees=20, filings=1, sales_12m=0, tax_employees=20)
    assert screened(filed, last_filing=RULE.year_since).size_class is SizeClass.MICRO
    assert screened(filed, last_filing=RULE.year_since - 1).size_class is SizeClass.UNKNOWN


@pytest.mark.parametrize(
    ("on", "year"),
    [(date(2025, 6, 30), 2023), (date(2025, 7, 1), 2024), (date(2025, 1, 1), 2023), (date(2025, 12, 31), 2024)],
)
def test_an_annual_report_is_overdue_the_day_after_it_was_due(on: date, year: int) -> None:
    assert due_report_year(on, due=(6, 30)) == year


def test_days_are_counted_from_1970() -> None:
    assert [days(x) for x in (date(1970, 1, 1), date(1970, 1, 2), date(2000, 3, 1))] == [0, 1, 11_017]


def test_a_firm_of_which_nothing_is_known_is_not_listed() -> None:
    assert screen_firm(FirmFacts(), rule=RULE).reasons == (Reason.INACTIVE, Reason.SIZE_UNKNOWN, Reason.NO_LOAN)
