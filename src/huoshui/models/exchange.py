"""What other systems hold here (系统对接): tokens, idempotency keys, webhooks with their outbox, and routines that recur."""

import uuid
from datetime import date, datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q

from huoshui.models.event import Event
from huoshui.models.fields import SealedField, TermField
from huoshui.models.party import Membership, Organization, User
from huoshui.models.scope import Grant, Scoped, Viewer
from huoshui.terms import ApiScope, DeliveryStage, Role


class ApiToken(Scoped):
    """A key to the API (接口令牌): acts as one membership does, within its scopes. Only the hash of its secret is kept."""

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True)  # what a token begins with: names it in lists and logs
    secret_hash = models.CharField(max_length=64)
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="tokens")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="tokens")
    scopes = models.JSONField(default=list)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those of the organizations that one leads, and of all where one runs the platform."""
        return _led_by(viewer)

    @property
    def words(self) -> list[ApiScope]:
        """Its scopes as words (权限用语)."""
        return [ApiScope(x) for x in self.scopes]

    def holds(self, *, at: datetime) -> bool:
        """Whether the token itself is in force (是否有效)."""
        return self.revoked_at is None and at < self.expires_at

    def viewer(self, *, on: date) -> Viewer:
        """The viewer that a call with this token is (令牌查看人): the one membership, while it is in force."""
        return viewer_of(self.membership, on=on)


class IdempotencyKey(models.Model):
    """What a caller was answered under its key (幂等键): bound to tenant, route and body; written with the act itself."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=255)
    route = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    answer = SealedField(blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization", "key"], name="idempotency_key_once_a_tenant")]


class WebhookEndpoint(Scoped):
    """An address that is told of events (推送地址): those that its membership may see, of the acts it asked for (none: all)."""

    name = models.CharField(max_length=80)
    url = models.URLField(max_length=500)
    secret = SealedField()
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    acts = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)  # in a row, over all deliveries
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_why = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["id"], condition=Q(disabled_at=None), name="webhook_active")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those of the organizations that one leads, and of all where one runs the platform."""
        return _led_by(viewer)


class OutboxMessage(models.Model):
    """An event that is still to be handed to those who want to hear of it (发件箱); written in the act's transaction."""

    event = models.OneToOneField(Event, on_delete=models.PROTECT, primary_key=True, related_name="+")


class WebhookDelivery(Scoped):
    """One event on its way to one address (推送记录): at least once, with an id by which a receiver knows a repetition."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")
    message_id = models.UUIDField(default=uuid.uuid4, unique=True)
    stage = TermField(DeliveryStage, default=DeliveryStage.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    last_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["endpoint", "event"], name="event_once_an_endpoint")]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=Q(stage=DeliveryStage.WAITING), name="delivery_due"),
            models.Index(fields=["endpoint", "-id"], name="delivery_of_endpoint"),
        ]

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those of the addresses that one may see."""
        return Q(endpoint__in=WebhookEndpoint.objects.visible_to(viewer))


class Routine(models.Model):
    """Something that recurs (定时任务) and when it is due: whoever moves `due_at` on first runs it. Also signs of life."""

    name = models.CharField(max_length=80, primary_key=True)
    due_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)


def viewer_of(membership: Membership, *, on: date) -> Viewer:
    """The viewer who holds one membership and nothing else (单一任职的查看人); nobody once it has ended."""
    over = membership.from_on > on or (membership.until_on is not None and membership.until_on < on)
    office = membership.organization
    if over or office.closed_on is not None or not membership.user.is_active:
        return Viewer()
    grant = Grant(membership.role, office.pk, office.kind, membership.region_code or office.region_code, office.path)
    return Viewer(membership.user_id, (grant,))


def _led_by(viewer: Viewer) -> Q:
    found = Q(pk__in=())
    for grant in viewer.of(Role.LEAD, Role.OPERATOR):
        if grant.role is Role.OPERATOR:
            return Q()
        found |= Q(organization__path__startswith=grant.path)
    return found
