"""The door of pages: who is not signed in is told so in the way that the caller understands."""

import pytest
from django.test import Client

from huoshui.terms import Role
from tests.world import county_world, signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("method", "url"), [("get", "/visits/pack"), ("post", "/visits/sync"), ("post", "/visits/photos")])
def test_a_phone_without_a_session_is_told_so_in_json(client: Client, method: str, url: str) -> None:
    answer = getattr(client, method)(url)
    told = {"code": "signed_out", "reason": "nobody is signed in; please sign in", "reason_zh": "登录已过期，请重新登录"}
    assert (answer.status_code, answer.json()) == (401, told)


def test_a_phone_of_somebody_who_does_not_visit_is_refused_in_json(client: Client) -> None:
    world = county_world()
    answer = signed_in(client, world.user(Role.APPROVER)).get("/visits/pack")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def test_a_piece_of_a_page_sends_the_whole_page_to_the_sign_in_and_back(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/firms/?q=xm&page=2"}
    answer = client.get("/firms/?q=xm&page=3", headers=headers)
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["HX-Redirect"] == "/accounts/login/?next=/firms/%3Fq%3Dxm%26page%3D2"


def test_an_address_of_another_site_is_not_where_the_sign_in_leads_back_to(client: Client) -> None:
    answer = client.get("/firms/", headers={"HX-Request": "true", "HX-Current-URL": "https://elsewhere.example/firms/"})
    assert answer.headers["HX-Redirect"] == "/accounts/login/?next=/firms/"


def test_a_page_leads_to_the_sign_in(client: Client) -> None:
    answer = client.get("/firms/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/login/?next=/firms/")
