import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from huoshui.errors import BadCode, BadRequest, NotAllowed, WrongStage
from huoshui.models import BusinessAuthentication, Event, FirmMember, Viewer
from huoshui.models.authentication import LEADS_TO
from huoshui.services.authentication import (
    confirm_licence,
    end_what_is_over,
    identify_person,
    may_act_for,
    recheck_waiting,
    start_authentication,
    withdraw_authentication,
)
from huoshui.services.authentication.reading import read_licence_photo
from huoshui.services.consent import withdraw_consent
from huoshui.services.event import chain_faults
from huoshui.terms import AuthenticationReason as R
from huoshui.terms import AuthenticationStage as S
from huoshui.terms import ConsentPurpose, LicenceField, Role, StatusClass
from tests.adapters.licence_ocr import specimen
from tests.services.authentication.people import AGENT, OWNER, Case, case, id_number, picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_hand() -> Case:
    return case()


def acts(row: BusinessAuthentication) -> list[str]:
    found = Event.objects.filter(subject_kind="businessauthentication", subject_id=row.pk)
    return list(found.order_by("pk").values_list("act", flat=True))


def reasons(row: BusinessAuthentication) -> set[R]:
    return set(row.coded_reasons)


def test_a_photographed_licence_leads_to_a_representative_who_may_act(
    at_hand: Case, django_capture_on_commit_callbacks: Any
) -> None:
    said = {**specimen.COMPANY, LicenceField.USCC: at_hand.firm.uscc, LicenceField.REPRESENTATIVE: OWNER}
    with django_capture_on_commit_callbacks(execute=True):
        row = start_authentication(
            user=at_hand.owner, photo=specimen.small(specimen.draw_company(said), width=900, quality=80), at=at_hand.at
        )
    assert DBTaskResult.objects.get().args_kwargs["args"] == [row.pk]
    read_licence_photo(row.pk, at=at_hand.at)
    read_licence_photo(row.pk, at=at_hand.at)  # a worker that was interrupted does it again
    row.refresh_from_db()
    assert (row.stage, row.read[LicenceField.USCC][0]) == (S.TO_CONFIRM, at_hand.firm.uscc)
    row = confirm_licence(row, by=at_hand.owner, fields={x: text for x, (text, _) in row.read.items()}, at=at_hand.at)
    row = at_hand.identified(row)
    assert (row.stage, row.reasons) == (S.AUTHENTICATED, [])
    member = may_act_for(at_hand.owner, at_hand.firm, on=timezone.localdate())
    assert member == row.member
    assert member is not None
    assert member.role is Role.LEGAL_REPRESENTATIVE
    assert acts(row) == ["start_authentication", "read_licence", "confirm_licence", "identify_person"]
    assert list(chain_faults()) == []


def test_no_event_holds_personal_data(at_hand: Case) -> None:
    at_hand.owner_in()
    told = json.dumps(list(Event.objects.values_list("basis", flat=True)), ensure_ascii=False)
    assert not [x for x in (OWNER, id_number(1), at_hand.owner.phone) if x in told]


def test_personal_data_is_sealed_in_the_database(at_hand: Case) -> None:
    row = at_hand.owner_in()
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "select person_name, person_id, confirmed_text from huoshui_businessauthentication where id = %s", [row.pk]
        )
        stored = " ".join(cursor.fetchone())
    assert not [x for x in (OWNER, id_number(1)) if x in stored]


def test_the_same_photograph_sent_twice_is_one_authentication(at_hand: Case) -> None:
    first = start_authentication(user=at_hand.owner, photo=picture(1), at=at_hand.at)
    assert start_authentication(user=at_hand.owner, photo=picture(1), at=at_hand.at) == first
    assert start_authentication(user=at_hand.agent, photo=picture(1), at=at_hand.at) != first
    assert acts(first) == ["start_authentication"]


def test_where_no_machine_can_read_people_type_and_people_decide(at_hand: Case) -> None:
    row = at_hand.identified(at_hand.shown(at_hand.owner, read=False))
    assert (row.stage, reasons(row)) == (S.IN_REVIEW, {R.PHOTO_NOT_READ})
    assert may_act_for(at_hand.owner, at_hand.firm, on=timezone.localdate()) is None


def test_what_was_confirmed_is_not_overwritten_by_a_late_machine(at_hand: Case) -> None:
    row = at_hand.shown(at_hand.owner, read=False)
    read_licence_photo(row.pk, at=at_hand.at)
    row.refresh_from_db()
    assert (row.stage, row.confirmed[LicenceField.USCC]) == (S.TO_IDENTIFY, at_hand.firm.uscc)


@pytest.mark.parametrize(
    ("given", "reason"),
    [({"name": "张三"}, R.PERSON_NAME_DIFFERS), ({"id_number": id_number(9)}, R.ID_DIFFERS)],
)
def test_somebody_else_is_refused(at_hand: Case, given: dict[str, str], reason: R) -> None:
    row = at_hand.identified(at_hand.shown(at_hand.owner), **given)
    assert (row.stage, reasons(row)) == (S.REFUSED, {reason})
    assert not FirmMember.objects.filter(user=at_hand.owner).exists()


def test_a_code_typed_over_the_photograph_of_another_firm_does_not_lead_there(at_hand: Case) -> None:
    other = at_hand.world.home.firms[1]
    row = at_hand.identified(at_hand.shown(at_hand.owner, uscc=other.uscc, name=other.name))
    assert row.stage in (S.REFUSED, S.IN_REVIEW)
    assert R.CODE_NOT_ON_PHOTO in reasons(row)
    assert may_act_for(at_hand.owner, other, on=timezone.localdate()) is None


def test_after_some_refusals_nobody_learns_by_trying(at_hand: Case) -> None:
    for number in range(3):
        row = at_hand.identified(at_hand.shown(at_hand.owner, photo=picture(100 + number)), id_number=id_number(20 + number))
        assert row.stage is S.REFUSED
    wrong = at_hand.identified(at_hand.shown(at_hand.owner, photo=picture(200)), id_number=id_number(30))
    assert (wrong.stage, R.TOO_MANY_TRIES in reasons(wrong)) == (S.IN_REVIEW, True)
    right = at_hand.identified(at_hand.shown(at_hand.owner, photo=picture(201)))
    assert right.stage is S.IN_REVIEW
    tomorrow = at_hand.identified(at_hand.shown(at_hand.owner, photo=picture(202)), at=at_hand.later(days=1, minutes=1))
    assert tomorrow.stage is S.AUTHENTICATED


def test_an_identity_number_of_another_account_is_for_people_to_decide(at_hand: Case) -> None:
    at_hand.owner_in()
    row = at_hand.identified(at_hand.shown(at_hand.agent))
    assert (row.stage, reasons(row)) == (S.IN_REVIEW, {R.ID_USED_ELSEWHERE})


def test_an_account_keeps_its_identity(at_hand: Case) -> None:
    at_hand.owner_in()
    row = at_hand.shown(at_hand.owner, photo=picture(3))
    with pytest.raises(BadRequest, match="another identity number"):
        at_hand.identified(row, id_number=id_number(4))


def test_a_closed_firm_is_refused_and_a_suspended_one_is_not(at_hand: Case) -> None:
    at_hand.firm.status = StatusClass.CLOSED
    at_hand.firm.save()
    assert reasons(at_hand.identified(at_hand.shown(at_hand.owner))) == {R.FIRM_CLOSED}
    at_hand.firm.status = StatusClass.SUSPENDED
    at_hand.firm.save()
    assert at_hand.identified(at_hand.shown(at_hand.owner)).stage is S.AUTHENTICATED


def test_a_firm_that_the_register_does_not_know_waits_for_it(at_hand: Case) -> None:
    code, at_hand.firm.uscc = at_hand.firm.uscc, "91350203MA90000111"
    at_hand.firm.save()
    row = at_hand.identified(at_hand.shown(at_hand.owner, uscc=code))
    assert row.stage is S.WAITING_FOR_REGISTER
    assert recheck_waiting(at=at_hand.at) == 0
    at_hand.firm.uscc = code
    at_hand.firm.save()
    row.read_text = json.dumps({str(x.value): (text, 0.99) for x, text in at_hand.fields().items()})
    row.save()
    assert recheck_waiting(at=at_hand.at) == 1
    assert recheck_waiting(at=at_hand.at) == 0
    assert BusinessAuthentication.objects.get(pk=row.pk).stage is S.AUTHENTICATED


@pytest.mark.parametrize(
    ("changed", "field"), [({"uscc": "123"}, "uscc"), ({"name": " "}, "name"), ({"representative": ""}, "representative")]
)
def test_needed_fields_are_asked_for_by_name(at_hand: Case, changed: dict[str, Any], field: str) -> None:
    with pytest.raises(BadRequest) as refused:
        at_hand.shown(at_hand.owner, **changed)
    assert refused.value.field == field


def test_who_one_is_is_asked_for_by_name(at_hand: Case) -> None:
    row = at_hand.shown(at_hand.owner)
    with pytest.raises(BadCode, match="identity number"):
        at_hand.identified(row, id_number="350203199001010011")
    with pytest.raises(BadRequest, match="name"):
        at_hand.identified(row, name="  ")
    with pytest.raises(BadRequest, match="representative or agent"):
        at_hand.identified(row, capacity=Role.OFFICER)


def test_without_consent_no_identity_is_checked(at_hand: Case) -> None:
    row = at_hand.shown(at_hand.owner)
    withdraw_consent(at_hand.owner, ConsentPurpose.IDENTITY, at=at_hand.at)
    with pytest.raises(NotAllowed, match="consent"):
        at_hand.identified(row)


def test_nobody_goes_on_with_somebody_elses(at_hand: Case) -> None:
    row = at_hand.shown(at_hand.owner)
    with pytest.raises(NotAllowed, match="somebody else"):
        identify_person(row, by=at_hand.agent, name=AGENT, id_number=id_number(2), capacity=Role.AGENT, at=at_hand.at)
    with pytest.raises(NotAllowed, match="somebody else"):
        confirm_licence(row, by=at_hand.agent, fields=at_hand.fields(), at=at_hand.at)
    with pytest.raises(NotAllowed, match="somebody else"):
        withdraw_authentication(row, by=at_hand.agent, at=at_hand.at)


def test_what_is_decided_is_not_withdrawn(at_hand: Case) -> None:
    row = at_hand.shown(at_hand.owner)
    assert withdraw_authentication(row, by=at_hand.owner, at=at_hand.at).stage is S.WITHDRAWN
    done = at_hand.owner_in()
    with pytest.raises(WrongStage):
        withdraw_authentication(done, by=at_hand.owner, at=at_hand.at)


def test_a_changed_firm_must_be_authenticated_again(at_hand: Case) -> None:
    row, today = at_hand.owner_in(), timezone.localdate()
    at_hand.firm.register_changed_on = today + timedelta(days=3)
    at_hand.firm.save()
    assert end_what_is_over(at=at_hand.later(days=3)) == 0  # an address, say: nothing of what the authentication rests on
    at_hand.firm.representative_name = "赵新任"
    at_hand.firm.save()
    assert may_act_for(at_hand.owner, at_hand.firm, on=today + timedelta(days=3)) is None  # at once, before anybody cleans up
    assert end_what_is_over(at=at_hand.later(days=3)) == 1
    assert end_what_is_over(at=at_hand.later(days=3)) == 0
    row.refresh_from_db()
    assert (row.stage, reasons(row)) == (S.ENDED, {R.REGISTER_CHANGED})
    assert at_hand.owner.viewer(on=today + timedelta(days=3)).grants == ()
    assert Event.objects.get(act="end_authentication").basis == {"changed": ["representative"]}


def test_who_authenticates_again_is_a_member_once(at_hand: Case) -> None:
    first = at_hand.owner_in()
    second = at_hand.identified(at_hand.shown(at_hand.owner, photo=picture(5)))
    first.refresh_from_db()
    assert (first.stage, second.stage, first.member) == (S.ENDED, S.AUTHENTICATED, second.member)
    assert FirmMember.objects.filter(user=at_hand.owner).count() == 1


def test_one_sees_ones_own_and_officers_those_of_their_region_once_they_are_confirmed(at_hand: Case) -> None:
    on = timezone.localdate()
    started = start_authentication(user=at_hand.owner, photo=picture(6), at=at_hand.at)
    rows = BusinessAuthentication.objects

    def seen(viewer: Viewer) -> list[BusinessAuthentication]:
        return list(rows.visible_to(viewer))

    assert seen(at_hand.owner.viewer(on=on)) == [started]
    assert seen(at_hand.officer.viewer(on=on)) == []
    at_hand.shown(at_hand.owner, photo=picture(6))
    assert seen(at_hand.officer.viewer(on=on)) == [started]
    assert seen(at_hand.world.user(Role.OFFICER, home=False).viewer(on=on)) == []
    assert seen(at_hand.world.user(Role.VISITOR).viewer(on=on)) == []
    assert seen(at_hand.agent.viewer(on=on)) == []
    assert seen(Viewer()) == []


def test_every_stage_is_reached_and_every_open_one_has_a_way_on() -> None:
    reached, new = {S.READING}, {S.READING}
    while new := {to for stage in new for to in LEADS_TO[stage]} - reached:
        reached |= new
    assert reached == set(S)
    ends = {S.REFUSED, S.ENDED, S.WITHDRAWN}
    assert {stage for stage, to in LEADS_TO.items() if not to} == ends


def test_only_people_and_the_rule_lead_to_authenticated() -> None:
    assert {x for x, to in LEADS_TO.items() if S.AUTHENTICATED in to} == {
        S.TO_IDENTIFY,
        S.WAITING_FOR_POWER,
        S.WAITING_FOR_REGISTER,
        S.IN_REVIEW,
    }
