"""The task force's morning (专班的早晨) on the desk: list, review, recommend, push; the bank answers; the owner sees it."""

from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import Site, axe, browser, desk, needs_browser, phone, site

__all__ = ["browser", "desk", "phone", "site"]
pytestmark = [needs_browser, pytest.mark.xdist_group("browser")]

DECLARED: Final = """
from types import SimpleNamespace as Made
from django.utils import timezone
from huoshui.models import FirmMember, Organization, User
from huoshui.terms import Role
from tests.demands import declared, good_firm
from tests.world import firm
region, on = "350203", timezone.localdate()
roles = (Role.LEGAL_REPRESENTATIVE, Role.AGENT, Role.VISITOR)
users = {x: User.objects.get(login_name=f"{x.value}-{region}") for x in roles}
names = ("晨间甲商行有限公司", "晨间乙商行有限公司", "晨间丙商行有限公司")
firms = [firm("350203001", 810 + x, name=name) for x, name in enumerate(names)]
townships = list(Organization.objects.filter(region_code__startswith=region, level="township").order_by("region_code"))
world = Made(county=lambda home=True: Made(firms=firms, users=users, townships=townships))
for number, one in enumerate(firms):
    for role in roles[:2]:
        FirmMember.objects.create(user=users[role], firm=one, role=role, from_on=on)
    good_firm(world, number=number)
    declared(world, firm=one, states_clean=None if number == 2 else True)
print("null")
"""
KEPT: Final = """
from huoshui.models import BankPush, Demand
rows = Demand.objects.filter(firm__name__startswith="晨间").order_by("pk")
pushes = BankPush.objects.filter(demand__firm__name__startswith="晨间").order_by("demand_id")
print(json.dumps([[str(x.stage.value) for x in rows], [[str(x.stage.value), x.reason] for x in pushes]]))
"""
FIRST, SECOND, THIRD = "晨间甲商行有限公司", "晨间乙商行有限公司", "晨间丙商行有限公司"
BANK: Final = "甲银行350203支行"


@pytest.fixture(scope="module")
def declared(site: Site) -> None:
    """Three demands on the declared list: nobody knows yet whether the third firm's credit is in order."""
    site.ask(DECLARED)


def searched(page: Page, address: str, *, text: str = "晨间") -> None:
    """A list, with what was searched for and nothing else."""
    page.goto(address)
    page.get_by_role("searchbox").first.fill(text)
    page.get_by_role("button", name="查询").click()
    expect(page.locator("main tbody tr")).to_have_count(len(page.locator("main tbody tr", has_text=text).all()))
    expect(page.locator(".chip", has_text=text)).to_be_visible()


def picked(page: Page, *names: str, act: str) -> None:
    """Tick some firms of the list and press a button of bulk acts."""
    for name in names:
        page.get_by_role("checkbox", name=f"选择 {name}").check()
    page.get_by_role("button", name=act, exact=True).click()
    assert axe(page) == []


def row(page: Page, name: str) -> Any:
    return page.locator("main tbody tr", has_text=name)


def test_a_morning_from_the_declared_list_to_the_banks_answer(desk: Page, phone: Page, site: Site, declared: None) -> None:
    del declared
    the_officer_reviews(desk, site)
    the_lead_recommends_and_pushes(desk, site)
    the_bank_answers(desk, site)
    the_owner_sees_it(phone, site)


def the_officer_reviews(desk: Page, site: Site) -> None:
    site.sign_in(desk, "officer")
    searched(desk, "/review/")
    expect(desk.locator("main tbody tr")).to_have_count(3)
    desk.get_by_label("评定").select_option(label="不明")
    desk.get_by_role("button", name="查询").click()
    expect(desk.locator("main tbody tr")).to_have_count(1)
    desk.get_by_role("link", name=THIRD).click()
    criteria = desk.locator("main")
    expect(criteria).to_contain_text("信用状况良好")
    expect(criteria).to_contain_text("依据")
    assert axe(desk) == []
    searched(desk, "/review/")
    picked(desk, FIRST, SECOND, THIRD, act="初审通过")
    expect(desk.locator("main")).to_contain_text("可办理 2 项，不能办理 1 项")
    expect(row(desk, THIRD)).to_contain_text("信用状况良好（不明）")
    desk.get_by_role("button", name="初审通过（2 项）").click()
    expect(row(desk, THIRD)).to_contain_text("未办理")
    assert site.ask(KEPT)[0] == ["reviewed", "reviewed", "declared"]


def the_lead_recommends_and_pushes(desk: Page, site: Site) -> None:
    site.sign_in(desk, "lead")
    searched(desk, "/review/")
    picked(desk, FIRST, SECOND, THIRD, act="推荐")
    desk.get_by_role("button", name="列入推荐清单（2 项）").click()
    expect(row(desk, THIRD)).to_contain_text("未办理")
    expect(row(desk, FIRST)).to_contain_text("已办理")
    desk.get_by_role("link", name="推荐清单").last.click()
    searched(desk, desk.url)
    assert row(desk, THIRD).count() == 0
    picked(desk, FIRST, SECOND, act="推送银行")
    desk.get_by_role("checkbox", name=BANK).check()
    desk.get_by_role("button", name="下一步：查看结果").click()
    expect(row(desk, FIRST)).to_contain_text(BANK)
    desk.get_by_role("button", name="推送银行（2 项）").click()
    assert site.ask(KEPT) == [["pushed", "pushed", "declared"], [["received", ""], ["received", ""]]]


def the_bank_answers(desk: Page, site: Site) -> None:
    site.sign_in(desk, "client_manager")
    for name in (FIRST, SECOND):
        searched(desk, "/pushes/")
        assert row(desk, THIRD).count() == 0
        desk.get_by_role("link", name=name).click()
        expect(desk.locator("main")).to_contain_text("依据")
        desk.get_by_role("button", name="签收").click()
        expect(desk.get_by_text("已签收", exact=False).first).to_be_visible()
        assert axe(desk) == []
    desk.get_by_label("退回或不予授信的原因").select_option(index=1)
    desk.get_by_role("button", name="提交答复").click()
    expect(desk.get_by_text("答复已提交")).to_be_visible()
    (_, second) = site.ask(KEPT)[1]
    assert second[0] == "returned"
    assert second[1]


def the_owner_sees_it(phone: Page, site: Site) -> None:
    site.sign_in(phone, "legal_representative")
    phone.goto("/my/demands/")
    expect(phone.locator("main")).to_contain_text(SECOND)
    assert axe(phone) == []
    phone.get_by_role("link").filter(has_text=SECOND).first.click()
    expect(phone.locator("main")).to_contain_text(BANK)
    expect(phone.locator("main")).to_contain_text("银行退回")
    expect(phone.locator("main")).to_contain_text("帮扶事项")
    assert axe(phone) == []
