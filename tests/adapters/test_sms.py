import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from huoshui.adapters.sms import ConsoleGateway, HttpGateway, gateway
from huoshui.errors import InputError, NotSent


class Taker(BaseHTTPRequestHandler):
    taken: list[dict[str, Any]]
    status = 200

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).taken.append({**body, "token": self.headers["Authorization"]})
        self.send_response(type(self).status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def taker() -> Iterator[tuple[str, type[Taker]]]:
    kind = type("OneTaker", (Taker,), {"taken": []})
    server = HTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", kind
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_stand_in_masks_the_telephone() -> None:
    out = io.StringIO()
    ConsoleGateway(out).send("13800000001", text="验证码123456")
    assert out.getvalue() == "[SMS stand-in] 138****0001: 验证码123456\n"


def test_the_gateway_gets_telephone_text_and_token(taker: tuple[str, type[Taker]]) -> None:
    address, kind = taker
    HttpGateway(address, "secret").send("13800000001", text="你好")
    assert kind.taken == [{"phone": "13800000001", "text": "你好", "token": "Bearer secret"}]


def test_a_gateway_that_refuses_or_is_not_there_is_said(taker: tuple[str, type[Taker]]) -> None:
    address, kind = taker
    kind.status = 503
    for where in (address, "http://127.0.0.1:1/"):
        with pytest.raises(NotSent):
            HttpGateway(where, "secret").send("13800000001", text="你好")


def test_without_an_address_there_is_a_stand_in_and_plain_http_is_refused() -> None:
    assert [gateway(x, token="").stand_in for x in ("", "https://sms.example/")] == [True, False]
    with pytest.raises(InputError):
        gateway("http://sms.example/", token="")
