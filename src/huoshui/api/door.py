"""The door of the API (接口入口): who calls, with which scopes, how often, and the same call twice."""

import math
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja.decorators import decorate_view
from ninja.errors import Throttled
from ninja.security import HttpBearer

from huoshui.api.problem import hash_of, problem
from huoshui.errors import BadToken, KeyReused, NotAllowed
from huoshui.models import Membership, Viewer
from huoshui.services.idempotency import Answer, answer_once
from huoshui.services.token import Caller, read_token
from huoshui.terms import ApiScope

Run = Callable[..., Any]
_KEY: Final = "Idempotency-Key"


class Called(HttpRequest):
    """A request whose caller is known (已识别调用方的请求)."""

    auth: Caller
    viewer: Viewer
    membership: Membership


class Token(HttpBearer):
    """A token in the header `Authorization: Bearer …` that holds a scope (接口令牌)."""

    def __init__(self, *scopes: ApiScope) -> None:
        """Any one of the scopes is enough; none at all lets every token in."""
        super().__init__()
        self.scopes = scopes

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        """The caller. Raises BadToken, NotAllowed for a missing scope, Throttled."""
        caller = _caller(request, token)
        if self.scopes and not set(self.scopes) & set(caller.token.words):
            raise NotAllowed(
                f"the token has none of the scopes {', '.join(self.scopes)}", zh=f"令牌缺少权限：{self.scopes[0].zh}"
            )
        if not getattr(request, "counted", False):
            LIMIT.count(caller.token.pk)
            request.counted = True  # type: ignore[attr-defined]
        return caller


def _caller(request: HttpRequest, token: str) -> Caller:
    found: Caller | None = getattr(request, "caller", None)
    if found is None:
        found = read_token(token, at=timezone.now(), on=timezone.localdate())
        request.caller, request.viewer = found, found.viewer  # type: ignore[attr-defined]
        request.membership = found.token.membership  # type: ignore[attr-defined]
    return found


class Limit:
    """How often a token may call (调用频率): a bucket a token that fills evenly, in the memory of one server process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: dict[int, tuple[float, float]] = {}

    def count(self, token_id: int) -> None:
        """One more call. Raises Throttled with the seconds to wait."""
        rate, now = settings.HUOSHUI_API_RATE, time.monotonic()
        with self._lock:
            left, since = self._left.get(token_id, (float(rate), now))
            left = min(float(rate), left + (now - since) * rate / 60)
            if left < 1:
                raise Throttled(wait=math.ceil((1 - left) * 60 / rate))
            self._left[token_id] = (left - 1, now)

    def forget(self) -> None:
        """Begin anew (清零)."""
        self._left.clear()


LIMIT: Final = Limit()


def once(operation: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator below `@router.post`: with an `Idempotency-Key` the act is done once, and its answer repeated (幂等)."""
    wrapped: Callable[..., Any] = decorate_view(_once)(operation)
    return wrapped


def _once(run: Run) -> Run:
    def answered(request: HttpRequest, **given: Any) -> Any:
        key = request.headers.get(_KEY)
        mark, _, token = request.headers.get("Authorization", "").partition(" ")
        if key is None or mark.lower() != "bearer":
            return run(request, **given)
        if not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
            told = "Idempotency-Key is 1 to 255 printable ASCII characters"
            return problem(request, 422, code="bad_request", detail=told, errors=[{"field": f"header.{_KEY}", "message": told}])
        try:
            caller = _caller(request, token)
        except BadToken:
            return run(request, **given)
        return _answered(run, request, caller, key, given)

    return answered


def _answered(run: Run, request: HttpRequest, caller: Caller, key: str, given: dict[str, Any]) -> HttpResponse:
    last: list[HttpResponse] = []

    def work() -> Answer:
        response = run(request, **given)
        last.append(response)
        return Answer(response.status_code, response.content.decode())

    try:
        answer = answer_once(
            work,
            organization_id=caller.token.organization_id,
            key=key,
            route=f"{request.method} {request.path}"[:200],
            body_hash=hash_of(request.body),
            at=timezone.now(),
        )
    except KeyReused as error:
        return problem(request, 409, code=error.code, detail=error.message, zh=error.zh)
    if not answer.again:
        return last[-1]
    response = HttpResponse(answer.body, status=answer.status, content_type="application/json; charset=utf-8")
    response.headers["Idempotency-Replayed"] = "true"
    return response
