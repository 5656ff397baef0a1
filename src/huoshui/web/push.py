"""Pushing to banks, and the bank's inbox (推送与银行收件页面): dialog, acknowledge, contacted, answer with a coded reason."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone

from huoshui.errors import NotAllowed
from huoshui.models import BankPush, Clock, Grant, Organization, Viewer
from huoshui.models.party import SEES_BANK
from huoshui.services.recommendation import acknowledge_push, answer_push, bank_choices, contact_firm
from huoshui.services.review_batch import foresee_push, push_many
from huoshui.terms import DemandPurpose, GuaranteeKind, OrganizationKind, PushStage, Role
from huoshui.web.demand import OFFICERS, officer_grant
from huoshui.web.demand_words import PUSH_TONES, clock_name, clock_state, code_choices, coded
from huoshui.web.door import door
from huoshui.web.forms import Taps, WordField
from huoshui.web.language import said, say
from huoshui.web.listing import Choice, Column, Days, Listing, firm_search
from huoshui.web.listing.acts import is_confirmed
from huoshui.web.review import RECOMMENDED, chosen_demands, kept_choice

_COUNTY: Final = 6
ANSWERS: Final = (PushStage.APPROVED, PushStage.DECLINED, PushStage.RETURNED)
INBOX: Final = Listing(
    "push",
    title=said("银行办理", "At the banks"),
    columns=(
        Column("firm", label=said("企业", "Firm"), cell=lambda x: x.shown["firm"], sort="demand__firm__name",
               link=lambda x: reverse("push:show", args=[x.pk])),
        Column("bank", label=said("银行", "Bank"), cell=lambda x: x.bank.name, sort="bank__name"),
        Column("stage", label=said("阶段", "Stage"), cell=lambda x: x.stage, tone=lambda x: PUSH_TONES.get(x.stage, "")),
        Column("amount", label=said("金额", "Amount"), cell=lambda x: x.shown["amount_fen"], unit="wan",
               sort="demand__amount_fen"),
        Column("months", label=said("期限（月）", "Months"), cell=lambda x: x.shown["months"], number=True),
        Column("purpose", label=said("用途", "Purpose"), cell=lambda x: DemandPurpose(x.shown["purpose"])),
        Column("received", label=said("收到时间", "Received"), cell=lambda x: x.received_at, sort="received_at"),
    ),
    filters=(Choice("stage", label=said("阶段", "Stage"), words=PushStage),
             Days("received", label=said("收到", "Received"), lookup="received_at", more=True)),
    search=firm_search("demand__firm__"),
    sort="-received",
    empty=said("没有推送的需求", "Nothing was pushed"),
    empty_hint=said("专班推送的需求会出现在这里。", "What the task force pushes appears here."),
)  # fmt: skip


def bank_grant(viewer: Viewer, push: BankPush) -> Grant | None:
    """The grant by which the viewer works in the bank that has a case (银行授权)."""
    return next((x for x in viewer.of(*SEES_BANK) if x.path and push.bank.path.startswith(x.path)), None)


@door(*OFFICERS, *SEES_BANK, Role.REGULATOR)
def list_pushes(request: Any) -> HttpResponseBase:
    """The demands before banks: a bank's own, or those of the region (银行办理列表)."""
    rows = BankPush.objects.visible_to(request.viewer).select_related("bank", "demand__firm")
    return INBOX.answer(request, rows=rows, template="push/list.html")


class AnswerForm(forms.Form):
    """The bank's answer (银行答复表单)."""

    to = WordField(PushStage, only=ANSWERS, label=said("答复", "Answer"), widget=Taps)
    reason = forms.ChoiceField(
        label=said("退回或不予授信的原因", "Why returned or declined"), required=False,
        help_text=said("企业和专班会看到原因，能修复的将安排帮扶", "Firm and task force see it; what can be mended will be"),
    )  # fmt: skip
    note = forms.CharField(
        label=said("说明", "In words"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, region_code: str, stage: PushStage, **options: Any) -> None:
        """The reasons are the region's; before the firm was contacted a bank can only return."""
        super().__init__(*args, **options)
        empty = ("", say("请选择", "Please choose"))
        self.fields["reason"].choices = [empty, *code_choices(region_code, field="return_reasons")]  # type: ignore[attr-defined]
        if stage is not PushStage.CONTACTED:
            word = PushStage.RETURNED
            self.fields["to"].choices = [(word.value, say(word.zh, word.en))]  # type: ignore[attr-defined]
            self.fields["to"].initial = word.value

    def clean(self) -> dict[str, Any]:
        """A refusal needs its reason."""
        given = super().clean() or self.cleaned_data
        if given.get("to") in (PushStage.DECLINED, PushStage.RETURNED) and not given.get("reason"):
            self.add_error("reason", say("请选择原因", "Please choose the reason"))
        return given


def _visible(request: Any, pk: int) -> BankPush:
    rows = BankPush.objects.visible_to(request.viewer).select_related("bank", "demand__firm", "demand__evaluation")
    found: BankPush = get_object_or_404(rows, pk=pk)
    return found


@door(*OFFICERS, *SEES_BANK, Role.REGULATOR)
def show_push(request: Any, pk: int) -> HttpResponse:
    """One demand before one bank: what was passed on, deadlines, and the bank's acts (银行办理详情)."""
    push = _visible(request, pk)
    region = push.demand.firm.region_code
    grant = bank_grant(request.viewer, push)
    given = request.POST if request.method == "POST" else None
    form = AnswerForm(given, region_code=region, stage=push.stage) if grant and push.is_open else None
    if given is not None and form is not None and grant is not None and form.is_valid():
        answer = form.cleaned_data
        answer_push(push, to=answer["to"], reason=answer["reason"], note=answer["note"], by=request.user, grant=grant,
                    at=timezone.now())  # fmt: skip
        messages.success(request, say("答复已提交", "The answer was handed in"))
        return redirect("push:show", pk=pk)
    on = timezone.localdate()
    clocks = Clock.objects.visible_to(request.viewer).filter(push=push).select_related("organization").order_by("due_on", "pk")
    shown = push.shown
    context = {
        "push": push, "tone": PUSH_TONES.get(push.stage, ""), "form": form, "grant": grant, "shown": shown,
        "purpose": DemandPurpose(shown["purpose"]), "guarantees": [GuaranteeKind(x) for x in shown["guarantees"]],
        "clocks": [(x, clock_name(x), *clock_state(x, on=on)) for x in clocks],
        "reason": coded(push.demand, field="return_reasons", codes=[push.reason])[0],
        "contact": push.is_open and grant is not None,
        "is_received": push.stage is PushStage.RECEIVED, "is_acknowledged": push.stage is PushStage.ACKNOWLEDGED,
    }  # fmt: skip
    return render(request, "push/show.html", context, status=400 if form is not None and form.errors else 200)


@door(*SEES_BANK)
def acknowledge(request: Any, pk: int) -> HttpResponse:
    """Take note of a demand, as the bank (签收)."""
    return _bank_act(request, pk, act=acknowledge_push, told=say("已签收", "Acknowledged"))


@door(*SEES_BANK)
def contacted(request: Any, pk: int) -> HttpResponse:
    """Note that the bank spoke to the firm (已联系企业)."""
    return _bank_act(request, pk, act=contact_firm, told=say("已记录联系企业", "Noted"))


def _bank_act(request: Any, pk: int, *, act: Any, told: str) -> HttpResponse:
    push = _visible(request, pk)
    if request.method == "POST":
        grant = bank_grant(request.viewer, push)
        if grant is None:
            raise NotAllowed("the bank to which the demand was pushed handles it", zh="须由收到推送的银行办理")
        act(push, by=request.user, grant=grant, at=timezone.now())
        messages.success(request, told)
    return redirect("push:show", pk=pk)


class BanksForm(forms.Form):
    """To which banks (选择银行): none chosen means to those that each firm prefers."""

    banks = forms.TypedMultipleChoiceField(
        label=said("推送给哪些银行", "To which banks"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple,
        help_text=said("不选则按各企业优先选择的银行推送", "Choose none to push to the banks that each firm prefers"),
    )  # fmt: skip

    def __init__(self, *args: Any, banks: list[Organization], wishes: dict[int, str], **options: Any) -> None:
        """`wishes` are the firm's wishes where one demand is pushed, shown beside the banks."""
        super().__init__(*args, **options)
        named = [(x.pk, f"{x.name}（{wishes[x.pk]}）" if wishes.get(x.pk) else x.name) for x in banks]
        self.fields["banks"].choices = named  # type: ignore[attr-defined]


@door(*OFFICERS)
def push_dialog(request: Any) -> HttpResponse:
    """Choose banks, see what will happen to each demand, push (推送银行)."""
    if request.method != "POST":
        return redirect("review:recommended")
    demands = chosen_demands(request, listing=RECOMMENDED)
    region = demands[0].firm.region_code
    grant = officer_grant(request.viewer, region=region)
    wishes: dict[int, str] = {}
    if len(demands) == 1:
        choices = bank_choices(demands[0])
        banks = [x.bank for x in choices]
        wishes = {x.bank.pk: say(x.wish.zh, x.wish.en) for x in choices if x.wish}
    else:
        found = Organization.objects.visible_to(request.viewer).filter(kind=OrganizationKind.BANK, closed_on=None)
        banks = list(found.filter(region_code__startswith=region[:_COUNTY]).order_by("name"))
    asked = "looked" in request.POST
    form = BanksForm(request.POST if asked else None, banks=banks, wishes=wishes)
    chosen = [x for x in banks if x.pk in form.cleaned_data["banks"]] if asked and form.is_valid() else []
    at = timezone.now()
    if is_confirmed(request) and form.is_valid():
        batch = push_many(demands, banks=chosen, by=request.user, grant=grant, at=at)
        return redirect("review:batch", pk=batch.pk)
    foreseen = foresee_push(demands, banks=chosen, grant=grant, at=at) if asked and form.is_valid() else []
    kept = [*kept_choice(request), ("looked", "yes"), *(("banks", str(x.pk)) for x in chosen)]
    context = {
        "form": form, "demands": demands, "kept": kept_choice(request), "foreseen": foreseen, "kept_all": kept,
        "title": say("推送银行", "Push to banks"), "possible": [x for x in foreseen if x.refusal is None],
        "refused": [x for x in foreseen if x.refusal is not None], "banks_shown": True,
        "address": reverse("push:push"), "back": reverse("review:recommended"),
    }  # fmt: skip
    if foreseen:
        context |= {"kept": kept, "form": None}
        return render(request, "review/foreseen.html", context)
    return render(request, "push/choose.html", context, status=400 if form.errors else 200)


urlpatterns = [
    path("pushes/", list_pushes, name="list"),
    path("pushes/new/", push_dialog, name="push"),
    path("pushes/<int:pk>/", show_push, name="show"),
    path("pushes/<int:pk>/acknowledge/", acknowledge, name="acknowledge"),
    path("pushes/<int:pk>/contacted/", contacted, name="contacted"),
]
