"""Loan codes at the desk: issued by form, listed with a constant number of queries, printed, revoked after a question."""

import io
from typing import Any

import pytest
import zxingcpp
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from huoshui.models import LoanCode, Membership, Scan
from huoshui.services.loan_code import address_of, judge_token, record_reading, token_of
from huoshui.terms import CodePurpose, RevocationReason, Role
from tests.web.test_scan import a_code, revoked, text
from tests.world import World, county_world, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return county_world()


@pytest.fixture
def lead(world: World) -> Client:
    return signed_in(Client(), world.user(Role.LEAD))


def terms(world: World, **given: Any) -> dict[str, Any]:
    on = timezone.localdate()
    return {
        "organization": world.home.task_force.pk, "purpose": "poster", "place": "测试大厅", "firm": "",
        "valid_from": on.isoformat(), "valid_until": on.replace(year=on.year + 1, day=1).isoformat(), **given,
    }  # fmt: skip


def test_a_code_is_issued_by_form(world: World, lead: Client) -> None:
    answer = lead.post("/loan-codes/new", terms(world), follow=True)
    code = LoanCode.objects.get()
    assert answer.redirect_chain == [(f"/loan-codes/{code.pk}/", 302)]
    assert (code.organization, code.region_code, code.place) == (world.home.task_force, world.home.region, "测试大厅")
    assert code.shown_number in text(answer)


def test_a_code_of_one_firm_is_issued_for_a_firm_that_the_issuer_sees(world: World, lead: Client) -> None:
    lead.post("/loan-codes/new", terms(world, purpose="firm", firm=world.home.firms[1].uscc))
    assert LoanCode.objects.get().firm == world.home.firms[1]
    answer = lead.post("/loan-codes/new", terms(world, purpose="firm", firm=world.away.firms[1].uscc))
    assert (answer.status_code, "firm" in answer.context["form"].errors) == (400, True)


def test_what_contradicts_itself_is_said_at_its_field_and_nothing_typed_is_lost(world: World, lead: Client) -> None:
    answer = lead.post("/loan-codes/new", terms(world, valid_until="2020-01-01"))
    assert (answer.status_code, "valid_until" in answer.context["form"].errors) == (400, True)
    assert 'value="测试大厅"' in answer.content.decode()
    answer = lead.post("/loan-codes/new", terms(world, purpose="bank_desk"))
    assert "银行网点的码由银行签发" in text(answer)
    assert LoanCode.objects.count() == 0


def test_nobody_issues_for_another_county(world: World, lead: Client) -> None:
    answer = lead.post("/loan-codes/new", terms(world, organization=world.away.task_force.pk))
    assert (answer.status_code, LoanCode.objects.count()) == (400, 0)


def test_a_batch_is_issued_for_townships_or_for_visitors(world: World, lead: Client) -> None:
    given = {x: y for x, y in terms(world).items() if x in {"organization", "valid_from", "valid_until"}}
    lead.post("/loan-codes/many", {**given, "townships": [x.pk for x in world.home.townships]})
    assert set(LoanCode.objects.values_list("region_code", flat=True)) == {x.region_code for x in world.home.townships}
    visitor = Membership.objects.get(user=world.user(Role.VISITOR))
    lead.post("/loan-codes/many", {**given, "visitors": [visitor.pk]})
    card = LoanCode.objects.get(purpose=CodePurpose.VISIT_CARD)
    assert (card.holder, card.region_code) == (world.user(Role.VISITOR), world.home.townships[0].region_code)
    foreign = Membership.objects.get(user=world.user(Role.VISITOR, home=False))
    for wrong in ({}, {"visitors": [foreign.pk]}, {"townships": [world.away.townships[0].pk]}):
        assert lead.post("/loan-codes/many", {**given, **wrong}).status_code == 400
    assert LoanCode.objects.count() == 3


def questions(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


def test_lists_take_as_many_questions_for_three_rows_as_for_one(world: World, lead: Client) -> None:
    def scanned(code: LoanCode) -> None:
        record_reading(judge_token(token_of(code), at=timezone.now()), at=timezone.now(), device=f"{code.pk}")

    scanned(a_code(world))
    counted = {url: questions(lead, url) for url in ("/loan-codes/", "/loan-codes/scans") for _ in range(2)}
    scanned(a_code(world, purpose=CodePurpose.FIRM, firm=world.home.firms[1]))
    scanned(a_code(world, purpose=CodePurpose.VISIT_CARD, holder=world.user(Role.VISITOR), place=""))
    assert {url: questions(lead, url) for url in counted} == counted


def test_the_list_shows_the_scans_and_finds_by_number_place_and_state(world: World, lead: Client) -> None:
    code, other = a_code(world), revoked(a_code(world, place="另一处"), world)
    record_reading(judge_token(token_of(code), at=timezone.now()), at=timezone.now(), device="one")
    for query, found in (
        ({"q": code.shown_number}, code), ({"q": "测试"}, code), ({"state": "valid"}, code), ({"state": "revoked"}, other),
    ):  # fmt: skip
        answer = lead.get("/loan-codes/", query)
        assert [x.pk for x in answer.context["listing"].page_rows] == [found.pk], query
    told = lead.get("/loan-codes/", {"export": "json", "sort": "-scans"}).getvalue().decode()
    assert '"scans": 1' in told.splitlines()[0]


def test_the_operator_sees_scans_of_codes_that_nobody_issued_and_officers_do_not(world: World, lead: Client) -> None:
    record_reading(judge_token("forged", at=timezone.now()), at=timezone.now(), device="one")
    assert Scan.objects.count() == 1
    assert "没有记录" in text(lead.get("/loan-codes/scans"))
    assert "伪造或残缺" in text(signed_in(Client(), world.operator).get("/loan-codes/scans", {"verdict": "forged"}))


def test_a_picture_leads_where_the_code_leads(world: World, lead: Client) -> None:
    code = a_code(world)
    answer = lead.get(f"/loan-codes/{code.pk}/qr.png")
    assert zxingcpp.read_barcodes(Image.open(io.BytesIO(answer.content)))[0].text == address_of(code)
    assert lead.get(f"/loan-codes/{code.pk}/qr.svg").headers["Content-Type"] == "image/svg+xml"
    assert lead.get(f"/loan-codes/{code.pk}/qr.gif").status_code == 404


def test_posters_and_cards_are_downloaded_alone_and_together(world: World, lead: Client) -> None:
    codes = [a_code(world), a_code(world)]
    for kind in ("poster", "cards"):
        answer = lead.get(f"/loan-codes/{codes[0].pk}/{kind}.pdf")
        assert (answer.headers["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    assert lead.get(f"/loan-codes/{codes[0].pk}/flag.pdf").status_code == 404
    rows = {"row": [x.pk for x in codes]}
    assert lead.post("/loan-codes/posters.pdf", rows).content[:5] == b"%PDF-"
    assert lead.post("/loan-codes/cards.pdf", rows).content[:5] == b"%PDF-"
    assert lead.post("/loan-codes/cards.pdf", {}).headers["Location"] == "/loan-codes/"


def test_a_code_is_revoked_after_a_question_and_for_a_reason(world: World, lead: Client) -> None:
    code = a_code(world)
    url = f"/loan-codes/{code.pk}/revoke"
    assert "不能恢复" in text(lead.get(url))
    assert "不能恢复" in text(lead.post(url, {"reason": "lost"}))
    assert "reason" in lead.post(url, {"confirmed": "yes"}).context["form"].errors
    assert LoanCode.objects.filter(revoked_at=None).count() == 1
    answer = lead.post(url, {"confirmed": "yes", "reason": "lost", "note": "海报丢了"}, follow=True)
    code.refresh_from_db()
    assert (code.revocation_reason, code.revoked_by) == (RevocationReason.LOST, world.user(Role.LEAD))
    assert "海报丢了" in text(answer)
    assert lead.get(f"/loan-codes/{code.pk}/poster.pdf").status_code == 409


def test_many_codes_are_revoked_together(world: World, lead: Client) -> None:
    codes = [a_code(world), a_code(world), a_code(world)]
    rows = {"row": [x.pk for x in codes[:2]]}
    asked = lead.post("/loan-codes/revoke", rows)
    assert codes[0].shown_number in text(asked)
    lead.post("/loan-codes/revoke", {**rows, "confirmed": "yes", "reason": "replaced"})
    assert LoanCode.objects.filter(revoked_at=None).get() == codes[2]


def test_a_bank_sees_and_revokes_its_own_codes_only(world: World) -> None:
    code = a_code(world)
    manager = signed_in(Client(), world.user(Role.CLIENT_MANAGER))
    assert manager.get(f"/loan-codes/{code.pk}/").status_code == 404
    assert manager.post(f"/loan-codes/{code.pk}/revoke", {"confirmed": "yes", "reason": "lost"}).status_code == 404
    own = terms(world, organization=world.home_bank.sub_branch.pk, purpose="bank_desk")
    assert manager.post("/loan-codes/new", own).status_code == 302
    assert LoanCode.objects.filter(organization=world.home_bank.sub_branch).count() == 1
