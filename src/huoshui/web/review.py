"""The review on the desk (审核页面): both lists, acts on one or many shown beforehand, evidence, appeals."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone

from huoshui.errors import BadRequest
from huoshui.models import Appeal, Batch, Demand
from huoshui.rules.demand import LISTED_STAGES
from huoshui.services.appeal import decide_appeal
from huoshui.services.five_criteria import add_evidence
from huoshui.services.review import Order
from huoshui.services.review_batch import MOST_AT_ONCE, foresee_review, review_many
from huoshui.terms import Check, DemandStage, ReviewAct, Role, Tristate
from huoshui.web import demand_exchange
from huoshui.web.demand import (
    AMOUNT,
    CHANNEL,
    CODE,
    DECLARED,
    FIRM,
    GUARANTEES,
    MARKS,
    MONTHS,
    OFFICERS,
    PURPOSE,
    PURPOSES,
    REGION,
    STAGE,
    VERDICT,
    WANTED,
    officer_grant,
)
from huoshui.web.demand_words import code_choices, mark_lines
from huoshui.web.door import door
from huoshui.web.forms import DayField, ManyTaps, Taps, WordField
from huoshui.web.language import said, say
from huoshui.web.listing import BulkAct, Choice, Column, Days, Listing, YesNo, firm_search
from huoshui.web.listing.acts import is_confirmed

_S: Final = DemandStage
_IN_REVIEW: Final = (_S.DECLARED, _S.REVIEWED, _S.ASKED_BACK, _S.APPEALED, _S.RETURN_APPEALED)
_TITLES: Final = {
    ReviewAct.PREPARE: said("初审通过", "Pass the review"),
    ReviewAct.RECOMMEND: said("列入推荐清单", "Recommend"),
    ReviewAct.REJECT: said("不予通过", "Do not pass"),
    ReviewAct.ASK_BACK: said("退回补充", "Ask back"),
    ReviewAct.SEND_BACK: said("发回重审", "Send back"),
}
DUPLICATE: Final = YesNo("duplicate", label=said("疑似重复", "Duplicate"), condition=Q(duplicate_of__isnull=False), more=True)
REVIEW: Final = Listing(
    "review",
    title=said("申报清单", "Declared list"),
    columns=(FIRM, CODE, REGION, MARKS, AMOUNT, MONTHS, PURPOSE, GUARANTEES, WANTED, STAGE, CHANNEL, DECLARED),
    filters=(Choice("stage", label=said("阶段", "Stage"), words=DemandStage, only=_IN_REVIEW), VERDICT, PURPOSES,
             Days("declared", label=said("申报", "Declared"), lookup="declared_at", more=True), DUPLICATE),
    search=firm_search("firm__"),
    sort="declared",
    acts=(BulkAct("review:prepare", label=said("初审通过", "Pass the review"), roles=OFFICERS, main=True),
          BulkAct("review:recommend", label=said("推荐", "Recommend"), roles=(Role.LEAD, Role.OFFICER)),
          BulkAct("review:ask_back", label=said("退回补充", "Ask back"), roles=OFFICERS),
          BulkAct("review:reject", label=said("不予通过", "Do not pass"), roles=OFFICERS),
          BulkAct("review:evidence", label=said("补充证据", "Evidence"), roles=OFFICERS)),
    empty=said("申报清单是空的", "Nothing is declared"),
    empty_hint=said("企业发布或确认需求后进入申报清单。", "Demands come here once firms publish or confirm them."),
)  # fmt: skip
RECOMMENDED_AT: Final = Column(
    "recommended", label=said("推荐时间", "Recommended"), cell=lambda x: x.recommended_at, sort="recommended_at"
)
RECOMMENDED: Final = Listing(
    "recommended",
    title=said("推荐清单", "Recommended list"),
    columns=(FIRM, CODE, REGION, MARKS, AMOUNT, MONTHS, PURPOSE, GUARANTEES, WANTED, STAGE, CHANNEL, RECOMMENDED_AT),
    filters=(Choice("stage", label=said("阶段", "Stage"), words=DemandStage, only=LISTED_STAGES), PURPOSES,
             Days("recommended", label=said("推荐", "Recommended"), lookup="recommended_at", more=True)),
    search=firm_search("firm__"),
    sort="recommended",
    acts=(BulkAct("push:push", label=said("推送银行", "Push to banks"), roles=OFFICERS, main=True),
          BulkAct("review:send_back", label=said("发回重审", "Send back"), roles=OFFICERS)),
    empty=said("推荐清单是空的", "Nothing is recommended"),
    empty_hint=said("审核通过的需求由负责人列入推荐清单。", "What passed the review is recommended by the lead."),
)  # fmt: skip


def chosen_demands(request: Any, *, listing: Listing) -> list[Demand]:
    """The demands that a bulk act was asked for, with their firms (所选需求). Raises BadRequest for none or too many."""
    rows: QuerySet[Demand] = Demand.objects.visible_to(request.viewer).exclude(stage=_S.DRAFT)
    found = list(listing.chosen(request, rows=rows.select_related("firm", "evaluation"))[: MOST_AT_ONCE + 1])
    if not found:
        raise BadRequest("choose at least one demand", field="row", zh="请先选择需求")
    if len(found) > MOST_AT_ONCE:
        message = f"choose at most {MOST_AT_ONCE} demands at once"
        raise BadRequest(message, field="row", zh=f"一次最多办理{MOST_AT_ONCE}项，请缩小筛选范围")
    return found


def kept_choice(request: Any) -> list[tuple[str, str]]:
    """What says which rows were chosen, for the form that asks (保留所选)."""
    names = ("row", "all_filtered", "query")
    return [(key, x) for key in names for x in request.POST.getlist(key)]


@door(*OFFICERS)
def list_declared(request: Any) -> HttpResponseBase:
    """The declared list, with the criteria of each (申报清单)."""
    rows = Demand.objects.visible_to(request.viewer).filter(stage__in=_IN_REVIEW).select_related("firm", "evaluation")
    return REVIEW.answer(request, rows=rows, template="review/list.html")


@door(*OFFICERS)
def list_recommended(request: Any) -> HttpResponseBase:
    """The recommended list (推荐清单)."""
    rows = Demand.objects.visible_to(request.viewer).filter(stage__in=LISTED_STAGES).select_related("firm", "evaluation")
    return RECOMMENDED.answer(request, rows=rows, template="review/recommended.html")


class OrderForm(forms.Form):
    """Reasons and words of an order (审核意见表单)."""

    reasons = forms.MultipleChoiceField(label=said("不予通过的原因", "Reasons"), widget=ManyTaps)
    text = forms.CharField(
        label=said("说明", "In words"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=said("企业会看到这段话，请写明还差什么、怎么办", "The firm reads this: say what is missing and what to do"),
    )  # fmt: skip

    def __init__(self, *args: Any, act: ReviewAct, region_code: str, **options: Any) -> None:
        """Only a refusal has reasons, asking back and sending back must say what is missing."""
        super().__init__(*args, **options)
        if act is ReviewAct.REJECT:
            self.fields["reasons"].choices = code_choices(region_code, field="reject_reasons")  # type: ignore[attr-defined]
        else:
            del self.fields["reasons"]
        if act in (ReviewAct.PREPARE, ReviewAct.RECOMMEND):
            del self.fields["text"]
        elif act is not ReviewAct.REJECT:
            self.fields["text"].required = True


@door(*OFFICERS)
def act_on_many(request: Any, act: str) -> HttpResponse:
    """Show what an act will do to each chosen demand; done, it leads to what became of each (批量审核)."""
    if request.method != "POST":
        return redirect("review:list")
    word = ReviewAct(act)
    demands = chosen_demands(request, listing=RECOMMENDED if word is ReviewAct.SEND_BACK else REVIEW)
    region = demands[0].firm.region_code
    grant = officer_grant(request.viewer, region=region, act=word)
    form = OrderForm(request.POST if is_confirmed(request) else None, act=word, region_code=region)
    at = timezone.now()
    if is_confirmed(request) and form.is_valid():
        order = Order(word, tuple(form.cleaned_data.get("reasons", ())), form.cleaned_data.get("text", ""))
        batch = review_many(demands, order=order, by=request.user, grant=grant, at=at)
        return _told(request, batch, demands=demands)
    supposed = Order(word, ("real_need",) if word is ReviewAct.REJECT else (), "—")
    foreseen = foresee_review(demands, order=supposed, by=request.user, grant=grant, at=at, on=timezone.localdate())
    context = {
        "title": _TITLES[word], "act": word, "form": form if form.fields else None, "kept": kept_choice(request),
        "possible": [x for x in foreseen if x.refusal is None], "refused": [x for x in foreseen if x.refusal is not None],
        "back": reverse("review:recommended" if word is ReviewAct.SEND_BACK else "review:list"),
        "address": reverse(f"review:{word.value}"), "danger": word is ReviewAct.REJECT,
    }  # fmt: skip
    return render(request, "review/foreseen.html", context, status=400 if form.errors else 200)


def _told(request: Any, batch: Batch, *, demands: list[Demand]) -> HttpResponse:
    if len(demands) == 1 and batch.done == 1:
        messages.success(request, say(f"{batch.act.zh}：{demands[0].firm.name}", f"{batch.act.en}: {demands[0].firm.name}"))
        return redirect("demand:show", pk=demands[0].pk)
    return redirect("review:batch", pk=batch.pk)


@door(*OFFICERS)
def show_batch(request: Any, pk: int) -> HttpResponse:
    """What became of each row of a bulk act or an import (批量办理结果)."""
    batch: Batch = get_object_or_404(Batch.objects.visible_to(request.viewer).select_related("organization"), pk=pk)
    rows = [{**x, "told": say(x.get("zh", ""), x.get("en", ""))} for x in batch.results]
    rows.sort(key=lambda x: (x["done"], x.get("line", 0)))
    return render(request, "review/batch.html", {"batch": batch, "rows": rows})


class EvidenceForm(forms.Form):
    """What was found out, where, and on which paper (核查证据表单)."""

    check = WordField(Check, only=tuple(x for x in Check if x not in (Check.STATED, Check.CONFIRMED)),
                      label=said("核查事项", "Check"))  # fmt: skip
    verdict = WordField(Tristate, only=(Tristate.MET, Tristate.NOT_MET), label=said("结论", "Found"), widget=Taps)
    found_on = DayField(label=said("核查日期", "Found on"))
    reason = forms.CharField(
        label=said("核查情况", "What was seen, where"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=said("例如：在“信用中国”查询，未列入失信被执行人", "Such as: looked up on the credit register, not listed"),
    )  # fmt: skip
    document = forms.CharField(label=said("材料名称及存放处", "Paper, and where it is kept"), required=False, max_length=200)


@door(*OFFICERS)
def evidence(request: Any) -> HttpResponse:
    """Add what an officer found out about one firm or many (补充核查证据)."""
    if request.method != "POST":
        return redirect("review:list")
    demands = chosen_demands(request, listing=REVIEW)
    form = EvidenceForm(request.POST if is_confirmed(request) else None, initial={"found_on": timezone.localdate()})
    if is_confirmed(request) and form.is_valid():
        grant = officer_grant(request.viewer, region=demands[0].firm.region_code)
        given = form.cleaned_data
        add_evidence(
            [x for x in demands if x.firm.region_code.startswith(grant.region)], check=given["check"], verdict=given["verdict"],
            reason=given["reason"], document=given["document"], found_on=given["found_on"], by=request.user, grant=grant,
            on=timezone.localdate(), at=timezone.now(),
        )  # fmt: skip
        messages.success(request, say("证据已记录，已重新评定", "The evidence was kept and the criteria judged anew"))
        return redirect("demand:show", pk=demands[0].pk) if len(demands) == 1 else redirect("review:list")
    context = {"form": form, "demands": demands, "kept": kept_choice(request),
               "marks": mark_lines(demands[0].evaluation) if len(demands) == 1 else []}  # fmt: skip
    return render(request, "review/evidence.html", context, status=400 if form.errors else 200)


class AnswerForm(forms.Form):
    """The answer to an appeal (答复申诉表单)."""

    upheld = forms.TypedChoiceField(
        label=said("答复", "Answer"), widget=Taps, coerce=lambda x: x == "yes",
        choices=[("yes", said("申诉成立，重新审核", "Upheld: review it again")), ("no", said("维持原决定", "It stands"))],
    )  # fmt: skip
    answer = forms.CharField(label=said("理由", "Reasons"), max_length=500, widget=forms.Textarea(attrs={"rows": 4}))


@door(*OFFICERS)
def answer_appeal(request: Any, pk: int) -> HttpResponse:
    """Answer a firm's appeal (答复申诉)."""
    rows = Appeal.objects.visible_to(request.viewer).select_related("demand__firm", "demand__evaluation")
    appeal: Appeal = get_object_or_404(rows, pk=pk)
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        region = appeal.demand.firm.region_code
        grant = officer_grant(request.viewer, region=region, act=ReviewAct.RECOMMEND)
        decide_appeal(appeal, upheld=form.cleaned_data["upheld"], answer=form.cleaned_data["answer"], by=request.user,
                      grant=grant, at=timezone.now())  # fmt: skip
        messages.success(request, say("申诉已答复", "The appeal was answered"))
        return redirect("demand:show", pk=appeal.demand_id)
    context = {"appeal": appeal, "demand": appeal.demand, "form": form}
    return render(request, "review/appeal.html", context, status=400 if form.errors else 200)


_ACTS: Final = (ReviewAct.PREPARE, ReviewAct.RECOMMEND, ReviewAct.REJECT, ReviewAct.ASK_BACK, ReviewAct.SEND_BACK)
urlpatterns = [
    path("review/", list_declared, name="list"),
    path("review/recommended/", list_recommended, name="recommended"),
    path("review/evidence/", evidence, name="evidence"),
    path("review/batches/<int:pk>/", show_batch, name="batch"),
    path("review/appeals/<int:pk>/", answer_appeal, name="appeal"),
    path("review/import/", demand_exchange.import_list, name="import"),
    path("review/export/<str:which>.<str:kind>", demand_exchange.export_list, name="export"),
    *(path(f"review/{x.value}/", act_on_many, {"act": x.value}, name=x.value) for x in _ACTS),
]
