"""A recommended demand at a bank (银行推送)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from huoshui.models.demand import Demand
from huoshui.models.fields import TermField
from huoshui.models.party import SEES_BANK, Organization, User, firms_of, in_regions_of
from huoshui.models.review import Batch
from huoshui.models.scope import Scoped, Viewer
from huoshui.rules.demand import OPEN_PUSHES, PUSH_TRANSITIONS, check_move
from huoshui.terms import PushStage


class BankPush(Scoped):
    """One demand before one bank (推送记录): one record for the two, from receipt to the bank's answer.

    `shown` is what the bank was given, so that its record stands when it no longer sees the firm.
    """

    demand = models.ForeignKey(Demand, on_delete=models.PROTECT, related_name="pushes")
    bank = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="pushes")
    batch = models.ForeignKey(Batch, null=True, blank=True, on_delete=models.PROTECT, related_name="pushes")
    stage = TermField(PushStage, default=PushStage.RECEIVED, db_index=True)
    shown = models.JSONField()
    pushed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    contacted_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    handled_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=40, blank=True)  # a code of the policy's return_reasons
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["demand", "bank"], name="one_push_of_a_demand_to_a_bank")]
        indexes: ClassVar = [models.Index(fields=["bank", "stage", "received_at"])]

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those to one's bank and what is below it, of firms in one's regions, and of one's own firms."""
        found = in_regions_of(viewer, field="demand__firm__region_code") | Q(demand__firm_id__in=firms_of(viewer))
        for grant in viewer.of(*SEES_BANK):
            found |= Q(bank__path__startswith=grant.path)
        return found

    def move_to(self, stage: PushStage) -> None:
        """Go to a stage (阶段流转); raises WrongStage where the table of transitions does not lead there."""
        self.stage = check_move(self.stage, to=stage, table=PUSH_TRANSITIONS)

    @property
    def is_open(self) -> bool:
        """Whether the bank has not yet answered (是否在办)."""
        return self.stage in OPEN_PUSHES
