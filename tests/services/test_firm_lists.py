"""Lists of a screening in the database: each has its source and day, ends when it is gone, and speaks in the criteria."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from huoshui import policy
from huoshui.adapters.screening_result import open_result, read_rows
from huoshui.models import Firm, ListEntry, Organization, RegisterLoad
from huoshui.services.firm_lists import FirmLists
from huoshui.services.firms import load_firms
from huoshui.services.five_criteria import judge_demand
from huoshui.terms import OrganizationKind, OrganizationLevel
from tests.demands import declared, good_firm
from tests.screened import REGION, row, write_result
from tests.world import World, county_world, uscc

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
FIRST, LATER = "2026-03-31", "2026-04-30"
Entry = tuple[str, date, date | None]


@pytest.fixture
def world() -> World:
    return county_world()


@pytest.fixture
def platform() -> None:
    Organization.objects.create(
        name="平台", kind=OrganizationKind.PLATFORM, level=OrganizationLevel.NATION, path="/1/", region_code=""
    )


def entries() -> list[Entry]:
    return list(ListEntry.objects.order_by("list_name", "listed_on").values_list("list_name", "listed_on", "until_on"))


def load(
    folder: Path, *tags: str, on: str = FIRST, registers: tuple[str, ...] = ("exclusions", "loans", "tax")
) -> RegisterLoad:
    rows = [row(number, tags=x) for number, x in enumerate(tags, start=1)]
    return load_firms(write_result(folder, rows, on=on, registers=registers), synthetic=True).load


@pytest.mark.usefixtures("platform")
def test_each_tag_is_an_entry_with_source_and_day(tmp_path: Path) -> None:
    made = load(tmp_path, "T01;T03", "", "T02;T04;T09")
    day = date.fromisoformat(FIRST)
    assert entries() == [
        (x, day, None) for x in ("abnormal_operations", "dishonest_debtor", "other", "serious_violation", "tax_non_normal")
    ]
    entry = ListEntry.objects.get(list_name="dishonest_debtor")
    assert (entry.firm.uscc, entry.source, entry.load) == (uscc(REGION, 1), "2026-03-31 筛查（never_borrowed）", made)
    assert set(Firm.objects.filter(screened_on=day).values_list("lists_on", "tax_on")) == {(day, day)}


@pytest.mark.usefixtures("platform")
def test_an_entry_that_is_gone_ends_the_day_before_and_one_that_stays_is_one(tmp_path: Path) -> None:
    load(tmp_path, "T03", "T04")
    load(tmp_path, "", "T04", on=LATER)
    assert entries() == [
        ("dishonest_debtor", date(2026, 3, 31), date(2026, 4, 29)), ("serious_violation", date(2026, 3, 31), None),
    ]  # fmt: skip
    load(tmp_path, "T03", "T04", on="2026-05-31")
    assert entries()[1] == ("dishonest_debtor", date(2026, 5, 31), None)


@pytest.mark.usefixtures("platform")
def test_a_screening_that_read_fewer_registers_ends_nothing_and_knows_less(tmp_path: Path) -> None:
    load(tmp_path, "T02;T03")
    load(tmp_path, "", on=LATER, registers=("loans",))
    assert [x[2] for x in entries()] == [None, None]
    firm = Firm.objects.get(uscc=uscc(REGION, 1))
    assert (firm.screened_on, firm.lists_on, firm.tax_on) == (date(2026, 4, 30), date(2026, 3, 31), date(2026, 3, 31))


@pytest.mark.usefixtures("platform")
def test_what_somebody_else_entered_is_not_ended(tmp_path: Path) -> None:
    load(tmp_path, "")
    firm = Firm.objects.get(uscc=uscc(REGION, 1))
    ListEntry.objects.create(firm=firm, list_name="negative_list", source="县专班", listed_on=date(2026, 4, 1))
    load(tmp_path, "", on=LATER)
    assert entries() == [("negative_list", date(2026, 4, 1), None)]


def test_of_two_lists_with_one_tag_the_one_that_excludes_is_meant_where_the_firm_was_excluded() -> None:
    lists = policy.read("exclusion_lists", region=REGION, on=TODAY)
    kept = FirmLists(RegisterLoad(screened_on=TODAY), lists)
    assert kept.list_of("T09", is_excluded=False) == "other"
    assert [kept.list_of(x, is_excluded=True) for x in ("T01", "T02", "T03", "T04")] == [
        "abnormal_operations", "tax_non_normal", "dishonest_debtor", "serious_violation",
    ]  # fmt: skip


def verdicts(world: World, tmp_path: Path, *, tags: str, on: date, **given: Any) -> dict[str, str]:
    """What the checks of a demand of a good firm say, after a screening of a day found tags."""
    firm = good_firm(world)
    Firm.objects.filter(pk=firm.pk).update(screened_on=None, lists_on=None, tax_on=None)
    demand = declared(world)
    if on <= TODAY:
        rows = [row(1, uscc=firm.uscc, name=firm.name, tags=tags)]
        load_firms(write_result(tmp_path, rows, on=on.isoformat(), **given), synthetic=True)
    demand.firm.refresh_from_db()
    judged = judge_demand(demand, on=TODAY, at=timezone.now())
    found = {x["criterion"]: x["verdict"] for x in judged.marks}
    return found | {x["check"]: x["verdict"] for mark in judged.marks for x in mark["findings"]}


_NEVER = date.max


@pytest.mark.parametrize(
    ("screened", "expected"),
    [
        ({"tags": "", "on": TODAY}, {"dishonest_debtor": "met", "good_credit": "met", "exclusion": "met"}),
        ({"tags": "T03", "on": TODAY}, {"dishonest_debtor": "not_met", "good_credit": "not_met", "lawful_operation": "met"}),
        ({"tags": "T04", "on": TODAY}, {"lawful_operation": "not_met", "good_credit": "not_met"}),
        ({"tags": "T02", "on": TODAY}, {"tax_non_normal": "not_met", "lawful_operation": "not_met"}),
        ({"tags": "", "on": TODAY - timedelta(days=150)}, {"dishonest_debtor": "not_known", "exclusion": "not_known"}),
        ({"tags": "T03", "on": TODAY - timedelta(days=150)}, {"dishonest_debtor": "not_known", "good_credit": "not_known"}),
        ({"tags": "", "on": TODAY, "registers": ("loans", "tax")}, {"tax_non_normal": "met", "good_credit": "not_known"}),
        ({"tags": "", "on": _NEVER}, {"dishonest_debtor": "not_known", "tax_non_normal": "not_known", "fraud": "not_known",
                          "good_credit": "not_known", "exclusion": "not_known", "lawful_operation": "not_known"}),
    ],
)  # fmt: skip
def test_lists_speak_in_the_criteria_and_silence_does_not(
    world: World, tmp_path: Path, screened: dict[str, Any], expected: dict[str, str]
) -> None:
    found = verdicts(world, tmp_path, **screened)
    assert {x: found[x] for x in expected} == expected


@pytest.mark.usefixtures("platform")
@pytest.mark.parametrize("firms", [1, 3])
def test_the_queries_of_a_batch_do_not_grow_with_its_firms(tmp_path: Path, django_assert_num_queries: Any, firms: int) -> None:
    load(tmp_path, *["T03"] * firms)
    place = write_result(tmp_path, [row(x, tags="T04") for x in range(1, firms + 1)], on=LATER)
    rows = {x.uscc: x for x in next(read_rows(open_result(place), size=10))}
    later = RegisterLoad.objects.create(
        fingerprint="later", started_at=timezone.now(), screened_on=date.fromisoformat(LATER), rule="never_borrowed",
        registers=["exclusions", "loans", "registry", "tax"],
    )  # fmt: skip
    with django_assert_num_queries(4):
        FirmLists(later, policy.read("exclusion_lists", region=REGION, on=later.screened_on)).keep(rows)
