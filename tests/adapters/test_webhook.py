import socket

import pytest

from huoshui.adapters.webhook import Reply, addresses_of, check_address, post_message
from huoshui.errors import BadRequest


def test_nothing_is_sent_to_an_inner_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        reply = post_message(f"https://127.0.0.1:{server.getsockname()[1]}/", body=b"{}", headers={})
        assert reply == Reply(None, "127.0.0.1 is an address of an inner network")
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_host_with_one_inner_number_among_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (x, 443)) for x in ("1.1.1.1", "192.168.0.4")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(BadRequest):
        addresses_of(check_address("https://rebound.example/"))


def test_a_refused_connection_is_a_reply() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    reply = post_message(f"http://127.0.0.1:{port}/", body=b"{}", headers={}, inner=True)
    assert reply.status is None
    assert "ConnectionRefusedError" in reply.why
    assert not reply.received


def test_a_plain_server_where_tls_is_expected_is_a_reply() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        reply = post_message(f"https://127.0.0.1:{server.getsockname()[1]}/", body=b"{}", headers={}, inner=True)
    assert reply.status is None
