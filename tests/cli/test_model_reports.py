"""`huoshui model validate`, `compare` and `monitor`: what they print, and their exit status."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from huoshui.cli import main
from tests.services.model.small_firms import small_firms, write_firms, write_trained
from tests.services.model.small_models import CHECKER, People, make_people, small_table, write_small


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    return make_people(tmp_path_factory.mktemp("people"))


@pytest.fixture(scope="module")
def model(people: People, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_trained(tmp_path_factory.mktemp("models") / "model", people=people)


@pytest.fixture(scope="module")
def firms(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    features, outcomes = write_firms(tmp_path_factory.mktemp("firms"), small_firms())
    return ["--features", str(features), "--outcomes", str(outcomes)]


def test_a_validation_prints_figures_lights_and_groups(
    model: Path, people: People, firms: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["model", "validate", str(model), *firms, "--on", "2026-06-30", "--trusted", str(people.trusted)]
    assert main([*command, "--out", str(tmp_path / "out")]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("small on 600 firms, ")
    for part in ("not approved", "auc ", "PSI of the score", "(正常)", "350299", "too small to judge"):
        assert part in shown
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads((tmp_path / "out" / "validation.json").read_bytes())


def test_a_comparison_prints_both_sides_and_names_the_firms(
    model: Path, people: People, firms: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_small(tmp_path / "other", people=people, table=replace(small_table(), name="other", base=510))
    command = ["model", "compare", str(model), str(other), *firms, "--on", "2026-06-30", "--out", str(tmp_path / "out")]
    assert main(command) == 0
    shown = capsys.readouterr().out
    for part in ("champion small", "challenger other", "difference (差)", "0.000 [0.000, 0.000]", "changes.parquet", "换入"):
        assert part in shown
    assert main([*command[:4], *firms[:2], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["figures"] is None


def test_monitoring_fails_only_where_a_light_is_red(
    model: Path, people: People, firms: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["model", "monitor", str(model), "--allow-unapproved", "--trusted", str(people.trusted), "--out"]
    command.append(str(tmp_path / "watch"))
    assert main([*command, *firms, "--on", "2026-06-30"]) == 0
    assert capsys.readouterr().out.startswith("small on 2026-06-30: in order (正常), 600 firms\n  this model is not approved")
    moved, _ = write_firms(tmp_path / "moved", small_firms(shift=2.0))
    assert main([*command, "--features", str(moved), "--on", "2026-07-31"]) == 1
    assert "red (预警): psi of score" in capsys.readouterr().out
    level, outcomes = write_firms(tmp_path / "level", small_firms(rows=3000, level=3.0))
    assert main([*command, "--features", str(level), "--outcomes", str(outcomes), "--on", "2026-08-31"]) == 1
    assert "advice: an overlay of -" in capsys.readouterr().out
    assert len((tmp_path / "watch" / "history.jsonl").read_text(encoding="utf-8").splitlines()) == 3


def test_an_unapproved_model_is_refused_in_one_sentence(
    model: Path, people: People, firms: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["model", "monitor", str(model), *firms, "--on", "2026-06-30", "--out", str(tmp_path / "watch")]
    assert main([*command, "--trusted", str(people.trusted), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "not_approved"
    assert not (tmp_path / "watch").exists()


@pytest.mark.parametrize("subcommand", ["validate", "compare", "monitor", "approve", "keys", "card"])
def test_every_subcommand_explains_itself(subcommand: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["model", subcommand, "--help"])
    assert left.value.code == 0
    assert f"usage: huoshui model {subcommand}" in capsys.readouterr().out


def test_a_card_is_written_for_a_committee(
    model: Path, people: People, firms: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    validation, card, trusted = str(tmp_path / "validation"), str(tmp_path / "card"), ["--trusted", str(people.trusted)]
    assert main(["model", "validate", str(model), *firms, "--on", "2026-06-30", "--out", validation, *trusted]) == 0
    capsys.readouterr()
    assert main(["model", "card", str(model), "--validation", validation, "--out", card, *trusted]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("small 1 (unapproved): ")
    assert f"{card}/card.en.pdf\nthis model is not approved" in shown


def test_every_report_calls_a_synthetic_model_so(
    people: People, firms: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = str(write_trained(tmp_path / "model", people=people, synthetic=True))
    trusted, day = ["--trusted", str(people.trusted)], ["--on", "2026-06-30"]
    signing = ["--by", CHECKER, "--key", str(people.key(CHECKER)), "--reason", "跨期验证达标"]
    for command in (
        ["validate", model, *firms, *day],
        ["compare", model, model, *firms, *day],
        ["monitor", model, *firms, *day, "--out", str(tmp_path / "watch"), "--allow-unapproved"],
        ["card", model, "--out", str(tmp_path / "card")],
        ["approve", model, *day, *signing],
    ):
        main(["model", *command, *trusted])
        lines = capsys.readouterr().out.splitlines()
        assert [x.strip() for x in lines if "synthetic" in x] == ["synthetic data (合成数据)"], command[0]
