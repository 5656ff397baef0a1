"""Visits: recorded once, read together without loss, with few queries."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from huoshui.errors import BadAmount, BadDate, BadRequest, KeyReused, NotAllowed
from huoshui.models import Event, Firm, Membership, Organization, Visit, VisitAssignment, VisitPhoto
from huoshui.services.visit import Place, VisitAnswers, read_together, record_visit, save_visit
from huoshui.terms import AssignmentState, DemandPurpose, Need, Obstacle, Premises, Role, VisitMode, VisitSource, YesNo
from tests.campaigns import AT, grant_of, opened, visited
from tests.world import SINCE, World, county_world

pytestmark = pytest.mark.django_db
FULL = VisitAnswers(
    operating=YesNo.YES, premises=Premises.RENTED, employees=4, need=Need.YES, amount_fen=30_000_000, months=12,
    purpose=DemandPurpose.STOCK, has_loan=YesNo.NO, obstacles=(Obstacle.TAX, Obstacle.COST), broker_fee_asked=YesNo.NOT_KNOWN,
    call_back=True, note="下午在店",
)  # fmt: skip


@pytest.fixture
def world() -> World:
    return county_world()


def given(world: World, **more: Any) -> dict[str, Any]:
    """A visit as the visitor's phone sends it."""
    visitor = world.user(Role.VISITOR)
    return {
        "client_id": uuid4(), "firm": world.home.firms[0], "by": visitor, "grant": grant_of(visitor), "visited_at": AT,
        "received_at": AT, "answers": FULL, **more,
    }  # fmt: skip


def test_a_visit_keeps_every_answer(world: World) -> None:
    visit = record_visit(**given(world, place=Place(Decimal("24.48"), Decimal("118.09")), mode=VisitMode.PHONE))
    kept = Visit.objects.get(pk=visit.pk)
    told = {x: getattr(kept, x) for x in VisitAnswers.__slots__}
    assert VisitAnswers(**{**told, "obstacles": tuple(Obstacle(x) for x in told["obstacles"])}) == replace(
        FULL, obstacles=(Obstacle.COST, Obstacle.TAX)
    )
    assert (kept.mode, kept.source, str(kept.latitude), str(kept.longitude)) == (
        VisitMode.PHONE, VisitSource.ONLINE, "24.48", "118.09",
    )  # fmt: skip
    assert (kept.organization, kept.region_code) == (world.home.townships[0], world.home.firms[0].region_code)
    firm = Firm.objects.get(pk=kept.firm_id)
    assert (firm.last_visit_at, firm.last_visit_by) == (AT, world.home.townships[0])


def test_a_visit_that_is_sent_twice_is_saved_once(world: World) -> None:
    sent = given(world)
    first, second = save_visit(**sent), save_visit(**{**sent, "received_at": AT + timedelta(hours=5)})
    assert (first.is_new, second.is_new, first.visit.pk) == (True, False, second.visit.pk)
    assert (Visit.objects.count(), Event.objects.filter(act="record_visit").count()) == (1, 1)


@pytest.mark.parametrize(
    "other",
    [
        {"answers": replace(FULL, need=Need.NO)}, {"visited_at": AT - timedelta(hours=1)}, {"mode": VisitMode.PHONE},
        {"photos": ["a" * 64]}, {"answers": replace(FULL, note="上午在店")},
    ],
)  # fmt: skip
def test_the_same_id_with_another_body_is_refused(world: World, other: dict[str, Any]) -> None:
    sent = given(world)
    save_visit(**sent)
    with pytest.raises(KeyReused):
        save_visit(**{**sent, **other})
    assert Visit.objects.count() == 1


def test_the_same_id_from_somebody_else_or_for_another_firm_is_refused(world: World) -> None:
    sent = given(world)
    save_visit(**sent)
    officer = world.user(Role.OFFICER)
    for other in ({"by": officer, "grant": grant_of(officer)}, {"firm": world.home.firms[2]}):
        with pytest.raises(KeyReused):
            save_visit(**{**sent, **other})


def test_two_visits_to_one_firm_contradict_each_other_and_nothing_is_lost(world: World) -> None:
    first = save_visit(**given(world))
    later = {"visited_at": AT + timedelta(days=1), "received_at": AT + timedelta(days=2)}
    second = save_visit(**given(world, answers=VisitAnswers(need=Need.NO, employees=4, note="换人接待"), **later))
    assert (first.conflicts, second.conflicts) == ((), ("need",))
    merged = read_together(Visit.objects.all())
    assert merged.values["need"] == "no"
    assert merged.values["amount_fen"] == 30_000_000
    assert [x.value for x in merged.answers["note"]] == ["下午在店", "换人接待"]
    assert merged.conflicts == ("need",)


def test_a_visit_fulfils_the_firms_entry_in_every_open_campaign(world: World) -> None:
    campaigns = [opened(world), opened(world)]
    save_visit(**given(world))
    entries = VisitAssignment.objects.filter(firm=world.home.firms[0])
    assert {(x.campaign_id, x.state, x.need, x.visited_at) for x in entries} == {
        (x.pk, AssignmentState.VISITED, Need.YES, AT) for x in campaigns
    }
    assert Visit.objects.get().assignment in entries


def test_an_earlier_visit_that_arrives_later_does_not_hide_the_latest(world: World) -> None:
    opened(world)
    save_visit(**given(world, visited_at=AT, answers=VisitAnswers(need=Need.NO)))
    early = AT - timedelta(hours=3)
    save_visit(**given(world, visited_at=early, answers=VisitAnswers(need=Need.YES)))
    entry = VisitAssignment.objects.get(firm=world.home.firms[0])
    assert (entry.visited_at, entry.need) == (AT, Need.NO)
    assert Firm.objects.get(pk=world.home.firms[0].pk).last_visit_at == AT


def test_who_was_lent_by_a_bank_is_shown_as_the_banks(world: World) -> None:
    visitor = world.user(Role.VISITOR)
    bank: Organization = world.home_bank.sub_branch
    Membership.objects.filter(user=visitor).update(seconded_from=bank)
    visit = record_visit(**given(world))
    assert visit.seconded_from_id == bank.pk
    assert Firm.objects.get(pk=visit.firm_id).last_visit_by == bank


def test_photos_are_awaited_and_those_that_came_first_are_found(world: World) -> None:
    early, late = "a" * 64, "b" * 64
    VisitPhoto.objects.create(uploader=world.user(Role.VISITOR), sha256=early, kept_sha256="e" * 64, received_at=AT)
    VisitPhoto.objects.create(uploader=world.user(Role.OFFICER), sha256=late, kept_sha256="f" * 64, received_at=AT)
    visit = record_visit(**given(world, photos=[early, late, late]))
    assert sorted(visit.photos.values_list("sha256", "kept_sha256")) == [(early, "e" * 64), (late, "")]


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"answers": VisitAnswers(amount_fen=0)}, BadAmount), ({"answers": VisitAnswers(amount_fen=-1)}, BadAmount),
        ({"answers": VisitAnswers(months=0)}, BadRequest), ({"answers": VisitAnswers(employees=-1)}, BadRequest),
        ({"answers": VisitAnswers(note="长" * 2001)}, BadRequest), ({"photos": ["A" * 64]}, BadRequest),
        ({"photos": [f"{x:064}" for x in range(10)]}, BadRequest), ({"visited_at": AT + timedelta(hours=2)}, BadDate),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(world: World, more: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        save_visit(**given(world, **more))
    assert Visit.objects.count() == 0


@pytest.mark.parametrize("role", [Role.REGULATOR, Role.AUDITOR, Role.LEGAL_REPRESENTATIVE])
def test_only_who_visits_records_visits_and_only_in_the_own_region(world: World, role: Role) -> None:
    user, far = world.user(role), world.user(Role.VISITOR, home=False)
    for other in (user, far):
        with pytest.raises(NotAllowed):
            save_visit(**given(world, by=other, grant=grant_of(other)))


def test_a_visit_takes_few_queries(world: World) -> None:
    opened(world)
    sent = given(world)
    with CaptureQueriesContext(connection) as first:
        save_visit(**sent)
    with CaptureQueriesContext(connection) as again:
        save_visit(**sent)
    told, repeated = ([x["sql"].split()[0] for x in y.captured_queries] for y in (first, again))
    assert sum(x in ("SELECT", "INSERT", "UPDATE", "WITH") for x in told) <= 12, told
    assert [x for x in repeated if x not in ("SAVEPOINT", "RELEASE")] == ["SELECT", "SELECT"]


def test_visits_of_the_day_are_found_by_their_visitor(world: World) -> None:
    visited(world, world.home.firms[0])
    assert Membership.objects.filter(from_on=SINCE).exists()
    assert Visit.objects.filter(visitor=world.user(Role.OFFICER)).count() == 1
