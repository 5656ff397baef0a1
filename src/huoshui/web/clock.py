"""Deadlines and notices (时限与通知页面): what is overdue, for those who are late and those above them; pause with a reason."""

from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone

from huoshui.models import Clock, Notice
from huoshui.models.party import SEES_BANK
from huoshui.services.clock import pause_clock, resume_clock
from huoshui.services.notice import read_notices
from huoshui.terms import ClockStage, NoticeKind
from huoshui.web.demand import OFFICERS
from huoshui.web.demand_words import clock_name, clock_state
from huoshui.web.door import door
from huoshui.web.language import said, say
from huoshui.web.listing import Choice, Column, Days, Listing, firm_search
from huoshui.web.navigation import NOTICED

_PAUSES: Final = {
    "waiting_for_the_firm": said("等待企业补充", "Waiting for the firm"),
    "waiting_for_materials": said("等待企业提交材料", "Waiting for the firm's papers"),
}


def _late() -> Q:
    return Q(stage=ClockStage.RUNNING, due_on__lt=timezone.localdate())


def _by_state(state: str) -> Q:
    known: dict[str, Callable[[], Q]] = {
        "overdue": _late,
        "running": lambda: Q(stage=ClockStage.RUNNING),
        "paused": lambda: Q(stage=ClockStage.PAUSED),
        "ended": lambda: Q(stage=ClockStage.ENDED),
    }
    return known[state]()


def _state(clock: Clock) -> tuple[str, str]:
    return clock_state(clock, on=timezone.localdate())


CLOCKS: Final = Listing(
    "clock",
    title=said("办理时限", "Deadlines"),
    columns=(
        Column("firm", label=said("企业", "Firm"), cell=lambda x: x.demand.firm.name, sort="demand__firm__name",
               link=lambda x: reverse("clock:show", args=[x.pk])),
        Column("name", label=said("时限", "Deadline"), cell=clock_name, sort="name"),
        Column("organization", label=said("责任机构", "Who"), cell=lambda x: x.organization.name, sort="organization__name"),
        Column("state", label=said("状态", "State"), cell=lambda x: _state(x)[0], tone=lambda x: _state(x)[1]),
        Column("started", label=said("起算", "Since"), cell=lambda x: x.started_on, sort="started_on"),
        Column("due", label=said("到期", "Due"), cell=lambda x: x.due_on, sort="due_on"),
    ),
    filters=(Choice("state", label=said("状态", "State"), condition=_by_state, options=(
                 ("overdue", said("已逾期", "overdue")), ("running", said("计时中", "running")),
                 ("paused", said("已暂停", "paused")), ("ended", said("已办结", "ended")))),
             Days("due", label=said("到期", "Due"), lookup="due_on", more=True)),
    search=firm_search("demand__firm__"),
    sort="due",
    empty=said("没有时限", "No deadlines"),
)  # fmt: skip
NOTICES: Final = Listing(
    "notice",
    title=said("通知", "Notices"),
    columns=(
        Column("firm", label=said("企业", "Firm"), cell=lambda x: x.demand.firm.name, sort="demand__firm__name",
               link=lambda x: reverse("clock:notice", args=[x.pk])),
        Column("kind", label=said("事项", "About"), cell=lambda x: x.kind),
        Column("clock", label=said("时限", "Deadline"), cell=lambda x: clock_name(x.clock) if x.clock else None),
        Column("due", label=said("到期", "Due"), cell=lambda x: x.due_on, sort="due_on"),
        Column("at", label=said("时间", "When"), cell=lambda x: x.at, sort="at"),
        Column("read", label=said("已读", "Read"), cell=lambda x: x.read_at is not None),
    ),
    filters=(Choice("kind", label=said("事项", "About"), words=NoticeKind),),
    search=firm_search("demand__firm__"),
    sort="-at",
    empty=said("没有通知", "No notices"),
)  # fmt: skip


@door(*NOTICED)
def list_clocks(request: Any) -> HttpResponseBase:
    """Deadlines, one's own and those of whom one watches over; the ended ones where they are asked for (时限台账)."""
    rows = Clock.objects.visible_to(request.viewer).select_related("demand__firm", "organization")
    if request.GET.get("state") != "ended":
        rows = rows.exclude(stage=ClockStage.ENDED)
    seen = Clock.objects.visible_to(request.viewer)
    return CLOCKS.answer(
        request, rows=rows, template="clock/list.html",
        late_count=lambda: seen.filter(_late()).count(),
        today_count=lambda: seen.filter(stage=ClockStage.RUNNING, due_on=timezone.localdate()).count(),
        paused_count=lambda: seen.filter(stage=ClockStage.PAUSED).count(),
    )  # fmt: skip


class PauseForm(forms.Form):
    """Why a clock stands still (暂停原因表单)."""

    event = forms.ChoiceField(label=said("原因", "Why"))
    reason = forms.CharField(label=said("说明", "In words"), max_length=300)

    def __init__(self, *args: Any, events: list[str], **options: Any) -> None:
        """`events` are those for which the policy lets the clock stop."""
        super().__init__(*args, **options)
        self.fields["event"].choices = [(x, _PAUSES.get(x, x)) for x in events]  # type: ignore[attr-defined]


@door(*NOTICED)
def show_clock(request: Any, pk: int) -> HttpResponse:
    """One deadline: its basis, its pauses; those who keep it may pause it with a reason (时限详情)."""
    rows = Clock.objects.visible_to(request.viewer).select_related("demand__firm", "organization", "push")
    clock: Clock = get_object_or_404(rows, pk=pk)
    grant = next(
        (x for x in request.viewer.of(*OFFICERS, *SEES_BANK) if x.path and clock.organization.path.startswith(x.path)), None
    )
    form = PauseForm(request.POST if request.method == "POST" else None, events=clock.term["pause_events"])
    if request.method == "POST" and grant is not None:
        on = timezone.localdate()
        if request.POST.get("act") == "resume":
            resume_clock(clock, by=request.user, grant=grant, on=on)
            return redirect("clock:show", pk=pk)
        if form.is_valid():
            pause_clock(clock, by=request.user, grant=grant, on=on, **form.cleaned_data)
            messages.success(request, say("计时已暂停", "The clock stands still"))
            return redirect("clock:show", pk=pk)
    state, tone = _state(clock)
    begins = say(clock.term["start_zh"], clock.term["start_event"].replace("_", " "))
    can_pause = grant is not None and clock.stage is ClockStage.RUNNING and clock.term["pause_events"]
    context = {"clock": clock, "name": clock_name(clock), "begins": begins,
               "state": state, "tone": tone, "form": form if can_pause else None,
               "can_resume": grant is not None and clock.stage is ClockStage.PAUSED,
               "pauses": [(x, _PAUSES.get(x.event, x.event)) for x in clock.pauses.order_by("begin_on")]}  # fmt: skip
    return render(request, "clock/show.html", context, status=400 if can_pause and form.errors else 200)


@door(*NOTICED)
def list_notices(request: Any) -> HttpResponseBase:
    """The notices to one's organizations (通知列表)."""
    rows = Notice.objects.visible_to(request.viewer).filter(organization__isnull=False)
    return NOTICES.answer(request, rows=rows.select_related("demand__firm", "clock"), template="clock/notices.html")


@door(*NOTICED)
def open_notice(request: Any, pk: int) -> HttpResponse:
    """Read one notice: it is marked as read and leads to what it is about (打开通知)."""
    rows = Notice.objects.visible_to(request.viewer).filter(organization__isnull=False).select_related("clock", "demand")
    notice: Notice = get_object_or_404(rows, pk=pk)
    read_notices([notice], by=request.user, at=timezone.now())
    if notice.clock_id:
        return redirect("clock:show", pk=notice.clock_id)
    push = notice.demand.pushes.filter(bank_id=notice.organization_id).first()
    return redirect("push:show", pk=push.pk) if push else redirect("demand:show", pk=notice.demand_id)


urlpatterns = [
    path("deadlines/", list_clocks, name="list"),
    path("deadlines/<int:pk>/", show_clock, name="show"),
    path("notices/", list_notices, name="notices"),
    path("notices/<int:pk>/", open_notice, name="notice"),
]
