"""`huoshui serve`: the site with its server and its worker (启动站点)."""

import argparse
import os
import socket
import subprocess
import sys
import threading
from typing import Final

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from huoshui.cli.demo import fill, print_logins
from huoshui.cli.site import make_ready
from huoshui.errors import BadRequest, OutputError

_LET_GO: Final = 15  # seconds that the worker gets to finish the task at hand


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where it listens, with what it fills itself, whether it stays (参数)."""
    parser.add_argument("--port", type=int, default=8000, metavar="N", help="default 8000")
    parser.add_argument("--host", default="127.0.0.1", metavar="NUMBER", help="default 127.0.0.1: this machine alone")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="server processes, four threads each (default 2)")
    parser.add_argument("--demo", action="store_true", help="fill the site with a synthetic county, print one login a role")
    parser.add_argument("--no-stay", action="store_true", help="make everything ready, print the same, and leave")


def run(args: argparse.Namespace) -> int:
    """Make ready in a process of its own, then serve until told to stop (执行)."""
    if not 0 < args.port < 65536:
        raise BadRequest(f"{args.port} is no port; expected 1 to 65535", field="port")
    os.environ.setdefault("HUOSHUI_ADDRESS", f"http://{args.host}:{args.port}")
    if args.demo:
        os.environ["HUOSHUI_DEMO"] = "1"
    if args.no_stay:
        make_ready()
        if args.demo:
            fill()
            print_logins()
        return 0
    _check_free(args.host, args.port)
    ready = [sys.executable, "-m", "huoshui", "serve", "--no-stay", "--port", str(args.port), "--host", args.host]
    ready += ["--demo"] if args.demo else []
    if status := subprocess.run(ready, check=False).returncode:  # noqa: S603 - our own command
        return status
    return _serve(args)


def _serve(args: argparse.Namespace) -> int:
    server = Granian(
        "huoshui.site.wsgi:application",
        address=args.host,
        port=args.port,
        interface=Interfaces.WSGI,
        workers=args.workers,
        blocking_threads=4,
        log_level=LogLevels.warning,
        workers_kill_timeout=10,
        respawn_failed_workers=True,
    )
    worker = _Worker()
    server.on_startup(lambda: print(f"== site: {os.environ['HUOSHUI_ADDRESS']} (stop: Ctrl-C)", flush=True))
    worker.start()
    try:
        server.serve()
    finally:
        worker.stop()
    print("== site: stopped", flush=True)
    return 0


class _Worker:
    """The worker beside the server: started again where it dies, told to stop when the server does."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._keep, daemon=True)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._watch.start()

    def _keep(self) -> None:
        while not self._stopping.is_set():
            command = [sys.executable, "-m", "huoshui", "worker", "--beside", str(os.getpid())]
            self._process = subprocess.Popen(command, start_new_session=True)  # noqa: S603 - our own command
            self._process.wait()
            self._stopping.wait(3)

    def stop(self) -> None:
        self._stopping.set()
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_LET_GO)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._watch.join(_LET_GO)


def _check_free(host: str, port: int) -> None:
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise OutputError(
            f"port {port} of {host} cannot be listened on: {error.strerror}; choose another with --port"
        ) from None
