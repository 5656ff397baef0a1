"""The door of every page (页面入口): who may call it, and who is looking."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from huoshui.errors import ActError, InputError, NotAllowed
from huoshui.models import User, Viewer
from huoshui.terms import Role
from huoshui.web.language import Answer, in_english
from huoshui.web.navigation import acting, navigation, unread_notices

Page = Callable[..., HttpResponseBase]
ACTING: Final = "acting_organization"  # in the session: the organization that the person chose to act for
PUBLIC: Final = frozenset[Role]()  # anybody, signed in or not
EVERY_ROLE: Final = frozenset(Role)


class Asked(HttpRequest):
    """A request whose viewer is known (带查看人的请求)."""

    user: User
    viewer: Viewer


def viewer_of_the_request(answer: Answer) -> Answer:
    """Middleware: `request.viewer`, looked up when it is first asked for (查看人中间件)."""

    def answered(request: HttpRequest) -> HttpResponse:
        def found() -> Viewer:
            user = request.user
            if not (isinstance(user, User) or user.is_authenticated):
                return Viewer()
            return user.viewer(on=timezone.localdate(), first=request.session.get(ACTING))

        request.viewer = SimpleLazyObject(found)  # type: ignore[attr-defined]
        return answer(request)

    return answered


def door(*roles: Role, public: bool = False, signed_in: bool = False, json: bool = False) -> Callable[[Page], Page]:
    """Who may call a page (入口角色): holders of one of the roles, everybody who is `signed_in`, or the `public`.

    The page carries `roles` for the table of roles and routes that the tests go through. A refusal of a service becomes a page
    that says why (403), wrong input that no form caught becomes one with 400. Somebody who is not signed in is sent to the
    sign-in; a program that asked for `json` is told so with 401.
    """

    def wrap(page: Page) -> Page:
        @wraps(page)
        def answered(request: Any, *args: Any, **given: Any) -> HttpResponseBase:
            if not public and not request.user.is_authenticated:
                return _signed_out(request, json=json)
            try:
                if not public and not signed_in and not request.viewer.has(*roles):
                    raise NotAllowed("none of your roles opens this page", zh="您的角色不能打开此页")
                return page(request, *args, **given)
            except (ActError, InputError) as error:
                status = 403 if isinstance(error, NotAllowed) else 409 if isinstance(error, ActError) else 400
                if json:
                    return JsonResponse(_told(error.code, error.message, zh=error.zh), status=status)
                return render(request, "refused.html", {"error": error, "status": status}, status=status)

        answered.roles = frozenset(roles)  # type: ignore[attr-defined]
        answered.public, answered.signed_in = public, signed_in  # type: ignore[attr-defined]
        return answered

    return wrap


def _signed_out(request: Any, *, json: bool) -> HttpResponseBase:
    if json:
        told = _told("signed_out", "nobody is signed in; please sign in", zh="登录已过期，请重新登录")
        return JsonResponse(told, status=401)
    if request.htmx:  # a piece of a page: the whole page goes to the sign-in, and comes back to where it was
        to = redirect_to_login(request.htmx.current_url_abs_path or request.get_full_path())
        return HttpResponse(status=401, headers={"HX-Redirect": to.url})
    return redirect_to_login(request.get_full_path())


def _told(code: str, reason: str, *, zh: str) -> dict[str, str]:
    return {"code": code, "reason": reason, "reason_zh": zh}


def page_frame(request: HttpRequest) -> dict[str, Any]:
    """What the frame of every page needs (页面框架)."""
    viewer = getattr(request, "viewer", Viewer())
    return {
        "in_english": in_english(),
        "large_type": getattr(request, "large_type", False),
        "demo": settings.HUOSHUI_DEMO,
        "kit": settings.HUOSHUI_KIT,
        "viewer": viewer,
        "navigation": SimpleLazyObject(lambda: navigation(viewer, path=request.path)),
        "acting": SimpleLazyObject(lambda: acting(viewer)),
        "unread": SimpleLazyObject(lambda: unread_notices(viewer)),
    }
