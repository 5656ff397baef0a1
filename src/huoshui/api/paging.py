"""Lists of the API (接口列表): in the order of their ids, a page at a time, from where the last page ended."""

import base64
import binascii
from typing import Annotated, Any, Generic, TypeVar

from django.db.models import QuerySet
from ninja import Field, Schema

from huoshui.errors import BadRequest

Row = TypeVar("Row")
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]


class Window(Schema):
    """Which part of a list (分页参数)."""

    cursor: str | None = Field(None, max_length=40, description="`next` of the page before")
    limit: int = Field(50, ge=1, le=200, description="rows on a page")


class Page(Schema, Generic[Row]):
    """A part of a list (分页结果)."""

    items: list[Row]
    next: str | None = Field(None, description="cursor of the page after this one; none on the last page")


def page_of(rows: QuerySet[Any], *, window: Window) -> dict[str, Any]:
    """A page of rows (取一页), in one query. Raises BadRequest for a cursor that is none of ours."""
    if window.cursor:
        rows = rows.filter(pk__gt=_after(window.cursor))
    found = list(rows.order_by("pk")[: window.limit + 1])
    more = len(found) > window.limit
    found = found[: window.limit]
    return {"items": found, "next": _cursor(found[-1].pk) if more else None}


def _cursor(after: int) -> str:
    return base64.urlsafe_b64encode(f"after:{after}".encode()).decode().rstrip("=")


def _after(cursor: str) -> int:
    try:
        mark, _, number = (
            base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode().partition(":")
        )
        after = int(number)
    except (ValueError, binascii.Error):
        mark, after = "", -1
    if mark != "after" or not 0 < after < 2**63:
        raise BadRequest("the cursor is not one that a page named as `next`", field="query.cursor", zh="分页游标无效")
    return after
