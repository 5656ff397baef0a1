"""Visits of phones that were off line: each is judged by itself, none is lost, none is doubled."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huoshui.models import Consent, Visit
from huoshui.services.consent import consent_text
from huoshui.services.visit_sync import SyncAnswer, sync_visit
from huoshui.terms import ConsentPurpose, Role, SyncVerdict, VisitSource
from tests.campaigns import AT, ON, opened
from tests.world import World, county_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return county_world()


def sent(world: World, **more: Any) -> dict[str, Any]:
    return {
        "client_id": str(uuid4()), "firm": world.home.firms[0].pk, "visited_at": "2026-03-01T09:30:00+08:00",
        "mode": "onsite", "operating": "yes", "need": "yes", "amount_fen": 30_000_000, "months": 12, "purpose": "stock",
        "obstacles": ["tax", "cost", "tax"], "note": "在店", **more,
    }  # fmt: skip


def answered(world: World, visit: Any, *, role: Role = Role.VISITOR, home: bool = True) -> SyncAnswer:
    user = world.user(role, home=home)
    return sync_visit(visit, by=user, viewer=user.viewer(on=ON), received_at=AT)


def test_a_visit_is_saved_and_then_known(world: World) -> None:
    opened(world)
    visit = sent(world)
    first, again = answered(world, visit), answered(world, visit)
    assert (first.verdict, again.verdict, first.visit) == (SyncVerdict.SAVED, SyncVerdict.ALREADY, again.visit)
    kept = Visit.objects.get()
    assert (kept.source, kept.amount_fen, kept.obstacles, kept.note) == (
        VisitSource.OFFLINE,
        30_000_000,
        ["cost", "tax"],
        "在店",
    )
    assert kept.assignment is not None


def test_a_second_visitor_who_found_otherwise_is_told_and_both_are_kept(world: World) -> None:
    answered(world, sent(world))
    other = answered(world, sent(world, need="no"), role=Role.OFFICER)
    assert (other.verdict, other.conflicts) == (SyncVerdict.CONFLICT, ("need",))
    assert Visit.objects.count() == 2


def test_the_same_id_with_another_body_is_refused_with_a_reason(world: World) -> None:
    visit = sent(world)
    answered(world, visit)
    told = answered(world, {**visit, "need": "no"})
    assert (told.verdict, told.field) == (SyncVerdict.REFUSED, "client_id")
    assert "编号" in told.reason_zh


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"firm": 10**12}, "firm"), ({"firm": "x"}, ""), ({"visited_at": "2026-03-01T09:30:00"}, "visited_at"),
        ({"visited_at": "0001-01-01T00:00:00+14:00"}, "visited_at"), ({"visited_at": "2099-01-01T00:00:00Z"}, "visited_at"),
        ({"amount_fen": 0}, "amount_fen"), ({"amount_fen": 10**30}, "amount_fen"), ({"need": "maybe"}, ""),
        ({"months": 1.5}, ""), ({"unknown": 1}, ""), ({"photos": ["x"]}, "photos"), ({"client_id": "1"}, ""),
        ({"note": "长" * 3000}, "note"), ({"place": {"latitude": 91, "longitude": 0}}, ""),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_says_why(world: World, more: dict[str, Any], field: str) -> None:
    told = answered(world, sent(world, **more))
    assert (told.verdict, told.field) == (SyncVerdict.REFUSED, field)
    assert told.reason
    assert told.reason_zh
    assert Visit.objects.count() == 0


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=8),
        lambda x: st.lists(x) | st.dictionaries(st.sampled_from(["client_id", "firm", "visited_at"]), x),
    )
)
def test_no_json_breaks_it(world: World, value: Any) -> None:
    assert answered(world, value).verdict is SyncVerdict.REFUSED


def test_a_firm_outside_the_region_is_not_there(world: World) -> None:
    told = answered(world, sent(world, firm=world.away.firms[0].pk))
    assert (told.verdict, told.field) == (SyncVerdict.REFUSED, "firm")


def test_an_entry_that_went_to_somebody_else_does_not_lose_the_visit(world: World) -> None:
    entry = opened(world).assignments.get(firm=world.home.firms[0])
    entry.visitor = world.user(Role.OFFICER)
    entry.save()
    assert answered(world, sent(world, assignment=entry.pk)).verdict is SyncVerdict.SAVED
    foreign = opened(world, home=False).assignments.earliest("pk")
    other = answered(world, sent(world, assignment=foreign.pk, visited_at="2026-03-02T09:30:00+08:00"))
    assert other.verdict is SyncVerdict.SAVED
    assert Visit.objects.latest("pk").assignment == entry


def test_a_place_is_kept_coarsely_and_only_with_consent(world: World) -> None:
    visitor = world.user(Role.VISITOR)
    place = {"latitude": 24.479836, "longitude": 118.089419}
    assert answered(world, sent(world, place=place)).place_kept is False
    version = consent_text(ConsentPurpose.PLACE, on=ON).version
    Consent.objects.create(user=visitor, purpose=ConsentPurpose.PLACE, version=version, given_at=AT - timedelta(days=1))
    told = answered(world, sent(world, place=place))
    assert told.visit is not None
    kept = Visit.objects.get(pk=told.visit)
    assert (told.place_kept, str(kept.latitude), str(kept.longitude)) == (True, "24.48", "118.09")
    assert Visit.objects.exclude(latitude=None).count() == 1


def test_photos_that_are_awaited_are_told(world: World) -> None:
    assert answered(world, sent(world, photos=["A" * 64])).photos == ("a" * 64,)
