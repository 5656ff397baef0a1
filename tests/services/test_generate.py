"""Runs of `generate`: the same bytes for the same parameters, taken up again when stopped, refused with a sentence."""

import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.adapters.synthetic.basis import Noise
from huoshui.adapters.synthetic.part import TABLES, write_part
from huoshui.errors import BadDate, BadRequest, HuoshuiError, OutputError, UnknownRegion
from huoshui.services import generate
from huoshui.services.generate import GenerateRequest, generate_registers
from tests.services.plain_screening import key_of, read_rows

ON: Final = date(2025, 6, 30)


def make(out: Path, **changes: Any) -> int:
    given: dict[str, Any] = {"firms": 3_000, "seed": 1, "region": "350000", "on": ON, **changes}
    return generate_registers(GenerateRequest(out=out, **given), progress=lambda *_: None).firms_written


def contents(folder: Path) -> dict[str, bytes]:
    return {str(x.relative_to(folder)): x.read_bytes() for x in sorted(folder.rglob("*")) if x.is_file()}


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "FIRMS_PER_PART", 1_000)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**63 - 1), firms=st.integers(1, 40))
def test_the_same_parameters_give_the_same_bytes(tmp_path_factory: pytest.TempPathFactory, seed: int, firms: int) -> None:
    first, second = (tmp_path_factory.mktemp("again") for _ in range(2))
    for folder in (first, second):
        make(folder, seed=seed, firms=firms)
    assert contents(first) == contents(second)


def test_another_seed_gives_other_firms(tmp_path: Path) -> None:
    names = []
    for seed in (1, 2):
        make(tmp_path / str(seed), firms=100, seed=seed)
        names.append([x["name"] for x in read_rows(tmp_path / str(seed), "registry")])
    assert names[0] != names[1]


@pytest.mark.usefixtures("small_parts")
def test_the_number_of_workers_changes_no_byte(tmp_path: Path) -> None:
    for workers in (1, 2):
        make(tmp_path / str(workers), firms=2_500, workers=workers)
    one, two = contents(tmp_path / "1"), contents(tmp_path / "2")
    assert one == two
    assert [x for x in one if x.startswith("registry")] == [f"registry.parquet/part-000{i}.parquet" for i in range(3)]


@pytest.mark.usefixtures("small_parts")
def test_the_parts_of_a_smaller_run_are_the_first_of_a_larger_one(tmp_path: Path) -> None:
    for firms in (1_000, 2_000, 3_000):
        make(tmp_path / str(firms), firms=firms)
    one, two, three = (contents(tmp_path / str(firms)) for firms in (1_000, 2_000, 3_000))
    parts = {x: y for x, y in two.items() if "/" in x}
    assert parts == {x: three[x] for x in parts}
    assert {x: one[f"{x}.parquet"] for x in TABLES} == {x: two[f"{x}.parquet/part-0000.parquet"] for x in TABLES}
    rows = read_rows(tmp_path / "3000", "registry")
    assert len({x["row_id"] for x in rows}) == len(rows)
    assert [x["row_id"] for x in rows] == sorted(x["row_id"] for x in rows)
    firms_and_codes = {(x["firm"], key_of(y["uscc"])) for x, y in zip(read_rows(tmp_path / "3000", "truth"), rows, strict=True)}
    codes = [code for _, code in firms_and_codes if code]
    assert len(codes) == len(set(codes))


@pytest.mark.usefixtures("small_parts")
def test_a_stopped_run_goes_on_and_keeps_the_finished_parts(tmp_path: Path) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    make(whole, firms=3_000)
    shutil.copytree(whole, stopped)
    (stopped / "generate.json").rename(stopped / "generate.started.json")
    (stopped / "truth.parquet/part-0001.parquet").unlink()
    (stopped / "tax.parquet/part-0001.parquet").write_bytes(b"PAR1 half")
    (stopped / "loans.parquet/part-0002.parquet.writing").write_bytes(b"PAR1 half")
    kept = (stopped / "registry.parquet/part-0000.parquet").stat().st_mtime_ns
    assert make(stopped, firms=3_000) == 1_000
    assert contents(stopped) == contents(whole)
    assert (stopped / "registry.parquet/part-0000.parquet").stat().st_mtime_ns == kept


def test_a_killed_run_leaves_no_result_and_is_taken_up_again(tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "huoshui", "generate", "--firms", "60000", "--seed", "3", "--out", str(out)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not (out / "tax.parquet.writing").exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (out / "generate.json").exists()
    assert not (out / "truth.parquet").exists()
    make(out, firms=60_000, seed=3)
    make(tmp_path / "whole", firms=60_000, seed=3)
    assert contents(out) == contents(tmp_path / "whole")


def test_a_folder_with_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(BadRequest, match="is not empty; expected an empty folder"):
        make(tmp_path, firms=10)
    assert contents(tmp_path) == {"thesis.txt": b"mine"}


@pytest.mark.parametrize(
    "change", [{"firms": 11}, {"seed": 2}, {"region": "350200"}, {"noise": Noise.HARD}, {"on": date(2025, 7, 1)}]
)
def test_the_output_of_other_parameters_is_refused_and_left_alone(tmp_path: Path, change: dict[str, Any]) -> None:
    make(tmp_path, firms=10)
    before = contents(tmp_path)
    with pytest.raises(BadRequest, match=f"holds the output of other parameters, {next(iter(change))} being"):
        make(tmp_path, **{"firms": 10, **change})
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("change", "error", "field"),
    [
        ({"firms": 0}, BadRequest, "firms"),
        ({"firms": 400_000_001}, BadRequest, "firms"),
        ({"firms": 30_000_000, "region": "350203"}, BadRequest, "firms"),
        ({"seed": 2**63}, BadRequest, "seed"),
        ({"workers": 0}, BadRequest, "workers"),
        ({"region": "990000"}, UnknownRegion, "region"),
        ({"region": "350299"}, UnknownRegion, "region"),
        ({"on": date(9999, 12, 31)}, BadDate, "on"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(
    tmp_path: Path, change: dict[str, Any], error: type[HuoshuiError], field: str
) -> None:
    with pytest.raises(error) as refused:
        make(tmp_path / "out", **change)
    assert refused.value.field == field
    assert not (tmp_path / "out").exists()


def test_a_full_disk_is_told_and_leaves_no_half_file(tmp_path: Path) -> None:
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000));"
        "from huoshui.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    out = tmp_path / "out"
    command = [sys.executable, "-c", program, "generate", "--firms", "20000", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{out} cannot be written" in done.stderr
    assert list(contents(out)) == ["generate.started.json"]


def test_a_part_that_cannot_be_written_is_an_output_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate, "write_part", _spoiled)
    with pytest.raises(OutputError, match="cannot be written"):
        make(tmp_path, firms=10)
    assert list(contents(tmp_path)) == ["generate.started.json"]


def _spoiled(part: Any) -> None:
    (part.folder / "registry.parquet.writing").mkdir()
    try:
        write_part(part)
    finally:
        (part.folder / "registry.parquet.writing").rmdir()
