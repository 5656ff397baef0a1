from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from huoshui.errors import BadChoice, BadDate, BadRequest, NotAllowed, WrongStage
from huoshui.models import Event, Grant, Membership, Organization, User
from huoshui.services.event import chain_faults
from huoshui.services.party import (
    appoint_member,
    close_organization,
    end_membership,
    found_organization,
    move_organization,
    platform,
    second_member,
)
from huoshui.terms import OrganizationKind, OrganizationLevel, Role
from tests.world import World, county_world

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 25)


@pytest.fixture
def world() -> World:
    return county_world()


def grant(user: User, role: Role) -> Grant:
    return user.viewer(on=TODAY).of(role)[0]


def lead(world: World, *, home: bool = True) -> tuple[User, Grant]:
    user = world.user(Role.LEAD, home=home)
    return user, grant(user, Role.LEAD)


def operator(world: World) -> tuple[User, Grant]:
    return world.operator, grant(world.operator, Role.OPERATOR)


def test_a_lead_appoints_below_the_own_task_force_and_the_person_sees_it_from_that_day(world: World) -> None:
    by, granted = lead(world)
    appoint_member(world.stranger, organization=world.home.townships[1], role=Role.VISITOR, from_on=TODAY, by=by, grant=granted)
    assert world.stranger.viewer(on=TODAY - timedelta(days=1)).grants == ()
    [found] = world.stranger.viewer(on=TODAY).grants
    assert (found.role, found.region) == (Role.VISITOR, world.home.townships[1].region_code)
    assert User.objects.get(pk=world.stranger.pk).is_staff
    assert [x.act for x in Event.objects.filter(organization=world.home.townships[1])] == ["appoint_member"]


def test_a_lead_appoints_nobody_elsewhere(world: World) -> None:
    by, granted = lead(world)
    with pytest.raises(NotAllowed):
        appoint_member(
            world.stranger, organization=world.away.task_force, role=Role.OFFICER, from_on=TODAY, by=by, grant=granted
        )


def test_nobody_appoints_themselves(world: World) -> None:
    by, granted = operator(world)
    with pytest.raises(NotAllowed):
        appoint_member(by, organization=world.home.task_force, role=Role.LEAD, from_on=TODAY, by=by, grant=granted)


def test_a_bank_has_no_visitors_and_a_task_force_no_operators(world: World) -> None:
    by, granted = operator(world)
    for organization, role in ((world.home_bank.sub_branch, Role.VISITOR), (world.home.task_force, Role.OPERATOR)):
        with pytest.raises(BadChoice):
            appoint_member(world.stranger, organization=organization, role=role, from_on=TODAY, by=by, grant=granted)


def test_the_same_role_at_the_same_time_is_given_once(world: World) -> None:
    by, granted = lead(world)
    officer = world.user(Role.OFFICER)
    with pytest.raises(BadRequest):
        appoint_member(officer, organization=world.home.task_force, role=Role.OFFICER, from_on=TODAY, by=by, grant=granted)
    with pytest.raises(BadDate):
        appoint_member(
            officer, organization=world.home.task_force, role=Role.VISITOR, from_on=TODAY,
            until_on=TODAY - timedelta(days=1), by=by, grant=granted,
        )  # fmt: skip


def test_a_part_of_the_region_narrows_and_never_widens(world: World) -> None:
    by, granted = lead(world)
    officer, force = world.user(Role.OFFICER), world.home.task_force
    appoint_member(officer, organization=force, role=Role.VISITOR, from_on=TODAY, region_code="350203002", by=by, grant=granted)
    assert {x.region for x in officer.viewer(on=TODAY).of(Role.VISITOR)} == {"350203002"}
    with pytest.raises(BadRequest):
        appoint_member(officer, organization=force, role=Role.LEAD, from_on=TODAY, region_code="35", by=by, grant=granted)


def test_a_seconded_clerk_works_in_both_places_and_only_until_the_last_day(world: World) -> None:
    by, granted = lead(world)
    clerk = world.user(Role.CLIENT_MANAGER)
    last = TODAY + timedelta(days=30)
    second_member(
        clerk, organization=world.home.task_force, role=Role.OFFICER, seconded_from=world.home_bank.sub_branch,
        from_on=TODAY, until_on=last, by=by, grant=granted,
    )  # fmt: skip
    assert {x.role for x in clerk.viewer(on=last).grants} == {Role.CLIENT_MANAGER, Role.OFFICER}
    assert {x.role for x in clerk.viewer(on=last + timedelta(days=1)).grants} == {Role.CLIENT_MANAGER}


def test_nobody_is_seconded_from_where_they_do_not_work(world: World) -> None:
    by, granted = lead(world)
    with pytest.raises(BadRequest):
        second_member(
            world.stranger, organization=world.home.task_force, role=Role.OFFICER,
            seconded_from=world.home_bank.sub_branch, from_on=TODAY, until_on=TODAY, by=by, grant=granted,
        )  # fmt: skip


def test_a_role_ends_after_its_last_day_and_ends_once(world: World) -> None:
    by, granted = lead(world)
    officer = world.user(Role.OFFICER)
    membership = officer.memberships.get()
    end_membership(membership, last_on=TODAY, by=by, grant=granted)
    assert [bool(officer.viewer(on=x).grants) for x in (TODAY, TODAY + timedelta(days=1))] == [True, False]
    with pytest.raises(WrongStage):
        end_membership(membership, last_on=TODAY, by=by, grant=granted)


def test_a_role_that_has_not_begun_never_begins_and_its_event_stays(world: World) -> None:
    by, granted = lead(world)
    made = appoint_member(
        world.stranger, organization=world.home.task_force, role=Role.OFFICER, from_on=TODAY + timedelta(days=9),
        by=by, grant=granted,
    )  # fmt: skip
    number = made.pk
    end_membership(made, last_on=TODAY, by=by, grant=granted)
    assert not Membership.objects.filter(pk=number).exists()
    assert Event.objects.filter(act="end_membership", subject_id=number).count() == 1


def test_the_place_in_the_tree_is_kept_when_a_branch_moves(world: World) -> None:
    by, granted = operator(world)
    branch = world.home_bank.branch
    move_organization(branch, under=world.away_bank.head_office, by=by, grant=granted)
    sub_branch = Organization.objects.get(pk=world.home_bank.sub_branch.pk)
    assert sub_branch.path == f"{world.away_bank.head_office.path}{branch.pk}/{sub_branch.pk}/"
    assert list(chain_faults()) == []


def test_no_ring_no_foreign_kind_and_no_turned_level(world: World) -> None:
    by, granted = operator(world)
    force, bank = world.home.task_force, world.home_bank
    for organization, under in ((world.province, force), (bank.branch, world.province), (bank.head_office, bank.branch)):
        with pytest.raises((BadRequest, BadChoice)):
            move_organization(organization, under=under, by=by, grant=granted)


def test_an_organization_closes_from_below_and_takes_its_roles_along(world: World) -> None:
    by, granted = operator(world)
    with pytest.raises(WrongStage):
        close_organization(world.home.task_force, on=TODAY, by=by, grant=granted)
    visitor = world.user(Role.VISITOR)
    close_organization(world.home.townships[0], on=TODAY, by=by, grant=granted)
    assert [bool(visitor.viewer(on=x).grants) for x in (TODAY - timedelta(days=1), TODAY)] == [True, False]
    with pytest.raises(WrongStage):
        appoint_member(
            world.stranger, organization=Organization.objects.get(pk=world.home.townships[0].pk), role=Role.VISITOR,
            from_on=TODAY, by=by, grant=granted,
        )  # fmt: skip


def test_a_lead_does_not_close_the_own_task_force_and_founds_townships_below_it(world: World) -> None:
    by, granted = lead(world)
    with pytest.raises(NotAllowed):
        close_organization(world.home.task_force, on=TODAY, by=by, grant=granted)
    township: dict[str, Any] = {
        "kind": OrganizationKind.TASK_FORCE,
        "level": OrganizationLevel.TOWNSHIP,
        "region_code": "350203003",
    }
    made = found_organization(name="开元街道", parent=world.home.task_force, by=by, grant=granted, **township)
    assert made.path == f"{world.home.task_force.path}{made.pk}/"
    for parent in (None, world.away.task_force):
        with pytest.raises((NotAllowed, BadRequest)):
            found_organization(name="别处", parent=parent, by=by, grant=granted, **township)
    with pytest.raises(BadRequest):
        found_organization(name="开元街道", parent=world.home.task_force, by=by, grant=granted, **township)


def test_a_department_has_its_parents_region(world: World) -> None:
    by, granted = operator(world)
    made = found_organization(
        name="普惠金融部", kind=OrganizationKind.BANK, level=OrganizationLevel.DEPARTMENT,
        parent=world.home_bank.head_office, region_code="", by=by, grant=granted,
    )  # fmt: skip
    assert made.path.startswith(world.home_bank.head_office.path)


def test_there_is_always_one_that_runs_the_platform() -> None:
    assert platform() == platform()


class TestTheTree(TestCase):
    @settings(max_examples=15, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=8))
    def test_paths_say_what_parents_say_whatever_is_moved(self, moves: list[tuple[int, int]]) -> None:
        operator = User.objects.create(login_name="operator")
        granted = Grant(Role.OPERATOR, platform().pk, OrganizationKind.PLATFORM, "", platform().path)
        made: list[Organization] = []
        for number, level in enumerate(["head_office", "branch", "branch", "sub_branch", "sub_branch", "department"]):
            parent = made[(number - 1) // 2] if number else None
            made.append(
                Organization.objects.create(
                    name=str(number), kind=OrganizationKind.BANK, level=OrganizationLevel(level), parent=parent
                )
            )
        for what, under in moves:
            try:
                move_organization(made[what], under=made[under], by=operator, grant=granted)
            except (BadRequest, BadChoice):
                continue
        for row in Organization.objects.filter(kind=OrganizationKind.BANK):
            assert row.path == f"{row.parent.path if row.parent else '/'}{row.pk}/"
