"""Someone else's firm, demand, visit, photograph, authentication or loan code by a guessed address: not there, in no list."""

import json
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.browser import Site, browser, context_of, needs_browser, site

__all__ = ["browser", "site"]
pytestmark = [needs_browser, pytest.mark.xdist_group("browser")]

PAGES: Final = {
    "officer": (
        "/firms/{firm}/", "/firms/{firm}/story/", "/demands/{demand}/", "/visits/{visit}/", "/visits/photos/{visit_photo}",
        "/visits/new?firm={firm}", "/authentications/{authentication}/", "/loan-codes/{loan_code}/",
        "/loan-codes/{loan_code}/qr.svg", "/loan-codes/{loan_code}/poster.pdf", "/pushes/{push}/", "/my/demands/new/{firm}/",
    ),
    "visitor": ("/firms/{firm}/", "/demands/{demand}/", "/visits/{visit}/", "/visits/new?firm={firm}"),
    "client_manager": ("/firms/{firm}/", "/demands/{demand}/", "/pushes/{push}/", "/loan-codes/{loan_code}/"),
    "legal_representative": (
        "/firms/{firm}/", "/my/demands/{demand}/", "/my/demands/{demand}/edit/", "/my/demands/new/{firm}/",
        "/authenticate/{authentication}/", "/authenticate/{authentication}/photo.jpg",
    ),
}  # fmt: skip
API: Final = {
    "officer": ("/firms/{uscc}", "/demands/{demand}", "/visits/{visit}"),
    "client_manager": ("/firms/{uscc}", "/demands/{demand}"),
}
LISTS: Final = ("/firms/", "/demands/", "/visits/", "/pushes/", "/review/", "/review/recommended/", "/authentications/",
                "/loan-codes/")  # fmt: skip
KINDS: Final = ("firm", "uscc", "demand", "visit", "visit_photo", "authentication", "loan_code", "push")
MAKE: Final = f"""
from huoshui.models import Demand, Firm
from huoshui.terms import Role
from tests.api.callers import issued
from tests.web.route_objects import MAKERS
from tests.world import found_world
world = found_world()
told = {{}}
for side, home in (("ours", True), ("theirs", False)):
    told[side] = {{x: MAKERS[x](world, home=home, by=world.user(Role.OFFICER, home=home)) for x in {KINDS}}}
    told[side] |= {{"name": world.county(home=home).firms[0].name, "code": world.county(home=home).firms[0].uscc}}
    for role in (Role.OFFICER, Role.CLIENT_MANAGER):
        told[side][role.value] = issued(world, world.user(role, home=home)).secret
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def made(site: Site) -> dict[str, dict[str, Any]]:
    """The same kinds of things in both counties."""
    told: dict[str, dict[str, Any]] = site.ask(MAKE)
    return told


@pytest.fixture
def page(site: Site, browser: Browser) -> Any:
    """A page whose console may say that there is nothing: that is what is looked for."""
    context = context_of(browser, phone=False, base_url=site.address)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("person", sorted(PAGES))
def test_somebody_elses_is_not_there_and_the_page_says_nothing_of_it(
    site: Site, page: Page, made: dict[str, dict[str, Any]], person: str
) -> None:
    site.sign_in(page, person)
    answers, told = {}, []
    for address in PAGES[person]:
        answer = page.request.get(address.format(**made["theirs"]), max_redirects=0)
        answers[address] = answer.status
        body = answer.text()
        told += [address for x in ("name", "code") if made["theirs"][x] in body]
    assert answers == dict.fromkeys(PAGES[person], 404)
    assert told == []
    shown: Any = page.goto(PAGES[person][0].format(**made["theirs"]))
    assert shown.status == 404
    assert page.locator("h1").count() == 1
    assert made["theirs"]["name"] not in page.content()


def test_one_s_own_is_there_by_the_same_addresses(site: Site, page: Page, made: dict[str, dict[str, Any]]) -> None:
    site.sign_in(page, "officer")
    wanted = [x for x in PAGES["officer"] if "photo" not in x]  # the picture itself is not on the disk
    answers = {x: page.request.get(x.format(**made["ours"]), max_redirects=0).status for x in wanted}
    assert answers == dict.fromkeys(wanted, 200)


@pytest.mark.parametrize("person", sorted(API))
def test_the_api_knows_nothing_of_it_either(page: Page, made: dict[str, dict[str, Any]], person: str) -> None:
    paths, headers = API[person], {"Authorization": f"Bearer {made['ours'][person]}"}
    theirs = {x: page.request.get(f"/api/v1{x.format(**made['theirs'])}", headers=headers) for x in paths}
    ours = {x: page.request.get(f"/api/v1{x.format(**made['ours'])}", headers=headers).status for x in paths}
    assert ours == dict.fromkeys(paths, 200)
    assert {x: y.status for x, y in theirs.items()} == dict.fromkeys(paths, 404)
    assert [x for x, y in theirs.items() if made["theirs"]["name"] in y.text()] == []


def test_a_bank_acknowledges_over_the_api_what_was_pushed_to_it_and_nothing_else(
    page: Page, made: dict[str, dict[str, Any]]
) -> None:
    statuses = {}
    for side in ("theirs", "ours"):
        headers = {"Authorization": f"Bearer {made['ours']['client_manager']}", "Idempotency-Key": f"guess-{side}"}
        statuses[side] = page.request.post(f"/api/v1/pushes/{made[side]['push']}/acknowledge", headers=headers).status
    assert statuses == {"theirs": 404, "ours": 200}


def test_no_list_of_the_api_holds_it(page: Page, made: dict[str, dict[str, Any]]) -> None:
    headers = {"Authorization": f"Bearer {made['ours']['officer']}"}
    for path in ("/firms", "/demands", "/visits", "/assignments", "/lists/declared", "/lists/recommended"):
        answer = page.request.get(f"/api/v1{path}", headers=headers)
        assert answer.status == 200, path
        assert made["theirs"]["code"] not in answer.text(), path


def test_no_list_no_search_and_no_export_holds_it(site: Site, page: Page, made: dict[str, dict[str, Any]]) -> None:
    site.sign_in(page, "officer")
    seen = []
    for address in LISTS:
        for query in ("", f"?q={made['theirs']['code']}", "?export=csv", "?export=json"):
            answer = page.request.get(f"{address}{query}")
            assert answer.status == 200, address + query
            text = answer.text().replace(f'value="{made["theirs"]["code"]}"', "")  # what was searched for stands in its box
            seen += [address + query for x in ("name",) if made["theirs"][x] in text]
            seen += [address + query for _ in [0] if query.startswith("?export") and made["theirs"]["code"] in text]
    assert seen == []
    for which in ("declared", "recommended"):
        whole = json.dumps(page.request.get(f"/review/export/{which}.json").json(), ensure_ascii=False)
        assert made["theirs"]["code"] not in whole
    assert made["ours"]["code"] in page.request.get("/firms/?export=csv").text()
