"""The figures of the first page (首页数字): what waits for a person's hand, by role, each leading to its list."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import Count, Q, Sum

from huoshui.models import (
    AreaCount,
    BankPush,
    BusinessAuthentication,
    Clock,
    Demand,
    FirmCount,
    Repair,
    Viewer,
    VisitAssignment,
)
from huoshui.services.health import site_health
from huoshui.services.jobs import job_figures
from huoshui.terms import AssignmentState, AuthenticationStage, ClockStage, DemandStage, PushStage, RepairStage, Role
from huoshui.web.language import say
from huoshui.web.navigation import page_address

_TASK_FORCE: Final = (Role.OFFICER, Role.LEAD)
_BANK: Final = (Role.CLIENT_MANAGER, Role.REVIEWER, Role.APPROVER)
_WATCHES: Final = (Role.AUDITOR, Role.REGULATOR)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure (数字): where it leads, and how urgent it is."""

    label: str
    value: str
    note: str = ""
    url: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Figures under one head (一组数字)."""

    title: str
    figures: tuple[Figure, ...]


def sections(viewer: Viewer, *, on: date) -> list[Section]:
    """What a person finds on the first page, by the roles held (首页分组); a handful of queries, however many rows."""
    found: list[Section] = []
    if viewer.has(*_TASK_FORCE):
        found += [_to_do(viewer, on=on), _visits(viewer, on=on)]
    if viewer.has(*_BANK):
        found.append(_bank(viewer, on=on))
    if viewer.has(*_WATCHES):
        found += [_visits(viewer, on=on)] if not viewer.has(*_TASK_FORCE) else []
        found.append(_overview(viewer, on=on))
    if viewer.has(Role.OPERATOR):
        found.append(_operations())
    return found


def _counted(number: int, *, warn: str = "") -> tuple[str, str]:
    """A number as it is shown, and its tone: `warn` where there is something."""
    return f"{number:,}", warn if number else ""


def _figure(label: str, number: int, *, page: str = "", query: str = "", note: str = "", warn: str = "") -> Figure:
    value, tone = _counted(number, warn=warn)
    address = page_address(page) if page else ""
    return Figure(label, value, note, f"{address}{query}" if address else "", tone)


def _stages(viewer: Viewer) -> dict[Any, int]:
    rows = Demand.objects.visible_to(viewer).order_by().values("stage").annotate(number=Count("pk"))
    return {DemandStage(x["stage"]): x["number"] for x in rows}


def _overdue(viewer: Viewer, *, on: date) -> int:
    return Clock.objects.visible_to(viewer).filter(stage=ClockStage.RUNNING, due_on__lt=on).count()


def _to_do(viewer: Viewer, *, on: date) -> Section:
    stage = _stages(viewer)
    waiting = BusinessAuthentication.objects.visible_to(viewer).filter(stage=AuthenticationStage.IN_REVIEW).count()
    repairs = Repair.objects.visible_to(viewer).filter(stage__in=(RepairStage.OPEN, RepairStage.ARRANGED)).count()
    appeals = stage.get(DemandStage.APPEALED, 0) + stage.get(DemandStage.RETURN_APPEALED, 0)
    return Section(
        say("今早待办", "This morning"),
        (
            _figure(say("待审核", "To review"), stage.get(DemandStage.DECLARED, 0), page="review:list", warn="amber"),
            _figure(say("待列入推荐", "To recommend"), stage.get(DemandStage.REVIEWED, 0), page="review:list"),
            _figure(say("待推送银行", "To push to banks"), stage.get(DemandStage.RECOMMENDED, 0), page="review:recommended"),
            _figure(say("已逾期", "Overdue"), _overdue(viewer, on=on), page="clock:list", warn="red"),
            _figure(say("待答复申诉", "Appeals"), appeals, page="review:list", warn="amber"),
            _figure(say("修复中", "In repair"), repairs, page="repair:list"),
            _figure(say("待核实认证", "Authentications"), waiting, page="authentication:list", warn="amber"),
        ),
    )


def _visits(viewer: Viewer, *, on: date) -> Section:
    firms = FirmCount.objects.visible_to(viewer).aggregate(alive=Sum("active", default=0), seen=Sum("visited", default=0))
    late = Sum("open", filter=Q(due_on__lt=on), default=0)
    lists = AreaCount.objects.visible_to(viewer).aggregate(
        waiting=Sum("open", default=0), seen=Sum("visited", default=0), needy=Sum("needs", default=0), late=late
    )
    share = f"{firms['seen'] * 100 // firms['alive']}%" if firms["alive"] else "—"
    note = say(f"{firms['seen']:,} / {firms['alive']:,} 户活跃主体", f"{firms['seen']:,} of {firms['alive']:,} active firms")
    return Section(
        say("走访进度", "Visits"),
        (
            Figure(
                say("走访覆盖", "Coverage"), share, note, page_address("campaign:coverage") or page_address("campaign:list")
            ),
            _figure(say("名单未访", "On the list, not visited"), lists["waiting"], page="campaign:list"),
            _figure(say("已走访", "Visited"), lists["seen"], page="visit:list"),
            _figure(say("其中有需求", "Of them in need"), lists["needy"], page="visit:list"),
            _figure(say("逾期未访", "Overdue"), lists["late"], page="campaign:list", warn="red"),
        ),
    )


def _bank(viewer: Viewer, *, on: date) -> Section:
    rows = BankPush.objects.visible_to(viewer).order_by().values("stage").annotate(number=Count("pk"))
    stage = {PushStage(x["stage"]): x["number"] for x in rows}
    return Section(
        say("银行收件箱", "The bank's inbox"),
        (
            _figure(say("待签收", "To acknowledge"), stage.get(PushStage.RECEIVED, 0), page="push:list", warn="amber"),
            _figure(say("待联系企业", "To contact"), stage.get(PushStage.ACKNOWLEDGED, 0), page="push:list"),
            _figure(say("待答复", "To answer"), stage.get(PushStage.CONTACTED, 0), page="push:list"),
            _figure(say("已逾期", "Overdue"), _overdue(viewer, on=on), page="clock:list", warn="red"),
            _figure(say("同意授信", "Approved"), stage.get(PushStage.APPROVED, 0), page="push:list"),
        ),
    )


def _overview(viewer: Viewer, *, on: date) -> Section:
    stage = _stages(viewer)
    declared = sum(stage.get(x, 0) for x in (DemandStage.DECLARED, DemandStage.ASKED_BACK, DemandStage.REVIEWED))
    return Section(
        say("申报与推荐", "Declared and recommended"),
        (
            _figure(say("审核中", "In review"), declared, page="demand:list"),
            _figure(say("推荐清单", "Recommended"), stage.get(DemandStage.RECOMMENDED, 0), page="demand:list"),
            _figure(say("已推送银行", "At banks"), stage.get(DemandStage.PUSHED, 0), page="demand:list"),
            _figure(say("银行退回", "Returned"), stage.get(DemandStage.RETURNED, 0), page="demand:list"),
            _figure(say("未通过", "Not passed"), stage.get(DemandStage.REJECTED, 0), page="demand:list"),
            _figure(say("时限逾期", "Overdue"), _overdue(viewer, on=on), warn="red"),
        ),
    )


def _operations() -> Section:
    health, jobs = site_health(), job_figures()
    lives = say("运行中", "alive") if health.worker else say("未运行", "not running")
    return Section(
        say("运行情况", "Operations"),
        (
            Figure(
                say("后台处理", "Worker"),
                lives,
                say("最近一分钟", "within the last minute"),
                "",
                "green" if health.worker else "red",
            ),
            _figure(say("排队任务", "Jobs waiting"), jobs.waiting),
            _figure(say("失败任务", "Jobs failed"), jobs.failed, warn="red"),
        ),
    )


def visitor_figures(viewer: Viewer, *, on: date) -> tuple[Figure, ...]:
    """A visitor's list in figures (我的走访数字)."""
    mine = VisitAssignment.objects.visible_to(viewer).filter(visitor_id=viewer.user_id)
    found = mine.aggregate(
        open=Count("pk", filter=Q(state=AssignmentState.OPEN)),
        late=Count("pk", filter=Q(state=AssignmentState.OPEN, due_on__lt=on)),
        visited=Count("pk", filter=Q(state=AssignmentState.VISITED)),
    )
    return (
        _figure(say("待走访", "To visit"), found["open"], page="visit:today"),
        _figure(say("已逾期", "Overdue"), found["late"], page="visit:today", warn="red"),
        _figure(say("已走访", "Visited"), found["visited"], page="visit:today"),
    )
