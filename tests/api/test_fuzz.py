"""The published description of the API, read by a fuzzer: no call breaks the site, and every answer is as it says."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks as told

from huoshui.api.door import LIMIT
from huoshui.models import BankPush, Visit
from huoshui.terms import Role
from tests.api.callers import issued
from tests.demands import declared, good_firm, pushed
from tests.world import county_world

schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
CHECKS = [
    not_a_server_error,
    told.status_code_conformance,
    told.content_type_conformance,
    told.response_schema_conformance,
    told.response_headers_conformance,
]
FEW = settings(
    max_examples=5,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def caller(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """A token of a lead, and ids that are there; each call is rolled back."""
    del django_db_setup
    signals = (request_started, request_finished)
    for signal in signals:  # as Django's own test client: the connection of the test is not closed after a request
        signal.disconnect(close_old_connections)
    with django_db_blocker.unblock(), transaction.atomic():
        world = county_world()
        firm = good_firm(world)
        there = {"uscc": firm.uscc, "name": "declared", "demand_id": declared(world).pk}
        pushed(world)
        there |= {"push_id": BankPush.objects.get().pk, "visit_id": Visit.objects.values_list("pk", flat=True)[0]}
        yield {"Authorization": f"Bearer {issued(world, world.user(Role.LEAD)).secret}"}, there
        transaction.set_rollback(True)
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.django_db
@pytest.mark.parametrize("real", [True, False])
@schema.parametrize()
@FEW
def test_every_answer_is_as_described(case: Any, real: bool, caller: tuple[dict[str, str], dict[str, Any]]) -> None:
    headers, there = caller
    LIMIT.forget()
    if real and case.path_parameters:
        case.path_parameters.update({k: v for k, v in there.items() if k in case.path_parameters})
    with transaction.atomic():
        answer = case.call(headers=headers)
        transaction.set_rollback(True)
    case.validate_response(answer, checks=CHECKS)
