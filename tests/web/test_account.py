import base64
import hashlib
import hmac
import re
import struct
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.test.utils import override_settings
from django.utils import timezone

from huoshui.models import SignIn, User
from huoshui.services.consent import has_consent
from huoshui.services.staff_account import invite
from huoshui.terms import ConsentPurpose, Role
from tests.world import World, county_world, signed_in

pytestmark = pytest.mark.django_db
PHONE = "13900000001"
GOOD = "jiulong-river-28"


@pytest.fixture
def world() -> World:
    return county_world()


def by_phone(client: Client, capsys: pytest.CaptureFixture[str], phone: str = PHONE, **more: str) -> Any:
    client.post("/sign-in/", {"phone": phone, "agreed": "on", **more})
    found = re.search(r"验证码(\d{6})", capsys.readouterr().err)
    assert found is not None
    return client.post("/sign-in/code/", {"password": found.group(1)})


def totp(secret: str) -> str:
    counter = struct.pack(">Q", int(time.time()) // 30)  # RFC 6238, as an authenticator does it
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def test_an_owner_signs_in_by_telephone_and_has_agreed_to_the_terms(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    answer = by_phone(client, capsys)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/me/")
    user = User.objects.with_phone(PHONE)
    assert user is not None
    assert has_consent(user, ConsentPurpose.SERVICE)
    page = client.get("/me/")
    assert page.status_code == 200
    assert PHONE not in page.content.decode()
    assert SignIn.objects.get(user=user).session_key == client.session.session_key


def test_without_consent_nothing_is_sent_and_what_was_typed_stays(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    answer = client.post("/sign-in/", {"phone": PHONE})
    assert answer.status_code == 400
    assert f'value="{PHONE}"' in answer.content.decode()
    assert capsys.readouterr().err == ""


def test_a_wrong_code_says_so_and_a_second_message_waits(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    client.post("/sign-in/", {"phone": PHONE, "agreed": "on"})
    capsys.readouterr()
    answer = client.post("/sign-in/code/", {"password": "000"})
    assert (answer.status_code, "验证码不正确" in answer.content.decode()) == (400, True)
    again = client.post("/sign-in/code/", {"again": "yes"})
    assert "请60秒后再试" in again.content.decode()
    assert capsys.readouterr().err == ""


def test_after_signing_in_one_goes_where_one_wanted_but_never_elsewhere(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert by_phone(client, capsys, next="/me/sign-ins/").headers["Location"] == "/me/sign-ins/"
    foreign = by_phone(Client(), capsys, "13900000002", next="https://evil.example/")
    assert foreign.headers["Location"] == "/me/"


def test_the_code_page_alone_leads_back(client: Client) -> None:
    assert client.get("/sign-in/code/").headers["Location"] == "/sign-in/"


@override_settings(HUOSHUI_DEMO=True)
def test_a_demonstration_shows_the_code(client: Client) -> None:
    page = client.post("/sign-in/", {"phone": PHONE, "agreed": "on"}, follow=True)
    assert re.search(r"验证码为 \d{6}", page.content.decode())


def with_password(world: World, role: Role) -> User:
    user = world.user(role)
    user.set_password(GOOD)
    user.save()
    return user


def test_staff_set_up_a_second_factor_before_any_other_page(client: Client, world: World) -> None:
    user = with_password(world, Role.OFFICER)
    answer = client.post("/accounts/login/", {"login": user.login_name, "password": GOOD})
    assert answer.status_code == 302
    for url in ("/", "/me/", "/me/sign-ins/"):
        assert client.get(url).headers["Location"] == "/accounts/2fa/totp/activate/"
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    secret = re.search(r"<code>([A-Z2-7]+)</code>", page)
    assert secret is not None
    assert client.post("/accounts/2fa/totp/activate/", {"code": "abc"}).status_code == 200
    done = client.post("/accounts/2fa/totp/activate/", {"code": totp(secret.group(1))}, follow=True)
    assert done.redirect_chain[-1][0] == "/accounts/2fa/recovery-codes/"
    assert len(re.findall(r"<li><code>(\d{8})</code></li>", done.content.decode())) == 10
    assert client.get("/me/").status_code == 200
    assert secret.group(1) not in str(Authenticator.objects.get(type="totp").data)


def test_the_second_factor_is_asked_for_and_a_recovery_code_replaces_it_once(client: Client, world: World) -> None:
    user = with_password(world, Role.OFFICER)
    first = signed_in(client, user)
    session = first.session
    session["account_authentication_methods"] = [{"method": "password", "at": timezone.now().timestamp()}]
    session.save()
    page = first.get("/accounts/2fa/totp/activate/").content.decode()
    secret = str(re.search(r"<code>([A-Z2-7]+)</code>", page)[1])  # type: ignore[index]
    codes = first.post("/accounts/2fa/totp/activate/", {"code": totp(secret)}, follow=True).content.decode()
    recovery = re.findall(r"<li><code>(\d{8})</code></li>", codes)[0]
    results = []
    for code in ("000000x", recovery, recovery):
        other = Client()
        sent = other.post("/accounts/login/", {"login": user.login_name, "password": GOOD})
        assert sent.headers["Location"].startswith("/accounts/2fa/authenticate/")
        assert other.get("/me/").status_code == 302
        other.post("/accounts/2fa/authenticate/", {"code": code})
        results.append(other.get("/me/").status_code)
    assert results == [302, 200, 302]


def test_five_wrong_passwords_lock_the_login_name_even_for_the_right_one(client: Client, world: World) -> None:
    user = with_password(world, Role.OFFICER)
    for _ in range(5):
        last = client.post("/accounts/login/", {"login": user.login_name, "password": "wrong"})
    assert (last.status_code, "已锁定15分钟" in last.content.decode()) == (429, True)
    client.post("/accounts/login/", {"login": user.login_name, "password": GOOD})
    assert client.get("/me/").status_code == 302


def test_an_invited_person_sets_a_password_and_signs_in_with_it(client: Client, world: World) -> None:
    officer, lead = world.user(Role.OFFICER), world.user(Role.LEAD)
    grant = lead.viewer(on=timezone.localdate()).of(Role.LEAD)[0]
    link = f"/invitation/{invite(officer, by=lead, grant=grant, at=timezone.now()).token}/"
    assert client.post(link, {"password": GOOD, "again": "another"}).status_code == 400
    assert client.post(link, {"password": "1234567890", "again": "1234567890"}).status_code == 400
    assert client.post(link, {"password": GOOD, "again": GOOD}).headers["Location"] == "/accounts/login/"
    assert client.get(link).status_code == 409
    assert client.post("/accounts/login/", {"login": officer.login_name, "password": GOOD}).status_code == 302


def test_signing_out_ends_the_session_and_other_devices_are_ended_from_afar(world: World) -> None:
    user = world.user(Role.LEGAL_REPRESENTATIVE)
    here, there = (signed_in(Client(), user) for _ in range(2))
    for one in (here, there):
        SignIn.objects.create(
            user=user, session_key=str(one.session.session_key), since_at=timezone.now(), seen_at=timezone.now()
        )
    row = SignIn.objects.get(session_key=there.session.session_key)
    assert here.post(f"/me/sign-ins/{row.pk}/").status_code == 302
    assert there.get("/me/").status_code == 302
    assert here.get("/me/").status_code == 200
    here.post("/sign-out/")
    assert here.get("/me/").status_code == 302
    assert not SignIn.objects.filter(user=user).exists()


def test_one_acts_first_for_the_organization_that_one_chose(client: Client, world: World) -> None:
    user = world.user(Role.OFFICER)
    township = world.home.townships[1]
    user.memberships.create(organization=township, role=Role.OFFICER, from_on=timezone.localdate())
    signed_in(client, user)
    assert client.post("/me/act-in/", {"organization": township.pk}).status_code == 302
    answer = client.get("/me/")
    assert answer.wsgi_request.viewer.grants[0].organization_id == township.pk  # type: ignore[attr-defined]
    assert client.post("/me/act-in/", {"organization": world.away.task_force.pk}).status_code == 404


@pytest.mark.parametrize(
    "url", ["/accounts/signup/", "/accounts/email/", "/accounts/password/reset/", "/accounts/2fa/totp/deactivate/"]
)
def test_what_the_library_could_do_beyond_the_house_is_not_there(client: Client, url: str) -> None:
    assert client.get(url).status_code == 404


@pytest.mark.parametrize(
    "url",
    ["/sign-in/", "/accounts/login/", "/accounts/reauthenticate/", "/accounts/password/change/", "/accounts/2fa/",
     "/accounts/2fa/recovery-codes/generate/", "/accounts/logout/", "/accounts/inactive/", "/me/", "/me/sign-ins/"],
)  # fmt: skip
def test_pages_in_english_show_no_chinese(world: World, url: str) -> None:
    public = url in ("/sign-in/", "/accounts/login/")
    client = Client() if public else signed_in(Client(), with_password(world, Role.OFFICER))
    page = client.get(f"{url}?language=en", follow=True)
    assert page.status_code == 200
    text = re.sub(r'<html.*?</head>|lang="zh-CN">[^<]*<', "", page.content.decode(), flags=re.DOTALL)
    for known in (world.user(Role.OFFICER).name, world.home.task_force.name):
        text = text.replace(known, "")
    assert re.findall(r"[\u4e00-\u9fff]+", text) == []
