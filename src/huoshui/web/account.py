"""Signing in and one's own account (登录与我的账户)."""

from typing import Any, Final

from allauth.account import views as account_views
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.base import views as mfa_views
from allauth.mfa.recovery_codes import views as recovery_views
from allauth.mfa.totp.views import ActivateTOTPView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django.views.generic import RedirectView

from huoshui.errors import ActError, InputError, TooMany
from huoshui.models import Membership, Organization, SignIn
from huoshui.rules.phone import clean_phone
from huoshui.services.consent import consent_text, give_consent
from huoshui.services.sign_in import (
    check_one_time_password,
    end_all_sign_ins,
    end_sign_in,
    open_sign_in,
    send_one_time_password,
)
from huoshui.services.staff_account import accept_invitation, invited, note_second_factor
from huoshui.terms import ConsentPurpose
from huoshui.web.account_forms import FirstPasswordForm, OneTimePasswordForm, PhoneForm
from huoshui.web.client import address_of, device_of
from huoshui.web.door import ACTING, Asked, door
from huoshui.web.language import say

BACKEND: Final = "allauth.account.auth_backends.AuthenticationBackend"
_PENDING: Final = "sign_in_pending"  # in the session: telephone, version of the terms agreed to, where to go then
_PENDING_SECONDS: Final = 15 * 60


@door(public=True)
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    """An owner gives the telephone and agrees to the terms; a password is sent (手机号登录)."""
    if request.user.is_authenticated:
        return redirect(_next(request) or "account:home")
    text = consent_text(ConsentPurpose.SERVICE, on=timezone.localdate())
    form = PhoneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            phone = clean_phone(form.cleaned_data["phone"])
            _send(request, phone)
        except (InputError, ActError) as error:
            form.add_error("phone", say(error.zh, error.message))
        else:
            pending = {"phone": phone, "version": text.version, "next": _next(request), "at": timezone.now().timestamp()}
            request.session[_PENDING] = pending
            return redirect("account:code")
    given = {"form": form, "text": text, "next": _next(request)}
    return render(request, "account/sign_in.html", given, status=400 if form.errors else 200)


@door(public=True)
@never_cache
def code(request: HttpRequest) -> HttpResponse:
    """The password of the text message signs in (输入验证码); `again` sends another one."""
    pending = request.session.get(_PENDING)
    if not pending or timezone.now().timestamp() - pending["at"] > _PENDING_SECONDS:
        return redirect("account:sign_in")
    form = OneTimePasswordForm(None if "again" in request.POST else request.POST or None)
    try:
        if request.method == "POST" and "again" in request.POST:
            _send(request, pending["phone"])
            return redirect("account:code")
        if request.method == "POST" and form.is_valid():
            return _signed_in(request, pending, form.cleaned_data["password"])
    except (InputError, ActError) as error:
        if form.is_bound:
            form.add_error("password", say(error.zh, error.message))
        else:
            messages.error(request, say(error.zh, error.message))
    given = {"form": form, "phone": pending["phone"]}
    return render(request, "account/code.html", given, status=400 if form.errors else 200)


def _send(request: HttpRequest, phone: str) -> None:
    sent = send_one_time_password(phone, at=timezone.now(), ip=address_of(request))
    if sent.shown:
        messages.info(
            request, say(f"演示环境不发短信，验证码为 {sent.shown}", f"This demonstration sends no texts: {sent.shown}")
        )


def _signed_in(request: HttpRequest, pending: dict[str, Any], password: str) -> HttpResponse:
    now = timezone.now()
    user = check_one_time_password(pending["phone"], password, at=now)
    login(request, user, backend=BACKEND)
    record_authentication(request, user, method="phone")
    request.session.pop(_PENDING, None)
    open_sign_in(user, session=request.session, device=device_of(request), at=now)
    give_consent(user, ConsentPurpose.SERVICE, version=pending["version"], at=now)
    return redirect(pending["next"] or "account:home")


@door(signed_in=True)
@require_POST
def sign_out(request: Asked) -> HttpResponse:
    """Sign out of this browser (退出登录)."""
    for row in SignIn.objects.visible_to(request.viewer).filter(session_key=request.session.session_key):
        end_sign_in(row, by=request.user)
    logout(request)
    return redirect("home:home")


@door(signed_in=True)
def home(request: Asked) -> HttpResponse:
    """Who one is here, in which roles, and what one may settle (我的账户)."""
    today = timezone.localdate()
    mine = (
        Membership.objects.visible_to(request.viewer).filter(user=request.user).select_related("organization", "seconded_from")
    )
    current = [x for x in mine if x.from_on <= today and (x.until_on is None or x.until_on >= today)]
    firms = request.user.firm_members.visible_to(request.viewer).filter(user=request.user).select_related("firm")
    given = {
        "frame": frame(request),
        "memberships": current,
        "organizations": list({x.organization_id: x.organization for x in current}.values()),
        "acting_in": request.session.get(ACTING),
        "firms": firms,
    }
    return render(request, "account/home.html", given)


@door(signed_in=True)
@require_POST
def act_in(request: Asked) -> HttpResponse:
    """Choose the organization in which one acts from now on, out of several (选择办理身份)."""
    own = {x.organization_id for x in request.viewer.grants if x.organization_id}
    among = Organization.objects.visible_to(request.viewer).filter(pk__in=own)
    asked = request.POST.get("organization", "")
    organization = get_object_or_404(among, pk=int(asked) if asked.isdecimal() and len(asked) < 18 else 0)
    request.session[ACTING] = organization.pk
    messages.success(request, say(f"现以“{organization.name}”办理", f"You now act for {organization.name}"))
    return redirect("account:home")


@door(signed_in=True)
def sign_ins(request: Asked) -> HttpResponse:
    """Where one is signed in (登录设备)."""
    rows = SignIn.objects.visible_to(request.viewer).filter(user=request.user).order_by("-seen_at")
    given = {"frame": frame(request), "rows": rows, "here": request.session.session_key}
    return render(request, "account/sign_ins.html", given)


@door(signed_in=True)
@require_POST
def end(request: Asked, pk: int) -> HttpResponse:
    """Sign another browser out (结束会话)."""
    end_sign_in(get_object_or_404(SignIn.objects.visible_to(request.viewer), pk=pk), by=request.user)
    messages.success(request, say("已退出该设备", "That device is signed out"))
    return redirect("account:sign_ins")


@door(signed_in=True)
@require_POST
def end_others(request: Asked) -> HttpResponse:
    """Sign all other browsers out (退出其他设备)."""
    ended = end_all_sign_ins(request.user, but=request.session.session_key or "")
    messages.success(request, say(f"已退出其他 {ended} 个设备", f"{ended} other devices are signed out"))
    return redirect("account:sign_ins")


@door(public=True)
@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Somebody who was appointed chooses a password (设置密码)."""
    user = invited(token, at=timezone.now()).user
    form = FirstPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            accept_invitation(token, password=form.cleaned_data["password"], at=timezone.now())
        except InputError as error:
            form.add_error("password", say(error.zh, error.message))
        else:
            messages.success(request, say("密码已设置，请登录", "The password is set; please sign in"))
            return redirect("account_login")
    given = {"form": form, "person": user}
    return render(request, "account/invitation.html", given, status=400 if form.errors else 200)


def locked_out(request: HttpRequest, *_: Any) -> HttpResponse:
    """What a login name gets after five wrong passwords (锁定)."""
    error = TooMany(
        "too many wrong passwords; this login name is locked here for 15 minutes", zh="密码错误次数过多，该登录名已锁定15分钟"
    )
    return render(request, "refused.html", {"error": error, "status": 429}, status=429)


def frame(request: Asked) -> str:
    """The frame of one's own pages (页面框架): the desk's for staff, the phone's for owners."""
    return "base.html" if request.user.is_staff else "phone.html"


def _next(request: HttpRequest) -> str:
    asked = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()}, require_https=settings.SECURE)
    return asked if safe else ""


class ActivateTotp(ActivateTOTPView):  # type: ignore[misc]
    """A member of staff sets up the second factor, and has thereby passed it (启用动态口令)."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Note it in the session, and sign every other browser out."""
        answer: HttpResponse = super().form_valid(form)
        record_authentication(self.request, self.request.user, method="mfa", type="totp")
        note_second_factor(self.request.user, session_key=self.request.session.session_key or "")
        return answer

    def get_success_url(self) -> str:
        """The recovery codes, to be written down."""
        return reverse("mfa_view_recovery_codes")


urlpatterns = [
    path("sign-in/", sign_in, name="sign_in"),
    path("sign-in/code/", code, name="code"),
    path("sign-out/", sign_out, name="sign_out"),
    path("invitation/<str:token>/", invitation, name="invitation"),
    path("me/", home, name="home"),
    path("me/act-in/", act_in, name="act_in"),
    path("me/sign-ins/", sign_ins, name="sign_ins"),
    path("me/sign-ins/others/", end_others, name="end_others"),
    path("me/sign-ins/<int:pk>/", end, name="end"),
]
library_urls = [  # of the library's pages those that are used; there is no sign-up, no e-mail, no reset by mail
    path("login/", account_views.login, name="account_login"),
    path("logout/", account_views.logout, name="account_logout"),
    path("inactive/", account_views.account_inactive, name="account_inactive"),
    path("reauthenticate/", account_views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account_views.password_change, name="account_change_password"),
    path("password/set/", RedirectView.as_view(pattern_name="account:home"), name="account_set_password"),  # by a link only
    path("2fa/", mfa_views.index, name="mfa_index"),
    path("2fa/authenticate/", mfa_views.authenticate, name="mfa_authenticate"),
    path("2fa/reauthenticate/", mfa_views.reauthenticate, name="mfa_reauthenticate"),
    path("2fa/totp/activate/", ActivateTotp.as_view(), name="mfa_activate_totp"),
    path("2fa/recovery-codes/", recovery_views.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("2fa/recovery-codes/generate/", recovery_views.generate_recovery_codes, name="mfa_generate_recovery_codes"),
]
