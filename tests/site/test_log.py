"""What breaks is in the server's log with its traceback; who asked, and what was sent, is not."""

import logging
from collections.abc import Iterator
from copy import deepcopy
from io import StringIO
from logging.config import dictConfig
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path


def break_down(_request: HttpRequest, token: str) -> HttpResponse:
    del token
    raise ValueError(
        "no such firm for 13800000001 of 11010519491231002X\nDETAIL:  Key (name)=(测试甲) exists.\nGET /x?q=测试甲"
    )


urlpatterns = [path("things/<str:token>/", break_down)]


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What the settings would write to stderr."""
    written = StringIO()
    config: dict[str, Any] = deepcopy(settings.LOGGING)
    config["handlers"]["stderr"]["stream"] = written
    dictConfig(config)
    yield written
    dictConfig(settings.LOGGING)


@override_settings(ROOT_URLCONF=__name__, DEBUG=False, SECURE_SSL_REDIRECT=False)
@pytest.mark.django_db
def test_a_page_that_breaks_leaves_its_traceback_and_nothing_of_the_person(log: StringIO) -> None:
    client = Client(raise_request_exception=False)
    answer = client.post("/things/secret-of-a-link/?phone=13900000002", {"name": "测试乙", "phone": "13900000003"})
    text = log.getvalue()
    assert (answer.status_code, text.count("Traceback (most recent call last)")) == (500, 1)
    assert "Internal Server Error: /things/<str:token>/" in text
    assert "in break_down" in text
    assert "ValueError: no such firm for … of …" in text
    hidden = ("secret-of", "138", "139", "1101", "测试", "phone=")
    assert [x for x in hidden if x in text] == []


@pytest.mark.parametrize(
    ("message", "given", "written"),
    [
        ("sent to %s", ("13800000001",), "sent to …"),
        ("GET %s", ("/firms/?q=13800000001&page=2",), "GET /firms/?…"),
        ("load %s of %s rows", ("91350100M0001TGQXM", 138000000012), "load 91350100M0001TGQXM of 138000000012 rows"),
    ],
)
def test_numbers_of_people_are_hidden_and_others_are_not(log: StringIO, message: str, given: Any, written: str) -> None:
    logging.getLogger("huoshui.test").warning(message, *given)
    assert log.getvalue().rstrip().endswith(f"WARNING huoshui.test {written}")


def test_who_failed_to_sign_in_is_not_in_the_log(log: StringIO) -> None:
    logging.getLogger("axes.handlers.proxy").warning("AXES: New login failure by {username: 'lead'}")
    assert log.getvalue() == ""
