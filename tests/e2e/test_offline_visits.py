"""The visitor's day (走访人员的一天): the network goes in the middle, the browser is closed, nothing is lost."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import Site, axe, browser, context_of, needs_browser, scrolls_sideways, site

__all__ = ["browser", "site"]
pytestmark = [needs_browser, pytest.mark.xdist_group("offline")]

CAMPAIGN: Final = """
from django.utils import timezone
from huoshui.models import User
from huoshui.services.campaign import Chosen, make_campaign, open_campaign
from huoshui.terms import DrawMode, Role
from tests.world import firm
now = timezone.now(); on = timezone.localdate()
firms = [firm("350203001", 700 + x) for x in range(9)]
officer = User.objects.get(login_name="officer-350203")
grant = officer.viewer(on=on).of(Role.OFFICER)[0]
everybody = Chosen(verdicts=())
made = make_campaign("离线走访", by=officer, grant=grant, region="350203", chosen=everybody, mode=DrawMode.EVEN, at=now)
open_campaign(made, by=officer, grant=grant, at=now)
"""
KEPT: Final = """
from huoshui.models import Visit, VisitPhoto
visits = Visit.objects.filter(source="offline").order_by("pk")
print(json.dumps([
    [x.firm.name, str(x.operating), x.employees, str(x.need), x.amount_fen, x.months, x.obstacles, x.note,
     [bool(y.kept_sha256) for y in x.photos.all()]] for x in visits
]))
"""


CONTROLLED: Final = """() => new Promise((resolve) => {
  if (navigator.serviceWorker.controller) resolve(true);
  else navigator.serviceWorker.addEventListener("controllerchange", () => resolve(true));
})"""


@pytest.fixture(scope="module")
def campaign(site: Site) -> None:
    site.ask(CAMPAIGN)


@pytest.fixture
def day(site: Site, browser: Browser, campaign: None) -> Iterator[Page]:
    """The visitor's phone, with a list on it and the page kept for when there is no network."""
    del campaign
    context = context_of(browser, phone=True, base_url=site.address)
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda x: wrong.append(str(x)))  # the console may complain: there is no network
    site.sign_in(page, "visitor")
    page.goto("/offline/")
    assert page.evaluate(CONTROLLED)
    page.locator(".entry").first.wait_for()
    yield page
    sideways = scrolls_sideways(page)
    context.close()
    assert wrong == []
    assert not sideways


def fill(page: Page, *, employees: str, amount: str) -> None:
    """Answer as a visitor does, with taps."""
    page.locator("#form, form").get_by_label("是", exact=True).first.check()
    page.get_by_label("从业人数").fill(employees)
    page.locator("input[name=need][value=yes]").check()
    page.get_by_label("需要金额").fill(amount)
    page.get_by_label("使用期限").fill("12")
    page.locator("input[name=obstacles][value=no_collateral]").check()
    page.get_by_label("备注").fill("门店临街，想添一台冷柜")


def picture(folder: Path) -> Path:
    """A large picture, as a camera takes it."""
    path = folder / "shop.jpg"
    Image.effect_noise((2400, 1800), 60).convert("RGB").save(path, quality=95)
    return path


def test_visits_made_without_a_network_arrive_once_there_is_one(site: Site, day: Page, tmp_path: Path) -> None:
    names = day.locator(".entry strong").all_inner_texts()
    assert len(names) >= 2
    assert axe(day) == []
    day.context.set_offline(True)

    day.locator(".entry").first.click()
    fill(day, employees="3", amount="29.07")
    day.locator("#photo").set_input_files(picture(tmp_path))
    expect(day.locator(".photos img")).to_have_count(1)
    assert axe(day) == []
    day.get_by_role("button", name="保存走访").click()
    expect(day.locator(".visits .badge")).to_have_text(["待发送"])

    day.goto("/offline/#list")  # still no network: the page comes from the phone
    day.locator(".entry", has_text=names[1]).click()
    fill(day, employees="12", amount="80")
    expect(day.locator("[data-part=kept]")).to_contain_text("已自动保存")
    day.reload()  # the browser was closed in the middle of a form
    expect(day.get_by_label("从业人数")).to_have_value("12")
    expect(day.locator("[data-part=restored]")).to_be_visible()
    day.get_by_role("button", name="保存走访").click()
    expect(day.locator(".visits .badge")).to_have_text(["待发送", "待发送"])
    assert site.ask(KEPT) == []

    day.context.set_offline(False)
    expect(day.locator(".visits .badge")).to_have_text(["已保存", "已保存"], timeout=15_000)
    expect(day.locator("[data-part=status]")).to_contain_text("已与平台同步")
    kept: list[Any] = site.ask(KEPT)
    told = [["yes", 3, "yes", 29_070_000, 12], ["yes", 12, "yes", 80_000_000, 12]]
    assert [x[1:6] for x in kept] == told
    assert [x[0] for x in kept] == names[:2]
    assert [x[8] for x in kept] == [[True], []]

    day.get_by_role("button", name="立即发送").click()
    day.goto("/offline/#list")
    expect(day.locator(".entry", has_text=names[0])).to_have_count(0)
    assert site.ask(KEPT) == kept


def test_a_visit_sent_twice_by_a_server_that_died_is_kept_once(site: Site, day: Page) -> None:
    """The server saves, and dies before its answer arrives: the phone sends again."""
    before = len(site.ask(KEPT))

    def cut(route: Any) -> None:
        route.fetch()
        route.abort("connectionreset")

    day.route("**/visits/sync", cut, times=1)
    day.locator(".entry").first.click()
    fill(day, employees="1", amount="5")
    with day.expect_event("requestfailed", lambda x: x.url.endswith("/visits/sync")):
        day.get_by_role("button", name="保存走访").click()
    expect(day.locator(".visits .badge").first).to_have_text("待发送")
    assert len(site.ask(KEPT)) == before + 1
    day.get_by_role("button", name="立即发送").click()
    expect(day.locator(".visits .badge").first).to_have_text("已保存")
    assert len(site.ask(KEPT)) == before + 1


def test_two_visitors_who_disagree_see_it_and_both_answers_stay(site: Site, day: Page) -> None:
    name = day.locator(".entry strong").first.inner_text()
    day.locator(".entry").first.click()
    site.ask(OTHER.replace("NAME", json.dumps(name)))
    fill(day, employees="9", amount="10")
    day.get_by_role("button", name="保存走访").click()
    expect(day.locator(".visits .badge").first).to_have_text("已保存，与另一次走访不一致")
    expect(day.locator(".visits .card").first).to_contain_text("从业人数")
    assert site.ask(BOTH.replace("NAME", json.dumps(name))) == [2, 9]


OTHER: Final = """
from uuid import uuid4
from django.utils import timezone
from huoshui.models import Firm, User
from huoshui.services.visit import VisitAnswers, save_visit
from huoshui.terms import Role, YesNo
now = timezone.now()
officer = User.objects.get(login_name="officer-350203")
grant = officer.viewer(on=timezone.localdate()).of(Role.OFFICER)[0]
save_visit(
    client_id=uuid4(), firm=Firm.objects.get(name=NAME), by=officer, grant=grant, visited_at=now, received_at=now,
    answers=VisitAnswers(operating=YesNo.YES, employees=2),
)
"""
BOTH: Final = """
from huoshui.models import Visit
print(json.dumps(sorted(Visit.objects.filter(firm__name=NAME).values_list("employees", flat=True))))
"""
