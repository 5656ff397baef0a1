"""Whoever calls (访问端): the address of the network, for limits, and a few words for the device."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest

from huoshui.web.language import say

_SYSTEMS: Final = (  # the first that the browser names wins
    ("HarmonyOS", "HarmonyOS"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("Mac OS", "Mac"), ("Linux", "Linux"),
)  # fmt: skip
_BROWSERS: Final = (
    ("MicroMessenger", "WeChat"), ("AlipayClient", "Alipay"), ("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)  # fmt: skip


def address_of(request: HttpRequest) -> str:
    """The caller's address (访问地址); behind a proxy that is trusted, the one that the proxy saw."""
    if settings.SECURE_PROXY_SSL_HEADER:
        return request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def device_of(request: HttpRequest) -> str:
    """Words for the caller's device (设备), such as "Android · WeChat"."""
    told = request.headers.get("User-Agent", "")
    found = [next((name for mark, name in kinds if mark in told), "") for kinds in (_SYSTEMS, _BROWSERS)]
    return " · ".join(filter(None, found)) or say("其他设备", "another device")
