"""`huoshui generate`: what it prints, and what it refuses."""

import json
from pathlib import Path

import pytest

from huoshui.cli import main


def test_it_says_what_was_made_and_that_it_is_synthetic(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--firms", "500", "--seed", "1", "--out", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("合成数据（synthetic）")
    assert "500 firms written" in printed.out
    assert printed.err.startswith("synthetic (合成数据): 500 of 500 firms")
    assert sorted(x.name for x in (tmp_path / "out").iterdir()) == [
        "exclusions.parquet", "generate.json", "invoices.parquet", "links.parquet", "loans.parquet", "registry.parquet",
        "tax.parquet", "truth.parquet",
    ]  # fmt: skip


def test_json_is_what_stands_in_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["generate", "--firms", "200", "--out", str(tmp_path), "--json", "--noise", "none", "--region", "350203"]
    assert main(command) == 0
    first = capsys.readouterr().out
    assert json.loads(first) == json.loads((tmp_path / "generate.json").read_text(encoding="utf-8"))
    assert json.loads(first)["synthetic"] is True
    assert main(command) == 0
    assert capsys.readouterr().out == first


def test_outcomes_are_made_on_request_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--firms", "800", "--outcomes", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    told = json.loads((tmp_path / "generate.json").read_text(encoding="utf-8"))["counts"]["outcomes"]
    assert f"  {told['loans']} loans with an outcome, {told.get('bad', 0)} of them not paid (synthetic)" in printed


@pytest.mark.parametrize(
    ("flags", "code", "field"),
    [
        (["--firms", "many"], "bad_request", "firms"),
        (["--firms", "0"], "bad_request", "firms"),
        (["--firms", "10", "--seed", "-1"], "bad_request", "seed"),
        (["--firms", "10", "--on", "30.6.2025"], "bad_date", "on"),
        (["--firms", "10", "--on", "1999-01-01"], "no_policy", "on"),
        (["--firms", "10", "--region", "Fujian"], "unknown_region", "region"),
        (["--firms", "10", "--region", "350299"], "unknown_region", "region"),
        (["--firms", "10", "--noise", "loud"], "bad_choice", "noise"),
        (["--firms", "10", "--workers", "0"], "bad_request", "workers"),
    ],
)
def test_wrong_input_is_one_error_and_status_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], flags: list[str], code: str, field: str
) -> None:
    assert main(["generate", "--out", str(tmp_path / "out"), "--json", *flags]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], error["field"]) == (code, field)
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    assert main(["generate", "--firms", "10", "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == f"huoshui: {tmp_path / 'out'} is a file; expected a folder to write to\n"
    assert (tmp_path / "out").read_text(encoding="utf-8") == "mine"
