"""How demands are judged (审核): evidence, the judgement by the criteria with its frozen basis, appeals, acts on many."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from huoshui.models.demand import Demand
from huoshui.models.fields import TermField
from huoshui.models.firm import Firm
from huoshui.models.party import Organization, User, firms_of, in_regions_of
from huoshui.models.register_load import RegisterLoad
from huoshui.models.scope import Scoped, Viewer
from huoshui.terms import Check, DemandStage, ReviewAct, Role, Tristate


class ListEntry(Scoped):
    """A list that a firm stands on (名单记录): `list_name` is a field of the policy exclusion_lists.

    Where a screening found it, `load` names the first one that did, and `listed_on` is its day: the registers' own day is not
    in its result. A later screening that read the same registers and no longer finds it ends it.
    """

    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="list_entries")
    list_name = models.CharField(max_length=60)
    reason = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=200)
    listed_on = models.DateField()
    until_on = models.DateField(null=True, blank=True)  # the last day, removed or expired
    load = models.ForeignKey(RegisterLoad, null=True, blank=True, on_delete=models.PROTECT, related_name="list_entries")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["firm", "list_name", "listed_on"], name="list_entry_once"),
        ]

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those of firms in one's regions, and of one's own firms."""
        return in_regions_of(viewer, field="firm__region_code") | Q(firm_id__in=firms_of(viewer))


class FoundFact(Scoped):
    """What an officer found about a firm, or about one demand (核查记录): with the reason and where the paper is kept."""

    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="found_facts")
    demand = models.ForeignKey(Demand, null=True, blank=True, on_delete=models.PROTECT, related_name="found_facts")
    check_name = TermField(Check)
    verdict = TermField(Tristate)  # met or not met
    reason = models.CharField(max_length=300)
    document = models.CharField(max_length=200, blank=True)  # number, title and place of the paper
    found_on = models.DateField()
    found_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["firm", "check_name"])]

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those of firms in one's regions, and of one's own firms."""
        return in_regions_of(viewer, field="firm__region_code") | Q(firm_id__in=firms_of(viewer))


class Evaluation(Scoped):
    """A judgement by the criteria, as it was made (标准评定): never changed, a new look makes a new one.

    `marks` are the criteria with their findings, each with evidence, source, date and expiry; `basis` the rule's version and
    the policy's citations; `cautions` what a reviewer was told beside.
    """

    demand = models.ForeignKey(Demand, on_delete=models.PROTECT, related_name="evaluations")
    at = models.DateTimeField()
    on = models.DateField()
    region = models.CharField(max_length=6)  # whose policy
    rule_version = models.CharField(max_length=20)
    verdict = TermField(Tristate)
    marks = models.JSONField()
    cautions = models.JSONField(default=list)
    basis = models.JSONField()

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those of firms in one's regions, and of one's own firms."""
        return in_regions_of(viewer, field="demand__firm__region_code") | Q(demand__firm_id__in=firms_of(viewer))


class Remark(Scoped):
    """What a reviewer wrote to the firm or to the next reviewer (审核意见): kept here, since events hold no free text."""

    demand = models.ForeignKey(Demand, on_delete=models.PROTECT, related_name="remarks")
    act = TermField(ReviewAct)
    reasons = models.JSONField(default=list)  # codes of the policy's reject_reasons
    text = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those of firms in one's regions, and of one's own firms."""
        return in_regions_of(viewer, field="demand__firm__region_code") | Q(demand__firm_id__in=firms_of(viewer))


class Appeal(Scoped):
    """A firm's appeal against a refusal of the task force or of the banks (申诉)."""

    demand = models.ForeignKey(Demand, on_delete=models.PROTECT, related_name="appeals")
    against = TermField(DemandStage)  # REJECTED or RETURNED
    text = models.CharField(max_length=500)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    upheld = models.BooleanField(null=True, blank=True)
    answer = models.CharField(max_length=500, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["demand"], condition=Q(upheld=None), name="one_open_appeal_of_a_demand"),
        ]

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those of firms in one's regions, and of one's own firms."""
        return in_regions_of(viewer, field="demand__firm__region_code") | Q(demand__firm_id__in=firms_of(viewer))


class Batch(Scoped):
    """One act on many demands, or one imported list (批量办理): what was done to each row, and why not to the rest."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    act = TermField(ReviewAct)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    results = models.JSONField(default=list)
    done = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those of the organizations in which one is an officer or leads, and one's own."""
        found = Q(by_id=viewer.user_id)
        for grant in viewer.of(Role.OFFICER, Role.LEAD):
            found |= Q(organization__path__startswith=grant.path)
        return found
