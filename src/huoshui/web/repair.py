"""The board of repairs (帮扶修复页面): what stands in a firm's way, who removes it by when, done, declared again."""

from datetime import date
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone

from huoshui.models import Repair
from huoshui.services.repair import OPEN_REPAIRS, arrange_repair, declare_again, end_repair
from huoshui.terms import RepairStage, Role
from huoshui.web.demand import OFFICERS, officer_grant, visible_demand
from huoshui.web.demand_words import REPAIR_TONES, code_rows, coded
from huoshui.web.door import door
from huoshui.web.forms import DayField, Taps
from huoshui.web.language import said, say
from huoshui.web.listing import Choice, Column, Days, Listing, firm_search


def _obstacle(repair: Repair) -> str:
    return coded(repair.demand, field="obstacles", codes=[repair.obstacle])[0]


def _due_tone(repair: Repair) -> str:
    late = repair.ended_at is None and repair.due_on is not None and repair.due_on < timezone.localdate()
    return "red" if late else ""


REPAIRS: Final = Listing(
    "repair",
    title=said("帮扶修复", "Repair"),
    columns=(
        Column("firm", label=said("企业", "Firm"), cell=lambda x: x.demand.firm.name, sort="demand__firm__name",
               link=lambda x: reverse("repair:show", args=[x.pk])),
        Column("obstacle", label=said("障碍", "Obstacle"), cell=_obstacle),
        Column("department", label=said("责任部门", "Department"), cell=lambda x: x.department, sort="department"),
        Column("measure", label=said("措施", "Measure"), cell=lambda x: x.measure, on_page=False),
        Column("stage", label=said("阶段", "Stage"), cell=lambda x: x.stage, tone=lambda x: REPAIR_TONES.get(x.stage, "")),
        Column("due", label=said("完成期限", "Due"), cell=lambda x: x.due_on, sort="due_on", tone=_due_tone),
        Column("outcome", label=said("结果", "Outcome"), cell=lambda x: x.outcome, on_page=False),
    ),
    filters=(Choice("stage", label=said("阶段", "Stage"), words=RepairStage),
             Days("due", label=said("期限", "Due"), lookup="due_on", more=True)),
    search=firm_search("demand__firm__"),
    sort="due",
    empty=said("没有帮扶事项", "Nothing to repair"),
    empty_hint=said("未通过审核或银行退回的需求，会按原因列出障碍。", "Rejections and returns bring them here."),
)  # fmt: skip


@door(*OFFICERS, Role.REGULATOR)
def list_repairs(request: Any) -> HttpResponseBase:
    """The board of repairs, the earliest due first (帮扶台账)."""
    rows = Repair.objects.visible_to(request.viewer).select_related("demand__firm")
    today = timezone.localdate()
    seen = Repair.objects.visible_to(request.viewer)
    return REPAIRS.answer(
        request, rows=rows, template="repair/list.html",
        open_count=lambda: seen.filter(stage__in=OPEN_REPAIRS).count(),
        late_count=lambda: seen.filter(stage__in=OPEN_REPAIRS, due_on__lt=today).count(),
        done_count=lambda: seen.filter(stage=RepairStage.DONE).count(),
    )  # fmt: skip


class ArrangeForm(forms.Form):
    """Who, how, by when (安排帮扶表单)."""

    department = forms.CharField(label=said("责任部门", "Department"), max_length=100)
    measure = forms.CharField(label=said("措施", "Measure"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
    due_on = DayField(label=said("完成期限", "Due"))


class OutcomeForm(forms.Form):
    """What came of it (帮扶结果表单)."""

    done = forms.TypedChoiceField(
        label=said("结果", "Outcome"), widget=Taps, coerce=lambda x: x == "yes",
        choices=[("yes", said("已解决", "Done")), ("no", said("不能解决", "Cannot be solved"))],
    )  # fmt: skip
    outcome = forms.CharField(label=said("办理情况", "What was done"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


@door(*OFFICERS)
def show_repair(request: Any, pk: int) -> HttpResponse:
    """One obstacle: arrange it, note what came of it (帮扶事项)."""
    rows = Repair.objects.visible_to(request.viewer).select_related("demand__firm", "demand__evaluation")
    repair: Repair = get_object_or_404(rows, pk=pk)
    ending = request.method == "POST" and request.POST.get("act") == "end"
    arranging = request.method == "POST" and not ending
    first = {"department": repair.department, "measure": repair.measure, "due_on": repair.due_on}
    arrange = ArrangeForm(request.POST if arranging else None, initial=first, prefix="arrange")
    outcome = OutcomeForm(request.POST if ending else None, prefix="end")
    chosen = outcome if ending else arrange
    if request.method == "POST" and chosen.is_valid():
        grant = officer_grant(request.viewer, region=repair.demand.firm.region_code)
        act = end_repair if ending else arrange_repair
        act(repair, by=request.user, grant=grant, at=timezone.now(), **chosen.cleaned_data)
        messages.success(request, say("已记录", "Noted"))
        return redirect("repair:show", pk=pk)
    kinds = {x["code"]: x for x in code_rows(repair.demand.firm.region_code, field="obstacles")}
    context = {
        "repair": repair, "tone": REPAIR_TONES.get(repair.stage, ""), "obstacle": _obstacle(repair), "arrange": arrange,
        "outcome": outcome, "kind": kinds.get(repair.obstacle), "is_open": repair.ended_at is None,
        "can_end": repair.stage is RepairStage.ARRANGED, "others": repair.demand.repairs.exclude(pk=pk).order_by("pk"),
        "late": repair.ended_at is None and (repair.due_on or date.max) < timezone.localdate(),
    }  # fmt: skip
    return render(request, "repair/show.html", context, status=400 if chosen.errors else 200)


@door(*OFFICERS)
def again(request: Any, pk: int) -> HttpResponse:
    """Declare a repaired demand again (重新申报)."""
    demand = visible_demand(request, pk)
    if request.method == "POST":
        grant = officer_grant(request.viewer, region=demand.firm.region_code)
        declare_again(demand, by=request.user, grant=grant, at=timezone.now())
        messages.success(request, say("已重新列入申报清单", "Declared again"))
    return redirect("demand:show", pk=pk)


urlpatterns = [
    path("repairs/", list_repairs, name="list"),
    path("repairs/<int:pk>/", show_repair, name="show"),
    path("demands/<int:pk>/declare-again/", again, name="again"),
]
