"""Campaigns (走访任务): drafted, looked at before they are handed out, followed while they run, ended."""

from typing import Any, Final

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from huoshui.adapters.regions import region_name
from huoshui.errors import ActError, HuoshuiError, InputError
from huoshui.models import Campaign, Grant, Organization, RegisterLoad, Viewer, VisitAssignment
from huoshui.models.party import SEES_REGION
from huoshui.services.campaign import close_campaign, make_campaign, open_campaign, preview_draw, queue_campaign, visitors_of
from huoshui.services.coverage import AreaFigures, coverage, total
from huoshui.services.visit_list import hand_over, move_deadline, redraw_list
from huoshui.services.visit_tasks import LARGE, open_large_campaign
from huoshui.terms import AssignmentState, CampaignStage, LoadStage, OrganizationLevel, Role
from huoshui.web import campaign_list
from huoshui.web.campaign_forms import CampaignForm, DeadlineForm, HandOverForm, RedrawForm
from huoshui.web.door import door
from huoshui.web.language import in_english, said, say
from huoshui.web.listing import Choice, Column, Listing, ask_first, is_confirmed

RUNS: Final = (Role.OFFICER, Role.LEAD)
STAGE_TONES: Final = {CampaignStage.DRAFT: "amber", CampaignStage.OPENING: "amber", CampaignStage.OPEN: "green"}

CAMPAIGNS: Final = Listing(
    "campaign",
    title=said("走访任务", "Campaigns"),
    columns=(
        Column("name", label=said("任务", "Campaign"), cell=lambda x: x.name,
               link=lambda x: reverse("campaign:show", args=[x.pk])),
        Column("region", label=said("地区", "Region"), cell=lambda x: place_name(x.region_code)),
        Column("stage", label=said("阶段", "Stage"), cell=lambda x: x.stage, tone=lambda x: STAGE_TONES.get(x.stage, "")),
        Column("due_on", label=said("完成期限", "Due"), cell=lambda x: x.due_on, sort="due_on"),
        Column("made_at", label=said("拟定时间", "Drafted"), cell=lambda x: x.made_at, sort="made_at"),
    ),
    filters=(Choice("stage", label=said("阶段", "Stage"), words=CampaignStage),),
    sort="-made_at",
    empty=said("还没有走访任务", "No campaigns yet"),
    empty_hint=said("由筛查结果或主体名录新建", "Start one from a screening or from the firms on record"),
)  # fmt: skip


def place_name(region: str, township: str = "") -> str:
    """A region as people name it (地区名称)."""
    if len(region) > 6:
        return township or region
    name = region_name(region.ljust(6, "0"), language="en" if in_english() else "zh", within="000000")
    return f"{name} {township}".strip()


@door(*SEES_REGION)
def list_campaigns(request: Any) -> HttpResponseBase:
    """Campaigns of one's regions (走访任务)."""
    rows = Campaign.objects.visible_to(request.viewer)
    return CAMPAIGNS.answer(request, rows=rows, template="campaign/list.html", may_run=request.viewer.has(*RUNS))


@door(*RUNS)
def new_campaign(request: Any) -> HttpResponse:
    """Draft a campaign (新建走访任务)."""
    loads = RegisterLoad.objects.visible_to(request.viewer).filter(stage=LoadStage.DONE).order_by("-screened_on", "-pk")[:20]
    form = CampaignForm(request.POST or None, viewer=request.viewer, loads=loads)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            campaign = make_campaign(
                given["name"], by=request.user, grant=request.viewer.acting_as(*RUNS, region=given["region"]),
                region=given["region"], chosen=form.chosen(), mode=given["mode"], at=timezone.now(), load=form.screening(),
                leave_out_visited=given["leave_out_visited"] == "yes", due_on=given["due_on"],
            )  # fmt: skip
        except InputError as error:
            form.add_error(error.field if error.field in form.fields else None, say(error.zh, error.message))
        else:
            return redirect("campaign:show", pk=campaign.pk)
    return render(request, "campaign/new.html", {"form": form}, status=400 if form.errors else 200)


def found(request: Any, pk: int) -> Campaign:
    """A campaign that the viewer may see (可见任务)."""
    campaigns = Campaign.objects.visible_to(request.viewer).select_related("organization", "load")
    campaign: Campaign = get_object_or_404(campaigns, pk=pk)
    return campaign


def grant_for(request: Any, campaign: Campaign) -> Grant:
    """The grant by which the viewer runs it (办理授权)."""
    grant: Grant = request.viewer.acting_as(*RUNS, region=campaign.region_code)
    return grant


def may_run(request: Any, campaign: Campaign) -> bool:
    """Whether the viewer runs it (能否办理)."""
    return any(x.organization_id and campaign.region_code.startswith(x.region) for x in request.viewer.of(*RUNS))


@door(*SEES_REGION)
def show_campaign(request: Any, pk: int) -> HttpResponse:
    """One campaign (走访任务): before it is opened what opening would do, then its figures."""
    campaign = found(request, pk)
    on = timezone.localdate()
    context: dict[str, Any] = {
        "campaign": campaign, "may_run": may_run(request, campaign), "place": place_name(campaign.region_code), "on": on,
        "draft": CampaignStage.DRAFT, "is_open": campaign.stage is CampaignStage.OPEN,
    }  # fmt: skip
    if campaign.stage in (CampaignStage.DRAFT, CampaignStage.OPENING):
        if context["may_run"]:
            preview = preview_draw(campaign, on=on)
            areas = tuple(AreaFigures(area, township, firms=count) for area, township, count in preview.by_area)
            context |= {"preview": preview, "areas": named(request.viewer, areas)}
        return render(request, "campaign/draft.html", context)
    figures = coverage(request.viewer, region=campaign.region_code, on=on, campaign=campaign)
    context |= {"areas": named(request.viewer, figures), "total": total(figures), "visitors": _by_visitor(request, campaign)}
    return render(request, "campaign/show.html", context)


def named(viewer: Viewer, figures: tuple[AreaFigures, ...]) -> list[tuple[str, AreaFigures]]:
    """Areas with their names (区域名称): a township's is that of the register, else of its office."""
    offices = Organization.objects.visible_to(viewer).filter(level=OrganizationLevel.TOWNSHIP)
    names = dict(
        offices.filter(region_code__in=[x.area for x in figures if len(x.area) > 6]).values_list("region_code", "name")
    )
    return [(x.township or names.get(x.area) or place_name(x.area), x) for x in figures]


def _by_visitor(request: Any, campaign: Campaign) -> list[dict[str, Any]]:
    mine = VisitAssignment.objects.visible_to(request.viewer).filter(campaign=campaign)
    state = AssignmentState
    rows = (
        mine.values("visitor").order_by()
        .annotate(open=Count("pk", filter=Q(state=state.OPEN)), visited=Count("pk", filter=Q(state=state.VISITED)),
                  overdue=Count("pk", filter=Q(state=state.OPEN, due_on__lt=timezone.localdate())))
    )  # fmt: skip
    names: dict[int | None, str] = {x.user.pk: x.user.shown_name for x in visitors_of(campaign, on=timezone.localdate())}
    return [
        {
            **x,
            "name": names.get(
                x["visitor"], say("未指派", "nobody") if x["visitor"] is None else say("已离岗人员", "no longer here")
            ),
        }
        for x in sorted(rows, key=lambda x: (-x["open"], x["visitor"] or 0))
    ]


@require_POST
@door(*RUNS)
def open_it(request: Any, pk: int) -> HttpResponse:
    """Hand the list out (下发名单)."""
    campaign = found(request, pk)
    grant, back, now = grant_for(request, campaign), reverse("campaign:show", args=[pk]), timezone.now()
    if not is_confirmed(request):
        return ask_first(
            request, title=say("下发走访名单", "Hand the list out"), act=say("下发", "Hand out"), back=back,
            text=say("下发后走访人员即可看到名单，走访对象不再自动变化。", "Visitors will see the list, as it is now."),
        )  # fmt: skip
    try:
        if preview_draw(campaign, on=timezone.localdate(now)).firms > LARGE:
            queue_campaign(campaign, by=request.user, grant=grant)
            open_large_campaign.enqueue(campaign.pk, request.user.pk, campaign.region_code, now.isoformat())
            messages.info(
                request,
                say("名单较大，正在后台下发，请稍后刷新", "The list is large: it is being handed out, look again shortly"),
            )
        else:
            open_campaign(campaign, by=request.user, grant=grant, at=now)
            messages.success(request, say("名单已下发", "The list was handed out"))
    except HuoshuiError as error:
        messages.error(request, say(error.zh, error.message))
    return redirect(back)


@require_POST
@door(*RUNS)
def close_it(request: Any, pk: int) -> HttpResponse:
    """End it (结束任务)."""
    campaign = found(request, pk)
    grant, back = grant_for(request, campaign), reverse("campaign:show", args=[pk])
    if not is_confirmed(request):
        return ask_first(
            request, title=say("结束走访任务", "End the campaign"), act=say("结束", "End it"), back=back, danger=True,
            text=say("结束后名单不能再调整，未走访的主体按未走访计。", "What is still open counts as not visited."),
        )  # fmt: skip
    close_campaign(campaign, by=request.user, grant=grant, at=timezone.now())
    messages.success(request, say("任务已结束", "The campaign has ended"))
    return redirect(back)


def _changed(request: Any, pk: int, *, form: Any, title: str, text: str, act: Any) -> HttpResponse:
    """A page with one form that changes a list (名单调整页)."""
    back = reverse("campaign:show", args=[pk])
    if request.method == "POST" and form.is_valid():
        try:
            moved = act(form.cleaned_data)
        except (InputError, ActError) as error:
            form.add_error(None, say(error.zh, error.message))
        else:
            messages.success(request, say(f"已调整 {moved.changed} 条", f"{moved.changed} entries changed"))
            return redirect(back)
    context = {"form": form, "title": title, "text": text, "back": back}
    return render(request, "campaign/change.html", context, status=400 if form.errors else 200)


@door(*RUNS)
def redraw(request: Any, pk: int) -> HttpResponse:
    """Share out anew (重新分派)."""
    campaign = found(request, pk)
    grant = grant_for(request, campaign)
    return _changed(
        request, pk, form=RedrawForm(request.POST or None, initial={"mode": campaign.mode}),
        title=say("重新分派未走访的主体", "Share out anew what is open"),
        text=say("按现有走访人员和在手户数重新分派；其余条目不变。", "By who works here today and what they hold."),
        act=lambda given: redraw_list(campaign, by=request.user, grant=grant, on=timezone.localdate(), mode=given["mode"]),
    )  # fmt: skip


@door(*RUNS)
def pass_on(request: Any, pk: int) -> HttpResponse:
    """Hand a visitor's list over (名单移交)."""
    campaign = found(request, pk)
    grant, on = grant_for(request, campaign), timezone.localdate()
    form = HandOverForm(request.POST or None, visitors=visitors_of(campaign, on=on))
    return _changed(
        request, pk, form=form, title=say("名单移交", "Hand a list over"),
        text=say("走访人员离岗时，把其未走访的主体交给其他人员。", "When a visitor leaves, the others take over what is open."),
        act=lambda given: hand_over(
            campaign, leaving=form.users[given["visitor"]], to=[form.users[x] for x in given["to"]] or None,
            by=request.user, grant=grant, on=on,
        ),
    )  # fmt: skip


@door(*RUNS)
def put_off(request: Any, pk: int) -> HttpResponse:
    """Move the deadline (调整期限)."""
    campaign = found(request, pk)
    grant = grant_for(request, campaign)
    return _changed(
        request, pk, form=DeadlineForm(request.POST or None, initial={"due_on": campaign.due_on}),
        title=say("调整完成期限", "Move the deadline"), text=say("只影响未走访的主体。", "For what is still open."),
        act=lambda given: move_deadline(
            campaign, due_on=given["due_on"], by=request.user, grant=grant, on=timezone.localdate()
        ),
    )  # fmt: skip


@door(*SEES_REGION)
def show_coverage(request: Any) -> HttpResponse:
    """Coverage of active firms by area (走访覆盖面)."""
    own = next((x.region for x in request.viewer.of(*SEES_REGION)), "")
    asked = request.GET.get("area", own)
    region = asked if asked.isdecimal() and len(asked) <= 12 else own
    figures = coverage(request.viewer, region=region, on=timezone.localdate())
    context = {
        "areas": named(request.viewer, figures),
        "total": total(figures),
        "place": place_name(region),
        "region": region,
        "own": own,
    }
    return render(request, "campaign/coverage.html", context)


urlpatterns = [
    path("campaigns/", list_campaigns, name="list"),
    path("campaigns/new", new_campaign, name="new"),
    path("campaigns/<int:pk>/", show_campaign, name="show"),
    path("campaigns/<int:pk>/open", open_it, name="open"),
    path("campaigns/<int:pk>/close", close_it, name="close"),
    path("campaigns/<int:pk>/redraw", redraw, name="redraw"),
    path("campaigns/<int:pk>/hand-over", pass_on, name="hand_over"),
    path("campaigns/<int:pk>/deadline", put_off, name="deadline"),
    path("assignments/", campaign_list.list_entries, name="entries"),
    path("assignments/assign", campaign_list.assign, name="assign"),
    path("assignments/drop", campaign_list.drop, name="drop"),
    path("assignments/restore", campaign_list.restore, name="restore"),
    path("coverage/", show_coverage, name="coverage"),
]
