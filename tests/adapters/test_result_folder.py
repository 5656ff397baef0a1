"""A result's folder: complete or not there, the former one never lost, nothing left behind."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from huoshui.adapters import result_folder
from huoshui.adapters.result_folder import open_result_folder
from huoshui.errors import OutputError

MARKER: Final = "manifest.json"
KILLED_AT_A_RENAME: Final = """
import os, signal, sys
from pathlib import Path
from huoshui.adapters import result_folder

by_exchange, wanted = sys.argv[2] == "exchange", int(sys.argv[3])
if not by_exchange:
    result_folder.exchange = lambda one, other: False
seen = 0

def stop(event, given):
    global seen
    if event in ("os.rename", "shutil.rmtree"):
        seen += 1
        if seen == wanted:
            os.kill(os.getpid(), signal.SIGKILL)

with result_folder.open_result_folder(Path(sys.argv[1]), marker="manifest.json") as place:
    made = place.unfinished / "result"
    made.mkdir()
    (made / "manifest.json").write_text("new")
    sys.addaudithook(stop)
    place.put(made)
"""


def put(out: Path, text: str) -> None:
    with open_result_folder(out, marker=MARKER) as place:
        made = place.unfinished / "result"
        made.mkdir()
        (made / MARKER).write_text(text, encoding="ascii")
        place.put(made)


def test_a_result_takes_the_place_of_the_former_one(tmp_path: Path) -> None:
    out = tmp_path / "a" / "out"
    for text in ("one", "two"):
        put(out, text)
        assert (out / MARKER).read_text(encoding="ascii") == text
        assert [x.name for x in out.parent.iterdir()] == ["out"]


def test_a_result_takes_the_place_of_the_former_one_where_folders_cannot_be_exchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(result_folder, "exchange", lambda *_: False)
    test_a_result_takes_the_place_of_the_former_one(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux exchanges two folders at one stroke")
def test_linux_exchanges_two_folders_at_one_stroke(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / name).mkdir(parents=True)
    assert result_folder.exchange(tmp_path / "one", tmp_path / "two") is True
    assert [x.name for x in (tmp_path / "one").iterdir()] == ["two"]
    assert result_folder.exchange(tmp_path / "one", tmp_path / "nowhere") is False


@pytest.mark.parametrize(("way", "at", "is_new"), [("exchange", 1, True), ("renames", 1, False), ("renames", 2, False),
                                                   ("renames", 3, True)])  # fmt: skip
def test_a_kill_at_any_step_of_the_replacement_loses_no_result(tmp_path: Path, way: str, at: int, is_new: bool) -> None:
    """After the kill a whole result stands there or is given back by the next run, even if that run fails."""
    out = tmp_path / "out"
    put(out, "former")
    done = subprocess.run([sys.executable, "-c", KILLED_AT_A_RENAME, str(out), way, str(at)], check=False)
    assert done.returncode == -signal.SIGKILL
    with pytest.raises(ZeroDivisionError), open_result_folder(out, marker=MARKER):
        raise ZeroDivisionError
    assert (out / MARKER).read_text(encoding="ascii") == ("new" if is_new else "former")
    assert list(tmp_path.iterdir()) == [out]


def test_an_error_takes_away_the_parents_that_were_made_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(OutputError, match="cannot write to"), open_result_folder(tmp_path / "there/b/c/out", marker=MARKER):
        (tmp_path / "there/b/c/nowhere/file").write_bytes(b"x")
    assert list(tmp_path.rglob("*")) == [tmp_path / "there"]


@pytest.mark.parametrize("out", [".", "..", "inner/..", "/", "../../", "/proc"])
def test_a_place_that_cannot_be_replaced_is_refused_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str
) -> None:
    (tmp_path / "here" / "inner").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(OutputError, match="expected a folder") as refused, open_result_folder(Path(out), marker=MARKER):
        pass
    assert refused.value.field == "out"
    assert [x.name for x in tmp_path.iterdir()] == ["here"]


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for text in ("one", "two"):
        put(tmp_path / "link", text)
        assert (tmp_path / "real" / MARKER).read_text(encoding="ascii") == text
    assert sorted(x.name for x in tmp_path.iterdir()) == ["link", "real"]
    assert (tmp_path / "link").is_symlink()


def test_what_holds_no_former_result_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_bytes(b"x")
    for name, why in (("file", "is a file"), ("full", "holds no former result")):
        with pytest.raises(OutputError, match=why), open_result_folder(tmp_path / name, marker=MARKER):
            pass
    assert (tmp_path / "full" / "thesis.txt").exists()
