import json
import threading
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from huoshui.api.door import LIMIT
from huoshui.models import BankPush, Demand, Event, IdempotencyKey, Visit
from huoshui.terms import ApiScope, DemandStage, PushStage, Role
from tests.api.callers import V1, caller
from tests.demands import declared, good_firm, pushed, recommended
from tests.world import World, county_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    LIMIT.forget()
    return county_world()


def post(client: Client, path: str, body: Any, **headers: str) -> Any:
    return client.post(f"{V1}{path}", json.dumps(body), content_type="application/json", headers=headers)


def visit(world: World, **given: Any) -> dict[str, Any]:
    told = {
        "client_id": str(uuid4()),
        "firm": world.home.firms[0].uscc,
        "visited_at": "2026-03-04T10:00:00+08:00",
        "need": "yes",
    }
    return told | given


def test_a_visit_is_recorded_as_the_tokens_membership(world: World) -> None:
    answer = post(caller(world, Role.VISITOR), "/visits", visit(world, employees=3))
    assert (answer.status_code, answer.json()["new"]) == (201, True)
    kept = Visit.objects.get()
    assert (kept.visitor, kept.employees, kept.firm) == (world.user(Role.VISITOR), 3, world.home.firms[0])
    shown = caller(world, Role.OFFICER).get(f"{V1}/visits/{kept.pk}").json()
    assert shown == answer.json()["visit"]
    assert "note" not in shown


def test_the_same_visit_again_is_the_same_visit(world: World) -> None:
    sent, client = visit(world), caller(world, Role.VISITOR)
    assert [post(client, "/visits", sent).status_code for _ in range(2)] == [201, 200]
    assert Visit.objects.count() == 1
    assert post(client, "/visits", sent | {"employees": 9}).status_code == 409


def test_nobody_records_a_visit_at_a_firm_that_is_not_theirs_to_see(world: World) -> None:
    answer = post(caller(world, Role.VISITOR), "/visits", visit(world, firm=world.away.firms[0].uscc))
    assert answer.status_code == 404
    assert not Visit.objects.exists()


def test_what_is_wrong_is_named_by_field(world: World) -> None:
    answer = post(caller(world, Role.VISITOR), "/visits", visit(world, employees=-1, need="perhaps"))
    assert answer.status_code == 422
    assert [x["field"].rsplit(".", 1)[-1] for x in answer.json()["errors"]] == ["employees", "need"]


@pytest.mark.parametrize("body", ["{", "[]", '"x"', "", "null", '{"firm": "\\u0000"}', '{"firm": "\\ud800"}'])
def test_a_body_that_is_no_visit_is_a_problem(world: World, body: str) -> None:
    client = caller(world, Role.VISITOR)
    answer = client.post(f"{V1}/visits", body, content_type="application/json")
    assert (answer.status_code // 100, answer.headers["Content-Type"]) == (4, "application/problem+json")


def test_a_demand_goes_from_draft_to_the_bank_over_the_api(world: World) -> None:
    good_firm(world)
    visitor = caller(world, Role.VISITOR)
    told = {
        "firm": world.home.firms[0].uscc,
        "amount_fen": 50_000_00,
        "months": 12,
        "purpose": "stock",
        "expected_rate": "0.0365",
    }
    drafted = post(visitor, "/demands", told)
    assert (drafted.status_code, drafted.json()["stage"], drafted.json()["expected_rate"]) == (201, "draft", "0.0365")
    published = post(visitor, f"/demands/{drafted.json()['id']}/publish", {})
    assert published.json()["stage"] == "awaiting_confirmation"
    withdrawn = post(visitor, f"/demands/{drafted.json()['id']}/withdraw", {})
    assert withdrawn.json()["stage"] == "withdrawn"


def test_a_declared_demand_is_reviewed_recommended_and_pushed(world: World) -> None:
    good_firm(world)
    made, officer, lead = declared(world), caller(world, Role.OFFICER), caller(world, Role.LEAD)
    assert [x["id"] for x in officer.get(f"{V1}/lists/declared").json()["items"]] == [made.pk]
    assert post(officer, f"/demands/{made.pk}/review", {"act": "recommend"}).status_code == 403
    assert post(officer, f"/demands/{made.pk}/review", {"act": "prepare"}).json()["stage"] == "reviewed"
    assert post(lead, f"/demands/{made.pk}/review", {"act": "recommend"}).json()["stage"] == "recommended"
    assert [x["criteria"] for x in officer.get(f"{V1}/lists/recommended").json()["items"]] == ["met"]
    answer = post(officer, f"/demands/{made.pk}/push", {"banks": [world.home_bank.sub_branch.pk]})
    assert (answer.status_code, [x["stage"] for x in answer.json()]) == (201, ["received"])
    bank = caller(world, Role.CLIENT_MANAGER)
    push = bank.get(f"{V1}/pushes").json()["items"][0]
    assert post(bank, f"/pushes/{push['id']}/acknowledge", {}).json()["stage"] == PushStage.ACKNOWLEDGED
    assert post(bank, f"/pushes/{push['id']}/contact", {}).json()["stage"] == PushStage.CONTACTED
    assert post(bank, f"/pushes/{push['id']}/answer", {"to": "approved"}).json()["stage"] == PushStage.APPROVED


def test_a_demand_that_is_not_there_yet_is_a_conflict(world: World) -> None:
    good_firm(world)
    made = declared(world)
    answer = post(caller(world, Role.OFFICER), f"/demands/{made.pk}/push", {"banks": [world.home_bank.sub_branch.pk]})
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_stage")
    assert not BankPush.objects.exists()


def test_another_bank_answers_nothing(world: World) -> None:
    good_firm(world)
    pushed(world)
    push = BankPush.objects.get()
    assert post(caller(world, Role.CLIENT_MANAGER, home=False), f"/pushes/{push.pk}/acknowledge", {}).status_code == 404
    assert post(caller(world, Role.LEAD), f"/pushes/{push.pk}/acknowledge", {}).status_code == 403


def test_one_call_under_one_key_is_done_once_and_answered_twice(world: World) -> None:
    client = caller(world, Role.VISITOR)
    told = {"firm": world.home.firms[0].uscc, "amount_fen": 1_000_00}
    first, again = (post(client, "/demands", told, **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert (again.headers["Idempotency-Replayed"], first.headers.get("Idempotency-Replayed")) == ("true", None)
    assert Demand.objects.count() == 1
    assert post(client, "/demands", told | {"months": 3}, **{"Idempotency-Key": "k1"}).json()["code"] == "key_reused"
    assert post(client, f"/demands/{first.json()['id']}/publish", told, **{"Idempotency-Key": "k1"}).status_code == 409


def test_a_refused_call_does_not_burn_its_key(world: World) -> None:
    client = caller(world, Role.VISITOR)
    told = {"firm": world.home.firms[0].uscc, "months": 0}
    assert post(client, "/demands", told, **{"Idempotency-Key": "k"}).status_code == 422
    events = Event.objects.count()
    assert not IdempotencyKey.objects.exists()
    assert post(client, "/demands", told | {"months": 3}, **{"Idempotency-Key": "k"}).status_code == 201
    assert Event.objects.count() == events + 1


def test_a_key_is_its_tenants_own(world: World) -> None:
    for home in (True, False):
        client = caller(world, Role.LEAD, home=home)
        told = {"firm": world.county(home=home).firms[0].uscc}
        assert post(client, "/demands", told, **{"Idempotency-Key": "same"}).status_code == 201
    assert Demand.objects.count() == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel", "a\tb"])
def test_a_key_that_is_none_is_refused(world: World, key: str) -> None:
    answer = post(caller(world, Role.VISITOR), "/demands", {"firm": world.home.firms[0].uscc}, **{"Idempotency-Key": key})
    assert answer.status_code == 422


def test_a_token_without_the_scope_writes_nothing_under_a_key_either(world: World) -> None:
    client = caller(world, Role.VISITOR, ApiScope.DEMANDS_READ)
    answer = post(client, "/demands", {"firm": world.home.firms[0].uscc}, **{"Idempotency-Key": "k"})
    assert answer.status_code == 403
    assert not Demand.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_call_from_many_at_once_is_done_once(world: World) -> None:
    client, answers = caller(world, Role.VISITOR), []
    told, start = {"firm": world.home.firms[0].uscc, "amount_fen": 1_000_00}, threading.Barrier(4)

    def call() -> None:
        mine = Client(headers={"Authorization": client.defaults["HTTP_AUTHORIZATION"]})
        start.wait()
        try:
            answers.append(post(mine, "/demands", told, **{"Idempotency-Key": "k"}))
        finally:
            connection.close()

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [x.status_code for x in answers] == [201] * 4
    assert len({x.content for x in answers}) == 1
    assert Demand.objects.count() == 1


def test_an_old_recommendation_stays_on_the_recommended_list(world: World) -> None:
    good_firm(world)
    made = recommended(world)
    found = caller(world, Role.OFFICER).get(f"{V1}/demands/{made.pk}").json()
    assert (found["stage"], found["criteria"]) == (DemandStage.RECOMMENDED, "met")
