"""Demands on the desk (融资需求页面): the list, and one demand with its criteria, clocks and history. The phone too."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone

from huoshui.errors import NotAllowed
from huoshui.models import BankPush, Clock, Demand, Event, FoundFact, Grant, Remark, Repair, Viewer
from huoshui.models.party import SEES_BANK
from huoshui.rules.demand import LISTED_STAGES, TRANSITIONS
from huoshui.services.appeal import APPEALS
from huoshui.services.demand import close_demand
from huoshui.services.repair import REPAIRABLE
from huoshui.terms import Caution, CloseReason, DemandChannel, DemandPurpose, DemandStage, ReviewAct, Role, Tristate
from huoshui.web import demand_phone
from huoshui.web.demand_words import (
    PUSH_TONES,
    REPAIR_TONES,
    TONES,
    cautions_of,
    clock_name,
    clock_state,
    coded,
    mark_lines,
    marks_in_short,
    told_act,
)
from huoshui.web.door import door
from huoshui.web.forms import Taps, WordField
from huoshui.web.language import said, say
from huoshui.web.listing import Choice, Column, Days, Listing, YesNo, firm_search
from huoshui.web.listing.acts import ask_first, is_confirmed

OFFICERS: Final = (Role.OFFICER, Role.LEAD)
READERS: Final = (*OFFICERS, *SEES_BANK, Role.VISITOR, Role.AUDITOR, Role.REGULATOR)
_S: Final = DemandStage

FIRM: Final = Column(
    "firm",
    label=said("企业", "Firm"),
    cell=lambda x: x.firm.name,
    sort="firm__name",
    link=lambda x: reverse("demand:show", args=[x.pk]),
)
CODE: Final = Column("uscc", label=said("统一社会信用代码", "Code"), cell=lambda x: x.firm.shown_code, on_page=False)
REGION: Final = Column(
    "region", label=said("地区", "Region"), cell=lambda x: x.firm.region_code, sort="firm__region_code", on_page=False
)
STAGE: Final = Column("stage", label=said("阶段", "Stage"), cell=lambda x: x.stage, tone=lambda x: TONES.get(x.stage, ""))
AMOUNT: Final = Column("amount", label=said("金额", "Amount"), cell=lambda x: x.amount_fen, unit="wan", sort="amount_fen")
MONTHS: Final = Column("months", label=said("期限（月）", "Months"), cell=lambda x: x.months, number=True, sort="months")
PURPOSE: Final = Column("purpose", label=said("用途", "Purpose"), cell=lambda x: x.purpose or None)
GUARANTEES: Final = Column("guarantees", label=said("担保方式", "Security"), cell=lambda x: x.guarantee_kinds, on_page=False)
WANTED: Final = Column(
    "wanted_by", label=said("希望到账", "Wanted by"), cell=lambda x: x.wanted_by, sort="wanted_by", on_page=False
)
CHANNEL: Final = Column("channel", label=said("来源", "From"), cell=lambda x: x.channel, on_page=False)
PUBLISHED: Final = Column("published", label=said("发布时间", "Published"), cell=lambda x: x.published_at, sort="published_at")
DECLARED: Final = Column("declared", label=said("申报时间", "Declared"), cell=lambda x: x.declared_at, sort="declared_at")
MARKS: Final = Column("marks", label=said("五项标准", "Criteria"), cell=lambda x: marks_in_short(x.evaluation))
STAGES: Final = Choice(
    "stage", label=said("阶段", "Stage"), words=DemandStage, only=tuple(x for x in DemandStage if x is not _S.DRAFT)
)
PURPOSES: Final = Choice("purpose", label=said("用途", "Purpose"), words=DemandPurpose, more=True)
CHANNELS: Final = Choice("channel", label=said("来源", "From"), words=DemandChannel, more=True)
VERDICT: Final = Choice("verdict", label=said("评定", "Judged"), words=Tristate, lookup="evaluation__verdict")

DEMANDS: Final = Listing(
    "demand",
    title=said("融资需求", "Demands"),
    columns=(FIRM, CODE, REGION, STAGE, AMOUNT, MONTHS, PURPOSE, GUARANTEES, WANTED, CHANNEL, PUBLISHED),
    filters=(STAGES, Days("published", label=said("发布", "Published"), lookup="published_at", more=True), PURPOSES, CHANNELS,
             YesNo("duplicate", label=said("疑似重复", "Duplicate"), condition=Q(duplicate_of__isnull=False), more=True)),
    search=firm_search("firm__"),
    sort="-published",
    empty=said("还没有融资需求", "No demands yet"),
    empty_hint=said("企业扫描贷款码发布需求，或走访人员代为填写后，会出现在这里。",
                    "They appear when firms publish them through a loan code, or visitors write them."),
)  # fmt: skip


def firm_grant(viewer: Viewer, firm_id: int) -> Grant | None:
    """The grant by which the viewer speaks for a firm, if any (企业授权)."""
    return next((x for x in viewer.grants if x.firm_id == firm_id), None)


def officer_grant(viewer: Viewer, *, region: str, act: ReviewAct | None = None) -> Grant:
    """The grant by which an officer acts: to recommend, as the lead where one is (专班授权). Raises NotAllowed."""
    first, then = (Role.LEAD, Role.OFFICER) if act is ReviewAct.RECOMMEND else (Role.OFFICER, Role.LEAD)
    try:
        return viewer.acting_as(first, region=region)
    except NotAllowed:
        return viewer.acting_as(then, region=region)


def may_act(viewer: Viewer, *, region: str) -> bool:
    """Whether the viewer is an officer there (是否可办理)."""
    return any(x.organization_id and region.startswith(x.region) for x in viewer.of(*OFFICERS))


def visible_demand(request: Any, pk: int) -> Demand:
    """A demand that the viewer may see, with its firm and judgement, or 404 (可见需求)."""
    rows = Demand.objects.visible_to(request.viewer).select_related("firm", "evaluation", "duplicate_of__firm", "created_by")
    found: Demand = get_object_or_404(rows, pk=pk)
    return found


@door(*READERS)
def list_demands(request: Any) -> HttpResponseBase:
    """All demands that the viewer may see, drafts of others never (需求列表)."""
    rows = Demand.objects.visible_to(request.viewer).exclude(stage=_S.DRAFT).select_related("firm")
    return DEMANDS.answer(request, rows=rows, template="demand/list.html")


@door(*READERS)
def show_demand(request: Any, pk: int) -> HttpResponse:
    """One demand: what is asked, the criteria with their basis, banks, repairs, clocks, history (需求详情)."""
    demand = visible_demand(request, pk)
    viewer, on = request.viewer, timezone.localdate()
    officer = may_act(viewer, region=demand.firm.region_code)
    pushes = BankPush.objects.visible_to(viewer).filter(demand=demand).select_related("bank").order_by("pk")
    clocks = Clock.objects.visible_to(viewer).filter(demand=demand).select_related("organization").order_by("due_on", "pk")
    repairs = Repair.objects.visible_to(viewer).filter(demand=demand).order_by("pk")
    events = Event.objects.visible_to(viewer).filter(subject_kind="demand", subject_id=pk).select_related("actor")
    context = {
        "demand": demand,
        "tone": TONES.get(demand.stage, ""),
        "wishes": demand.bank_wishes.select_related("bank"),
        "marks": mark_lines(demand.evaluation),
        "cautions": [x for x in cautions_of(demand.evaluation) if x is not Caution.DUPLICATE],
        "facts": FoundFact.objects.visible_to(viewer).filter(firm_id=demand.firm_id).order_by("-found_on", "-pk")[:10],
        "clocks": [(x, clock_name(x), *clock_state(x, on=on)) for x in clocks],
        "pushes": [(x, PUSH_TONES.get(x.stage, ""), *coded(demand, field="return_reasons", codes=[x.reason])) for x in pushes],
        "repairs": [(x, REPAIR_TONES.get(x.stage, ""), *coded(demand, field="obstacles", codes=[x.obstacle])) for x in repairs],
        "remarks": [
            (x, coded(demand, field="reject_reasons", codes=x.reasons))
            for x in Remark.objects.visible_to(viewer).filter(demand=demand).order_by("-at")[:10]
        ],
        "history": [(x, told_act(x.act), DemandStage(x.basis["to"])) for x in events.order_by("-at", "-pk")[:50]],
        "acts": _acts(demand) if officer else [],
        "officer": officer,
        "can_add_evidence": officer and demand.is_open and demand.stage is not _S.DRAFT,
        "can_push": officer and demand.stage in LISTED_STAGES,
        "can_repair": officer and demand.stage in REPAIRABLE,
        "can_close": officer and _S.CLOSED in TRANSITIONS[demand.stage],
        "appeal": demand.appeals.filter(upheld=None).first() if officer and demand.stage in APPEALS else None,
    }
    return render(request, "demand/show.html", context)


_LABELS: Final = {
    ReviewAct.PREPARE: said("初审通过", "Pass the review"),
    ReviewAct.RECOMMEND: said("列入推荐清单", "Recommend"),
    ReviewAct.ASK_BACK: said("退回补充", "Ask back"),
    ReviewAct.SEND_BACK: said("发回重审", "Send back"),
    ReviewAct.REJECT: said("不予通过", "Do not pass"),
}


def _acts(demand: Demand) -> list[tuple[str, str, bool, bool]]:
    """The review's buttons that fit the stage: address, label, main, dangerous."""
    fitting = {
        _S.DECLARED: (ReviewAct.PREPARE, ReviewAct.ASK_BACK, ReviewAct.REJECT),
        _S.REVIEWED: (ReviewAct.RECOMMEND, ReviewAct.SEND_BACK, ReviewAct.REJECT),
        _S.RECOMMENDED: (ReviewAct.SEND_BACK,),
    }.get(demand.stage, ())
    return [
        (reverse(f"review:{x.value}"), str(_LABELS[x]), x in (ReviewAct.PREPARE, ReviewAct.RECOMMEND), x is ReviewAct.REJECT)
        for x in fitting
    ]


class CloseForm(forms.Form):
    """Why a demand is closed (办结表单)."""

    reason = WordField(CloseReason, widget=Taps, label=said("办结原因", "Reason"))


@door(*OFFICERS)
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a demand, after asking (办结需求)."""
    demand = visible_demand(request, pk)
    back = reverse("demand:show", args=[pk])
    form = CloseForm(request.POST if is_confirmed(request) else None)
    if not is_confirmed(request) or not form.is_valid():
        text = say(f"{demand.firm.name}的需求办结后不能再恢复。", f"The demand of {demand.firm.name} cannot be opened again.")
        return ask_first(request, title=say("办结需求", "Close the demand"), text=text, act=say("办结", "Close"), back=back,
                         danger=True, form=form)  # fmt: skip
    user: Any = request.user
    grant = officer_grant(request.viewer, region=demand.firm.region_code)  # type: ignore[attr-defined]
    close_demand(demand, reason=form.cleaned_data["reason"], by=user, grant=grant, at=timezone.now())
    messages.success(request, say("需求已办结", "The demand is closed"))
    return redirect(back)


urlpatterns = [
    path("demands/", list_demands, name="list"),
    path("demands/<int:pk>/", show_demand, name="show"),
    path("demands/<int:pk>/close/", close, name="close"),
    path("my/demands/", demand_phone.my_demands, name="mine"),
    path("my/demands/new/<int:firm_id>/", demand_phone.write_demand, name="new"),
    path("my/demands/<int:pk>/", demand_phone.show_own, name="own"),
    path("my/demands/<int:pk>/edit/", demand_phone.edit_demand, name="edit"),
    path("my/demands/<int:pk>/publish/", demand_phone.publish, name="publish"),
    path("my/demands/<int:pk>/confirm/", demand_phone.confirm, name="confirm"),
    path("my/demands/<int:pk>/withdraw/", demand_phone.withdraw, name="withdraw"),
    path("my/demands/<int:pk>/appeal/", demand_phone.appeal, name="appeal"),
]
