"""Background work of demands: safe to repeat."""

from datetime import timedelta

import pytest
from django.utils import timezone

from huoshui.models import Demand, FirmMember, Notice
from huoshui.services.demand import publish_demand, save_draft
from huoshui.services.demand_tasks import declare_waiting_demands, remind_of_clocks
from huoshui.terms import DemandChannel, DemandPurpose, DemandStage, Role
from tests.demands import declared
from tests.world import county_world

pytestmark = pytest.mark.django_db


def test_reminding_twice_reminds_once() -> None:
    declared(county_world(), at=timezone.now() - timedelta(days=60))
    assert remind_of_clocks.call() == {"due_soon": 0, "overdue": 1, "escalated": 1}
    assert remind_of_clocks.call() == {"due_soon": 0, "overdue": 0, "escalated": 0}
    assert Notice.objects.count() == 2


def test_what_waits_for_an_authentication_is_declared_once() -> None:
    world = county_world()
    user, firm = world.stranger, world.home.firms[1]
    made = save_draft(firm=firm, by=user, grant=None, channel=DemandChannel.FIRM, amount_fen=1_000_00, months=3,
                      purpose=DemandPurpose.RENT)  # fmt: skip
    publish_demand(made, by=user, grant=None, at=timezone.now())
    assert declare_waiting_demands.call() == 0
    FirmMember.objects.create(user=user, firm=firm, role=Role.LEGAL_REPRESENTATIVE, from_on=timezone.localdate())
    assert [declare_waiting_demands.call(), declare_waiting_demands.call()] == [1, 0]
    assert Demand.objects.get().stage is DemandStage.DECLARED
