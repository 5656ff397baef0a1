"""The head of pages with notices that nobody has read, and a list whose session ended meanwhile."""

import os
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import Site, axe, browser, context_of, desk, needs_browser, phone, scrolls_sideways, site

pytestmark = needs_browser
__all__ = ["browser", "desk", "phone", "site"]
NOTICES = """
from django.utils import timezone
from huoshui.models import Demand, Notice, Organization
from huoshui.terms import NoticeKind
made = Demand.objects.order_by("pk").first()
office = Organization.objects.get(kind="task_force", region_code=made.firm.region_code[:6])
for _ in range(120):
    Notice.objects.create(kind=NoticeKind.OVERDUE, demand=made, organization=office, at=timezone.now())
    Notice.objects.create(kind=NoticeKind.REJECTED, demand=made, firm=made.firm, at=timezone.now())
print(json.dumps(made.firm_id))
"""


def looked_at(page: Page, *, name: str) -> None:
    assert axe(page) == []
    assert not scrolls_sideways(page)
    if folder := os.environ.get("HUOSHUI_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_notices_are_counted_in_the_head_of_desk_and_phone(site: Site, desk: Page, phone: Page) -> None:
    site.ask(NOTICES)
    for language in ("zh-hans", "en"):
        for page, person, address in ((desk, "officer", "/firms/"), (phone, "legal_representative", "/my/demands/")):
            site.sign_in(page, person)
            page.goto(f"{site.address}{address}?language={language}")
            expect(page.locator(".unread b")).to_have_text("99+")
            looked_at(page, name=f"head-{person}-{language}")
    desk.locator(".unread").click()
    expect(desk).to_have_url(f"{site.address}/notices/")


def test_a_list_whose_session_ended_goes_to_the_sign_in_and_comes_back(site: Site, browser: Browser) -> None:
    context = context_of(browser, phone=False)  # unwatched: the browser itself notes the 401
    page = context.new_page()
    site.sign_in(page, "officer")
    page.goto(f"{site.address}/firms/")
    site.sign_in(page, "")
    page.get_by_role("button", name="筛选").click()
    page.wait_for_url(f"{site.address}/accounts/login/?next=/firms/**")
    context.close()
