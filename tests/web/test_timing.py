"""How long the site worked on an answer is told only where the operator asks for it."""

import re
from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_an_answer_tells_its_milliseconds_where_the_operator_asks_for_it(settings: Any) -> None:
    settings.HUOSHUI_SERVER_TIMING = True
    assert re.fullmatch(r"app;dur=\d+\.\d", Client().get("/sign-in/").headers["Server-Timing"])


def test_an_answer_tells_no_time_otherwise() -> None:
    assert "Server-Timing" not in Client().get("/sign-in/").headers
