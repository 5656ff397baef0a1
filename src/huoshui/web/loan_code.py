"""Loan codes at the desk (贷款码管理): issued, listed with their scans, printed, revoked."""

from typing import Any, Final, Literal

from django.contrib import messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from huoshui.adapters.qr import qr_png, qr_svg
from huoshui.errors import BadRequest, HuoshuiError, NotAllowed
from huoshui.models import LoanCode, Scan, Viewer
from huoshui.models.loan_code import ISSUES
from huoshui.services.loan_code import (
    CodeTarget,
    address_of,
    issue_loan_code,
    issue_loan_codes,
    issuing_grant,
    revoke_loan_code,
)
from huoshui.services.loan_code_sheet import print_codes
from huoshui.terms import CodePurpose, Role, ScanDevice, ScanVerdict
from huoshui.web.door import door
from huoshui.web.language import in_english, said, say
from huoshui.web.listing import BulkAct, Choice, Column, Days, Listing, ask_first, is_confirmed
from huoshui.web.loan_code_forms import IssueForm, ManyForm, RevokeForm

SEES: Final = (*ISSUES, Role.OPERATOR)
SHEETS: Final[tuple[Literal["poster", "cards"], ...]] = ("poster", "cards")
TONES: Final = {
    ScanVerdict.VALID: "green",
    ScanVerdict.NOT_YET_VALID: "blue",
    ScanVerdict.EXPIRED: "amber",
    ScanVerdict.REVOKED: "red",
    ScanVerdict.FORGED: "red",
    ScanVerdict.FOREIGN: "red",
    ScanVerdict.UNKNOWN: "red",
}
_MOST_PRINTED: Final = 200
_STATES: Final = (ScanVerdict.VALID, ScanVerdict.NOT_YET_VALID, ScanVerdict.EXPIRED, ScanVerdict.REVOKED)


def _state(code: LoanCode) -> ScanVerdict:
    return code.verdict(on=timezone.localdate())


def _in_state(value: str) -> Q:
    today = timezone.localdate()
    return {
        ScanVerdict.VALID.value: Q(revoked_at=None, valid_from__lte=today, valid_until__gte=today),
        ScanVerdict.NOT_YET_VALID.value: Q(revoked_at=None, valid_from__gt=today),
        ScanVerdict.EXPIRED.value: Q(revoked_at=None, valid_until__lt=today),
        ScanVerdict.REVOKED.value: Q(revoked_at__isnull=False),
    }[value]


def _whereabouts(code: LoanCode) -> str:
    if code.holder:
        return code.holder.shown_name
    return code.firm.name if code.firm else code.place


def _search(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    digits = "".join(text.split())
    if digits.isdigit():
        return rows.filter(number__startswith=digits)
    return rows.filter(Q(place__icontains=text) | Q(firm__name__startswith=text) | Q(organization__name__icontains=text))


CODES: Final = Listing(
    "loan_codes",
    title=said("贷款码", "Loan codes"),
    columns=(
        Column("number", label=said("编号", "Number"), cell=lambda x: x.shown_number,
               link=lambda x: reverse("loan_code:detail", args=[x.pk])),
        Column("purpose", label=said("用途", "Purpose"), cell=lambda x: x.purpose),
        Column("where", label=said("张贴处或持有人", "Place or holder"), cell=_whereabouts),
        Column("organization", label=said("签发单位", "Issued by"), cell=lambda x: x.organization.name),
        Column("state", label=said("状态", "State"), cell=_state, tone=lambda x: TONES[_state(x)]),
        Column("valid_until", label=said("有效期至", "Valid until"), cell=lambda x: x.valid_until, sort="valid_until"),
        Column("scans", label=said("扫码次数", "Scans"), cell=lambda x: x.scans, sort="scans", number=True),
        Column("last_scanned_at", label=said("最近扫码", "Last scan"), cell=lambda x: x.last_scanned_at,
               sort="last_scanned_at"),
        Column("issued_at", label=said("签发时间", "Issued"), cell=lambda x: x.issued_at, sort="issued_at", on_page=False),
    ),
    filters=(
        Choice("state", label=said("状态", "State"), words=ScanVerdict, only=_STATES, condition=_in_state),
        Choice("purpose", label=said("用途", "Purpose"), words=CodePurpose),
        Days("issued_at", label=said("签发日期", "Issued"), more=True),
    ),
    search=_search,
    search_hint=said("编号、张贴处或单位", "Number, place or organization"),
    sort="-issued_at",
    acts=(
        BulkAct("loan_code:print_posters", label=said("打印海报", "Print posters"), main=True),
        BulkAct("loan_code:print_cards", label=said("打印名片", "Print cards")),
        BulkAct("loan_code:revoke_many", label=said("作废", "Revoke"), roles=ISSUES),
    ),
    empty=said("还没有贷款码", "No loan codes yet"),
    empty_hint=said("签发第一个码，打印成海报或名片，交给走访人员和便民服务点。",
                    "Issue the first one and print it as a poster or a card."),
)  # fmt: skip
SCANS: Final = Listing(
    "scans",
    title=said("扫码记录", "Scans"),
    columns=(
        Column("at", label=said("时间", "Time"), cell=lambda x: x.at, sort="at"),
        Column("verdict", label=said("结果", "Result"), cell=lambda x: x.verdict, tone=lambda x: TONES[x.verdict]),
        Column("number", label=said("编号", "Number"), cell=lambda x: x.loan_code.shown_number if x.loan_code else None,
               link=lambda x: reverse("loan_code:detail", args=[x.loan_code_id])),
        Column("device", label=said("扫码方式", "With"), cell=lambda x: x.device),
    ),
    filters=(
        Choice("verdict", label=said("结果", "Result"), words=ScanVerdict),
        Choice("device", label=said("扫码方式", "With"), words=ScanDevice),
        Days("at", label=said("日期", "Days")),
    ),
    sort="-at",
    empty=said("还没有扫码记录", "No scans yet"),
)  # fmt: skip


def _codes(viewer: Viewer) -> QuerySet[LoanCode]:
    return LoanCode.objects.visible_to(viewer).select_related("organization", "firm", "holder")


@door(*SEES)
def codes(request: Any) -> HttpResponseBase:
    """The codes of one's region or bank, with their scans (贷款码列表)."""
    may_issue = request.viewer.has(*ISSUES)
    return CODES.answer(request, rows=_codes(request.viewer), template="loan_code/list.html", may_issue=may_issue)


@door(*SEES)
def scans(request: Any) -> HttpResponseBase:
    """Every scan that was kept (扫码记录); the operator also sees those of codes that nobody issued here."""
    rows = Scan.objects.visible_to(request.viewer).select_related("loan_code")
    return SCANS.answer(request, rows=rows, template="loan_code/scans.html")


def _may_handle(viewer: Viewer, code: LoanCode) -> bool:
    try:
        return bool(issuing_grant(viewer, organization=code.organization))
    except NotAllowed:
        return False


@door(*SEES)
def detail(request: Any, code: int) -> HttpResponse:
    """One code: its picture, its facts, its last scans (贷款码详情)."""
    found = get_object_or_404(_codes(request.viewer).select_related("issued_by", "revoked_by"), pk=code)
    seen = Scan.objects.visible_to(request.viewer).filter(loan_code=found).order_by("-at")[:20]
    state = _state(found)
    context = {
        "code": found,
        "state": state,
        "tone": TONES[state],
        "printable": state in {ScanVerdict.VALID, ScanVerdict.NOT_YET_VALID},
        "seen": [(x, TONES[x.verdict]) for x in seen],
        "address": address_of(found),
        "may_revoke": found.revoked_at is None and _may_handle(request.viewer, found),
    }
    return render(request, "loan_code/detail.html", context)


@door(*ISSUES)
def new(request: Any) -> HttpResponse:
    """Issue one code (签发贷款码)."""
    form = IssueForm(request.POST or None, viewer=request.viewer, on=timezone.localdate())
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        issuer = given["organization"]
        try:
            code = issue_loan_code(
                **given,
                region_code=issuer.region_code,
                by=request.user,
                grant=issuing_grant(request.viewer, organization=issuer),
            )
        except BadRequest as error:
            form.add_error(error.field if error.field in form.fields else None, say(error.zh, error.message))
        else:
            messages.success(request, say(f"已签发，编号 {code.shown_number}", f"Issued: number {code.shown_number}"))
            return redirect("loan_code:detail", code.pk)
    return render(request, "loan_code/new.html", {"form": form}, status=400 if form.errors else 200)


@door(*ISSUES)
def many(request: Any) -> HttpResponse:
    """Issue a batch: one code for each chosen township, or a card for each chosen visitor (批量签发)."""
    form = ManyForm(request.POST or None, viewer=request.viewer, on=timezone.localdate())
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        issuer = given["organization"]
        people = {x.user_id: x for x in given["visitors"]}
        targets = [CodeTarget(x.region_code, place=x.name) for x in given["townships"]]
        purpose = CodePurpose.VISIT_CARD if people else CodePurpose.POSTER
        targets = targets or [CodeTarget(x.region_code or x.organization.region_code, holder=x.user) for x in people.values()]
        grant = issuing_grant(request.viewer, organization=issuer)
        try:
            made = issue_loan_codes(targets, organization=issuer, purpose=purpose, valid_from=given["valid_from"],
                                    valid_until=given["valid_until"], by=request.user, grant=grant)  # fmt: skip
        except BadRequest as error:
            form.add_error(error.field if error.field in form.fields else None, say(error.zh, error.message))
        else:
            told = say(f"已签发 {len(made)} 个码，请勾选后打印", f"{len(made)} codes issued; tick them to print")
            messages.success(request, told)
            return redirect("loan_code:list")
    return render(request, "loan_code/many.html", {"form": form}, status=400 if form.errors else 200)


@door(*ISSUES)
def revoke(request: Any, code: int) -> HttpResponse:
    """Revoke one code, after a question and with a reason (作废贷款码)."""
    found = get_object_or_404(_codes(request.viewer), pk=code)
    return _revoked(request, [found], back=reverse("loan_code:detail", args=[code]))


@door(*ISSUES)
@require_POST
def revoke_many(request: Any) -> HttpResponse:
    """Revoke the chosen codes, after a question and with a reason (批量作废)."""
    found = list(CODES.chosen(request, rows=_codes(request.viewer).filter(revoked_at=None))[:_MOST_PRINTED])
    if not found:
        messages.error(request, say("请先勾选尚未作废的码", "Tick codes that are not revoked yet"))
        return redirect("loan_code:list")
    return _revoked(request, found, back=reverse("loan_code:list"))


def _revoked(request: Any, found: list[LoanCode], *, back: str) -> HttpResponse:
    form = RevokeForm(request.POST if is_confirmed(request) else None)
    if not (is_confirmed(request) and form.is_valid()):
        return ask_first(
            request,
            title=say("作废贷款码", "Revoke loan codes"),
            text=say("作废后不能恢复：再扫这些码，会提示已作废。", "This cannot be taken back: whoever scans them is told so."),
            act=say("作废", "Revoke"),
            names=[f"{x.shown_number} {_whereabouts(x)}" for x in found],
            back=back,
            danger=True,
            form=form,
        )
    with transaction.atomic():
        for code in found:
            grant = issuing_grant(request.viewer, organization=code.organization)
            revoke_loan_code(code, **form.cleaned_data, by=request.user, grant=grant, at=timezone.now())
    messages.success(request, say(f"已作废 {len(found)} 个码", f"{len(found)} codes revoked"))
    return redirect(back)


@door(*SEES)
def picture(request: Any, code: int, kind: str) -> HttpResponse:
    """The QR alone, as SVG or PNG, for an own layout (二维码图片)."""
    found = get_object_or_404(_codes(request.viewer), pk=code)
    if kind == "svg":
        response = HttpResponse(qr_svg(address_of(found), level="h"), content_type="image/svg+xml")
    elif kind != "png":
        raise Http404
    else:
        response = HttpResponse(qr_png(address_of(found), level="h", scale=12), content_type="image/png")
    disposition = "attachment" if request.GET.get("download") else "inline"
    response["Content-Disposition"] = f'{disposition}; filename="loan-code-{found.number}.{kind}"'
    response["Cache-Control"] = "private, max-age=600"
    return response


@door(*SEES)
def sheet(request: Any, code: int, kind: str) -> HttpResponse:
    """The poster or the sheet of cards of one code as PDF (下载海报或名片)."""
    found = get_object_or_404(_codes(request.viewer), pk=code)
    return _pdf([found], kind=kind, name=found.number)


@door(*SEES)
@require_POST
def print_posters(request: Any) -> HttpResponse:
    """Posters of the chosen codes in one PDF (批量打印海报)."""
    return _chosen_pdf(request, kind="poster")


@door(*SEES)
@require_POST
def print_cards(request: Any) -> HttpResponse:
    """Cards of the chosen codes in one PDF (批量打印名片)."""
    return _chosen_pdf(request, kind="cards")


def _chosen_pdf(request: Any, *, kind: str) -> HttpResponse:
    found = list(CODES.chosen(request, rows=_codes(request.viewer))[:_MOST_PRINTED])
    try:
        return _pdf(found, kind=kind, name=timezone.localdate().isoformat())
    except HuoshuiError as error:
        messages.error(request, say(error.zh, error.message))
        return redirect("loan_code:list")


def _pdf(found: list[LoanCode], *, kind: str, name: str) -> HttpResponse:
    which = next((x for x in SHEETS if x == kind), None)
    if which is None:
        raise Http404
    document = print_codes(found, sheet=which, language="en" if in_english() else "zh", on=timezone.localdate())
    response = HttpResponse(document, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="loan-code-{which}-{name}.pdf"'
    return response


urlpatterns = [
    path("loan-codes/", codes, name="list"),
    path("loan-codes/scans", scans, name="scans"),
    path("loan-codes/new", new, name="new"),
    path("loan-codes/many", many, name="many"),
    path("loan-codes/revoke", revoke_many, name="revoke_many"),
    path("loan-codes/posters.pdf", print_posters, name="print_posters"),
    path("loan-codes/cards.pdf", print_cards, name="print_cards"),
    path("loan-codes/<int:code>/", detail, name="detail"),
    path("loan-codes/<int:code>/revoke", revoke, name="revoke"),
    path("loan-codes/<int:code>/qr.<str:kind>", picture, name="picture"),
    path("loan-codes/<int:code>/<str:kind>.pdf", sheet, name="sheet"),
]
