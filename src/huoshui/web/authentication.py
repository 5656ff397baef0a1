"""Business authentication on the owner's phone (经营主体认证): photograph, compare, say who you are; then what is missing."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from huoshui.errors import HuoshuiError
from huoshui.models import BusinessAuthentication
from huoshui.rules.authentication import told_to_person
from huoshui.rules.licence import check_licence
from huoshui.services.authentication import (
    confirm_licence,
    hand_in_paper_power,
    identify_person,
    start_authentication,
    withdraw_authentication,
)
from huoshui.services.consent import consent_text, give_consent, has_consent
from huoshui.services.demand import declare_authenticated
from huoshui.services.photo import kept_photo
from huoshui.terms import AuthenticationStage, ConsentPurpose, Role
from huoshui.web import authentication_review
from huoshui.web.authentication_forms import LicenceForm, PersonForm, PhotoForm, add_error, sent
from huoshui.web.door import door
from huoshui.web.language import say
from huoshui.web.listing import ask_first, is_confirmed

_S: Final = AuthenticationStage
_STEP: Final = {_S.READING: 1, _S.TO_CONFIRM: 2, _S.TO_IDENTIFY: 3}
_TONES: Final = {_S.AUTHENTICATED: "green", _S.REFUSED: "red", _S.ENDED: "red", _S.WITHDRAWN: "none"}
_AGAIN_SECONDS: Final = "3"


@never_cache
@door(signed_in=True)
def start(request: Any) -> HttpResponse:
    """Photograph the licence (拍摄营业执照), and see what one began before."""
    form = PhotoForm(*sent(request, files=True))
    if request.method == "POST" and form.is_valid():
        try:
            row = start_authentication(user=request.user, photo=form.picture(), at=timezone.now())
            return redirect("authentication:show", row.pk)
        except HuoshuiError as error:
            add_error(form, error)
    mine = BusinessAuthentication.objects.visible_to(request.viewer).filter(user_id=request.viewer.user_id)
    rows = mine.select_related("firm").order_by("-pk")[:10]
    begun = [(x, _TONES.get(x.stage, "amber")) for x in rows]
    return render(
        request,
        "authentication/start.html",
        {"form": form, "begun": begun, "step": 1},
        status=400 if request.method == "POST" else 200,
    )


@never_cache
@door(signed_in=True)
def show(request: Any, authentication: int) -> HttpResponse:
    """How far it is, and what comes next (认证进度)."""
    row = _own(request, authentication)
    if row.stage is _S.TO_CONFIRM and not row.decision_note:
        return redirect("authentication:confirm", row.pk)
    if row.stage is _S.TO_IDENTIFY:
        return redirect("authentication:identify", row.pk)
    power = row.powers.select_related("firm").order_by("-pk").first()
    context = {
        "row": row,
        "reasons": told_to_person(row.coded_reasons),
        "power": power,
        "form": PhotoForm() if row.stage is _S.WAITING_FOR_POWER else None,
        "step": _STEP.get(row.stage, 4),
        "is_agent": row.capacity is Role.AGENT,
    }
    response = render(request, "authentication/show.html", context)
    if row.stage is _S.READING:
        response.headers["Refresh"] = _AGAIN_SECONDS
    return response


@never_cache
@door(signed_in=True)
def confirm(request: Any, authentication: int) -> HttpResponse:
    """Compare what was read with the licence in hand (核对执照信息)."""
    row = _own(request, authentication)
    on = timezone.localdate()
    typed = {name: (text, 1.0) for name, text in row.confirmed.items()}
    found = check_licence(typed or row.read, on=on)
    form = LicenceForm(*sent(request), found=found)
    if request.method == "POST" and form.is_valid():
        try:
            confirm_licence(row, by=request.user, fields=form.said(), at=timezone.now())
            return redirect("authentication:identify", row.pk)
        except HuoshuiError as error:
            add_error(form, error)
    doubtful = sum(x.flag is not None and bool(x.text) for x in found.values())
    context = {"row": row, "form": form, "step": 2, "by_hand": not (typed or row.read), "doubtful": doubtful}
    return render(request, "authentication/confirm.html", context, status=400 if form.errors else 200)


@never_cache
@door(signed_in=True)
def identify(request: Any, authentication: int) -> HttpResponse:
    """Say who you are (填写办理人), and come to a verdict."""
    row, at = _own(request, authentication), timezone.now()
    text = consent_text(ConsentPurpose.IDENTITY, on=timezone.localdate())
    asks = not has_consent(request.user, ConsentPurpose.IDENTITY)
    form = PersonForm(*sent(request), asks_consent=asks, initial={"name": request.user.name, "version": text.version})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            if asks:
                give_consent(request.user, ConsentPurpose.IDENTITY, version=said["version"], at=at)
            done = identify_person(
                row, by=request.user, name=said["name"], id_number=said["id_number"], capacity=said["capacity"], at=at
            )
            if done.stage is _S.AUTHENTICATED:
                declare_authenticated(at=at, user=request.user)
            return redirect("authentication:show", row.pk)
        except HuoshuiError as error:
            add_error(form, error)
    context = {"row": row, "form": form, "step": 3, "text": text if asks else None}
    return render(request, "authentication/identify.html", context, status=400 if form.errors else 200)


@door(signed_in=True)
def paper(request: Any, authentication: int) -> HttpResponse:
    """Hand in a power of attorney on paper (提交纸质授权书)."""
    row = _own(request, authentication)
    form = PhotoForm(*sent(request, files=True))
    if request.method == "POST" and form.is_valid():
        try:
            hand_in_paper_power(row, by=request.user, photo=form.picture(), at=timezone.now())
            messages.success(request, say("授权书已提交，等待人工核实", "Handed in: a person will look at it"))
            return redirect("authentication:show", row.pk)
        except HuoshuiError as error:
            add_error(form, error)
    status = 400 if form.errors else 200
    return render(request, "authentication/paper.html", {"row": row, "form": form, "step": 4}, status=status)


@door(signed_in=True)
def withdraw(request: Any, authentication: int) -> HttpResponse:
    """Give up an authentication (撤回认证), once asked."""
    row = _own(request, authentication)
    if not is_confirmed(request):
        return ask_first(
            request,
            title=say("撤回认证", "Withdraw"),
            text=say(
                "撤回后，这次认证不再办理，可以重新拍照认证。",
                "It is not taken further; you can begin again with a photograph.",
            ),
            act=say("撤回", "Withdraw"),
            back=reverse("authentication:show", args=[row.pk]),
            danger=True,
            frame="phone.html",
        )
    withdraw_authentication(row, by=request.user, at=timezone.now())
    messages.success(request, say("已撤回", "Withdrawn"))
    return redirect("authentication:start")


@never_cache
@door(signed_in=True)
def photo(request: Any, authentication: int) -> HttpResponse:
    """The photograph of the licence (执照照片), for its owner and for who may decide."""
    row = get_object_or_404(BusinessAuthentication.objects.visible_to(request.viewer), pk=authentication)
    return picture(row.photo)


def picture(sha256: str) -> HttpResponse:
    """A kept photograph as an answer (输出照片), which no browser keeps."""
    response = HttpResponse(kept_photo(sha256), content_type="image/jpeg")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _own(request: Any, pk: int) -> BusinessAuthentication:
    mine = BusinessAuthentication.objects.visible_to(request.viewer).filter(user_id=request.viewer.user_id)
    row: BusinessAuthentication = get_object_or_404(mine.select_related("firm"), pk=pk)
    return row


urlpatterns = [
    path("authenticate/", start, name="start"),
    path("authenticate/<int:authentication>/", show, name="show"),
    path("authenticate/<int:authentication>/licence", confirm, name="confirm"),
    path("authenticate/<int:authentication>/person", identify, name="identify"),
    path("authenticate/<int:authentication>/paper", paper, name="paper"),
    path("authenticate/<int:authentication>/withdraw", withdraw, name="withdraw"),
    path("authenticate/<int:authentication>/photo.jpg", photo, name="photo"),
    path("authentications/", authentication_review.list_authentications, name="list"),
    path("authentications/<int:authentication>/", authentication_review.decide, name="decide"),
]
