"""Every operation, every scope: a token calls what its scope names, and nothing else."""

from typing import Any

import pytest
from django.test import Client

from huoshui.api import api
from huoshui.api.door import LIMIT
from huoshui.terms import ApiScope, Role
from tests.api.callers import caller
from tests.world import county_world

pytestmark = pytest.mark.django_db
S = ApiScope
TABLE = {
    "get_token": set(ApiScope),
    "list_firms": {S.FIRMS_READ},
    "get_firm": {S.FIRMS_READ},
    "list_assignments": {S.VISITS_READ},
    "list_visits": {S.VISITS_READ},
    "get_visit": {S.VISITS_READ},
    "record_visit": {S.VISITS_WRITE},
    "list_demands": {S.DEMANDS_READ},
    "get_demand": {S.DEMANDS_READ},
    "draft_demand": {S.DEMANDS_WRITE},
    "publish_demand": {S.DEMANDS_WRITE},
    "withdraw_demand": {S.DEMANDS_WRITE},
    "review_demand": {S.LISTS_WRITE},
    "push_demand": {S.LISTS_WRITE},
    "get_list": {S.LISTS_READ},
    "list_pushes": {S.LISTS_READ},
    "acknowledge_push": {S.LISTS_WRITE},
    "contact_firm": {S.LISTS_WRITE},
    "answer_push": {S.LISTS_WRITE},
    "list_events": {S.EVENTS_READ},
}


def operations() -> dict[str, tuple[str, str]]:
    """Method and address of each operation, as the published description names them."""
    found: dict[str, Any] = api.get_openapi_schema()["paths"]
    return {told["operationId"]: (method, route) for route, ways in found.items() for method, told in ways.items()}


def address(route: str) -> str:
    return route.replace("{uscc}", "91350203MA0000000X").replace("{name}", "declared").replace("_id}", "}").replace(
        "{visit}", "1"
    ).replace("{demand}", "1").replace("{push}", "1")  # fmt: skip


def test_the_table_and_the_description_name_the_same_operations() -> None:
    assert set(operations()) == set(TABLE)


@pytest.mark.parametrize("operation", TABLE)
def test_a_scope_opens_its_operations_and_no_others(operation: str) -> None:
    world = county_world()
    method, route = operations()[operation]
    opened = set()
    for scope in ApiScope:
        LIMIT.forget()
        client = caller(world, Role.LEAD, scope)
        answer = getattr(client, method)(address(route), content_type="application/json")
        if answer.status_code != 403 or "scopes" not in answer.json()["detail"]:
            opened.add(scope)
    assert opened == TABLE[operation]
    assert getattr(Client(), method)(address(route)).status_code == 401
