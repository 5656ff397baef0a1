"""Who has only a keyboard gets everywhere: skip link, a focus that is seen, lists, menus and forms; also without a script."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.browser import Site, axe, browser, context_of, desk, needs_browser, phone, site

pytestmark = [needs_browser, pytest.mark.xdist_group("browser 0")]
__all__ = ["browser", "desk", "phone", "site"]

FOCUS = """() => { const x = document.activeElement, s = getComputedStyle(x);
  return [x.tagName, x.textContent.trim(), s.outlineStyle, parseFloat(s.outlineWidth)] }"""


def focused(page: Page) -> Any:
    return page.evaluate(FOCUS)


def test_the_first_key_offers_to_skip_to_the_content(desk: Page, site: Site) -> None:
    site.sign_in(desk, "officer")
    desk.goto("/firms/")
    desk.keyboard.press("Tab")
    assert focused(desk)[1] == "跳到正文"
    desk.keyboard.press("Enter")
    assert desk.evaluate("document.activeElement.id") == "main"


def test_every_stop_of_the_keyboard_is_seen(desk: Page, site: Site) -> None:
    site.sign_in(desk, "lead")
    desk.goto("/firms/")
    stops = []
    for _ in range(30):
        desk.keyboard.press("Tab")
        stops.append(focused(desk))
    unseen = [x for x in stops if x[0] != "BODY" and (x[2] == "none" or x[3] < 2)]
    assert unseen == []
    assert {"A", "INPUT", "SELECT", "BUTTON", "SUMMARY"} <= {x[0] for x in stops}


def test_a_menu_opens_and_closes_by_keys(desk: Page, site: Site) -> None:
    site.sign_in(desk, "officer")
    desk.goto("/firms/")
    menu = desk.locator("details.more-menu")
    menu.locator("> summary").focus()
    desk.keyboard.press("Enter")
    assert menu.get_attribute("open") is not None
    assert axe(desk) == []
    desk.keyboard.press("Escape")
    assert menu.get_attribute("open") is None
    assert focused(desk)[0] == "SUMMARY"


def test_a_list_is_searched_by_keys_and_goes_back(desk: Page, site: Site) -> None:
    site.sign_in(desk, "officer")
    desk.goto("/firms/")
    rows = desk.locator("tbody tr").count()
    name = desk.locator("tbody th").first.inner_text()
    desk.get_by_label("搜索").fill(name)
    with desk.expect_response(lambda x: x.request.headers.get("hx-request") == "true"):
        desk.keyboard.press("Enter")
    desk.wait_for_function("location.search.includes('q=')")
    assert desk.locator("tbody tr").count() == 1
    assert desk.locator("[role=status]").first.inner_text() != "", "what was found is said to a screen reader"
    assert axe(desk) == []
    desk.go_back()
    desk.wait_for_function("!location.search.includes('q=')")
    desk.wait_for_function(f"document.querySelectorAll('tbody tr').length === {rows}")


def test_without_a_script_a_list_is_searched_sorted_and_saved(browser: Browser, site: Site) -> None:
    context = context_of(browser, phone=False, base_url=site.address, java_script_enabled=False)
    page = context.new_page()
    site.sign_in(page, "officer")
    page.goto("/firms/")
    name = page.locator("tbody th").first.inner_text()
    page.get_by_label("搜索").fill(name)
    page.get_by_role("button", name="查询").click()
    assert page.locator("tbody tr").count() == 1
    page.locator("details.more-menu > summary").click()
    page.get_by_label("将当前条件存为视图").fill("一户")
    page.get_by_role("button", name="保存视图").click()
    assert page.locator(".saved-views").get_by_text("一户").get_attribute("aria-current") == "true"
    context.close()


def test_a_large_type_page_does_not_scroll_sideways_on_a_phone(phone: Page, site: Site) -> None:
    for person, url in (("", "/"), ("officer", "/firms/"), ("legal_representative", "/")):
        site.sign_in(phone, person)
        phone.goto(f"{url}?large=yes")
        assert phone.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") == 20
        assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert axe(phone) == []
