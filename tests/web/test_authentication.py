from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from huoshui.models import BusinessAuthentication, Consent, PowerOfAttorney
from huoshui.services.authentication import hand_in_paper_power, start_authentication
from huoshui.services.consent import withdraw_consent
from huoshui.terms import AuthenticationStage as S
from huoshui.terms import ConsentPurpose, PowerStage, Role
from tests.services.authentication.people import AGENT, NAME, OWNER, Case, case, id_number, picture
from tests.world import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_hand() -> Case:
    return case()


@pytest.fixture
def owner(at_hand: Case) -> Client:
    return signed_in(Client(), at_hand.owner)


@pytest.fixture
def officer(at_hand: Case) -> Client:
    return signed_in(Client(), at_hand.officer)


def upload(number: int = 0, *, raw: bytes = b"") -> SimpleUploadedFile:
    return SimpleUploadedFile("p.jpg", raw or picture(number), content_type="image/jpeg")


def person(**changed: str) -> dict[str, str]:
    return {"name": OWNER, "id_number": id_number(1), "capacity": "legal_representative", **changed}


def stage_of(row: BusinessAuthentication) -> S:
    return BusinessAuthentication.objects.get(pk=row.pk).stage  # type: ignore[no-any-return]


def text(response: Any) -> str:
    return str(response.content.decode())


def test_from_photograph_to_verdict(at_hand: Case, owner: Client) -> None:
    sent = owner.post("/authenticate/", {"photo": upload()})
    row = BusinessAuthentication.objects.get()
    assert sent.headers["Location"] == f"/authenticate/{row.pk}/"
    waiting = owner.get(f"/authenticate/{row.pk}/")
    assert (waiting.headers["Refresh"], "手工填写" in text(waiting)) == ("3", True)
    fields = {str(x.value): y for x, y in at_hand.fields().items()}
    assert owner.post(f"/authenticate/{row.pk}/licence", fields).headers["Location"].endswith("/person")
    assert owner.post(f"/authenticate/{row.pk}/person", person()).headers["Location"] == f"/authenticate/{row.pk}/"
    assert stage_of(row) is S.IN_REVIEW
    shown = text(owner.get(f"/authenticate/{row.pk}/"))
    assert ("正在人工核实" in shown, id_number(1) in shown) == (True, False)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "请先拍照"),
        ({"album": upload(raw=b"%PDF no picture")}, "JPG、PNG"),
        ({"photo": upload(raw=b"x" * 11_000_000)}, "10MB"),
    ],
)
def test_what_is_no_photograph_is_told_at_the_field(owner: Client, given: dict[str, Any], told: str) -> None:
    answer = owner.post("/authenticate/", given)
    assert (answer.status_code, told in text(answer)) == (400, True)


def test_what_was_typed_is_kept_when_something_is_wrong(at_hand: Case, owner: Client) -> None:
    row = start_authentication(user=at_hand.owner, photo=picture(), at=at_hand.at)
    answer = owner.post(f"/authenticate/{row.pk}/licence", {"uscc": "91350203", "name": NAME, "representative": OWNER})
    assert (answer.status_code, "91350203" in text(answer), "应为18位" in text(answer)) == (400, True, True)
    at_hand.shown(at_hand.owner, read=False, photo=picture())
    answer = owner.post(f"/authenticate/{row.pk}/person", person(id_number="350203199001010011"))
    assert (answer.status_code, "身份证号码有误" in text(answer), OWNER in text(answer)) == (400, True, True)


def test_consent_is_asked_once_and_kept_with_its_version(at_hand: Case, owner: Client) -> None:
    withdraw_consent(at_hand.owner, ConsentPurpose.IDENTITY, at=at_hand.at)
    row = at_hand.shown(at_hand.owner)
    address = f"/authenticate/{row.pk}/person"
    page = owner.get(address)
    version = page.context["form"].initial["version"]
    assert owner.post(address, person()).status_code == 400
    assert owner.post(address, person(consent="on", version=version)).status_code == 302
    assert Consent.objects.get(user=at_hand.owner, purpose=ConsentPurpose.IDENTITY, withdrawn_at=None).version == version
    again = at_hand.shown(at_hand.owner, photo=picture(2))
    assert "我同意核验" not in text(owner.get(f"/authenticate/{again.pk}/person"))


def test_the_reason_does_not_say_which_part_of_an_identity_is_wrong(at_hand: Case, owner: Client) -> None:
    told = []
    for number, changed in enumerate(({"name": "张三"}, {"id_number": id_number(9)})):
        row = at_hand.shown(at_hand.owner, photo=picture(number))
        owner.post(f"/authenticate/{row.pk}/person", person(**changed))
        page = text(owner.get(f"/authenticate/{row.pk}/"))
        told.append(page.partition('class="reasons"')[2].partition("</ul>")[0])
    assert told[0] == told[1]
    assert "身份信息与登记的法定代表人不一致" in told[0]


def test_a_photograph_is_for_its_owner_and_who_may_decide(at_hand: Case, owner: Client, officer: Client) -> None:
    row = at_hand.shown(at_hand.owner)
    address = f"/authenticate/{row.pk}/photo.jpg"
    answer = owner.get(address)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
    assert "no-store" in answer.headers["Cache-Control"]
    assert officer.get(address).status_code == 200
    others = (
        at_hand.agent,
        at_hand.world.user(Role.OFFICER, home=False),
        at_hand.world.user(Role.VISITOR),
        at_hand.world.operator,
    )
    assert [signed_in(Client(), x).get(address).status_code for x in others] == [404] * 4
    assert Client().get(address).status_code == 302


def test_a_photograph_not_yet_confirmed_is_for_its_owner_alone(at_hand: Case, owner: Client, officer: Client) -> None:
    row = start_authentication(user=at_hand.owner, photo=picture(), at=at_hand.at)
    assert [x.get(f"/authenticate/{row.pk}/photo.jpg").status_code for x in (owner, officer)] == [200, 404]


def test_a_paper_is_for_the_two_sides_and_who_may_decide(at_hand: Case, officer: Client) -> None:
    hand_in_paper_power(at_hand.agent_waiting(), by=at_hand.agent, photo=picture(7), at=at_hand.at)
    address = f"/powers/{PowerOfAttorney.objects.get().pk}/paper.jpg"
    assert officer.get(address).status_code == 200
    people = (at_hand.agent, at_hand.world.stranger, at_hand.world.user(Role.OFFICER, home=False))
    assert [signed_in(Client(), x).get(address).status_code for x in people] == [200, 404, 404]


def test_withdrawing_asks_first(at_hand: Case, owner: Client) -> None:
    row = at_hand.shown(at_hand.owner)
    assert "撤回后" in text(owner.post(f"/authenticate/{row.pk}/withdraw"))
    assert stage_of(row) is S.TO_IDENTIFY
    owner.post(f"/authenticate/{row.pk}/withdraw", {"confirmed": "yes"})
    assert stage_of(row) is S.WITHDRAWN


def test_the_officer_sees_photograph_fields_and_register_side_by_side_and_decides(at_hand: Case, officer: Client) -> None:
    row = at_hand.identified(at_hand.shown(at_hand.owner, read=False))
    page = text(officer.get(f"/authentications/{row.pk}/"))
    assert [x in page for x in (NAME, OWNER, "350203********0", f"/authenticate/{row.pk}/photo.jpg", "一致")] == [True] * 5
    assert id_number(1) not in page
    assert officer.post(f"/authentications/{row.pk}/", {"decision": "accept"}).status_code == 400
    officer.post(f"/authentications/{row.pk}/", {"decision": "accept", "note": "核对一致"})
    row.refresh_from_db()
    assert (row.stage, row.decided_by) == (S.AUTHENTICATED, at_hand.officer)


def test_an_officer_decides_what_a_paper_allows(at_hand: Case, officer: Client) -> None:
    row = hand_in_paper_power(at_hand.agent_waiting(), by=at_hand.agent, photo=picture(7), at=at_hand.at)
    given = {"decision": "accept", "note": "公章清晰", "scopes": ["demand"]}
    assert officer.post(f"/authentications/{row.pk}/", given).status_code == 400
    until = timezone.localdate() + timedelta(days=30)
    assert officer.post(f"/authentications/{row.pk}/", {**given, "until_on": until.isoformat()}).status_code == 302
    power = PowerOfAttorney.objects.get()
    assert (power.stage, power.scopes, power.until_on) == (PowerStage.IN_FORCE, ["demand"], until)


def test_the_queue_takes_the_same_queries_for_one_and_for_three(at_hand: Case, officer: Client) -> None:
    counts = []
    officer.get("/authentications/?stage=in_review")  # the first page of a session takes note of the browser
    for number in range(3):
        at_hand.identified(at_hand.shown(at_hand.owner, read=False, photo=picture(number)))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = text(officer.get("/authentications/?stage=in_review"))
        assert page.count(at_hand.firm.uscc) >= number + 1
        counts.append(len(queries))
    assert counts[0] == counts[2]


def test_the_list_of_powers_takes_the_same_queries_for_one_and_for_three(at_hand: Case, owner: Client) -> None:
    at_hand.owner_in()
    counts = []
    owner.get("/powers/")  # the first page of a session takes note of the browser
    for number in range(3):
        PowerOfAttorney.objects.create(
            firm=at_hand.firm, agent_name=f"经办{number}", stage=PowerStage.OFFERED, asked_at=at_hand.at
        )
        with CaptureQueriesContext(connection) as queries:
            assert text(owner.get("/powers/")).count("经办") >= number + 1
        counts.append(len(queries))
    assert counts[0] == counts[2]


def test_a_representative_agrees_declines_offers_and_revokes(at_hand: Case, owner: Client) -> None:
    at_hand.owner_in()
    row = at_hand.agent_waiting()
    power = PowerOfAttorney.objects.get()
    until = (timezone.localdate() + timedelta(days=30)).isoformat()
    assert AGENT in text(owner.get("/powers/"))
    assert owner.post(f"/powers/{power.pk}/", {"scopes": [], "until_on": until}).status_code == 400
    assert owner.post(f"/powers/{power.pk}/", {"scopes": ["demand"], "until_on": until}).status_code == 302
    assert stage_of(row) is S.AUTHENTICATED
    assert "撤销后立即失效" in text(owner.post(f"/powers/{power.pk}/revoke"))
    owner.post(f"/powers/{power.pk}/revoke", {"confirmed": "yes"})
    assert stage_of(row) is S.ENDED
    offer = {"firm": at_hand.firm.pk, "name": "另一人", "phone": "13900009999", "scopes": ["demand"], "until_on": until}
    assert owner.post("/powers/new", {**offer, "phone": "12"}).status_code == 400
    assert owner.post("/powers/new", {**offer, "firm": at_hand.world.home.firms[0].pk}).status_code == 400
    assert owner.post("/powers/new", offer).status_code == 302
    at_hand.agent_waiting(photo=picture(8))
    asked = PowerOfAttorney.objects.get(stage=PowerStage.REQUESTED)
    owner.post(f"/powers/{asked.pk}/decline", {"confirmed": "yes"})
    asked.refresh_from_db()
    assert asked.stage is PowerStage.DECLINED


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_stage_has_a_page(at_hand: Case, owner: Client, language: str) -> None:
    owner.cookies["language"] = language
    row = at_hand.identified(at_hand.shown(at_hand.owner, read=False))
    for stage in S:
        BusinessAuthentication.objects.filter(pk=row.pk).update(stage=stage)
        assert owner.get(f"/authenticate/{row.pk}/").status_code in {200, 302}
