from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from huoshui.errors import BadRequest, NotAllowed, WrongStage
from huoshui.models import BusinessAuthentication, PowerOfAttorney, User, Viewer
from huoshui.services.authentication import (
    decide_authentication,
    decline_power,
    end_what_is_over,
    give_power,
    hand_in_paper_power,
    may_act_for,
    offer_power,
    revoke_power,
)
from huoshui.services.event import chain_faults
from huoshui.terms import AuthenticationDecision as D
from huoshui.terms import AuthenticationReason as R
from huoshui.terms import AuthenticationStage as S
from huoshui.terms import PowerScope, PowerStage, Role
from tests.services.authentication.people import AGENT, Case, case, id_number, picture

pytestmark = pytest.mark.django_db
BOTH = (PowerScope.DEMAND, PowerScope.OFFERS)


@pytest.fixture
def at_hand() -> Case:
    return case()


def today() -> date:
    return timezone.localdate()


def given(at_hand: Case, power: PowerOfAttorney, *, by: User | None = None, **terms: Any) -> PowerOfAttorney:
    said = {"scopes": BOTH, "from_on": today(), "until_on": today() + timedelta(days=90), **terms}
    return give_power(power, by=by or at_hand.owner, at=at_hand.at, **said)


def offered(at_hand: Case, *, name: str = AGENT, phone: str = "") -> PowerOfAttorney:
    return offer_power(
        firm=at_hand.firm,
        by=at_hand.owner,
        phone=phone or at_hand.agent.phone,
        name=name,
        scopes=BOTH,
        from_on=today(),
        until_on=today() + timedelta(days=30),
        at=at_hand.at,
    )


def fresh(row: BusinessAuthentication) -> BusinessAuthentication:
    row.refresh_from_db()
    return row


def test_an_agent_acts_when_the_representative_agrees_and_only_within_what_was_allowed(at_hand: Case) -> None:
    at_hand.owner_in()
    row = at_hand.agent_waiting()
    assert (row.stage, set(row.coded_reasons)) == (S.WAITING_FOR_POWER, {R.POWER_MISSING})
    power = given(at_hand, PowerOfAttorney.objects.get())
    assert fresh(row).stage is S.AUTHENTICATED
    member = may_act_for(at_hand.agent, at_hand.firm, on=today())
    assert member == row.member == power.member
    assert member is not None
    assert (member.role, member.until_on) == (Role.AGENT, today() + timedelta(days=90))
    allowed = {x for x in PowerScope if may_act_for(at_hand.agent, at_hand.firm, on=today(), scope=x)}
    assert allowed == set(BOTH)
    assert may_act_for(at_hand.agent, at_hand.firm, on=today() + timedelta(days=91)) is None
    assert may_act_for(at_hand.owner, at_hand.firm, on=today(), scope=PowerScope.CONTRACT) is not None
    assert list(chain_faults()) == []


def test_an_agent_may_ask_before_the_representative_is_there(at_hand: Case) -> None:
    row = at_hand.agent_waiting()
    power = PowerOfAttorney.objects.get()
    with pytest.raises(NotAllowed, match="legal representative"):
        given(at_hand, power)
    at_hand.owner_in()
    given(at_hand, power)
    assert fresh(row).stage is S.AUTHENTICATED


def test_nobody_else_gives_declines_or_revokes(at_hand: Case) -> None:
    at_hand.owner_in()
    at_hand.agent_waiting()
    power = PowerOfAttorney.objects.get()
    for person in (at_hand.agent, at_hand.officer, at_hand.world.user(Role.LEGAL_REPRESENTATIVE)):
        with pytest.raises(NotAllowed):
            given(at_hand, power, by=person)
        with pytest.raises(NotAllowed):
            decline_power(power, by=person, at=at_hand.at)
    given(at_hand, power)
    with pytest.raises(NotAllowed):
        revoke_power(power, by=at_hand.officer, at=at_hand.at)


def test_a_power_is_declined(at_hand: Case) -> None:
    at_hand.owner_in()
    row = at_hand.agent_waiting()
    power = decline_power(PowerOfAttorney.objects.get(), by=at_hand.owner, at=at_hand.at)
    assert (power.stage, fresh(row).stage, row.reasons) == (PowerStage.DECLINED, S.REFUSED, ["power_declined"])
    with pytest.raises(WrongStage):
        given(at_hand, power)


@pytest.mark.parametrize("by_agent", [False, True])
def test_a_revoked_power_ends_at_once(at_hand: Case, *, by_agent: bool) -> None:
    at_hand.owner_in()
    row = at_hand.agent_waiting()
    power = given(at_hand, PowerOfAttorney.objects.get())
    revoke_power(power, by=at_hand.agent if by_agent else at_hand.owner, at=at_hand.at)
    assert may_act_for(at_hand.agent, at_hand.firm, on=today()) is None
    assert at_hand.agent.viewer(on=today()).grants == ()
    assert (fresh(row).stage, row.reasons) == (S.ENDED, ["power_revoked"])
    with pytest.raises(WrongStage):
        revoke_power(power, by=at_hand.owner, at=at_hand.at)


def test_an_expired_power_ends_and_another_one_can_be_asked_for(at_hand: Case) -> None:
    at_hand.owner_in()
    row = at_hand.agent_waiting()
    given(at_hand, PowerOfAttorney.objects.get(), until_on=today())
    assert end_what_is_over(at=at_hand.at) == 0
    assert end_what_is_over(at=at_hand.later(days=1)) == 1
    assert (fresh(row).stage, row.reasons) == (S.ENDED, ["power_expired"])
    assert at_hand.agent_waiting(photo=picture(9)).stage is S.WAITING_FOR_POWER


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"scopes": ()}, "scopes"),
        ({"until_on": date(2020, 1, 1)}, "until_on"),
        ({"until_on": date(2099, 1, 1)}, "until_on"),
    ],
)
def test_a_power_is_for_something_and_for_a_year_at_most(at_hand: Case, terms: dict[str, Any], field: str) -> None:
    at_hand.owner_in()
    at_hand.agent_waiting()
    with pytest.raises(BadRequest) as refused:
        given(at_hand, PowerOfAttorney.objects.get(), **terms)
    assert refused.value.field == field


def test_an_offered_power_holds_when_the_agent_has_come(at_hand: Case) -> None:
    at_hand.owner_in()
    power = offered(at_hand)
    assert power.stage is PowerStage.OFFERED
    row = at_hand.agent_waiting()
    power.refresh_from_db()
    assert (row.stage, power.stage, power.agent, power.member) == (
        S.AUTHENTICATED, PowerStage.IN_FORCE, at_hand.agent, row.member,
    )  # fmt: skip


def test_an_offer_to_another_name_or_number_is_nobodys_to_take(at_hand: Case) -> None:
    at_hand.owner_in()
    offered(at_hand, name="另一人")
    offered(at_hand, phone="13900009999")
    assert at_hand.agent_waiting().stage is S.WAITING_FOR_POWER


def test_an_offer_to_who_asked_already_is_the_answer(at_hand: Case) -> None:
    at_hand.owner_in()
    row = at_hand.agent_waiting()
    assert offered(at_hand).stage is PowerStage.IN_FORCE
    assert fresh(row).stage is S.AUTHENTICATED


def test_a_withdrawn_offer_is_not_taken(at_hand: Case) -> None:
    at_hand.owner_in()
    revoke_power(offered(at_hand), by=at_hand.owner, at=at_hand.at)
    assert at_hand.agent_waiting().stage is S.WAITING_FOR_POWER


def test_with_the_representative_go_the_agents(at_hand: Case) -> None:
    at_hand.owner_in()
    row = at_hand.agent_waiting()
    power = given(at_hand, PowerOfAttorney.objects.get())
    at_hand.firm.representative_name, at_hand.firm.register_changed_on = "赵新任", today() + timedelta(days=1)
    at_hand.firm.save()
    end_what_is_over(at=at_hand.later(days=1))
    power.refresh_from_db()
    assert (power.stage, fresh(row).stage) == (PowerStage.REVOKED, S.ENDED)
    assert may_act_for(at_hand.agent, at_hand.firm, on=today() + timedelta(days=1)) is None


def test_a_power_on_paper_is_decided_by_people(at_hand: Case) -> None:
    row = hand_in_paper_power(at_hand.agent_waiting(), by=at_hand.agent, photo=picture(7), at=at_hand.at)
    assert (row.stage, set(row.coded_reasons)) == (S.IN_REVIEW, {R.POWER_ON_PAPER})
    grant = at_hand.officer.viewer(on=today()).acting_as(Role.OFFICER, region=at_hand.firm.region_code)
    said: dict[str, Any] = {"by": at_hand.officer, "grant": grant, "decision": D.ACCEPT, "note": "公章清晰", "at": at_hand.at}
    with pytest.raises(BadRequest, match="until when"):
        decide_authentication(row, **said, scopes=BOTH)
    done = decide_authentication(row, **said, scopes=BOTH, until_on=today() + timedelta(days=60))
    assert done.stage is S.AUTHENTICATED
    assert may_act_for(at_hand.agent, at_hand.firm, on=today(), scope=PowerScope.DEMAND) is not None
    assert may_act_for(at_hand.agent, at_hand.firm, on=today(), scope=PowerScope.CONTRACT) is None


def test_paper_is_handed_in_by_who_waits_for_it(at_hand: Case) -> None:
    row = at_hand.agent_waiting()
    with pytest.raises(NotAllowed):
        hand_in_paper_power(row, by=at_hand.owner, photo=picture(7), at=at_hand.at)
    with pytest.raises(WrongStage):
        hand_in_paper_power(at_hand.owner_in(), by=at_hand.owner, photo=picture(7), at=at_hand.at)


def test_a_power_is_seen_by_both_sides_and_the_task_force_of_the_region(at_hand: Case) -> None:
    at_hand.owner_in()
    at_hand.agent_waiting()

    def seen(viewer: Viewer) -> int:
        return PowerOfAttorney.objects.visible_to(viewer).count()

    people = (at_hand.owner, at_hand.agent, at_hand.officer)
    others = (
        at_hand.world.user(Role.OFFICER, home=False),
        at_hand.world.user(Role.LEGAL_REPRESENTATIVE),
        at_hand.world.stranger,
    )
    assert [seen(x.viewer(on=today())) for x in (*people, *others)] == [1, 1, 1, 0, 0, 0]


def test_an_agent_of_one_firm_is_none_of_another(at_hand: Case) -> None:
    at_hand.owner_in()
    row = at_hand.agent_waiting()
    given(at_hand, PowerOfAttorney.objects.get())
    other = at_hand.world.home.firms[1]
    assert may_act_for(at_hand.agent, other, on=today()) is None
    assert fresh(row).person_id == id_number(2)
