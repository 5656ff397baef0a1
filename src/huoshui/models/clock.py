"""Deadlines that run, and what people are told of them (时限、通知)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from huoshui.models.demand import Demand
from huoshui.models.fields import TermField
from huoshui.models.firm import Firm
from huoshui.models.party import Organization, User, firms_of, in_regions_of
from huoshui.models.recommendation import BankPush
from huoshui.models.scope import Scoped, Viewer
from huoshui.terms import ClockStage, NoticeKind


class Clock(Scoped):
    """One deadline of one demand, or of a bank that has it (时限): `name` is a field of the policy deadlines.

    `term` and `citation` are the policy as it was when the clock started. `due_on` is kept while a pause lasts, as the day it
    would be due if the pause took no time.
    """

    demand = models.ForeignKey(Demand, on_delete=models.PROTECT, related_name="clocks")
    push = models.ForeignKey(BankPush, null=True, blank=True, on_delete=models.PROTECT, related_name="clocks")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="clocks")  # who is late if it is late
    name = models.CharField(max_length=60)
    stage = TermField(ClockStage, default=ClockStage.RUNNING)
    term = models.JSONField()
    citation = models.JSONField()
    ends_with = models.JSONField()
    started_on = models.DateField()
    due_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    ended_with = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["stage", "due_on"]), models.Index(fields=["organization", "stage"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["demand", "name"], condition=Q(ended_on=None, push=None), name="one_running_clock_of_a_demand"
            ),
            models.UniqueConstraint(
                fields=["push", "name"], condition=Q(ended_on=None, push__isnull=False), name="one_running_clock_of_a_push"
            ),
        ]

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those of firms in one's regions, and those of the organizations in or above which one works."""
        found = in_regions_of(viewer, field="demand__firm__region_code")
        for grant in viewer.grants:
            if grant.organization_id:
                found |= Q(organization__path__startswith=grant.path)
        return found


class ClockPause(models.Model):
    """A time in which a clock stood still, and why (暂停): `event` is one of those for which the policy lets it stop."""

    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="pauses")
    event = models.CharField(max_length=60)
    reason = models.CharField(max_length=300)
    begin_on = models.DateField()
    end_on = models.DateField(null=True, blank=True)
    paused_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["clock"], condition=Q(end_on=None), name="one_open_pause_of_a_clock"),
        ]


class Notice(Scoped):
    """What an organization or a firm is told in its pages (站内通知): once for what it is about."""

    kind = TermField(NoticeKind)
    organization = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="notices")
    firm = models.ForeignKey(Firm, null=True, blank=True, on_delete=models.PROTECT, related_name="notices")
    demand = models.ForeignKey(Demand, on_delete=models.PROTECT, related_name="notices")
    clock = models.ForeignKey(Clock, null=True, blank=True, on_delete=models.PROTECT, related_name="notices")
    due_on = models.DateField(null=True, blank=True)  # of the clock when the notice was written
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    read_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization", "read_at"]), models.Index(fields=["firm", "read_at"])]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(organization=None, firm__isnull=False) | Q(organization__isnull=False, firm=None),
                name="notice_is_for_an_organization_or_a_firm",
            ),
            models.UniqueConstraint(
                fields=["organization", "clock", "kind", "due_on"], condition=Q(clock__isnull=False), name="clock_notice_once"
            ),
        ]

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those to the organizations in which one works, and to one's firms."""
        organizations = [x.organization_id for x in viewer.grants if x.organization_id]
        return Q(organization_id__in=organizations) | Q(firm_id__in=firms_of(viewer))
