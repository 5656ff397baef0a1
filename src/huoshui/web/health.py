"""Whether the site is up (健康检查): for load balancers and for `huoshui doctor`."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from huoshui.services.health import site_health
from huoshui.web.door import door


@door(public=True)
def health(_: HttpRequest) -> HttpResponse:
    """200 while the database answers, 503 otherwise; says as well whether a worker lives (健康检查)."""
    found = site_health()
    response = JsonResponse(
        {"status": "ok" if found.database else "down", "database": found.database, "worker": found.worker},
        status=200 if found.database else 503,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


urlpatterns = [path("health", health, name="health")]
