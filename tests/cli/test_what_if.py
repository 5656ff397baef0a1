import json
from datetime import date
from pathlib import Path

import pytest

from huoshui.cli import main
from huoshui.services.generate import GenerateRequest, generate_registers

DAY = "2025-06-30"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("what_if")
    registers, out = folder / "registers", folder / "lists"
    request = GenerateRequest(firms=300, seed=3, out=registers, region="350203", on=date.fromisoformat(DAY))
    generate_registers(request, progress=lambda *_: None)
    given = [x for name in ("registry", "tax", "loans") for x in (f"--{name}", str(registers))]
    asked = ["--rule", "never_borrowed", "--region", "350203", "--on", DAY, "--workbooks", "none", "--quiet", "--keep-facts"]
    assert main(["screen", *given, *asked, "--out", str(out)]) == 0
    return out


def test_the_law_in_force_gives_the_same_verdicts_as_json(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["what-if", str(kept), "--region", "350203", "--on", DAY, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    summary = json.loads((kept / "summary.json").read_text(encoding="utf-8"))
    assert found["by_reason"] == {"before": summary["by_reason"], "now": summary["by_reason"]}
    assert (found["universe"], found["changed"]) == (summary["universe"], 0)


def test_people_read_before_and_now(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["what-if", str(kept), "--region", "350203", "--on", DAY]) == 0
    lines = capsys.readouterr().out.splitlines()
    listed = json.loads((kept / "summary.json").read_text(encoding="utf-8"))["listed"]
    assert ["N01", "无贷户", str(listed), str(listed), "+0"] in [x.split() for x in lines]
    assert lines[-2:] == ["  0 would enter the list", "  0 would leave it"]


def test_a_folder_without_facts_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["what-if", str(tmp_path), "--region", "350203", "--on", DAY, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "bad_file"


def test_a_policy_folder_that_is_not_there_is_one_sentence(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["what-if", str(kept), "--region", "350203", "--on", DAY, "--policy", str(kept / "none"), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "bad_policy_file"
