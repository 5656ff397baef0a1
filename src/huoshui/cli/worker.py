"""`huoshui worker`: background tasks and what recurs, in one process (后台任务)."""

import argparse
import logging
import os
import signal
import socket
import threading
from datetime import timedelta
from typing import Final

from huoshui.cli.site import set_up

_ROUND: Final = 1.0  # seconds between two looks at what is due
_SIGN: Final = timedelta(seconds=15)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A single round, or as long as the server lives (参数)."""
    parser.add_argument("--once", action="store_true", help="work off what is due and leave")
    parser.add_argument(
        "--beside", type=int, metavar="PID", help="end when the process that started it has ended, however it did"
    )


def run(args: argparse.Namespace) -> int:
    """Work until told to stop (执行): SIGTERM and Ctrl-C let the task at hand finish."""
    set_up()
    from django_tasks_db.management.commands.db_worker import Worker  # noqa: PLC0415 - needs the settings

    name = f"{socket.gethostname()}-{os.getpid()}"[:60]
    worker = Worker(
        queue_names=["*"], interval=_ROUND, batch=args.once, backend_name="default", startup_delay=False, max_tasks=None,
        worker_id=name, excluded_queue_names=[],
    )  # fmt: skip
    if args.once:
        _look(name)
        worker.run()
        return 0
    stop = threading.Event()
    rounds = threading.Thread(target=_rounds, args=(stop, name, args.beside), name="routines")
    rounds.start()
    worker.configure_signals()
    try:
        worker.run()
    finally:
        stop.set()
        rounds.join()
    return 0


def _rounds(stop: threading.Event, name: str, parent: int | None) -> None:
    from django.db import close_old_connections, connections  # noqa: PLC0415 - needs the settings

    log = logging.getLogger("huoshui.worker")
    while not stop.wait(_ROUND):
        if parent is not None and os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)  # the task at hand is finished first
            break
        try:
            close_old_connections()
            _look(name)
        except Exception:  # a database that is away for a while comes back
            log.exception("a round of the routines failed")
    connections.close_all()


def _look(name: str) -> None:
    from django.utils import timezone  # noqa: PLC0415 - needs the settings

    from huoshui.services.routine import run_due, sign_of_life  # noqa: PLC0415

    now = timezone.now()
    sign_of_life(at=now, note=name, every=_SIGN)
    run_due(at=now)
