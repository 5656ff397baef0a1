"""Demands on the firm's own phone (企业端需求页面): write, publish, confirm a visitor's, follow, withdraw, appeal."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from huoshui.errors import BadRequest, InputError
from huoshui.models import BankPush, Demand, Firm, Grant, Notice, Organization, Remark, Repair, Viewer, Visit
from huoshui.models.party import firms_of
from huoshui.services.appeal import appeal_demand
from huoshui.services.consent import consent_text, give_consent, has_consent
from huoshui.services.demand import (
    LARGEST_FEN,
    LONGEST_MONTHS,
    confirm_demand,
    publish_demand,
    save_draft,
    withdraw_demand,
)
from huoshui.services.notice import read_notices
from huoshui.terms import (
    BankWish,
    ConsentPurpose,
    DemandChannel,
    DemandPurpose,
    DemandStage,
    GuaranteeKind,
    OrganizationKind,
    Role,
)
from huoshui.web.demand_words import PUSH_TONES, REPAIR_TONES, TONES, coded
from huoshui.web.door import door
from huoshui.web.forms import DayField, Taps, WordField, WordsField, YuanField
from huoshui.web.language import said, say
from huoshui.web.listing.acts import ask_first, is_confirmed
from huoshui.web.scanned import agreed_code, let_go, scanned_code

WRITERS: Final = (Role.VISITOR, Role.OFFICER, Role.LEAD, Role.CLIENT_MANAGER, Role.LEGAL_REPRESENTATIVE, Role.AGENT)
OFFERED: Final = tuple(list(DemandPurpose)[:9])  # what is barred is not offered
_S: Final = DemandStage
_TERMS: Final = (3, 6, 12, 24, 36)
_COUNTY: Final = 6
NEXT_STEPS: Final = {
    _S.DRAFT: said("还没有发布，请检查后发布。", "Not yet published: check it and publish."),
    _S.AWAITING_CONFIRMATION: said("请核对内容，确认后才会提交。", "Please check it: nothing is handed in before you confirm."),
    _S.AWAITING_AUTHENTICATION: said(
        "完成经营主体认证后自动提交。", "It is handed in as soon as your business is authenticated."
    ),
    _S.DECLARED: said("专班正在审核。", "The task force is reviewing it."),
    _S.ASKED_BACK: said("请按要求补充后重新提交。", "Please add what is asked for and hand it in again."),
    _S.REVIEWED: said("初审已通过，等待列入推荐清单。", "It passed the review and waits to be recommended."),
    _S.RECOMMENDED: said("已列入推荐清单，等待推送银行。", "It is recommended and waits to be pushed to banks."),
    _S.PUSHED: said("银行会联系您，请保持电话畅通。", "A bank will call you: please be reachable."),
    _S.RETURNED: said(
        "银行暂未受理，专班将协助解决或推送其他银行。", "The banks returned it; the task force will help or ask others."
    ),
    _S.REJECTED: said("未通过审核，可按下列事项改进，也可以申诉。", "It did not pass. See what to mend, or appeal."),
    _S.APPEALED: said("申诉已收到，专班将答复。", "Your appeal was received and will be answered."),
    _S.RETURN_APPEALED: said("申诉已收到，专班将答复。", "Your appeal was received and will be answered."),
    _S.REPAIR: said("专班正在协助解决下列事项。", "The task force is helping with the following."),
    _S.CLOSED: said("已办结。", "Closed."),
    _S.WITHDRAWN: said("已撤回。", "Withdrawn."),
}


_FOR_THE_FIRM: Final = (_S.AWAITING_CONFIRMATION, _S.ASKED_BACK)


def next_step(demand: Demand, *, speaks: bool) -> Any:
    """What comes next (下一步), as whoever speaks for the firm reads it, or who wrote the demand for it."""
    if demand.stage is _S.AWAITING_CONFIRMATION and not speaks:
        return said(
            "等待企业确认，请提醒企业代表登录核对。", "It waits for the firm: ask its representative to sign in and confirm."
        )
    if demand.stage is _S.ASKED_BACK and not speaks:
        return said("等待企业补充材料。", "It waits for what the firm was asked for.")
    return NEXT_STEPS[demand.stage]


class DemandForm(forms.Form):
    """What a firm needs (融资需求表单): a draft may leave everything open, publishing asks for the first four."""

    amount = YuanField(wan=True, label=said("需要多少钱", "How much"), required=False, lowest_fen=100_00)
    months = forms.IntegerField(
        label=said("用多久（月）", "For how many months"), required=False, min_value=1, max_value=LONGEST_MONTHS,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "list": "terms"}),
    )  # fmt: skip
    purpose = WordField(DemandPurpose, only=OFFERED, label=said("用来做什么", "What for"), required=False)
    note = forms.CharField(
        label=said("钱准备怎么用", "How it will be spent"), required=False, max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=said("一两句话，例如：节前进货，添置冷柜 2 台", "A sentence or two, such as: stock, two coolers"),
    )  # fmt: skip
    guarantees = WordsField(GuaranteeKind, label=said("可以提供的担保", "Security you can offer"), required=False)
    states_clean = forms.ChoiceField(
        label=said("本企业和实际控制人目前有没有逾期贷款或失信记录", "Any overdue loan or judgment debt of firm or owner"),
        widget=Taps, required=False,
        choices=[("yes", said("没有", "None")), ("no", said("有", "Yes")), ("unknown", said("不清楚", "Not sure"))],
    )  # fmt: skip
    expected_rate = forms.DecimalField(
        label=said("期望年利率（%）", "Rate you expect (% a year)"), required=False, min_value=Decimal("0.01"),
        max_value=Decimal(36), max_digits=5, decimal_places=2,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "0.01"}),
    )  # fmt: skip
    wanted_by = DayField(label=said("希望什么时候用上", "Wanted by"), required=False)
    preferred = forms.TypedMultipleChoiceField(
        label=said("希望先联系的银行", "Banks to ask first"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    excluded = forms.TypedMultipleChoiceField(
        label=said("不要联系的银行", "Banks not to ask"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, banks: Iterable[Organization], complete: bool, **options: Any) -> None:
        """`banks` are those that may be chosen; a draft may be incomplete, what is published may not."""
        super().__init__(*args, **options)
        for key in ("amount", "months", "purpose", "note"):
            self.fields[key].required = complete
        names = [(x.pk, x.name) for x in banks]
        for key in ("preferred", "excluded"):
            self.fields[key].choices = names  # type: ignore[attr-defined]

    def clean_amount(self) -> int | None:
        """Within what anybody lends."""
        amount: int | None = self.cleaned_data["amount"]
        if amount and amount > LARGEST_FEN:
            raise forms.ValidationError(say("金额过大，请检查单位（万元）", "Too large: the unit is 10,000 yuan"))
        return amount


def banks_of(request: Any, region_code: str) -> list[Organization]:
    """The banks that a firm of a region may choose (可选银行): those of its county."""
    found = Organization.objects.visible_to(request.viewer).filter(kind=OrganizationKind.BANK, closed_on=None)
    return list(found.filter(region_code__startswith=region_code[:_COUNTY]).order_by("name"))


def grant_for(viewer: Viewer, firm: Firm) -> Grant | None:
    """The grant by which the viewer writes for a firm (填写授权): the firm's own, an office's, or None without a role."""
    own = next((x for x in viewer.grants if x.firm_id == firm.pk), None)
    if own or not viewer.has(Role.VISITOR, Role.OFFICER, Role.LEAD, Role.CLIENT_MANAGER):
        return own
    return viewer.acting_as(Role.VISITOR, Role.OFFICER, Role.LEAD, Role.CLIENT_MANAGER, region=firm.region_code)


def _channel(grant: Grant | None) -> DemandChannel:
    by_role = {
        Role.AGENT: DemandChannel.AGENT,
        Role.LEGAL_REPRESENTATIVE: DemandChannel.FIRM,
        Role.CLIENT_MANAGER: DemandChannel.BANK_DESK,
    }
    return by_role.get(grant.role, DemandChannel.VISITOR) if grant else DemandChannel.FIRM


def _own(request: Any, pk: int) -> Demand:
    """A demand of a firm for which one speaks, or that one wrote, else 404."""
    rows = Demand.objects.visible_to(request.viewer).select_related("firm", "evaluation", "created_by")
    mine = rows.filter(firm_id__in=firms_of(request.viewer)) | rows.filter(created_by_id=request.viewer.user_id)
    found: Demand = get_object_or_404(mine, pk=pk)
    return found


@door(signed_in=True)
def my_demands(request: Any) -> HttpResponse:
    """The demands of one's firms, and those that one wrote; what is to be done first (我的需求)."""
    viewer = request.viewer
    rows = Demand.objects.visible_to(viewer).select_related("firm")
    mine = rows.filter(firm_id__in=firms_of(viewer)) | rows.filter(created_by_id=viewer.user_id)
    found = list(mine.order_by("-pk")[:50])
    own = firms_of(viewer)
    waiting = [x for x in found if x.stage is _S.DRAFT or (x.stage in _FOR_THE_FIRM and x.firm_id in own)]
    context = {
        "waiting": [(x, TONES.get(x.stage, ""), next_step(x, speaks=x.firm_id in own)) for x in waiting],
        "others": [(x, TONES.get(x.stage, ""), next_step(x, speaks=x.firm_id in own)) for x in found if x not in waiting],
        "staff": request.user.is_staff,
        "firms": Firm.objects.visible_to(viewer).filter(pk__in=firms_of(viewer)).order_by("name"),
        "notices": Notice.objects.visible_to(viewer).filter(firm__isnull=False, read_at=None).order_by("-at")[:3],
    }
    return render(request, "demand/mine.html", context)


@door(*WRITERS)
def write_demand(request: Any, firm_id: int) -> HttpResponse:
    """Write a demand for one's firm, or as a visitor for a firm of the region, perhaps after a `visit` (填写需求)."""
    firm: Firm = get_object_or_404(Firm.objects.visible_to(request.viewer), pk=firm_id)
    return _form_page(request, firm=firm, demand=None)


@door(signed_in=True)
def edit_demand(request: Any, pk: int) -> HttpResponse:
    """Change a draft, or what was asked back (修改需求)."""
    demand = _own(request, pk)
    return _form_page(request, firm=demand.firm, demand=demand)


def _form_page(request: Any, *, firm: Firm, demand: Demand | None) -> HttpResponse:
    grant = grant_for(request.viewer, firm)
    banks = banks_of(request, firm.region_code)
    given = request.POST if request.method == "POST" else None
    complete = given is None or given.get("act") != "save"
    form = DemandForm(given, banks=banks, complete=complete, initial=_initial(demand) if demand else None)
    staff = grant is not None and grant.organization_id is not None
    if staff:
        del form.fields["states_clean"]
    if given is not None and form.is_valid():
        try:
            kept = _saved(request, form=form, firm=firm, demand=demand, grant=grant)
            let_go(request)
        except InputError as error:
            form.add_error(error.field if error.field in form.fields else None, say(error.zh, error.message))
        else:
            publish = request.POST.get("act") == "publish"
            return redirect("demand:publish" if publish else "demand:own", pk=kept.pk)
    context = {"form": form, "firm": firm, "demand": demand, "staff": staff, "terms": _TERMS,
               "code": None if demand else scanned_code(request, firm=firm),
               "without_code": given is not None and not given.get("with_code")}  # fmt: skip
    return render(request, "demand/form.html", context, status=400 if form.errors else 200)


def _initial(demand: Demand) -> dict[str, Any]:
    wishes = list(demand.bank_wishes.all())
    rate = demand.expected_rate
    return {
        "amount": demand.amount_fen, "months": demand.months, "purpose": demand.purpose or None, "note": demand.note,
        "guarantees": demand.guarantees, "expected_rate": (rate * 100).quantize(Decimal("0.01")) if rate else None,
        "wanted_by": demand.wanted_by, "states_clean": {True: "yes", False: "no", None: "unknown"}[demand.states_clean],
        "preferred": [x.bank_id for x in wishes if x.wish is BankWish.PREFERRED],
        "excluded": [x.bank_id for x in wishes if x.wish is BankWish.EXCLUDED],
    }  # fmt: skip


def _saved(request: Any, *, form: DemandForm, firm: Firm, demand: Demand | None, grant: Grant | None) -> Demand:
    given = form.cleaned_data
    rate, visit = given["expected_rate"], _visit(request, firm)
    return save_draft(
        firm=firm,
        by=request.user,
        grant=grant,
        channel=_channel(grant),
        amount_fen=given["amount"],
        months=given["months"],
        purpose=given["purpose"],
        guarantees=given["guarantees"],
        expected_rate=rate / 100 if rate else None,
        wanted_by=given["wanted_by"],
        preferred_bank_ids=given["preferred"],
        excluded_bank_ids=given["excluded"],
        note=given["note"],
        demand=demand,
        loan_code=None if demand else agreed_code(request, firm=firm) or (visit.loan_code if visit else None),
        visit=visit,
        states_clean={"yes": True, "no": False}.get(given.get("states_clean", "")),
    )


def _visit(request: Any, firm: Firm) -> Visit | None:
    """The visit during which it is written, as the address says."""
    pk = request.GET.get("visit", "")
    rows = Visit.objects.visible_to(request.viewer).filter(firm=firm).select_related("loan_code")
    found: Visit | None = rows.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 19 else None
    return found


@door(signed_in=True)
def show_own(request: Any, pk: int) -> HttpResponse:
    """One's own demand: where it stands, what to do next, which banks have it (需求进度)."""
    demand, viewer = _own(request, pk), request.viewer
    read_notices(Notice.objects.visible_to(viewer).filter(demand=demand, firm__isnull=False, read_at=None),
                 by=request.user, at=timezone.now())  # fmt: skip
    speaks = demand.firm_id in firms_of(viewer)
    remarks = Remark.objects.visible_to(viewer).filter(demand=demand).exclude(act="send_back").order_by("-at")[:3]
    repairs = Repair.objects.visible_to(viewer).filter(demand=demand).order_by("pk")
    pushes = BankPush.objects.visible_to(viewer).filter(demand=demand).select_related("bank").order_by("pk")
    context = {
        "demand": demand,
        "tone": TONES.get(demand.stage, ""),
        "next_step": next_step(demand, speaks=speaks),
        "wishes": demand.bank_wishes.select_related("bank"),
        "remarks": [(x, coded(demand, field="reject_reasons", codes=x.reasons)) for x in remarks],
        "repairs": [(x, REPAIR_TONES.get(x.stage, ""), *coded(demand, field="obstacles", codes=[x.obstacle])) for x in repairs],
        "pushes": [(x, PUSH_TONES.get(x.stage, "")) for x in pushes],
        "appeals": demand.appeals.order_by("-made_at")[:3],
        "can_edit": demand.is_editable and (speaks or demand.stage is not _S.ASKED_BACK),
        "can_publish": demand.stage in (_S.DRAFT, _S.ASKED_BACK) and (speaks or demand.stage is _S.DRAFT),
        "can_confirm": demand.stage is _S.AWAITING_CONFIRMATION and speaks,
        "can_appeal": demand.stage in (_S.REJECTED, _S.RETURNED) and speaks,
        "can_withdraw": demand.is_open,
    }
    return render(request, "demand/own.html", context)


class ShareForm(forms.Form):
    """The consent without which no bank sees a demand (同意提供信息)."""

    share = forms.BooleanField(
        label=said(
            "我同意把这笔需求提供给县区工作专班和所选银行", "I agree that the task force and the chosen banks see this demand"
        ),
        error_messages={"required": said("请先勾选同意，需求才能送达", "Please tick this, or nobody can read the demand")},
    )
    version = forms.CharField(max_length=20, widget=forms.HiddenInput)


@door(signed_in=True)
def publish(request: Any, pk: int) -> HttpResponse:
    """Check once more, agree that banks may see it, and publish (核对并发布)."""
    return _last_look(request, _own(request, pk), act="publish")


@door(signed_in=True)
def confirm(request: Any, pk: int) -> HttpResponse:
    """Confirm, as the firm, what a visitor wrote (企业确认)."""
    return _last_look(request, _own(request, pk), act="confirm")


def _last_look(request: Any, demand: Demand, *, act: str) -> HttpResponse:
    grant = grant_for(request.viewer, demand.firm)
    staff = grant is not None and grant.organization_id is not None
    text = consent_text(ConsentPurpose.SHARE_WITH_BANKS, on=timezone.localdate())
    asks = not staff and not has_consent(request.user, ConsentPurpose.SHARE_WITH_BANKS)
    given = request.POST if request.method == "POST" else None
    form = ShareForm(given, initial={"version": text.version}) if asks else None
    if given is not None and (form is None or form.is_valid()):
        at = timezone.now()
        try:
            if form is not None:
                give_consent(request.user, ConsentPurpose.SHARE_WITH_BANKS, version=form.cleaned_data["version"], at=at)
            done = (publish_demand if act == "publish" else confirm_demand)(demand, by=request.user, grant=grant, at=at)
        except BadRequest as error:
            messages.error(request, say(error.zh, error.message))
            return redirect("demand:edit", pk=demand.pk)
        messages.success(request, say("已提交", "Handed in"))
        return redirect("demand:own", pk=done.pk)
    context = {"demand": demand, "form": form, "text": text, "act": act, "staff": staff,
               "wishes": demand.bank_wishes.select_related("bank")}  # fmt: skip
    return render(request, "demand/last_look.html", context, status=400 if form is not None and form.errors else 200)


@door(signed_in=True)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw a demand, after asking (撤回需求)."""
    demand = _own(request, pk)
    back = reverse("demand:own", args=[pk])
    if not is_confirmed(request):
        text = say(
            "撤回后银行将不再看到这笔需求，需要时请重新发布。",
            "Banks will no longer see it. You can publish a new one at any time.",
        )
        return ask_first(request, title=say("撤回需求", "Withdraw the demand"), text=text, act=say("撤回", "Withdraw"),
                         back=back, danger=True, frame="phone.html")  # fmt: skip
    user: Any = request.user
    grant = grant_for(request.viewer, demand.firm)  # type: ignore[attr-defined]
    withdraw_demand(demand, by=user, grant=grant, at=timezone.now())
    messages.success(request, say("需求已撤回", "The demand was withdrawn"))
    return HttpResponseRedirect(back)


class AppealForm(forms.Form):
    """Why the firm does not agree (申诉理由)."""

    text = forms.CharField(
        label=said("申诉理由", "Why you do not agree"), max_length=500, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=said("写明哪一条不符合事实，有什么材料可以证明", "Say what is not so, and which papers show it"),
    )  # fmt: skip


@door(signed_in=True)
def appeal(request: Any, pk: int) -> HttpResponse:
    """Appeal against a refusal (申诉)."""
    demand = _own(request, pk)
    form = AppealForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        grant = grant_for(request.viewer, demand.firm)
        appeal_demand(demand, text=form.cleaned_data["text"], by=request.user, grant=grant, at=timezone.now())
        messages.success(request, say("申诉已提交", "Your appeal was handed in"))
        return redirect("demand:own", pk=pk)
    context = {"demand": demand, "form": form}
    return render(request, "demand/appeal.html", context, status=400 if form.errors else 200)
