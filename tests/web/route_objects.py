"""What stands for `{firm}` and its like in the table of routes: one maker a kind, for one's own object and somebody else's.

A maker gets the world, `home` (False: somebody else's) and `by`, the person who will ask; it returns the piece of an address.
One's own object must be one that every role of the route may see: it belongs to the home county and the home bank.
"""

from collections.abc import Callable
from typing import Any, Final

from huoshui.models import SavedView, User
from tests.world import World

Maker = Callable[..., Any]


def a_firm(world: World, *, home: bool, by: User | None) -> int:
    """Firm 0: its county sees it, its representative and agent, and the bank that it was shared with."""
    del by
    return world.county(home=home).firms[0].pk


def a_code(world: World, *, home: bool, by: User | None) -> str:
    """The credit code of firm 0."""
    del by
    return world.county(home=home).firms[0].uscc


def a_saved_view(world: World, *, home: bool, by: User | None) -> int:
    """A view of the one who asks, or of the operator, who is nobody else."""
    owner = by if home and by else world.stranger if by == world.operator else world.operator
    return SavedView.objects.get_or_create(user=owner, listing="firm", name="route")[0].pk


MAKERS: Final[dict[str, Maker]] = {
    "firm": a_firm,
    "saved_view": a_saved_view,
    "uscc": a_code,
}
