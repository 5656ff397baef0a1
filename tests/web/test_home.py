"""The first page tells each role what waits for it, and a passer-by what this is; the frame of every page says who is who."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from huoshui.models import Demand
from huoshui.terms import DemandChannel, DemandStage, Role
from tests.world import World, county_world, firm, signed_in

pytestmark = pytest.mark.django_db
EXPECTED = {
    Role.OFFICER: ("今早待办", "走访进度"),
    Role.LEAD: ("今早待办", "走访进度"),
    Role.CLIENT_MANAGER: ("银行收件箱",),
    Role.APPROVER: ("银行收件箱",),
    Role.REGULATOR: ("走访进度", "申报与推荐"),
    Role.AUDITOR: ("走访进度", "申报与推荐"),
    Role.OPERATOR: ("运行情况",),
    Role.VISITOR: ("我的名单",),
    Role.LEGAL_REPRESENTATIVE: ("我的融资需求", "发布融资需求"),
}


@pytest.fixture
def world() -> World:
    return county_world()


def first_page(world: World, role: Role | None, query: str = "") -> str:
    user = world.user(role) if role else world.stranger
    answer: Any = signed_in(Client(), user).get(f"/{query}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_each_role_finds_what_waits_for_it(world: World) -> None:
    for role, told in EXPECTED.items():
        page = first_page(world, role)
        assert [x for x in told if x not in page] == [], role
    assert "今早待办" not in first_page(world, Role.REGULATOR)


def test_whoever_speaks_for_no_firm_is_told_how_to_begin(world: World) -> None:
    page = first_page(world, None)
    assert "还没有认证的经营主体" in page
    assert "扫贷款码" in page


def test_a_demand_that_waits_for_an_authentication_stands_on_the_first_page(world: World) -> None:
    told = {"channel": DemandChannel.FIRM, "amount_fen": 20_000_000, "stage": DemandStage.AWAITING_AUTHENTICATION}
    Demand.objects.create(firm=world.home.firms[2], created_by=world.stranger, **told)
    assert "待经营主体认证" in first_page(world, None)


def test_a_passer_by_is_told_what_this_is_in_both_languages() -> None:
    client = Client()
    assert "直达小微企业" in client.get("/").content.decode()
    english = client.get("/?language=en")
    assert "Living water for small firms" in english.content.decode()
    assert english.headers["Content-Language"] == "en"
    assert "Living water" in client.get("/").content.decode(), "the choice is remembered"


def test_large_type_is_chosen_and_remembered() -> None:
    client = Client()
    assert 'class="large"' not in client.get("/").content.decode()
    assert 'class="large"' in client.get("/?large=yes").content.decode()
    assert 'class="large"' in client.get("/").content.decode()
    assert 'class="large"' not in client.get("/?large=no").content.decode()


def test_the_frame_says_who_acts_as_whom_and_offers_their_ways(world: World) -> None:
    page = first_page(world, Role.OFFICER)
    officer = world.user(Role.OFFICER)
    assert officer.shown_name in page
    assert f"{world.home.task_force.name} 专班工作人员" in page
    assert 'aria-current="page">首页' in page
    assert "机构与人员" not in page, "that is the lead's"
    assert "机构与人员" in first_page(world, Role.LEAD)


def test_more_firms_take_no_more_queries(world: World) -> None:
    client = signed_in(Client(), world.user(Role.OFFICER))
    client.get("/")
    counts = []
    for number in (901, 902):
        with CaptureQueriesContext(connection) as seen:
            client.get("/")
        counts.append(len(seen))
        firm("350203", number)
    assert counts[0] == counts[1] <= 16
