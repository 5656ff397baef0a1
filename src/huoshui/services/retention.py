"""Records of use end (记录清理): scans, log-ins, sessions and jobs that are over. Safe to repeat."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from axes.models import AccessAttempt, AccessLog
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from huoshui import policy
from huoshui.models import Scan
from huoshui.rules.calendar import add_months

JOBS: Final = timedelta(days=14)  # what went well; what failed stays until somebody has looked


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many records were deleted (清理数量)."""

    scans: int
    logins: int
    sessions: int
    jobs: int


@transaction.atomic
def forget_old_records(*, at: datetime) -> Forgotten:
    """Delete the records of use that the policy keeps no longer (清理到期记录); a code keeps the number of its scans."""
    months = policy.read("retention", region="000000", on=timezone.localdate(at))["record_months"]
    day = add_months(timezone.localdate(at), months=-months)
    since = datetime(day.year, day.month, day.day, tzinfo=timezone.get_current_timezone())
    logins = [x.objects.filter(attempt_time__lt=since).delete()[0] for x in (AccessLog, AccessAttempt)]
    done = DBTaskResult.objects.filter(status=TaskResultStatus.SUCCESSFUL, finished_at__lt=at - JOBS)
    return Forgotten(
        scans=Scan.objects.filter(at__lt=since).delete()[0],
        logins=sum(logins),
        sessions=Session.objects.filter(expire_date__lt=at).delete()[0],
        jobs=done.delete()[0],
    )
