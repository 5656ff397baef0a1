"""The round of reminding as background work (时限提醒任务)."""

from django.utils import timezone
from django_tasks import task

from huoshui.services.clock import remind


@task()
def remind_of_clocks() -> dict[str, int]:
    """Write the notices that are due (写入时限提醒); safe to repeat, a second run writes nothing."""
    told = remind(at=timezone.now(), on=timezone.localdate())
    return {"due_soon": told.due_soon, "overdue": told.overdue, "escalated": told.escalated}
