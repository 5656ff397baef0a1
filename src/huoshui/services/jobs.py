"""The background jobs in figures (后台任务): how many wait, how many failed."""

from dataclasses import dataclass

from django.db.models import Count, Q
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult


@dataclass(frozen=True, slots=True)
class Jobs:
    """Numbers of jobs (任务数)."""

    waiting: int
    failed: int


def job_figures() -> Jobs:
    """Count the jobs that wait and those that failed, with one query (任务统计)."""
    failed, waiting = (Q(status=x) for x in (TaskResultStatus.FAILED, TaskResultStatus.READY))
    found = DBTaskResult.objects.aggregate(jobs_waiting=Count("pk", filter=waiting), jobs_failed=Count("pk", filter=failed))
    return Jobs(found["jobs_waiting"], found["jobs_failed"])
