"""The shop owner's way on a phone, with and without scripts and inside a chat app, and the forged code; measured."""

import re
import time
import urllib.request
from collections.abc import Callable
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.e2e.browser import Site, Watched, axe, browser, context_of, needs_browser, phone, site

pytestmark = [needs_browser, pytest.mark.xdist_group("browser")]
__all__ = ["browser", "phone", "site"]
WECHAT: Final = (
    "Mozilla/5.0 (Linux; Android 8.1.0; V1818A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/78.0.3904.62 "
    "XWEB/2891 MMWEBSDK/200601 Mobile Safari/537.36 MicroMessenger/7.0.18.1740 NetType/4G Language/zh_CN"
)
MOST_BYTES: Final = 100_000
THREE_MINUTES: Final = 180
TO_TAP: Final = (
    "main input:not([type=hidden]):not([type=radio]):not([type=checkbox]), main button, main .tap, main .choice-list a"
)
ISSUE: Final = """
from datetime import timedelta
from django.utils import timezone
from huoshui.models import Organization, User
from huoshui.services.loan_code import issue_loan_code, token_of
from huoshui.terms import CodePurpose, Role
lead, on = User.objects.get(login_name="lead-350203"), timezone.localdate()
code = issue_loan_code(
    organization=Organization.objects.get(name="350203工作专班"), purpose=CodePurpose.POSTER, region_code="350203",
    valid_from=on, valid_until=on + timedelta(30), by=lead, grant=lead.viewer(on=on).of(Role.LEAD)[0], place="测试大厅",
)
print(json.dumps(token_of(code)))
"""


@pytest.fixture(scope="module")
def token(site: Site) -> str:
    return str(site.ask(ISSUE))


def screen(page: Page, seen: list[str]) -> None:
    """Count a screen, and look at it."""
    page.wait_for_load_state("load")
    name = re.sub(r"\?.*|\d+$", "", page.url.rsplit("/", 1)[-1] if "/done/" not in page.url else "done")
    if name not in seen:
        seen.append(name)
    assert axe(page) == []


def tap(page: Page, words: str) -> None:
    page.locator(f"label.tap:has-text('{words}')").first.click()


def walked(page: Page, token: str, *, number: str) -> list[str]:
    """The shop owner's way from the scan to the confirmation; the screens that were seen."""
    seen: list[str] = []
    page.goto(f"/c/{token}")
    screen(page, seen)
    page.get_by_role("link", name="发布融资需求").click()
    screen(page, seen)
    page.get_by_label("手机号").fill(number)
    page.locator("[name=consent]").check()
    page.get_by_role("button", name="获取验证码").click()
    screen(page, seen)
    sent = re.search(r"验证码：(\d{6})", page.content())
    assert sent is not None
    page.get_by_label("短信验证码").fill(sent[1])
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("企业名称").fill("号商行")
    page.get_by_role("button", name="查找").click()
    screen(page, seen)
    page.locator(".choice-list button").first.click()
    screen(page, seen)
    for words in ("20万元", "1年", "采购原材料或进货", "没有"):
        tap(page, words)
    page.locator("[name=share]").check()
    page.get_by_role("button", name="发布需求").click()
    screen(page, seen)
    assert "还差一步：经营主体认证" in page.inner_text("main")
    return seen


def test_a_shop_owner_gets_from_the_scan_to_a_demand_in_five_screens(phone: Page, token: str) -> None:
    begun = time.monotonic()
    assert walked(phone, token, number="13900000001") == [token, "phone", "firm", "demand", "done"]
    assert time.monotonic() - begun < THREE_MINUTES


@pytest.mark.parametrize("scripts", [True, False])
def test_the_way_works_inside_a_chat_app_and_without_javascript(
    site: Site, browser: Browser, token: str, scripts: bool
) -> None:
    context = context_of(browser, phone=True, base_url=site.address, user_agent=WECHAT, java_script_enabled=scripts)
    page = context.new_page()
    watched = Watched(page, site.address)
    walked_plainly(page, token, number=f"1390000001{int(scripts)}")
    context.close()
    assert watched.wrong == []


def walked_plainly(page: Page, token: str, *, number: str, look: Callable[[Page], None] = lambda _: None) -> None:
    """The same way with nothing but taps and keys: a page without scripts cannot be asked by axe."""
    page.goto(f"/c/{token}")
    look(page)
    page.locator("a.main-way").click()
    look(page)
    page.locator("[name=phone]").fill(number)
    page.locator("[name=consent]").check()
    page.locator("[name=phone]").press("Enter")
    sent = re.search(r"验证码：(\d{6})", page.content())
    assert sent is not None
    page.locator("[name=password]").fill(sent[1])
    page.locator("[name=password]").press("Enter")
    page.locator("[name=q]").fill("号商行")
    page.locator("[name=q]").press("Enter")
    look(page)
    page.locator(".choice-list button").nth(1).click()
    look(page)
    for words in ("其他", "6个月", "支付货款"):
        tap(page, words)
    page.locator("[name=other]").fill("35")
    page.locator("[name=share]").check()
    page.locator("button.btn-main").click()
    assert "350,000" in page.inner_text("main")


def test_every_screen_is_readable_in_large_type_on_a_narrow_phone(site: Site, browser: Browser, token: str) -> None:
    context = context_of(browser, phone=True, base_url=site.address)
    page = context.new_page()
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"/c/{token}?large=yes")
    site.sign_in(page, "legal_representative")
    context.add_cookies([{"name": "large_type", "value": "yes", "url": site.address}])
    for step in ("", "/firm", "/phone"):
        page.goto(f"/c/{token}{step}?large=yes")
        assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth"), step
        small = page.evaluate(
            "[...document.querySelectorAll('main a, main button')].filter(x => x.getBoundingClientRect().height < 24).length"
        )
        assert small == 0, step
    context.close()


def as_an_old_browser_reads_it(css: str) -> str:
    """A style sheet without the rules and properties that browsers of 2018 do not know: they drop a rule whole."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    known = re.sub(r"[^{}]*(?::where|:has|:is|:focus-visible|:not\([^)]*,)[^{}]*\{[^{}]*\}", "", css)
    return re.sub(r"(?<![-\w])(?:gap|accent-color|inset|aspect-ratio|text-wrap)\s*:[^;}]*;?", "", known)


def test_the_way_is_usable_where_the_browser_knows_nothing_new(site: Site, browser: Browser, token: str) -> None:
    context = context_of(browser, phone=True, base_url=site.address, java_script_enabled=True, user_agent=WECHAT)

    def old(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=as_an_old_browser_reads_it(answer.text()))

    context.route("**/*.css", old)
    page = context.new_page()
    walked_plainly(page, token, number="13900000021", look=usable)
    context.close()


def usable(page: Page) -> None:
    """Everything to tap is high enough for a thumb, nothing overlaps its neighbor, nothing scrolls sideways."""
    page.wait_for_load_state("load")
    low = page.evaluate(
        "things => [...document.querySelectorAll(things)].filter(x => x.getBoundingClientRect().height < 40)"
        ".map(x => x.outerHTML.slice(0, 90))",
        TO_TAP,
    )
    assert low == []
    touching = page.evaluate(
        """[...document.querySelectorAll('.tap')].filter(x => {
        const [input, words] = [x.querySelector('input'), x.querySelector('span')].map(y => y.getBoundingClientRect());
        return words.left - input.right < 4;}).length"""
    )
    assert touching == 0
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


def weight(url: str) -> int:
    """What travels for one answer, headers and all, as a browser asks for it."""
    asked = urllib.request.Request(url, headers={"Accept-Encoding": "gzip, br", "User-Agent": WECHAT})  # noqa: S310
    with urllib.request.urlopen(asked) as answer:  # noqa: S310 -- the test's own server
        return len(answer.read()) + len(str(answer.headers))


def test_the_first_page_of_a_code_is_light(phone: Page, token: str) -> None:
    asked: list[str] = []
    phone.on("request", lambda x: asked.append(x.url))
    phone.goto(f"/c/{token}", wait_until="networkidle")
    total = sum(map(weight, asked))
    assert len(asked) <= 6
    assert total <= MOST_BYTES


def test_a_forged_code_says_so_and_is_noted(site: Site, browser: Browser, token: str) -> None:
    context = context_of(browser, phone=True, base_url=site.address)
    page = context.new_page()
    forged = token[:-1] + ("A" if token[-1] != "A" else "B")
    answer: Any = page.goto(f"/c/{forged}")
    assert answer.status == 404
    assert "可能是伪造的" in page.inner_text("main")
    assert page.locator("main form").count() == 0
    assert axe(page) == []
    page.goto(f"/c/{forged}?language=en")
    assert "it may be forged" in page.inner_text("main")
    site.sign_in(page, "operator")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto("/loan-codes/scans?verdict=forged&language=zh-hans")
    assert "伪造或残缺" in page.inner_text("main table")
    context.close()
