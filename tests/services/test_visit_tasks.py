"""Work on lists in the background: safe to repeat."""

import pytest

from huoshui.models import Event
from huoshui.services.campaign import queue_campaign
from huoshui.services.visit_tasks import open_large_campaign
from huoshui.terms import CampaignStage
from tests.campaigns import AT, drafted, officer_of
from tests.world import county_world

pytestmark = pytest.mark.django_db


def test_a_large_list_is_handed_out_once() -> None:
    world = county_world()
    officer, grant = officer_of(world)
    campaign = queue_campaign(drafted(world), by=officer, grant=grant)
    for _ in range(2):
        open_large_campaign.call(campaign.pk, officer.pk, campaign.region_code, AT.isoformat())
    campaign.refresh_from_db()
    assert campaign.stage is CampaignStage.OPEN
    assert Event.objects.filter(act="open_campaign").count() == 1
