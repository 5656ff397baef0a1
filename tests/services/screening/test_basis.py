"""What a screening is judged by: windows, weights, industries and lists, read from policy."""

from datetime import date, timedelta
from typing import Final

import pytest

from huoshui.errors import BadChoice, NoPolicy
from huoshui.rules.screening import EPOCH, ROW_NOT_COVERED, ROW_UNKNOWN
from huoshui.rules.size_class import industry_rows
from huoshui.services.screening.basis import ScreeningBasis, read_screening_basis
from huoshui.terms import LoanKind, Tag

ON: Final = date(2025, 6, 30)


@pytest.fixture(scope="module")
def basis() -> ScreeningBasis:
    return read_screening_basis("never_borrowed", region="350203", on=ON)


def day(number: int) -> date:
    return EPOCH + timedelta(days=number)


def test_windows_hold_whole_months_and_end_on_the_day(basis: ScreeningBasis) -> None:
    rule = basis.rule
    assert [day(x) for x in (rule.on, rule.sales_since, rule.invoices_since, rule.year_since)] == [
        ON, date(2025, 1, 1), date(2025, 4, 1), date(2024, 7, 1),
    ]  # fmt: skip
    assert rule.report_due_year == 2023
    leap = read_screening_basis("not_borrowed_36_months", region="350203", on=date(2024, 2, 29)).rule
    assert [day(x) for x in (leap.sales_since, leap.year_since, leap.loans.since or 0)] == [
        date(2023, 9, 1), date(2023, 3, 1), date(2021, 3, 1),
    ]  # fmt: skip


def test_the_loan_rule_is_what_policy_says(basis: ScreeningBasis) -> None:
    assert basis.rule.loans.counted_kinds == {
        LoanKind.BUSINESS, LoanKind.BILL_DISCOUNT, LoanKind.ENTRUSTED, LoanKind.FOREIGN_CURRENCY, LoanKind.SMALL_LOAN_COMPANY,
    }  # fmt: skip
    assert (basis.rule.loans.since, basis.rule.loans.current_only, basis.rule.loans.owner_loans) == (None, False, False)


def test_every_written_form_of_an_industry_finds_its_row(basis: ScreeningBasis) -> None:
    places = {row.code: i for i, row in enumerate(basis.rule.sizes.rows)}
    known = industry_rows(basis.rule.sizes)
    for text, code in list(known.items())[::97]:
        assert basis.size_row_of(text) == (ROW_NOT_COVERED if code is None else places[code])
        assert basis.size_row_of(f" {text.lower()} ") == basis.size_row_of(text)
    assert {basis.size_row_of(x) for x in ("6510", "I6510", "65", "I65", "651")} == {basis.size_row_of("6510")}
    assert {basis.size_row_of(x) for x in (None, "", "9999", "软件业", "65100")} == {ROW_UNKNOWN}


@pytest.mark.parametrize(
    ("text", "tag"),
    [("失信被执行人", Tag.DISHONEST), ("列入经营异常名录（2024）", Tag.ABNORMAL), ("税务非正常户", Tag.TAX_NON_NORMAL),
     ("重大税收违法失信主体", Tag.SERIOUS), ("融资负面清单", Tag.OTHER), ("Dishonest_Debtor", Tag.DISHONEST),
     ("甲名单", Tag.OTHER), (None, Tag.OTHER)],
)  # fmt: skip
def test_a_list_is_known_by_a_part_of_its_name(basis: ScreeningBasis, text: str | None, tag: Tag) -> None:
    meaning = basis.list_meaning(text)
    assert meaning.tag_bits == 1 << tuple(Tag).index(tag)
    assert meaning.excludes is False


def test_the_bands_of_a_priority_are_in_the_units_of_the_facts(basis: ScreeningBasis) -> None:
    factors = {x.input: x for x in basis.priority.factors}
    assert factors["sales_12m"].thresholds == (1_00, 100_000_00, 500_000_00, 1_000_000_00, 5_000_000_00, 20_000_000_00)
    assert [day(x) for x in factors["age"].thresholds] == [date(2024, 12, 30), date(2024, 6, 30), date(2023, 6, 30)]
    assert factors["recent_invoice"].thresholds == (basis.rule.invoices_since,)
    assert factors["credit_grade"].points == (0, 20, 15, 10, 0, -20)
    assert all(len(x.points) == len(x.thresholds) + 1 for x in factors.values() if x.input != "credit_grade")


def test_every_policy_that_is_used_is_cited(basis: ScreeningBasis) -> None:
    cited = {(x.policy, x.field) for x in basis.citations}
    assert {("no_loan", "never_borrowed"), ("activity", "tax_sales_months"), ("visit_priority", "age")} <= cited
    assert {x for x, _ in cited} == {"no_loan", "activity", "size_class", "exclusion_lists", "visit_priority"}
    assert ("no_loan", "no_current_loan") not in cited
    assert all(x.source and x.since <= ON for x in basis.citations)


def test_a_name_that_no_policy_has_is_refused_with_those_that_it_has() -> None:
    with pytest.raises(BadChoice, match=r"expected one of .*fujian_2025.*wuhan_2021") as refused:
        read_screening_basis("no_such_rule", region="350000", on=ON)
    assert refused.value.field == "rule"


def test_a_rule_that_is_not_yet_in_force_is_refused() -> None:
    with pytest.raises(NoPolicy, match="fujian_2025"):
        read_screening_basis("fujian_2025", region="350000", on=date(2024, 6, 30))
    assert read_screening_basis("fujian_2025", region="350000", on=date(2025, 1, 1)).rule.loans.name == "fujian_2025"
