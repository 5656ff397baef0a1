from typing import Any

import pytest

from huoshui.services.doctor import examine
from huoshui.services.founding import found_platform
from huoshui.services.routine import run_due, sign_of_life
from huoshui.terms import Condition
from tests.services.test_routine import NOW

pytestmark = pytest.mark.django_db


def found() -> dict[str, Condition]:
    return {x.name: x.condition for x in examine()}


def test_a_trial_is_told_what_stands_in_for_what(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
    told = found()
    assert told["migrations"] is Condition.GOOD
    assert {told[x] for x in ("keys", "address", "hosts", "sms")} == {Condition.STAND_IN}
    assert {told[x] for x in ("operator", "worker")} == {Condition.MISSING}


def test_what_was_set_up_is_good(settings: Any) -> None:
    settings.HUOSHUI_ADDRESS, settings.ALLOWED_HOSTS = "https://huoshui.example", ["huoshui.example"]
    settings.HUOSHUI_SMS_ADDRESS = "https://sms.example"
    found_platform(platform="平台", login_name="ops", name="王运维", at=NOW)
    from django.utils import timezone

    run_due(at=timezone.now())
    sign_of_life(at=timezone.now())
    told = found()
    assert {told[x] for x in ("address", "hosts", "sms", "operator", "worker", "event_chains")} == {Condition.GOOD}


def test_a_host_for_everybody_and_open_errors_are_no_production(settings: Any) -> None:
    settings.ALLOWED_HOSTS, settings.DEBUG = ["*"], True
    assert {found()[x] for x in ("hosts", "debug")} == {Condition.MISSING}
