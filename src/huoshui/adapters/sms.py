"""The door to text messages (短信网关): a gateway that takes JSON over HTTPS, or a stand-in that writes to the console."""

import json
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol, TextIO

from huoshui.errors import InputError, NotSent

_TIMEOUT: Final = 8  # seconds
_NO_ANSWER: Final = "the gateway of text messages did not take the message"
_NO_ANSWER_ZH: Final = "短信未能发出，请稍后再试"


class SmsGateway(Protocol):
    """What sends a text message (短信网关)."""

    @property
    def stand_in(self) -> bool:
        """Whether nothing leaves the machine."""

    def send(self, phone: str, *, text: str) -> None:
        """Send a text; raises NotSent where the gateway does not take it."""


@dataclass(frozen=True, slots=True)
class ConsoleGateway:
    """A stand-in that writes the text to the console (控制台替身); the telephone is masked."""

    out: TextIO | None = None
    stand_in: ClassVar[bool] = True

    def send(self, phone: str, *, text: str) -> None:
        """Write the text."""
        out = self.out or sys.stderr
        out.write(f"[SMS stand-in] {phone[:3]}****{phone[-4:]}: {text}\n")
        out.flush()


@dataclass(frozen=True, slots=True)
class HttpGateway:
    """A gateway that takes {"phone", "text"} as JSON with a bearer token and answers 2xx (HTTP 短信网关)."""

    address: str
    token: str
    stand_in: ClassVar[bool] = False

    def send(self, phone: str, *, text: str) -> None:
        """Hand the message to the gateway."""
        body = json.dumps({"phone": phone, "text": text}, ensure_ascii=False).encode()
        head = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        asked = urllib.request.Request(self.address, data=body, headers=head, method="POST")  # noqa: S310 - see gateway()
        try:
            with urllib.request.urlopen(asked, timeout=_TIMEOUT):  # noqa: S310
                return
        except (urllib.error.URLError, OSError):
            raise NotSent(_NO_ANSWER, zh=_NO_ANSWER_ZH) from None


def gateway(address: str, *, token: str) -> SmsGateway:
    """The gateway at an address, or the stand-in where none is set (选用短信网关). Raises InputError for another scheme."""
    if not address:
        return ConsoleGateway()
    if not address.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise InputError("HUOSHUI_SMS_ADDRESS must begin with https://")
    return HttpGateway(address, token)
