"""Demands before a bank, over the API (推送接口)."""

from datetime import datetime
from typing import Annotated, Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Field, FilterLookup, FilterSchema, Query, Router, Schema
from pydantic import AwareDatetime

from huoshui.api.door import Called, Token, once
from huoshui.api.paging import Id, Page, Window, page_of
from huoshui.errors import NotAllowed
from huoshui.models import BankPush
from huoshui.models.party import SEES_BANK
from huoshui.services.recommendation import acknowledge_push, answer_push, contact_firm
from huoshui.terms import ApiScope, PushStage

router = Router(tags=["pushes"])


class PushShown(Schema):
    """A demand before a bank (推送记录): `shown` is what the bank was given."""

    id: int
    demand: int = Field(validation_alias="demand_id")
    bank: int = Field(validation_alias="bank_id")
    stage: str
    received_at: datetime
    acknowledged_at: datetime | None
    contacted_at: datetime | None
    decided_at: datetime | None
    reason: str
    shown: dict[str, Any]


class PushFilter(FilterSchema):
    """Which pushes (推送筛选)."""

    demand: Annotated[Id | None, FilterLookup("demand_id")] = None
    bank: Annotated[Id | None, FilterLookup("bank_id")] = None
    stage: PushStage | None = None
    received_since: Annotated[AwareDatetime | None, FilterLookup("received_at__gte")] = None


class PushAnswer(Schema):
    """The bank's answer (银行答复)."""

    to: PushStage
    reason: str = Field("", max_length=40, description="a code of the policy, unless approved")
    note: str = Field("", max_length=300)


def _seen(request: Called, push_id: int) -> BankPush:
    rows = BankPush.objects.visible_to(request.viewer).select_related("demand__firm", "bank")
    found: BankPush = get_object_or_404(rows, pk=push_id)
    return found


def _acts(request: Called, push: BankPush) -> dict[str, Any]:
    grants = request.viewer.of(*SEES_BANK)
    if not grants:
        raise NotAllowed(f"the bank of push {push.pk} handles it", zh="须由收到推送的银行办理")
    return {"by": request.membership.user, "grant": grants[0], "at": timezone.now()}


@router.get("", response=Page[PushShown], auth=Token(ApiScope.LISTS_READ), summary="List pushes", operation_id="list_pushes")
def list_pushes(request: Called, chosen: Annotated[PushFilter, Query()], window: Annotated[Window, Query()]) -> dict[str, Any]:
    """The pushes that the token's membership may see (推送列表)."""
    return page_of(chosen.filter(BankPush.objects.visible_to(request.viewer)), window=window)


@router.post(
    "/{push_id}/acknowledge",
    response=PushShown,
    auth=Token(ApiScope.LISTS_WRITE),
    summary="Take note",
    operation_id="acknowledge_push",
)
@once
def acknowledge(request: Called, push_id: Id) -> BankPush:
    """Take note of a pushed demand, as the bank (签收)."""
    push = _seen(request, push_id)
    return acknowledge_push(push, **_acts(request, push))


@router.post(
    "/{push_id}/contact",
    response=PushShown,
    auth=Token(ApiScope.LISTS_WRITE),
    summary="Firm was contacted",
    operation_id="contact_firm",
)
@once
def contact(request: Called, push_id: Id) -> BankPush:
    """Note that the bank spoke to the firm (已联系企业)."""
    push = _seen(request, push_id)
    return contact_firm(push, **_acts(request, push))


@router.post(
    "/{push_id}/answer", response=PushShown, auth=Token(ApiScope.LISTS_WRITE), summary="Answer", operation_id="answer_push"
)
@once
def answer(request: Called, push_id: Id, sent: PushAnswer) -> BankPush:
    """Approve, decline or return a pushed demand, as the bank (银行答复)."""
    push = _seen(request, push_id)
    return answer_push(push, to=sent.to, reason=sent.reason, note=sent.note, **_acts(request, push))
