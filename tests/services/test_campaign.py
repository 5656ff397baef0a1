"""Campaigns: which firms, how the list is shared out, when it is due."""

from datetime import date, timedelta

import pytest

from huoshui.errors import BadRequest, NotAllowed, WrongStage
from huoshui.models import AreaCount, Campaign, Event, Firm, VisitAssignment
from huoshui.services.campaign import Chosen, close_campaign, open_campaign, preview_draw, queue_campaign
from huoshui.terms import AssignmentState, CampaignStage, DrawMode, Role
from tests.campaigns import AT, EVERYBODY, ON, drafted, grant_of, more_firms, officer_of, opened, visited, visitor_in
from tests.world import County, World, county_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return county_world()


def held(campaign: Campaign) -> dict[str, int]:
    """Open entries by visitor."""
    found: dict[str, int] = {}
    for x in VisitAssignment.objects.filter(campaign=campaign).select_related("visitor"):
        name = x.visitor.login_name if x.visitor else "-"
        found[name] = found.get(name, 0) + 1
    return found


def staffed(county: County) -> None:
    """A second visitor for the first township, one for the second."""
    visitor_in(county.townships[0], "visitor-b")
    visitor_in(county.townships[1], "visitor-c")


def test_an_opened_list_has_every_firm_once_and_a_deadline_by_the_policy(world: World) -> None:
    campaign = opened(world)
    entries = VisitAssignment.objects.filter(campaign=campaign)
    assert set(entries.values_list("firm_id", flat=True)) == {x.pk for x in world.home.firms}
    assert (campaign.stage, campaign.due_on) == (CampaignStage.OPEN, date(2026, 4, 2))
    assert set(entries.values_list("due_on", "state")) == {(date(2026, 4, 2), AssignmentState.OPEN)}
    assert [x.basis["firms"] for x in Event.objects.filter(act="open_campaign")] == [len(world.home.firms)]
    assert [x["unconfirmed"] for x in campaign.basis["citations"]] == [True, True, True]


def test_visitors_go_only_where_they_work_and_share_evenly(world: World) -> None:
    staffed(world.home)
    more_firms(world.home.townships[0].region_code, 6)
    campaign = opened(world)
    assert held(campaign) == {f"visitor-{world.home.region}": 4, "visitor-b": 4, "visitor-c": 2}
    for x in VisitAssignment.objects.filter(campaign=campaign).select_related("organization"):
        assert x.area.startswith(x.organization.region_code)


def test_the_preview_says_what_opening_then_does(world: World) -> None:
    staffed(world.home)
    more_firms(world.home.townships[0].region_code, 5)
    campaign = drafted(world)
    told = preview_draw(campaign, on=ON)
    officer, grant = officer_of(world)
    campaign = open_campaign(campaign, by=officer, grant=grant, at=AT)
    assert {x.user.login_name: share for x, share, _ in told.loads} == held(campaign)
    assert (told.firms, told.left, told.due_on) == (9, 0, campaign.due_on)
    assert sum(x[2] for x in told.by_area) == told.firms


def test_what_nobody_may_take_is_on_the_list_all_the_same(world: World) -> None:
    campaign = opened(world)
    assert held(campaign) == {f"visitor-{world.home.region}": 2, "-": 2}


def test_grids_stay_whole_where_that_is_asked(world: World) -> None:
    staffed(world.home)
    for number, grid in enumerate(("甲", "乙", "丙")):
        more_firms(world.home.townships[0].region_code, 3, first=600 + 10 * number, grid=grid)
    campaign = opened(world, mode=DrawMode.WHOLE_GRIDS)
    by_grid: dict[str, set[int | None]] = {}
    for x in VisitAssignment.objects.filter(campaign=campaign).exclude(grid=""):
        by_grid.setdefault(x.grid, set()).add(x.visitor_id)
    assert [len(x) for x in by_grid.values()] == [1, 1, 1]


def test_who_has_open_firms_in_another_campaign_gets_fewer(world: World) -> None:
    opened(world)
    visitor_in(world.home.townships[0], "visitor-b")
    more_firms(world.home.townships[0].region_code, 4)
    second = opened(world, chosen=Chosen(verdicts=(), area=world.home.townships[0].region_code))
    assert held(second) == {f"visitor-{world.home.region}": 2, "visitor-b": 4}


def test_only_the_firms_that_were_chosen_are_on_the_list(world: World) -> None:
    Firm.objects.filter(pk=world.home.firms[0].pk).update(verdict="N01", active=False)
    Firm.objects.filter(pk=world.home.firms[1].pk).update(verdict="N01", priority=80)
    listed = opened(world, chosen=Chosen(verdicts=("N01",)))
    active = opened(world, chosen=Chosen(verdicts=("N01",), active_only=True, least_priority=50))
    assert [x.assignments.count() for x in (listed, active)] == [2, 1]


def test_firms_visited_lately_are_flagged_with_who_and_when(world: World) -> None:
    visited(world, world.home.firms[0], visited_at=AT - timedelta(days=30), received_at=AT)
    visited(world, world.home.firms[1], visited_at=AT - timedelta(days=400), received_at=AT)
    campaign = opened(world)
    flagged = VisitAssignment.objects.filter(campaign=campaign).exclude(visited_before_at=None)
    assert [(x.firm_id, x.visited_before_by) for x in flagged] == [(world.home.firms[0].pk, world.home.task_force)]
    spared = opened(world, leave_out_visited=True)
    assert spared.assignments.count() == len(world.home.firms) - 1


def test_a_campaign_is_opened_once_and_closed_once(world: World) -> None:
    officer, grant = officer_of(world)
    campaign = opened(world)
    with pytest.raises(WrongStage):
        open_campaign(campaign, by=officer, grant=grant, at=AT)
    campaign = close_campaign(campaign, by=officer, grant=grant, at=AT)
    assert campaign.stage is CampaignStage.CLOSED
    with pytest.raises(WrongStage):
        close_campaign(campaign, by=officer, grant=grant, at=AT)


def test_a_queued_campaign_is_opened_by_the_worker(world: World) -> None:
    officer, grant = officer_of(world)
    campaign = queue_campaign(drafted(world), by=officer, grant=grant)
    assert campaign.stage is CampaignStage.OPENING
    assert open_campaign(campaign, by=officer, grant=grant, at=AT).stage is CampaignStage.OPEN


def test_a_campaign_without_firms_or_with_a_past_deadline_is_not_opened(world: World) -> None:
    officer, grant = officer_of(world)
    with pytest.raises(WrongStage):
        open_campaign(drafted(world, chosen=Chosen(verdicts=("N01",))), by=officer, grant=grant, at=AT)
    with pytest.raises(BadRequest):
        open_campaign(drafted(world, due_on=ON - timedelta(days=1)), by=officer, grant=grant, at=AT)
    assert VisitAssignment.objects.count() == 0


@pytest.mark.parametrize("role", [Role.VISITOR, Role.REGULATOR, Role.AUDITOR])
def test_only_the_task_force_of_the_region_runs_campaigns(world: World, role: Role) -> None:
    campaign = drafted(world)
    for user, grant in ((world.user(role), grant_of(world.user(role))), officer_of(world, home=False)):
        with pytest.raises(NotAllowed):
            open_campaign(campaign, by=user, grant=grant, at=AT)


def test_a_campaign_needs_a_name_and_an_area_inside_its_region(world: World) -> None:
    with pytest.raises(BadRequest):
        drafted(world, chosen=Chosen(verdicts=(), area="350582"))
    assert EVERYBODY.area == ""


def test_the_counters_of_an_opened_list_are_those_of_its_rows(world: World) -> None:
    campaign = opened(world)
    assert sum(AreaCount.objects.filter(campaign=campaign).values_list("open", flat=True)) == campaign.assignments.count()
