"""The firm's phone and the desk's pages of demands: forms keep what was typed, acts go through, lists take constant queries."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from huoshui.models import BankPush, Batch, Clock, Consent, Demand, Notice, Repair
from huoshui.services.recommendation import answer_push, push_demand
from huoshui.terms import BankWish, DemandStage, PushStage, ReviewAct, Role
from tests.demands import declared, draft, good_firm, grant_of, pushed, recommended, reviewed, written_by_a_visitor
from tests.world import World, county_world, signed_in

pytestmark = pytest.mark.django_db
S = DemandStage
NEED = {"amount": "30", "months": "12", "purpose": "stock", "note": "节前进货"}


@pytest.fixture
def world() -> World:
    found = county_world()
    good_firm(found)
    return found


def client_of(world: World, role: Role, *, home: bool = True) -> Client:
    return signed_in(Client(), world.user(role, home=home))


def test_an_owner_writes_checks_agrees_and_hands_in(world: World) -> None:
    Consent.objects.all().delete()
    client, firm = client_of(world, Role.LEGAL_REPRESENTATIVE), world.home.firms[0]
    bank = world.home_bank.sub_branch.pk
    written = {
        **NEED,
        "act": "publish",
        "states_clean": "yes",
        "preferred": [bank],
        "guarantees": ["credit"],
        "expected_rate": "3.65",
    }
    answer = client.post(reverse("demand:new", args=[firm.pk]), written)
    made = Demand.objects.get()
    assert answer["Location"] == reverse("demand:publish", args=[made.pk])
    page = client.get(answer["Location"])
    assert "节前进货" in page.content.decode()
    version = page.context["form"].initial["version"]
    refused = client.post(answer["Location"], {"version": version})
    assert (refused.status_code, Demand.objects.get().stage) == (400, S.DRAFT)
    client.post(answer["Location"], {"version": version, "share": "on"})
    made = Demand.objects.get()
    assert (made.stage, made.amount_fen, made.rate_percent, made.states_clean) == (S.DECLARED, 30_000_000, "3.65%", True)
    assert [(x.bank_id, x.wish) for x in made.bank_wishes.all()] == [(bank, BankWish.PREFERRED)]
    assert client.get(reverse("demand:own", args=[made.pk])).status_code == 200


def test_a_draft_may_be_incomplete_and_what_was_typed_is_kept_when_handing_in_fails(world: World) -> None:
    client, firm = client_of(world, Role.LEGAL_REPRESENTATIVE), world.home.firms[0]
    address = reverse("demand:new", args=[firm.pk])
    failed = client.post(address, {"amount": "30", "note": "只写了一半", "act": "publish"})
    assert (failed.status_code, Demand.objects.count()) == (400, 0)
    assert "只写了一半" in failed.content.decode()
    client.post(address, {"amount": "30", "act": "save"})
    made = Demand.objects.get()
    assert (made.stage, made.amount_fen, made.months) == (S.DRAFT, 30_000_000, None)
    assert client.get(reverse("demand:edit", args=[made.pk])).context["form"].initial["amount"] == 30_000_000


def test_a_visitor_writes_and_the_owner_confirms(world: World) -> None:
    firm = world.home.firms[0]
    visitor, owner = client_of(world, Role.VISITOR), client_of(world, Role.LEGAL_REPRESENTATIVE)
    answer = visitor.post(reverse("demand:new", args=[firm.pk]), {**NEED, "act": "publish"})
    visitor.post(answer["Location"])
    made = Demand.objects.get()
    assert made.stage is S.AWAITING_CONFIRMATION
    assert visitor.post(reverse("demand:confirm", args=[made.pk])).status_code == 403
    assert "请确认需求" in owner.get(reverse("demand:mine")).content.decode()
    owner.post(reverse("demand:confirm", args=[made.pk]))
    assert Demand.objects.get().stage is S.DECLARED


def test_a_withdrawal_asks_first_and_an_appeal_needs_reasons(world: World) -> None:
    demand = reviewed(world, declared(world), ReviewAct.REJECT)
    client = client_of(world, Role.LEGAL_REPRESENTATIVE)
    appeal, withdraw = (reverse(f"demand:{x}", args=[demand.pk]) for x in ("appeal", "withdraw"))
    assert client.post(appeal, {"text": ""}).status_code == 400
    client.post(appeal, {"text": "场所属实"})
    assert Demand.objects.get().stage is S.APPEALED
    assert client.post(withdraw).status_code == 200
    assert Demand.objects.get().stage is S.APPEALED
    client.post(withdraw, {"confirmed": "yes"})
    assert Demand.objects.get().stage is S.WITHDRAWN


def test_bulk_review_shows_beforehand_does_the_possible_and_lists_the_rest(world: World) -> None:
    good, open_one = declared(world), declared(world, states_clean=None)
    client = client_of(world, Role.OFFICER)
    page = client.post(reverse("review:prepare"), {"row": [good.pk, open_one.pk]})
    assert [x.demand.pk for x in page.context["possible"]] == [good.pk]
    assert "尚未全部符合标准" in page.content.decode()
    assert Demand.objects.filter(stage=S.REVIEWED).count() == 0
    answer = client.post(reverse("review:prepare"), {"row": [good.pk, open_one.pk], "confirmed": "yes"})
    batch = Batch.objects.get()
    assert (answer["Location"], batch.done, batch.refused) == (reverse("review:batch", args=[batch.pk]), 1, 1)
    assert client.get(answer["Location"]).status_code == 200
    every = client.post(reverse("review:prepare"), {"all_filtered": "yes", "query": "stage=declared"})
    assert [x.demand.pk for x in every.context["refused"]] == [open_one.pk]


def test_a_rejection_asks_for_its_reasons_and_evidence_is_kept_for_many(world: World) -> None:
    first, second = declared(world, states_clean=None), declared(world)
    client = client_of(world, Role.OFFICER)
    assert client.post(reverse("review:reject"), {"row": [second.pk], "confirmed": "yes"}).status_code == 400
    client.post(reverse("review:reject"), {"row": [second.pk], "confirmed": "yes", "reasons": ["real_need"], "text": "无合同"})
    assert Demand.objects.get(pk=second.pk).stage is S.REJECTED
    given = {
        "row": [first.pk],
        "confirmed": "yes",
        "check": "overdue",
        "verdict": "met",
        "reason": "征信报告",
        "found_on": "2026-11-24",
    }
    assert client.post(reverse("review:evidence"), given).status_code == 302
    assert first.firm.found_facts.get().check_name.value == "overdue"
    assert client.post(reverse("review:evidence"), {**given, "reason": ""}).status_code == 400


def test_the_push_dialog_shows_where_each_goes_and_pushes(world: World) -> None:
    demand, bank = recommended(world), world.home_bank.sub_branch
    client, address = client_of(world, Role.OFFICER), reverse("push:push")
    assert bank.name in client.post(address, {"row": [demand.pk]}).content.decode()
    page = client.post(address, {"row": [demand.pk], "looked": "yes", "banks": [bank.pk]})
    assert [x.banks for x in page.context["possible"]] == [(bank,)]
    assert BankPush.objects.count() == 0
    client.post(address, {"row": [demand.pk], "looked": "yes", "banks": [bank.pk], "confirmed": "yes"})
    assert BankPush.objects.get().bank == bank


def test_a_bank_acknowledges_contacts_and_returns_with_a_reason(world: World) -> None:
    pushed(world)
    push, client = BankPush.objects.get(), client_of(world, Role.CLIENT_MANAGER)
    show = reverse("push:show", args=[push.pk])
    assert "138" in client.get(show).content.decode()
    client.post(reverse("push:acknowledge", args=[push.pk]))
    client.post(reverse("push:contacted", args=[push.pk]))
    assert BankPush.objects.get().stage is PushStage.CONTACTED
    assert client.post(show, {"to": "declined"}).status_code == 400
    client.post(show, {"to": "declined", "reason": "late_tax"})
    assert (BankPush.objects.get().stage, Demand.objects.get().stage) == (PushStage.DECLINED, S.RETURNED)
    ended = client.get(show).content.decode()
    assert "欠缴或迟缴税款" in ended
    assert world.user(Role.LEGAL_REPRESENTATIVE).phone not in ended
    assert client.get(reverse("demand:show", args=[push.demand_id])).status_code == 404


def test_a_repair_is_arranged_done_and_declared_again(world: World) -> None:
    demand = reviewed(world, declared(world), ReviewAct.REJECT)
    client, show = client_of(world, Role.OFFICER), reverse("repair:show", args=[Repair.objects.get().pk])
    due = timezone.localdate().isoformat()
    given = {"act": "arrange", "arrange-department": "乡镇", "arrange-measure": "上门", "arrange-due_on": due}
    assert client.post(show, {**given, "arrange-measure": ""}).status_code == 400
    client.post(show, given)
    client.post(show, {"act": "end", "end-done": "yes", "end-outcome": "已补齐"})
    client.post(reverse("repair:again", args=[demand.pk]))
    assert Demand.objects.get().stage is S.DECLARED


def test_a_clock_is_paused_with_a_reason_and_a_notice_is_read_when_opened(world: World) -> None:
    pushed(world)
    clock, client = Clock.objects.get(name="bank_decision"), client_of(world, Role.CLIENT_MANAGER)
    show = reverse("clock:show", args=[clock.pk])
    assert client.post(show, {"event": "waiting_for_materials", "reason": ""}).status_code == 400
    client.post(show, {"event": "waiting_for_materials", "reason": "等待报表"})
    client.post(show, {"act": "resume"})
    assert list(clock.pauses.values_list("reason", flat=True)) == ["等待报表"]
    notice = Notice.objects.get(organization=world.home_bank.sub_branch)
    client.get(reverse("clock:notice", args=[notice.pk]))
    assert Notice.objects.get(pk=notice.pk).read_by == world.user(Role.CLIENT_MANAGER)


def test_both_lists_go_out_and_come_back(world: World) -> None:
    recommended(world)
    client = client_of(world, Role.OFFICER)
    for kind in ("xlsx", "json"):
        content = client.get(reverse("review:export", args=["recommended", kind])).content
        answer = client.post(reverse("review:import"), {"file": SimpleUploadedFile(f"list.{kind}", content)})
        assert Batch.objects.latest("pk").done == 1
        assert answer.status_code == 302
    broken = SimpleUploadedFile("list.xlsx", b"no workbook")
    assert client.post(reverse("review:import"), {"file": broken}).status_code == 400
    assert client.get("/review/export/everything.xlsx").status_code == 404


def returned(world: World) -> None:
    demand = pushed(world)
    banker = world.user(Role.CLIENT_MANAGER)
    grant = grant_of(banker, Role.CLIENT_MANAGER, region="350203")
    push = BankPush.objects.get(demand=demand)
    answer_push(push, to=PushStage.RETURNED, reason="late_tax", by=banker, grant=grant, at=timezone.now())


LISTS: list[tuple[str, Role, Callable[[World], Any]]] = [
    ("demand:list", Role.OFFICER, declared),
    ("demand:mine", Role.LEGAL_REPRESENTATIVE, draft),
    ("review:list", Role.OFFICER, declared),
    ("review:recommended", Role.OFFICER, recommended),
    ("push:list", Role.CLIENT_MANAGER, pushed),
    ("repair:list", Role.OFFICER, returned),
    ("clock:list", Role.OFFICER, declared),
    ("clock:notices", Role.CLIENT_MANAGER, pushed),
]


@pytest.mark.parametrize(("name", "role", "make"), LISTS, ids=[x[0] for x in LISTS])
def test_a_list_of_one_and_of_three_takes_the_same_number_of_queries(
    world: World, name: str, role: Role, make: Callable[[World], Any]
) -> None:
    client, counts = client_of(world, role), []
    client.get(reverse(name))  # the first page of a day notes the sign-in
    for rows in (1, 2):
        for _ in range(rows):
            make(world)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(reverse(name)).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1], asked.captured_queries


def test_a_demand_with_more_history_takes_no_more_queries(world: World) -> None:
    demand, counts = pushed(world), []
    client, show = client_of(world, Role.OFFICER), reverse("demand:show", args=[demand.pk])
    client.get(show)
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(show).status_code == 200
        counts.append(len(asked))
        client.post(reverse("review:evidence"), {"row": [demand.pk], "confirmed": "yes", "check": "overdue", "verdict": "met",
                                                 "reason": "征信报告", "found_on": timezone.localdate()})  # fmt: skip
        officer = world.user(Role.OFFICER)
        banks = [world.home_bank.branch if len(counts) == 1 else world.away_bank.branch]
        grant = grant_of(officer, Role.OFFICER, region="350203")
        push_demand(Demand.objects.get(pk=demand.pk), banks=banks, by=officer, grant=grant, at=timezone.now())
    assert counts[0] == counts[1]


def test_a_visitors_draft_is_on_the_desk_while_it_awaits_the_firm(world: World) -> None:
    demand = written_by_a_visitor(world)
    page = client_of(world, Role.OFFICER).get(reverse("demand:list")).content.decode()
    assert demand.firm.name in page
    assert "待企业确认" in page


@pytest.mark.parametrize("name", ["review:list", "demand:list", "push:list", "repair:list", "clock:list", "clock:notices"])
def test_pages_in_english_show_no_chinese_but_data(world: World, name: str) -> None:
    page = client_of(world, Role.OFFICER).get(reverse(name), {"language": "en"}).content.decode()
    body = page[page.index("<main") : page.index("</main>")]
    assert [x for x in body if "\u4e00" <= x <= "\u9fff"] == []


def test_a_visitor_is_told_that_the_firm_confirms_and_the_firm_that_it_should(world: World) -> None:
    demand = written_by_a_visitor(world)
    told = {}
    for role in (Role.VISITOR, Role.LEGAL_REPRESENTATIVE):
        pages = [client_of(world, role).get(x).content.decode() for x in ("/my/demands/", f"/my/demands/{demand.pk}/")]
        told[role] = [("等待企业确认" in x, "请核对内容" in x) for x in pages]
    assert told == {Role.VISITOR: [(True, False)] * 2, Role.LEGAL_REPRESENTATIVE: [(False, True)] * 2}
    assert "我代填的需求" in client_of(world, Role.VISITOR).get("/my/demands/").content.decode()


def test_a_demand_can_be_written_from_the_page_of_a_firm(world: World) -> None:
    firm = world.home.firms[0]
    link = f"/my/demands/new/{firm.pk}/"
    seen = {x: link in client_of(world, x).get(f"/firms/{firm.pk}/").content.decode() for x in (Role.OFFICER, Role.REGULATOR)}
    assert seen == {Role.OFFICER: True, Role.REGULATOR: False}
