"""Demands: drafts are kept, the firm confirms, nobody changes what is on a list, and a withdrawal ends everything."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from huoshui.errors import BadAmount, BadChoice, BadRequest, HuoshuiError, NotAllowed, WrongStage
from huoshui.models import BankPush, Demand, DemandBank, Event, Firm, FirmMember, FirmShare, Notice
from huoshui.services.demand import (
    close_demand,
    confirm_demand,
    declare_authenticated,
    publish_demand,
    save_draft,
    withdraw_demand,
)
from huoshui.services.event import chain_faults
from huoshui.terms import (
    BankWish,
    CloseReason,
    DemandChannel,
    DemandPurpose,
    DemandStage,
    NoticeKind,
    PushStage,
    ReviewAct,
    Role,
    Tristate,
)
from tests.demands import declared, draft, evaluation_of, good_firm, grant_of, pushed, reviewed, written_by_a_visitor
from tests.world import World, county_world

pytestmark = pytest.mark.django_db
S = DemandStage


@pytest.fixture
def world() -> World:
    return county_world()


def test_a_draft_may_be_empty_and_is_kept_as_it_is(world: World) -> None:
    made = draft(world, amount_fen=None, months=None, purpose=None, note="")
    again = draft(world, demand=made, amount_fen=8_000_00, months=3, purpose=None)
    kept = Demand.objects.get()
    assert (kept.pk, kept.stage, kept.amount_fen, kept.months, kept.purpose) == (again.pk, S.DRAFT, 8_000_00, 3, "")


def test_the_wish_for_banks_is_kept_in_order(world: World) -> None:
    home, away = world.home_bank.sub_branch.pk, world.away_bank.sub_branch.pk
    made = draft(world, preferred_bank_ids=[away, home], excluded_bank_ids=[world.home_bank.branch.pk])
    assert [(x.bank_id, x.wish) for x in DemandBank.objects.filter(demand=made, wish=BankWish.PREFERRED)] == [
        (away, BankWish.PREFERRED), (home, BankWish.PREFERRED),
    ]  # fmt: skip
    with pytest.raises(BadChoice):
        draft(world, preferred_bank_ids=[home], excluded_bank_ids=[home])
    with pytest.raises(BadChoice):
        draft(world, preferred_bank_ids=[world.home.task_force.pk])


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"amount_fen": 0}, BadAmount),
        ({"amount_fen": 10**14}, BadAmount),
        ({"months": 0}, BadRequest),
        ({"months": 361}, BadRequest),
        ({"expected_rate": Decimal("3.65")}, HuoshuiError),
    ],
)
def test_values_that_cannot_be_are_refused(world: World, given: dict[str, Any], error: type[HuoshuiError]) -> None:
    with pytest.raises(error):
        draft(world, **given)
    assert Demand.objects.count() == 0


def test_a_demand_of_the_firm_itself_is_declared_and_judged_at_once(world: World) -> None:
    good_firm(world)
    made = declared(world)
    assert (made.stage, evaluation_of(made).verdict) == (S.DECLARED, Tristate.MET)
    assert evaluation_of(made).basis["citations"][0]["policy"] == "five_criteria"
    assert [x.act for x in Event.objects.filter(firm=made.firm)] == ["draft_demand", "publish_demand"]
    last = Event.objects.get(act="publish_demand")
    assert (last.basis["from"], last.basis["to"], last.basis["rule"]) == ("draft", "declared", "five_criteria/1")
    assert list(chain_faults()) == []


def publish_without(world: World, missing: str) -> None:
    given: dict[str, Any] = {missing: None}
    declared(world, **given)


@pytest.mark.parametrize("missing", ["amount_fen", "months", "purpose"])
def test_an_incomplete_demand_is_not_published(world: World, missing: str) -> None:
    with pytest.raises(BadRequest) as refused:
        publish_without(world, missing)
    assert refused.value.field == missing.removesuffix("_fen")
    assert Demand.objects.get().stage is S.DRAFT


def test_a_visitors_demand_waits_for_the_firm_and_the_visitor_cannot_confirm_it(world: World) -> None:
    made = written_by_a_visitor(world)
    visitor, owner = world.user(Role.VISITOR), world.user(Role.LEGAL_REPRESENTATIVE)
    with pytest.raises(NotAllowed):
        confirm_demand(made, by=visitor, grant=grant_of(visitor, Role.VISITOR, region=made.firm.region_code), at=timezone.now())
    assert Notice.objects.get(firm=made.firm).kind is NoticeKind.TO_CONFIRM
    grant = grant_of(owner, Role.LEGAL_REPRESENTATIVE, firm=made.firm)
    confirmed = confirm_demand(made, by=owner, grant=grant, at=timezone.now())
    assert (confirmed.stage, confirmed.confirmed_by) == (S.DECLARED, owner)
    assert Notice.objects.get(firm=made.firm).read_by == owner


def test_a_person_without_authentication_waits_for_it_and_is_declared_afterwards(world: World) -> None:
    stranger, firm = world.stranger, world.home.firms[2]
    made = save_draft(firm=firm, by=stranger, grant=None, channel=DemandChannel.FIRM, amount_fen=10_000_00, months=6,
                      purpose=DemandPurpose.RENT)  # fmt: skip
    made = publish_demand(made, by=stranger, grant=None, at=timezone.now())
    assert made.stage is S.AWAITING_AUTHENTICATION
    assert declare_authenticated(at=timezone.now()) == []
    FirmMember.objects.create(user=stranger, firm=firm, role=Role.LEGAL_REPRESENTATIVE, from_on=timezone.localdate())
    assert [x.pk for x in declare_authenticated(at=timezone.now(), user=stranger)] == [made.pk]
    assert declare_authenticated(at=timezone.now()) == []
    assert Demand.objects.get().stage is S.DECLARED


def test_an_agent_without_a_power_of_attorney_for_demands_waits(world: World) -> None:
    agent, firm = world.user(Role.AGENT), world.home.firms[0]
    grant = grant_of(agent, Role.AGENT, firm=firm)
    made = save_draft(firm=firm, by=agent, grant=grant, channel=DemandChannel.AGENT, amount_fen=1_000_00, months=3,
                      purpose=DemandPurpose.WAGES)  # fmt: skip
    assert publish_demand(made, by=agent, grant=grant, at=timezone.now()).stage is S.AWAITING_AUTHENTICATION


def test_a_second_open_demand_of_a_firm_is_flagged_and_a_later_one_after_the_first_ended_is_not(world: World) -> None:
    first, second = declared(world), declared(world)
    assert (first.duplicate_of, second.duplicate_of) == (None, first)
    assert "duplicate" in evaluation_of(second).cautions
    for made in (first, second):
        withdraw_demand(made, by=made.created_by, grant=None, at=timezone.now())
    assert declared(world).duplicate_of is None


def test_what_is_on_a_list_is_not_changed(world: World) -> None:
    made = declared(world)
    with pytest.raises(WrongStage):
        draft(world, demand=made, amount_fen=99_000_00)
    assert Demand.objects.get().amount_fen == 50_000_00


def test_a_demand_that_was_asked_back_is_changed_and_declared_again_by_the_firm_alone(world: World) -> None:
    made = reviewed(world, declared(world), ReviewAct.ASK_BACK)
    visitor = world.user(Role.VISITOR)
    with pytest.raises(NotAllowed):
        save_draft(firm=made.firm, by=visitor, channel=DemandChannel.VISITOR, demand=made, amount_fen=1_00,
                   grant=grant_of(visitor, Role.VISITOR, region="350203001"))  # fmt: skip
    changed = draft(world, demand=made, amount_fen=40_000_00)
    grant = grant_of(made.created_by, Role.LEGAL_REPRESENTATIVE, firm=made.firm)
    again = publish_demand(changed, by=made.created_by, grant=grant, at=timezone.now())
    assert (again.stage, again.amount_fen) == (S.DECLARED, 40_000_00)


def test_nobody_writes_for_a_firm_of_another_county(world: World) -> None:
    visitor = world.user(Role.VISITOR)
    with pytest.raises(NotAllowed):
        save_draft(firm=world.away.firms[0], by=visitor, channel=DemandChannel.VISITOR,
                   grant=grant_of(visitor, Role.VISITOR, region="350203001"))  # fmt: skip
    other = world.user(Role.LEGAL_REPRESENTATIVE, home=False)
    grant = grant_of(other, Role.LEGAL_REPRESENTATIVE, firm=world.away.firms[0])
    with pytest.raises(NotAllowed):
        save_draft(firm=world.home.firms[0], by=other, grant=grant, channel=DemandChannel.FIRM)
    assert Demand.objects.count() == 0


def test_a_withdrawal_takes_the_demand_and_the_firm_from_the_banks(world: World) -> None:
    firm = good_firm(world)
    FirmShare.objects.all().delete()
    made = pushed(world)
    banker = world.user(Role.CLIENT_MANAGER).viewer(on=timezone.localdate())
    assert [x.pk for x in Demand.objects.visible_to(banker)] == [made.pk]
    assert firm in Firm.objects.visible_to(banker)
    withdrawn = withdraw_demand(made, by=made.created_by, grant=None, at=timezone.now())
    assert withdrawn.stage is S.WITHDRAWN
    assert BankPush.objects.get().stage is PushStage.RECALLED
    assert list(Demand.objects.visible_to(banker)) == []
    assert firm not in Firm.objects.visible_to(banker)
    assert [x.stage for x in BankPush.objects.visible_to(banker)] == [PushStage.RECALLED]
    assert set(made.clocks.values_list("ended_with", flat=True)) == {"review_decided", "demand_ended"}


def test_nobody_but_the_firm_withdraws_what_it_confirmed(world: World) -> None:
    made = declared(world)
    with pytest.raises(NotAllowed):
        withdraw_demand(made, by=world.stranger, grant=None, at=timezone.now())
    officer = world.user(Role.OFFICER)
    with pytest.raises(NotAllowed):
        withdraw_demand(made, by=officer, grant=grant_of(officer, Role.OFFICER, region="350203"), at=timezone.now())
    assert Demand.objects.get().stage is S.DECLARED


def test_a_visitor_may_take_back_a_draft_that_nobody_confirmed(world: World) -> None:
    made = written_by_a_visitor(world)
    grant = grant_of(made.created_by, Role.VISITOR, region=made.firm.region_code)
    assert withdraw_demand(made, by=made.created_by, grant=grant, at=timezone.now()).stage is S.WITHDRAWN


def test_an_officer_closes_with_a_reason_and_of_the_own_region_only(world: World) -> None:
    good_firm(world)
    made = pushed(world)
    other = world.user(Role.OFFICER, home=False)
    with pytest.raises(NotAllowed):
        close_demand(made, reason=CloseReason.FINANCED, by=other, at=timezone.now(),
                     grant=grant_of(other, Role.OFFICER, region="350582"))  # fmt: skip
    officer = world.user(Role.OFFICER)
    closed = close_demand(made, reason=CloseReason.FINANCED, by=officer, at=timezone.now(),
                          grant=grant_of(officer, Role.OFFICER, region="350203"))  # fmt: skip
    assert (closed.stage, closed.close_reason, closed.ended_at is not None) == (S.CLOSED, CloseReason.FINANCED, True)


def test_a_draft_is_seen_by_its_writer_alone(world: World) -> None:
    made = draft(world)
    today = timezone.localdate()
    for role, home, seen in [
        (Role.LEGAL_REPRESENTATIVE, True, [made.pk]), (Role.AGENT, True, [made.pk]), (Role.OFFICER, True, []),
        (Role.LEGAL_REPRESENTATIVE, False, []), (Role.CLIENT_MANAGER, True, []), (Role.OPERATOR, True, []),
    ]:  # fmt: skip
        viewer = world.user(role, home=home).viewer(on=today)
        assert [x.pk for x in Demand.objects.visible_to(viewer)] == seen, role


def test_the_contact_is_sealed_in_the_database(world: World) -> None:
    made = draft(world, contact_phone="13900001234")
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select contact_phone from huoshui_demand where id = %s", [made.pk])
        assert "13900001234" not in cursor.fetchone()[0]
    assert Demand.objects.get().contact_phone == "13900001234"


def test_the_clock_of_the_review_stands_still_while_the_firm_is_asked(world: World) -> None:
    start = timezone.now() - timedelta(days=2)
    made = declared(world, at=start)
    before = made.clocks.get().due_on
    reviewed(world, made, ReviewAct.ASK_BACK, at=start)
    grant = grant_of(made.created_by, Role.LEGAL_REPRESENTATIVE, firm=made.firm)
    publish_demand(made, by=made.created_by, grant=grant, at=start + timedelta(days=9))
    assert made.clocks.get().due_on > before
