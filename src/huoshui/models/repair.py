"""What keeps a firm from credit, and who removes it by when (帮扶修复)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from huoshui.models.demand import Demand
from huoshui.models.fields import TermField
from huoshui.models.party import User, firms_of, in_regions_of
from huoshui.models.scope import Scoped, Viewer
from huoshui.rules.demand import REPAIR_TRANSITIONS, check_move
from huoshui.terms import RepairStage


class Repair(Scoped):
    """One obstacle of one demand (帮扶事项): obstacle, department, measure, due day, done."""

    demand = models.ForeignKey(Demand, on_delete=models.PROTECT, related_name="repairs")
    obstacle = models.CharField(max_length=40)  # a code of the policy's obstacles
    stage = TermField(RepairStage, default=RepairStage.OPEN, db_index=True)
    origin = models.CharField(max_length=200, blank=True)  # who named it: the review's or the bank's reason
    department = models.CharField(max_length=100, blank=True)
    measure = models.CharField(max_length=300, blank=True)
    due_on = models.DateField(null=True, blank=True)
    outcome = models.CharField(max_length=300, blank=True)
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    handled_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["stage", "due_on"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["demand", "obstacle"], condition=Q(ended_at=None), name="one_open_repair_of_an_obstacle"
            ),
        ]

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those of firms in one's regions, and of one's own firms."""
        return in_regions_of(viewer, field="demand__firm__region_code") | Q(demand__firm_id__in=firms_of(viewer))

    def move_to(self, stage: RepairStage) -> None:
        """Go to a stage (阶段流转); raises WrongStage where the table of transitions does not lead there."""
        self.stage = check_move(self.stage, to=stage, table=REPAIR_TRANSITIONS)
