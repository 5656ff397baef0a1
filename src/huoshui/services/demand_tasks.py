"""Demands that waited for an authentication, as background work (认证后申报任务)."""

from django.utils import timezone
from django_tasks import task

from huoshui.services.demand import declare_authenticated


@task()
def declare_waiting_demands() -> int:
    """Declare what only waited for an authentication that is done (认证完成后申报); safe to repeat."""
    return len(declare_authenticated(at=timezone.now()))
