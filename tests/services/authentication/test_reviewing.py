from typing import Any

import pytest
from django.utils import timezone

from huoshui.errors import BadRequest, NotAllowed, WrongStage
from huoshui.models import BusinessAuthentication, Event, User
from huoshui.services.authentication import decide_authentication, may_act_for
from huoshui.terms import AuthenticationDecision as D
from huoshui.terms import AuthenticationStage as S
from huoshui.terms import Role, StatusClass
from tests.services.authentication.people import Case, case

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_hand() -> Case:
    return case()


@pytest.fixture
def doubtful(at_hand: Case) -> BusinessAuthentication:
    return at_hand.identified(at_hand.shown(at_hand.owner, read=False))


def decided(at_hand: Case, row: BusinessAuthentication, decision: D, *, by: User | None = None, **given: Any) -> Any:
    officer = by or at_hand.officer
    grant = officer.viewer(on=timezone.localdate()).of(Role.OFFICER, Role.LEAD)[0]
    said = {"note": "与执照照片和登记信息核对一致", "at": at_hand.at, **given}
    return decide_authentication(row, by=officer, grant=grant, decision=decision, **said)


def test_an_officer_accepts_what_no_rule_can(at_hand: Case, doubtful: BusinessAuthentication) -> None:
    done = decided(at_hand, doubtful, D.ACCEPT)
    assert (done.stage, done.decided_by) == (S.AUTHENTICATED, at_hand.officer)
    assert may_act_for(at_hand.owner, at_hand.firm, on=timezone.localdate()) == done.member
    event = Event.objects.get(act="decide_authentication")
    assert (event.role, event.organization, event.basis["decision"], event.basis["reasons"]) == (
        "officer", at_hand.world.home.task_force, "accept", ["photo_not_read"],
    )  # fmt: skip


def test_an_officer_refuses(at_hand: Case, doubtful: BusinessAuthentication) -> None:
    assert decided(at_hand, doubtful, D.REFUSE).stage is S.REFUSED
    assert may_act_for(at_hand.owner, at_hand.firm, on=timezone.localdate()) is None


def test_what_is_sent_back_is_corrected_and_looked_at_again(at_hand: Case, doubtful: BusinessAuthentication) -> None:
    assert decided(at_hand, doubtful, D.RETURN, note="照片模糊，请重新核对").stage is S.TO_CONFIRM
    again = at_hand.identified(at_hand.shown(at_hand.owner, read=False))
    assert (again.pk, again.stage) == (doubtful.pk, S.IN_REVIEW)


def test_a_decision_has_a_reason(at_hand: Case, doubtful: BusinessAuthentication) -> None:
    with pytest.raises(BadRequest) as refused:
        decided(at_hand, doubtful, D.ACCEPT, note="  ")
    assert refused.value.field == "note"


def test_a_decision_is_taken_once(at_hand: Case, doubtful: BusinessAuthentication) -> None:
    decided(at_hand, doubtful, D.REFUSE)
    with pytest.raises(WrongStage):
        decided(at_hand, doubtful, D.ACCEPT)


def test_the_task_force_of_another_county_does_not_decide(at_hand: Case, doubtful: BusinessAuthentication) -> None:
    with pytest.raises(NotAllowed, match="region"):
        decided(at_hand, doubtful, D.ACCEPT, by=at_hand.world.user(Role.OFFICER, home=False))


def test_a_visitor_does_not_decide(at_hand: Case, doubtful: BusinessAuthentication) -> None:
    visitor = at_hand.world.user(Role.VISITOR)
    grant = visitor.viewer(on=timezone.localdate()).of(Role.VISITOR)[0]
    with pytest.raises(NotAllowed):
        decide_authentication(doubtful, by=visitor, grant=grant, decision=D.ACCEPT, note="好", at=at_hand.at)


def test_nobody_decides_on_their_own(at_hand: Case, doubtful: BusinessAuthentication) -> None:
    doubtful.user = at_hand.officer
    doubtful.save()
    with pytest.raises(NotAllowed, match="own firm"):
        decided(at_hand, doubtful, D.ACCEPT)
    assert decided(at_hand, doubtful, D.ACCEPT, by=at_hand.world.user(Role.LEAD)).stage is S.AUTHENTICATED


def test_a_closed_firm_is_accepted_by_nobody(at_hand: Case, doubtful: BusinessAuthentication) -> None:
    at_hand.firm.status = StatusClass.CLOSED
    at_hand.firm.save()
    with pytest.raises(WrongStage, match="deregistered"):
        decided(at_hand, doubtful, D.ACCEPT)
