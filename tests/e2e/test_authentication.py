"""The owner authenticates a firm on a phone, an agent gets a power of attorney, an officer decides: in a real browser."""

import json
import os
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from huoshui.terms import LicenceField
from tests.adapters.licence_ocr import specimen
from tests.e2e.browser import Site, axe, browser, desk, needs_browser, phone, site

__all__ = ["browser", "desk", "phone", "site"]
pytestmark = [needs_browser, pytest.mark.xdist_group("browser")]
SHOTS: Final = os.environ.get("HUOSHUI_SCREENSHOTS", "")

PEOPLE: Final = """
from django.test import Client
from django.utils import timezone
from huoshui.models import Firm, User
from huoshui.models.secrets import hashed
from tests.services.authentication.people import NAME, OWNER, id_number
from tests.world import firm, signed_in
row = Firm.objects.filter(name=NAME).first() or firm("350203", 7001, name=NAME, representative_id_hash=hashed(id_number(1)))
row.representative_name = OWNER
row.save()
told = {"uscc": row.uscc, "owner_id": id_number(1), "agent_id": id_number(2), "other_id": id_number(3)}
for name, phone in (("owner", "13900007001"), ("agent", "13900007002"), ("other", "13900007003")):
    user, _ = User.objects.get_or_create(login_name=name + "-7001", defaults={"phone": phone})
    told[name] = signed_in(Client(), user).session.session_key
print(json.dumps(told))
"""
STARTED: Final = """
from pathlib import Path
from django.utils import timezone
from huoshui.models import User
from huoshui.services.authentication import start_authentication
owner = User.objects.get(login_name="owner-7001")
print(json.dumps(start_authentication(user=owner, photo=Path(PHOTO).read_bytes(), at=timezone.now()).pk))
"""
WORKER: Final = (
    "from django.core.management import call_command; call_command('db_worker', batch=True, startup_delay=False); print('null')"
)


@pytest.fixture(scope="module")
def people(site: Site) -> dict[str, str]:
    """An owner, an agent and somebody else, and a firm of the register."""
    told: dict[str, str] = site.ask(PEOPLE)
    site.sessions.update({x: told[x] for x in ("owner", "agent", "other")})
    return told


@pytest.fixture
def licence(tmp_path: Path, people: dict[str, str]) -> Path:
    """A photograph of the firm's licence, as a phone takes it."""
    said = {**specimen.COMPANY, LicenceField.USCC: people["uscc"]}
    path = tmp_path / "licence.jpg"
    path.write_bytes(specimen.by_phone(specimen.draw_company(said, width=1200)))
    return path


def looked_at(page: Page, name: str) -> None:
    assert axe(page) == []
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def photographed(page: Page, site: Site, licence: Path, *, by: str) -> None:
    site.sign_in(page, by)
    page.goto("/authenticate/")
    looked_at(page, f"{by}-1-start")
    page.set_input_files("#id_photo", licence)
    page.get_by_role("button", name="上传并识别").click()
    expect(page.get_by_text("正在识别执照")).to_be_visible()
    looked_at(page, f"{by}-2-reading")
    site.ask(WORKER)
    page.goto(page.url)
    expect(page.locator("#id_uscc")).to_be_visible()
    looked_at(page, f"{by}-3-confirm")


def named(page: Page, *, name: str, number: str, capacity: str, shot: str) -> None:
    page.get_by_role("button", name="信息无误，下一步").click()
    page.get_by_text(capacity, exact=True).click()
    page.get_by_label("您的姓名").fill(name)
    page.get_by_label("身份证号码").fill(number)
    page.get_by_label("我同意核验我的身份信息").check()
    looked_at(page, f"{shot}-4-person")
    page.get_by_role("button", name="提交认证").click()
    looked_at(page, f"{shot}-5-result")


def test_the_owner_authenticates_and_lets_an_agent_act(phone: Page, site: Site, people: dict[str, str], licence: Path) -> None:
    photographed(phone, site, licence, by="owner")
    assert phone.locator("#id_uscc").input_value() == people["uscc"]
    assert phone.locator("#id_representative").input_value() == "王小明"
    named(phone, name="王小明", number=people["owner_id"], capacity="法定代表人", shot="owner")
    expect(phone.get_by_role("heading", name="认证通过")).to_be_visible()

    photographed(phone, site, licence, by="agent")
    named(phone, name="李小红", number=people["agent_id"], capacity="经办人", shot="agent")
    expect(phone.get_by_role("heading", name="等待法定代表人授权")).to_be_visible()
    waiting = phone.url

    site.sign_in(phone, "owner")
    phone.goto("/powers/")
    looked_at(phone, "owner-6-powers")
    phone.get_by_role("link", name="李小红").click()
    looked_at(phone, "owner-7-agree")
    phone.get_by_role("button", name="同意授权").click()
    expect(phone.get_by_text("已同意授权")).to_be_visible()
    looked_at(phone, "owner-8-given")

    site.sign_in(phone, "agent")
    phone.goto(waiting)
    expect(phone.get_by_role("heading", name="认证通过")).to_be_visible()
    looked_at(phone, "agent-6-done")

    site.sign_in(phone, "owner")
    phone.goto("/powers/")
    phone.get_by_role("link", name="李小红").click()
    phone.get_by_role("link", name="撤销授权").click()
    phone.get_by_role("button", name="撤销授权").click()
    site.sign_in(phone, "agent")
    phone.goto(waiting)
    expect(phone.get_by_role("heading", name="认证已失效")).to_be_visible()
    looked_at(phone, "agent-7-ended")


def test_somebody_else_gets_nowhere_and_an_officer_sees_why(
    phone: Page, desk: Page, site: Site, people: dict[str, str], licence: Path
) -> None:
    site.sign_in(phone, "other")
    phone.goto("/authenticate/")
    phone.set_input_files("#id_album", licence)
    phone.get_by_role("button", name="上传并识别").click()
    phone.get_by_role("link", name="不等了，手工填写").click()
    given = {"uscc": people["uscc"], "name": specimen.COMPANY[LicenceField.NAME], "representative": "王小明"}
    for field, text in given.items():
        phone.locator(f"#id_{field}").fill(text)
    named(phone, name="王小明", number=people["owner_id"], capacity="法定代表人", shot="other")
    expect(phone.get_by_role("heading", name="正在人工核实")).to_be_visible()
    mine = phone.url

    site.sign_in(desk, "officer")
    desk.goto("/authentications/")
    looked_at(desk, "officer-1-queue")
    desk.get_by_role("link", name=specimen.COMPANY[LicenceField.NAME]).first.click()
    looked_at(desk, "officer-2-decide")
    desk.get_by_text("不予通过").click()
    desk.get_by_label("理由").fill("照片可见，但办理人身份无法确认，请本人到窗口办理")
    desk.get_by_role("button", name="提交决定").click()
    expect(desk.get_by_text("已办理：认证未通过")).to_be_visible()

    phone.goto(mine)
    expect(phone.get_by_text("请本人到窗口办理")).to_be_visible()
    looked_at(phone, "other-6-refused")


def test_somebody_elses_photograph_is_not_there(phone: Page, site: Site, licence: Path) -> None:
    pk: Any = site.ask(STARTED.replace("PHOTO", repr(str(licence))))
    statuses = {}
    for person in ("owner", "other", "officer away", "visitor", ""):
        site.sign_in(phone, person)
        statuses[person] = phone.request.get(f"/authenticate/{pk}/photo.jpg", max_redirects=0).status
    assert json.loads(json.dumps(statuses)) == {"owner": 200, "other": 404, "officer away": 404, "visitor": 404, "": 302}
