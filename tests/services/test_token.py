from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from huoshui.errors import BadRequest, BadToken, NotAllowed, WrongStage
from huoshui.models import ApiToken, Event, Grant, Membership
from huoshui.services.token import IssuedToken, issue_token, read_token, revoke_token
from huoshui.terms import ApiScope, Role
from tests.world import World, county_world

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
TODAY = NOW.date()
MONTH = timedelta(days=30)


@pytest.fixture
def world() -> World:
    return county_world()


def membership(world: World, role: Role, *, home: bool = True) -> Membership:
    found: Membership = Membership.objects.select_related("organization", "user").get(user=world.user(role, home=home))
    return found


def grant(world: World, role: Role, *, home: bool = True) -> Grant:
    return world.user(role, home=home).viewer(on=TODAY).of(role)[0]


def issue(world: World, *, by: Role = Role.LEAD, home: bool = True, **given: object) -> IssuedToken:
    told = {"name": "ledger", "scopes": [ApiScope.FIRMS_READ], "expires_at": NOW + MONTH, "at": NOW} | given
    user, of = world.user(by), membership(world, Role.OFFICER, home=home)
    return issue_token(membership=of, by=user, grant=grant(world, by), **told)  # type: ignore[arg-type]


def test_a_token_acts_as_its_membership_and_nothing_else(world: World) -> None:
    caller = read_token(issue(world).secret, at=NOW, on=TODAY)
    assert caller.viewer.grants == (grant(world, Role.OFFICER),)
    assert caller.token.words == [ApiScope.FIRMS_READ]


def test_only_the_hash_of_a_secret_is_kept(world: World) -> None:
    issued = issue(world)
    secret = issued.secret.rpartition("_")[2]
    assert secret not in str(ApiToken.objects.values().get())


def test_who_leads_another_county_issues_nothing_here(world: World) -> None:
    with pytest.raises(NotAllowed):
        issue(world, home=False)
    assert issue(world, home=False, by=Role.OPERATOR).token.pk


def test_an_officer_issues_nothing(world: World) -> None:
    with pytest.raises(NotAllowed):
        issue(world, by=Role.OFFICER)


@pytest.mark.parametrize("given", [{"scopes": []}, {"expires_at": NOW}, {"expires_at": NOW + timedelta(days=400)}])
def test_a_token_without_scope_or_end_is_refused(world: World, given: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        issue(world, **given)
    assert not ApiToken.objects.exists()


def test_a_revoked_token_opens_nothing(world: World) -> None:
    issued = issue(world)
    revoke_token(issued.token, by=world.user(Role.LEAD), grant=grant(world, Role.LEAD), at=NOW)
    with pytest.raises(BadToken):
        read_token(issued.secret, at=NOW, on=TODAY)
    with pytest.raises(WrongStage):
        revoke_token(issued.token, by=world.user(Role.LEAD), grant=grant(world, Role.LEAD), at=NOW)
    assert list(Event.objects.order_by("pk").values_list("act", flat=True)) == ["issue_token", "revoke_token"]


def test_a_token_ends_on_time(world: World) -> None:
    issued = issue(world)
    assert read_token(issued.secret, at=NOW + MONTH - timedelta(seconds=1), on=TODAY).token == issued.token
    with pytest.raises(BadToken):
        read_token(issued.secret, at=NOW + MONTH, on=TODAY)


def test_a_token_ends_with_its_membership(world: World) -> None:
    issued = issue(world)
    Membership.objects.filter(pk=issued.token.membership_id).update(until_on=TODAY - timedelta(days=1))
    with pytest.raises(BadToken):
        read_token(issued.secret, at=NOW, on=TODAY)


def test_a_token_ends_with_its_person(world: World) -> None:
    issued = issue(world)
    world.user(Role.OFFICER).__class__.objects.filter(pk=world.user(Role.OFFICER).pk).update(is_active=False)
    with pytest.raises(BadToken):
        read_token(issued.secret, at=NOW, on=TODAY)


@pytest.mark.parametrize("spoil", [lambda x: x[:-1], lambda x: x + "A", lambda x: "xx" + x[2:], lambda _: "", lambda _: "hs__"])
def test_a_wrong_secret_opens_nothing(world: World, spoil: object) -> None:
    secret = issue(world).secret
    with pytest.raises(BadToken):
        read_token(spoil(secret), at=NOW, on=TODAY)  # type: ignore[operator]
    assert read_token(secret, at=NOW, on=TODAY).viewer.grants


def test_the_last_use_is_noted_every_five_minutes(world: World) -> None:
    secret = issue(world).secret
    for minutes in (0, 4, 6):
        read_token(secret, at=NOW + timedelta(minutes=minutes), on=TODAY)
        noted = ApiToken.objects.get().last_used_at
        assert noted == NOW + timedelta(minutes=6 if minutes == 6 else 0)
