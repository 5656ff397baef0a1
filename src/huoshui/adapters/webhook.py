"""Telling another system (推送): one signed POST to an address of its own, to no address of an inner network, no redirect."""

import base64
import hashlib
import hmac
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import SplitResult, urlsplit

from huoshui.errors import BadRequest

_TIMEOUT: Final = 10.0  # seconds
_READ: Final = 300  # bytes of an answer that are kept


@dataclass(frozen=True, slots=True)
class Reply:
    """What the other side answered (回执): a status, or none and why there was none."""

    status: int | None
    why: str = ""

    @property
    def received(self) -> bool:
        """Whether it took the message (是否接收): any status from 200 to 299."""
        return self.status is not None and 200 <= self.status < 300


def check_address(url: str, *, inner: bool = False) -> SplitResult:
    """The parts of an address that may be told of events (地址检查): https, no user, a public host. Raises BadRequest.

    `inner` also lets http and addresses of inner networks through: for tests and closed networks.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadRequest("the address cannot be read", field="url", zh="地址格式不正确") from None
    if parts.scheme != "https" and not (inner and parts.scheme == "http"):
        raise BadRequest("the address must begin with https://", field="url", zh="地址须以 https:// 开头")
    if not parts.hostname or parts.username or parts.password or port == 0:
        raise BadRequest("the address needs a host and no user name", field="url", zh="地址须有主机名，不得含用户名")
    return parts


def addresses_of(parts: SplitResult, *, inner: bool = False) -> list[str]:
    """The numbers that a host stands for (解析地址). Raises BadRequest if one is not public, OSError if there is none."""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = [str(x[4][0]) for x in socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)]
    if not inner:
        for number in found:
            plain = ipaddress.ip_address(number.partition("%")[0])
            mapped = getattr(plain, "ipv4_mapped", None) or plain
            if not mapped.is_global or mapped.is_multicast:
                raise BadRequest(f"{parts.hostname} is an address of an inner network", field="url", zh="不得推送到内网地址")
    return found


def post_message(url: str, *, body: bytes, headers: dict[str, str], inner: bool = False) -> Reply:
    """Post a message and tell what came back (推送一条): whatever goes wrong on the way is a reply too.

    The host is looked up once, and the very number that was checked is connected to.
    """
    try:
        parts = check_address(url, inner=inner)
        number = addresses_of(parts, inner=inner)[0]
    except BadRequest as error:
        return Reply(None, error.message)
    except OSError as error:
        return Reply(None, f"the host was not found: {error.strerror or error}")
    connection = _connection(parts, number)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body=body, headers={"Host": parts.netloc, **headers})
        answer = connection.getresponse()
        text = answer.read(_READ).decode("utf-8", "replace")
        return Reply(answer.status, "" if 200 <= answer.status < 300 else text)
    except (OSError, HTTPException) as error:
        return Reply(None, f"{type(error).__name__}: {error}"[:_READ])
    finally:
        connection.close()


def signed_headers(secret: str, *, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers by which a receiver knows the sender (签名头), after the Standard Webhooks specification.

    HMAC-SHA-256 over `id.timestamp.body` with the secret's bytes (base64 after `whsec_`).
    """
    stamp = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "huoshui-webhook",
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


class _Pinned(HTTPSConnection):
    """TLS to a number that was checked, with the certificate of the name."""

    def __init__(self, host: str, number: str, port: int) -> None:
        self._context_of_name = ssl.create_default_context()
        super().__init__(host, port, timeout=_TIMEOUT, context=self._context_of_name)
        self._number = number

    def connect(self) -> None:
        plain = socket.create_connection((self._number, self.port), _TIMEOUT)
        self.sock = self._context_of_name.wrap_socket(plain, server_hostname=self.host)


def _connection(parts: SplitResult, number: str) -> HTTPConnection:
    if parts.scheme == "https":
        return _Pinned(parts.hostname or "", number, parts.port or 443)
    return HTTPConnection(number, parts.port or 80, timeout=_TIMEOUT)
