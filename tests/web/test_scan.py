"""What a scan opens: the four actions by who scans, codes that lead nowhere, and the shop owner's way without a script."""

import re
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from huoshui.adapters.loan_token import keys_of, make_token
from huoshui.models import Consent, Demand, LoanCode, Scan, User, Visit
from huoshui.services.loan_code import issue_loan_code, revoke_loan_code, token_of
from huoshui.terms import (
    CodePurpose,
    ConsentPurpose,
    DemandChannel,
    DemandPurpose,
    DemandStage,
    RevocationReason,
    Role,
    ScanDevice,
    ScanVerdict,
)
from tests.world import World, county_world, signed_in

pytestmark = pytest.mark.django_db
FOREIGN: Final = keys_of("elsewhere:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")[0]
PHONE: Final = "13912345678"
WECHAT: Final = "Mozilla/5.0 (Linux; Android 8.1) AppleWebKit/537.36 Chrome/66.0 Mobile Safari/537.36 MicroMessenger/7.0.1"


@pytest.fixture
def world() -> World:
    return county_world()


def a_code(world: World, *, days: tuple[int, int] = (0, 365), **given: Any) -> LoanCode:
    lead, today = world.user(Role.LEAD), timezone.localdate()
    terms: dict[str, Any] = {
        "organization": world.home.task_force, "purpose": CodePurpose.POSTER, "region_code": world.home.region,
        "valid_from": today + timedelta(days[0]), "valid_until": today + timedelta(days[1]), "by": lead,
        "grant": lead.viewer(on=today).of(Role.LEAD)[0], "place": "测试大厅",
    }  # fmt: skip
    return issue_loan_code(**{**terms, **given})


def revoked(code: LoanCode, world: World) -> LoanCode:
    lead = world.user(Role.LEAD)
    grant = lead.viewer(on=timezone.localdate()).of(Role.LEAD)[0]
    return revoke_loan_code(code, reason=RevocationReason.MISUSED, note="", by=lead, grant=grant, at=timezone.now())


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_a_scan_opens_four_actions_and_is_counted(world: World, client: Client) -> None:
    code = a_code(world)
    answer = client.get(f"/c/{token_of(code)}", headers={"user-agent": WECHAT})
    assert answer.status_code == 200
    for action in ("走访登记", "用户注册", "经营主体认证", "发布融资需求"):
        assert action in text(answer)
    scan = Scan.objects.get()
    assert (scan.loan_code, scan.verdict, scan.device) == (code, ScanVerdict.VALID, ScanDevice.WECHAT)
    assert answer.headers["Cache-Control"].startswith("max-age=0")


def test_a_change_of_language_is_no_scan_and_english_is_english(world: World, client: Client) -> None:
    answer = client.get(f"/c/{token_of(a_code(world, place=''))}?language=en")
    assert Scan.objects.count() == 0
    for action in ("Record a visit", "Sign up", "Authenticate a firm", "Ask for a loan"):
        assert action in text(answer)


def test_the_first_action_is_what_the_person_most_likely_came_for(world: World) -> None:
    poster = a_code(world)
    desk = a_code(world)
    LoanCode.objects.filter(pk=desk.pk).update(purpose=CodePurpose.BANK_DESK)

    def first(user: User | None, code: LoanCode = poster) -> str:
        client = signed_in(Client(), user) if user else Client()
        return str(client.get(f"/c/{token_of(code)}").context["actions"][0].title)

    wanted = dict.fromkeys((Role.VISITOR, Role.OFFICER, Role.LEAD, Role.CLIENT_MANAGER), "走访登记")
    wanted |= dict.fromkeys((Role.LEGAL_REPRESENTATIVE, Role.AGENT), "发布融资需求")
    assert {role: first(world.user(role)) for role in wanted} == wanted
    assert first(None) == first(world.stranger) == "发布融资需求"
    assert first(world.user(Role.CLIENT_MANAGER), desk) == "发布融资需求"


def test_the_ways_of_staff_lead_to_their_own_pages(world: World) -> None:
    firm = world.home.firms[0]
    poster, own = a_code(world), a_code(world, purpose=CodePurpose.FIRM, firm=firm)
    client = signed_in(Client(), world.user(Role.OFFICER))
    for code, visit, demand in (
        (poster, f"/visits/today?code={poster.pk}", "/firms/"),
        (own, f"/visits/new?firm={firm.pk}&code={own.pk}", f"/my/demands/new/{firm.pk}/"),
    ):
        ways = {x.title: x.url for x in client.get(f"/c/{token_of(code)}").context["actions"]}
        assert (ways["走访登记"], ways["发布融资需求"]) == (visit, demand)
        assert client.get(visit).status_code == client.get(demand).status_code == 200
    nobody = {x.title: x.url for x in Client().get(f"/c/{token_of(poster)}").context["actions"]}
    assert nobody["走访登记"] == f"/accounts/login/?next=/c/{token_of(poster)}"


def test_what_is_not_for_somebody_is_shown_without_a_way(world: World) -> None:
    answer = signed_in(Client(), world.user(Role.AUDITOR)).get(f"/c/{token_of(a_code(world))}")
    shown = {x.title: bool(x.url) for x in answer.context["actions"]}
    assert shown["走访登记"] is shown["经营主体认证"] is shown["发布融资需求"] is False


def refused_codes(world: World, key: Any) -> dict[str, tuple[str, int, str]]:
    good = token_of(a_code(world))
    forged = good[:-1] + ("A" if good[-1] != "A" else "B")
    return {
        "forged": (forged, 404, "可能是伪造的"),
        "cut off": (good[:50], 404, "可能是伪造的"),
        "foreign": (make_token(UUID(int=1), key=FOREIGN), 404, "由其他平台或其他人签发"),
        "unknown": (make_token(UUID(int=1), key=key), 404, "登记中查不到"),
        "not yet": (token_of(a_code(world, days=(1, 9))), 409, "请到时再扫"),
        "expired": (token_of(a_code(world, days=(-9, -1))), 410, "只是过期了"),
        "revoked": (token_of(revoked(a_code(world), world)), 410, "已收回这张码"),
    }


def test_each_bad_code_has_its_own_page_and_is_noted(world: World, client: Client, settings: Any) -> None:
    key = keys_of(settings.HUOSHUI_KEYS["HUOSHUI_LOAN_CODE_KEYS"])[0]
    for name, (token, status, said) in refused_codes(world, key).items():
        answer = client.get(f"/c/{token}")
        assert (name, answer.status_code) == (name, status)
        assert said in text(answer), name
    verdicts = [x.verdict.value for x in Scan.objects.order_by("pk")]
    assert verdicts == ["forged", "forged", "foreign", "unknown", "not_yet_valid", "expired", "revoked"]


def test_no_step_of_the_way_opens_behind_a_bad_code(world: World, settings: Any) -> None:
    key = keys_of(settings.HUOSHUI_KEYS["HUOSHUI_LOAN_CODE_KEYS"])[0]
    client = signed_in(Client(), world.stranger)
    for token, status, _ in refused_codes(world, key).values():
        for step in ("/phone", "/firm", "/demand", "/done/1", "/authenticate"):
            assert client.get(f"/c/{token}{step}").status_code == status


def password_on(answer: Any) -> str:
    found = re.search(r"验证码：(\d{6})", answer.content.decode())
    assert found is not None
    return found[1]


def signed_up(client: Client, base: str, *, to: str = "firm") -> Any:
    page = client.get(f"{base}/phone?to={to}")
    version = page.context["text"].version
    sent = client.post(
        f"{base}/phone?to={to}", {"phone": PHONE, "consent": "on", "version": version, "act": "send"}, follow=True
    )
    return client.post(f"{base}/phone?to={to}", {"password": password_on(sent), "act": "check"}, follow=True)


def need(page: Any, **given: Any) -> dict[str, Any]:
    version = page.context["text"].version
    return {"amount": "20", "months": "12", "purpose": "stock", "share": "on", "version": version, **given}


def test_an_owner_without_an_account_gets_to_a_demand_in_five_screens(world: World, client: Client, settings: Any) -> None:
    settings.HUOSHUI_DEMO = True
    code, firm = a_code(world), world.home.firms[2]
    base = f"/c/{token_of(code)}"
    screens = [client.get(base)]
    assert f"{base}/firm" in screens[0].content.decode()
    assert client.get(f"{base}/firm").headers["Location"] == f"{base}/phone?to=firm"
    screens.append(client.get(f"{base}/phone?to=firm"))
    screens.append(signed_up(client, base))
    assert screens[-1].redirect_chain[-1][0] == f"{base}/firm"
    found = client.get(f"{base}/firm", {"q": firm.name[2:6]})
    choice = next(x.choice for x in found.context["offered"] if x.uscc == firm.uscc)
    screens.append(client.post(f"{base}/firm", {"firm": choice}, follow=True))
    screens.append(client.post(f"{base}/demand", need(screens[-1], states_clean="yes", note="春节备货"), follow=True))
    assert [x.status_code for x in screens] == [200] * 5
    demand = Demand.objects.get()
    assert (demand.firm, demand.loan_code, demand.channel, demand.stage) == (
        firm, code, DemandChannel.FIRM, DemandStage.AWAITING_AUTHENTICATION,
    )  # fmt: skip
    assert (demand.amount_fen, demand.months, demand.purpose) == (20_000_000, 12, DemandPurpose.STOCK)
    assert screens[-1].redirect_chain[-1][0] == f"{base}/done/{demand.pk}"
    assert "还差一步：经营主体认证" in text(screens[-1])
    owner = User.objects.with_phone(PHONE)
    given = set(Consent.objects.filter(user=owner).values_list("purpose", flat=True))
    assert given == {ConsentPurpose.SERVICE, ConsentPurpose.SHARE_WITH_BANKS}


def test_the_same_tap_sent_twice_is_one_demand(world: World, client: Client, settings: Any) -> None:
    settings.HUOSHUI_DEMO = True
    firm = world.home.firms[2]
    base = f"/c/{token_of(a_code(world, purpose=CodePurpose.FIRM, firm=firm))}"
    signed_up(client, base)
    page = client.post(f"{base}/firm", {"firm": client.get(f"{base}/firm").context["given"].choice}, follow=True)
    answers = [client.post(f"{base}/demand", need(page)) for _ in range(2)]
    session = client.session
    assert session.get("firm")
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert Demand.objects.count() == 1


def test_whoever_speaks_for_a_firm_publishes_at_once(world: World) -> None:
    client = signed_in(Client(), world.user(Role.LEGAL_REPRESENTATIVE))
    base = f"/c/{token_of(a_code(world))}"
    own = client.get(f"{base}/firm").context["own"]
    assert [x.name for x in own] == [world.home.firms[0].name]
    page = client.post(f"{base}/firm", {"firm": own[0].choice}, follow=True)
    answer = client.post(f"{base}/demand", need(page), follow=True)
    assert Demand.objects.get().stage is DemandStage.DECLARED
    assert "需求已发布" in text(answer)


def test_what_was_typed_is_kept_and_what_is_missing_is_said(world: World) -> None:
    client = signed_in(Client(), world.stranger)
    base = f"/c/{token_of(a_code(world, purpose=CodePurpose.FIRM, firm=world.home.firms[1]))}"
    page = client.post(f"{base}/firm", {"firm": client.get(f"{base}/firm").context["given"].choice}, follow=True)
    answer = client.post(f"{base}/demand", need(page, amount="other", other="", note="装修", share=""))
    assert answer.status_code == 400
    assert set(answer.context["form"].errors) == {"other", "share"}
    assert 'value="装修"' in answer.content.decode()
    again = client.post(f"{base}/demand", need(page, amount="other", other="35.5"), follow=True)
    assert again.status_code == 200
    assert Demand.objects.get().amount_fen == 35_500_000


def test_a_firm_that_was_not_offered_cannot_be_chosen(world: World) -> None:
    base = f"/c/{token_of(a_code(world, purpose=CodePurpose.FIRM, firm=world.home.firms[1]))}"
    offered = signed_in(Client(), world.stranger).get(f"{base}/firm").context["given"].choice
    client = signed_in(Client(), world.user(Role.AGENT))
    for choice in (offered, str(world.home.firms[1].pk), ""):
        answer = client.post(f"{base}/firm", {"firm": choice}, follow=True)
        assert answer.redirect_chain[-1][0] == f"{base}/firm"
        assert "请重新选择企业" in text(answer)


def test_somebody_elses_demand_is_not_there(world: World) -> None:
    base = f"/c/{token_of(a_code(world, purpose=CodePurpose.FIRM, firm=world.home.firms[1]))}"
    client = signed_in(Client(), world.stranger)
    page = client.post(f"{base}/firm", {"firm": client.get(f"{base}/firm").context["given"].choice}, follow=True)
    done = client.post(f"{base}/demand", need(page)).headers["Location"]
    assert client.get(done).status_code == 200
    assert signed_in(Client(), world.user(Role.AGENT)).get(done).status_code == 404
    assert Client().get(done).headers["Location"].startswith(f"{base}/phone")


def test_a_wrong_password_and_no_consent_are_said_plainly(world: World, client: Client, settings: Any) -> None:
    settings.HUOSHUI_DEMO = True
    base = f"/c/{token_of(a_code(world))}"
    version = client.get(f"{base}/phone").context["text"].version
    answer = client.post(f"{base}/phone", {"phone": PHONE, "version": version, "act": "send"})
    assert "请先勾选同意" in text(answer)
    answer = client.post(f"{base}/phone", {"phone": "123", "consent": "on", "version": version, "act": "send"})
    assert (answer.status_code, "phone" in answer.context["form"].errors) == (400, True)
    sent = client.post(f"{base}/phone", {"phone": PHONE, "consent": "on", "version": version, "act": "send"}, follow=True)
    wrong = "000000" if password_on(sent) != "000000" else "000001"
    answer = client.post(f"{base}/phone", {"password": wrong, "act": "check"})
    assert "验证码不正确" in text(answer)
    assert User.objects.with_phone(PHONE) is None
    assert PHONE not in str(dict(client.session))


def test_staff_are_sent_to_their_own_pages(world: World) -> None:
    base = f"/c/{token_of(a_code(world))}"
    client = signed_in(Client(), world.user(Role.OFFICER))
    for step in ("/firm", "/demand", "/authenticate", "/done/1"):
        assert client.get(f"{base}{step}").headers["Location"] == base


def test_a_number_is_checked_by_anybody(world: World, client: Client) -> None:
    code = a_code(world)
    assert client.get("/c/check").status_code == 200
    assert "目前有效" in text(client.get("/c/check", {"number": code.shown_number}))
    revoked(code, world)
    assert "已作废" in text(client.get("/c/check", {"number": code.number}))
    answer = client.get("/c/check", {"number": "123"})
    assert (answer.status_code, "12 位数字" in text(answer)) == (400, True)


def test_the_first_page_of_a_code_takes_a_constant_few_questions(
    world: World, client: Client, django_assert_max_num_queries: Any
) -> None:
    url = f"/c/{token_of(a_code(world))}"
    with django_assert_max_num_queries(12):
        client.get(url)


def visit_form(**more: Any) -> dict[str, Any]:
    return {"client_id": str(uuid4()), "mode": "onsite", "operating": "yes", "need": "yes", "amount": "30", **more}


def test_a_scanned_poster_is_carried_by_the_visit_that_follows_and_by_its_demand(world: World) -> None:
    poster, firm = a_code(world), world.home.firms[0]
    client = signed_in(Client(), world.user(Role.VISITOR))
    client.get(f"/c/{token_of(poster)}")
    for page in ("/visits/today", "/firms/", f"/firms/{firm.pk}/", f"/visits/new?firm={firm.pk}"):
        assert poster.shown_number in text(client.get(page)), page
    sent = visit_form(code_offered="yes", with_code=str(poster.pk))
    for _ in range(2):  # a thumb that taps twice
        client.post(f"/visits/new?firm={firm.pk}", sent)
    visit = Visit.objects.get()
    assert visit.loan_code == poster
    assert poster.shown_number not in text(client.get("/visits/today"))  # one scan is one record
    need = {"amount": "20", "months": "12", "purpose": "stock", "note": "节前备货", "act": "save"}
    client.post(f"/my/demands/new/{firm.pk}/?visit={visit.pk}", need)
    demand = Demand.objects.get()
    assert (demand.visit, demand.loan_code) == (visit, poster)


def test_a_demand_that_is_written_after_a_scan_carries_the_code_unless_its_box_is_cleared(world: World) -> None:
    poster, firm = a_code(world), world.home.firms[0]
    client = signed_in(Client(), world.user(Role.OFFICER))
    need = {"amount": "20", "months": "12", "purpose": "stock", "note": "节前备货", "act": "save", "code_offered": "yes"}
    for ticked in (str(poster.pk), ""):
        client.get(f"/c/{token_of(poster)}")
        assert poster.shown_number in text(client.get(f"/my/demands/new/{firm.pk}/"))
        client.post(f"/my/demands/new/{firm.pk}/", {**need, "with_code": ticked})
    assert list(Demand.objects.order_by("pk").values_list("loan_code", flat=True)) == [poster.pk, None]


def test_the_code_of_one_firm_is_not_carried_by_a_record_of_another(world: World) -> None:
    own, other = a_code(world, purpose=CodePurpose.FIRM, firm=world.home.firms[0]), world.home.firms[2]
    client = signed_in(Client(), world.user(Role.VISITOR))
    client.get(f"/c/{token_of(own)}")
    assert own.shown_number not in text(client.get(f"/visits/new?firm={other.pk}"))
    client.post(f"/visits/new?firm={other.pk}", visit_form(code_offered="yes", with_code=str(own.pk)))
    assert Visit.objects.get().loan_code is None
