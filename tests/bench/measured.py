"""Runs a command and measures its whole process tree: CPU seconds, wall seconds, peak memory, peak size of scratch folders."""

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

ROOT: Final = Path(__file__).parents[2]
GB: Final = 1e9
_EVERY_SECONDS: Final = 0.05
_SCRATCH_EVERY: Final = 20


@dataclass(frozen=True, slots=True)
class Used:
    """What a run used; `load` is the machine's load average at its end."""

    cpu: float
    wall: float
    memory_gb: float
    scratch_gb: float
    load: float
    output: str = ""


class Failed(SystemExit):
    """A command of a benchmark did not end well."""


def run(command: Sequence[str], *, scratch: Iterable[Path] = (), environment: dict[str, str] | None = None) -> Used:
    """Run a Python command to its end; `scratch` are folders whose peak size is of interest."""
    started = time.monotonic()
    with subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})}
    ) as process:
        watch = Watch(process.pid, scratch=tuple(scratch))
        output = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        watch.stop()
    if process.returncode:
        raise Failed(f"{' '.join(command)} ended with status {process.returncode}")
    memory = max(watch.memory, usage.ru_maxrss * 1024) / GB
    cpu = usage.ru_utime + usage.ru_stime
    return Used(cpu, time.monotonic() - started, memory, watch.scratch / GB, os.getloadavg()[0], output)


class Watch:
    """Samples memory and scratch space of a process tree on a thread of its own."""

    def __init__(self, pid: int, *, scratch: Sequence[Path]) -> None:
        self.memory = self.scratch = 0
        self._folders, self._stop = scratch, threading.Event()
        self._root = psutil.Process(pid)
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Sample no more."""
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        turn = 0
        while not self._stop.wait(_EVERY_SECONDS):
            self.memory = max(self.memory, tree_memory(self._root))
            if turn % _SCRATCH_EVERY == 0:
                self.scratch = max(self.scratch, sum(map(size_of, self._folders)))
            turn += 1


def tree_memory(root: psutil.Process) -> int:
    """Resident bytes of a process and all below it."""
    found = 0
    try:
        for process in (root, *root.children(recursive=True)):
            try:
                found += process.memory_info().rss
            except psutil.Error:  # it ended between the two calls
                continue
    except psutil.Error:  # the root itself ended
        return found
    return found


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder, while somebody else writes and deletes them."""
    found = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                found += os.stat(os.path.join(parent, name)).st_blocks * 512  # noqa: PTH116, PTH118 -- called often
            except FileNotFoundError:
                continue
    return found


def median(values: Iterable[float]) -> float:
    """The middle of some figures."""
    return statistics.median(values)
