"""Deadlines that run (时限): started, paused and ended by what happens, reckoned by the policy of the firm's region.

A clock keeps the policy with which it started. What ends which clock, and who is late, is policy too (demand.yaml, `clocks`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet

from huoshui import policy
from huoshui.errors import BadChoice, NoPolicy, NotAllowed, WrongStage
from huoshui.models import BankPush, Clock, ClockPause, Demand, Grant, Organization, User
from huoshui.models.party import SEES_BANK
from huoshui.policy import Citation, Policy
from huoshui.rules.deadline import Clock as Term
from huoshui.rules.span import Span
from huoshui.services.deadline import POLICY as DEADLINES
from huoshui.services.deadline import reckon_deadline
from huoshui.services.event import record
from huoshui.services.notice import task_force_of, tell_of_clock
from huoshui.terms import ClockStage, ClockUnit, NoticeKind, Role

POLICY: Final = "demand"
_NEAR: Final = 31  # days before the due day from which a clock is looked at at all
_OPEN: Final = (ClockStage.RUNNING, ClockStage.PAUSED)


def policy_region(region_code: str) -> str:
    """The region code of six digits whose policy holds at a place (适用政策的地区)."""
    return region_code[:6].ljust(6, "0") if region_code else "000000"


def demand_policy(demand: Demand, *, on: date) -> Policy:
    """The policy for demands in force where the firm is (需求办理政策)."""
    return policy.read(POLICY, region=policy_region(demand.firm.region_code), on=on)


@transaction.atomic
def start_clocks(event: str, *, demand: Demand, on: date, push: BankPush | None = None) -> list[Clock]:
    """Start every clock that begins with an event (开始计时); one that runs already is left alone."""
    rules = demand_policy(demand, on=on)
    events = rules["started_by"].get(event, [event])
    deadlines = policy.read(DEADLINES, region=policy_region(demand.firm.region_code), on=on)
    started = []
    for row in rules["clocks"]:
        if row["clock"] not in deadlines.fields or (row.get("only_with") and getattr(demand, f"{row['only_with']}_id") is None):
            continue
        term = policy.bind_table(deadlines, field=row["clock"], shape=Term)
        if term.start_event in events and (row["who"] == "bank") is (push is not None):
            citation = next(x for x in deadlines.citations if x.field == row["clock"])
            started.append(_start(row, term=term, citation=citation, demand=demand, push=push, on=on))
    return started


def _start(row: Mapping[str, Any], *, term: Term, citation: Citation, demand: Demand, push: BankPush | None, on: date) -> Clock:
    running: Clock | None = Clock.objects.filter(demand=demand, push=push, name=row["clock"], stage__in=_OPEN).first()
    if running:
        return running
    made: Clock = Clock.objects.create(
        demand=demand,
        push=push,
        organization=push.bank if push else _task_force(demand),
        name=row["clock"],
        term={**asdict(term), "unit": term.unit.value, "pause_events": list(term.pause_events)},
        citation={**asdict(citation), "since": citation.since.isoformat()},
        ends_with=row["ends"],
        started_on=on,
        due_on=reckon_deadline(term, started_on=on).deadline.earliest_due_on,
    )
    return made


def _task_force(demand: Demand) -> Organization:
    found = task_force_of(demand.firm.region_code)
    if found is None:
        message = f"no task force works for region {demand.firm.region_code}; expected one for the county or above it"
        raise WrongStage(message, zh="该地区尚未设立工作专班，暂不能办理")
    return found


@transaction.atomic
def end_clocks(event: str, *, demand: Demand, on: date, push: BankPush | None = None) -> list[Clock]:
    """End the demand's clocks, or those of one bank, that an event ends (停止计时); `demand_ended` ends all of them."""
    found = list(_open_clocks(demand, push=push) if push else Clock.objects.filter(demand=demand, stage__in=_OPEN))
    ended = []
    for clock in found:
        if event not in clock.ends_with or (push is None and clock.push_id and event != "demand_ended"):
            continue
        ClockPause.objects.filter(clock=clock, end_on=None).update(end_on=on)
        clock.stage, clock.ended_on, clock.ended_with = ClockStage.ENDED, on, event
        clock.due_on = _due_on(clock, on=on)
        clock.save(update_fields=["stage", "ended_on", "ended_with", "due_on"])
        ended.append(clock)
    return ended


def _open_clocks(demand: Demand, *, push: BankPush) -> QuerySet[Clock]:
    """A push's own clocks, and those of the demand that no bank owns: the first bank's contact ends the firm's waiting."""
    return Clock.objects.filter(demand=demand, stage__in=_OPEN).exclude(push__in=demand.pushes.exclude(pk=push.pk))


@transaction.atomic
def pause_clocks(event: str, *, demand: Demand, on: date, reason: str, by: User, push: BankPush | None = None) -> list[Clock]:
    """Let the clocks stand still that may for this event (暂停计时), with a reason; the others run on."""
    paused = []
    for clock in Clock.objects.filter(demand=demand, push=push, stage=ClockStage.RUNNING):
        if event in clock.term["pause_events"]:
            ClockPause.objects.create(clock=clock, event=event, reason=reason, begin_on=on, paused_by=by)
            clock.stage = ClockStage.PAUSED
            clock.save(update_fields=["stage"])
            paused.append(clock)
    return paused


@transaction.atomic
def resume_clocks(event: str, *, demand: Demand, on: date, push: BankPush | None = None) -> list[Clock]:
    """Let the clocks run on that stood still for an event (恢复计时); what the pause covered is added to their due day."""
    resumed = []
    for clock in Clock.objects.filter(
        demand=demand, push=push, stage=ClockStage.PAUSED, pauses__end_on=None, pauses__event=event
    ):
        ClockPause.objects.filter(clock=clock, end_on=None).update(end_on=on)
        clock.stage, clock.due_on = ClockStage.RUNNING, _due_on(clock, on=on)
        clock.save(update_fields=["stage", "due_on"])
        resumed.append(clock)
    return resumed


def _due_on(clock: Clock, *, on: date) -> date:
    pauses = [Span(x.begin_on, x.end_on) for x in clock.pauses.all()]
    return reckon_deadline(term_of(clock), started_on=clock.started_on, pauses=pauses, on=on).deadline.earliest_due_on


def term_of(clock: Clock) -> Term:
    """The deadline that a clock keeps (时限内容)."""
    given = clock.term
    return Term(
        given["start_event"], given["start_zh"], given["length"], ClockUnit(given["unit"]), tuple(given["pause_events"])
    )


@transaction.atomic
def pause_clock(clock: Clock, *, event: str, reason: str, by: User, grant: Grant, on: date) -> Clock:
    """Let one clock stand still by hand (人工暂停计时). Raises NotAllowed, WrongStage, BadChoice for what does not stop it."""
    locked = _locked(clock, grant=grant)
    if locked.stage is not ClockStage.RUNNING:
        raise WrongStage("only a running clock can be paused", zh="只有计时中的时限可以暂停")
    if event not in locked.term["pause_events"] or not reason.strip():
        message = f"this clock stops for {', '.join(locked.term['pause_events']) or 'nothing'}, with a reason; got {event!r}"
        raise BadChoice(message, field="event", zh="该时限不能因此暂停，或未说明原因")
    ClockPause.objects.create(clock=locked, event=event, reason=reason.strip(), begin_on=on, paused_by=by)
    locked.stage = ClockStage.PAUSED
    locked.save(update_fields=["stage"])
    organization = grant.organization_id or locked.organization_id
    record("pause_clock", locked, by=by, organization=organization, role=grant.role, firm=locked.demand.firm,
           basis={"clock": locked.name, "event": event, "on": on.isoformat()})  # fmt: skip
    return locked


@transaction.atomic
def resume_clock(clock: Clock, *, by: User, grant: Grant, on: date) -> Clock:
    """Let one clock run on (恢复计时). Raises WrongStage, NotAllowed."""
    locked = _locked(clock, grant=grant)
    if locked.stage is not ClockStage.PAUSED:
        raise WrongStage("only a paused clock can go on", zh="只有已暂停的时限可以恢复")
    ClockPause.objects.filter(clock=locked, end_on=None).update(end_on=on)
    locked.stage, locked.due_on = ClockStage.RUNNING, _due_on(locked, on=on)
    locked.save(update_fields=["stage", "due_on"])
    organization = grant.organization_id or locked.organization_id
    record("resume_clock", locked, by=by, organization=organization, role=grant.role, firm=locked.demand.firm,
           basis={"clock": locked.name, "due_on": locked.due_on.isoformat()})  # fmt: skip
    return locked


def _locked(clock: Clock, *, grant: Grant) -> Clock:
    locked: Clock = Clock.objects.select_for_update(of=("self",)).select_related("organization").get(pk=clock.pk)
    keeps = grant.role in (Role.OFFICER, Role.LEAD, *SEES_BANK) and grant.path
    if not keeps or not locked.organization.path.startswith(grant.path):
        raise NotAllowed("who keeps a deadline, or those above, may pause it", zh="只有责任机构及其上级可以暂停或恢复计时")
    return locked


@dataclass(frozen=True, slots=True)
class Reminded:
    """How many notices a round of reminding wrote (提醒结果)."""

    due_soon: int = 0
    overdue: int = 0
    escalated: int = 0


def remind(*, at: datetime, on: date) -> Reminded:
    """Tell who is late or soon will be, and after some days those above them (时限提醒); safe to repeat at any time."""
    counted = dict.fromkeys(("due_soon", "overdue", "escalated"), 0)
    near = on + timedelta(days=_NEAR)
    running = Clock.objects.filter(stage=ClockStage.RUNNING, due_on__lte=near).select_related("demand__firm", "organization")
    for clock in running.iterator(chunk_size=1000):
        for kind, organization_id in _whom_to_tell(clock, on=on):
            counted[kind.value] += tell_of_clock(clock, organization_id=organization_id, kind=kind, at=at)
    return Reminded(**counted)


def _whom_to_tell(clock: Clock, *, on: date) -> Iterable[tuple[NoticeKind, int]]:
    try:
        rules = demand_policy(clock.demand, on=on)
        remind_days, escalate_days = rules["remind_days"], rules["escalate_days"]
    except NoPolicy:
        return
    late = (on - clock.due_on).days
    if -remind_days <= late <= 0:
        yield NoticeKind.DUE_SOON, clock.organization_id
    if late > 0:
        yield NoticeKind.OVERDUE, clock.organization_id
    if late > escalate_days and clock.organization.parent_id:
        yield NoticeKind.ESCALATED, clock.organization.parent_id
