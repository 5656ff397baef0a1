"""The judgement of a demand: evidence of all sources, frozen basis, officers' findings."""

from datetime import timedelta

import pytest
from django.utils import timezone

from huoshui.errors import BadChoice, BadRequest
from huoshui.models import Demand, Evaluation, Event, FoundFact, ListEntry
from huoshui.services.five_criteria import add_evidence, evaluate_demand, judge_demand
from huoshui.terms import Check, Role, Tristate, YesNo
from tests.demands import declared, evaluation_of, good_firm, grant_of, visited
from tests.world import World, county_world

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def world() -> World:
    return county_world()


def finding(evaluation: Evaluation, check: Check) -> dict[str, str]:
    found: dict[str, str] = next(x for mark in evaluation.marks for x in mark["findings"] if x["check"] == check.value)
    return found


def evidence(
    world: World, demands: list[Demand], check: Check, verdict: Tristate = Tristate.MET, **given: object
) -> list[FoundFact]:
    officer = world.user(Role.OFFICER)
    told = {"reason": "在信用中国查询", "document": "截图 1 号", "found_on": TODAY, **given}
    return add_evidence(demands, check=check, verdict=verdict, by=officer, on=TODAY, at=timezone.now(),
                        grant=grant_of(officer, Role.OFFICER, region="350203"), **told)  # type: ignore[arg-type]  # fmt: skip


def test_each_source_is_named_with_day_and_end(world: World) -> None:
    good_firm(world)
    made = evaluation_of(declared(world))
    sources = {x: finding(made, x)["source"] for x in (Check.AGE, Check.DISHONEST_DEBTOR, Check.PREMISES, Check.STATED,
                                                        Check.CONFIRMED, Check.OVERDUE)}  # fmt: skip
    assert list(sources.values()) == ["register", "list", "visit", "demand", "authentication", "statement"]
    premises = finding(made, Check.PREMISES)
    assert (premises["found_on"], premises["reference"].startswith("visit:")) == (TODAY.isoformat(), True)


def test_a_list_entry_warns_by_default_and_tells_which_check_it_fails(world: World) -> None:
    firm = good_firm(world)
    ListEntry.objects.create(firm=firm, list_name="dishonest_debtor", source="法院", listed_on=TODAY)
    ListEntry.objects.create(firm=firm, list_name="negative_list", source="县", listed_on=TODAY)
    made = evaluation_of(declared(world))
    assert finding(made, Check.DISHONEST_DEBTOR)["verdict"] == "not_met"
    assert finding(made, Check.EXCLUSION)["verdict"] == "met"
    assert made.cautions == ["listed"]


def test_an_entry_ends_after_the_months_that_its_list_holds(world: World) -> None:
    firm = good_firm(world)
    ListEntry.objects.create(firm=firm, list_name="serious_violation", source="市监", listed_on=TODAY - timedelta(days=4 * 366))
    assert finding(evaluation_of(declared(world)), Check.SERIOUS_VIOLATION)["verdict"] == "met"


def test_a_newer_visit_overrules_an_older_one(world: World) -> None:
    firm = good_firm(world)
    visited(firm, by=world.user(Role.VISITOR), organization=world.home.task_force, operating=YesNo.NO,
            at=timezone.now() - timedelta(days=30))  # fmt: skip
    assert evaluation_of(declared(world)).verdict is Tristate.MET


def test_an_officers_finding_settles_what_nobody_knew_and_the_event_names_it(world: World) -> None:
    good_firm(world)
    made = declared(world, states_clean=None)
    assert evaluation_of(made).verdict is Tristate.NOT_KNOWN
    for check in (Check.OVERDUE, Check.OVERDUE_CONTROLLER, Check.DISHONEST_CONTROLLER):
        evidence(world, [made], check)
    latest = Evaluation.objects.latest("pk")
    assert (latest.verdict, finding(latest, Check.OVERDUE)["source"]) == (Tristate.MET, "officer")
    assert Event.objects.filter(act="add_evidence").count() == 3
    first = Evaluation.objects.filter(demand=made).earliest("pk")
    assert first.verdict is Tristate.NOT_KNOWN  # what was judged before stands


def test_a_finding_about_the_firm_serves_its_other_demands_and_one_about_a_plan_does_not(world: World) -> None:
    good_firm(world)
    first, second = declared(world, states_clean=None, note=""), declared(world, states_clean=None, note="")
    evidence(world, [first], Check.OVERDUE)
    evidence(world, [first], Check.PLAN)
    judged = evaluate_demand(second, on=TODAY, at=timezone.now())
    assert (finding(judged, Check.OVERDUE)["verdict"], finding(judged, Check.PLAN)["verdict"]) == ("met", "not_known")


@pytest.mark.parametrize("check", [Check.CONFIRMED, Check.STATED])
def test_nobody_confirms_for_the_firm(world: World, check: Check) -> None:
    with pytest.raises(BadChoice):
        evidence(world, [declared(world)], check)


def test_evidence_needs_a_verdict_a_reason_and_a_day_that_is_not_to_come(world: World) -> None:
    made = declared(world)
    with pytest.raises(BadChoice):
        evidence(world, [made], Check.PREMISES, Tristate.NOT_KNOWN)
    with pytest.raises(BadRequest):
        evidence(world, [made], Check.PREMISES, reason=" ")
    with pytest.raises(BadRequest):
        evidence(world, [made], Check.PREMISES, found_on=TODAY + timedelta(days=1))
    assert FoundFact.objects.count() == 0


def test_a_look_ahead_keeps_nothing(world: World) -> None:
    made = declared(world)
    count = Evaluation.objects.count()
    assert judge_demand(made, on=TODAY, at=timezone.now()).pk is None
    assert Evaluation.objects.count() == count
