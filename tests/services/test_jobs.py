"""Jobs are counted by where they stand."""

import pytest
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from huoshui.services.jobs import Jobs, job_figures

pytestmark = pytest.mark.django_db


def test_jobs_are_counted_by_where_they_stand() -> None:
    assert job_figures() == Jobs(waiting=0, failed=0)
    states = [TaskResultStatus.READY, TaskResultStatus.READY, TaskResultStatus.FAILED, TaskResultStatus.SUCCESSFUL]
    for state in states:
        DBTaskResult.objects.create(
            status=state, args_kwargs={"args": [], "kwargs": {}}, task_path="a.b", queue_name="default", backend_name="default",
            exception_class_path="", traceback="",
        )  # fmt: skip
    assert job_figures() == Jobs(waiting=2, failed=1)
