import json
import re

import pytest
from django.test import Client

from huoshui.models import Consent, User
from huoshui.services.consent import has_consent
from huoshui.terms import ConsentPurpose, Role
from tests.world import World, county_world, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return county_world()


def test_one_sees_the_own_data_masked_and_takes_it_along_in_plain(client: Client, world: World) -> None:
    user = world.user(Role.AGENT)
    signed_in(client, user)
    page = client.get("/me/data/").content.decode()
    assert not [x for x in (user.name, user.phone, user.id_number) if x in page]
    assert f"{user.phone[:3]}****{user.phone[-4:]}" in page
    answer = client.get("/me/data/export/")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer.headers["Cache-Control"]
    assert json.loads(answer.content)["kinds"][0]["rows"][0]["phone"] == user.phone


def test_a_consent_is_given_and_withdrawn_and_withdrawing_asks_first(client: Client, world: World) -> None:
    user = world.user(Role.AGENT)
    signed_in(client, user)
    client.post("/me/consents/place/give/", {"version": "2026-01-01"})
    assert has_consent(user, ConsentPurpose.PLACE)
    client.post("/me/consents/place/withdraw/")
    assert has_consent(user, ConsentPurpose.PLACE)
    client.post("/me/consents/place/withdraw/", {"confirmed": "yes"})
    assert not has_consent(user, ConsentPurpose.PLACE)
    assert Consent.objects.get(user=user).withdrawn_at is not None
    assert client.post("/me/consents/place/give/", {"version": "2020-01-01"}).status_code == 409
    assert client.post("/me/consents/nothing/give/").status_code == 404


def test_who_withdraws_the_terms_is_signed_out(client: Client, world: World) -> None:
    signed_in(client, world.user(Role.AGENT))
    client.post("/me/consents/service/withdraw/", {"confirmed": "yes"})
    assert client.get("/me/").status_code == 302


def test_closing_the_account_says_what_goes_and_what_stays_and_asks_first(client: Client, world: World) -> None:
    user = world.user(Role.AGENT)
    signed_in(client, user)
    page = client.get("/me/data/erase/").content.decode()
    assert "将被删除" in page
    assert "个人信息保护法第四十七条" in page
    client.post("/me/data/erase/")
    assert User.objects.get(pk=user.pk).phone == user.phone
    assert client.post("/me/data/erase/", {"confirmed": "yes"}).headers["Location"] == "/privacy/erased/"
    assert User.objects.get(pk=user.pk).phone == ""
    assert client.get("/me/").status_code == 302


def test_who_still_works_is_told_and_not_erased(client: Client, world: World) -> None:
    user = world.user(Role.OFFICER)
    signed_in(client, user)
    assert "请先由管理人结束任职" in client.get("/me/data/erase/").content.decode()
    assert client.post("/me/data/erase/", {"confirmed": "yes"}).status_code == 409


@pytest.mark.parametrize("url", ["/privacy/", "/privacy/place/", "/privacy/erased/", "/me/data/", "/me/data/erase/"])
def test_pages_in_english_show_no_chinese(world: World, url: str) -> None:
    user = world.user(Role.AGENT)
    page = signed_in(Client(), user).get(f"{url}?language=en")
    assert page.status_code == 200
    text = re.sub(r'<html.*?</head>|lang="zh-CN">[^<]*<', "", page.content.decode(), flags=re.DOTALL)
    for known in (world.home.firms[0].name, user.shown_name):
        text = text.replace(known, "")
    assert re.findall(r"[\u4e00-\u9fff]+", text) == []
