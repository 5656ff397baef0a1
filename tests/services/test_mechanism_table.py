"""The mechanism's figures: firms, by county and week; what nobody knows yet is empty and not zero."""

from datetime import timedelta

import pytest
from django.utils import timezone

from huoshui.models import BankPush, Demand
from huoshui.services.mechanism_table import HEADS, mechanism_rows
from huoshui.services.recommendation import answer_push
from huoshui.terms import PushStage, Role
from tests.demands import declared, good_firm, grant_of, pushed
from tests.world import county_world

pytestmark = pytest.mark.django_db


def test_a_firm_with_two_demands_counts_once_and_refusals_are_told_by_reason() -> None:
    world = county_world()
    good_firm(world)
    good_firm(world, home=False)
    demand = pushed(world)
    declared(world)
    declared(world, home=False)
    banker = world.user(Role.CLIENT_MANAGER)
    grant = grant_of(banker, Role.CLIENT_MANAGER, region="350203")
    answer_push(BankPush.objects.get(), to=PushStage.RETURNED, reason="collateral", by=banker, grant=grant, at=timezone.now())
    rows = [dict(zip(HEADS, x, strict=True)) for x in mechanism_rows(Demand.objects.all())]
    today = timezone.localdate()
    assert [(x["地区"], x["周（起始日）"]) for x in rows] == [
        ("350203", today - timedelta(days=today.weekday())), ("350582", today - timedelta(days=today.weekday())),
    ]  # fmt: skip
    home = rows[0]
    assert [home[x] for x in ("走访户数", "申报清单户数", "推荐清单户数", "授信户数", "未授信户数", "未授信原因")] == [
        1, 1, 1, 0, 1, "collateral 1",
    ]  # fmt: skip
    assert (home["放款金额（元）"], home["平均利率"], home["帮扶完成"]) == (None, None, 0)
    assert demand.firm_id


def test_no_demand_no_row() -> None:
    assert mechanism_rows(Demand.objects.all()) == []
