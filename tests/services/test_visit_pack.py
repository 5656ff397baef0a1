"""What a visitor takes along."""

import json
from datetime import timedelta

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huoshui.services.visit_pack import visit_pack
from huoshui.terms import Obstacle, Role
from tests.campaigns import AT, ON, more_firms, opened, visited
from tests.world import World, county_world

pytestmark = pytest.mark.django_db


def packed(world: World, *, late: int = 0) -> dict[str, object]:
    user = world.user(Role.VISITOR)
    return visit_pack(user, user.viewer(on=ON), on=ON + timedelta(days=late), at=AT)


def test_the_pack_holds_the_open_list_and_the_words_of_the_form() -> None:
    world = county_world()
    first, second = world.home.firms[0], world.home.firms[2]
    visited(world, first)
    opened(world)
    visited(world, second, by=world.user(Role.VISITOR))
    pack = json.loads(json.dumps(packed(world, late=60), cls=DjangoJSONEncoder))
    (entry,) = pack["entries"]
    assert (entry["firm"], entry["name"], entry["code"]) == (first.pk, first.name, first.uscc)
    assert (entry["visited_before_by"], entry["is_overdue"]) == (world.home.task_force.name, True)
    assert [x["value"] for x in pack["words"]["obstacles"]] == [x.value for x in Obstacle]
    assert (pack["is_whole"], pack["may_keep_place"]) == (True, False)


def test_a_longer_list_takes_as_many_queries() -> None:
    world = county_world()
    opened(world)
    with CaptureQueriesContext(connection) as few:
        packed(world)
    more_firms(world.home.townships[0].region_code, 5)
    opened(world)
    with CaptureQueriesContext(connection) as many:
        assert len(packed(world)["entries"]) > 5  # type: ignore[arg-type]
    assert len(few.captured_queries) == len(many.captured_queries)
