"""Bulk acts: what was foreseen is what happens, the possible is done, the rest is listed with reasons."""

from collections.abc import Iterable

import pytest
from django.utils import timezone

from huoshui.errors import BadRequest
from huoshui.models import BankPush, Batch, Demand, Evaluation, Event
from huoshui.services.event import chain_faults
from huoshui.services.review import Order
from huoshui.services.review_batch import foresee_push, foresee_review, push_many, review_many
from huoshui.terms import DemandStage, ReviewAct, Role
from tests.demands import declared, good_firm, grant_of, recommended, reviewed
from tests.world import World, county_world

pytestmark = pytest.mark.django_db
S = DemandStage


@pytest.fixture
def world() -> World:
    found = county_world()
    good_firm(found)
    return found


def stages(demands: Iterable[Demand]) -> list[DemandStage]:
    kept = {x.pk: x.stage for x in Demand.objects.all()}
    return [kept[x.pk] for x in demands]


def test_the_possible_is_done_and_the_rest_is_listed_with_reasons_as_foreseen(world: World) -> None:
    good, unknown, foreign = declared(world), declared(world, states_clean=None), declared(world, home=False)
    passed = reviewed(world, declared(world), ReviewAct.PREPARE)
    officer = world.user(Role.OFFICER)
    grant, at, order = grant_of(officer, Role.OFFICER, region="350203"), timezone.now(), Order(ReviewAct.PREPARE)
    demands, judged = [good, unknown, foreign, passed], Evaluation.objects.count()
    foreseen = foresee_review(demands, order=order, by=officer, grant=grant, at=at, on=timezone.localdate())
    assert Evaluation.objects.count() == judged
    batch = review_many(demands, order=order, by=officer, grant=grant, at=at)
    assert stages(demands) == [S.REVIEWED, S.DECLARED, S.DECLARED, S.REVIEWED]
    codes = [None, "criteria_open", "not_allowed", "wrong_stage"]
    assert [x.refusal and x.refusal.code for x in foreseen] == codes
    assert [x.get("code") for x in Batch.objects.get().results] == codes
    assert (batch.done, batch.refused) == (1, 3)
    assert "信用状况良好（不明）" in batch.results[1]["zh"]
    assert Event.objects.filter(act="prepare_demand").count() == 2
    assert list(chain_faults()) == []


def test_a_push_in_one_batch_goes_where_each_firm_wishes(world: World) -> None:
    home, away = world.home_bank.sub_branch, world.away_bank.sub_branch
    made = [
        recommended(world),
        recommended(world, excluded_bank_ids=[away.pk]),
        recommended(world, preferred_bank_ids=[away.pk]),
        declared(world),
    ]
    officer = world.user(Role.OFFICER)
    grant, at = grant_of(officer, Role.OFFICER, region="350203"), timezone.now()
    foreseen = foresee_push(made, banks=[home, away], grant=grant, at=at)
    assert [[y.pk for y in x.banks] for x in foreseen][:3] == [[home.pk, away.pk], [home.pk, away.pk], [home.pk, away.pk]]
    assert [x.refusal and x.refusal.code for x in foreseen] == [None, "against_wish", None, "wrong_stage"]
    batch = push_many(made, banks=[home], by=officer, grant=grant, at=at)
    assert [x.get("code") for x in batch.results] == [None, None, "against_wish", "wrong_stage"]
    again = push_many(made[:3], banks=[], by=officer, grant=grant, at=at)
    assert [x.get("code") for x in again.results] == ["bad_choice", "bad_choice", None]
    assert {(x.demand_id, x.bank_id) for x in BankPush.objects.all()} == {
        (made[0].pk, home.pk), (made[1].pk, home.pk), (made[2].pk, away.pk),
    }  # fmt: skip


@pytest.mark.parametrize("count", [0, 501])
def test_a_batch_has_one_to_five_hundred_demands(world: World, count: int) -> None:
    officer = world.user(Role.OFFICER)
    with pytest.raises(BadRequest):
        review_many([declared(world)] * count, order=Order(ReviewAct.PREPARE), by=officer, at=timezone.now(),
                    grant=grant_of(officer, Role.OFFICER, region="350203"))  # fmt: skip
    assert Batch.objects.count() == 0
