"""Coverage: the counters say what a plain count of the rows says, whatever was done in which order."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huoshui.models import AreaCount, Campaign, Firm, VisitAssignment
from huoshui.services.campaign import close_campaign
from huoshui.services.coverage import counted, coverage, total
from huoshui.services.firms import recount_firms
from huoshui.services.visit_list import drop_entries, move_deadline, redraw_list, restore_entries
from huoshui.terms import AssignmentState, DropReason, Need, Role
from tests.campaigns import AT, ON, more_firms, officer_of, opened, visited
from tests.world import World, county_world

pytestmark = pytest.mark.django_db
STATES = ("open", "visited", "dropped", "needs")
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["visit", "visit", "drop", "restore", "redraw", "later"]), st.integers(0, 7), st.sampled_from(Need)
    ),
    max_size=8,
)


def kept(campaign: Campaign) -> dict[Any, Any]:
    rows = AreaCount.objects.filter(campaign=campaign)
    found = {(x.area, x.township, x.due_on): tuple(getattr(x, y) for y in STATES) for x in rows}
    return {x: y for x, y in found.items() if any(y)}


def plain(campaign: Campaign) -> dict[Any, Any]:
    rows = counted(VisitAssignment.objects.filter(campaign=campaign))
    return {(x["area"], x["township"], x["due_on"]): tuple(x[f"all_{y}"] for y in STATES) for x in rows}


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTS)
def test_counters_reconcile_with_a_plain_count_after_any_acts(acts: list[tuple[str, int, Need]]) -> None:
    from django.db import transaction

    with transaction.atomic():
        world = county_world()
        more_firms(world.home.townships[0].region_code, 4)
        campaign = opened(world)
        for place, (act, number, need) in enumerate(acts):
            do(world, campaign, act, number=number, need=need, place=place)
        assert kept(campaign) == plain(campaign)
        transaction.set_rollback(True)


def do(world: World, campaign: Campaign, act: str, *, number: int, need: Need, place: int) -> None:
    officer, grant = officer_of(world)
    entry = campaign.assignments.select_related("firm").order_by("pk")[number]
    if act == "visit":
        visited(
            world,
            entry.firm,
            need=need,
            visited_at=AT + timedelta(minutes=(place * 7) % 5),
            received_at=AT + timedelta(hours=1),
        )
    elif act == "drop" and entry.state is AssignmentState.OPEN:
        drop_entries(campaign, entries=[entry.pk], reason=DropReason.CLOSED, note="", by=officer, grant=grant)
    elif act == "restore" and entry.state is AssignmentState.DROPPED:
        restore_entries(campaign, entries=[entry.pk], by=officer, grant=grant)
    elif act == "redraw":
        redraw_list(campaign, by=officer, grant=grant, on=ON)
    elif act == "later":
        move_deadline(campaign, due_on=ON + timedelta(days=30 + place), by=officer, grant=grant, on=ON)


def test_coverage_by_township_and_by_county(world: World) -> None:
    recount_firms("35")
    campaign = opened(world)
    visited(world, world.home.firms[0], need=Need.YES)
    visited(world, world.home.firms[0], need=Need.YES, visited_at=AT + timedelta(minutes=1))
    viewer = world.user(Role.OFFICER).viewer(on=ON)
    one, two = coverage(viewer, region=world.home.region, on=ON + timedelta(days=60))
    assert (one.area, one.firms, one.active, one.visited_firms, one.share) == ("350203001", 2, 2, 1, 50)
    assert (one.assigned, one.open, one.visited, one.needs, one.overdue) == (2, 1, 1, 1, 1)
    assert (two.area, two.assigned, two.overdue, two.visited_firms) == ("350203002", 2, 2, 0)
    (county,) = coverage(viewer, region="3502", on=ON, campaign=campaign)
    assert (county.area, county.firms, county.assigned, county.overdue) == ("350203", 4, 4, 0)
    assert total((one, two)).assigned == 4


def test_nobody_sees_figures_of_another_county(world: World) -> None:
    recount_firms("35")
    opened(world)
    opened(world, home=False)
    viewer = world.user(Role.OFFICER).viewer(on=ON)
    assert [x.area for x in coverage(viewer, region="35", on=ON)] == ["3502"]
    assert coverage(world.user(Role.LEGAL_REPRESENTATIVE).viewer(on=ON), region="35", on=ON) == ()


def test_visited_firms_are_active_ones(world: World) -> None:
    Firm.objects.filter(pk=world.home.firms[0].pk).update(active=False)
    recount_firms("350203")
    visited(world, world.home.firms[0])
    visited(world, world.home.firms[2])
    before = coverage(world.user(Role.OFFICER).viewer(on=ON), region="350203", on=ON)
    recount_firms("350203")
    assert coverage(world.user(Role.OFFICER).viewer(on=ON), region="350203", on=ON) == before
    assert total(before).visited_firms == 1


def test_a_closed_campaign_keeps_its_figures(world: World) -> None:
    campaign = opened(world)
    officer, grant = officer_of(world)
    close_campaign(campaign, by=officer, grant=grant, at=AT)
    assert kept(campaign) == plain(campaign)


@pytest.fixture
def world() -> World:
    return county_world()
