from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.utils import timezone

from huoshui.errors import BadRequest, NotAllowed, WrongStage
from huoshui.models import Event, Grant, Invitation, User
from huoshui.services.party import appoint_member
from huoshui.services.staff_account import (
    LINK_LIFE,
    accept_invitation,
    add_person,
    invite,
    invited,
    reset_second_factor,
)
from huoshui.terms import Role
from tests.world import World, county_world

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 25, 4, tzinfo=timezone.get_fixed_timezone(0))
GOOD = "jiulong-river-28"


@pytest.fixture
def world() -> World:
    return county_world()


def granted(world: World, role: Role) -> tuple[User, Grant]:
    user = world.user(role)
    return user, user.viewer(on=NOON.date()).of(role)[0]


def test_an_added_person_has_no_role_and_no_password(world: World) -> None:
    by, grant = granted(world, Role.LEAD)
    user = add_person(login_name=" Wang.Min ", name="王敏", phone="139 0000 0001", by=by, grant=grant)
    assert (user.login_name, user.phone, user.is_staff, user.has_usable_password()) == (
        "wang.min", "13900000001", True, False,
    )  # fmt: skip
    assert user.viewer(on=NOON.date()).grants == ()
    assert "王敏" not in str(Event.objects.get(act="add_person").basis)


@pytest.mark.parametrize(
    "wrong",
    [{"login_name": "a"}, {"login_name": "王敏"}, {"login_name": "phone-1234"}, {"login_name": "operator"}, {"name": " "},
     {"phone": "12"}, {"phone": "13800000001"}],
)  # fmt: skip
def test_a_name_in_use_or_of_another_form_is_refused(world: World, wrong: dict[str, str]) -> None:
    by, grant = granted(world, Role.OPERATOR)
    told: dict[str, Any] = {"login_name": "wangmin", "name": "王敏", "phone": "", **wrong}
    with pytest.raises(BadRequest):
        add_person(**told, by=by, grant=grant)


def test_a_link_sets_a_password_once_and_holds_three_days(world: World) -> None:
    by, grant = granted(world, Role.LEAD)
    officer = world.user(Role.OFFICER)
    link = invite(officer, by=by, grant=grant, at=NOON)
    with pytest.raises(WrongStage):
        invited(link.token, at=NOON + LINK_LIFE)
    with pytest.raises(BadRequest):
        accept_invitation(link.token, password=GOOD[-2:], at=NOON)
    assert accept_invitation(link.token, password=GOOD, at=NOON).check_password(GOOD)
    with pytest.raises(WrongStage):
        accept_invitation(link.token, password=GOOD, at=NOON)


def test_a_new_link_ends_the_old_one_and_no_link_stands_in_the_database(world: World) -> None:
    by, grant = granted(world, Role.OPERATOR)
    old, new = (invite(world.user(Role.APPROVER), by=by, grant=grant, at=NOON) for _ in range(2))
    with pytest.raises(WrongStage):
        invited(old.token, at=NOON)
    assert invited(new.token, at=NOON).user == world.user(Role.APPROVER)
    assert new.token not in str(list(Invitation.objects.values()))


def test_a_lead_does_not_take_over_who_also_works_elsewhere_and_nobody_themselves(world: World) -> None:
    by, grant = granted(world, Role.LEAD)
    clerk = world.user(Role.CLIENT_MANAGER)
    appoint_member(clerk, organization=world.home.task_force, role=Role.OFFICER, from_on=NOON.date(), by=by, grant=grant)
    for user in (clerk, world.user(Role.OFFICER, home=False), world.operator, world.stranger, by):
        with pytest.raises(NotAllowed):
            invite(user, by=by, grant=grant, at=NOON)
        with pytest.raises(NotAllowed):
            reset_second_factor(user, by=by, grant=grant, on=NOON.date())


def test_a_lost_second_factor_is_removed_and_told(world: World) -> None:
    by, grant = granted(world, Role.LEAD)
    officer = world.user(Role.OFFICER)
    Authenticator.objects.create(user=officer, type=Authenticator.Type.TOTP, data={"secret": ""})
    reset_second_factor(officer, by=by, grant=grant, on=NOON.date() + timedelta(days=1))
    assert not Authenticator.objects.filter(user=officer).exists()
    assert Event.objects.filter(act="reset_second_factor", subject_id=officer.pk).count() == 1
