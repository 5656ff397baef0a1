"""Demands and both lists over the API (需求接口、清单接口)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, FilterLookup, FilterSchema, Query, Router, Schema, Status
from pydantic import AwareDatetime

from huoshui.api.door import Called, Token, once
from huoshui.api.firm import firm_seen
from huoshui.api.paging import Id, Page, Window, page_of
from huoshui.api.push import PushShown
from huoshui.errors import BadChoice
from huoshui.models import BankPush, Demand, Organization
from huoshui.rules.demand import LISTED_STAGES
from huoshui.services.demand import publish_demand, save_draft, withdraw_demand
from huoshui.services.recommendation import push_demand
from huoshui.services.review import LEADS_TO, Order, review_demand
from huoshui.terms import (
    ApiScope,
    DemandChannel,
    DemandPurpose,
    DemandStage,
    GuaranteeKind,
    OrganizationKind,
    ReviewAct,
    Role,
    Tristate,
)

router = Router(tags=["demands"])
lists = Router(tags=["lists"], auth=Token(ApiScope.LISTS_READ))
_LISTS = {"declared": (DemandStage.DECLARED, DemandStage.REVIEWED), "recommended": tuple(LISTED_STAGES)}
_WRITERS = (Role.VISITOR, Role.OFFICER, Role.LEAD, Role.CLIENT_MANAGER)


class DemandWritten(Schema):
    """What a demand says (需求内容). All of it may be missing in a draft."""

    amount_fen: int | None = Field(None, ge=1, le=10**13)
    months: int | None = Field(None, ge=1, le=360)
    purpose: DemandPurpose | None = None
    guarantees: list[GuaranteeKind] = Field(default_factory=list, max_length=5)
    expected_rate: Decimal | None = Field(
        None, gt=0, lt=1, max_digits=7, decimal_places=6, description="a year; 0.0365 is 3.65%"
    )
    wanted_by: date | None = None
    preferred_banks: list[Id] = Field(default_factory=list, max_length=20)
    note: str = Field("", max_length=500)


class NewDemand(DemandWritten):
    """A demand to be drafted for a firm (新需求)."""

    firm: str = Field(max_length=18, description="credit code")


class DemandShown(Schema):
    """A demand (融资需求)."""

    id: int
    firm: str
    firm_name: str
    stage: str
    channel: str
    amount_fen: int | None
    months: int | None
    purpose: str
    guarantees: list[str]
    expected_rate: str | None
    wanted_by: date | None
    note: str
    published_at: datetime | None
    declared_at: datetime | None
    recommended_at: datetime | None
    criteria: str | None = Field(description="met, not_met or not_known: the last judgement")

    @staticmethod
    def resolve_firm(demand: Demand) -> str:
        """The firm's code."""
        return demand.firm.uscc

    @staticmethod
    def resolve_firm_name(demand: Demand) -> str:
        """The firm's name."""
        return demand.firm.name

    @staticmethod
    def resolve_expected_rate(demand: Demand) -> str | None:
        """As text: no float."""
        return None if demand.expected_rate is None else f"{demand.expected_rate.normalize():f}"

    @staticmethod
    def resolve_criteria(demand: Demand) -> str | None:
        """The verdict of the last judgement."""
        return Tristate(demand.evaluation.verdict).value if demand.evaluation else None


class DemandFilter(FilterSchema):
    """Which demands (需求筛选)."""

    firm: Annotated[str | None, FilterLookup("firm__uscc")] = Field(None, max_length=18)
    stage: DemandStage | None = None
    published_since: Annotated[AwareDatetime | None, FilterLookup("published_at__gte")] = None


class Review(Schema):
    """What a reviewer orders (审核指令)."""

    act: ReviewAct
    reasons: list[Annotated[str, Field(max_length=40)]] = Field(default_factory=list, max_length=20)
    text: str = Field("", max_length=500)


class Banks(Schema):
    """To which banks (所选银行)."""

    banks: list[Id] = Field(min_length=1, max_length=20)


def _seen(request: Called, demand_id: int) -> Demand:
    found: Demand = get_object_or_404(_demands(request), pk=demand_id)
    return found


def _demands(request: Called) -> Any:
    return Demand.objects.visible_to(request.viewer).select_related("firm", "evaluation")


@router.get(
    "", response=Page[DemandShown], auth=Token(ApiScope.DEMANDS_READ), summary="List demands", operation_id="list_demands"
)
def list_demands(
    request: Called, chosen: Annotated[DemandFilter, Query()], window: Annotated[Window, Query()]
) -> dict[str, Any]:
    """The demands that the token's membership may see (需求列表)."""
    return page_of(chosen.filter(_demands(request)), window=window)


@router.get(
    "/{demand_id}", response=DemandShown, auth=Token(ApiScope.DEMANDS_READ), summary="One demand", operation_id="get_demand"
)
def get_demand(request: Called, demand_id: Id) -> Demand:
    """One demand (单个需求)."""
    return _seen(request, demand_id)


@router.post(
    "", response={201: DemandShown}, auth=Token(ApiScope.DEMANDS_WRITE), summary="Draft a demand", operation_id="draft_demand"
)
@once
def draft_demand(request: Called, sent: NewDemand) -> Status[Demand]:
    """Draft a demand for a firm, as the token's membership (代填需求); once published the firm itself confirms it."""
    firm = firm_seen(request, sent.firm)
    grant = request.viewer.acting_as(*_WRITERS, region=firm.region_code)
    channel = DemandChannel.BANK_DESK if grant.role is Role.CLIENT_MANAGER else DemandChannel.VISITOR
    told = sent.dict(exclude={"firm", "preferred_banks"})
    demand = save_draft(
        firm=firm, by=request.membership.user, grant=grant, channel=channel, preferred_bank_ids=sent.preferred_banks, **told
    )
    return Status(201, demand)


@router.post(
    "/{demand_id}/publish",
    response=DemandShown,
    auth=Token(ApiScope.DEMANDS_WRITE),
    summary="Publish a demand",
    operation_id="publish_demand",
)
@once
def publish(request: Called, demand_id: Id) -> Demand:
    """Publish a demand that was drafted (发布需求)."""
    demand = _seen(request, demand_id)
    grant = request.viewer.acting_as(*_WRITERS, region=demand.firm.region_code)
    return publish_demand(demand, by=request.membership.user, grant=grant, at=timezone.now())


@router.post(
    "/{demand_id}/withdraw",
    response=DemandShown,
    auth=Token(ApiScope.DEMANDS_WRITE),
    summary="Withdraw a demand",
    operation_id="withdraw_demand",
)
@once
def withdraw(request: Called, demand_id: Id) -> Demand:
    """Withdraw a demand that the firm has not confirmed yet (撤回需求)."""
    demand = _seen(request, demand_id)
    grant = request.viewer.acting_as(*_WRITERS, region=demand.firm.region_code)
    return withdraw_demand(demand, by=request.membership.user, grant=grant, at=timezone.now())


@router.post(
    "/{demand_id}/review",
    response=DemandShown,
    auth=Token(ApiScope.LISTS_WRITE),
    summary="Review a demand",
    operation_id="review_demand",
)
@once
def review(request: Called, demand_id: Id, sent: Review) -> Demand:
    """Pass, recommend, refuse, ask back or send back (审核): by the same rules as on the page."""
    demand = _seen(request, demand_id)
    grant = request.viewer.acting_as(Role.LEAD, Role.OFFICER, region=demand.firm.region_code)
    if sent.act not in LEADS_TO:
        raise BadChoice(f"a review is one of {', '.join(LEADS_TO)}", field="body.act", zh="请选择审核操作")
    order = Order(sent.act, tuple(sent.reasons), sent.text)
    return review_demand(demand, order=order, by=request.membership.user, grant=grant, at=timezone.now())


@router.post(
    "/{demand_id}/push",
    response={201: list[PushShown]},
    auth=Token(ApiScope.LISTS_WRITE),
    summary="Push a demand to banks",
    operation_id="push_demand",
)
@once
def push(request: Called, demand_id: Id, sent: Banks) -> Status[list[BankPush]]:
    """Push a recommended demand to banks (推送银行): each of them sees firm and demand from now on."""
    demand = _seen(request, demand_id)
    grant = request.viewer.acting_as(Role.LEAD, Role.OFFICER, region=demand.firm.region_code)
    banks = list(Organization.objects.visible_to(request.viewer).filter(pk__in=sent.banks, kind=OrganizationKind.BANK))
    if len(banks) != len(set(sent.banks)):
        raise BadChoice("one of the banks is none that takes part", field="body.banks", zh="所选银行有误")
    return Status(201, push_demand(demand, banks=banks, by=request.membership.user, grant=grant, at=timezone.now()))


@lists.get("/{name}", response=Page[DemandShown], summary="One of both lists", operation_id="get_list")
def get_list(request: Called, name: str, window: Annotated[Window, Query()]) -> dict[str, Any]:
    """The declared list (`declared`, 申报清单) or the recommended list (`recommended`, 推荐清单)."""
    if name not in _LISTS:
        raise Http404
    return page_of(_demands(request).filter(stage__in=_LISTS[name]), window=window)
