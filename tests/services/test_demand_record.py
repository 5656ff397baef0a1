"""What is written down of an act: from where to where, by which rule, in whose chain; and who may act."""

import pytest

from huoshui.errors import NotAllowed, WrongStage
from huoshui.models import Event
from huoshui.services.demand_record import check_officer, lock_demand, record_demand, task_force_for
from huoshui.terms import DemandStage, Role
from tests.demands import declared, draft, grant_of
from tests.world import World, county_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return county_world()


def test_an_act_of_the_firm_stands_in_its_task_forces_chain_and_names_stage_and_rule(world: World) -> None:
    demand = declared(world)
    event = Event.objects.get(act="publish_demand")
    assert (event.organization, event.firm, event.actor) == (world.home.task_force, demand.firm, demand.created_by)
    assert event.basis == {"from": "draft", "to": "declared", "evaluation": demand.evaluation_id, "rule": "five_criteria/1"}


def test_an_act_of_an_officer_stands_in_the_officers_organizations_chain(world: World) -> None:
    demand, officer = lock_demand(draft(world)), world.user(Role.OFFICER)
    grant = grant_of(officer, Role.OFFICER, region="350203")
    event = record_demand("act", demand, by=officer, grant=grant, was=DemandStage.DRAFT, why="code", basis={"x": 1})
    assert (event.organization_id, event.role) == (grant.organization_id, "officer")
    assert event.basis == {"from": "draft", "to": "draft", "why": "code", "x": 1}


def test_an_officer_of_the_region_may_and_nobody_else(world: World) -> None:
    demand = draft(world)
    officer = world.user(Role.OFFICER)
    assert check_officer(demand, grant=grant_of(officer, Role.OFFICER, region="350203")) == world.home.task_force.pk
    for role, home, region in [
        (Role.OFFICER, False, "350582"),
        (Role.VISITOR, True, "350203001"),
        (Role.AUDITOR, True, "350203"),
    ]:
        with pytest.raises(NotAllowed):
            check_officer(demand, grant=grant_of(world.user(role, home=home), role, region=region))


def test_a_place_without_a_task_force_says_so(world: World) -> None:
    demand = draft(world)
    demand.firm.region_code = "110101001"
    with pytest.raises(WrongStage, match="no task force"):
        task_force_for(demand)
