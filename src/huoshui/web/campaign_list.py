"""The lists of campaigns (走访名单): every entry, with bulk acts of the task force."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from huoshui.errors import BadRequest, HuoshuiError
from huoshui.models import Campaign, Grant, Organization, User, Viewer, VisitAssignment
from huoshui.models.party import SEES_REGION
from huoshui.services.campaign import visitors_of
from huoshui.services.visit_list import MOST_AT_ONCE, Moved, assign_entries, drop_entries, restore_entries
from huoshui.terms import AssignmentState, CampaignStage, DropReason, Need, OrganizationLevel, Role
from huoshui.web.campaign_forms import DropForm, VisitorForm
from huoshui.web.door import door
from huoshui.web.language import said, say
from huoshui.web.listing import BulkAct, Choice, Column, Listing, Text, YesNo, ask_first, firm_search, is_confirmed

RUNS: Final = (Role.OFFICER, Role.LEAD)
STATE_TONES: Final = {AssignmentState.VISITED: "green", AssignmentState.OPEN: "blue", AssignmentState.DROPPED: ""}
Act = Callable[[Campaign, list[int], Grant], Moved]


def _campaigns(viewer: Viewer) -> Iterable[tuple[str, str]]:
    rows = Campaign.objects.visible_to(viewer).exclude(stage=CampaignStage.DRAFT).order_by("-pk")
    return [(str(pk), name) for pk, name in rows.values_list("pk", "name")[:100]]


def _visitors(viewer: Viewer) -> Iterable[tuple[str, str]]:
    """Who visits below the viewer's organizations."""
    people = User.objects.visible_to(viewer).filter(memberships__role=Role.VISITOR).distinct().order_by("login_name")
    return [("none", say("未指派", "Nobody")), *((str(x.pk), x.shown_name) for x in people[:500])]


def _townships(viewer: Viewer) -> Iterable[tuple[str, str]]:
    offices = Organization.objects.visible_to(viewer).filter(level=OrganizationLevel.TOWNSHIP, closed_on=None)
    regions = tuple(x.region for x in viewer.of(*SEES_REGION))
    rows = offices.order_by("region_code").values_list("region_code", "name")[:500]
    return [(code, name) for code, name in rows if regions and code.startswith(regions)]


def _of_visitor(value: str) -> Q:
    return Q(visitor=None) if value == "none" else Q(visitor_id=int(value))


def _in_area(value: str) -> Q:
    return Q(area__gte=value, area__lt=value[:-1] + chr(ord(value[-1]) + 1))


def _of_day(value: str) -> Q:
    late = Q(state=AssignmentState.OPEN, due_on__lt=timezone.localdate())
    return late if value == "yes" else ~late


ENTRIES: Final = Listing(
    "assignment",
    title=said("走访名单", "Visit lists"),
    columns=(
        Column("firm", label=said("经营主体", "Firm"), cell=lambda x: x.firm.name,
               link=lambda x: reverse("firm:show", args=[x.firm_id])),
        Column("code", label=said("统一社会信用代码", "Credit code"), cell=lambda x: x.firm.shown_code, on_page=False),
        Column("campaign", label=said("任务", "Campaign"), cell=lambda x: x.campaign.name, on_page=False),
        Column("township", label=said("乡镇街道", "Township"), cell=lambda x: x.township or x.area),
        Column("grid", label=said("网格", "Grid"), cell=lambda x: x.grid),
        Column("visitor", label=said("走访人员", "Visitor"), cell=lambda x: x.visitor.shown_name if x.visitor else ""),
        Column("priority", label=said("优先分", "Points"), cell=lambda x: x.priority, sort="priority", number=True),
        Column("state", label=said("状态", "State"), cell=lambda x: x.state, tone=lambda x: STATE_TONES[x.state]),
        Column("reason", label=said("不再走访原因", "Dropped because"), cell=lambda x: x.drop_reason, on_page=False),
        Column("due_on", label=said("期限", "Due"), cell=lambda x: x.due_on, tone=lambda x: "red" if _is_late(x) else ""),
        Column("visited_at", label=said("走访时间", "Visited"), cell=lambda x: x.visited_at),
        Column("need", label=said("需求", "Need"), cell=lambda x: x.need),
        Column("before", label=said("下发前已走访", "Visited before"), cell=lambda x: x.visited_before_at),
        Column("before_by", label=said("由谁走访", "By whom"), on_page=False,
               cell=lambda x: x.visited_before_by.name if x.visited_before_by else ""),
    ),
    filters=(
        Choice("campaign", label=said("任务", "Campaign"), options=_campaigns, condition=lambda x: Q(campaign_id=int(x))),
        Choice("state", label=said("状态", "State"), words=AssignmentState),
        Choice("visitor", label=said("走访人员", "Visitor"), options=_visitors, condition=_of_visitor),
        Choice("area", label=said("乡镇街道", "Township"), options=_townships, condition=_in_area),
        Choice("overdue", label=said("已逾期", "Overdue"), condition=_of_day,
               options=lambda _: (("yes", say("是", "Yes")), ("no", say("否", "No")))),
        Text("grid", label=said("网格", "Grid"), more=True),
        Choice("need", label=said("需求", "Need"), words=Need, more=True),
        YesNo("before", label=said("下发前已走访", "Visited before"), condition=Q(visited_before_at__isnull=False), more=True),
    ),
    search=firm_search("firm__"),
    acts=(
        BulkAct("campaign:assign", label=said("指派", "Assign"), roles=RUNS, main=True),
        BulkAct("campaign:drop", label=said("不再走访", "Drop"), roles=RUNS),
        BulkAct("campaign:restore", label=said("恢复走访", "Put back"), roles=RUNS),
    ),
    empty=said("名单是空的", "The list is empty"),
    empty_hint=said("走访任务下发后在此显示", "Entries appear here once a campaign is handed out"),
)  # fmt: skip


def _is_late(entry: VisitAssignment) -> bool:
    return entry.state is AssignmentState.OPEN and entry.due_on < timezone.localdate()


def _rows(request: Any) -> QuerySet[VisitAssignment]:
    rows: QuerySet[VisitAssignment] = VisitAssignment.objects.visible_to(request.viewer).select_related(
        "firm", "campaign", "visitor", "visited_before_by"
    )
    return rows


@door(*SEES_REGION)
def list_entries(request: Any) -> HttpResponseBase:
    """Entries of all lists (走访名单)."""
    return ENTRIES.answer(request, rows=_rows(request), template="campaign/entries.html")


def _act(
    request: Any, *, act: Act, form: forms.Form | None, title: str, text: str, button: str, danger: bool = False
) -> HttpResponse:
    """A bulk act on what was ticked: asked first, then done campaign by campaign."""
    back = f"{reverse('campaign:entries')}?{request.POST.get('query', '')}"
    chosen = list(ENTRIES.chosen(request, rows=_rows(request))[: MOST_AT_ONCE + 1])
    try:
        if not chosen or len(chosen) > MOST_AT_ONCE:
            raise BadRequest(f"choose between 1 and {MOST_AT_ONCE} entries", zh=f"请选择 1 至 {MOST_AT_ONCE} 条")
        if not is_confirmed(request) or (form is not None and not form.is_valid()):
            names = [x.firm.name for x in chosen]
            return ask_first(request, title=title, text=text, act=button, back=back, names=names, danger=danger, form=form)
        changed = 0
        for campaign in {x.campaign_id: x.campaign for x in chosen}.values():
            grant = request.viewer.acting_as(*RUNS, region=campaign.region_code)
            changed += act(campaign, [x.pk for x in chosen if x.campaign_id == campaign.pk], grant).changed
    except HuoshuiError as error:
        messages.error(request, say(error.zh, error.message))
    else:
        messages.success(request, say(f"已处理 {changed} 条", f"{changed} entries done"))
    return redirect(back)


@require_POST
@door(*RUNS)
def assign(request: Any) -> HttpResponse:
    """Give entries to one visitor (指派)."""
    on = timezone.localdate()
    rows = ENTRIES.chosen(request, rows=_rows(request))
    campaigns = {x.campaign_id: x.campaign for x in rows[: MOST_AT_ONCE + 1]}
    visitors = [x for campaign in campaigns.values() for x in visitors_of(campaign, on=on)]
    form = VisitorForm(request.POST if is_confirmed(request) else None, visitors=visitors)
    return _act(
        request, form=form, title=say("指派走访人员", "Assign a visitor"), button=say("指派", "Assign"),
        text=say("把所选待走访条目交给一名走访人员。", "The chosen open entries go to one visitor."),
        act=lambda campaign, entries, grant: assign_entries(
            campaign, entries=entries, visitor=form.users[form.cleaned_data["visitor"]], by=request.user, grant=grant, on=on
        ),
    )  # fmt: skip


@require_POST
@door(*RUNS)
def drop(request: Any) -> HttpResponse:
    """Take entries off the list (不再走访)."""
    form = DropForm(request.POST if is_confirmed(request) else None)
    return _act(
        request, form=form, title=say("不再走访", "Drop from the list"), button=say("确认不再走访", "Drop"), danger=True,
        text=say("所选条目将移出待走访名单，原因记入各主体的办理记录。", "The reason is kept in each firm's story."),
        act=lambda campaign, entries, grant: drop_entries(
            campaign, entries=entries, reason=form.cleaned_data["reason"] or DropReason.OTHER, note=form.cleaned_data["note"],
            by=request.user, grant=grant,
        ),
    )  # fmt: skip


@require_POST
@door(*RUNS)
def restore(request: Any) -> HttpResponse:
    """Put dropped entries back (恢复走访)."""
    return _act(
        request, form=None, title=say("恢复走访", "Put back on the list"), button=say("恢复", "Put back"),
        text=say("所选条目恢复为待走访。", "The chosen entries are to be visited again."),
        act=lambda campaign, entries, grant: restore_entries(campaign, entries=entries, by=request.user, grant=grant),
    )  # fmt: skip
