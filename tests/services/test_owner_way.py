"""The shop owner's way: firms that may be chosen, and a need that becomes one demand."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from huoshui.errors import BadRequest, TooMany
from huoshui.models import Demand, Firm
from huoshui.services.consent import consent_text, has_consent
from huoshui.services.owner_way import (
    MOST_FOUND,
    SEARCHES_AN_HOUR,
    WAITING_AT_ONCE,
    Need,
    chosen_firm,
    find_firms,
    own_firms,
    publish_need,
)
from huoshui.terms import ConsentPurpose, DemandPurpose, DemandStage, Role
from tests.world import HOME, World, county_world, firm

pytestmark = pytest.mark.django_db
NEED = Need(amount_fen=20_000_000, months=12, purpose=DemandPurpose.STOCK, note="备货", states_clean=True)


@pytest.fixture
def world() -> World:
    cache.clear()
    return county_world()


def published(world: World, need: Need = NEED, *, of: Firm | None = None, **given: Any) -> Demand:
    version = consent_text(ConsentPurpose.SHARE_WITH_BANKS, on=timezone.localdate()).version
    terms: dict[str, Any] = {
        "by": world.stranger,
        "grant": None,
        "code": None,
        "at": timezone.now(),
        "consent_version": version,
    }
    return publish_need(need, firm=of or world.home.firms[1], **{**terms, **given})


def test_a_firm_is_found_by_code_anywhere_and_by_name_in_the_county_of_the_code(world: World) -> None:
    mine = firm(HOME, 900, name="兴旺小吃店")
    away = firm(world.away.region, 901, name="兴旺小吃二店")
    by_name = find_firms("兴 旺", near=f"{HOME}001", by=world.stranger)
    assert [x.name for x in by_name] == ["兴旺小吃店"]
    Firm.objects.filter(pk=mine.pk).update(initials="xwxcd", short_initials="xwxcd")
    assert [x.name for x in find_firms("XWXC", near=HOME, by=world.stranger)] == ["兴旺小吃店"]
    by_code = find_firms(f" {away.uscc.lower()} ", near=HOME, by=world.stranger)
    assert [x.name for x in by_code] == ["兴旺小吃二店"]


def test_a_search_says_what_is_wrong_and_never_lists_a_county(world: World) -> None:
    for number in range(910, 922):
        firm(HOME, number, name=f"同名商行{number}")
    assert len(find_firms("同名商行", near=HOME, by=world.stranger)) == MOST_FOUND
    for text in ("", "同", "91350203MA0000000X"):
        with pytest.raises(BadRequest) as refused:
            find_firms(text, near=HOME, by=world.stranger)
        assert refused.value.field == "q"
    assert find_firms("没有这家", near=HOME, by=world.stranger) == []


def test_the_register_is_not_read_out_by_searching(world: World) -> None:
    for _ in range(SEARCHES_AN_HOUR):
        find_firms("商行", near=HOME, by=world.stranger)
    with pytest.raises(TooMany):
        find_firms("商行", near=HOME, by=world.stranger)
    assert find_firms("商行", near=HOME, by=world.user(Role.AGENT)) != []


def test_a_choice_stands_for_one_firm_and_one_person(world: World) -> None:
    choice = find_firms(world.home.firms[1].uscc, near=HOME, by=world.stranger)[0].choice
    assert chosen_firm(choice, by=world.stranger) == world.home.firms[1]
    for wrong, by in ((choice, world.user(Role.AGENT)), (choice[:-1], world.stranger), ("", world.stranger)):
        with pytest.raises(BadRequest):
            chosen_firm(wrong, by=by)


def test_own_firms_are_those_that_a_person_speaks_for_on_the_day(world: World) -> None:
    owner = world.user(Role.LEGAL_REPRESENTATIVE)
    assert [x.name for x in own_firms(owner, on=timezone.localdate())] == [world.home.firms[0].name]
    owner.firm_members.update(until_on=timezone.localdate() - timedelta(1))
    assert own_firms(owner, on=timezone.localdate()) == []


def test_a_need_of_somebody_who_is_not_authenticated_waits_and_says_who_agreed(world: World) -> None:
    demand = published(world)
    assert demand.stage is DemandStage.AWAITING_AUTHENTICATION
    assert (demand.amount_fen, demand.months, demand.purpose, demand.note, demand.states_clean) == (
        20_000_000, 12, DemandPurpose.STOCK, "备货", True,
    )  # fmt: skip
    assert has_consent(world.stranger, ConsentPurpose.SHARE_WITH_BANKS)


def test_a_need_of_the_representative_is_declared_at_once(world: World) -> None:
    owner = world.user(Role.LEGAL_REPRESENTATIVE)
    grant = owner.viewer(on=timezone.localdate()).of(Role.LEGAL_REPRESENTATIVE)[0]
    assert published(world, of=world.home.firms[0], by=owner, grant=grant).stage is DemandStage.DECLARED


def test_the_same_need_within_ten_minutes_is_one_demand_and_another_need_is_another(world: World) -> None:
    at = timezone.now()
    first = published(world, at=at)
    assert published(world, at=at + timedelta(minutes=9)) == first
    assert published(world, at=at + timedelta(minutes=11)) != first
    assert published(world, Need(NEED.amount_fen + 1, NEED.months, NEED.purpose), at=at) != first


def test_few_demands_wait_at_once(world: World) -> None:
    for number in range(WAITING_AT_ONCE):
        published(world, Need(1_000_000 + number, 6, DemandPurpose.STOCK))
    with pytest.raises(TooMany):
        published(world)
    assert Demand.objects.count() == WAITING_AT_ONCE
