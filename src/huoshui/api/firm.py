"""Firms over the API (企业接口)."""

from datetime import date
from typing import Annotated, Any

from django.db.models import Q, QuerySet
from django.http import Http404
from ninja import Field, FilterSchema, Query, Router, Schema

from huoshui.api.door import Called, Token
from huoshui.api.paging import Page, Window, page_of
from huoshui.models import Firm
from huoshui.models.firm import firms_named
from huoshui.models.scope import within
from huoshui.terms import ApiScope, EntityKind, SizeClass, StatusClass

router = Router(tags=["firms"], auth=Token(ApiScope.FIRMS_READ))


class FirmShown(Schema):
    """A firm as the registers name it (企业)."""

    uscc: str = Field(description="unified social credit code (统一社会信用代码)")
    name: str
    kind: str
    status: str
    size_class: str
    industry_code: str
    established_on: date | None
    region_code: str
    address: str
    active: bool
    verdict: str = Field(description="reason code of the last screening")
    screened_on: date | None
    last_visit_on: date | None
    synthetic: bool

    @staticmethod
    def resolve_last_visit_on(firm: Firm) -> date | None:
        """The day of the last visit."""
        return firm.last_visit_at.date() if firm.last_visit_at else None


class FirmFilter(FilterSchema):
    """Which firms (企业筛选)."""

    q: str | None = Field(
        None,
        min_length=1,
        max_length=60,
        description="part of the name, or the beginning of the code or of the name's pinyin initials",
    )
    region: str | None = Field(None, pattern=r"^\d{2,12}$", description="a region code, and all below it")
    kind: EntityKind | None = None
    status: StatusClass | None = None
    size_class: SizeClass | None = None
    active: bool | None = None
    verdict: str | None = Field(None, max_length=20)

    def filter_q(self, value: str | None) -> Q:
        """By name, code or initials."""
        return firms_named(value) if value else Q()

    def filter_region(self, value: str | None) -> Q:
        """By region."""
        return within("region_code", value) if value else Q()


@router.get("", response=Page[FirmShown], summary="List firms", operation_id="list_firms")
def list_firms(request: Called, chosen: Annotated[FirmFilter, Query()], window: Annotated[Window, Query()]) -> dict[str, Any]:
    """The firms that the token's membership may see (企业列表)."""
    rows: QuerySet[Firm] = Firm.objects.visible_to(request.viewer)
    return page_of(chosen.filter(rows), window=window)


@router.get("/{uscc}", response=FirmShown, summary="One firm", operation_id="get_firm")
def get_firm(request: Called, uscc: str) -> Firm:
    """One firm by its code (单个企业)."""
    return firm_seen(request, uscc)


def firm_seen(request: Called, uscc: str) -> Firm:
    """The firm with this code, if the caller may see it (按代码取企业). Raises Http404."""
    found: Firm | None = Firm.objects.visible_to(request.viewer).filter(uscc=uscc.upper()).first()
    if found is None:
        raise Http404
    return found
