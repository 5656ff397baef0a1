from datetime import UTC, datetime, timedelta

import pytest

from huoshui.models import Routine
from huoshui.services.routine import ROUTINES, run_due

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
