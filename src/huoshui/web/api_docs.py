"""The page that explains the API (接口文档)."""

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse

from huoshui.web.door import door


@door(public=True)
def api_docs(request: HttpRequest) -> HttpResponse:
    """The operations of the API, to read and to try with a token of one's own (接口文档)."""
    chosen = {
        "url": reverse("api:openapi-json"),
        "layout": "BaseLayout",
        "deepLinking": True,
        "displayRequestDuration": True,
        "validatorUrl": None,
    }
    return render(request, "api_docs/api_docs.html", {"chosen": json.dumps(chosen)})


urlpatterns = [path("api/docs", api_docs, name="api_docs")]
