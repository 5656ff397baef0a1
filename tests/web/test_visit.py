"""Pages of visits: a visitor's day on a phone, and the entrance of phones that were off line."""

import json
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from huoshui.models import Visit, VisitAssignment, VisitPhoto
from huoshui.terms import AssignmentState, Need, Role, VisitSource, YesNo
from tests.campaigns import opened, visited
from tests.pictures import picture
from tests.world import World, county_world, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return county_world()


@pytest.fixture
def phone(world: World, client: Client) -> Client:
    return signed_in(client, world.user(Role.VISITOR))


def form(**more: Any) -> dict[str, Any]:
    return {"client_id": str(uuid4()), "mode": "onsite", "operating": "yes", "need": "yes", "amount": "30.5", **more}


def test_a_visitor_records_a_visit_from_the_list_of_today(world: World, phone: Client) -> None:
    campaign = opened(world)
    entry = campaign.assignments.get(firm=world.home.firms[0])
    page = phone.get("/visits/today")
    link = f"/visits/new?firm={entry.firm_id}&amp;assignment={entry.pk}"
    assert link in page.content.decode()
    sent = form(obstacles=["tax", "cost"], call_back="on", note="下午在店", months="12", purpose="stock")
    answer = phone.post(link.replace("&amp;", "&"), sent, follow=True)
    visit = Visit.objects.get()
    assert answer.redirect_chain == [(f"/visits/{visit.pk}/", 302)]
    assert (visit.need, visit.amount_fen, visit.obstacles, visit.call_back) == (Need.YES, 30_500_000, ["cost", "tax"], True)
    assert (visit.source, visit.assignment) == (VisitSource.ONLINE, entry)
    assert VisitAssignment.objects.get(pk=entry.pk).state is AssignmentState.VISITED
    assert f"/visits/new?firm={world.home.firms[2].pk}" in answer.content.decode()  # the next one


def test_a_form_that_is_sent_twice_is_one_visit(world: World, phone: Client) -> None:
    url, sent = f"/visits/new?firm={world.home.firms[0].pk}", form(visited_at="2026-03-01T09:30")
    first, second = phone.post(url, sent), phone.post(url, sent)
    assert first.headers["Location"] == second.headers["Location"]
    assert Visit.objects.count() == 1


def test_what_was_typed_is_still_there_after_an_error(world: World, phone: Client) -> None:
    answer = phone.post(f"/visits/new?firm={world.home.firms[0].pk}", form(operating="", amount="很多", note="还在"))
    page = answer.content.decode()
    assert (answer.status_code, "还在" in page, "很多" in page) == (400, True, True)
    assert Visit.objects.count() == 0


def test_a_visit_before_the_knock_is_flagged(world: World, phone: Client) -> None:
    visited(world, world.home.firms[0], visited_at=timezone.now(), received_at=timezone.now())
    opened(world)
    for url in ("/visits/today", f"/visits/new?firm={world.home.firms[0].pk}"):
        page = phone.get(url).content.decode()
        assert "近期已走访" in page
        assert world.home.task_force.name in page


def test_photos_of_the_form_are_kept_without_what_the_camera_wrote(world: World, phone: Client) -> None:
    data = picture()
    sent = form(
        photos=[SimpleUploadedFile("a.jpg", data, "image/jpeg"), SimpleUploadedFile("b.jpg", b"no photo", "image/jpeg")]
    )
    answer = phone.post(f"/visits/new?firm={world.home.firms[0].pk}", sent, follow=True)
    kept, lost = VisitPhoto.objects.order_by("pk")
    assert (kept.sha256, bool(kept.kept_sha256), lost.kept_sha256) == (sha256(data).hexdigest(), True, "")
    assert "有一张照片未保存" in answer.content.decode()
    shown = phone.get(f"/visits/photos/{kept.pk}")
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/jpeg")
    assert b"CameraMaker" not in shown.content
    assert phone.get(f"/visits/photos/{lost.pk}").status_code == 404


def test_a_batch_from_a_phone_gets_an_answer_for_each(world: World, phone: Client) -> None:
    good = {"client_id": str(uuid4()), "firm": world.home.firms[0].pk, "visited_at": "2026-03-01T09:30:00+08:00", "need": "no"}
    bad = {**good, "client_id": str(uuid4()), "firm": world.away.firms[0].pk}
    visits = [good, bad, good, "nonsense"]
    answer = phone.post("/visits/sync", json.dumps({"visits": visits}), content_type="application/json")
    told = answer.json()["visits"]
    assert [x["verdict"] for x in told] == ["saved", "refused", "already", "refused"]
    assert [x["client_id"] for x in told[:3]] == [good["client_id"], bad["client_id"], good["client_id"]]
    assert Visit.objects.count() == 1


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"visits": 1}', '{"visits": ' + "[" * 5000, json.dumps({"visits": [1] * 101})]
)
def test_a_batch_that_cannot_be_read_is_refused(phone: Client, body: str) -> None:
    answer = phone.post("/visits/sync", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_the_entrance_of_phones_asks_for_the_csrf_token(world: World) -> None:
    strict = signed_in(Client(enforce_csrf_checks=True), world.user(Role.VISITOR))
    for url in ("/visits/sync", "/visits/photos"):
        assert strict.post(url, "{}", content_type="application/json").status_code == 403


def test_a_photo_may_come_by_itself(phone: Client) -> None:
    data = picture()
    hashed = sha256(data).hexdigest()
    sent = {"photo": SimpleUploadedFile("a.jpg", data, "image/jpeg"), "sha256": hashed}
    assert phone.post("/visits/photos", sent).json() == {"verdict": "saved", "sha256": hashed, "visit": None}
    sent = {"photo": SimpleUploadedFile("a.jpg", b"x", "image/jpeg")}
    assert phone.post("/visits/photos", sent).status_code == 400
    assert phone.post("/visits/photos", {}).json()["verdict"] == "refused"


def test_the_pack_is_the_open_list(world: World, phone: Client) -> None:
    opened(world)
    pack = phone.get("/visits/pack").json()
    assert {x["firm"] for x in pack["entries"]} == {world.home.firms[0].pk, world.home.firms[2].pk}


@pytest.mark.parametrize("url", ["/visits/", "/visits/today"])
def test_a_list_of_one_and_of_three_takes_as_many_queries(world: World, client: Client, url: str) -> None:
    signed_in(client, world.user(Role.VISITOR))
    firms = [world.home.firms[0], world.home.firms[2]]
    if url == "/visits/today":
        opened(world)
    visited(world, firms[0], by=world.user(Role.VISITOR))
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    visited(world, firms[0], by=world.user(Role.VISITOR))
    visited(world, firms[1], by=world.user(Role.OFFICER))
    if url == "/visits/today":
        opened(world)
    with CaptureQueriesContext(connection) as more:
        client.get(url)
    assert len(few.captured_queries) == len(more.captured_queries)


def test_somebody_elses_visit_by_guessed_address_is_not_there(world: World, phone: Client) -> None:
    foreign = visited(world, world.away.firms[0], home=False).visit
    assert phone.get(f"/visits/{foreign.pk}/").status_code == 404
    assert phone.post(f"/visits/new?firm={world.away.firms[0].pk}", form()).status_code == 404
    assert (
        YesNo.YES.zh
        in phone.get(f"/visits/{visited(world, world.home.firms[0], operating=YesNo.YES).visit.pk}/").content.decode()
    )
