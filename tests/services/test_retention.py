"""Records of use are kept as long as the policy says, and no longer."""

from datetime import datetime, timedelta

import pytest
from axes.models import AccessLog
from django.contrib.sessions.models import Session
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from huoshui.models import Scan
from huoshui.services.retention import Forgotten, forget_old_records
from huoshui.terms import ScanDevice, ScanVerdict

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 25, 4, tzinfo=timezone.get_fixed_timezone(0))
OLD = AT - timedelta(days=190)
NEW = AT - timedelta(days=170)


def job(status: TaskResultStatus, *, at: datetime) -> None:
    DBTaskResult.objects.create(
        status=status, args_kwargs={"args": [], "kwargs": {}}, task_path="a.b", queue_name="default", backend_name="default",
        exception_class_path="", traceback="", finished_at=at,
    )  # fmt: skip


def test_what_is_over_goes_and_what_is_not_stays() -> None:
    for at in (OLD, NEW):
        Scan.objects.create(at=at, verdict=ScanVerdict.UNKNOWN, device=ScanDevice.PHONE, device_hash="0" * 64)
        log = AccessLog.objects.create(username="lead")
        AccessLog.objects.filter(pk=log.pk).update(attempt_time=at)
        job(TaskResultStatus.SUCCESSFUL, at=at)
        job(TaskResultStatus.FAILED, at=at)
    job(TaskResultStatus.SUCCESSFUL, at=AT - timedelta(days=1))
    for key, ends in (("over", AT - timedelta(minutes=1)), ("open", AT + timedelta(minutes=1))):
        Session.objects.create(session_key=key, session_data="", expire_date=ends)
    assert forget_old_records(at=AT) == Forgotten(scans=1, logins=1, sessions=1, jobs=2)
    assert forget_old_records(at=AT) == Forgotten(scans=0, logins=0, sessions=0, jobs=0)
    assert (Scan.objects.get().at, AccessLog.objects.count(), Session.objects.get().session_key) == (NEW, 1, "open")
    assert set(DBTaskResult.objects.values_list("status", flat=True)) == {TaskResultStatus.FAILED, TaskResultStatus.SUCCESSFUL}
