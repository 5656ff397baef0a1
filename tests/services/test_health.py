from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from huoshui.services.health import Health, site_health
from huoshui.services.routine import sign_of_life

pytestmark = pytest.mark.django_db


def test_a_worker_lives_for_a_minute_after_its_last_sign() -> None:
    assert site_health() == Health(database=True, worker=False)
    sign_of_life(at=timezone.now() - timedelta(seconds=70))
    assert not site_health().worker
    sign_of_life(at=timezone.now())
    assert site_health() == Health(database=True, worker=True)


def test_the_page_for_load_balancers_tells_it(client: Client) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "database": True, "worker": False})
