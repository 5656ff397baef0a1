"""Pages for what went wrong (错误页): each says in the reader's language what happened and what to do next."""

import logging
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader

from huoshui.web.language import in_english, say

_LOG: Final = logging.getLogger("huoshui.web")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400 (请求有误)."""
    _LOG.info("bad request: %s", type(exception).__name__)
    return _page(
        request,
        400,
        say("请求有误", "The request cannot be read"),
        say("请返回上一页，检查后重新提交。", "Go back, check what you entered, and send it again."),
    )


def not_allowed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 (无权访问)."""
    _LOG.info("not allowed: %s", type(exception).__name__)
    return _page(
        request,
        403,
        say("无权访问", "Not yours to open"),
        say(
            "您的角色不能打开此页。如有需要，请联系本单位管理员。",
            "None of your roles opens this page. Ask whoever runs your office's accounts.",
        ),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404 (页面不存在): also for what somebody else may see."""
    _LOG.debug("not found: %s", type(exception).__name__)
    return _page(
        request,
        404,
        say("页面不存在", "There is no such page"),
        say("地址可能有误，或内容不在您的权限范围内。", "The address may be wrong, or what it names is not within your view."),
    )


def not_sent_from_here(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without the proof that it came from this site (页面已过期)."""
    _LOG.info("refused a form: %s", reason)
    return _page(
        request,
        403,
        say("页面已过期", "The page is too old"),
        say(
            "页面打开时间过长，或浏览器未开启 Cookie。请返回、刷新页面后重新提交。",
            "It was open for too long, or the browser keeps no cookies. Go back, reload the page, and send the form again.",
        ),
    )


def broken(_request: HttpRequest) -> HttpResponse:
    """500 (系统故障): drawn without the database and without the frame, which may be what is broken."""
    try:
        return HttpResponse(loader.render_to_string("failure_plain.html", {"in_english": in_english()}), status=500)
    except Exception:  # noqa: BLE001 - whatever broke may have broken the template as well
        return HttpResponse(say("系统故障，请稍后再试。", "Something broke here; please try again later."), status=500)


def _page(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    return render(request, "failure.html", {"status": status, "title": title, "text": text}, status=status)
