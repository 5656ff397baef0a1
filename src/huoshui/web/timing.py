"""How long the site worked on an answer (服务端用时): told in the header `Server-Timing` where the operator asks for it."""

import time

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from huoshui.web.language import Answer


def time_of_the_answer(answer: Answer) -> Answer:
    """Middleware: milliseconds from the request's arrival in Python to its answer (服务端用时中间件)."""
    if not settings.HUOSHUI_SERVER_TIMING:
        raise MiddlewareNotUsed

    def answered(request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = answer(request)
        response.headers["Server-Timing"] = f"app;dur={(time.perf_counter() - started) * 1000:.1f}"
        return response

    return answered
