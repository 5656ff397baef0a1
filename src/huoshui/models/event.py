"""The event log (事件日志): who did what, when, on which basis; append-only, chained by hash per organization."""

from typing import Any, ClassVar, Never

from django.db import models
from django.db.models import Q

from huoshui.errors import AppendOnly
from huoshui.models.chain import add_to_chain
from huoshui.models.firm import Firm
from huoshui.models.party import SEES_BANK, Organization, User, firms_of, in_regions_of
from huoshui.models.scope import Scoped, ScopedQuerySet, Viewer, below
from huoshui.terms import Role


class EventQuerySet(ScopedQuerySet):
    """Events are added and read, nothing else (只增查询集)."""

    def update(self, **_: Any) -> Never:
        """Refused."""
        raise AppendOnly("events are never changed")

    def delete(self) -> Never:
        """Refused."""
        raise AppendOnly("events are never deleted")


class Event(Scoped):
    """One act (事件). `basis` holds what the decision rested on: ids, rule versions, policy citations; never personal data."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    sequence = models.BigIntegerField()  # 1, 2, 3 … in the organization's chain
    at = models.DateTimeField(db_index=True)
    actor = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")  # null: the system, or a passer-by
    role = models.CharField(max_length=40, blank=True)
    act = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    firm = models.ForeignKey(Firm, null=True, on_delete=models.PROTECT, related_name="events")
    region_code = models.CharField(max_length=12, blank=True, db_index=True)
    basis = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = EventQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization", "sequence"], name="event_once_in_its_chain")]
        indexes: ClassVar = [
            models.Index(fields=["firm", "at"]),
            models.Index(fields=["subject_kind", "subject_id"]),
        ]

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those of one's regions, firms, bank or task force, and one's own acts; an operator's the platform's, no firm's."""
        found = in_regions_of(viewer) | Q(firm_id__in=firms_of(viewer))
        if viewer.user_id is not None:
            found |= Q(actor_id=viewer.user_id)
        for grant in viewer.of(*SEES_BANK, Role.OFFICER, Role.LEAD):
            found |= below("organization__path", grant.path)
        for grant in viewer.of(Role.OPERATOR):
            found |= below("organization__path", grant.path) & Q(firm=None)
        return found

    def chain(self, *, before: str, between: str, after: str, basis: str) -> bool | None:
        """Add it by one statement (单语句入链), see `add_to_chain`; whether anybody wants to hear, None without a head."""
        given = {
            "organization": self.organization_id, "at": self.at, "actor": self.actor_id, "role": self.role, "act": self.act,
            "kind": self.subject_kind, "subject": self.subject_id, "firm": self.firm_id, "region": self.region_code,
        }  # fmt: skip
        row = add_to_chain({**given, "basis": basis, "before": before, "between": between, "after": after})
        if row is None:
            return None
        self.pk, self.sequence, self.previous_hash, self.hash, announced = row
        self._state.adding = False
        return bool(announced)

    def save(self, *args: Any, **options: Any) -> None:
        """Add; an event that is there is never written again."""
        if not self._state.adding:
            raise AppendOnly("events are never changed")
        super().save(*args, **options)

    def delete(self, *_: Any, **__: Any) -> Never:
        """Refused."""
        raise AppendOnly("events are never deleted")


class ChainHead(models.Model):
    """Where an organization's chain of events stands (链头): the row that is locked while an event is added."""

    organization = models.OneToOneField(Organization, on_delete=models.PROTECT, primary_key=True)
    sequence = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)
