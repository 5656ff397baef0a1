"""One's own data and consents (我的信息与同意): see, export, withdraw, close the account."""

import json
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from huoshui.errors import NoPolicy
from huoshui.models import Consent
from huoshui.models.secrets import masked_name, masked_phone
from huoshui.rules.resident_id import mask_resident_id
from huoshui.services.consent import consent_text, consent_texts, give_consent, text_of_version, withdraw_consent
from huoshui.services.personal_data import Told, as_json, erase_personal_data, personal_data, plan_erasure
from huoshui.services.sign_in import end_all_sign_ins
from huoshui.terms import ConsentPurpose
from huoshui.web.account import frame
from huoshui.web.door import Asked, door
from huoshui.web.language import say
from huoshui.web.listing import ask_first, is_confirmed

_SHOWN: Final = 100  # rows of a kind on the page; the export has all
_MASKS: Final = {
    "name": masked_name, "person_name": masked_name, "agent_name": masked_name, "contact_name": masked_name,
    "phone": masked_phone, "agent_phone": masked_phone, "contact_phone": masked_phone,
    "id_number": mask_resident_id, "person_id": mask_resident_id,
}  # fmt: skip


@door(public=True)
def statement(request: HttpRequest) -> HttpResponse:
    """How personal data is handled: all texts in force (个人信息保护说明)."""
    return render(request, "privacy/statement.html", {"texts": consent_texts(on=timezone.localdate())})


@door(public=True)
def text(request: HttpRequest, purpose: str) -> HttpResponse:
    """One text, in force or of `?version=` (同意书)."""
    wanted = _purpose(purpose)
    version = request.GET.get("version", "")
    try:
        found = text_of_version(wanted, version=version) if version else consent_text(wanted, on=timezone.localdate())
    except NoPolicy as error:
        raise Http404 from error
    return render(request, "privacy/text.html", {"text": found})


@door(public=True)
def erased(request: HttpRequest) -> HttpResponse:
    """The account is closed (已注销)."""
    return render(request, "privacy/erased.html")


@door(signed_in=True)
@never_cache
def mine(request: Asked) -> HttpResponse:
    """What is on record about oneself, masked, and what one agreed to (我的信息)."""
    given: dict[Any, Consent] = {}
    for row in Consent.objects.visible_to(request.viewer).filter(user=request.user, withdrawn_at=None).order_by("given_at"):
        given[row.purpose] = row
    texts = [x for x in consent_texts(on=timezone.localdate()) if not (x.required and request.user.is_staff)]
    told = [_shown(x) for x in personal_data(request.user)]
    context = {
        "frame": frame(request),
        "consents": [(x, given.get(x.purpose)) for x in texts],
        "kinds": [x for x in told if x["rows"]],
    }
    return render(request, "privacy/mine.html", context)


@door(signed_in=True)
@never_cache
def export(request: Asked) -> HttpResponse:
    """All of one's own data as JSON, in plain (导出本人信息)."""
    told = as_json(personal_data(request.user), at=timezone.localtime())
    body = json.dumps(told, ensure_ascii=False, indent=2)
    head = {"Content-Disposition": 'attachment; filename="huoshui-personal-data.json"'}
    return HttpResponse(body, content_type="application/json; charset=utf-8", headers=head)


@door(signed_in=True)
@require_POST
def give(request: Asked, purpose: str) -> HttpResponse:
    """Agree to the text in force (同意)."""
    give_consent(request.user, _purpose(purpose), version=request.POST.get("version", ""), at=timezone.now())
    messages.success(request, say("已记录您的同意", "Your consent is recorded"))
    return redirect("privacy:mine")


@door(signed_in=True)
@require_POST
def withdraw(request: Asked, purpose: str) -> HttpResponse:
    """Withdraw a consent; asks first (撤回同意)."""
    wanted = _purpose(purpose)
    found = consent_text(wanted, on=timezone.localdate())
    if not is_confirmed(request):
        then = say("撤回后将退出登录，再次登录需重新同意。", "You are then signed out; to sign in again you agree again.")
        usual = say("撤回后不再据此处理；此前已完成的不受影响。", "Nothing more is done on it; what was done before stays.")
        return ask_first(
            request,
            title=say(f"撤回“{wanted.zh}”的同意", f"Withdraw the consent: {wanted.en}"),
            text=then if found.required else usual,
            act=say("撤回同意", "Withdraw it"),
            back=reverse("privacy:mine"),
            danger=True,
            frame=frame(request),
        )
    withdraw_consent(request.user, wanted, at=timezone.now())
    if found.required and not request.user.is_staff:
        end_all_sign_ins(request.user)
        logout(request)
        return redirect("home:home")
    messages.success(request, say("已撤回同意", "The consent is withdrawn"))
    return redirect("privacy:mine")


@door(signed_in=True)
@never_cache
def erase(request: Asked) -> HttpResponse:
    """Close the account: says what goes and what stays, and asks first (注销账户)."""
    today = timezone.localdate()
    if request.method == "POST" and is_confirmed(request):
        erase_personal_data(request.user, at=timezone.now(), on=today)
        logout(request)
        return redirect("privacy:erased")
    plan = plan_erasure(request.user, on=today)
    return render(request, "privacy/erase.html", {"frame": frame(request), "plan": plan})


def _purpose(text_: str) -> ConsentPurpose:
    try:
        return ConsentPurpose(text_)
    except ValueError as error:
        raise Http404 from error


def _shown(told: Told) -> dict[str, Any]:
    names = [x for x in told.kind.fields if not told.rows or x[0] in told.rows[0]]
    masks = {x: _MASKS[x] for x, _zh, _en in names if x in _MASKS and told.kind.name != "views"}
    rows = [
        [(say(zh, en), masks[x](row[x] or "") if x in masks else row[x]) for x, zh, en in names] for row in told.rows[:_SHOWN]
    ]
    return {"kind": told.kind, "heads": names, "rows": rows, "more": max(0, len(told.rows) - _SHOWN)}


urlpatterns = [
    path("privacy/", statement, name="statement"),
    path("privacy/erased/", erased, name="erased"),
    path("privacy/<slug:purpose>/", text, name="text"),
    path("me/data/", mine, name="mine"),
    path("me/data/export/", export, name="export"),
    path("me/data/erase/", erase, name="erase"),
    path("me/consents/<slug:purpose>/give/", give, name="give"),
    path("me/consents/<slug:purpose>/withdraw/", withdraw, name="withdraw"),
]
