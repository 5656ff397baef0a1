import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from huoshui.api.door import LIMIT
from huoshui.services.event import record
from huoshui.terms import ApiScope, Role
from tests.api.callers import V1, caller
from tests.world import World, county_world, firm, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    LIMIT.forget()
    return county_world()


def test_a_token_sees_the_firms_of_its_membership_and_no_others(world: World) -> None:
    listed = caller(world, Role.OFFICER).get(f"{V1}/firms").json()
    assert [x["uscc"] for x in listed["items"]] == [x.uscc for x in world.home.firms]
    assert listed["next"] is None


def test_somebody_elses_firm_is_not_there(world: World) -> None:
    client = caller(world, Role.OFFICER)
    assert client.get(f"{V1}/firms/{world.home.firms[0].uscc}").status_code == 200
    answer = client.get(f"{V1}/firms/{world.away.firms[0].uscc}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


def test_pages_join_to_the_whole_list_without_doubles(world: World) -> None:
    for number in range(5):
        firm("350203", 900 + number)
    client, seen, cursor = caller(world, Role.LEAD), [], ""
    while True:
        answer = client.get(f"{V1}/firms?limit=2" + (f"&cursor={cursor}" if cursor else "")).json()
        seen += [x["uscc"] for x in answer["items"]]
        if (cursor := answer["next"]) is None:
            break
    assert len(seen) == len(set(seen)) == len(world.home.firms) + 5


def test_filters_narrow_a_list(world: World) -> None:
    wanted = firm("350203001", 950, name="鹭岛面馆", verdict="N01")
    client = caller(world, Role.LEAD)
    for chosen in ("q=面馆", f"q={wanted.uscc[:17]}", "verdict=N01", "region=350203001&q=鹭岛"):
        assert [x["uscc"] for x in client.get(f"{V1}/firms?{chosen}").json()["items"]] == [wanted.uscc]
    assert client.get(f"{V1}/firms?kind=nonsense").status_code == 422


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_takes_the_same_queries_for_one_row_and_three(world: World, rows: int) -> None:
    for number in range(rows):
        firm("350203", 960 + number, verdict="N02")
    client = caller(world, Role.OFFICER)
    client.get(f"{V1}/token")  # notes when the token was last used
    with CaptureQueriesContext(connection) as queries:
        assert len(client.get(f"{V1}/firms?verdict=N02").json()["items"]) == rows
    assert len(queries) == 2  # the token, the page


def test_events_are_read_with_their_firm_and_hash(world: World) -> None:
    home = world.home
    event = record("visit", home.firms[0], by=None, organization=home.task_force, firm=home.firms[0], basis={"n": 1})
    record("visit", world.away.firms[0], by=None, organization=world.away.task_force, firm=world.away.firms[0])
    found = caller(world, Role.OFFICER).get(f"{V1}/events?act=visit").json()["items"]
    assert [(x["hash"], x["firm"], x["basis"]) for x in found] == [(event.hash, home.firms[0].uscc, {"n": 1})]


def test_a_token_is_told_about_itself(world: World) -> None:
    told = caller(world, Role.OFFICER, ApiScope.FIRMS_READ).get(f"{V1}/token").json()
    assert (told["role"], told["region_code"], told["scopes"]) == ("officer", "350203", ["firms_read"])


def test_an_unchanged_answer_is_not_sent_again(world: World) -> None:
    client = caller(world, Role.OFFICER)
    first = client.get(f"{V1}/firms")
    again = client.get(f"{V1}/firms", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    firm("350203", 970)
    assert client.get(f"{V1}/firms", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_a_missing_scope_is_named(world: World) -> None:
    answer = caller(world, Role.OFFICER, ApiScope.EVENTS_READ).get(f"{V1}/firms")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert "firms_read" in answer.json()["detail"]


def test_who_calls_too_often_waits(world: World, settings: object) -> None:
    settings.HUOSHUI_API_RATE = 3  # type: ignore[attr-defined]
    client = caller(world, Role.OFFICER)
    answers = [client.get(f"{V1}/token") for _ in range(4)]
    assert [x.status_code for x in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert answers[-1].json()["code"] == "too_many_requests"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/api/v1/nothing", 404),
        ("get", "/api/v2/firms", 404),
        ("get", "/api/v1/", 404),
        ("delete", "/api/v1/firms", 405),
        ("get", "/api/v1/firms?limit=0", 422),
        ("get", "/api/v1/firms?limit=x", 422),
        ("get", "/api/v1/firms?cursor=bm9uc2Vuc2U", 422),
        ("get", "/api/v1/firms?q=%00", 400),
        ("get", "/api/v1/firms/a%00b", 400),
    ],
)
def test_every_error_is_a_problem(world: World, method: str, path: str, status: int) -> None:
    answer = getattr(caller(world, Role.OFFICER), method)(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    told = answer.json()
    assert (told["status"], told["instance"]) == (status, path.partition("?")[0].replace("%00", "\0"))
    assert told["type"].startswith("urn:huoshui:problem:")
    assert told["detail"] != told["detail_zh"]


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer x", "Basic YTpi", "Bearer hs_00000000_x", "Bearer \0"])
def test_without_a_token_there_is_nothing(world: World, sent: str) -> None:
    answer = Client(headers={"Authorization": sent} if sent else {}).get(f"{V1}/firms")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert world.home.firms


def test_what_breaks_inside_is_a_problem_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    client = caller(world, Role.OFFICER, raise_request_exception=False)
    monkeypatch.setattr("huoshui.api.firm.page_of", broken)
    answer = client.get(f"{V1}/firms")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_server_error")
    assert "ZeroDivision" not in answer.content.decode()


def test_a_token_of_a_bank_sees_what_was_shared_with_it(world: World) -> None:
    listed = caller(world, Role.CLIENT_MANAGER).get(f"{V1}/firms").json()["items"]
    assert [x["uscc"] for x in listed] == [world.home.firms[0].uscc]


def test_the_session_of_a_browser_is_no_token(world: World) -> None:
    client = signed_in(Client(), world.user(Role.LEGAL_REPRESENTATIVE))
    assert client.get(f"{V1}/firms").status_code == 401
