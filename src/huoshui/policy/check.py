"""Check every policy file (政策文件检查)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from huoshui.errors import BadPolicyFile, UnknownRegion
from huoshui.policy.files import BUILT_IN, folders, is_name, load
from huoshui.policy.region import check_region

STALE_AFTER: Final = timedelta(days=365)
_MISPLACED: Final = "nobody reads it: expected <region>/<name>.yaml, the region as six digits and the name as a-z, 0-9 and _"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with, or old in, a policy file (检查发现)."""

    path: str
    kind: str  # broken | stale | unconfirmed
    message: str


def check_files(*, on: date) -> tuple[int, tuple[Finding, ...]]:
    """Read every file of every folder (检查全部政策文件): the number of files, and what was found.

    `broken` breaks the format or lies where nobody reads it, `stale` was not checked for a year, `unconfirmed` is a value that
    no text at hand shows. Raises BadPolicyFile where HUOSHUI_POLICY_PATH names something that is no folder.
    """
    paths = [(folder, path) for folder in folders() for path in sorted(_policy_files(folder))]
    return len(paths), tuple(finding for folder, path in paths for finding in _findings(folder, path, on=on))


def _policy_files(folder: Path) -> Iterator[Path]:
    for pattern in ("*.yaml", "*.yml", "[!.]*/*.yaml", "[!.]*/*.yml"):
        yield from folder.glob(pattern)


def _findings(folder: Path, path: Path, *, on: date) -> Iterator[Finding]:
    shown = path.relative_to(folder).as_posix() if folder == BUILT_IN else str(path)
    if path.parent.parent != folder or path.suffix != ".yaml" or not is_name(path.stem):
        yield Finding(shown, "broken", _MISPLACED)
        return
    try:
        check_region(path.parent.name)
        fields = load(path)
    except (BadPolicyFile, UnknownRegion) as error:
        yield Finding(shown, "broken", error.message.removeprefix(f"{path}: "))
        return
    for field, history in fields.items():
        if on - history[-1].checked_on > STALE_AFTER:
            yield Finding(shown, "stale", f"{field} was last checked on {history[-1].checked_on}")
        for x in history:
            if x.unconfirmed:
                yield Finding(shown, "unconfirmed", f"{field} since {x.since}: {x.source}")
