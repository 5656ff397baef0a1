"""Background work of demands (需求后台任务): reminders, and what only waited for an authentication. Safe to repeat."""

from django.utils import timezone
from django_tasks import task

from huoshui.services.clock import remind
from huoshui.services.demand import declare_authenticated


@task()
def remind_of_clocks() -> dict[str, int]:
    """Write the notices that are due (写入时限提醒); a second run writes nothing."""
    told = remind(at=timezone.now(), on=timezone.localdate())
    return {"due_soon": told.due_soon, "overdue": told.overdue, "escalated": told.escalated}


@task()
def declare_waiting_demands() -> int:
    """Declare what only waited for an authentication that is done (认证完成后申报); gives how many."""
    return len(declare_authenticated(at=timezone.now()))
