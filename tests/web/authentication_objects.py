"""Authentications and powers of attorney for the table of routes: one's own, and somebody else's."""

import json

from django.utils import timezone

from huoshui.models import BusinessAuthentication, PowerOfAttorney, User
from huoshui.services.photo import keep_photo
from huoshui.terms import AuthenticationStage, PowerScope, PowerStage, Role
from tests.services.authentication.people import picture
from tests.world import World


def an_own_authentication(world: World, *, home: bool, by: User | None) -> int:
    """An authentication that the one who asks has begun, or somebody else."""
    return _authentication(
        world, home=home, user=_owner(world, home=home, by=by), stage=AuthenticationStage.WAITING_FOR_REGISTER
    )


def an_authentication(world: World, *, home: bool, by: User | None) -> int:
    """An authentication that waits for the decision of the county's task force."""
    del by
    return _authentication(world, home=home, user=world.stranger, stage=AuthenticationStage.IN_REVIEW)


def a_power(world: World, *, home: bool, by: User | None) -> int:
    """A power of attorney that the one who asks holds, or somebody else."""
    return _power(world, home=home, agent=_owner(world, home=home, by=by), stage=PowerStage.IN_FORCE).pk


def an_asked_power(world: World, *, home: bool, by: User | None) -> int:
    """A power of attorney that the legal representative of firm 0 is asked for."""
    del by
    return _power(world, home=home, agent=world.stranger, stage=PowerStage.REQUESTED, firm=0).pk


def _owner(world: World, *, home: bool, by: User | None) -> User:
    if home and by:
        return by
    return world.user(Role.VISITOR, home=by != world.user(Role.VISITOR)) if by == world.stranger else world.stranger


def _authentication(world: World, *, home: bool, user: User, stage: AuthenticationStage) -> int:
    firm = world.county(home=home).firms[1]
    found: BusinessAuthentication | None = BusinessAuthentication.objects.filter(user=user, stage=stage, firm=firm).first()
    if found is not None:
        return int(found.pk)
    fields = {"uscc": firm.uscc, "name": firm.name, "representative": firm.representative_name}
    return BusinessAuthentication.objects.create(
        user=user,
        stage=stage,
        photo=keep_photo(picture(firm.pk % 250)),
        started_at=timezone.now(),
        confirmed_at=timezone.now(),
        confirmed_text=json.dumps(fields),
        read_text=json.dumps({x: (text, 0.97) for x, text in fields.items()}),
        uscc=firm.uscc,
        firm=firm,
        region_code=firm.region_code,
        capacity=Role.LEGAL_REPRESENTATIVE,
        person_name="测试人",
        verdict="not_known",
        reasons=["id_not_in_register"],
    ).pk


def _power(world: World, *, home: bool, agent: User, stage: PowerStage, firm: int = 1) -> PowerOfAttorney:
    asked = world.county(home=home).firms[firm]
    return PowerOfAttorney.objects.filter(firm=asked, agent=agent, stage=stage).first() or PowerOfAttorney.objects.create(
        firm=asked,
        agent=agent,
        agent_name="测试人",
        agent_phone="13900008888",
        stage=stage,
        scopes=[str(PowerScope.DEMAND.value)],
        from_on=timezone.localdate(),
        until_on=timezone.localdate(),
        asked_at=timezone.now(),
        paper_photo=keep_photo(picture()),
    )
