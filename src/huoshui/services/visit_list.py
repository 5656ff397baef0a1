"""What becomes of a list after it was handed out (名单调整): shared out anew, handed over, assigned, dropped, put off."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import transaction

from huoshui.errors import BadRequest, NotAllowed, WrongStage
from huoshui.models import Campaign, Grant, User, VisitAssignment
from huoshui.rules.visit_draw import Entry, Hand, draw
from huoshui.services.campaign import Visitor, locked, open_loads, visitors_of
from huoshui.services.coverage import recount_campaign
from huoshui.services.event import record
from huoshui.terms import AssignmentState, CampaignStage, DrawMode, DropReason

MOST_AT_ONCE: Final = 1_000
_CHUNK: Final = 1_000


@dataclass(frozen=True, slots=True)
class Moved:
    """What an act on many entries did (批量结果): how many were changed, and how many nobody may take."""

    changed: int
    left: int = 0


@transaction.atomic
def redraw_list(campaign: Campaign, *, by: User, grant: Grant, on: date, mode: DrawMode | None = None) -> Moved:
    """Share out anew what is still open in a campaign (重新分派): what was visited or dropped stays as it is."""
    campaign = locked(campaign, by=grant, stage=CampaignStage.OPEN)
    entries = _open_entries(VisitAssignment.objects.filter(campaign=campaign))
    visitors = visitors_of(campaign, on=on)
    mine = Counter(x.visitor_id for x in entries)
    moved = _share(entries, visitors, mode=mode or campaign.mode, without=mine)
    if mode is not None and mode is not campaign.mode:
        campaign.mode = mode
        campaign.save(update_fields=["mode"])
    basis = {"mode": str((mode or campaign.mode).value), "entries": len(entries), "changed": moved.changed, "left": moved.left}
    record("redraw_list", campaign, by=by, organization=campaign.organization, role=grant.role, basis=basis)
    return moved


@transaction.atomic
def hand_over(
    campaign: Campaign, *, leaving: User, by: User, grant: Grant, on: date, to: Sequence[User] | None = None
) -> Moved:
    """Give what a visitor still has open to others (名单移交): to those named, else to all others, evenly and by grid."""
    campaign = locked(campaign, by=grant, stage=CampaignStage.OPEN)
    entries = _open_entries(VisitAssignment.objects.filter(campaign=campaign, visitor=leaving))
    chosen = {x.pk for x in to} if to else None
    visitors = [x for x in visitors_of(campaign, on=on) if x.user.pk != leaving.pk and (chosen is None or x.user.pk in chosen)]
    if not visitors:
        raise BadRequest(
            "nobody can take over; expected another visitor of this region", field="to", zh="没有可以接手的走访人员"
        )
    moved = _share(entries, visitors, mode=campaign.mode)
    basis = {"leaving": leaving.pk, "entries": len(entries), "changed": moved.changed, "left": moved.left}
    record("hand_over_list", campaign, by=by, organization=campaign.organization, role=grant.role, basis=basis)
    return moved


@transaction.atomic
def assign_entries(campaign: Campaign, *, entries: Iterable[int], visitor: User, by: User, grant: Grant, on: date) -> Moved:
    """Give chosen open entries to one visitor (指派). Raises BadRequest for a visitor who may not go there."""
    campaign = locked(campaign, by=grant, stage=CampaignStage.OPEN)
    found = _chosen(campaign, entries, AssignmentState.OPEN)
    sent = next((x for x in visitors_of(campaign, on=on) if x.user.pk == visitor.pk), None)
    if sent is None or any(not x.area.startswith(sent.regions) for x in found):
        raise BadRequest(
            "this visitor may not go to all of these places; expected one of the region", field="visitor",
            zh="该走访人员不负责所选的全部区域，请另选",
        )  # fmt: skip
    _give([x.pk for x in found], sent)
    basis = {"visitor": visitor.pk, "entries": [x.pk for x in found]}
    record("assign_entries", campaign, by=by, organization=campaign.organization, role=grant.role, basis=basis)
    return Moved(len(found))


@transaction.atomic
def drop_entries(campaign: Campaign, *, entries: Iterable[int], reason: DropReason, note: str, by: User, grant: Grant) -> Moved:
    """Take open entries off the list, with a reason (不再走访): each firm's story says why."""
    if reason is DropReason.OTHER and not note.strip():
        raise BadRequest("say why", field="note", zh="原因为“其他”时请写明说明")
    return _turn(
        campaign, entries, by, grant, act="drop_entry", was=AssignmentState.OPEN, now=AssignmentState.DROPPED,
        reason=reason, note=note.strip()[:200],
    )  # fmt: skip


@transaction.atomic
def restore_entries(campaign: Campaign, *, entries: Iterable[int], by: User, grant: Grant) -> Moved:
    """Put dropped entries back on the list (恢复走访)."""
    return _turn(campaign, entries, by, grant, act="restore_entry", was=AssignmentState.DROPPED, now=AssignmentState.OPEN)


@transaction.atomic
def move_deadline(campaign: Campaign, *, due_on: date, by: User, grant: Grant, on: date) -> Moved:
    """Give what is still open another deadline (调整完成期限)."""
    if due_on < on:
        raise BadRequest("a deadline lies in the future", field="due_on", zh="完成期限不能早于今天")
    campaign = locked(campaign, by=grant, stage=CampaignStage.OPEN)
    still = VisitAssignment.objects.filter(campaign=campaign, state=AssignmentState.OPEN)
    changed = still.exclude(due_on=due_on).update(due_on=due_on)
    was = campaign.due_on
    campaign.due_on = due_on
    campaign.save(update_fields=["due_on"])
    recount_campaign(campaign)
    basis = {"was": was.isoformat() if was else None, "due_on": due_on.isoformat(), "entries": changed}
    record("move_deadline", campaign, by=by, organization=campaign.organization, role=grant.role, basis=basis)
    return Moved(changed)


def _open_entries(assignments: Any) -> list[VisitAssignment]:
    still = assignments.filter(state=AssignmentState.OPEN).select_for_update()
    return list(still.only("pk", "area", "township", "grid", "priority", "visitor_id").order_by("pk"))


def _chosen(campaign: Campaign, entries: Iterable[int], state: AssignmentState) -> list[VisitAssignment]:
    wanted = sorted(set(entries))
    if not wanted or len(wanted) > MOST_AT_ONCE:
        raise BadRequest(
            f"choose between 1 and {MOST_AT_ONCE} entries; got {len(wanted)}", field="entries",
            zh=f"请选择 1 至 {MOST_AT_ONCE} 条，本次选了 {len(wanted)} 条",
        )  # fmt: skip
    mine = VisitAssignment.objects.select_for_update(of=("self",)).filter(pk__in=wanted, campaign=campaign)
    found = list(mine.select_related("firm").order_by("pk"))
    if len(found) != len(wanted):
        raise NotAllowed("some of these entries are of another list", zh="所选条目不属于本任务")
    if wrong := [x for x in found if x.state is not state]:
        raise WrongStage(
            f"{len(wrong)} of these entries are not {state.en}", zh=f"所选条目中有 {len(wrong)} 条不是“{state.zh}”，请重新选择"
        )
    return found


def _turn(
    campaign: Campaign,
    entries: Iterable[int],
    by: User,
    grant: Grant,
    *,
    act: str,
    was: AssignmentState,
    now: AssignmentState,
    reason: DropReason | None = None,
    note: str = "",
) -> Moved:
    campaign = locked(campaign, by=grant, stage=CampaignStage.OPEN)
    found = _chosen(campaign, entries, was)
    VisitAssignment.objects.filter(pk__in=[x.pk for x in found]).update(state=now, drop_reason=reason or "", note=note)
    recount_campaign(campaign)
    basis = {"campaign": campaign.pk, "reason": str(reason.value) if reason else ""}
    for x in found:
        record(act, x, by=by, organization=campaign.organization, role=grant.role, firm=x.firm, basis=basis)
    return Moved(len(found))


def _share(
    entries: Sequence[VisitAssignment], visitors: Sequence[Visitor], *, mode: DrawMode, without: Counter[Any] | None = None
) -> Moved:
    """Share out entries; `without` are open ones of this list that each has now and that are shared out anew."""
    loads = open_loads(x.user.pk for x in visitors)
    hands = [Hand(x.user.pk, x.regions, loads[x.user.pk] - (without or Counter())[x.user.pk]) for x in visitors]
    drawn = draw((Entry(x.pk, x.area, f"{x.township}/{x.grid}", x.priority) for x in entries), hands=hands, mode=mode)
    was = {x.pk: x.visitor_id for x in entries}
    changed = 0
    for visitor in visitors:
        mine = [pk for pk, taker in drawn.visitor_of.items() if taker == visitor.user.pk and was[pk] != taker]
        _give(mine, visitor)
        changed += len(mine)
    nobody = [pk for pk in drawn.left if was[pk] is not None]
    VisitAssignment.objects.filter(pk__in=nobody).update(visitor=None)
    return Moved(changed + len(nobody), len(drawn.left))


def _give(entries: Sequence[int], visitor: Visitor) -> None:
    for begin in range(0, len(entries), _CHUNK):
        part = VisitAssignment.objects.filter(pk__in=entries[begin : begin + _CHUNK])
        part.update(visitor=visitor.user, organization_id=visitor.organization_id)
