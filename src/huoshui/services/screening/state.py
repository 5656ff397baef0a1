"""What a result keeps for the next night (筛查状态): by what it was made, of which files, and with which totals.

The folder `state` beside a result holds the tables (adapters/registers/screening/kept_state.py); `state.json` in it says the
rest. A night goes on from a state only if nothing that decided the former result is different: else everything is screened
again, and the summary says why.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, Final

import duckdb
import msgspec

import huoshui
from huoshui import policy
from huoshui.adapters.registers.screening.kept_tables import UnusableState
from huoshui.adapters.registers.screening.kept_text import Ids
from huoshui.errors import OutputError
from huoshui.services.screening.basis import ScreeningBasis
from huoshui.services.screening.request import ScreeningRequest
from huoshui.terms import RegisterKind

STATE: Final = "state"
FORMAT: Final = "huoshui state 1"
MOST_NIGHTS: Final = 62
_STATE_FILE: Final = "state.json"
_CODE: Final = ("adapters/registers", "rules", "services/screening", "policy", "terms")


@dataclass(frozen=True, slots=True)
class Input:
    """A register file as it was read (登记文件): by size, time and inode it is known again without being read."""

    file: str
    bytes: int
    sha256: str
    mtime_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class KeptState:
    """All that state.json says (状态说明).

    `basis` has the values that must be the same for the next night; `segments` the number of buckets of each segment; `files`
    size, time and inode of every file of the state; `outside` counts registry rows of other regions; `sql` is what the engine
    was asked, by engine; `hindrance` says why no night can go on from it, where none can.
    """

    format: str
    basis: dict[str, str]
    inputs: dict[str, list[Input]]
    rows: dict[str, int]
    segments: list[int]
    counts: dict[str, Any]
    synthetic: bool
    ids: Ids
    outside: int = 0
    hindrance: str | None = None
    sql: dict[str, str] = field(default_factory=dict)
    files: dict[str, list[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Former:
    """A former state from which a night can go on (前次状态): `files` are new ones of each register, `inputs` all of them."""

    folder: Path
    kept: KeptState
    files: dict[RegisterKind, tuple[Path, ...]]
    inputs: dict[str, list[Input]]


def basis_of(request: ScreeningRequest, basis: ScreeningBasis) -> dict[str, str]:
    """The values that decide a result (结果依据), each named so that a reason can be given."""
    lists = policy.read("exclusion_lists", region=request.region, on=request.on)
    inside = [basis.rule, basis.priority, {x: lists[x] for x in lists.fields}, basis.citations]
    policies = msgspec.json.encode(inside, order="deterministic", enc_hook=str)
    return {
        "rule": request.rule,
        "region": request.region,
        "day": request.on.isoformat(),
        "policies": sha256(policies).hexdigest(),
        "version": f"{huoshui.__version__}, DuckDB {duckdb.__version__}",
        "code": _code(),
    }


@cache
def _code() -> str:
    """A digest of the code that makes a result; a version alone does not change while somebody works on it."""
    root = Path(huoshui.__file__).parent
    found = sha256()
    for place in _CODE:
        path = root / place
        for file in (
            [path] if path.is_file() else sorted(x for x in path.rglob("*") if x.suffix in (".py", ".so", ".dylib", ".dll"))
        ):
            found.update(file.relative_to(root).as_posix().encode())
            found.update(file.read_bytes())
    return found.hexdigest()


def read_inputs(
    files: Mapping[RegisterKind, Sequence[Path]], *, known: Mapping[str, Sequence[Input]]
) -> dict[str, list[Input]]:
    """Size and digest of each file (读取文件摘要); one that is `known` by size, time and inode is not read."""
    return {kind.value: _digests(found, known.get(kind.value, ())) for kind, found in files.items()}


def _digests(files: Sequence[Path], known: Sequence[Input]) -> list[Input]:
    by_stat = {(x.bytes, x.mtime_ns, x.inode): x.sha256 for x in known}
    found = []
    for path in files:
        stat = path.stat()
        digest = by_stat.get((stat.st_size, stat.st_mtime_ns, stat.st_ino))
        if digest is None:
            with path.open("rb") as stream:
                digest = file_digest(stream, "sha256").hexdigest()
        found.append(Input(path.name, stat.st_size, digest, stat.st_mtime_ns, stat.st_ino))
    return found


def find_former(previous: Path, *, basis: Mapping[str, str], files: Mapping[RegisterKind, tuple[Path, ...]]) -> Former:
    """The state of a former result (查找前次状态); raises UnusableState, with the reason, where no night can go on from it."""
    folder = previous / STATE
    kept = _read(folder)
    if kept.hindrance is not None:
        raise UnusableState(kept.hindrance)
    if differ := [x for x in basis if kept.basis.get(x) != basis[x]]:
        verb = "differs" if len(differ) == 1 else "differ"
        raise UnusableState(f"the {' and the '.join(differ)} {verb} from what the former result was made by")
    if len(kept.segments) > MOST_NIGHTS:
        raise UnusableState(f"{len(kept.segments) - 1} nights follow the last full run; a full run puts them together")
    _check_files(folder, kept)
    if gone := set(kept.inputs) - {x.value for x in files}:
        raise UnusableState(f"the {min(gone)} register is no longer given")
    inputs = read_inputs(files, known=kept.inputs)
    for kind, found in inputs.items():
        _check_inputs(kind, kept.inputs.get(kind, []), found)
    new = {kind: found[len(kept.inputs.get(kind.value, ())) :] for kind, found in files.items()}
    return Former(folder, kept, new, inputs)


def _read(folder: Path) -> KeptState:
    path = folder / _STATE_FILE
    if not path.is_file():
        raise UnusableState(f"{folder.parent} keeps no state; `huoshui screen --keep-state` does")
    try:
        written = path.read_bytes()
        named = msgspec.json.decode((folder.parent / "manifest.json").read_bytes())[STATE]
        kept = msgspec.json.decode(written, type=KeptState)
    except (OSError, KeyError, TypeError, msgspec.DecodeError) as error:
        raise UnusableState(f"{path}, or the manifest beside it, cannot be read: {error}") from error
    if sha256(written).hexdigest() != named:
        raise UnusableState(f"{path} is not the one that the manifest names")
    if kept.format != FORMAT:
        raise UnusableState(f"{path} has the format {kept.format!r}; expected {FORMAT!r}")
    return kept


def _check_files(folder: Path, kept: KeptState) -> None:
    """Whether every file of the state is the one that was written; what is not cannot be trusted."""
    for name, known in kept.files.items():
        try:
            found = _stat(folder / name)
        except OSError as error:
            raise UnusableState(f"{name} is missing from the state") from error
        if found != known:
            raise UnusableState(f"{name} of the state is not the file that was written: size, time or inode differs")


def _check_inputs(kind: str, before: Sequence[Input], now: Sequence[Input]) -> None:
    if len(now) < len(before):
        raise UnusableState(f"the {kind} register has {len(now)} files; there were {len(before)}")
    for old, new in zip(before, now, strict=False):
        if (old.bytes, old.sha256) != (new.bytes, new.sha256):
            raise UnusableState(f"{new.file} of the {kind} register is not the file {old.file} that was read before")


def share_state(former: Former, *, into: Path) -> None:
    """Give a new state the segments of a former one (共享分段): as hard links, or as copies where there can be none."""
    for name in former.kept.files:
        if name[0].isdigit():
            try:
                os.link(former.folder / name, into / name)
            except OSError:
                _copy(former.folder / name, into / name)


def _copy(path: Path, to: Path) -> None:
    try:
        shutil.copy2(path, to)
    except OSError as error:
        raise OutputError(f"cannot write to {to.parent}: {error.strerror or error}", field="out") from error


def write_state(folder: Path, kept: KeptState) -> str:
    """Write state.json, last of all files of a state (写出状态说明); returns its digest. Raises OSError."""
    files = {x.name: _stat(x) for x in sorted(folder.iterdir()) if x.name != _STATE_FILE}
    written = msgspec.json.encode(replace(kept, files=files))
    (folder / _STATE_FILE).write_bytes(written)
    return sha256(written).hexdigest()


def _stat(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ino]
