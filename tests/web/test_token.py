import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from huoshui.models import ApiToken, Membership, WebhookEndpoint
from huoshui.terms import Role
from tests.web.exchange_objects import a_token
from tests.world import World, county_world, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return county_world()


def told(world: World, **given: object) -> dict[str, object]:
    membership = Membership.objects.get(user=world.user(Role.OFFICER))
    return {"name": "账务", "membership": membership.pk, "scopes": ["firms_read"], "until": timezone.localdate()} | given


def test_a_token_is_shown_once_and_works(world: World, client: Client) -> None:
    answer = signed_in(client, world.user(Role.LEAD)).post("/api-tokens/new", told(world))
    secret = re.search(r"hs_[0-9a-f]{8}_[\w-]{43}", answer.content.decode())
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert secret is not None
    called = Client(headers={"Authorization": f"Bearer {secret.group()}"}).get("/api/v1/token")
    assert (called.status_code, called.json()["name"]) == (200, "账务")
    listed = client.get("/api-tokens/").content.decode()
    assert "账务" in listed
    assert secret.group() not in listed


def test_nobody_issues_a_token_for_a_membership_that_is_not_theirs_to_lead(world: World, client: Client) -> None:
    away = Membership.objects.get(user=world.user(Role.OFFICER, home=False))
    answer = signed_in(client, world.user(Role.LEAD)).post("/api-tokens/new", told(world, membership=away.pk))
    assert answer.status_code == 400
    assert not ApiToken.objects.exists()


def test_what_was_typed_is_kept_when_something_is_wrong(world: World, client: Client) -> None:
    answer = signed_in(client, world.user(Role.LEAD)).post("/api-tokens/new", told(world, until="2035-01-01"))
    assert answer.status_code == 400
    assert "账务" in answer.content.decode()
    assert "一年以内" in answer.content.decode()


def test_a_token_is_revoked_after_a_question(world: World, client: Client) -> None:
    pk = a_token(world, home=True, by=None)
    signed_in(client, world.user(Role.LEAD)).post(f"/api-tokens/{pk}/revoke")
    assert ApiToken.objects.get().revoked_at is None
    assert client.post(f"/api-tokens/{pk}/revoke", {"confirmed": "yes"}).status_code == 302
    assert ApiToken.objects.get().revoked_at is not None


def test_the_list_takes_the_same_queries_for_one_token_and_three(world: World, client: Client) -> None:
    signed_in(client, world.user(Role.LEAD)).get("/api-tokens/")  # the first page notes the sign-in
    counts = []
    for rows in (1, 2):
        for _ in range(rows):
            a_token(world, home=True, by=None)
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/api-tokens/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_address_that_leads_inside_is_refused_at_its_field(world: World, client: Client) -> None:
    given = {"name": "账务", "url": "https://127.0.0.1/", "membership": told(world)["membership"], "acts": ""}
    answer = signed_in(client, world.user(Role.LEAD)).post("/webhooks/new", given)
    assert answer.status_code == 400
    assert "不得推送到内网地址" in answer.content.decode()
    assert not WebhookEndpoint.objects.exists()


def test_an_address_is_added_paused_and_shown_with_what_was_sent(world: World, client: Client) -> None:
    given = {
        "name": "账务",
        "url": "https://1.1.1.1/hook",
        "membership": told(world)["membership"],
        "acts": "record_visit， review",
    }
    answer = signed_in(client, world.user(Role.LEAD)).post("/webhooks/new", given)
    assert "whsec_" in answer.content.decode()
    kept = WebhookEndpoint.objects.get()
    assert kept.acts == ["record_visit", "review"]
    client.post(f"/webhooks/{kept.pk}/switch", {"confirmed": "yes"})
    assert WebhookEndpoint.objects.get().disabled_at is not None
    assert "1.1.1.1/hook" in client.get(f"/webhooks/{kept.pk}/").content.decode()
    assert client.get("/webhooks/").status_code == 200
