"""What other registers say on a day: corrections from their own day on, zero apart from unknown, repeats once."""

from dataclasses import replace
from datetime import date
from typing import Final

import pytest

from huoshui.rules.features_registers import (
    OF_LITIGATION,
    OF_LOANS,
    OF_TAX,
    Case,
    Filing,
    Insured,
    Loan,
    Registration,
    filing_due,
    is_debt,
    is_defendant,
    is_penalty,
    litigation_facts,
    loan_facts,
    registry_facts,
    social_security_facts,
    tax_facts,
    tax_grade,
)

ON: Final = date(2020, 2, 15)
JANUARY: Final = Filing(date(2020, 1, 1), date(2020, 1, 31), 100, 3, "B", date(2020, 2, 10))


def test_a_correction_replaces_a_filing_from_its_own_day_on() -> None:
    corrected = replace(JANUARY, sales_fen=900, filed_on=date(2020, 3, 1))
    assert tax_facts([JANUARY, corrected], on=ON)["declared_12"] == 100
    assert tax_facts([corrected, JANUARY], on=date(2020, 3, 2))["declared_12"] == 900


def test_two_taxes_of_one_period_filed_on_one_day_add_up_and_a_repeat_does_not() -> None:
    assert tax_facts([JANUARY, JANUARY, replace(JANUARY, sales_fen=None, tax_paid_fen=4)], on=ON)["tax_12"] == 7


def test_a_firm_that_files_nothing_is_not_known_and_one_that_files_zero_is_zero() -> None:
    assert tax_facts([], on=ON) == dict.fromkeys(OF_TAX)
    zero = tax_facts([replace(JANUARY, sales_fen=0, tax_paid_fen=0)], on=ON)
    assert (zero["declared_12"], zero["tax_12"], zero["tax_months_24"], zero["tax_gap_24"]) == (0, 0, 0, 1)


def test_a_filing_is_late_after_the_end_of_the_next_month() -> None:
    late = [replace(JANUARY, period_end=date(2019, 11, 30), filed_on=x) for x in (date(2019, 12, 31), date(2020, 1, 3))]
    facts = tax_facts([late[0], replace(late[1], period_end=date(2019, 10, 31))], on=ON)
    assert (facts["late_filings_24"], facts["late_days_24"]) == (1, 34)
    assert filing_due(date(2019, 12, 31)) == date(2020, 1, 31)


def test_a_grade_is_the_last_known_and_its_change_is_against_a_year_ago() -> None:
    before = replace(JANUARY, period_end=date(2018, 12, 31), filed_on=date(2019, 1, 10), credit_grade="A")
    facts = tax_facts([before, JANUARY, replace(JANUARY, credit_grade="D", filed_on=date(2020, 2, 16))], on=ON)
    assert (facts["tax_grade"], facts["grade_change"]) == (2, 1)


@pytest.mark.parametrize(("text", "place"), [("A", 1), ("b级", 2), ("M", 3), ("C", 4), ("d", 5), ("X", None), (None, None)])
def test_a_grade_has_a_place(text: str | None, place: int | None) -> None:
    assert tax_grade(text) == place


def test_people_insured_are_compared_with_the_same_month_a_year_before() -> None:
    months = [
        Insured(date(2019, 12, 31), 10, 90, 100),
        Insured(date(2018, 12, 31), 8, 80, 80),
        Insured(date(2020, 2, 10), 99, 1, 1),
    ]
    assert social_security_facts(months, on=ON) == {
        "headcount": 10, "headcount_before": 8, "insurance_paid_12": 90, "insurance_due_12": 100, "insurance_short_12": 1,
    }  # fmt: skip


def test_cases_and_penalties_are_counted_apart() -> None:
    sued = Case("买卖合同纠纷", date(2019, 6, 1), "被告", 500)
    cases = [sued, sued, replace(sued, role="原告", closed_on=date(2020, 1, 1)), Case("行政处罚", date(2019, 7, 1), None, 9)]
    cases += [replace(sued, filed_on=date(2020, 2, 16)), replace(sued, filed_on=date(2017, 1, 1))]
    assert litigation_facts(cases, on=ON) == {
        "cases_24": 2, "cases_as_defendant_24": 1, "case_amount_24": 500, "cases_open": 2, "penalties_24": 1,
    }  # fmt: skip


def test_a_register_of_events_says_zero_and_a_missing_one_nothing() -> None:
    assert litigation_facts([], on=ON) == dict.fromkeys(OF_LITIGATION, 0)
    assert litigation_facts(None, on=ON) == dict.fromkeys(OF_LITIGATION)
    assert (loan_facts([], on=ON), loan_facts(None, on=ON)) == (dict.fromkeys(OF_LOANS, 0), dict.fromkeys(OF_LOANS))


def test_debt_is_what_the_firm_owes_on_the_day() -> None:
    loan = Loan("流动资金贷款", "企业", date(2019, 1, 1), None, 1000, 400)
    loans = [loan, replace(loan, balance_fen=None), replace(loan, settled_on=date(2020, 1, 1))]
    loans += [
        replace(loan, borrower_role="法定代表人"),
        replace(loan, granted_on=date(2020, 2, 16)),
        replace(loan, loan_kind="信用卡"),
    ]
    assert loan_facts(loans, on=ON) == {"loan_balance": 1400, "loans_open": 2, "loans_ever": 3}


@pytest.mark.parametrize(
    ("since", "months"), [(date(2019, 2, 15), 12), (date(2019, 2, 16), 11), (date(2020, 2, 15), 0), (date(2020, 2, 16), None)]
)
def test_the_age_of_a_firm_is_in_full_months(since: date, months: int | None) -> None:
    assert registry_facts(Registration(since, 5), on=ON) == {"age_months": months, "capital": 5}
    assert registry_facts(None, on=ON) == {"age_months": None, "capital": None}


def test_words_of_cases_and_loans() -> None:
    assert [is_penalty(x) for x in ("行政处罚", "罚款", "合同纠纷", None)] == [True, True, False, False]
    assert [is_defendant(x) for x in ("被告", "被执行人", "原告", None)] == [True, True, False, False]
    assert [is_debt(*x) for x in ((None, None), ("消费贷款", None), ("经营贷款", "经营者"))] == [True, False, False]
