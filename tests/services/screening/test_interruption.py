"""Runs that are stopped, that find no room, or that meet another: never half a result, never a former one lost."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from huoshui.adapters.result_folder import ResultFolder
from huoshui.errors import NothingToScreen, OutputError
from huoshui.terms import RegisterKind
from tests.adapters.registers.small_registers import Found, firm, loan, read_table, screen, screen_files

Registers = Mapping[RegisterKind, Path]
SMALL: Final = {"registry": [firm(1), firm(2)], "loans": [loan(2)]}
pytestmark = pytest.mark.xdist_group("province")


def command(registers: Registers, out: Path) -> list[str]:
    flags = [x for kind, path in registers.items() for x in (f"--{kind.value}", str(path))]
    asked = ["--rule", "never_borrowed", "--region", "350000", "--on", "2025-06-30", "--out", str(out), "--quiet"]
    return ["screen", *flags, *asked]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(x.relative_to(folder)): x.read_bytes() for x in sorted(folder.rglob("*")) if x.is_file()}


def kill_when(exists: Path, *, registers: Registers, out: Path) -> None:
    """Start a run and kill it as soon as it has written a file."""
    process = subprocess.Popen(
        [sys.executable, "-m", "huoshui", *command(registers, out), "--workbooks", "all"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    until = time.monotonic() + 60
    while not exists.exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


@pytest.mark.parametrize("stage", ["work", "result/firms.parquet"])
def test_a_killed_run_leaves_no_result_and_the_next_one_succeeds(province: Registers, tmp_path: Path, stage: str) -> None:
    out = tmp_path / "out"
    unfinished = tmp_path / ".out.unfinished"
    kill_when(unfinished / stage, registers=province, out=out)
    assert not out.exists()
    assert unfinished.exists()
    found = screen_files(tmp_path, province)
    assert found.summary["reconciles"] is True
    assert [x.name for x in tmp_path.iterdir()] == ["out"]


def test_a_killed_run_leaves_the_former_result_as_it_was(province: Registers, tmp_path: Path) -> None:
    out = tmp_path / "results" / "out"
    screen(tmp_path, SMALL, out=out)
    before = contents(out)
    kill_when(out.with_name(".out.unfinished") / "result/firms.parquet", registers=province, out=out)
    assert contents(out) == before
    found = screen_files(tmp_path, province, out=out)
    assert len(found.firms) > 5_000
    assert [x.name for x in out.parent.iterdir()] == ["out"]


def test_a_run_that_fails_leaves_the_former_result_as_it_was(tmp_path: Path) -> None:
    found = screen(tmp_path, SMALL)
    before = contents(found.out)
    with pytest.raises(NothingToScreen):
        screen(tmp_path, SMALL, region="110000")
    assert contents(found.out) == before


def test_a_result_is_put_in_place_only_when_it_is_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = screen(tmp_path, SMALL)
    before = contents(found.out)
    seen = {}

    def look(place: ResultFolder, result: Path) -> None:
        seen["former"] = contents(place.out) == before
        seen["complete"] = sorted(x.name for x in result.iterdir()) == sorted(x.name for x in place.out.iterdir())
        put(place, result)

    put = ResultFolder.put
    monkeypatch.setattr(ResultFolder, "put", look)
    screen(tmp_path, {**SMALL, "registry": [firm(7)]})
    assert seen == {"former": True, "complete": True}
    assert [x["row_id"] for x in read_table(found.out / "firms.parquet")] == [7]


def test_a_full_disk_is_one_sentence_and_leaves_nothing(province: Registers, tmp_path: Path) -> None:
    """A file that may not grow stands for a disk that is full."""
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000));"
        "from huoshui.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    started = [sys.executable, "-c", program, *command(province, tmp_path / "out")]
    done = subprocess.run(started, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"huoshui: cannot write to .*\n", done.stderr)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux mounts a small disk for one process")
@pytest.mark.parametrize("kilobytes", [300, 900, 1_500])
def test_a_disk_that_is_full_at_any_stage_is_one_sentence_and_leaves_nothing(
    province: Registers, province_screened: Found, tmp_path: Path, kilobytes: int
) -> None:
    small, left = tmp_path / "small", tmp_path / "small.left"
    small.mkdir()
    former = ["--previous", str(province_screened.out), "--workbooks", "all"]
    script = f'mount -t tmpfs -o size={kilobytes}k tmpfs "$0" || exit 99; "$@"; status=$?; find "$0" >"$0.left"; exit $status'
    started = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, str(small)]
    done = subprocess.run(
        [*started, sys.executable, "-m", "huoshui", *command(province, small / "out"), *former],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode == 99 or "unshare" in done.stderr:
        pytest.skip("a small disk cannot be mounted here: it needs root, or user namespaces (unshare --map-root-user)")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"huoshui: .*\n", done.stderr)
    assert left.read_text(encoding="utf-8") == f"{small}\n"


def test_a_second_run_of_the_same_output_is_refused_while_the_first_goes_on(tmp_path: Path) -> None:
    unfinished = tmp_path / ".out.unfinished"
    unfinished.mkdir()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        (unfinished / "pid").write_text(str(other.pid), encoding="ascii")
        with pytest.raises(OutputError, match=rf"another run \(process {other.pid}\)"):
            screen(tmp_path, SMALL)
        assert (unfinished / "pid").exists()
        other.communicate(b"\n")
    assert screen(tmp_path, SMALL).summary["universe"] == 2
    assert not unfinished.exists()


@pytest.mark.parametrize("pid", ["", "not a number", str(2**22 + 1)])
def test_what_a_dead_run_left_is_cleared_away(tmp_path: Path, pid: str) -> None:
    unfinished = tmp_path / ".out.unfinished"
    (unfinished / "result").mkdir(parents=True)
    (unfinished / "pid").write_text(pid, encoding="ascii")
    (unfinished / "result" / "firms.parquet").write_bytes(b"PAR1 half")
    assert screen(tmp_path, SMALL).summary["universe"] == 2
    assert not unfinished.exists()
