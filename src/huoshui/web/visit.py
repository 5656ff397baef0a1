"""Visits (走访): a visitor's list of today, the form, the record, and the entrance of phones that were off line."""

import hashlib
import json
from dataclasses import asdict
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_POST

from huoshui.errors import ActError, BadFile, BadRequest, HuoshuiError, InputError
from huoshui.models import Firm, Visit, VisitAssignment, VisitPhoto
from huoshui.models.party import SEES_BANK, SEES_REGION
from huoshui.services.photo import kept_photo
from huoshui.services.visit import VISITING, answers_told, save_visit
from huoshui.services.visit_pack import my_open_list, packed_firm, visit_pack
from huoshui.services.visit_photo import take_photo
from huoshui.services.visit_sync import MOST_AT_ONCE, sync_visit
from huoshui.terms import AssignmentState, Need, Obstacle, VisitMode, VisitSource, YesNo
from huoshui.web.door import door
from huoshui.web.language import said, say
from huoshui.web.listing import Choice, Column, Days, Listing, firm_search
from huoshui.web.scanned import agreed_code, let_go, scanned_code
from huoshui.web.visit_form import VisitForm, new_form

SEES: Final = tuple(dict.fromkeys((*SEES_REGION, *SEES_BANK)))
PAGE: Final = 30
NEED_TONES: Final = {Need.YES: "green", Need.LATER: "amber", Need.NO: ""}

VISITS: Final = Listing(
    "visit",
    title=said("走访记录", "Visits"),
    columns=(
        Column("firm", label=said("经营主体", "Firm"), cell=lambda x: x.firm.name,
               link=lambda x: reverse("visit:show", args=[x.pk])),
        Column("code", label=said("统一社会信用代码", "Credit code"), cell=lambda x: x.firm.shown_code, on_page=False),
        Column("visited_at", label=said("走访时间", "Visited"), cell=lambda x: x.visited_at, sort="visited_at"),
        Column("visitor", label=said("走访人", "Visitor"), cell=lambda x: x.visitor.shown_name),
        Column("organization", label=said("走访单位", "Organization"), cell=lambda x: (x.seconded_from or x.organization).name),
        Column("mode", label=said("方式", "How"), cell=lambda x: x.mode),
        Column("operating", label=said("正常经营", "In business"), cell=lambda x: x.operating),
        Column("need", label=said("融资需求", "Need"), cell=lambda x: x.need, tone=lambda x: NEED_TONES.get(x.need, "")),
        Column("amount", label=said("金额", "Amount"), cell=lambda x: x.amount_fen, unit="wan"),
        Column("premises", label=said("经营场所", "Premises"), cell=lambda x: x.premises, on_page=False),
        Column("employees", label=said("从业人数", "People"), cell=lambda x: x.employees, number=True, on_page=False),
        Column("months", label=said("期限", "Months"), cell=lambda x: x.months, number=True, on_page=False),
        Column("purpose", label=said("用途", "Purpose"), cell=lambda x: x.purpose, on_page=False),
        Column("has_loan", label=said("已有贷款", "Has a loan"), cell=lambda x: x.has_loan, on_page=False),
        Column("obstacles", label=said("融资困难", "Obstacles"), on_page=False,
               cell=lambda x: [Obstacle(y) for y in x.obstacles]),
        Column("broker", label=said("中介收费", "Broker fee"), cell=lambda x: x.broker_fee_asked, on_page=False),
        Column("call_back", label=said("希望回电", "Wants a call"), cell=lambda x: x.call_back, on_page=False),
        Column("note", label=said("备注", "Note"), cell=lambda x: x.note, on_page=False),
    ),
    filters=(
        Choice("need", label=said("融资需求", "Need"), words=Need),
        Days("visited", label=said("走访时间", "Visited"), lookup="visited_at"),
        Choice("mode", label=said("方式", "How"), words=VisitMode, more=True),
        Choice("source", label=said("来源", "Source"), words=VisitSource, more=True),
        Choice("broker", label=said("中介收费", "Broker fee"), words=YesNo, lookup="broker_fee_asked", more=True),
    ),
    search=firm_search("firm__"),
    sort="-visited_at",
    empty=said("还没有走访记录", "No visits yet"),
    empty_hint=said("走访人员登记或同步后在此显示", "They appear here once visitors record or sync them"),
)  # fmt: skip


@door(*SEES)
def list_visits(request: Any) -> HttpResponseBase:
    """All visits that one may see (走访记录)."""
    rows = Visit.objects.visible_to(request.viewer).select_related("firm", "visitor", "organization", "seconded_from")
    return VISITS.answer(request, rows=rows, template="visit/list.html")


@door(*VISITING)
def today(request: Any) -> HttpResponse:
    """The visitor's list of today (今日走访): most urgent first, visited before the knock is flagged."""
    on = timezone.localdate()
    mine = my_open_list(request.user, request.viewer)
    if text := request.GET.get("q", "").strip():
        mine = firm_search("firm__")(mine, text)
    page = max(1, int(request.GET["page"])) if request.GET.get("page", "").isdecimal() and len(request.GET["page"]) < 6 else 1
    found = list(mine[(page - 1) * PAGE : page * PAGE + 1])
    own = VisitAssignment.objects.visible_to(request.viewer).filter(visitor=request.user)
    context = {
        "entries": [packed_firm(x, on=on) for x in found[:PAGE]], "more": len(found) > PAGE, "page": page, "q": text,
        "open": mine.count(), "overdue": mine.filter(due_on__lt=on).count(),
        "done": own.filter(state=AssignmentState.VISITED, visited_at__date=on).count(),
        "code": scanned_code(request),
    }  # fmt: skip
    return render(request, "visit/today.html", context)


@door(*VISITING)
def new_visit(request: Any) -> HttpResponse:
    """Record a visit (走访登记): `firm` and perhaps `assignment` and loan `code` in the address; else the code scanned last."""
    firm: Firm = get_object_or_404(Firm.objects.visible_to(request.viewer), pk=_number(request, "firm"))
    request.viewer.acting_as(*VISITING, region=firm.region_code)
    given = request.method == "POST"
    form = VisitForm(request.POST, request.FILES) if given else new_form()
    if given and form.is_valid():
        try:
            return _saved(request, form=form, firm=firm)
        except InputError as error:
            form.add_error(error.field if error.field in form.fields else None, say(error.zh, error.message))
        except ActError as error:
            form.add_error(None, say(error.zh, error.message))
    entry = _entry(request, firm)
    context = {"form": form, "firm": firm, "entry": packed_firm(entry, on=timezone.localdate()) if entry else None,
               "code": scanned_code(request, firm=firm),
               "without_code": given and not request.POST.get("with_code")}  # fmt: skip
    return render(request, "visit/form.html", context, status=400 if form.errors else 200)


def _saved(request: Any, *, form: VisitForm, firm: Firm) -> HttpResponse:
    now = timezone.now()
    raw = [x.read() for x in form.photo_files()]
    recorded = save_visit(
        client_id=form.cleaned_data["client_id"], firm=firm, by=request.user,
        grant=request.viewer.acting_as(*VISITING, region=firm.region_code),
        visited_at=form.cleaned_data["visited_at"] or now, received_at=now, answers=form.answers(),
        mode=form.cleaned_data["mode"], assignment=_entry(request, firm),
        loan_code=agreed_code(request, firm=firm),
        photos=[hashlib.sha256(x).hexdigest() for x in raw],
    )  # fmt: skip
    let_go(request)
    for photo in raw:
        try:
            take_photo(photo, by=request.user, received_at=now)
        except BadFile as error:
            messages.warning(request, say(f"有一张照片未保存：{error.zh}", f"A photo was not kept: {error.message}"))
    if recorded.conflicts:
        messages.warning(
            request, say("已保存。与此前的走访记录不一致，请核对。", "Saved. An earlier visit says otherwise: please check.")
        )
    else:
        messages.success(request, say("走访已登记", "The visit is recorded"))
    return redirect("visit:show", pk=recorded.visit.pk)


def _entry(request: Any, firm: Firm) -> VisitAssignment | None:
    pk = _number(request, "assignment")
    mine = VisitAssignment.objects.visible_to(request.viewer).filter(firm=firm)
    mine = mine.select_related("firm__last_visit_by", "campaign", "visited_before_by")
    found: VisitAssignment | None = (
        mine.filter(pk=pk).first() if pk else mine.filter(visitor=request.user).order_by("-pk").first()
    )
    return found


def _number(request: Any, name: str) -> int:
    given = request.GET.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 19 else 0


@door(*SEES)
def show_visit(request: Any, pk: int) -> HttpResponse:
    """One visit as it was recorded (走访记录)."""
    rows = Visit.objects.visible_to(request.viewer).select_related(
        "firm", "visitor", "organization", "seconded_from", "loan_code"
    )
    visit: Visit = get_object_or_404(rows, pk=pk)
    photos = VisitPhoto.objects.visible_to(request.viewer).filter(visit=visit).order_by("pk")
    mine = visit.visitor_id == request.user.pk
    context = {
        "visit": visit, "photos": photos, "obstacles": [Obstacle(x) for x in visit.obstacles], "mine": mine,
        "next": my_open_list(request.user, request.viewer).first() if mine else None, "told": answers_told(visit),
        "may_write": request.viewer.has(*VISITING) and visit.need == Need.YES,
    }  # fmt: skip
    return render(request, "visit/show.html", context)


@require_GET
@never_cache
@door(*SEES)
def show_photo(request: Any, pk: int) -> HttpResponse:
    """A photograph of a visit (走访照片)."""
    photo = get_object_or_404(VisitPhoto.objects.visible_to(request.viewer).exclude(kept_sha256=""), pk=pk)
    return HttpResponse(kept_photo(photo.kept_sha256), content_type="image/jpeg")


def _json(answer: Any, *, status: int = 200) -> JsonResponse:
    return JsonResponse(answer, status=status, json_dumps_params={"ensure_ascii": False})


@require_GET
@never_cache
@ensure_csrf_cookie  # the phone sends it back with what it syncs
@door(*VISITING, json=True)
def pack(request: Any) -> JsonResponse:
    """What a phone takes along (离线数据包), as JSON."""
    return _json(visit_pack(request.user, request.viewer, on=timezone.localdate(), at=timezone.now()))


@require_POST
@door(*VISITING, json=True)
def sync(request: Any) -> JsonResponse:
    """Visits from a phone (走访同步): JSON `{"visits": […]}`, an answer for each, in order.

    A batch that cannot be read at all is refused with 400 and keeps nothing; else the status is 200.
    """
    try:
        visits = _batch(request.body)
    except BadRequest as error:
        return _json({"code": error.code, "reason": error.message, "reason_zh": error.zh}, status=400)
    now = timezone.now()
    answers = [asdict(sync_visit(x, by=request.user, viewer=request.viewer, received_at=now)) for x in visits]
    return _json({"received_at": now, "visits": answers})


def _batch(body: bytes) -> list[Any]:
    try:
        visits = json.loads(body)["visits"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadRequest('expected JSON with "visits"', zh="同步数据格式有误") from None
    if not isinstance(visits, list) or len(visits) > MOST_AT_ONCE:
        raise BadRequest(f"expected a list of at most {MOST_AT_ONCE} visits", zh=f"一次最多同步 {MOST_AT_ONCE} 条")
    return visits


@require_POST
@door(*VISITING, json=True)
def upload_photo(request: Any) -> JsonResponse:
    """One photograph from a phone (照片上传): the file as `photo`, its hash as `sha256`."""
    file = request.FILES.get("photo")
    try:
        if file is None:
            raise BadRequest("expected a file called photo", field="photo", zh="没有收到照片")
        photo = take_photo(file.read(), by=request.user, received_at=timezone.now(), sha256=request.POST.get("sha256", ""))
    except HuoshuiError as error:
        return _json({"verdict": "refused", "code": error.code, "reason": error.message, "reason_zh": error.zh}, status=400)
    return _json({"verdict": "saved", "sha256": photo.sha256, "visit": photo.visit_id})


urlpatterns = [
    path("visits/", list_visits, name="list"),
    path("visits/today", today, name="today"),
    path("visits/new", new_visit, name="new"),
    path("visits/pack", pack, name="pack"),
    path("visits/sync", sync, name="sync"),
    path("visits/photos", upload_photo, name="upload"),
    path("visits/photos/<int:pk>", show_photo, name="photo"),
    path("visits/<int:pk>/", show_visit, name="show"),
]
