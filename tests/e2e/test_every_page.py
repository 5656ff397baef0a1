"""Every page of the table of routes, as those who may open it, in both languages, on the desk and at a phone's width."""

from typing import Final

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.browser import DESK, PHONE, Site, Watched, axe, browser, context_of, needs_browser, scrolls_sideways, site
from tests.web.test_roles import TABLE

pytestmark = needs_browser
__all__ = ["browser", "site"]

GET: Final = [
    x.name for x in TABLE.values() if x.method == "GET" and not x.url.startswith("/api/") and not x.url.endswith(".pdf")
]  # a file is no page


def looked_at(page: Page, *, language: str, person: str, wrong: list[str]) -> None:
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        where = f"{person or 'nobody'} {language} {size['width']}"
        wrong += [f"{where}: {x}" for x in axe(page)]
        if scrolls_sideways(page):
            wrong.append(f"{where}: scrolls sideways")
    told = page.evaluate("document.documentElement.lang")
    if told != language:
        wrong.append(f"{language}: the page says that its language is {told}")


HALVES: Final = [pytest.param(x, marks=pytest.mark.xdist_group(f"browser {i % 2}")) for i, x in enumerate(GET)]


@pytest.mark.parametrize("name", HALVES)
def test_a_page_is_accessible_in_both_languages_at_both_widths(name: str, site: Site, browser: Browser) -> None:
    wrong: list[str] = []
    for way in site.pages[name]:
        context = context_of(browser, phone=False, base_url=site.address)
        page = context.new_page()
        watched = Watched(page, site.address)
        site.sign_in(page, way["person"])
        file = page.request.get(way["url"])
        if "text/html" not in file.headers.get("content-type", ""):  # a picture or a download is not a page
            assert file.status < 500, way
            context.close()
            continue
        for language, asked in (("zh-CN", "zh-hans"), ("en", "en")):
            context.add_cookies([{"name": "language", "value": asked, "url": site.address}])
            answer = page.goto(way["url"])
            assert answer is not None
            assert answer.status < 500, way
            if answer.status >= 400:
                watched.wrong.clear()  # the browser says so itself; the page that tells it is looked at like any other
            looked_at(page, language=language, person=way["person"], wrong=wrong)
        wrong += watched.wrong
        context.close()
    assert wrong == []
