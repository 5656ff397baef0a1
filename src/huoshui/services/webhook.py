"""Addresses that are told of events (推送地址): added, paused, taken up again, by those who lead."""

import base64
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction

from huoshui.adapters.webhook import addresses_of, check_address
from huoshui.errors import BadRequest, WrongStage
from huoshui.models import Grant, Membership, User, WebhookEndpoint
from huoshui.services.event import record
from huoshui.services.token import may_lead

BY_HAND: Final = "by hand"


@dataclass(frozen=True, slots=True)
class AddedEndpoint:
    """A new address with its secret (新推送地址): the only time that the secret is shown."""

    endpoint: WebhookEndpoint
    secret: str


@transaction.atomic
def add_endpoint(
    *, name: str, url: str, membership: Membership, acts: Iterable[str], by: User, grant: Grant, at: datetime
) -> AddedEndpoint:
    """Tell an address of what a membership may see (新增推送地址); no `acts` means all. Raises NotAllowed, BadRequest."""
    may_lead(membership, grant=grant)
    parts = check_address(url, inner=settings.HUOSHUI_WEBHOOKS_INNER)
    try:
        addresses_of(parts, inner=settings.HUOSHUI_WEBHOOKS_INNER)
    except OSError:
        raise BadRequest("the host of the address was not found", field="url", zh="找不到该地址的主机") from None
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    endpoint = WebhookEndpoint.objects.create(
        name=name,
        url=url,
        secret=secret,
        membership=membership,
        organization_id=membership.organization_id,
        acts=sorted(set(acts)),
        created_at=at,
    )
    basis = {"host": parts.hostname, "acts": endpoint.acts, "membership": membership.pk}
    record("add_webhook", endpoint, by=by, organization=membership.organization_id, role=grant.role, basis=basis)
    return AddedEndpoint(endpoint, secret)


@transaction.atomic
def pause_endpoint(endpoint: WebhookEndpoint, *, by: User, grant: Grant, at: datetime) -> WebhookEndpoint:
    """Stop telling an address (停用推送地址). Raises NotAllowed, WrongStage."""
    may_lead(endpoint.membership, grant=grant)
    _switch(endpoint, disabled_at=at, why=BY_HAND)
    record("pause_webhook", endpoint, by=by, organization=endpoint.organization_id, role=grant.role)
    return endpoint


@transaction.atomic
def resume_endpoint(endpoint: WebhookEndpoint, *, by: User, grant: Grant) -> WebhookEndpoint:
    """Tell an address again, beginning with what waits (恢复推送地址). Raises NotAllowed, WrongStage."""
    may_lead(endpoint.membership, grant=grant)
    _switch(endpoint, disabled_at=None, why="")
    record("resume_webhook", endpoint, by=by, organization=endpoint.organization_id, role=grant.role)
    return endpoint


@transaction.atomic
def disable_endpoint(endpoint: WebhookEndpoint, *, at: datetime, why: str) -> WebhookEndpoint:
    """Stop telling an address that failed again and again (自动停用): those who lead find it on the page and in the log."""
    _switch(endpoint, disabled_at=at, why=why)
    basis = {"failures": endpoint.failures}
    record("disable_webhook", endpoint, by=None, organization=endpoint.organization_id, basis=basis)
    return endpoint


def _switch(endpoint: WebhookEndpoint, *, disabled_at: datetime | None, why: str) -> None:
    there = WebhookEndpoint.objects.filter(pk=endpoint.pk, disabled_at__isnull=disabled_at is not None)
    if not there.update(disabled_at=disabled_at, disabled_why=why[:200], **({} if disabled_at else {"failures": 0})):
        raise WrongStage("the address is switched that way already", zh="该地址已处于这一状态")
    endpoint.disabled_at, endpoint.disabled_why = disabled_at, why
