"""Work on lists that takes longer than a page may (走访后台任务)."""

from datetime import datetime
from typing import Final

from django.utils import timezone
from django_tasks import task

from huoshui.models import Campaign, User
from huoshui.services.campaign import open_campaign
from huoshui.terms import CampaignStage, Role

LARGE: Final = 5_000  # firms; fewer are handed out while the page waits


@task()
def open_large_campaign(campaign: int, by: int, region: str, at: str) -> None:
    """Hand out a large list (下发大名单); safe to repeat: one that is open already is left alone.

    `at` is the moment at which somebody asked for it, by which the deadline is reckoned.
    """
    found = Campaign.objects.get(pk=campaign)
    if found.stage is not CampaignStage.OPENING:
        return
    asked_at = datetime.fromisoformat(at)
    user = User.objects.get(pk=by)
    grant = user.viewer(on=timezone.localdate(asked_at)).acting_as(Role.OFFICER, Role.LEAD, region=region)
    open_campaign(found, by=user, grant=grant, at=asked_at)
