"""Notices: to a firm or an organization, read once, seen by nobody else; and which task force works for a place."""

import pytest
from django.utils import timezone

from huoshui.models import Notice
from huoshui.services.notice import read_notices, task_force_of, tell_firm, tell_organization
from huoshui.terms import NoticeKind, Role
from tests.demands import draft
from tests.world import county_world

pytestmark = pytest.mark.django_db


def test_a_notice_is_seen_by_those_to_whom_it_goes_and_read_once() -> None:
    world, at = county_world(), timezone.now()
    demand = draft(world)
    tell_firm(demand, kind=NoticeKind.REJECTED, at=at)
    tell_organization(demand, organization=world.home.task_force, kind=NoticeKind.APPEALED, at=at)
    on = timezone.localdate()
    seen = {
        (role, home): [x.kind for x in Notice.objects.visible_to(world.user(role, home=home).viewer(on=on))]
        for role in (Role.LEAD, Role.AGENT, Role.CLIENT_MANAGER) for home in (True, False)
    }  # fmt: skip
    assert {x: kinds for x, kinds in seen.items() if kinds} == {
        (Role.LEAD, True): [NoticeKind.APPEALED], (Role.AGENT, True): [NoticeKind.REJECTED],
    }  # fmt: skip
    lead = world.user(Role.LEAD)
    mine = Notice.objects.filter(organization=world.home.task_force)
    assert [read_notices(mine, by=lead, at=at), read_notices(mine.all(), by=lead, at=at)] == [1, 0]


def test_the_nearest_task_force_from_the_county_up_works_for_a_place() -> None:
    world = county_world()
    assert task_force_of("350203001") == world.home.task_force
    assert task_force_of("350203") == world.home.task_force
    assert task_force_of("350999001") == world.province
    assert task_force_of("110101") is None
