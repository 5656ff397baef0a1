"""A firm's story is told in sentences, in both languages, to whoever may see the firm; every act of the services has one."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from huoshui.services.event import record
from huoshui.terms import Act, ReviewAct, Role
from tests.world import World, county_world, signed_in

pytestmark = pytest.mark.django_db
SERVICES: Final = Path(__file__).parents[2] / "src" / "huoshui" / "services"


def texts(node: ast.expr | None) -> Iterator[str]:
    """The acts that an expression may stand for: a text, either side of a choice, or one a review act."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*texts(node.body), *texts(node.orelse))
    elif isinstance(node, ast.JoinedStr) and isinstance(node.values[-1], ast.Constant):
        ending = str(node.values[-1].value)
        yield from (f"{x.value}{ending}" for x in ReviewAct if (x, ending) != (ReviewAct.IMPORT, "_demand"))


def acts_of_the_services() -> set[str]:
    found: set[str] = set()
    for path in SERVICES.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name in {"record", "_record", "record_demand"} and node.args:
                    found.update(texts(node.args[0]))
                found.update(x for k in node.keywords if k.arg == "act" for x in texts(k.value))
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "act":
                found.update(texts(node.value))
    return found


def test_every_act_of_the_services_has_a_sentence() -> None:
    acts = acts_of_the_services()
    assert sorted(acts ^ {x.value for x in Act}) == []


@pytest.fixture
def told() -> World:
    world = county_world()
    for county in (world.home, world.away):
        firm, officer = county.firms[0], county.users[Role.OFFICER]
        with transaction.atomic():
            record("record_visit", firm, by=officer, organization=county.task_force, role="officer", firm=firm,
                   basis={"mode": "onsite"})  # fmt: skip
            record("change_demand", firm, by=None, organization=county.task_force, firm=firm,
                   basis={"amount_fen": 30_000_000, "from": "draft", "to": "declared", "body": "a" * 64})  # fmt: skip
    return world


def story(world: World, role: Role, *, language: str = "") -> str:
    client = signed_in(Client(), world.user(role))
    answer: Any = client.get(f"/firms/{world.home.firms[0].pk}/story/", {"language": language} if language else None)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_story_is_told_in_both_languages(told: World) -> None:
    officer = told.user(Role.OFFICER).shown_name
    chinese, english = story(told, Role.LEAD), story(told, Role.LEAD, language="en")
    assert f"{officer}（专班工作人员、{told.home.task_force.name}）登记走访" in chinese
    assert f"{officer} (task-force officer, {told.home.task_force.name}) recorded a visit" in english
    assert "金额：300,000 元" in chinese
    assert "amount: 300,000 yuan" in english
    assert "aaaaaaaaaaaa…" in english
    assert "The system" in english


@pytest.mark.parametrize("role", [Role.LEGAL_REPRESENTATIVE, Role.CLIENT_MANAGER, Role.REGULATOR, Role.VISITOR])
def test_whoever_may_see_the_firm_reads_its_story(told: World, role: Role) -> None:
    page = story(told, role)
    assert ("）登记走访" in page) == (role is not Role.CLIENT_MANAGER), "a bank reads its own acts, not the task force's"


def test_the_log_shows_ones_own_county_and_takes_the_same_queries(told: World) -> None:
    client = signed_in(Client(), told.user(Role.AUDITOR))
    client.get("/events/")  # the first call of a session looks at more
    counts = []
    for query in ("?act=record_visit", ""):
        with CaptureQueriesContext(connection) as seen:
            answer: Any = client.get(f"/events/{query}")
        counts.append(len(seen))
        page = answer.content.decode()
        assert told.home.firms[0].name in page
        assert told.away.firms[0].name not in page
    assert counts[0] == counts[1]
