"""Campaigns of visits (走访任务): which firms, a list that is shared out, a deadline, an end."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from huoshui import policy
from huoshui.errors import BadRequest, NotAllowed, WrongStage
from huoshui.models import Campaign, Firm, Grant, Membership, RegisterLoad, User, VisitAssignment
from huoshui.models.scope import within
from huoshui.policy.region import NATION
from huoshui.rules.calendar import months_before
from huoshui.rules.deadline import Clock
from huoshui.rules.visit_draw import Draw, Entry, Hand, draw
from huoshui.services.coverage import recount_campaign
from huoshui.services.deadline import reckon_deadline
from huoshui.services.event import record
from huoshui.terms import AssignmentState, CampaignStage, DrawMode, Role

POLICY: Final = "visits"
_BATCH: Final = 2_000


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which firms a campaign is for (走访对象): by verdict of the screening, by activity, kind, place, and points."""

    verdicts: tuple[str, ...] = ("N01",)
    active_only: bool = False
    kinds: tuple[str, ...] = ()
    area: str = ""
    township: str = ""
    least_priority: int | None = None


@dataclass(frozen=True, slots=True)
class VisitPolicy:
    """What the policy says of lists and visits (走访政策), with its citations as JSON."""

    clock: Clock
    revisit_months: int
    leave_out_visited: bool
    citations: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who can be sent (可派走访人员), with the organization and the regions by membership."""

    user: User
    organization_id: int
    regions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What opening a campaign would do (分派预览): firms by area, and each visitor's share and load."""

    firms: int
    by_area: tuple[tuple[str, str, int], ...]
    loads: tuple[tuple[Visitor, int, int], ...]  # the visitor, firms of this list, open ones after it
    left: int
    visited_before: int
    due_on: date


def read_visit_policy(region: str, *, on: date) -> VisitPolicy:
    """The policy of visits in force in a region on a day (读取走访政策)."""
    found = policy.read(POLICY, region=region[:6].ljust(6, "0") if region else NATION, on=on)
    citations = tuple({**asdict(x), "since": x.since.isoformat()} for x in found.citations)
    clock = policy.bind_table(found, field="list_clock", shape=Clock)
    return VisitPolicy(clock, int(found["revisit_months"]), bool(found["leave_out_visited"]), citations)


@transaction.atomic
def make_campaign(
    name: str,
    *,
    by: User,
    grant: Grant,
    region: str,
    chosen: Chosen,
    mode: DrawMode,
    at: datetime,
    load: RegisterLoad | None = None,
    leave_out_visited: bool | None = None,
    due_on: date | None = None,
) -> Campaign:
    """Draft a campaign (拟定走访任务). Without `due_on` its deadline is reckoned from the policy when it is opened."""
    organization_id = _check_region(grant, region)
    if not name.strip():
        raise BadRequest("a campaign has a name", field="name", zh="请填写任务名称")
    if chosen.area and not chosen.area.startswith(region):
        raise BadRequest("the area lies outside the campaign's region", field="area", zh="所选区域不在任务地区之内")
    rule = read_visit_policy(region, on=timezone.localdate(at))
    screening = {"rule": load.rule, "on": load.screened_on.isoformat(), "fingerprint": load.fingerprint} if load else None
    campaign = Campaign.objects.create(
        name=name.strip(), organization_id=organization_id, region_code=region, load=load, chosen=asdict(chosen),
        mode=mode, revisit_months=rule.revisit_months, due_on=due_on, made_by=by, made_at=at,
        leave_out_visited=rule.leave_out_visited if leave_out_visited is None else leave_out_visited,
        basis={"screening": screening, "citations": list(rule.citations)},
    )  # fmt: skip
    basis = {"region": region, "chosen": asdict(chosen), "screening": screening}
    record("make_campaign", campaign, by=by, organization=campaign.organization, role=grant.role, basis=basis)
    return campaign


def chosen_firms(campaign: Campaign, *, on: date) -> QuerySet[Firm]:
    """The firms that a campaign is for, as they are now (走访对象)."""
    chosen = Chosen(
        **{**campaign.chosen, "verdicts": tuple(campaign.chosen["verdicts"]), "kinds": tuple(campaign.chosen["kinds"])}
    )
    firms = Firm.objects.filter(within("region_code", chosen.area or campaign.region_code))
    if chosen.verdicts:
        firms = firms.filter(verdict__in=chosen.verdicts)
    if chosen.kinds:
        firms = firms.filter(kind__in=chosen.kinds)
    if chosen.active_only:
        firms = firms.filter(active=True)
    if chosen.township:
        firms = firms.filter(township=chosen.township)
    if chosen.least_priority is not None:
        firms = firms.filter(priority__gte=chosen.least_priority)
    if campaign.load is not None:
        firms = firms.filter(screened_on=campaign.load.screened_on)
    if campaign.leave_out_visited:
        firms = firms.exclude(last_visit_at__gte=_since(campaign, on))
    return firms


def visitors_of(campaign: Campaign, *, on: date) -> tuple[Visitor, ...]:
    """Who can be sent (可派走访人员): visitors in force in or below the campaign's organization, by name of their login."""
    at_work = (
        Membership.objects.filter(role=Role.VISITOR, from_on__lte=on, user__is_active=True, organization__closed_on=None)
        .filter(Q(until_on=None) | Q(until_on__gte=on))
        .filter(organization__path__startswith=campaign.organization.path)
        .select_related("user", "organization")
        .order_by("user__login_name", "pk")
    )
    found: dict[int, list[Membership]] = defaultdict(list)
    for x in at_work:
        found[x.user_id].append(x)
    return tuple(
        Visitor(x[0].user, x[0].organization_id, tuple(sorted({y.region_code or y.organization.region_code for y in x})))
        for x in found.values()
    )


def preview_draw(campaign: Campaign, *, on: date) -> Preview:
    """What opening would do today (分派预览), without doing it."""
    visitors = visitors_of(campaign, on=on)
    entries, before = _entries(campaign, on=on)
    drawn = _drawn(campaign, entries, visitors)
    shares = Counter(drawn.visitor_of.values())
    areas = Counter((x["region_code"], x["township"]) for x in before.values())
    loads = tuple((x, shares[x.user.pk], drawn.loads[x.user.pk]) for x in visitors)
    visited = sum(_was_visited(campaign, x, on) for x in before.values())
    by_area = tuple((area, township, count) for (area, township), count in sorted(areas.items()))
    return Preview(len(entries), by_area, loads, len(drawn.left), visited, due_day(campaign, on=on))


def due_day(campaign: Campaign, *, on: date) -> date:
    """When a list that is handed out on a day is due (名单到期日)."""
    if campaign.due_on is not None:
        return campaign.due_on
    clock = read_visit_policy(campaign.region_code, on=on).clock
    return reckon_deadline(clock, started_on=on).deadline.earliest_due_on


@transaction.atomic
def queue_campaign(campaign: Campaign, *, by: User, grant: Grant) -> Campaign:
    """Note that a large campaign is being opened in the background (排队下发)."""
    campaign = locked(campaign, by=grant, stage=CampaignStage.DRAFT)
    campaign.stage = CampaignStage.OPENING
    campaign.save(update_fields=["stage"])
    record("queue_campaign", campaign, by=by, organization=campaign.organization, role=grant.role)
    return campaign


@transaction.atomic
def open_campaign(campaign: Campaign, *, by: User, grant: Grant, at: datetime) -> Campaign:
    """Hand out the list of a campaign (下发走访名单): one entry a firm, shared out among the visitors.

    Raises WrongStage for a campaign that was opened before or one without firms.
    """
    campaign = locked(campaign, by=grant, stage=CampaignStage.DRAFT, or_stage=CampaignStage.OPENING)
    on = timezone.localdate(at)
    due_on = due_day(campaign, on=on)
    if due_on < on:
        raise BadRequest("the deadline is past", field="due_on", zh="完成期限已过，请改期后再下发")
    visitors = visitors_of(campaign, on=on)
    entries, firms = _entries(campaign, on=on)
    if not entries:
        raise WrongStage("no firm fits this campaign", zh="没有符合条件的经营主体，请调整走访对象")
    drawn = _drawn(campaign, entries, visitors)
    campaign.stage, campaign.opened_at, campaign.due_on = CampaignStage.OPEN, at, due_on
    campaign.save(update_fields=["stage", "opened_at", "due_on"])
    homes = {x.user.pk: x.organization_id for x in visitors}
    rows = _new_entries(campaign, firms, drawn=drawn, homes=homes, on=on)
    VisitAssignment.objects.bulk_create(rows, batch_size=_BATCH)
    recount_campaign(campaign)
    basis = {"firms": len(entries), "visitors": len(visitors), "left": len(drawn.left), "due_on": due_on.isoformat()}
    record("open_campaign", campaign, by=by, organization=campaign.organization, role=grant.role, basis=basis)
    return campaign


@transaction.atomic
def close_campaign(campaign: Campaign, *, by: User, grant: Grant, at: datetime) -> Campaign:
    """End a campaign (结束走访任务): what is still open stays on record as not visited."""
    campaign = locked(campaign, by=grant, stage=CampaignStage.OPEN)
    campaign.stage, campaign.closed_at = CampaignStage.CLOSED, at
    campaign.save(update_fields=["stage", "closed_at"])
    states = VisitAssignment.objects.filter(campaign=campaign).values_list("state").annotate(n=Count("pk")).order_by()
    basis = {str(state): count for state, count in states}
    record("close_campaign", campaign, by=by, organization=campaign.organization, role=grant.role, basis=basis)
    return campaign


def locked(campaign: Campaign, *, by: Grant, stage: CampaignStage, or_stage: CampaignStage | None = None) -> Campaign:
    """The campaign, locked for an act (锁定任务). Raises NotAllowed outside the region, WrongStage."""
    found: Campaign = (
        Campaign.objects.select_for_update(of=("self",)).select_related("organization", "load").get(pk=campaign.pk)
    )
    _check_region(by, found.region_code)
    if found.stage not in (stage, or_stage or stage):
        raise WrongStage(
            f"the campaign is {found.stage.en}; expected one that is {stage.en}",
            zh=f"该任务目前为“{found.stage.zh}”，不能办理此事项",
        )
    return found


def _check_region(grant: Grant, region: str) -> int:
    if grant.role not in (Role.OFFICER, Role.LEAD) or grant.organization_id is None or not region.startswith(grant.region):
        raise NotAllowed("only the task force of the region runs campaigns", zh="只有本地区专班可以办理走访任务")
    return grant.organization_id


def _entries(campaign: Campaign, *, on: date) -> tuple[list[Entry], dict[int, dict[str, Any]]]:
    fields = ("pk", "region_code", "township", "grid", "priority", "last_visit_at", "last_visit_by_id")
    firms = {x["pk"]: x for x in chosen_firms(campaign, on=on).order_by("pk").values(*fields)}
    return [Entry(x["pk"], x["region_code"], f"{x['township']}/{x['grid']}", x["priority"]) for x in firms.values()], firms


def _drawn(campaign: Campaign, entries: Iterable[Entry], visitors: Sequence[Visitor]) -> Draw:
    loads = open_loads(x.user.pk for x in visitors)
    hands = [Hand(x.user.pk, x.regions, loads[x.user.pk]) for x in visitors]
    return draw(entries, hands=hands, mode=campaign.mode)


def open_loads(visitors: Iterable[int]) -> Counter[int]:
    """How many firms each still has to visit, in all open campaigns (在手户数)."""
    still = VisitAssignment.objects.filter(
        visitor_id__in=list(visitors), state=AssignmentState.OPEN, campaign__stage=CampaignStage.OPEN
    )
    return Counter(dict(still.values_list("visitor_id").annotate(n=Count("pk")).order_by()))


def _new_entries(
    campaign: Campaign, firms: dict[int, dict[str, Any]], *, drawn: Draw, homes: dict[int, int], on: date
) -> Iterator[VisitAssignment]:
    for pk, firm in firms.items():
        visitor = drawn.visitor_of.get(pk)
        before = _was_visited(campaign, firm, on)
        yield VisitAssignment(
            campaign=campaign, firm_id=pk, area=firm["region_code"], township=firm["township"], grid=firm["grid"],
            organization_id=homes[visitor] if visitor else campaign.organization_id, visitor_id=visitor,
            priority=firm["priority"], due_on=campaign.due_on or on,
            visited_before_at=firm["last_visit_at"] if before else None,
            visited_before_by_id=firm["last_visit_by_id"] if before else None,
        )  # fmt: skip


def _since(campaign: Campaign, on: date) -> datetime:
    """The first moment of the time in which a visit counts as a recent one."""
    day = months_before(on, months=campaign.revisit_months)
    return timezone.make_aware(datetime(day.year, day.month, day.day))  # noqa: DTZ001 -- made aware here


def _was_visited(campaign: Campaign, firm: dict[str, Any], on: date) -> bool:
    return firm["last_visit_at"] is not None and firm["last_visit_at"] >= _since(campaign, on)
