"""What becomes of a list after it was handed out."""

from datetime import timedelta
from typing import Any

import pytest

from huoshui.errors import BadRequest, NotAllowed, WrongStage
from huoshui.models import Campaign, Event, User, VisitAssignment
from huoshui.services.visit_list import assign_entries, drop_entries, hand_over, move_deadline, redraw_list, restore_entries
from huoshui.terms import AssignmentState, DropReason, Role
from tests.campaigns import ON, grant_of, more_firms, officer_of, opened, visited, visitor_in
from tests.world import World, county_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    made = county_world()
    more_firms(made.home.townships[0].region_code, 6)
    return made


def entries_of(campaign: Campaign, user: User | None) -> list[int]:
    return list(campaign.assignments.filter(visitor=user).order_by("pk").values_list("pk", flat=True))


def test_a_new_visitor_gets_a_share_when_the_list_is_drawn_again(world: World) -> None:
    campaign = opened(world)
    officer, grant = officer_of(world)
    first = campaign.assignments.filter(visitor=world.user(Role.VISITOR)).select_related("firm").earliest("pk")
    visited(world, first.firm, by=world.user(Role.VISITOR))
    new = visitor_in(world.home.townships[0], "new")
    moved = redraw_list(campaign, by=officer, grant=grant, on=ON)
    still = campaign.assignments.filter(state=AssignmentState.OPEN)
    counts = sorted(still.filter(visitor=x).count() for x in (world.user(Role.VISITOR), new))
    assert counts == [3, 4]
    assert (moved.changed, moved.left) == (entries_of(campaign, new).__len__(), 2)
    first.refresh_from_db()
    assert (first.visitor, first.state) == (world.user(Role.VISITOR), AssignmentState.VISITED)
    again = redraw_list(campaign, by=officer, grant=grant, on=ON)
    assert again.changed == 0


def test_who_leaves_hands_over_to_the_others(world: World) -> None:
    other = visitor_in(world.home.townships[0], "other")
    campaign = opened(world)
    officer, grant = officer_of(world)
    leaving = world.user(Role.VISITOR)
    mine = entries_of(campaign, leaving)
    moved = hand_over(campaign, leaving=leaving, by=officer, grant=grant, on=ON)
    assert moved.changed == len(mine) > 0
    assert entries_of(campaign, leaving) == []
    assert set(mine) <= set(entries_of(campaign, other))
    with pytest.raises(BadRequest):
        hand_over(campaign, leaving=other, by=officer, grant=grant, on=ON, to=[other])


def test_chosen_entries_go_to_one_visitor_of_the_region(world: World) -> None:
    other = visitor_in(world.home.townships[0], "other")
    campaign = opened(world)
    officer, grant = officer_of(world)
    mine = entries_of(campaign, world.user(Role.VISITOR))[:2]
    assert assign_entries(campaign, entries=mine, visitor=other, by=officer, grant=grant, on=ON).changed == 2
    assert set(mine) <= set(entries_of(campaign, other))
    nobodys = entries_of(campaign, None)
    for visitor in (other, world.user(Role.VISITOR, home=False)):
        with pytest.raises(BadRequest):
            assign_entries(campaign, entries=nobodys, visitor=visitor, by=officer, grant=grant, on=ON)


def test_an_entry_is_dropped_for_a_reason_and_can_come_back(world: World) -> None:
    campaign = opened(world)
    officer, grant = officer_of(world)
    chosen = entries_of(campaign, world.user(Role.VISITOR))[:2]
    drop_entries(campaign, entries=chosen, reason=DropReason.CLOSED, note="门面已空", by=officer, grant=grant)
    dropped = VisitAssignment.objects.filter(pk__in=chosen)
    assert set(dropped.values_list("state", "drop_reason", "note")) == {
        (AssignmentState.DROPPED, DropReason.CLOSED, "门面已空")
    }
    assert Event.objects.filter(act="drop_entry", firm__in=dropped.values("firm")).count() == 2
    restore_entries(campaign, entries=chosen, by=officer, grant=grant)
    assert set(dropped.values_list("state", "drop_reason", "note")) == {(AssignmentState.OPEN, "", "")}
    with pytest.raises(WrongStage):
        restore_entries(campaign, entries=chosen, by=officer, grant=grant)


def test_another_reason_must_be_written_out(world: World) -> None:
    campaign = opened(world)
    officer, grant = officer_of(world)
    with pytest.raises(BadRequest):
        drop_entries(campaign, entries=entries_of(campaign, None), reason=DropReason.OTHER, note=" ", by=officer, grant=grant)


def test_entries_of_another_list_too_many_and_none_are_refused(world: World) -> None:
    campaign, foreign = opened(world), opened(world, home=False)
    officer, grant = officer_of(world)
    given: dict[str, Any] = {"reason": DropReason.CLOSED, "note": "", "by": officer, "grant": grant}
    with pytest.raises(NotAllowed):
        drop_entries(campaign, entries=foreign.assignments.values_list("pk", flat=True), **given)
    nothing: list[int] = []
    for wrong in (nothing, range(1, 1002)):
        with pytest.raises(BadRequest):
            drop_entries(campaign, entries=wrong, **given)
    with pytest.raises(NotAllowed):
        drop_entries(foreign, entries=foreign.assignments.values_list("pk", flat=True), **given)


def test_a_visitor_changes_no_list(world: World) -> None:
    campaign = opened(world)
    visitor = world.user(Role.VISITOR)
    with pytest.raises(NotAllowed):
        redraw_list(campaign, by=visitor, grant=grant_of(visitor), on=ON)


def test_what_is_still_open_gets_the_new_deadline(world: World) -> None:
    campaign = opened(world)
    officer, grant = officer_of(world)
    visited(world, world.home.firms[0])
    before = campaign.due_on
    assert before is not None
    moved = move_deadline(campaign, due_on=before + timedelta(days=10), by=officer, grant=grant, on=ON)
    assert moved.changed == campaign.assignments.count() - 1
    assert campaign.assignments.filter(due_on=before).count() == 1
    with pytest.raises(BadRequest):
        move_deadline(campaign, due_on=ON - timedelta(days=1), by=officer, grant=grant, on=ON)
