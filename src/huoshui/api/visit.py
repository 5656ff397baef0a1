"""Visits and the lists of whom to visit, over the API (走访接口)."""

from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, FilterLookup, FilterSchema, Query, Router, Schema, Status
from pydantic import AwareDatetime, BeforeValidator

from huoshui.api.door import Called, Token, once
from huoshui.api.firm import firm_seen
from huoshui.api.paging import Id, Page, Window, page_of
from huoshui.errors import BadRequest
from huoshui.models import Visit, VisitAssignment
from huoshui.services.visit import VISITING, VisitAnswers, save_visit
from huoshui.terms import (
    ApiScope,
    AssignmentState,
    DemandPurpose,
    Need,
    Obstacle,
    Premises,
    VisitMode,
    VisitSource,
    YesNo,
)

router = Router(tags=["visits"])
assignments = Router(tags=["visits"])
Word = Annotated[str | None, BeforeValidator(lambda x: str(x) if x else None)]  # a question left open is null


class Answers(Schema):
    """What the visitor found (走访内容); questions left open are left out."""

    operating: YesNo | None = None
    premises: Premises | None = None
    employees: int | None = Field(None, ge=0, le=1_000_000)
    need: Need | None = None
    amount_fen: int | None = Field(None, ge=0, le=10**16)
    months: int | None = Field(None, ge=0, le=360)
    purpose: DemandPurpose | None = None
    has_loan: YesNo | None = None
    obstacles: list[Obstacle] = Field(default_factory=list, max_length=30)
    broker_fee_asked: YesNo | None = None
    call_back: bool | None = None


class NewVisit(Answers):
    """A visit to be recorded (新走访): `client_id` is the sender's own; the same one again is the same visit."""

    client_id: UUID
    firm: str = Field(max_length=18, description="credit code")
    visited_at: AwareDatetime
    mode: VisitMode = VisitMode.ONSITE
    assignment: Id | None = None
    note: str = Field("", max_length=2000)


class VisitShown(Schema):
    """A visit (走访记录). The visitor's note is not shown: it may be about a person."""

    id: int
    client_id: UUID
    firm: str
    visited_at: datetime
    received_at: datetime
    mode: str
    source: str
    organization: int = Field(validation_alias="organization_id")
    assignment: int | None = Field(validation_alias="assignment_id")
    operating: Word
    premises: Word
    employees: int | None
    need: Word
    amount_fen: int | None
    months: int | None
    purpose: Word
    has_loan: Word
    obstacles: list[str]
    broker_fee_asked: Word
    call_back: bool | None

    @staticmethod
    def resolve_firm(visit: Visit) -> str:
        """The firm's code."""
        return visit.firm.uscc


class Recorded(Schema):
    """What recording did (登记结果): `conflicts` are answers of which another visit to the firm says otherwise."""

    visit: VisitShown
    new: bool
    conflicts: list[str]


class VisitFilter(FilterSchema):
    """Which visits (走访筛选)."""

    firm: Annotated[str | None, FilterLookup("firm__uscc")] = Field(None, max_length=18)
    since: Annotated[AwareDatetime | None, FilterLookup("received_at__gte")] = None
    need: Need | None = None


class AssignmentShown(Schema):
    """One firm on the list of a campaign (名单条目)."""

    id: int
    campaign: int = Field(validation_alias="campaign_id")
    firm: str
    firm_name: str
    area: str
    township: str
    grid: str
    organization: int = Field(validation_alias="organization_id")
    priority: int
    due_on: date
    state: str
    visited_at: datetime | None
    need: Word

    @staticmethod
    def resolve_firm(entry: VisitAssignment) -> str:
        """The firm's code."""
        return entry.firm.uscc

    @staticmethod
    def resolve_firm_name(entry: VisitAssignment) -> str:
        """The firm's name."""
        return entry.firm.name


class AssignmentFilter(FilterSchema):
    """Which entries (名单筛选)."""

    campaign: Annotated[Id | None, FilterLookup("campaign_id")] = None
    firm: Annotated[str | None, FilterLookup("firm__uscc")] = Field(None, max_length=18)
    state: AssignmentState | None = None
    due_until: Annotated[date | None, FilterLookup("due_on__lte")] = None


@router.get("", response=Page[VisitShown], auth=Token(ApiScope.VISITS_READ), summary="List visits", operation_id="list_visits")
def list_visits(request: Called, chosen: Annotated[VisitFilter, Query()], window: Annotated[Window, Query()]) -> dict[str, Any]:
    """The visits that the token's membership may see (走访列表)."""
    return page_of(chosen.filter(Visit.objects.visible_to(request.viewer).select_related("firm")), window=window)


@router.get("/{visit_id}", response=VisitShown, auth=Token(ApiScope.VISITS_READ), summary="One visit", operation_id="get_visit")
def get_visit(request: Called, visit_id: Id) -> Visit:
    """One visit (单个走访)."""
    found: Visit = get_object_or_404(Visit.objects.visible_to(request.viewer).select_related("firm"), pk=visit_id)
    return found


@router.post(
    "",
    response={201: Recorded, 200: Recorded},
    auth=Token(ApiScope.VISITS_WRITE),
    summary="Record a visit",
    operation_id="record_visit",
)
@once
def record_visit(request: Called, sent: NewVisit) -> Status[dict[str, Any]]:
    """Record a visit as the token's membership (登记走访): 201, or 200 where it was recorded before."""
    firm = firm_seen(request, sent.firm)
    entry = None
    if sent.assignment is not None:
        entry = VisitAssignment.objects.visible_to(request.viewer).filter(pk=sent.assignment, firm_id=firm.pk).first()
        if entry is None:
            raise BadRequest("no such entry for this firm", field="body.assignment", zh="该企业没有这一名单条目")
    told = sent.dict(exclude={"client_id", "firm", "visited_at", "mode", "assignment", "obstacles"})
    recorded = save_visit(
        client_id=sent.client_id,
        firm=firm,
        by=request.membership.user,
        grant=request.viewer.acting_as(*VISITING, region=firm.region_code),
        visited_at=sent.visited_at.astimezone(UTC),
        received_at=timezone.now(),
        answers=VisitAnswers(obstacles=tuple(dict.fromkeys(sent.obstacles)), **told),
        mode=sent.mode,
        source=VisitSource.ONLINE,
        assignment=entry,
    )
    shown = {"visit": recorded.visit, "new": recorded.is_new, "conflicts": list(recorded.conflicts)}
    return Status(201 if recorded.is_new else 200, shown)


@assignments.get(
    "",
    response=Page[AssignmentShown],
    auth=Token(ApiScope.VISITS_READ),
    summary="List assignments",
    operation_id="list_assignments",
)
def list_assignments(
    request: Called, chosen: Annotated[AssignmentFilter, Query()], window: Annotated[Window, Query()]
) -> dict[str, Any]:
    """The entries of visit lists that the token's membership may see (名单列表)."""
    return page_of(chosen.filter(VisitAssignment.objects.visible_to(request.viewer).select_related("firm")), window=window)
