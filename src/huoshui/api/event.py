"""The event log over the API (事件接口)."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Field, FilterLookup, FilterSchema, Query, Router, Schema
from pydantic import AwareDatetime

from huoshui.api.door import Called, Token
from huoshui.api.paging import Id, Page, Window, page_of
from huoshui.models import Event
from huoshui.terms import ApiScope

router = Router(tags=["events"], auth=Token(ApiScope.EVENTS_READ))


class EventShown(Schema):
    """One act (事件)."""

    id: int
    organization: int = Field(validation_alias="organization_id")
    sequence: int
    at: datetime
    act: str
    role: str
    subject_kind: str
    subject_id: int
    firm: str | None = Field(None, description="credit code")
    region_code: str
    basis: dict[str, Any]
    hash: str

    @staticmethod
    def resolve_firm(event: Event) -> str | None:
        """The firm's code."""
        return event.firm.uscc if event.firm else None


class EventFilter(FilterSchema):
    """Which events (事件筛选)."""

    act: str | None = Field(None, max_length=60)
    subject_kind: str | None = Field(None, max_length=40)
    subject_id: Id | None = None
    firm: Annotated[str | None, FilterLookup("firm__uscc")] = Field(None, max_length=18)
    since: Annotated[AwareDatetime | None, FilterLookup("at__gte")] = None


@router.get("", response=Page[EventShown], summary="List events", operation_id="list_events", by_alias=False)
def list_events(request: Called, chosen: Annotated[EventFilter, Query()], window: Annotated[Window, Query()]) -> dict[str, Any]:
    """The events that the token's membership may see (事件列表)."""
    return page_of(chosen.filter(Event.objects.visible_to(request.viewer).select_related("firm")), window=window)
