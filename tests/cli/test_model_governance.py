"""`huoshui model keys` and `approve`: two people, one model, and one sentence for each refusal."""

import json
import stat
from pathlib import Path

import pytest

from huoshui.cli import main
from tests.services.model.small_models import CHECKER, MAKER, make_people, write_small


def test_a_key_is_made_for_its_owner_and_put_on_the_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key, trusted = tmp_path / "lin.pem", tmp_path / "trusted.yaml"
    command = [
        "model", "keys", "--name", MAKER, "--role", "maker", "--since", "2026-01-01", "--key", str(key),
        "--trusted", str(trusted),
    ]  # fmt: skip
    assert main([*command, "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["name"], made["roles"], made["since"]) == (MAKER, ["maker"], "2026-01-01")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    secret = key.read_text(encoding="ascii").splitlines()[1]
    assert secret not in trusted.read_text(encoding="utf-8") + json.dumps(made)
    assert main(["model", "keys", "--trusted", str(trusted)]) == 0
    assert capsys.readouterr().out.split() == [made["key_id"], MAKER, "maker", "2026-01-01.."]
    assert main(command) == 1
    assert "is there already" in capsys.readouterr().err


@pytest.mark.parametrize("left_out", ["--name", "--role", "--since", "--trusted"])
def test_a_key_needs_a_person_a_role_a_day_and_a_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], left_out: str
) -> None:
    flags = {
        "--name": MAKER, "--role": "maker", "--since": "2026-01-01", "--trusted": str(tmp_path / "t.yaml"),
        "--key": str(tmp_path / "k.pem"),
    }  # fmt: skip
    del flags[left_out]
    assert main(["model", "keys", *(x for flag in flags.items() for x in flag)]) == 2
    assert capsys.readouterr().err == "huoshui: a new key needs --trusted, --name, --role and --since\n"
    assert list(tmp_path.iterdir()) == []


def test_a_model_is_approved_and_withdrawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    people = make_people(tmp_path / "people")
    model = write_small(tmp_path / "model", people=people)
    signing = ["--key", str(people.key(CHECKER)), "--trusted", str(people.trusted), "--by", CHECKER]
    approve = ["model", "approve", str(model), "--on", "2026-03-09", "--reason", "跨期验证达标", *signing]
    assert main(approve) == 0
    shown = capsys.readouterr().out
    assert f"small 1: approved by {CHECKER} on 2026-03-09, trained by {MAKER}" in shown
    assert "unconfirmed" in shown
    withdraw = ["model", "approve", str(model), "--withdraw", "--on", "2026-08-01", "--reason", "PSI 超限", *signing]
    assert main([*withdraw, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "withdrawn"
    assert main(approve) == 2
    assert capsys.readouterr().err == f"huoshui: the model {model} is withdrawn already; train it anew to decide again\n"


def test_who_trained_is_refused_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    people = make_people(tmp_path / "people")
    model = write_small(tmp_path / "model", people=people)
    flags = ["--key", str(people.key(MAKER)), "--trusted", str(people.trusted), "--on", "2026-03-09", "--reason", "x"]
    assert main(["model", "approve", str(model), "--by", MAKER, *flags, "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert told == {
        "error": {
            "code": "maker_is_checker",
            "message": f"{MAKER} trained this model and cannot approve it; expected another person",
            "field": "by",
        }
    }
