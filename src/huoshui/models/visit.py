"""Campaigns, lists and visits (走访任务、名单、走访记录)."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from huoshui.models.fields import SealedField, TermField
from huoshui.models.firm import Firm
from huoshui.models.party import SEES_BANK, Organization, User, in_regions_of
from huoshui.models.register_load import RegisterLoad
from huoshui.models.scope import Scoped, Viewer
from huoshui.terms import (
    AssignmentState,
    BookStage,
    CampaignStage,
    DemandPurpose,
    DrawMode,
    DropReason,
    Need,
    Premises,
    Role,
    VisitMode,
    VisitSource,
    YesNo,
)


class Campaign(Scoped):
    """A campaign of visits in a region (走访任务). `chosen` says which firms: verdicts, kinds, active only, area, township."""

    name = models.CharField(max_length=120)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="campaigns")
    region_code = models.CharField(max_length=12, db_index=True)
    load = models.ForeignKey(RegisterLoad, null=True, blank=True, on_delete=models.PROTECT, related_name="campaigns")
    chosen = models.JSONField(default=dict)
    mode = TermField(DrawMode, default=DrawMode.WHOLE_GRIDS)
    stage = TermField(CampaignStage, default=CampaignStage.DRAFT)
    revisit_months = models.PositiveSmallIntegerField()  # a visit within so many months before is flagged
    leave_out_visited = models.BooleanField(default=False)  # and its firm is not put on the list
    due_on = models.DateField(null=True, blank=True)
    basis = models.JSONField(default=dict)  # rule, day and fingerprint of the screening; citations of the policy
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["stage", "region_code"])]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those of one's regions, and those of the regions above in which one's own lies."""
        found = in_regions_of(viewer)
        for grant in viewer.of(Role.VISITOR, Role.OFFICER, Role.LEAD):
            found |= Q(region_code__in=[grant.region[:x] for x in range(2, len(grant.region))])
        return found


class VisitAssignment(Scoped):
    """One firm on the list of a campaign (名单条目). `area` and `grid` are the firm's when the list was drawn."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="assignments", db_index=False)
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="assignments", db_index=False)
    area = models.CharField(max_length=12)
    township = models.CharField(max_length=40, blank=True)
    grid = models.CharField(max_length=40, blank=True)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    visitor = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="visit_assignments", db_index=False
    )
    priority = models.SmallIntegerField(default=0)
    due_on = models.DateField()
    state = TermField(AssignmentState, default=AssignmentState.OPEN)
    drop_reason = TermField(DropReason, blank=True)
    note = models.CharField(max_length=200, blank=True)  # why it was dropped; never about a person
    visited_at = models.DateTimeField(null=True, blank=True)  # the latest visit in this campaign
    need = TermField(Need, blank=True)  # as that visit says
    visited_before_at = models.DateTimeField(null=True, blank=True)  # within the revisit time, when the list was drawn
    visited_before_by = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["firm", "campaign"], name="firm_once_in_a_campaign"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["visitor", "state", "-priority", "id"], name="assignment_of_a_visitor"),
            models.Index(fields=["campaign", "state", "due_on"], name="assignment_due"),
            models.Index(fields=["campaign", "area", "grid"], name="assignment_by_grid"),
            models.Index(fields=["area", "-id"], name="assignment_by_area"),
            models.Index(fields=["campaign", "-priority", "id"], name="assignment_by_priority"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}/{self.firm_id}"

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those of one's regions, and those that one is to visit."""
        return in_regions_of(viewer, field="area") | Q(visitor_id=viewer.user_id)


class AreaCount(Scoped):
    """Figures of one area of a campaign (区域进度): one row an area and due day, changed with each visit, see `recount`."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="counts", db_index=False)
    area = models.CharField(max_length=12)
    township = models.CharField(max_length=40, blank=True)
    due_on = models.DateField()
    open = models.IntegerField(default=0)
    visited = models.IntegerField(default=0)
    dropped = models.IntegerField(default=0)
    needs = models.IntegerField(default=0)  # visited, and in need of finance

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["campaign", "area", "township", "due_on"], name="area_count_once"),
        ]

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those of one's regions."""
        return in_regions_of(viewer, field="area")


class Visit(Scoped):
    """What a visitor found at a firm (走访记录). It is never changed: several visits to one firm are read together."""

    client_id = models.UUIDField(unique=True)  # made by who sends it, so that sending twice is saving once
    body_hash = models.CharField(max_length=64)  # of all that was sent: the same id with another body is refused
    firm = models.ForeignKey(Firm, on_delete=models.PROTECT, related_name="visits", db_index=False)
    assignment = models.ForeignKey(VisitAssignment, null=True, blank=True, on_delete=models.PROTECT, related_name="visits")
    visitor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="visits", db_index=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    seconded_from = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )  # the bank or office whose person the visitor is
    region_code = models.CharField(max_length=12)  # the firm's
    source = TermField(VisitSource)
    loan_code = models.ForeignKey("huoshui.LoanCode", null=True, blank=True, on_delete=models.PROTECT, related_name="visits")
    mode = TermField(VisitMode)
    visited_at = models.DateTimeField()
    received_at = models.DateTimeField()
    operating = TermField(YesNo, blank=True)
    premises = TermField(Premises, blank=True)
    employees = models.PositiveIntegerField(null=True, blank=True)
    need = TermField(Need, blank=True)
    amount_fen = models.BigIntegerField(null=True, blank=True)
    months = models.PositiveSmallIntegerField(null=True, blank=True)
    purpose = TermField(DemandPurpose, blank=True)
    has_loan = TermField(YesNo, blank=True)
    obstacles = models.JSONField(default=list)  # values of terms.Obstacle
    broker_fee_asked = TermField(YesNo, blank=True)
    call_back = models.BooleanField(null=True, blank=True)
    note = SealedField(blank=True)
    latitude = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)  # coarse, about a kilometre
    longitude = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["firm", "visited_at"], name="visit_of_a_firm"),
            models.Index(fields=["region_code", "visited_at"], name="visit_of_a_region"),
            models.Index(fields=["visitor", "visited_at"], name="visit_of_a_visitor"),
            models.Index(fields=["-visited_at", "-id"], name="visit_by_time"),  # the list's own order
            models.Index(fields=["organization", "visited_at"], name="visit_of_an_organization"),
        ]

    def __str__(self) -> str:
        return str(self.client_id)

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those of one's regions, one's own, and those that people of one's bank made."""
        found = in_regions_of(viewer) | Q(visitor_id=viewer.user_id)
        for grant in viewer.of(*SEES_BANK):
            found |= Q(organization__path__startswith=grant.path)
        return found


class VisitPhoto(Scoped):
    """A photograph of a visit (走访照片), known by its hash; picture and visit may arrive in either order."""

    visit = models.ForeignKey(Visit, null=True, blank=True, on_delete=models.PROTECT, related_name="photos")
    uploader = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)  # of the file as the phone sent it
    kept_sha256 = models.CharField(max_length=64, blank=True)  # of the picture that is kept; "" while it is awaited
    received_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["uploader", "sha256", "visit"], name="photo_once_in_a_visit")]

    def __str__(self) -> str:
        return self.sha256

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """Those of the visits that one sees, and one's own."""
        seen: Any = Visit.objects.visible_to(viewer)
        return Q(uploader_id=viewer.user_id) | Q(visit__in=seen.values("pk"))


class VisitBook(Scoped):
    """A sheet of visits that somebody brings in (走访台账导入): looked at first, then taken, row by row."""

    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField(default=bytes)  # sealed; emptied once it was taken
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    campaign = models.ForeignKey(Campaign, null=True, blank=True, on_delete=models.PROTECT, related_name="books")
    stage = TermField(BookStage, default=BookStage.SEEN)
    columns = models.JSONField(default=dict)  # heading by field
    unknown = models.JSONField(default=list)  # headings that no field takes
    figures = models.JSONField(default=dict)  # rows, visits, entries, already, refused
    rejects = models.JSONField(default=list)  # [{"line", "field", "code", "reason", "reason_zh"}]; nothing of what the row says
    uploaded_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visibility(cls, viewer: Viewer) -> Q:
        """One's own."""
        return Q(uploaded_by_id=viewer.user_id)
