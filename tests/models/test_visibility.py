"""What `visible_to` finds is what a plain reading of the rules says, for any people, roles, days and rows."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from huoshui.models import Event, Firm, FirmMember, FirmShare, Grant, Membership, Organization, User, Viewer
from huoshui.models.scope import below, within_any
from huoshui.rules.party import ROLES
from huoshui.services.event import record
from huoshui.terms import OrganizationKind, OrganizationLevel, Role
from tests.world import World, county_world, firm

TODAY = date(2026, 11, 25)
REGION_ROLES = {Role.VISITOR, Role.OFFICER, Role.LEAD, Role.AUDITOR, Role.REGULATOR}
BANK_ROLES = {Role.CLIENT_MANAGER, Role.REVIEWER, Role.APPROVER}
DAYS = st.one_of(st.none(), st.integers(-3, 3))
REGIONS = ["350203", "350203001", "350203002", "350582", "35058", "3502031", "330106"]


def in_force(row: Any, on: date) -> bool:
    return bool(row.from_on <= on and (row.until_on is None or row.until_on >= on))


def at_work(user: User) -> list[Membership]:
    rows = Membership.objects.filter(user=user).select_related("organization")
    return [x for x in rows if in_force(x, TODAY) and (x.organization.closed_on is None or x.organization.closed_on > TODAY)]


def is_below(organization: Organization, top: Organization) -> bool:
    here: Organization | None = organization
    while here is not None and here.pk != top.pk:
        here = here.parent
    return here is not None


def own_firms(user: User) -> set[int]:
    return {x.firm_id for x in FirmMember.objects.filter(user=user) if in_force(x, TODAY)}


def in_own_region(user: User, region: str) -> bool:
    return any(x.role in REGION_ROLES and region.startswith(x.region_code or x.organization.region_code) for x in at_work(user))


def reads_firm(user: User, row: Firm, now: datetime) -> bool:
    shares = [
        x for x in FirmShare.objects.filter(firm=row).select_related("organization")
        if x.since_at <= now and (x.until_at is None or x.until_at > now)
    ]  # fmt: skip
    by_bank = any(is_below(x.organization, y.organization) for x in shares for y in at_work(user) if y.role in BANK_ROLES)
    return in_own_region(user, row.region_code) or row.pk in own_firms(user) or by_bank


def reads_membership(user: User, row: Membership) -> bool:
    mine = at_work(user)
    if any(x.role is Role.OPERATOR for x in mine):
        return True
    led = [x.organization for x in mine if x.role in {Role.LEAD, Role.OFFICER, Role.APPROVER}]
    return row.user_id == user.pk or any(is_below(row.organization, x) for x in led)


def reads_person(user: User, row: User) -> bool:
    if row.pk == user.pk:
        return True
    if any(x.role is Role.OPERATOR for x in at_work(user)) and row.is_staff:
        return True
    led = [x.organization for x in at_work(user) if x.role in {Role.LEAD, Role.OFFICER, Role.APPROVER}]
    return any(is_below(x.organization, y) for x in Membership.objects.filter(user=row) for y in led)


def reads_event(user: User, row: Event) -> bool:
    mine = at_work(user)
    by_office = any(
        x.role in {*BANK_ROLES, Role.OFFICER, Role.LEAD} and is_below(row.organization, x.organization) for x in mine
    )
    by_operator = any(x.role is Role.OPERATOR and is_below(row.organization, x.organization) for x in mine)
    return (
        any(x.role in REGION_ROLES and row.region_code.startswith(x.region_code or x.organization.region_code) for x in mine)
        or row.firm_id in own_firms(user)
        or row.actor_id == user.pk
        or by_office
        or (by_operator and row.firm_id is None)
    )


def pks(rows: Iterable[Any]) -> set[int]:
    return {x.pk for x in rows}


def day(offset: int | None) -> date | None:
    return None if offset is None else TODAY + timedelta(days=offset)


class TestVisibility(TestCase):
    @settings(max_examples=12, suppress_health_check=list(HealthCheck), deadline=None)
    @given(st.data())
    def test_the_rows_found_are_those_of_a_plain_reading(self, data: st.DataObject) -> None:
        world, user, now = county_world(), User.objects.create(login_name="seeker", is_staff=True), timezone.now()
        firms = [*Firm.objects.order_by("pk"), *(firm(x, 900 + n) for n, x in enumerate(REGIONS))]
        self.draw_rights(data, world, user, firms, now)
        viewer = user.viewer(on=TODAY)
        assert pks(Firm.objects.visible_to(viewer)) == {x.pk for x in firms if reads_firm(user, x, now)}
        memberships = Membership.objects.select_related("organization")
        assert pks(Membership.objects.visible_to(viewer)) == {x.pk for x in memberships if reads_membership(user, x)}
        assert pks(User.objects.visible_to(viewer)) == {
            x.pk for x in User.objects.all() if viewer.grants and reads_person(user, x)
        }
        events = Event.objects.select_related("organization")
        assert pks(Event.objects.visible_to(viewer)) == {x.pk for x in events if reads_event(user, x)}

    def draw_rights(self, data: st.DataObject, world: World, user: User, firms: list[Firm], now: datetime) -> None:
        organizations = list(Organization.objects.select_related("parent").order_by("pk"))
        for _ in range(data.draw(st.integers(0, 3))):
            place = data.draw(st.sampled_from(organizations))
            begin = data.draw(st.integers(-3, 3))
            part = data.draw(st.sampled_from(["", "", f"{place.region_code}1"])) if place.region_code else ""
            Membership.objects.create(
                user=user, organization=place, role=data.draw(st.sampled_from(sorted(ROLES[place.kind]))), region_code=part,
                from_on=TODAY + timedelta(days=begin), until_on=day(data.draw(st.one_of(st.none(), st.integers(begin, 3)))),
                seconded_from=data.draw(st.sampled_from([None, world.home_bank.sub_branch])),
            )  # fmt: skip
        if data.draw(st.booleans()):
            Organization.objects.filter(pk=data.draw(st.sampled_from(organizations)).pk).update(
                closed_on=day(data.draw(st.integers(-1, 1)))
            )
        for one in data.draw(st.lists(st.sampled_from(firms[:3]), max_size=2, unique=True)):
            FirmMember.objects.create(user=user, firm=one, role=Role.AGENT, from_on=TODAY, until_on=day(data.draw(DAYS)))
        banks = [x for x in organizations if x.kind is OrganizationKind.BANK]
        for one in data.draw(st.lists(st.sampled_from(firms[4:]), max_size=3, unique=True)):
            until = data.draw(st.sampled_from([None, now - timedelta(hours=1), now + timedelta(hours=1)]))
            FirmShare.objects.get_or_create(
                firm=one, organization=data.draw(st.sampled_from(banks)),
                defaults={"since_at": now - timedelta(hours=2), "until_at": until},
            )  # fmt: skip
        for place, about in zip(organizations[::3], [None, *firms[:3]], strict=False):
            actor = data.draw(st.sampled_from([user, world.operator, None]))
            record("try_out", place, by=actor, organization=place, firm=about)


@pytest.mark.django_db
def test_nobody_and_a_blocked_person_see_nothing() -> None:
    world = county_world()
    lead = world.user(Role.LEAD)
    lead.is_active = False
    for viewer in (Viewer(), lead.viewer(on=TODAY)):
        assert not Firm.objects.visible_to(viewer).exists()
        assert not Event.objects.visible_to(viewer).exists()
        assert not User.objects.visible_to(viewer).exists()


@pytest.mark.django_db
def test_the_operator_sees_no_firm_and_no_firms_people() -> None:
    world = county_world()
    viewer = world.operator.viewer(on=TODAY)
    assert not Firm.objects.visible_to(viewer).exists()
    assert not FirmMember.objects.visible_to(viewer).exists()
    assert world.user(Role.AGENT) not in User.objects.visible_to(viewer)
    assert world.user(Role.OFFICER) in User.objects.visible_to(viewer)


@pytest.mark.django_db
def test_a_grant_without_a_place_in_the_tree_opens_nothing() -> None:
    world = county_world()
    for role in (Role.CLIENT_MANAGER, Role.OPERATOR):
        viewer = Viewer(world.stranger.pk, (Grant(role, 1, OrganizationKind.BANK),))
        assert not Firm.objects.visible_to(viewer).exists()
        assert not Event.objects.visible_to(viewer).exists()
    assert not Organization.objects.filter(below("path", "")).exists()


@pytest.mark.django_db
def test_a_prefix_ends_where_the_next_region_begins() -> None:
    for number, region in enumerate(["350202", "350203", "350203001", "3502039", "350204", "3503", "36"]):
        firm(region, 700 + number)
    found = set(Firm.objects.filter(within_any("region_code", ["350203"])).values_list("region_code", flat=True))
    assert found == {"350203", "350203001", "3502039"}
    assert Firm.objects.filter(within_any("region_code", [])).count() == 0
    assert Firm.objects.filter(within_any("region_code", ["350203", ""])).count() == 7


@pytest.mark.django_db
def test_an_office_without_a_region_cannot_be_kept_below_the_nation() -> None:
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        Organization.objects.create(name="某县专班", kind=OrganizationKind.TASK_FORCE, level=OrganizationLevel.COUNTY)
    assert Organization.objects.create(name="国家专班", kind=OrganizationKind.TASK_FORCE, level=OrganizationLevel.NATION).path
