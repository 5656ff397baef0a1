"""What stands for `{api_token}` and `{webhook}` in the table of routes."""

from datetime import timedelta

from django.utils import timezone

from huoshui.models import Membership, User, WebhookEndpoint
from huoshui.services.token import issue_token
from huoshui.terms import ApiScope, Role
from tests.world import World


def _officer(world: World, *, home: bool) -> Membership:
    found: Membership = Membership.objects.select_related("organization", "user").get(user=world.user(Role.OFFICER, home=home))
    return found


def a_token(world: World, *, home: bool, by: User | None) -> int:
    """A token of the county's task force."""
    del by
    lead = world.user(Role.LEAD, home=home)
    grant = lead.viewer(on=timezone.localdate()).of(Role.LEAD)[0]
    now = timezone.now()
    issued = issue_token(name="route", membership=_officer(world, home=home), scopes=[ApiScope.FIRMS_READ],
                         expires_at=now + timedelta(days=9), by=lead, grant=grant, at=now)  # fmt: skip
    return issued.token.pk


def a_webhook(world: World, *, home: bool, by: User | None) -> int:
    """An address of the county's task force."""
    del by
    membership = _officer(world, home=home)
    return WebhookEndpoint.objects.create(
        name="route", url="https://1.1.1.1/", membership=membership,
        organization=membership.organization, created_at=timezone.now(),
    ).pk  # fmt: skip
