"""Callers of the API for tests: a world, and a client with a token of whoever is asked for."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from huoshui.models import Membership, User
from huoshui.services.token import IssuedToken, issue_token
from huoshui.terms import ApiScope, Role
from tests.world import World

V1 = "/api/v1"


def issued(world: World, user: User, *scopes: ApiScope) -> IssuedToken:
    """A token for the one membership of a person, issued by the operator."""
    operator = world.operator.viewer(on=timezone.localdate())
    return issue_token(
        name="test",
        membership=Membership.objects.select_related("organization", "user").get(user=user),
        scopes=scopes or tuple(ApiScope),
        expires_at=timezone.now() + timedelta(days=30),
        by=world.operator,
        grant=operator.of(Role.OPERATOR)[0],
        at=timezone.now(),
    )


def caller(world: World, role: Role, *scopes: ApiScope, home: bool = True, **given: Any) -> Client:
    """A client that sends the token of the person with a role."""
    secret = issued(world, world.user(role, home=home), *scopes).secret
    return Client(headers={"Authorization": f"Bearer {secret}"}, **given)
