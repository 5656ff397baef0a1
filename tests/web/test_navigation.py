"""The head of a page says how many notices nobody has read, for one query, to those who have a page of them."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from huoshui.models import Notice
from huoshui.terms import NoticeKind, Role
from huoshui.web.navigation import Unread, unread_notices
from tests.demands import declared
from tests.world import World, county_world, signed_in

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def world() -> World:
    return county_world()


def told(world: World, number: int) -> None:
    """Notices to the task force and to the firm, as many each; and one each that was read."""
    made = declared(world)
    Notice.objects.all().delete()
    for place in range(number + 1):
        read_at = NOW if place == number else None
        given: dict[str, Any] = {"kind": NoticeKind.OVERDUE, "demand": made, "at": NOW, "read_at": read_at}
        Notice.objects.create(organization=world.home.task_force, due_on=timezone.localdate() - timedelta(days=place), **given)
        Notice.objects.create(firm=made.firm, **given)


def unread(world: World, role: Role, *, home: bool = True) -> Unread | None:
    return unread_notices(world.user(role, home=home).viewer(on=timezone.localdate()))


def test_each_is_told_of_the_notices_that_they_have_a_page_of(world: World) -> None:
    told(world, 2)
    assert unread(world, Role.OFFICER) == Unread("/notices/", "2")
    assert unread(world, Role.LEGAL_REPRESENTATIVE) == Unread("/my/demands/", "2")
    assert [unread(world, x) for x in (Role.VISITOR, Role.AUDITOR, Role.APPROVER)] == [None, None, None]
    assert unread(world, Role.OFFICER, home=False) is None


@pytest.mark.parametrize(("number", "shown"), [(0, None), (99, "99"), (100, "99+"), (130, "99+")])
def test_it_is_counted_no_further_than_is_shown(world: World, number: int, shown: str | None) -> None:
    told(world, number)
    found = unread(world, Role.OFFICER)
    assert (found and found.count) == shown


def test_it_costs_one_query_and_a_passer_by_none(world: World, django_assert_num_queries: Any) -> None:
    told(world, 3)
    viewers = {x: world.user(x).viewer(on=timezone.localdate()) for x in (Role.OFFICER, Role.AGENT, Role.VISITOR)}
    for role, queries in ((Role.OFFICER, 1), (Role.AGENT, 1), (Role.VISITOR, 0)):
        with django_assert_num_queries(queries):
            unread_notices(viewers[role])


def test_the_head_of_desk_and_phone_pages_shows_it(client: Client, world: World) -> None:
    told(world, 2)
    desk = signed_in(client, world.user(Role.OFFICER)).get("/demands/").content.decode()
    assert '<a class="unread" href="/notices/">' in desk
    assert '<b aria-hidden="true">2</b><span class="visually-hidden">未读通知 2</span></a>' in desk
    phone = signed_in(Client(), world.user(Role.LEGAL_REPRESENTATIVE)).get("/my/demands/").content.decode()
    assert '<a class="unread" href="/my/demands/">' in phone
    english = signed_in(Client(), world.user(Role.OFFICER)).get("/demands/?language=en", follow=True).content.decode()
    assert "Unread notices: 2" in english
    assert 'class="unread"' not in Client().get("/").content.decode()
