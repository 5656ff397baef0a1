"""What ends with a demand (需求终止): its cases at banks, what the banks see of the firm, its repairs and its clocks."""

from datetime import datetime

from django.utils import timezone

from huoshui.models import BankPush, Demand, FirmShare, Organization, Repair
from huoshui.rules.demand import OPEN_PUSHES, REPAIR_TRANSITIONS
from huoshui.services.clock import end_clocks
from huoshui.terms import PushStage, RepairStage

_OPEN_REPAIRS = tuple(x for x, onward in REPAIR_TRANSITIONS.items() if onward)


def end_demand(demand: Demand, *, at: datetime) -> list[BankPush]:
    """End all that hangs on a demand (终止附属事项), inside the act that ends it; gives the cases called back from banks."""
    on = timezone.localdate(at)
    recalled = []
    for push in BankPush.objects.select_for_update().filter(demand=demand, stage__in=OPEN_PUSHES):
        push.move_to(PushStage.RECALLED)
        push.decided_at = at
        push.save(update_fields=["stage", "decided_at"])
        end_share(demand, bank=push.bank, at=at)
        recalled.append(push)
    for repair in Repair.objects.filter(demand=demand, stage__in=_OPEN_REPAIRS):
        repair.move_to(RepairStage.DROPPED)
        repair.ended_at = at
        repair.save(update_fields=["stage", "ended_at"])
    end_clocks("demand_ended", demand=demand, on=on)
    demand.ended_at = at
    return recalled


def share_firm(demand: Demand, *, bank: Organization, at: datetime) -> None:
    """Let a bank see the firm while it has a demand of it (共享企业信息)."""
    FirmShare.objects.update_or_create(firm=demand.firm, organization=bank, defaults={"since_at": at, "until_at": None})


def end_share(demand: Demand, *, bank: Organization, at: datetime) -> None:
    """Let a bank no longer see the firm, unless it has another open case of it (停止共享企业信息)."""
    if not BankPush.objects.filter(demand__firm=demand.firm, bank=bank, stage__in=(*OPEN_PUSHES, PushStage.APPROVED)).exists():
        FirmShare.objects.filter(firm=demand.firm, organization=bank, until_at=None).update(until_at=at)
