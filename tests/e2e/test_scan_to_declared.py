"""From a scan to a declared demand (扫码到申报): sign up, ask, photograph the licence, and the register knows the person."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from huoshui.terms import LicenceField
from tests.adapters.licence_ocr import specimen
from tests.e2e.browser import Site, axe, browser, desk, needs_browser, phone, site
from tests.e2e.test_authentication import WORKER
from tests.e2e.test_loan_code import ISSUE, tap

__all__ = ["browser", "desk", "phone", "site"]
pytestmark = [needs_browser, pytest.mark.xdist_group("browser")]

NAME: Final = "厦门市思明区扫码样本餐饮有限公司"
OWNER: Final = "赵小川"
FIRM: Final = f"""
from huoshui.models.secrets import hashed
from tests.services.authentication.people import id_number
from tests.world import firm
row = firm("350203001", 7301, name={NAME!r}, representative_id_hash=hashed(id_number(31)))
row.representative_name = {OWNER!r}
row.save()
print(json.dumps([row.uscc, id_number(31)]))
"""
KEPT: Final = f"""
from huoshui.models import Demand
row = Demand.objects.get(firm__name={NAME!r})
print(json.dumps([row.stage.value, row.channel.value, row.loan_code.place, row.loan_code.scans > 0]))
"""


def test_a_scan_ends_as_a_demand_on_the_declared_list(phone: Page, desk: Page, site: Site, tmp_path: Path) -> None:
    token, (uscc, id_number) = site.ask(ISSUE), site.ask(FIRM)
    published(phone, token, number="13900007301")
    site.ask(WORKER)
    authenticated(phone, site, photo=licence(tmp_path, uscc), number=id_number)
    assert site.ask(KEPT) == ["declared", "firm", "测试大厅", True]

    phone.goto("/my/demands/")
    expect(phone.locator("main")).to_contain_text("专班正在审核")
    assert axe(phone) == []
    site.sign_in(desk, "officer")
    desk.goto("/review/?q=扫码样本")
    expect(desk.get_by_role("link", name=NAME)).to_be_visible()


def test_a_visitor_sees_on_every_step_which_code_was_scanned(phone: Page, site: Site) -> None:
    token = site.ask(ISSUE)
    site.sign_in(phone, "visitor")
    phone.goto(f"/c/{token}")
    phone.get_by_role("link", name="走访登记").click()
    expect(phone.locator("main")).to_contain_text("已扫贷款码")
    assert axe(phone) == []
    phone.goto("/firms/")
    phone.locator("main tbody th a").first.click()
    expect(phone.locator("main")).to_contain_text("已扫贷款码")
    for link in ("登记走访", "代填融资需求"):
        phone.get_by_role("link", name=link).click()
        expect(phone.get_by_label("关联到本次登记")).to_be_checked()
        assert axe(phone) == []
        phone.go_back()


def published(phone: Page, token: str, *, number: str) -> None:
    """The owner's five screens: the demand is kept, and waits for the authentication."""
    phone.goto(f"/c/{token}")
    phone.get_by_role("link", name="发布融资需求").click()
    phone.get_by_label("手机号").fill(number)
    phone.locator("[name=consent]").check()
    phone.get_by_role("button", name="获取验证码").click()
    sent: Any = re.search(r"验证码：(\d{6})", phone.content())
    phone.get_by_label("短信验证码").fill(sent[1])
    phone.get_by_role("button", name="下一步").click()
    phone.get_by_label("企业名称").fill("扫码样本")
    phone.get_by_role("button", name="查找").click()
    phone.locator(".choice-list button").first.click()
    for words in ("20万元", "1年", "采购原材料或进货", "没有"):
        tap(phone, words)
    phone.locator("[name=share]").check()
    phone.get_by_role("button", name="发布需求").click()
    expect(phone.get_by_text("还差一步：经营主体认证")).to_be_visible()


def authenticated(phone: Page, site: Site, *, photo: Path, number: str) -> None:
    """The licence photographed, read and compared, the person named: the register knows both."""
    phone.get_by_role("link", name="现在认证").click()
    phone.set_input_files("#id_photo", photo)
    phone.get_by_role("button", name="上传并识别").click()
    expect(phone.get_by_text("正在识别执照")).to_be_visible()
    site.ask(WORKER)
    phone.goto(phone.url)
    phone.get_by_role("button", name="信息无误，下一步").click()
    phone.get_by_text("法定代表人", exact=True).click()
    phone.get_by_label("您的姓名").fill(OWNER)
    phone.get_by_label("身份证号码").fill(number)
    phone.get_by_label("我同意核验我的身份信息").check()
    phone.get_by_role("button", name="提交认证").click()
    expect(phone.get_by_role("heading", name="认证通过")).to_be_visible()
    assert axe(phone) == []


def licence(folder: Path, uscc: str) -> Path:
    """The firm's licence, drawn, as a phone takes it."""
    said = {**specimen.COMPANY, LicenceField.USCC: uscc, LicenceField.NAME: NAME, LicenceField.REPRESENTATIVE: OWNER}
    path = folder / "licence.jpg"
    path.write_bytes(specimen.by_phone(specimen.draw_company(said, width=1200)))
    return path
