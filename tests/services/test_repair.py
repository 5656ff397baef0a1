"""Repairs: obstacle, department, measure, due day, done, declared again, reviewed again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from huoshui.errors import BadChoice, BadRequest, NotAllowed, WrongStage
from huoshui.models import Demand, Repair
from huoshui.services.repair import add_obstacle, arrange_repair, declare_again, end_repair
from huoshui.terms import DemandStage, RepairStage, ReviewAct, Role, Tristate
from tests.demands import declared, evaluation_of, good_firm, grant_of, reviewed
from tests.world import World, county_world

pytestmark = pytest.mark.django_db
S = DemandStage


@pytest.fixture
def world() -> World:
    found = county_world()
    good_firm(found)
    return found


def rejected(world: World) -> tuple[Demand, Repair]:
    demand = reviewed(world, declared(world), ReviewAct.REJECT)
    return demand, Repair.objects.get(demand=demand)


def arrange(world: World, repair: Repair, *, days: int = 5, measure: str = "上门辅导", home: bool = True) -> Repair:
    user = world.user(Role.OFFICER, home=home)
    return arrange_repair(repair, department="乡镇街道", measure=measure, due_on=timezone.localdate() + timedelta(days=days),
                          by=user, grant=grant_of(user, Role.OFFICER, region=world.county(home=home).region),
                          at=timezone.now())  # fmt: skip


def end(world: World, repair: Repair, *, done: bool = True, outcome: str = "已补齐合同") -> Repair:
    user = world.user(Role.OFFICER)
    grant = grant_of(user, Role.OFFICER, region="350203")
    return end_repair(repair, done=done, outcome=outcome, by=user, grant=grant, at=timezone.now())


def again(world: World, demand: Demand) -> Demand:
    user = world.user(Role.OFFICER)
    return declare_again(demand, by=user, grant=grant_of(user, Role.OFFICER, region="350203"), at=timezone.now())


def test_a_repaired_demand_is_declared_again_judged_anew_and_has_a_new_clock(world: World) -> None:
    demand, repair = rejected(world)
    assert (arrange(world, repair).stage, Demand.objects.get().stage) == (RepairStage.ARRANGED, S.REPAIR)
    assert end(world, repair).stage is RepairStage.DONE
    declared_again = again(world, demand)
    assert (declared_again.stage, evaluation_of(declared_again).verdict) == (S.DECLARED, Tristate.MET)
    assert demand.clocks.filter(name="task_force_review").count() == 2
    assert demand.clocks.filter(name="task_force_review", ended_on=None).count() == 1
    assert reviewed(world, declared_again, ReviewAct.PREPARE, ReviewAct.RECOMMEND).stage is S.RECOMMENDED


def test_it_is_not_declared_again_while_an_obstacle_is_open_or_when_none_was_removed(world: World) -> None:
    demand, repair = rejected(world)
    with pytest.raises(WrongStage):
        again(world, demand)
    arrange(world, repair)
    with pytest.raises(WrongStage):
        again(world, demand)
    end(world, repair, done=False)
    with pytest.raises(WrongStage):
        again(world, demand)
    assert Demand.objects.get().stage is S.REPAIR


def test_an_obstacle_may_be_added_by_hand_and_is_not_doubled(world: World) -> None:
    demand, _ = rejected(world)
    user = world.user(Role.OFFICER)
    grant = grant_of(user, Role.OFFICER, region="350203")
    for _ in range(2):
        add_obstacle(demand, obstacle="collateral", origin="走访", by=user, grant=grant, at=timezone.now())
    assert sorted(Repair.objects.values_list("obstacle", flat=True)) == ["collateral", "documents"]
    with pytest.raises(BadChoice):
        add_obstacle(demand, obstacle="bad_luck", origin="", by=user, grant=grant, at=timezone.now())


def test_an_arrangement_has_a_measure_and_a_day_to_come_and_may_be_changed(world: World) -> None:
    _, repair = rejected(world)
    with pytest.raises(BadRequest):
        arrange(world, repair, measure=" ")
    with pytest.raises(BadRequest):
        arrange(world, repair, days=-1)
    arrange(world, repair)
    assert arrange(world, repair, days=9).due_on == timezone.localdate() + timedelta(days=9)
    with pytest.raises(BadRequest):
        end(world, repair, outcome="")


def test_an_obstacle_that_is_not_arranged_is_not_done(world: World) -> None:
    _, repair = rejected(world)
    with pytest.raises(WrongStage):
        end(world, repair)


def test_another_county_repairs_nothing_here(world: World) -> None:
    _, repair = rejected(world)
    with pytest.raises(NotAllowed):
        arrange(world, repair, home=False)


def test_nothing_is_repaired_that_was_not_refused(world: World) -> None:
    demand = declared(world)
    user = world.user(Role.OFFICER)
    with pytest.raises(WrongStage):
        add_obstacle(demand, obstacle="documents", origin="", by=user, at=timezone.now(),
                     grant=grant_of(user, Role.OFFICER, region="350203"))  # fmt: skip
