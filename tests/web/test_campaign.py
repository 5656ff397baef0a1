"""Pages of campaigns and lists: drafted, looked at, handed out, followed, changed."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from huoshui.models import Campaign, VisitAssignment
from huoshui.services import firms
from huoshui.terms import AssignmentState, CampaignStage, DropReason, Role
from huoshui.web import campaign as pages
from tests.campaigns import drafted, more_firms, opened, visited, visitor_in
from tests.world import World, county_world, signed_in

pytestmark = pytest.mark.django_db
NEW = {"name": "春季走访", "region": "350203", "mode": "even", "leave_out_visited": "no"}


@pytest.fixture
def world() -> World:
    return county_world()


@pytest.fixture
def desk(world: World, client: Client) -> Client:
    return signed_in(client, world.user(Role.OFFICER))


def test_a_campaign_from_draft_to_end(world: World, desk: Client) -> None:
    page = desk.post("/campaigns/new", NEW, follow=True)
    campaign = Campaign.objects.get()
    assert page.redirect_chain == [(f"/campaigns/{campaign.pk}/", 302)]
    assert world.user(Role.VISITOR).shown_name in page.content.decode()
    url = f"/campaigns/{campaign.pk}/open"
    assert "下发后" in desk.post(url).content.decode()
    assert VisitAssignment.objects.count() == 0
    desk.post(url, {"confirmed": "yes"})
    assert campaign.assignments.count() == len(world.home.firms)
    visited(world, world.home.firms[0])
    assert desk.get(f"/campaigns/{campaign.pk}/").status_code == 200
    desk.post(f"/campaigns/{campaign.pk}/close", {"confirmed": "yes"})
    assert Campaign.objects.get().stage is CampaignStage.CLOSED


def test_a_large_list_is_handed_out_by_the_worker(world: World, desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "LARGE", 1)
    campaign = drafted(world)
    desk.post(f"/campaigns/{campaign.pk}/open", {"confirmed": "yes"})
    assert Campaign.objects.get().stage in (CampaignStage.OPENING, CampaignStage.OPEN)


def test_entries_are_assigned_dropped_and_put_back_after_a_question(world: World, desk: Client) -> None:
    other = visitor_in(world.home.townships[0], "other")
    campaign = opened(world)
    entries = campaign.assignments.filter(area=world.home.townships[0].region_code)
    rows: dict[str, Any] = {"row": [x.pk for x in entries], "query": f"campaign={campaign.pk}"}
    assert other.shown_name in desk.post("/assignments/assign", rows).content.decode()
    desk.post("/assignments/assign", {**rows, "confirmed": "yes", "visitor": other.pk})
    assert set(entries.values_list("visitor", flat=True)) == {other.pk}
    desk.post("/assignments/drop", {**rows, "confirmed": "yes", "reason": "closed", "note": ""})
    assert set(entries.values_list("state", "drop_reason")) == {(AssignmentState.DROPPED, DropReason.CLOSED)}
    desk.post("/assignments/restore", {**rows, "confirmed": "yes"})
    assert set(entries.values_list("state", flat=True)) == {AssignmentState.OPEN}


def test_a_bulk_act_without_its_answer_asks_again(world: World, desk: Client) -> None:
    campaign = opened(world)
    rows = {"row": [campaign.assignments.earliest("pk").pk], "confirmed": "yes", "reason": ""}
    assert desk.post("/assignments/drop", rows).status_code == 200
    assert campaign.assignments.filter(state=AssignmentState.DROPPED).count() == 0


def test_nothing_of_another_county_is_changed(world: World, desk: Client) -> None:
    foreign = opened(world, home=False)
    desk.post("/assignments/drop", {"row": [x.pk for x in foreign.assignments.all()], "confirmed": "yes", "reason": "closed"})
    assert foreign.assignments.filter(state=AssignmentState.DROPPED).count() == 0


def test_a_list_is_handed_over_shared_out_anew_and_put_off(world: World, desk: Client) -> None:
    other = visitor_in(world.home.townships[0], "other")
    campaign = opened(world)
    url = f"/campaigns/{campaign.pk}"
    answer = desk.post(f"{url}/hand-over", {"visitor": world.user(Role.VISITOR).pk})
    assert (answer.status_code, campaign.assignments.filter(visitor=other).count()) == (302, 2)
    assert desk.post(f"{url}/redraw", {"mode": "even"}).status_code == 302
    assert campaign.assignments.filter(visitor=other).count() == 1
    assert desk.post(f"{url}/deadline", {"due_on": "2020-01-01"}).status_code == 400
    assert desk.post(f"{url}/deadline", {"due_on": "2099-01-01"}).status_code == 302
    assert {x.due_on.year for x in campaign.assignments.all()} == {2099}


def test_coverage_goes_down_to_townships(world: World, desk: Client) -> None:
    firms.recount_firms("35")
    page = desk.get("/coverage/").content.decode()
    assert world.home.townships[0].name in page
    assert desk.get("/coverage/?area=3505").status_code == 200
    assert desk.get("/coverage/?area=x%27--").status_code == 200


@pytest.mark.parametrize("url", ["/campaigns/", "/assignments/", "/coverage/", "/campaigns/{pk}/"])
def test_pages_take_as_many_queries_for_three_as_for_one(world: World, desk: Client, url: str) -> None:
    campaign = opened(world)
    firms.recount_firms("35")
    url = url.format(pk=campaign.pk)
    desk.get(url)
    with CaptureQueriesContext(connection) as few:
        desk.get(url)
    visitor_in(world.home.townships[0], "other")
    more_firms(world.home.townships[0].region_code, 3)
    opened(world)
    opened(world)
    firms.recount_firms("35")
    with CaptureQueriesContext(connection) as more:
        desk.get(url)
    assert len(few.captured_queries) == len(more.captured_queries)
