"""Pushes: as the firm wishes, with consent, once to a bank; the bank answers with a coded reason."""

from datetime import timedelta

import pytest
from django.utils import timezone

from huoshui.errors import AgainstWish, BadChoice, HuoshuiError, NoConsent, NotAllowed, WrongStage
from huoshui.models import BankPush, Consent, Demand, Firm, FirmShare, Notice, Organization, Repair
from huoshui.services.recommendation import acknowledge_push, answer_push, bank_choices, contact_firm, push_demand
from huoshui.terms import BankWish, DemandStage, NoticeKind, PushStage, Role
from tests.demands import declared, good_firm, grant_of, pushed, recommended
from tests.world import World, county_world

pytestmark = pytest.mark.django_db
S = DemandStage


@pytest.fixture
def world() -> World:
    found = county_world()
    good_firm(found)
    FirmShare.objects.all().delete()
    return found


def push(world: World, demand: Demand, *banks: Organization, role: Role = Role.OFFICER) -> list[BankPush]:
    user = world.user(role)
    grant = grant_of(user, role, region="350203")
    return push_demand(demand, banks=banks, by=user, grant=grant, at=timezone.now())


def handle(world: World, pushed: BankPush, *acts: PushStage, home: bool = True, reason: str = "late_tax") -> BankPush:
    user = world.user(Role.CLIENT_MANAGER, home=home)
    grant = grant_of(user, Role.CLIENT_MANAGER, region=world.bank(home=home).sub_branch.region_code)
    for act in acts:
        if act is PushStage.ACKNOWLEDGED:
            pushed = acknowledge_push(pushed, by=user, grant=grant, at=timezone.now())
        elif act is PushStage.CONTACTED:
            pushed = contact_firm(pushed, by=user, grant=grant, at=timezone.now())
        else:
            pushed = answer_push(pushed, to=act, reason=reason, by=user, grant=grant, at=timezone.now())
    return pushed


def test_a_bank_sees_firm_and_demand_once_they_are_pushed_to_it_and_no_other_bank_does(world: World) -> None:
    made = pushed(world)
    today = timezone.localdate()
    mine, other = (world.user(Role.CLIENT_MANAGER, home=x).viewer(on=today) for x in (True, False))
    assert (list(Demand.objects.visible_to(mine)), list(Firm.objects.visible_to(mine))) == ([made], [made.firm])
    assert (list(Demand.objects.visible_to(other)), list(Firm.objects.visible_to(other))) == ([], [])
    assert (made.stage, BankPush.objects.get().shown["amount_fen"]) == (S.PUSHED, 50_000_00)
    assert {x.name for x in made.clocks.filter(ended_on=None)} == {"bank_contact", "bank_decision"}
    assert {x.organization for x in made.clocks.filter(ended_on=None)} == {world.home_bank.sub_branch}


def test_a_demand_goes_to_a_bank_once(world: World) -> None:
    made = pushed(world)
    with pytest.raises(WrongStage, match="has this demand already"):
        push(world, made, world.home_bank.sub_branch)
    assert BankPush.objects.count() == 1


@pytest.mark.parametrize("stage", ["declared", "recommended"])
def test_only_what_is_on_the_recommended_list_is_pushed(world: World, stage: str) -> None:
    made = declared(world) if stage == "declared" else recommended(world)
    if stage == "declared":
        with pytest.raises(WrongStage):
            push(world, made, world.home_bank.sub_branch)
    else:
        assert len(push(world, made, world.home_bank.sub_branch)) == 1


def test_an_old_recommendation_is_reviewed_again_before_it_is_pushed(world: World) -> None:
    made = recommended(world)
    Demand.objects.filter(pk=made.pk).update(recommended_at=timezone.now() - timedelta(days=120))
    with pytest.raises(WrongStage, match="older than 3 months"):
        push(world, made, world.home_bank.sub_branch)


def test_without_consent_or_after_its_withdrawal_no_bank_sees_anything(world: World) -> None:
    made = recommended(world)
    Consent.objects.update(withdrawn_at=timezone.now())
    with pytest.raises(NoConsent):
        push(world, made, world.home_bank.sub_branch)
    assert (BankPush.objects.count(), FirmShare.objects.count()) == (0, 0)


def test_a_bank_that_the_firm_excluded_is_not_asked_nor_are_its_branches(world: World) -> None:
    made = recommended(world, excluded_bank_ids=[world.home_bank.head_office.pk])
    with pytest.raises(AgainstWish, match="does not want"):
        push(world, made, world.home_bank.sub_branch)
    assert [x.wish for x in bank_choices(made)] == [BankWish.EXCLUDED]


def test_the_preferred_bank_is_asked_before_another(world: World) -> None:
    home, away = world.home_bank.sub_branch, world.away_bank.sub_branch
    made = recommended(world, preferred_bank_ids=[away.pk])
    assert [x.bank for x in bank_choices(made)] == [away, home]
    with pytest.raises(AgainstWish, match="before"):
        push(world, made, home)
    assert len(push(world, made, away)) == 1
    assert len(push(world, Demand.objects.get(pk=made.pk), home)) == 1


def test_the_officer_of_another_county_and_a_visitor_push_nothing(world: World) -> None:
    made = recommended(world)
    other, visitor = world.user(Role.OFFICER, home=False), world.user(Role.VISITOR)
    for user, grant in (
        (other, grant_of(other, Role.OFFICER, region="350582")), (visitor, grant_of(visitor, Role.VISITOR, region="350203001"))
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            push_demand(made, banks=[world.home_bank.sub_branch], by=user, grant=grant, at=timezone.now())


def test_a_bank_acknowledges_contacts_and_answers_in_that_order(world: World) -> None:
    pushed(world)
    record = BankPush.objects.get()
    with pytest.raises(WrongStage):
        handle(world, record, PushStage.CONTACTED)
    answered = handle(world, record, PushStage.ACKNOWLEDGED, PushStage.CONTACTED, PushStage.APPROVED)
    assert (answered.stage, answered.reason) == (PushStage.APPROVED, "")
    assert Demand.objects.get().stage is S.PUSHED
    with pytest.raises(WrongStage):
        handle(world, answered, PushStage.RETURNED)


def test_another_bank_cannot_handle_it(world: World) -> None:
    pushed(world)
    with pytest.raises(NotAllowed):
        handle(world, BankPush.objects.get(), PushStage.ACKNOWLEDGED, home=False)


def test_a_refusal_needs_a_coded_reason_and_a_repairable_one_names_its_obstacle(world: World) -> None:
    made = pushed(world)
    record = BankPush.objects.get()
    with pytest.raises(BadChoice):
        handle(world, record, PushStage.RETURNED, reason="no")
    handle(world, record, PushStage.RETURNED, reason="late_tax")
    assert [(x.obstacle, x.department) for x in Repair.objects.all()] == [("late_tax", "税务部门")]
    assert Demand.objects.get().stage is S.RETURNED
    assert Firm.objects.visible_to(world.user(Role.CLIENT_MANAGER).viewer(on=timezone.localdate())).count() == 0
    assert Notice.objects.filter(kind=NoticeKind.RETURNED).count() == 2
    assert made.clocks.filter(ended_on=None).count() == 0


def test_a_demand_is_returned_when_its_last_bank_has_returned_it_and_can_go_to_another(world: World) -> None:
    made = pushed(world)
    push(world, made, world.away_bank.sub_branch)
    first, second = BankPush.objects.order_by("pk")
    handle(world, first, PushStage.RETURNED, reason="product")
    assert (Demand.objects.get().stage, Repair.objects.count()) == (S.PUSHED, 0)
    handle(world, second, PushStage.RETURNED, reason="product", home=False)
    assert Demand.objects.get().stage is S.RETURNED
    assert len(push(world, Demand.objects.get(), world.home_bank.branch)) == 1
    assert Demand.objects.get().stage is S.PUSHED


def test_errors_have_a_chinese_sentence(world: World) -> None:
    made = recommended(world, excluded_bank_ids=[world.home_bank.sub_branch.pk])
    with pytest.raises(HuoshuiError) as refused:
        push(world, made, world.home_bank.sub_branch)
    assert refused.value.zh == "企业不希望推送给甲银行350203支行"
