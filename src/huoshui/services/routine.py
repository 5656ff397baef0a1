"""What recurs (定时任务): each routine is run by one worker when it is due, however many workers there are."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from huoshui.models import Routine
from huoshui.services.authentication import end_what_is_over, recheck_waiting
from huoshui.services.clock import remind
from huoshui.services.delivery import deliver_due, spread_outbox
from huoshui.services.demand import declare_authenticated
from huoshui.services.event import chain_faults
from huoshui.services.idempotency import forget_old_keys
from huoshui.services.retention import forget_old_records
from huoshui.services.sign_in import forget_old_passwords

Work = Callable[[datetime], str]
WORKER: Final = "worker"  # the sign of life of whoever runs routines
CHAINS: Final = "verify_chains"


def _deliver(at: datetime) -> str:
    spread, done = spread_outbox(), deliver_due(at=at)
    return f"{spread} events, {done.taken} delivered, {done.failed} failed"


def _forget(at: datetime) -> str:
    return f"{forget_old_keys(at=at)} keys"


def _forget_passwords(at: datetime) -> str:
    return f"{forget_old_passwords(at=at)} passwords"


def _forget_records(at: datetime) -> str:
    gone = forget_old_records(at=at)
    return f"{gone.scans} scans, {gone.logins} log-ins, {gone.sessions} sessions, {gone.jobs} jobs"


def _verify(_: datetime) -> str:
    faults = sum(1 for _ in chain_faults())
    return f"{faults} faults"


def _remind(at: datetime) -> str:
    told = remind(at=at, on=timezone.localdate(at))
    return f"{told.due_soon} due soon, {told.overdue} overdue, {told.escalated} escalated"


def _authentications(at: datetime) -> str:
    return f"{recheck_waiting(at=at)} looked at again, {end_what_is_over(at=at)} ended"


def _declare(at: datetime) -> str:
    return f"{len(declare_authenticated(at=at))} demands"


ROUTINES: Final[Mapping[str, tuple[timedelta, Work]]] = {
    "deliver_webhooks": (timedelta(seconds=2), _deliver),
    "remind_of_clocks": (timedelta(minutes=10), _remind),
    "keep_authentications": (timedelta(minutes=10), _authentications),
    "declare_authenticated_demands": (timedelta(minutes=1), _declare),
    "forget_idempotency_keys": (timedelta(hours=1), _forget),
    "forget_passwords": (timedelta(hours=1), _forget_passwords),
    "forget_records": (timedelta(days=1), _forget_records),
    CHAINS: (timedelta(days=1), _verify),
}


def run_due(*, at: datetime, routines: Mapping[str, tuple[timedelta, Work]] = ROUTINES) -> tuple[str, ...]:
    """Run what is due, tell what was run (执行到期任务). One that fails keeps no other back, and is due again later."""
    known = set(Routine.objects.filter(name__in=routines).values_list("name", flat=True))
    new = [Routine(name=x, due_at=at) for x in routines if x not in known]
    if new:
        Routine.objects.bulk_create(new, ignore_conflicts=True)
    run = []
    for name in Routine.objects.filter(name__in=routines, due_at__lte=at).values_list("name", flat=True):
        every, work = routines[name]
        if Routine.objects.filter(name=name, due_at__lte=at).update(due_at=at + every, started_at=at):
            _run(name, work, at)
            run.append(name)
    return tuple(run)


def _run(name: str, work: Work, at: datetime) -> None:
    try:
        note = work(at)
    except Exception as problem:  # noqa: BLE001 - told by doctor and in the worker's log; the next round tries again
        note = f"failed: {type(problem).__name__}: {problem}"
    Routine.objects.filter(name=name).update(finished_at=timezone.now(), note=note[:300])


def sign_of_life(*, at: datetime, note: str = "", every: timedelta = timedelta()) -> None:
    """Say that a worker is there (心跳); one statement that changes nothing where the last sign is younger than `every`."""
    row = Routine(name=WORKER, due_at=at, finished_at=at, note=note[:300])
    if not Routine.objects.filter(name=WORKER, finished_at__gt=at - every).exists():
        Routine.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["name"], update_fields=["due_at", "finished_at", "note"]
        )
