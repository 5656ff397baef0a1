"""Every address, every role, somebody else's row: the table in routes/*.yaml is read, compared with the site, gone through."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from huoshui.models import User
from huoshui.terms import Role
from tests.web.route_objects import MAKERS
from tests.world import World, county_world, signed_in

ROUTES: Final = Path(__file__).parent / "routes"
NOT_OURS: Final = re.compile(r"^(account_|mfa_|allauth|static|api[:-])")  # allauth tests its own pages, tests/api the API
PLACE: Final = re.compile(r"\{(\w+)\}")
REFUSED: Final = frozenset({401, 403})
OWN_ANSWERS: Final = frozenset({200, 201, 202, 204, 302, 303, 304, 400, 405, 409, 410, 415, 422})


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    url: str
    roles: list[str] | str
    method: str = "GET"
    data: dict[str, Any] = field(default_factory=dict)
    json: dict[str, Any] | None = None
    foreign: int | str = 404
    sees_foreign: list[str] = field(default_factory=list)
    may_miss: list[str] = field(default_factory=list)

    @property
    def route(self) -> str:
        return self.name.partition(" ")[0]

    @property
    def has_object(self) -> bool:
        return PLACE.search(f"{self.url} {self.data} {self.json}") is not None

    def lets_in(self, role: Role | None) -> bool:
        """Whether a role, or somebody signed in who has none, may call."""
        return isinstance(self.roles, str) or (role is not None and role.value in self.roles)


def read_table() -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for path in sorted(ROUTES.glob("*.yaml")):
        for name, told in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).items():
            assert name not in rows, f"{path.name}: {name} stands in two files"
            rows[name] = Row(name, **told)
    return rows


TABLE: Final = read_table()


def routes(resolver: URLResolver, space: str = "") -> Iterator[tuple[str, Any]]:
    """Every named route of the site with its page; a route without a name is named after its pattern."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield f"{space}{entry.name or entry.pattern}", entry.callback
        else:
            yield from routes(entry, f"{space}{entry.namespace}:" if entry.namespace else space)


def site_routes() -> dict[str, Any]:
    return {name: page for name, page in routes(get_resolver()) if not NOT_OURS.match(name)}


def test_the_table_and_the_site_name_the_same_routes() -> None:
    assert {x.route for x in TABLE.values()} == set(site_routes())


def test_the_table_says_what_the_doors_say() -> None:
    wrong = []
    for row in TABLE.values():
        page = site_routes().get(row.route)
        if page is None or not hasattr(page, "public"):
            continue  # a missing route is found above, an API's route by calling it
        said = "public" if page.public else "signed_in" if page.signed_in else sorted(x.value for x in page.roles)
        told = row.roles if isinstance(row.roles, str) else sorted(row.roles)
        wrong += [f"{row.name}: the table says {told}, the door says {said}"] if said != told else []
    assert wrong == []


def test_every_page_has_a_door() -> None:
    assert [x for x, page in site_routes().items() if not x.startswith("api") and not hasattr(page, "public")] == []


def test_roles_and_kinds_of_the_table_are_known() -> None:
    named = {y for x in TABLE.values() if isinstance(x.roles, list) for y in (*x.roles, *x.sees_foreign)}
    assert named - {x.value for x in Role} == set()
    assert {x.roles for x in TABLE.values() if isinstance(x.roles, str)} <= {"public", "signed_in"}
    assert {y for x in TABLE.values() for y in PLACE.findall(x.url)} - set(MAKERS) == set()


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """One world for all rows; each call is rolled back."""
    del django_db_setup
    with django_db_blocker.unblock(), transaction.atomic():
        yield county_world()
        transaction.set_rollback(True)


def call(row: Row, world: World, user: User | None, *, home: bool = True) -> int:
    """The status that a person gets for a row; what the call wrote is undone."""
    client = Client(raise_request_exception=False)
    with transaction.atomic():
        if user is not None:
            signed_in(client, user)
        placed = partial(_placed, world=world, home=home, by=user)
        url = placed(row.url)
        given: dict[str, Any] = {"content_type": "application/json"} if row.json is not None else {}
        data = placed(row.json if row.json is not None else row.data)
        answer = getattr(client, row.method.lower())(url, data, **given)
        transaction.set_rollback(True)
    sent_to_sign_in = answer.status_code == 302 and answer.headers["Location"].startswith("/accounts/login")
    return 401 if sent_to_sign_in else int(answer.status_code)


def _placed(text: Any, *, world: World, home: bool, by: User | None) -> Any:
    if isinstance(text, str):
        return PLACE.sub(lambda x: str(MAKERS[x.group(1)](world, home=home, by=by)), text)
    placed = partial(_placed, world=world, home=home, by=by)
    if isinstance(text, dict):
        return {x: placed(y) for x, y in text.items()}
    return [placed(x) for x in text] if isinstance(text, list) else text


def everybody(world: World) -> Iterator[tuple[str, Role | None, User]]:
    for role in Role:
        yield role.value, role, world.user(role)
    yield "no role", None, world.stranger


@pytest.mark.django_db
@pytest.mark.parametrize("name", TABLE)
def test_who_may_and_who_may_not(name: str, world: World) -> None:
    row, wrong = TABLE[name], []
    nobody = call(row, world, None)
    if (nobody in REFUSED) == (row.roles == "public"):
        wrong.append(f"nobody: {nobody}")
    for told, role, user in everybody(world):
        status = call(row, world, user)
        own = OWN_ANSWERS | {404} if told in row.may_miss else OWN_ANSWERS
        if status not in (own if row.lets_in(role) else REFUSED):
            wrong.append(f"{told}: {status}")
    assert wrong == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", [x.name for x in TABLE.values() if x.has_object and x.foreign != "none"])
def test_somebody_elses_row_is_not_there(name: str, world: World) -> None:
    row, wrong = TABLE[name], []
    for told, role, user in everybody(world):
        if row.lets_in(role) and told not in (*row.sees_foreign, *row.may_miss):
            status = call(row, world, user, home=False)
            wrong += [f"{told}: {status}"] if status != row.foreign else []
    assert wrong == []
