import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from huoshui.models import Event, FirmMember, Notice, Routine
from huoshui.services import routine
from huoshui.services.demand import publish_demand, save_draft
from huoshui.services.routine import ROUTINES, run_due
from huoshui.terms import DemandChannel, DemandPurpose, DemandStage, Role
from tests.demands import declared
from tests.world import county_world

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 4, tzinfo=UTC)


def test_a_routine_runs_when_it_is_due_and_not_before() -> None:
    ran: list[datetime] = []

    def count(at: datetime) -> str:
        ran.append(at)
        return ""

    routines = {"count": (timedelta(minutes=5), count)}
    moments = [NOW + timedelta(minutes=x) for x in (0, 1, 4, 5, 6, 30)]
    assert [run_due(at=x, routines=routines) for x in moments] == [("count",), (), (), ("count",), (), ("count",)]
    assert ran == [moments[0], moments[3], moments[5]]


def test_of_two_workers_at_once_one_runs_a_routine() -> None:
    ran: list[str] = []

    def work(at: datetime) -> str:
        ran.append("x")
        run_due(at=at, routines={"count": (timedelta(minutes=5), work)})  # the other worker, in the middle of it
        return "done"

    run_due(at=NOW, routines={"count": (timedelta(minutes=5), work)})
    assert ran == ["x"]


def test_a_routine_that_fails_keeps_none_of_the_others_back() -> None:
    def broken(_: datetime) -> str:
        raise ZeroDivisionError("no")

    routines = {"broken": (timedelta(minutes=5), broken), "count": (timedelta(minutes=5), lambda _: "done")}
    assert set(run_due(at=NOW, routines=routines)) == {"broken", "count"}
    assert Routine.objects.get(name="broken").note == "failed: ZeroDivisionError: no"
    assert Routine.objects.get(name="count").note == "done"


def test_the_routines_of_the_house_run_on_an_empty_database() -> None:
    assert set(run_due(at=NOW)) == set(ROUTINES)
    assert [x.note for x in Routine.objects.all() if x.note.startswith("failed")] == []


def _work_of_the_clock() -> set[str]:
    """Every act of the services that needs nothing but the time, by its name."""
    found = set()
    for path in sorted(Path(routine.__file__).parent.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not node.args.args:
                given = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
                needed = {x.arg for x, default in given if default is None}
                if "at" in needed and needed <= {"at", "on"}:
                    found.add(node.name)
    return found


def test_all_work_that_waits_for_nothing_but_the_clock_is_a_routine() -> None:
    called = [x.func.id for x in ast.walk(ast.parse(Path(routine.__file__).read_text(encoding="utf-8")))
              if isinstance(x, ast.Call) and isinstance(x.func, ast.Name)]  # fmt: skip
    work = _work_of_the_clock() - {"run_due", "sign_of_life"}  # what runs the routines
    assert len(work) >= 8
    assert {x: called.count(x) for x in work} == dict.fromkeys(work, 1)
    assert len({work for _, work in ROUTINES.values()}) == len(ROUTINES)


def test_every_task_is_put_on_the_queue_by_somebody() -> None:
    sources = {x: x.read_text(encoding="utf-8") for x in Path(routine.__file__).parents[1].rglob("*.py")}
    tasks = {
        node.name
        for text in sources.values() if "from django_tasks import task" in text
        for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.decorator_list
    }  # fmt: skip
    assert len(tasks) >= 3
    assert [x for x in sorted(tasks) if not any(f"{x}.enqueue(" in y or f"{x}.enqueue," in y for y in sources.values())] == []


def test_routines_that_run_again_at_once_do_nothing_more() -> None:
    world = county_world()
    declared(world, at=timezone.now() - timedelta(days=60))
    user, firm = world.stranger, world.home.firms[1]
    made = save_draft(firm=firm, by=user, grant=None, channel=DemandChannel.FIRM, amount_fen=1_000_00, months=3,
                      purpose=DemandPurpose.RENT)  # fmt: skip
    publish_demand(made, by=user, grant=None, at=timezone.now())
    FirmMember.objects.create(user=user, firm=firm, role=Role.LEGAL_REPRESENTATIVE, from_on=timezone.localdate())
    now = timezone.now()
    run_due(at=now)
    first = dict(Routine.objects.values_list("name", "note"))
    assert first["remind_of_clocks"] == "0 due soon, 1 overdue, 1 escalated"
    assert first["declare_authenticated_demands"] == "1 demands"
    made.refresh_from_db()
    assert made.stage is DemandStage.DECLARED
    before = (Notice.objects.count(), Event.objects.count())
    Routine.objects.update(due_at=now)
    assert set(run_due(at=now)) == set(ROUTINES)
    assert (Notice.objects.count(), Event.objects.count()) == before
