"""The API for other systems (接口入口): one router a step, thin; reads through `visible_to`, writes through services."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from huoshui import __version__
from huoshui.api import demand, event, firm, push, token, visit
from huoshui.api.problem import MEDIA_TYPE, Problem, problem, set_handlers

ROUTERS: Final = {
    "token": token.router,
    "firms": firm.router,
    "assignments": visit.assignments,
    "visits": visit.router,
    "demands": demand.router,
    "lists": demand.lists,
    "pushes": push.router,
    "events": event.router,
}
_ALWAYS: Final = {"400": "bad request", "401": "no token", "403": "missing scope", "422": "bad fields", "429": "too often"}
_KEY: Final = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "the act is done once; the same call under the same key gets the same answer, another call 409",
}


class Api(NinjaAPI):
    """The API with what all of its operations share (接口)."""

    def get_openapi_schema(self, **given: Any) -> OpenAPISchema:
        """OpenAPI 3.1 with the problems that every operation may answer."""
        schema = super().get_openapi_schema(**given)
        told = Problem.json_schema()
        schemas = schema["components"]["schemas"]
        schemas.update(told.pop("$defs", {}))
        text = str(told)
        schemas["Problem"] = told if "#/$defs/" not in text else _moved(told)
        for route, methods in schema["paths"].items():
            for method, operation in methods.items():
                statuses = dict(_ALWAYS)
                if "{" in route or method == "post":
                    statuses["404"] = "nothing that you may see"
                if method == "post":
                    statuses["409"] = "not in this stage, or the key was used before"
                    operation["parameters"].append(_KEY)
                for status, why in statuses.items():
                    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
                    operation["responses"].setdefault(status, {"description": why, "content": content})
        return schema


def _moved(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {k: v.replace("#/$defs/", "#/components/schemas/") if k == "$ref" else _moved(v) for k, v in schema.items()}
    return [_moved(x) for x in schema] if isinstance(schema, list) else schema


api = Api(
    title="Huoshui 活水",
    version="1",
    description=(
        f"Version {__version__}. Send a token as `Authorization: Bearer …`; those who lead an organization issue them. "
        "A list is read page by page: pass `next` on as `cursor`. Every error is `application/problem+json`. "
        "`ETag` and `If-None-Match` save reading again what has not changed."
    ),
    docs_url=None,
    openapi_url="/openapi.json",
    urls_namespace="api",
)
set_handlers(api)
for prefix, router in ROUTERS.items():
    api.add_router(f"/{prefix}", router)


def nothing_here(request: HttpRequest) -> HttpResponse:
    """Any other address below /api/ (未知地址)."""
    return problem(request, 404, detail="there is no such address in the API")


urlpatterns = [path("v1/", api.urls), re_path(r"^", nothing_here, name="api-nothing")]
