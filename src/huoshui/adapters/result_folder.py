"""The folder of a result (结果目录): written beside its place and put there when it is complete; never a part of it.

A killed run leaves `.<name>.unfinished` beside the result. The next run of the same output puts the former result back if it
had just been taken away, and clears the rest.
"""

import ctypes
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from huoshui.errors import OutputError

FORMER: Final = "former"
_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2


@dataclass(frozen=True, slots=True)
class ResultFolder:
    """A place for a result (结果位置): `out` where it will be, `unfinished` a folder beside it to work in."""

    out: Path
    unfinished: Path

    def put(self, result: Path) -> None:
        """Put a complete folder, made inside `unfinished`, in place of the former result (就位); raises OSError."""
        if self.out.exists() and exchange(self.out, result):
            return
        if self.out.exists():
            self.out.rename(self.unfinished / FORMER)
        result.rename(self.out)


@contextmanager
def open_result_folder(out: Path, *, marker: str) -> Iterator[ResultFolder]:
    """A folder to work in beside the result (打开结果目录), cleared away at the end.

    `marker` is the file by which a former result is known: a folder that holds anything else is refused. Raises OutputError
    for what is no place for a result, for a place where another run is writing, and for every OSError inside. After an error
    nothing is left that was not there before, created parents included.
    """
    place = find_place(out, marker=marker)
    folder = place.with_name(f".{place.name}.unfinished")
    missing = [x for x in folder.parents if not x.exists()]
    _check_not_running(folder)
    try:
        _restore(folder, place)
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        (folder / "pid").write_text(str(os.getpid()), encoding="ascii")
        yield ResultFolder(place, folder)
    except OSError as error:
        raise OutputError(f"cannot write to {out.parent}: {error.strerror or error}", field="out") from error
    finally:
        _restore(folder, place)
        shutil.rmtree(folder, ignore_errors=True)
        if not place.exists():
            for parent in missing:
                with suppress(OSError):
                    parent.rmdir()


def find_place(out: Path, *, marker: str) -> Path:
    """The whole path of a result (结果路径); raises OutputError where no result can be put."""
    try:
        place = out.resolve()
    except (OSError, RuntimeError) as error:
        raise OutputError(f"{out} leads nowhere: {error}", field="out") from error
    if Path.cwd().is_relative_to(place):
        raise OutputError(f"{out} is the folder this was started in, or holds it; expected a folder of its own", field="out")
    if place.exists() and not place.is_dir():
        raise OutputError(f"{out} is a file; expected a new folder or a former result", field="out")
    if place.is_mount():
        raise OutputError(f"{out} is where a disk is mounted; expected a folder inside it", field="out")
    if place.is_dir() and any(place.iterdir()) and not (place / marker).is_file():
        raise OutputError(f"{out} is not empty and holds no former result; expected a new folder", field="out")
    return place


def exchange(one: Path, other: Path) -> bool:
    """Exchange two folders at one stroke (原子交换); False where the system or the disk cannot."""
    try:
        renameat2 = ctypes.CDLL(None).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    done: int = renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    return done == 0


def _restore(folder: Path, place: Path) -> None:
    """Give the former result back to a place from which it was taken and that nothing was put in."""
    if (folder / FORMER).is_dir() and not place.exists():
        (folder / FORMER).rename(place)


def _check_not_running(folder: Path) -> None:
    try:
        pid = int((folder / "pid").read_text(encoding="ascii"))
        os.kill(pid, 0)
    except (OSError, ValueError, OverflowError):
        return
    if pid != os.getpid():
        raise OutputError(
            f"another run (process {pid}) is writing the same output; wait for it or choose another --out", field="out"
        )
