"""What ends with a demand, and what stays: another open case keeps the bank's sight of the firm."""

import pytest
from django.utils import timezone

from huoshui.models import BankPush, FirmShare, Repair
from huoshui.services.demand_ending import end_demand, end_share, share_firm
from huoshui.services.repair import name_obstacles
from huoshui.terms import PushStage, RepairStage
from tests.demands import good_firm, pushed
from tests.world import World, county_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    found = county_world()
    good_firm(found)
    FirmShare.objects.all().delete()
    return found


def test_a_bank_with_a_second_case_of_the_firm_goes_on_seeing_it(world: World) -> None:
    first, second, at = pushed(world), pushed(world), timezone.now()
    assert FirmShare.objects.count() == 1
    assert [x.stage for x in end_demand(first, at=at)] == [PushStage.RECALLED]
    assert FirmShare.objects.get().until_at is None
    end_demand(second, at=at)
    assert FirmShare.objects.get().until_at == at


def test_an_approval_keeps_the_firm_in_sight_and_a_new_push_opens_it_again(world: World) -> None:
    demand, at, bank = pushed(world), timezone.now(), world.home_bank.sub_branch
    BankPush.objects.update(stage=PushStage.APPROVED)
    end_share(demand, bank=bank, at=at)
    assert FirmShare.objects.get().until_at is None
    BankPush.objects.update(stage=PushStage.DECLINED)
    end_share(demand, bank=bank, at=at)
    assert FirmShare.objects.get().until_at == at
    share_firm(demand, bank=bank, at=at)
    assert FirmShare.objects.get().until_at is None


def test_repairs_and_clocks_end_with_the_demand(world: World) -> None:
    demand, at = pushed(world), timezone.now()
    name_obstacles(demand, obstacles=["documents", "documents"], origin="bank", at=at)
    end_demand(demand, at=at)
    assert [x.stage for x in Repair.objects.all()] == [RepairStage.DROPPED]
    assert demand.clocks.filter(ended_on=None).count() == 0
    assert demand.ended_at == at
