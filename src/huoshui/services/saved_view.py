"""Keep a view of a list, and let it go (常用视图). It is a convenience of one person, not an act on anything: no event."""

from typing import Final

from django.db import transaction

from huoshui.errors import BadRequest
from huoshui.models import SavedView, User

MOST: Final = 30  # of one list


@transaction.atomic
def save_view(name: str, *, user: User, listing: str, query: str) -> SavedView:
    """Keep the filters of a list under a name (保存视图); the same name again replaces them. Raises BadRequest."""
    name = name.strip()
    if not name or len(name) > 40 or len(query) > 2000 or len(listing) > 40:
        raise BadRequest("a view has a name of 1 to 40 characters", zh="请给视图起一个 1 到 40 字的名称", field="name")
    others = SavedView.objects.filter(user=user, listing=listing).exclude(name=name)
    if others.count() >= MOST:
        raise BadRequest(f"at most {MOST} views of one list; delete one first", zh=f"每个列表最多 {MOST} 个视图，请先删除一个")
    return SavedView.objects.update_or_create(user=user, listing=listing, name=name, defaults={"query": query})[0]


@transaction.atomic
def delete_view(view: SavedView) -> None:
    """Let a view go (删除视图)."""
    view.delete()
