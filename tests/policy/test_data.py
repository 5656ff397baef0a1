"""The policy data: every file reads, every table binds to what its rule asks for, and what is not confirmed says so."""

import dataclasses
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from huoshui import policy
from huoshui.errors import NoPolicy
from huoshui.policy.files import BUILT_IN, Dated, load
from huoshui.rules.deadline import Clock
from huoshui.rules.subsidy import Programme, Reckoning
from huoshui.services.subsidy import programmes
from huoshui.terms import LoanKind, Tag

LPR_HISTORY: Final = Path(__file__).parents[3] / "shared" / "data" / "reference" / "lpr_history.txt"
FILES: Final = sorted(BUILT_IN.glob("[0-9]*/*.yaml"))
ON: Final = date(2025, 6, 30)
REGIONS: Final = sorted({x.parent.name for x in FILES})

UNCONFIRMED: Final = {
    "000000/activity": [
        "tax_sales_months", "social_security_months", "invoice_months", "visit_months", "plausible_share",
    ],
    "000000/book": ["rate_ceiling"],
    "000000/retention": ["record_months"],
    "000000/consents": ["service", "identity", "share_with_banks", "credit_inquiry", "place"],
    "000000/deadlines": [
        "bank_decision_complete_materials", "bank_contact", "subsidy_claim_startup_guarantee", "task_force_review",
        "appeal_answer",
    ],
    "000000/demand": [
        "four_eyes", "evidence_months", "statement_settles", "clocks", "started_by", "remind_days", "escalate_days",
        "recommend_months", "reject_reasons", "return_reasons", "obstacles",
    ],
    "000000/exclusion_lists": ["tax_non_normal", "dishonest_debtor", "negative_list", "other"],
    "000000/first_loan": [],
    "000000/five_criteria": [
        "min_months", "active_statuses", "barred_statuses", "network_premises", "barred_purposes", "knock_outs",
    ],
    "000000/interest_subsidy": [
        "day_count", "after_overdue", "consumer_2025 2026-01-01", "equipment_2024 2024-07-24", "startup_guarantee_personal",
        "startup_guarantee_firm",
    ],
    "000000/knock_outs": ["evidence", "general", "indicative", "default", "tax_loan", "invoice_loan_2020"],
    "000000/limit": ["indicative", "default", "tax_loan", "invoice_loan_2020"],
    "000000/lpr": ["one_year 2025-06-20", "over_five_years 2025-06-20"],
    "000000/model_monitoring": [
        "approval", "psi", "csi", "missing_rise", "level", "auc_drop", "coverage", "approval_ratio",
        "reference_share", "least_grade", "least_firms", "least_defaults", "bands",
    ],
    "000000/no_loan": [
        "never_borrowed", "never_borrowed_no_discount", "never_borrowed_owner", "never_borrowed_any_credit",
        "not_borrowed_36_months", "no_current_loan", "no_current_loan_no_discount", "fujian_2025",
    ],
    "000000/pricing": ["indicative", "default", "tax_loan", "invoice_loan_2020"],
    "000000/reverse_repo": [
        "seven_day 2019-11-18", "seven_day 2020-03-30", "seven_day 2022-01-17", "seven_day 2022-08-15", "seven_day 2023-06-13",
        "seven_day 2023-08-15",
    ],
    "000000/visit_priority": [
        "sales_12m", "sales_recent", "credit_grade", "age", "employees", "recent_invoice", "tags", "levels",
    ],
    "000000/visits": ["list_clock", "revisit_months", "leave_out_visited"],
    "330000/deadlines": [],
    "370100/interest_subsidy": ["startup_guarantee_personal"],
    "420000/deadlines": [],
    "421221/five_criteria": ["extra_targets"],
    "440300/interest_subsidy": ["startup_guarantee_personal", "startup_guarantee_firm"],
    "440800/five_criteria": ["extra_targets"],
    "451400/deadlines": [],
}  # fmt: skip


def fields_of(path: Path) -> Iterator[tuple[str, tuple[Dated, ...]]]:
    yield from load(path).items()


def every_value(name: str) -> Iterator[tuple[str, str, Dated]]:
    """Each dated value of every region's file of that name, as region, field, value."""
    for path in FILES:
        if path.stem == name:
            for field, history in fields_of(path):
                yield from ((path.parent.name, field, x) for x in history)


def days_of(name: str, field: str) -> dict[date, Any]:
    return {x.since: x.value for region, given, x in every_value(name) if (region, given) == ("000000", field)}


@pytest.mark.parametrize("path", FILES, ids=lambda x: f"{x.parent.name}/{x.stem}")
def test_the_days_of_a_field_stand_in_order(path: Path) -> None:
    for entry in yaml.safe_load(path.read_text(encoding="utf-8")).values():
        assert list(entry["values"]) == sorted(entry["values"])


@pytest.mark.parametrize("path", FILES, ids=lambda x: f"{x.parent.name}/{x.stem}")
def test_a_source_names_a_document_not_a_tag_or_an_address(path: Path) -> None:
    found = [x.source for _, history in fields_of(path) for x in history if re.search(r"\[?S\d+\]?|https?:|www\.", x.source)]
    assert found == []


@pytest.mark.parametrize("name", UNCONFIRMED)
def test_what_no_text_shows_is_unconfirmed_and_nothing_else_is(name: str) -> None:
    found = []
    for field, history in fields_of(BUILT_IN / f"{name}.yaml"):
        open_days = [x.since for x in history if x.unconfirmed]
        found += [field] if len(open_days) == len(history) else [f"{field} {x}" for x in open_days]
    assert sorted(found) == sorted(UNCONFIRMED[name])


def test_the_list_of_what_is_unconfirmed_names_every_file_of_this_part() -> None:
    others = {"size_class", "size_class_2011", "fees"}
    assert {f"{x.parent.name}/{x.stem}" for x in FILES if x.stem not in others} == set(UNCONFIRMED)


@pytest.mark.parametrize(
    ("field", "on", "rate"),
    [
        ("one_year", date(2019, 8, 20), "0.0425"),
        ("one_year", date(2019, 10, 20), "0.0420"),
        ("one_year", date(2022, 8, 21), "0.0370"),
        ("one_year", date(2022, 8, 22), "0.0365"),
        ("over_five_years", date(2024, 2, 19), "0.0420"),
        ("over_five_years", date(2024, 2, 20), "0.0395"),
        ("one_year", date(2025, 5, 19), "0.0310"),
        ("one_year", date(2025, 5, 20), "0.0300"),
        ("over_five_years", date(2025, 5, 20), "0.0350"),
    ],
)
def test_the_lpr_of_a_day_is_the_last_one_published(field: str, on: date, rate: str) -> None:
    assert Decimal(policy.read("lpr", on=on)[field]) == Decimal(rate)


def test_there_is_no_lpr_before_the_first_publication() -> None:
    with pytest.raises(NoPolicy):
        policy.read("lpr", on=date(2019, 8, 19))


def test_every_publication_of_the_lpr_is_a_dated_value() -> None:
    if not LPR_HISTORY.is_file():
        pytest.skip("shared data is missing: the LPR history is not compared with its source")
    published = [x.split() for x in LPR_HISTORY.read_text(encoding="utf-8").splitlines()[1:]]
    for column, field in ((1, "one_year"), (2, "over_five_years")):
        wanted = {date.fromisoformat(x[0]): Decimal(x[column].rstrip("%")) / 100 for x in published}
        found = {day: Decimal(value) for day, value in days_of("lpr", field).items() if day <= date(2025, 5, 20)}
        assert found == wanted


def test_the_lpr_after_may_2025_says_that_it_is_inferred() -> None:
    before, after = (policy.read("lpr", on=x).dated("one_year") for x in (date(2025, 6, 19), date(2025, 6, 20)))
    assert (before.value, before.unconfirmed, after.value, after.unconfirmed) == ("0.0300", False, "0.0300", True)


@pytest.mark.parametrize(
    ("on", "rate"),
    [(date(2020, 2, 2), "0.0250"), (date(2020, 2, 3), "0.0240"), (date(2024, 9, 26), "0.0170"), (date(2025, 5, 8), "0.0140")],
)
def test_the_reverse_repo_rate_of_a_day(on: date, rate: str) -> None:
    assert policy.read("reverse_repo", on=on)["seven_day"] == rate


@pytest.mark.parametrize("name", ["lpr", "reverse_repo"])
def test_rates_are_fractions_of_one_a_year_and_never_rise_in_these_years(name: str) -> None:
    for field in policy.read(name, on=ON).fields:
        rates = [Decimal(x) for x in days_of(name, field).values()]
        assert rates == sorted(rates, reverse=True)
        assert [x for x in rates if not Decimal("0.01") < x < Decimal("0.05")] == []


@dataclass(frozen=True)
class NoLoan:
    counted_kinds: frozenset[LoanKind]
    owner_loans: bool
    sole_trader_owner: bool
    current_only: bool
    lookback_months: int | None
    definition: str
    definition_en: str


@dataclass(frozen=True)
class FirstLoan:
    targets: frozenset[str]
    counted_kinds: frozenset[LoanKind]
    owner_record: str
    no_controller_guarantee: bool
    production_only: bool
    definition: str
    definition_en: str


@dataclass(frozen=True)
class ExclusionList:
    name: str
    code: Tag
    patterns: tuple[str, ...]
    effect: str
    valid_months: int | None


@pytest.mark.parametrize(
    ("name", "shape", "wanted"),
    [
        ("no_loan", NoLoan, lambda _: True),
        ("first_loan", FirstLoan, lambda _: True),
        ("exclusion_lists", ExclusionList, lambda _: True),
        ("deadlines", Clock, lambda _: True),
        ("interest_subsidy", Programme, lambda x: isinstance(x, dict)),
    ],
)
def test_every_table_of_every_region_and_day_binds_and_has_no_other_entry(
    name: str, shape: type[Any], wanted: Callable[[object], bool]
) -> None:
    entries = {x.name for x in dataclasses.fields(shape)} | ({"who"} if shape is Programme else set())
    bound = 0
    for region, field, dated in every_value(name):
        if wanted(dated.value):
            found = policy.read(name, region=region, on=dated.since)
            assert isinstance(policy.bind_table(found, field=field, shape=shape), shape)
            assert set(dated.value) == entries
            bound += 1
    assert bound == sum(wanted(x.value) for _, _, x in every_value(name)) > 0


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_can_reckon_a_subsidy(region: str) -> None:
    found = policy.read("interest_subsidy", region=region, on=ON)
    assert policy.bind(found, Reckoning).day_count == "act/365"
    assert {"service_2025", "equipment_2024", "startup_guarantee_firm"} <= set(programmes(found))


def test_a_programme_has_one_way_to_its_rate() -> None:
    names = ("rate", "contract_share", "below_lpr_one_year")
    ways = [
        (field, tuple(x for x in names if dated.value[x] is not None))
        for _, field, dated in every_value("interest_subsidy")
        if isinstance(dated.value, dict)
    ]
    assert {x for field, x in ways if field != "consumer_2025"} == {(x,) for x in names}
    assert {x for field, x in ways if field == "consumer_2025"} == {("rate", "contract_share")}


def test_never_borrowed_says_what_it_counts() -> None:
    rule = policy.bind_table(policy.read("no_loan", on=ON), field="never_borrowed", shape=NoLoan)
    assert rule.counted_kinds == {
        LoanKind.BUSINESS, LoanKind.BILL_DISCOUNT, LoanKind.ENTRUSTED, LoanKind.FOREIGN_CURRENCY, LoanKind.SMALL_LOAN_COMPANY,
    }  # fmt: skip
    switches = (rule.owner_loans, rule.sole_trader_owner, rule.current_only, rule.lookback_months)
    assert switches == (False, True, False, None)


def test_no_two_definitions_of_no_loan_of_our_own_are_the_same() -> None:
    found = policy.read("no_loan", on=ON)
    own = [x for x in found.fields if x not in {"wuhan_2021", "fujian_2025"}]
    switches = [
        tuple(repr(x) for name, x in sorted(found[field].items()) if not name.startswith("definition")) for field in own
    ]
    assert len(set(switches)) == len(own) == 7


def test_a_list_s_name_belongs_to_one_list_only() -> None:
    found = policy.read("exclusion_lists", on=ON).fields
    patterns = [p for x in found.values() for p in x.value["patterns"]]
    assert len(set(patterns)) == len(patterns)
    assert [field for field, x in found.items() if not x.value["patterns"]] == ["other"]
    assert {x.value["effect"] for x in found.values()} == {"tag"}


def test_the_weights_of_the_visit_list_are_whole_numbers_in_ascending_bands() -> None:
    for field, dated in policy.read("visit_priority", on=ON).fields.items():
        bands = dated.value if field == "levels" else dated.value.get("bands", [])
        limits = [x["at_least"] for x in bands]
        assert limits == sorted(set(limits))
        points = [] if field == "levels" else [x["points"] for x in bands] or list(dated.value["points"].values())
        assert [x for x in (*limits, *points) if type(x) is not int] == []


@pytest.mark.parametrize(
    ("region", "months"), [("000000", "12"), ("440000", "12"), ("440800", "6"), ("440811", "6"), ("421221", "12")]
)
def test_the_months_a_firm_must_exist_are_local(region: str, months: str) -> None:
    assert policy.read("five_criteria", region=region, on=ON)["min_months"] == months


@pytest.mark.parametrize(("region", "extra"), [("000000", []), ("421221", ["medium_enterprise"]), ("440800", ["large_grower"])])
def test_who_is_served_besides_is_local(region: str, extra: list[str]) -> None:
    assert policy.read("five_criteria", region=region, on=ON)["extra_targets"] == extra


def test_the_five_criteria_keep_their_names() -> None:
    found = policy.read("five_criteria", on=ON)["criteria"]
    assert [x["zh"] for x in found] == ["合规持续经营", "固定经营场所", "真实融资需求", "信用状况良好", "贷款用途依法合规"]
