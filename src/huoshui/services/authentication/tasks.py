"""Work of authentication that nobody waits for (认证后台任务)."""

from django.utils import timezone
from django_tasks import task

from huoshui.services.authentication.reading import read_licence_photo


@task()
def read_licence_photo_later(authentication_id: int) -> None:
    """Read the licence of an authentication (后台识别执照); does nothing the second time."""
    read_licence_photo(authentication_id, at=timezone.now())
