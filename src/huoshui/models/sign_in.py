"""Ways in: one-time passwords, invitations of staff, and where somebody is signed in (登录)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from huoshui.models.party import SEES_COLLEAGUES, Membership, User
from huoshui.models.scope import Scoped, Viewer, below
from huoshui.terms import Role


class OneTimePassword(Scoped):
    """A password that was sent to a telephone (短信验证码): hashed, for a few minutes and a few tries."""

    phone_hash = models.CharField(max_length=64)
    ip_hash = models.CharField(max_length=64, blank=True)
    password_hash = models.CharField(max_length=64)
    minute = models.BigIntegerField()  # of the epoch: one a minute, whoever asks at the same time
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["phone_hash", "minute"], name="password_once_a_minute")]
        indexes: ClassVar = [models.Index(fields=["phone_hash", "sent_at"]), models.Index(fields=["ip_hash", "sent_at"])]

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Nobody's."""
        del viewer
        return Q(pk__in=())


class Invitation(Scoped):
    """A link by which somebody who was appointed sets the first password, or a new one (邀请链接): once, until a moment."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those of the people whom one leads, and to the operator all; nobody reads the link again."""
        if viewer.has(Role.OPERATOR):
            return Q()
        found = Q(made_by_id=viewer.user_id)
        for grant in viewer.of(*SEES_COLLEAGUES):
            found |= Q(user_id__in=Membership.objects.filter(below("organization__path", grant.path)).values("user_id"))
        return found


class SignIn(Scoped):
    """A browser in which somebody is signed in (登录会话). It keeps no address of the network, only words for the device."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True)
    device = models.CharField(max_length=60, blank=True)
    since_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """One's own."""
        return Q(user_id=viewer.user_id)
