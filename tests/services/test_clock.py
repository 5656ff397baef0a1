"""Clocks: started, paused and ended by what happens, due by the region's policy, told once to whom it concerns."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from huoshui.adapters.holidays import is_working_day
from huoshui.errors import BadChoice, NotAllowed, WrongStage
from huoshui.models import Clock, Demand, Notice, Organization
from huoshui.rules.deadline import due
from huoshui.rules.span import Span
from huoshui.services.clock import (
    Reminded,
    end_clocks,
    pause_clock,
    pause_clocks,
    remind,
    resume_clock,
    resume_clocks,
    start_clocks,
    term_of,
)
from huoshui.terms import ClockStage, DemandChannel, NoticeKind, Role
from tests.demands import declared, draft, good_firm, grant_of, pushed
from tests.world import World, county_world

NOON = datetime(2026, 3, 2, 12, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Monday


@pytest.fixture
def world() -> World:
    return county_world()


def review_clock(demand: Demand) -> Clock:
    return Clock.objects.get(demand=demand, name="task_force_review")


@pytest.mark.django_db
def test_a_clock_keeps_policy_start_and_who_is_late(world: World) -> None:
    clock = review_clock(declared(world, at=NOON))
    assert (clock.started_on, clock.due_on, clock.organization) == (date(2026, 3, 2), date(2026, 3, 9), world.home.task_force)
    assert (clock.term["unit"], clock.term["length"], clock.citation["policy"]) == ("working_day", 5, "deadlines")


@pytest.mark.django_db
def test_an_event_starts_a_clock_once(world: World) -> None:
    demand = declared(world, at=NOON)
    start_clocks("demand_declared", demand=demand, on=date(2026, 3, 4))
    assert review_clock(demand).started_on == date(2026, 3, 2)
    assert start_clocks("nothing_known", demand=demand, on=date(2026, 3, 4)) == []


@pytest.mark.django_db
@pytest.mark.parametrize(("by_code", "names"), [(True, ["loan_code_accept", "loan_code_contact"]), (False, [])])
def test_the_loan_codes_clocks_run_in_zhejiang_for_demands_that_came_by_a_code(
    world: World, by_code: bool, names: list[str]
) -> None:
    Organization.objects.filter(pk=world.province.pk).update(region_code="33")
    demand = draft(world)
    demand.firm.region_code, demand.loan_code_id = "330106001", 1 if by_code else None
    clocks = start_clocks("demand_published", demand=demand, on=date(2026, 3, 2))
    assert [x.name for x in clocks] == names
    assert [x.due_on for x in clocks] == [date(2026, 3, 3), date(2026, 3, 5)][: len(names)]


@pytest.mark.django_db
def test_a_month_of_the_bank_is_a_calendar_month_and_ends_with_its_answer(world: World) -> None:
    good_firm(world)
    demand = pushed(world)
    clock = Clock.objects.get(demand=demand, name="bank_decision")
    assert (clock.term["unit"], clock.term["length"]) == ("calendar_month", 1)
    assert [x.name for x in end_clocks("bank_decided", demand=demand, push=clock.push, on=timezone.localdate())] == [
        "bank_contact", "bank_decision",
    ]  # fmt: skip
    assert end_clocks("bank_decided", demand=demand, push=clock.push, on=timezone.localdate()) == []


@pytest.mark.django_db
def test_only_a_clock_that_may_stop_is_paused_by_hand_with_a_reason(world: World) -> None:
    good_firm(world)
    demand = pushed(world)
    user, on = world.user(Role.CLIENT_MANAGER), timezone.localdate()
    grant = grant_of(user, Role.CLIENT_MANAGER, region="350203")
    decision = Clock.objects.get(demand=demand, name="bank_decision")
    contact = Clock.objects.get(demand=demand, name="bank_contact")
    with pytest.raises(BadChoice):
        pause_clock(contact, event="waiting_for_materials", reason="等材料", by=user, grant=grant, on=on)
    with pytest.raises(BadChoice):
        pause_clock(decision, event="waiting_for_materials", reason=" ", by=user, grant=grant, on=on)
    paused = pause_clock(decision, event="waiting_for_materials", reason="等材料", by=user, grant=grant, on=on)
    assert paused.stage is ClockStage.PAUSED
    with pytest.raises(WrongStage):
        pause_clock(decision, event="waiting_for_materials", reason="等材料", by=user, grant=grant, on=on)
    resumed = resume_clock(decision, by=user, grant=grant, on=on + timedelta(days=4))
    assert resumed.due_on == decision.due_on + timedelta(days=4)
    with pytest.raises(WrongStage):
        resume_clock(decision, by=user, grant=grant, on=on)


@pytest.mark.django_db
def test_nobody_pauses_the_clock_of_another_office(world: World) -> None:
    clock = review_clock(declared(world))
    other = world.user(Role.OFFICER, home=False)
    with pytest.raises(NotAllowed):
        pause_clock(clock, event="waiting_for_the_firm", reason="等", by=other, on=timezone.localdate(),
                    grant=grant_of(other, Role.OFFICER, region="350582"))  # fmt: skip
    assert review_clock(clock.demand).stage is ClockStage.RUNNING


@pytest.mark.django_db
def test_reminders_go_to_the_late_then_to_those_above_and_each_only_once(world: World) -> None:
    clock = review_clock(declared(world, at=NOON))
    for days, told in [(-2, Reminded()), (-1, Reminded(due_soon=1)), (1, Reminded(overdue=1)), (4, Reminded(escalated=1))]:
        on = clock.due_on + timedelta(days=days)
        assert remind(at=NOON, on=on) == told
        assert remind(at=NOON, on=on) == Reminded()
    notices = {x.kind: x.organization for x in Notice.objects.filter(clock=clock)}
    assert notices == {
        NoticeKind.DUE_SOON: world.home.task_force, NoticeKind.OVERDUE: world.home.task_force,
        NoticeKind.ESCALATED: world.province,
    }  # fmt: skip
    lead, other = (world.user(Role.LEAD, home=x).viewer(on=timezone.localdate()) for x in (True, False))
    assert (Notice.objects.visible_to(lead).count(), Notice.objects.visible_to(other).count()) == (2, 0)


@pytest.mark.django_db
def test_a_paused_or_ended_clock_reminds_nobody(world: World) -> None:
    demand = declared(world, at=NOON)
    clock, late = review_clock(demand), date(2026, 6, 1)
    pause_clocks("waiting_for_the_firm", demand=demand, on=clock.due_on, reason="等", by=demand.created_by)
    assert remind(at=NOON, on=late) == Reminded()
    resume_clocks("waiting_for_the_firm", demand=demand, on=late)
    end_clocks("review_decided", demand=demand, on=late)
    assert remind(at=NOON, on=date(2026, 7, 1)) == Reminded()


@pytest.mark.django_db
def test_overdue_is_seen_by_the_late_and_those_above_and_by_nobody_beside(world: World) -> None:
    good_firm(world)
    demand = pushed(world)
    seen = {
        (role, home): Clock.objects.visible_to(world.user(role, home=home).viewer(on=timezone.localdate()))
        .filter(demand=demand).count()
        for role in (Role.LEAD, Role.CLIENT_MANAGER, Role.LEGAL_REPRESENTATIVE) for home in (True, False)
    }  # fmt: skip
    assert {x for x, count in seen.items() if count} == {(Role.LEAD, True), (Role.CLIENT_MANAGER, True)}
    assert seen[Role.CLIENT_MANAGER, True] == 2


class ClocksAgreeWithTheRule(TestCase):
    """A clock paused and resumed by acts is due when the rule says it is, whatever the days."""

    @settings(max_examples=20)
    @given(st.lists(st.integers(0, 6), min_size=1, max_size=6))
    def test_the_due_day_is_that_of_the_rule(self, steps: list[int]) -> None:
        world = county_world()
        demand = Demand.objects.create(firm=world.home.firms[0], channel=DemandChannel.FIRM, created_by=world.stranger)
        on, spans, begun = date(2026, 4, 28), [], None
        start_clocks("demand_declared", demand=demand, on=on)
        for step in steps:
            on += timedelta(days=step)
            if begun is None:
                pause_clocks("waiting_for_the_firm", demand=demand, on=on, reason="等", by=world.stranger)
                begun = on
            else:
                resume_clocks("waiting_for_the_firm", demand=demand, on=on)
                spans.append(Span(begun, on))
                begun = None
        clock = review_clock(demand)
        expected = due(term_of(clock), started_on=clock.started_on, is_working_day=is_working_day, pauses=spans)
        assert (clock.due_on, clock.stage is ClockStage.PAUSED) == (expected.due_on, begun is not None)
