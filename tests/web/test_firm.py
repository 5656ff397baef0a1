"""Pages of firms: found by name, code and initials; visits read together; conflicts shown."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from huoshui.models import Demand, Firm
from huoshui.terms import DemandChannel, Need, Role
from tests.campaigns import AT, opened, visited
from tests.world import World, county_world, firm, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return county_world()


def test_conflicting_visits_are_shown_with_who_said_what(world: World, client: Client) -> None:
    target = world.home.firms[0]
    visited(world, target, need=Need.YES, amount_fen=30_000_000, note="节前进货")
    visited(world, target, need=Need.NO, note="换人接待", by=world.user(Role.VISITOR), visited_at=AT + timedelta(minutes=5))
    page = signed_in(client, world.user(Role.OFFICER)).get(f"/firms/{target.pk}/").content.decode()
    assert "几次走访的记录不一致" in page
    for told in ("300,000", "节前进货", "换人接待", "有需求", "无需求", world.user(Role.VISITOR).shown_name):
        assert told in page


@pytest.mark.parametrize("text", ["鹭江", "lj", "xmslj"])
def test_a_firm_is_found_by_name_and_initials(world: World, client: Client, text: str) -> None:
    names = {"name": "厦门鹭江海产商行", "short_name": "鹭江海产商行", "initials": "xmljhcsh", "short_initials": "ljhcsh"}
    Firm.objects.filter(pk=firm("350203001", 900).pk).update(**names)
    page = signed_in(client, world.user(Role.OFFICER)).get(f"/firms/?q={text}").content.decode()
    assert ("厦门鹭江海产商行" in page) is (text != "xmslj")


def test_a_firm_is_found_by_its_code_and_not_outside_the_region(world: World, client: Client) -> None:
    signed_in(client, world.user(Role.OFFICER))
    assert world.home.firms[0].name in client.get(f"/firms/?q={world.home.firms[0].uscc}").content.decode()
    assert world.away.firms[0].name not in client.get(f"/firms/?q={world.away.firms[0].uscc}").content.decode()


def test_pages_of_firms_take_as_many_queries_for_three_as_for_one(world: World, client: Client) -> None:
    target = world.home.firms[0]
    signed_in(client, world.user(Role.OFFICER))
    visited(world, target)
    opened(world)
    Demand.objects.create(firm=target, channel=DemandChannel.VISITOR, created_by=world.user(Role.OFFICER), amount_fen=1_000_00)
    url = f"/firms/{target.pk}/"
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for minutes in (1, 2):
        visited(world, target, by=world.user(Role.VISITOR), visited_at=AT + timedelta(minutes=minutes))
        opened(world)
        Demand.objects.create(firm=target, channel=DemandChannel.VISITOR, created_by=world.user(Role.OFFICER), amount_fen=1)
    with CaptureQueriesContext(connection) as more:
        client.get(url)
    assert len(few.captured_queries) == len(more.captured_queries)
