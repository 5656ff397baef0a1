"""What a firm needs, and of which banks it wants it (融资需求)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from huoshui.models.fields import SealedField, TermField
from huoshui.models.firm import Firm
from huoshui.models.party import SEES_BANK, Organization, User, firms_of, in_regions_of
from huoshui.models.scope import Scoped, Viewer
from huoshui.rules.demand import EDITABLE, LISTED_STAGES, OPEN_PUSHES, OPEN_STAGES, TRANSITIONS, check_move
from huoshui.terms import BankWish, CloseReason, DemandChannel, DemandPurpose, DemandStage, GuaranteeKind


class Demand(Scoped):
    """One demand of a firm (融资需求): amount in fen, a term in months, a rate as a fraction a year.

    It moves by `move_to` alone. `evaluation` is the last judgement by the criteria, `duplicate_of` an open demand of the same
    firm that was there before.
    """

    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="demands")
    stage = TermField(DemandStage, default=DemandStage.DRAFT, db_index=True)
    channel = TermField(DemandChannel)
    amount_fen = models.BigIntegerField(null=True, blank=True)
    months = models.PositiveSmallIntegerField(null=True, blank=True)
    purpose = TermField(DemandPurpose, blank=True)
    guarantees = models.JSONField(default=list, blank=True)  # values of GuaranteeKind
    expected_rate = models.DecimalField(max_digits=7, decimal_places=6, null=True, blank=True)
    wanted_by = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)  # what the money will be spent on, in the words of the firm
    contact_name = SealedField(blank=True)
    contact_phone = SealedField(blank=True)
    states_clean = models.BooleanField(null=True, blank=True)  # the firm's own statement on overdue debts and judgments
    stated_on = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    confirmed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    loan_code = models.ForeignKey("huoshui.LoanCode", null=True, blank=True, on_delete=models.PROTECT, related_name="demands")
    visit = models.ForeignKey("huoshui.Visit", null=True, blank=True, on_delete=models.PROTECT, related_name="demands")
    duplicate_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="duplicates")
    published_at = models.DateTimeField(null=True, blank=True)
    declared_at = models.DateTimeField(null=True, blank=True)  # since when it is on the declared list, this time
    prepared_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    recommended_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    close_reason = TermField(CloseReason, blank=True)
    evaluation = models.ForeignKey("huoshui.Evaluation", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["firm", "stage"]), models.Index(fields=["stage", "declared_at"])]

    def __str__(self) -> str:
        return f"{self.pk}"

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those of one's regions (no draft of a firm), of one's firms, that one wrote, and that a bank has open before it."""
        found = in_regions_of(viewer, field="firm__region_code") & ~Q(stage=DemandStage.DRAFT)
        found |= Q(firm_id__in=firms_of(viewer)) | Q(created_by_id=viewer.user_id)
        for grant in viewer.of(*SEES_BANK):
            found |= Q(pk__in=open_at_bank(grant.path))
        return found

    def move_to(self, stage: DemandStage) -> None:
        """Go to a stage (阶段流转); raises WrongStage where the table of transitions does not lead there."""
        self.stage = check_move(self.stage, to=stage, table=TRANSITIONS)

    @property
    def guarantee_kinds(self) -> list[GuaranteeKind]:
        """The securities offered, as words (担保方式)."""
        return [GuaranteeKind(x) for x in self.guarantees]

    @property
    def rate_percent(self) -> str:
        """The expected rate as people write it, such as 3.65% (期望年利率); "" where none was given."""
        return f"{(self.expected_rate * 100).normalize():f}%" if self.expected_rate is not None else ""

    @property
    def is_open(self) -> bool:
        """Whether it can still lead to a loan, and be withdrawn (是否未办结)."""
        return self.stage in OPEN_STAGES

    @property
    def is_editable(self) -> bool:
        """Whether what it says can still be changed (是否可修改)."""
        return self.stage in EDITABLE

    @property
    def is_listed(self) -> bool:
        """Whether it stands on the recommended list (是否在推荐清单)."""
        return self.stage in LISTED_STAGES


class DemandBank(models.Model):
    """What a firm wishes of one bank (银行意愿): asked first in the order of `rank`, or not to be asked."""

    demand = models.ForeignKey(Demand, on_delete=models.CASCADE, related_name="bank_wishes")
    bank = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    wish = TermField(BankWish)
    rank = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["rank", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["demand", "bank"], name="one_wish_of_a_demand_for_a_bank")]


def open_at_bank(path: str) -> models.QuerySet[Demand, dict[str, int]]:
    """The ids of the demands that a bank, or a branch below it, has open before it (银行在办需求)."""
    found = Demand.objects.filter(pushes__bank__path__startswith=path, pushes__stage__in=OPEN_PUSHES)
    return found.order_by().values("pk")
