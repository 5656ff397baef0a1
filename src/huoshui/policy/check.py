"""Check every policy file (政策文件检查)."""

from dataclasses import dataclass
from datetime import date, timedelta

from huoshui.errors import BadPolicyFile, UnknownRegion
from huoshui.policy.reading import folders, load
from huoshui.policy.region import check_region

STALE_AFTER = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with, or old in, a policy file (检查发现)."""

    path: str
    kind: str  # broken | stale | unconfirmed
    message: str


def check_files(*, on: date) -> tuple[int, tuple[Finding, ...]]:
    """Read every file of every folder (检查全部政策文件): the number of files, and what was found.

    `broken` breaks the format, `stale` was not checked for a year, `unconfirmed` is a value no text at hand shows.
    """
    found: list[Finding] = []
    count = 0
    for folder in folders():
        for path in sorted(folder.glob("[0-9]*/*.yaml")):
            count += 1
            shown = f"{path.parent.name}/{path.name}"
            try:
                check_region(path.parent.name)
                fields = load(path, path.stat().st_mtime_ns)
            except (BadPolicyFile, UnknownRegion) as error:
                found.append(Finding(shown, "broken", error.message))
                continue
            for field, history in fields.items():
                checked_on = history[-1].checked_on
                if on - checked_on > STALE_AFTER:
                    found.append(Finding(shown, "stale", f"{field} was last checked on {checked_on}"))
                found.extend(
                    Finding(shown, "unconfirmed", f"{field} since {x.since}: {x.source}") for x in history if x.unconfirmed
                )
    return count, tuple(found)
