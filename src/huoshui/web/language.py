"""How the reader reads (语言与字号): Chinese unless somebody chose English, large type for whoever wants it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.functional import lazy

Answer = Callable[[HttpRequest], HttpResponse]
COOKIE = "language"
LANGUAGES = ("zh-hans", "en")
LARGE = "large"  # parameter and cookie
YES_NO = ("yes", "no")
_A_YEAR = 365 * 24 * 3600


def language_of_the_reader(answer: Answer) -> Answer:
    """Middleware: `?language=` and `?large=` choose and are remembered, else the cookies, else Chinese (语言中间件)."""

    def answered(request: HttpRequest) -> HttpResponse:
        asked = request.GET.get("language", "")
        chosen = asked if asked in LANGUAGES else request.COOKIES.get(COOKIE, "")
        large = request.GET.get(LARGE, "")
        request.large_type = (large if large in YES_NO else request.COOKIES.get(LARGE, "")) == "yes"  # type: ignore[attr-defined]
        with translation.override(chosen if chosen in LANGUAGES else LANGUAGES[0]):
            request.LANGUAGE_CODE = translation.get_language() or LANGUAGES[0]
            response = answer(request)
            response.headers.setdefault("Content-Language", translation.get_language() or "")
        if asked in LANGUAGES:
            response.set_cookie(COOKIE, asked, max_age=_A_YEAR, samesite="Lax", httponly=True)
        if large in YES_NO:
            response.set_cookie(LARGE, large, max_age=_A_YEAR, samesite="Lax", httponly=True)
        return response

    return answered


def in_english() -> bool:
    """Whether the page at hand is in English (是否英文)."""
    return (translation.get_language() or "").startswith("en")


def say(zh: str, en: str) -> str:
    """The sentence in the reader's language (按语言取文)."""
    return en if in_english() else zh


said = lazy(say, str)  # for what a module says before a reader is known: labels of forms, heads of columns
