"""No member of staff gets past sign-in without a second factor (动态口令守卫); browsers signed in are noted as seen."""

from typing import Final

from allauth.account.authentication import get_authentication_records
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from huoshui.models import User
from huoshui.services.sign_in import SEEN_EVERY, touch_sign_in
from huoshui.web.language import Answer

_SEEN: Final = "seen"  # in the session: seconds of the epoch
_OPEN: Final = ("/accounts/", "/sign-out/", "/static/", "/privacy/")


def guard_staff(answer: Answer) -> Answer:
    """Middleware: who works in an organization sets up a second factor before any other page (守卫中间件)."""

    def answered(request: HttpRequest) -> HttpResponse:
        user = request.user
        if isinstance(user, User) or user.is_authenticated:
            if user.is_staff and not request.path.startswith(_OPEN) and not _passed_second_factor(request):
                return HttpResponseRedirect(reverse("mfa_activate_totp"))
            _note_seen(request)
        return answer(request)

    return answered


def _passed_second_factor(request: HttpRequest) -> bool:
    return any(x.get("method") == "mfa" for x in get_authentication_records(request, request.user))


def _note_seen(request: HttpRequest) -> None:
    now = timezone.now()
    if now.timestamp() - request.session.get(_SEEN, 0) > SEEN_EVERY.total_seconds():
        request.session[_SEEN] = int(now.timestamp())
        touch_sign_in(request.session.session_key or "", at=now)
