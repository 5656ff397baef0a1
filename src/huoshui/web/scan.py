"""What a scanned loan code opens (扫码页): four things to do, and the shop owner's way to a demand in five screens.

Every address carries the token, so that a browser which keeps nothing (an old phone, a chat app) still gets through, and every
step checks it again.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from huoshui.errors import BadRequest, HuoshuiError, NotAllowed, UnknownCode
from huoshui.models import Demand, Firm, Grant, LoanCode
from huoshui.models.secrets import masked_phone, seal, unseal
from huoshui.services.consent import consent_text, give_consent
from huoshui.services.loan_code import Reading, code_with_number, judge_token, record_reading
from huoshui.services.owner_way import FirmChoice, chosen_firm, find_firms, firm_of_code, own_firms, publish_need
from huoshui.services.sign_in import check_one_time_password, send_one_time_password
from huoshui.terms import ConsentPurpose, DemandStage, Role, ScanVerdict
from huoshui.web.client import address_of
from huoshui.web.door import door
from huoshui.web.language import say
from huoshui.web.navigation import page_address
from huoshui.web.scan_actions import WRITES, actions_for
from huoshui.web.scan_forms import NeedForm, NumberForm, PasswordForm, PhoneForm
from huoshui.web.scanned import keep_scanned

SPEAKS: Final = (Role.LEGAL_REPRESENTATIVE, Role.AGENT)
_STATUS: Final = {
    ScanVerdict.FORGED: 404,
    ScanVerdict.FOREIGN: 404,
    ScanVerdict.UNKNOWN: 404,
    ScanVerdict.NOT_YET_VALID: 409,
    ScanVerdict.EXPIRED: 410,
    ScanVerdict.REVOKED: 410,
}
_WAITING: Final = "scan_phone"  # in the session: the telephone that a password was sent to, and the consent that was given
_WAITING_SECONDS: Final = 15 * 60
Step = Callable[..., HttpResponse]


def coded(step: Step) -> Step:
    """A step of the way behind a code (扫码步骤): it gets the code of its token, or the page says why there is none."""

    @wraps(step)
    def answered(request: Any, token: str, **given: Any) -> HttpResponse:
        reading = judge_token(token, at=timezone.now())
        if reading.error is not None or reading.code is None:
            return _refusal(request, reading)
        return step(request, token, code=reading.code, **given)

    return answered


def of_an_owner(step: Step) -> Step:
    """A step for whoever signed in by telephone (店主步骤): others are asked for theirs first, staff have their own pages."""

    @wraps(step)
    def answered(request: Any, token: str, **given: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect(f"{reverse('scan:phone', args=[token])}?to={request.resolver_match.url_name}")
        if request.user.is_staff:
            return redirect("scan:opened", token)
        return step(request, token, **given)

    return answered


@never_cache
@door(public=True)
def opened(request: Any, token: str) -> HttpResponse:
    """The first screen (扫码首页): what can be done, according to who scanned; or why the code leads nowhere."""
    reading = judge_token(token, at=timezone.now())
    if not request.GET:  # a change of language or type is no scan
        agent = request.META.get("HTTP_USER_AGENT", "")[:300]
        record_reading(reading, at=timezone.now(), device=f"{address_of(request)} {agent}")
    if reading.error is not None or reading.code is None:
        return _refusal(request, reading)
    if request.viewer.has(*WRITES):
        keep_scanned(request, reading.code)
    context = {"code": reading.code, "token": token, "actions": actions_for(request.viewer, token=token, code=reading.code)}
    return render(request, "scan/opened.html", context)


def _refusal(request: Any, reading: Reading) -> HttpResponse:
    return render(request, "scan/refused.html", {"reading": reading}, status=_STATUS[reading.verdict])


@never_cache
@door(public=True)
@coded
def phone(request: Any, token: str, *, code: LoanCode) -> HttpResponse:
    """The second screen (手机验证): a telephone, a one-time password, and consent."""
    onward = _onward(request.GET.get("to", ""), token=token)
    now = timezone.now().timestamp()
    if request.user.is_authenticated:
        return redirect(onward)
    waiting = request.session.get(_WAITING) or {}
    if request.GET.get("again") or now - waiting.get("at", now) > _WAITING_SECONDS:
        waiting = request.session[_WAITING] = {}
    sent_to = unseal(waiting.get("phone", ""))
    wanted = request.POST.get("act", "")
    text = consent_text(ConsentPurpose.SERVICE, on=timezone.localdate())
    form = PasswordForm() if sent_to else PhoneForm(initial={"version": text.version})
    if request.method == "POST" and wanted == "send":
        again = {"phone": sent_to, "consent": "on", "version": waiting.get("version", "")}
        form = PhoneForm(again if sent_to else request.POST)
        if form.is_valid() and _sent(request, form):
            return redirect(request.get_full_path())
    elif request.method == "POST" and sent_to:
        form = PasswordForm(request.POST)
        if form.is_valid() and _signed_in(request, form, phone=sent_to):
            return redirect(onward)
    context = {"code": code, "token": token, "form": form, "sent_to": masked_phone(sent_to), "text": text, "step": 1}
    return render(request, "scan/phone.html", context, status=400 if form.errors else 200)


def _onward(to: str, *, token: str) -> str:
    return reverse(f"scan:{to}" if to in {"firm", "demand", "authenticate"} else "scan:opened", args=[token])


def _sent(request: Any, form: PhoneForm) -> bool:
    number = form.cleaned_data["phone"]
    try:
        sent = send_one_time_password(number, at=timezone.now(), ip=address_of(request))
    except HuoshuiError as error:
        form.add_error("phone", say(error.zh, error.message))
        return False
    waiting = {"phone": seal(number), "version": form.cleaned_data["version"], "at": timezone.now().timestamp()}
    request.session[_WAITING] = waiting  # sealed: sessions lie in the database
    if sent.shown:
        messages.info(request, say(f"演示环境，验证码：{sent.shown}", f"Demonstration: the password is {sent.shown}"))
    return True


def _signed_in(request: Any, form: PasswordForm, *, phone: str) -> bool:
    try:
        user = check_one_time_password(phone, form.cleaned_data["password"], at=timezone.now())
    except HuoshuiError as error:
        form.add_error("password", say(error.zh, error.message))
        return False
    version = request.session.pop(_WAITING)["version"]
    get_adapter(request).login(request, user)
    record_authentication(request, user, method="phone")
    give_consent(user, ConsentPurpose.SERVICE, version=version, at=timezone.now())
    return True


@never_cache
@door(public=True)
@coded
@of_an_owner
def firm(request: Any, token: str, *, code: LoanCode) -> HttpResponse:
    """The third screen (选择企业): the own firms, the firm of the code, or a search of the register."""
    if request.method == "POST":
        request.session["firm"] = request.POST.get("firm", "")
        return redirect("scan:demand", token)
    text, error = request.GET.get("q", "").strip(), ""
    offered: list[FirmChoice] = []
    try:
        offered = find_firms(text, near=code.region_code, by=request.user) if "q" in request.GET else []
    except HuoshuiError as refused:
        error = say(refused.zh, refused.message)
    own = own_firms(request.user, on=timezone.localdate())
    given = firm_of_code(code, by=request.user)
    context = {"code": code, "token": token, "q": text, "asked": "q" in request.GET, "offered": offered, "own": own,
               "given": given, "error": error, "step": 2}  # fmt: skip
    return render(request, "scan/firm.html", context, status=400 if error else 200)


@never_cache
@door(public=True)
@coded
@of_an_owner
def demand(request: Any, token: str, *, code: LoanCode) -> HttpResponse:
    """The fourth screen (填写需求): amount, term, purpose, by a few taps."""
    try:
        chosen = chosen_firm(request.session.get("firm", ""), by=request.user)
    except BadRequest as error:
        messages.error(request, say(error.zh, error.message))
        return redirect("scan:firm", token)
    text = consent_text(ConsentPurpose.SHARE_WITH_BANKS, on=timezone.localdate())
    form = NeedForm(request.POST or None, initial={"version": text.version})
    if request.method == "POST" and form.is_valid():
        try:
            made = publish_need(
                form.need(), firm=chosen, by=request.user, grant=_grant(request, chosen), code=code, at=timezone.now(),
                consent_version=form.cleaned_data["version"],
            )  # fmt: skip
        except HuoshuiError as error:
            form.add_error(None, say(error.zh, error.message))
        else:
            return redirect("scan:done", token, made.pk)
    context = {"code": code, "token": token, "form": form, "firm": chosen, "text": text, "step": 3}
    return render(request, "scan/demand.html", context, status=400 if form.errors else 200)


def _grant(request: Any, chosen: Firm) -> Grant | None:
    try:
        grant: Grant = request.viewer.acting_as(*SPEAKS, firm_id=chosen.pk)
    except NotAllowed:
        return None
    return grant


@never_cache
@door(public=True)
@coded
@of_an_owner
def done(request: Any, token: str, *, code: LoanCode, demand: int) -> HttpResponse:
    """The fifth screen (办理结果): what was published, and what comes next."""
    mine = Demand.objects.visible_to(request.viewer).filter(created_by=request.user).select_related("firm")
    made = get_object_or_404(mine, pk=demand)
    request.session.pop("firm", None)
    waits = made.stage is DemandStage.AWAITING_AUTHENTICATION
    context = {"code": code, "token": token, "demand": made, "waits": waits, "step": 4}
    return render(request, "scan/done.html", context)


@never_cache
@door(public=True)
@coded
@of_an_owner
def authenticate(request: Any, token: str, *, code: LoanCode) -> HttpResponse:
    """On to business authentication (转经营主体认证)."""
    del request, code
    return redirect(page_address("authentication:start") or reverse("scan:opened", args=[token]))


@never_cache
@door(public=True)
def check(request: Any) -> HttpResponse:
    """Whether the number under a code is that of a code that was issued here (编号核对)."""
    form = NumberForm(request.GET if "number" in request.GET else None)
    found: LoanCode | None = None
    if form.is_bound and form.is_valid():
        try:
            found = code_with_number(form.cleaned_data["number"])
        except (BadRequest, UnknownCode) as error:
            form.add_error("number", say(error.zh, error.message))
    state = found.verdict(on=timezone.localdate()) if found else None
    context = {"form": form, "code": found, "state": state, "is_valid": state is ScanVerdict.VALID}
    return render(request, "scan/check.html", context, status=400 if form.errors else 200)


urlpatterns = [
    path("c/check", check, name="check"),
    path("c/<str:token>", opened, name="opened"),
    path("c/<str:token>/phone", phone, name="phone"),
    path("c/<str:token>/firm", firm, name="firm"),
    path("c/<str:token>/demand", demand, name="demand"),
    path("c/<str:token>/done/<int:demand>", done, name="done"),
    path("c/<str:token>/authenticate", authenticate, name="authenticate"),
]
