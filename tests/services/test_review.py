"""The review: not known never passes, two people, coded reasons."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from huoshui.errors import BadChoice, BadRequest, CriteriaOpen, NotAllowed, WrongStage
from huoshui.models import Demand, Evaluation, Event, Notice, Remark, Repair
from huoshui.services.review import Order, review_demand
from huoshui.terms import DemandStage, NoticeKind, RepairStage, ReviewAct, Role, Tristate
from tests.demands import declared, evaluation_of, good_firm, grant_of, recommended, reviewed
from tests.world import World, county_world

pytestmark = pytest.mark.django_db
S = DemandStage


@pytest.fixture
def world() -> World:
    return county_world()


def order(world: World, demand: Demand, given: Order, role: Role = Role.OFFICER, *, home: bool = True) -> Demand:
    user = world.user(role, home=home)
    grant = grant_of(user, role, region=world.county(home=home).region)
    return review_demand(demand, order=given, by=user, grant=grant, at=timezone.now())


def test_an_officer_passes_and_the_lead_recommends(world: World) -> None:
    good_firm(world)
    made = recommended(world)
    assert (made.stage, made.prepared_by) == (S.RECOMMENDED, world.user(Role.OFFICER))
    assert Notice.objects.filter(firm=made.firm, kind=NoticeKind.RECOMMENDED).count() == 1
    assert [x.ended_with for x in made.clocks.all()] == ["review_decided"]
    told = Event.objects.get(act="recommend_demand")
    assert (told.basis["from"], told.basis["rule"], told.basis["evaluation"]) == (
        "reviewed", "five_criteria/1", Demand.objects.get().evaluation_id,
    )  # fmt: skip


def test_what_is_not_known_never_passes_by_anybodys_hand(world: World) -> None:
    made = declared(world)
    assert evaluation_of(made).verdict is Tristate.NOT_KNOWN
    for role in (Role.OFFICER, Role.LEAD):
        with pytest.raises(CriteriaOpen, match="not known"):
            order(world, made, Order(ReviewAct.PREPARE), role)
    assert Demand.objects.get().stage is S.DECLARED


def test_evidence_that_ended_between_review_and_recommendation_stops_the_recommendation(world: World) -> None:
    firm = good_firm(world)
    made = reviewed(world, declared(world), ReviewAct.PREPARE)
    firm.screened_on = timezone.localdate() - timedelta(days=400)
    firm.save()
    with pytest.raises(CriteriaOpen):
        order(world, made, Order(ReviewAct.RECOMMEND), Role.LEAD)


def test_an_officer_does_not_recommend_and_a_lead_not_what_the_same_lead_passed(world: World) -> None:
    good_firm(world)
    made = reviewed(world, declared(world), ReviewAct.PREPARE)
    with pytest.raises(NotAllowed):
        order(world, made, Order(ReviewAct.RECOMMEND), Role.OFFICER)
    other = order(world, declared(world), Order(ReviewAct.PREPARE), Role.LEAD)
    with pytest.raises(NotAllowed, match="another person"):
        order(world, other, Order(ReviewAct.RECOMMEND), Role.LEAD)


def test_where_the_policy_asks_for_one_person_one_is_enough(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "350203").mkdir()
    (tmp_path / "350203" / "demand.yaml").write_text(
        "four_eyes:\n  zh: 双人\n  checked_on: 2026-01-01\n  values:\n    2024-10-28: {value: false, source: 测试}\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("HUOSHUI_POLICY_PATH", str(tmp_path))
    good_firm(world)
    made = order(world, declared(world), Order(ReviewAct.RECOMMEND))
    assert (made.stage, made.prepared_by) == (S.RECOMMENDED, world.user(Role.OFFICER))
    with pytest.raises(CriteriaOpen):
        order(world, declared(world, states_clean=False), Order(ReviewAct.RECOMMEND))


def test_another_countys_officer_does_nothing_here(world: World) -> None:
    good_firm(world)
    with pytest.raises(NotAllowed):
        order(world, declared(world), Order(ReviewAct.PREPARE), home=False)


@pytest.mark.parametrize("reasons", [(), ("because",)])
def test_a_rejection_needs_a_coded_reason(world: World, reasons: tuple[str, ...]) -> None:
    made = declared(world)
    with pytest.raises(BadChoice):
        order(world, made, Order(ReviewAct.REJECT, reasons))
    assert Demand.objects.get().stage is S.DECLARED


def test_a_rejection_names_the_obstacles_that_a_repair_begins_with(world: World) -> None:
    made = order(world, declared(world), Order(ReviewAct.REJECT, ("fixed_premises", "good_credit"), "场所已关门"))
    assert made.stage is S.REJECTED
    assert [(x.obstacle, x.stage, x.department) for x in Repair.objects.order_by("obstacle")] == [
        ("credit_record", RepairStage.OPEN, "信用主管部门"), ("premises", RepairStage.OPEN, "乡镇街道"),
    ]  # fmt: skip
    assert Remark.objects.get().text == "场所已关门"
    assert "场所" not in str(Event.objects.get(act="reject_demand").basis)


@pytest.mark.parametrize("act", [ReviewAct.ASK_BACK, ReviewAct.SEND_BACK])
def test_asking_back_says_what_is_missing(world: World, act: ReviewAct) -> None:
    good_firm(world)
    made = declared(world)
    if act is ReviewAct.SEND_BACK:
        made = reviewed(world, made, ReviewAct.PREPARE)
    with pytest.raises(BadRequest):
        order(world, made, Order(act))


def test_a_recommendation_sent_back_is_reviewed_again_by_two(world: World) -> None:
    good_firm(world)
    made = order(world, recommended(world), Order(ReviewAct.SEND_BACK, text="核实用途"), Role.LEAD)
    assert (made.stage, made.prepared_by, made.recommended_at) == (S.DECLARED, None, None)
    with pytest.raises(WrongStage):
        order(world, made, Order(ReviewAct.RECOMMEND), Role.LEAD)
    assert made.clocks.filter(ended_on=None).count() == 1


def test_every_judgement_is_kept_with_its_day_and_policy(world: World) -> None:
    good_firm(world)
    made = recommended(world)
    kept = list(Evaluation.objects.filter(demand=made).order_by("pk"))
    assert [x.verdict for x in kept] == [Tristate.MET] * 3
    age = kept[-1].marks[0]["findings"][0]
    assert (age["check"], age["field"], age["source"]) == ("age", "min_months", "register")
    assert {"found_on", "valid_until"} <= age.keys()
    assert "min_months" in {x["field"] for x in kept[-1].basis["citations"]}


@pytest.mark.parametrize("act", [ReviewAct.IMPORT, ReviewAct.PUSH])
def test_what_is_done_to_lists_is_no_order_on_one_demand(world: World, act: ReviewAct) -> None:
    good_firm(world)
    made = declared(world)
    with pytest.raises(BadChoice, match="prepare, recommend, reject, ask_back, send_back"):
        order(world, made, Order(act))
    assert Demand.objects.get().stage is S.DECLARED
