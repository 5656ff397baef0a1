"""The outbox emptied (发件箱推送): every event to every address that may hear of it, at least once, again after a failure."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from huoshui.adapters.webhook import Reply, post_message, signed_headers
from huoshui.models import Event, OutboxMessage, WebhookDelivery, WebhookEndpoint
from huoshui.models.exchange import viewer_of
from huoshui.services.webhook import disable_endpoint
from huoshui.terms import DeliveryStage

WAITS: Final = tuple(timedelta(seconds=x) for x in (5, 30, 120, 600, 3600, 6 * 3600, 24 * 3600))
DISABLED_AFTER: Final = 30  # failures of one address in a row
_LEASE: Final = timedelta(seconds=60)  # whoever took a delivery and died lets it go after this
_BATCH: Final = 200

Post = Callable[..., Reply]


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a round did (本轮推送): messages taken by the other side, and those that failed."""

    taken: int = 0
    failed: int = 0


@transaction.atomic
def spread_outbox() -> int:
    """Make a delivery of each new event for each address that may hear of it (分发发件箱); returns how many events it took."""
    rows = OutboxMessage.objects.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:_BATCH])
    if not ids:
        return 0
    now = timezone.now()
    events = Event.objects.filter(pk__in=ids)
    for endpoint in WebhookEndpoint.objects.filter(disabled_at=None).select_related(
        "membership__organization", "membership__user"
    ):
        seen = events.visible_to(viewer_of(endpoint.membership, on=timezone.localdate(now)))
        if endpoint.acts:
            seen = seen.filter(act__in=endpoint.acts)
        WebhookDelivery.objects.bulk_create(
            [WebhookDelivery(endpoint=endpoint, event=x, due_at=now) for x in seen.order_by("pk")], ignore_conflicts=True
        )
    OutboxMessage.objects.filter(pk__in=ids).delete()
    return len(ids)


def deliver_due(*, at: datetime, post: Post = post_message, limit: int = 50) -> Delivered:
    """Post what is due (推送到期记录). No transaction is open while the network is waited for."""
    taken = failed = 0
    for delivery in _leased(at, limit):
        endpoint, body = delivery.endpoint, _body(delivery)
        headers = signed_headers(endpoint.secret, message_id=str(delivery.message_id), at=timezone.now(), body=body)
        reply = post(endpoint.url, body=body, headers=headers, inner=settings.HUOSHUI_WEBHOOKS_INNER)
        _note(delivery, reply, at=at)
        taken, failed = taken + reply.received, failed + (not reply.received)
    return Delivered(taken, failed)


@transaction.atomic
def _leased(at: datetime, limit: int) -> Sequence[WebhookDelivery]:
    due = WebhookDelivery.objects.filter(stage=DeliveryStage.WAITING, due_at__lte=at, endpoint__disabled_at=None)
    locked = due.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked, of=("self",))
    found = list(locked.select_related("endpoint", "event__firm").order_by("due_at", "pk")[:limit])
    WebhookDelivery.objects.filter(pk__in=[x.pk for x in found]).update(due_at=at + _LEASE, attempts=F("attempts") + 1)
    for delivery in found:
        delivery.attempts += 1
    return found


@transaction.atomic
def _note(delivery: WebhookDelivery, reply: Reply, *, at: datetime) -> None:
    last: dict[str, Any] = {"last_status": reply.status, "last_error": reply.why[:300].replace("\0", ""), "last_at": at}
    mine = WebhookDelivery.objects.filter(pk=delivery.pk)
    endpoint = WebhookEndpoint.objects.select_for_update().get(pk=delivery.endpoint_id)
    if reply.received:
        mine.update(stage=DeliveryStage.DELIVERED, **last)
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(failures=0)
        return
    if delivery.attempts > len(WAITS):
        mine.update(stage=DeliveryStage.GIVEN_UP, **last)
    else:
        mine.update(due_at=at + WAITS[delivery.attempts - 1], **last)
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(failures=F("failures") + 1)
    endpoint.failures += 1
    if endpoint.failures >= DISABLED_AFTER and endpoint.disabled_at is None:
        disable_endpoint(
            endpoint, at=at, why=f"{endpoint.failures} failures in a row; the last one: {reply.status or reply.why}"
        )


def _body(delivery: WebhookDelivery) -> bytes:
    event = delivery.event
    told = {
        "id": str(delivery.message_id),
        "type": event.act,
        "at": event.at.isoformat(),
        "data": {
            "event": event.pk,
            "organization": event.organization_id,
            "sequence": event.sequence,
            "hash": event.hash,
            "subject": {"kind": event.subject_kind, "id": event.subject_id},
            "firm": event.firm.uscc if event.firm else None,
            "region_code": event.region_code,
            "basis": event.basis,
        },
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
