"""Signs of life of the site (健康状况)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import DatabaseError
from django.utils import timezone

from huoshui.models import Routine
from huoshui.services.routine import WORKER

_ALIVE: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Health:
    """What lives (健康状况): `worker` tells whether one gave a sign within the last minute."""

    database: bool
    worker: bool


def site_health() -> Health:
    """Look, with one query (检查)."""
    try:
        worker = Routine.objects.filter(name=WORKER, finished_at__gte=timezone.now() - _ALIVE).exists()
    except DatabaseError:
        return Health(database=False, worker=False)
    return Health(database=True, worker=worker)
