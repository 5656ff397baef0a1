"""`huoshui model train`: figures as text and JSON, one sentence for what is refused."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from huoshui.cli import main
from tests.adapters.learning.made_firms import make_firms


@pytest.fixture
def asked(tmp_path: Path) -> list[str]:
    pq.write_table(make_firms(900), tmp_path / "features.parquet")
    given = ["--features", str(tmp_path / "features.parquet"), "--outcome", "bad", "--time", "year", "--by", "林静"]
    return ["model", "train", *given, "--out", str(tmp_path / "model"), "--quiet"]


def test_the_figures_are_printed_beside_the_challengers(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(asked) == 0
    shown = capsys.readouterr().out
    assert "points table 评分表" in shown
    assert "challenger 挑战者" in shown
    assert "the challenger's lead in AUC" in shown


def test_json_is_what_metrics_json_holds(asked: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads((tmp_path / "model" / "metrics.json").read_bytes())


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--outcome", "none"], "no outcome column 'none'"),
        (["--prior", "much"], "--prior much is no share"),
        (["--sign-leak", "sales"], "has no reason"),
        (["--folds", "1"], "--folds 1 is too few"),
        (["--on", "2026-13-01"], "on must be a day"),
    ],
)
def test_wrong_input_is_one_sentence(
    asked: list[str], given: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*asked, *given]) == 2
    shown = capsys.readouterr()
    assert sentence in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""


def test_a_missing_library_is_named_with_its_extra(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['lightgbm'] = None; from huoshui.cli import main;"
        "sys.exit(main(['model', 'train', '--features', 'f', '--out', 'o', '--json']))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["message"]) == (1, "lightgbm is not installed; run `pip install 'huoshui[risk]'`")
