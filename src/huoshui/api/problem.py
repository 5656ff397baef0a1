"""Errors of the API (接口错误): every one of them is `application/problem+json` after RFC 9457, also those of the framework."""

import hashlib
import json
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from ninja import Field, NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError

from huoshui.errors import ActError, BadToken, HuoshuiError, InputError, NotAllowed, Unreadable

PREFIX: Final = "/api/"
MEDIA_TYPE: Final = "application/problem+json"
Answer = Callable[[HttpRequest], HttpResponse]
_log: Final = logging.getLogger("huoshui.api")


class FieldProblem(Schema):
    """One field that was wrong (字段错误)."""

    field: str = Field(description="where it is: body, query or path, then its name, with dots between")
    message: str


class Problem(Schema):
    """What was wrong with a request (错误说明), after RFC 9457."""

    type: str = Field(description="urn:huoshui:problem: and the code")
    title: str
    status: int
    code: str = Field(description="stable, for programs")
    detail: str = Field(description="one sentence, in English")
    detail_zh: str = Field(description="the same in Chinese")
    instance: str = Field(description="the path that was called")
    errors: list[FieldProblem] = Field(default_factory=list)


def problem(
    request: HttpRequest,
    status: int,
    *,
    code: str = "",
    detail: str = "",
    zh: str = "",
    errors: list[dict[str, str]] | None = None,
) -> HttpResponse:
    """The answer that says what was wrong (错误答复)."""
    title = HTTPStatus(status).phrase
    code = code or title.lower().replace(" ", "_")
    told = {
        "type": f"urn:huoshui:problem:{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail or title,
        "detail_zh": zh or _ZH.get(status, "请求未能完成"),
        "instance": request.path,
        "errors": errors or [],
    }
    return HttpResponse(json.dumps(told, ensure_ascii=False), status=status, content_type=MEDIA_TYPE)


def problems_of_the_api(answer: Answer) -> Answer:
    """Middleware (接口错误中间件): what the framework answers is a problem as well; an unchanged answer is not sent again."""

    def answered(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PREFIX):
            return answer(request)
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return problem(request, 400, code="bad_request", detail="the address holds a NUL character", zh="地址含有空字符")
        response = answer(request)
        if response.status_code >= 400 and not response.headers.get("Content-Type", "").startswith(MEDIA_TYPE):
            told = problem(request, response.status_code)
            for name in ("Allow", "Retry-After"):
                if name in response.headers:
                    told.headers[name] = response.headers[name]
            return told
        if request.method in ("GET", "HEAD") and response.status_code == 200 and not response.streaming:
            etag = quote_etag(f"{hash_of(response.content)}")
            response.headers["ETag"] = etag
            return get_conditional_response(request, etag=etag, response=response) or response
        return response

    return answered


def hash_of(content: bytes) -> str:
    """A hash of some content (内容哈希): SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def set_handlers(api: NinjaAPI) -> None:
    """Let an API answer with problems (设置错误处理)."""
    for kind, handler in (
        (Exception, _unforeseen),
        (HuoshuiError, _refused),
        (Http404, _missing),
        (HttpError, _http),
        (ValidationError, _invalid),
    ):
        api.add_exception_handler(kind, handler)


def _unforeseen(request: HttpRequest, error: Any) -> HttpResponse:
    _log.error("unforeseen in %s %s", request.method, request.resolver_match and request.resolver_match.route, exc_info=error)
    return problem(request, 500, detail="something went wrong here; it was written down")


def _refused(request: HttpRequest, error: Any) -> HttpResponse:
    named = [{"field": error.field, "message": error.message}] if error.field else []
    status = _status(error)
    told = problem(request, status, code=error.code, detail=error.message, zh=error.zh, errors=named)
    if status == 401:
        told.headers["WWW-Authenticate"] = "Bearer"
    return told


def _status(error: HuoshuiError) -> int:
    if isinstance(error, BadToken):
        return 401
    if isinstance(error, NotAllowed):
        return 403
    if isinstance(error, InputError):
        return 422
    return 500 if isinstance(error, Unreadable) else 409 if isinstance(error, ActError) else 422


def _missing(request: HttpRequest, _: Any) -> HttpResponse:
    return problem(request, 404, detail="there is nothing here that you may see")


def _http(request: HttpRequest, error: Any) -> HttpResponse:
    if isinstance(error, Throttled):
        told = problem(request, 429, code="too_many_requests", detail="too many calls; wait and call again")
        told.headers["Retry-After"] = str(error.wait or 1)
        return told
    told = problem(request, error.status_code, detail=error.message)
    if isinstance(error, AuthenticationError):
        told = problem(request, 401, code="no_token", detail="a token is expected: Authorization: Bearer …")
        told.headers["WWW-Authenticate"] = "Bearer"
    return told


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    named = [{"field": ".".join(str(y) for y in x.get("loc", ())), "message": str(x.get("msg", ""))} for x in error.errors]
    return problem(request, 422, code="bad_request", detail="some fields are not as expected", errors=named)


_ZH: Final = {
    400: "请求格式有误",
    401: "请提供有效的接口令牌",
    403: "令牌的权限不允许这一操作",
    404: "没有找到您可以查看的内容",
    405: "该地址不支持这一方法",
    409: "当前状态不允许这一操作",
    413: "内容过大",
    415: "不支持的内容类型",
    422: "有字段不符合要求",
    429: "调用过于频繁，请稍后再试",
    500: "系统出现问题，已记录",
}
