"""`huoshui registers`: what it prints, in which language, with which status."""

import json
from pathlib import Path
from typing import Any

import pytest

from huoshui.cli import main
from huoshui.cli.registers import _Progress

GOOD = "统一社会信用代码,企业名称,成立日期,登记状态\n91350211M0000XUF46,厦门甲有限公司,2020-01-02,存续\n,,2020-01-02,存续\n"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["registers", *arguments])
    return status, *capsys.readouterr()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "x.csv"
    path.write_text(GOOD, encoding="utf-8")
    return path


def test_inspect_prints_what_it_found_and_writes_the_mapping(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, "inspect", str(file), "--out", str(tmp_path / "m.yaml"))
    assert (status, err) == (0, "")
    assert out.splitlines()[:6] == [
        "x.csv: csv，utf-8，分隔符 ','，表头第 1 行，2 行",
        "种类: registry 市场主体登记（把握 83%）",
        "  统一社会信用代码  →  uscc            把握 1.00  空 0.0%",
        "  企业名称          →  name            把握 1.00  空 0.0%",
        "  成立日期          →  established_on  把握 1.00  空 0.0%",
        "  登记状态          →  status          把握 1.00  空 0.0%",
    ]
    assert "可接收 1，将拒收 1，完全重复 0，主键重复 0（统一社会信用代码）" in out
    assert "  第 3 行: 没有代码、编号和名称" in out
    assert (tmp_path / "m.yaml").read_text(encoding="utf-8").splitlines()[8:11] == [
        "kind: registry  # 市场主体登记; one of registry, tax, invoices, loans, exclusions, social_security, litigation",
        'files: ["x.csv"]',
        'encoding: "utf-8"',
    ]


def test_inspect_as_json_has_columns_and_quality(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "inspect", str(file), "--kind", "registry", "--json")
    (found,) = json.loads(out)["files"]
    assert (status, found["kind"], found["kind_confidence"], found["rows"], found["encoding"]) == (
        0,
        "registry",
        1.0,
        2,
        "utf-8",
    )
    assert [(x["source"], x["field"]) for x in found["columns"]] == [
        ("统一社会信用代码", "uscc"),
        ("企业名称", "name"),
        ("成立日期", "established_on"),
        ("登记状态", "status"),
    ]
    assert (found["quality"]["rejected"], found["quality"]["codes"]) == ({"NO_IDENTITY": 1}, {"CHECKSUM_MISMATCH": 1})


def test_import_prints_that_accepted_and_rejected_make_what_was_read(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, "import", "--kind", "registry", str(file), "--out", str(tmp_path / "out"))
    assert (status, err) == (0, "")
    assert out.splitlines()[0] == "未给映射文件，使用自动识别的映射（与 inspect 所列相同）："
    assert out.splitlines()[-5:] == [
        "拒收原因: NO_IDENTITY 1",
        "接收 1 + 拒收 1 = 读入 2",
        "accepted 1 + rejected 1 = read 2",
        f"已写入 {tmp_path}/out/registry.parquet",
        f"拒收明细 {tmp_path}/out/rejects.csv",
    ]
    assert (tmp_path / "out" / "registry.parquet").is_file()


def test_import_as_json_has_the_counts(tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mapping = tmp_path / "m.yaml"
    run(capsys, "inspect", str(file), "--out", str(mapping))
    status, out, _ = run(
        capsys, "import", "--kind", "registry", "--mapping", str(mapping), str(file), "--out", str(tmp_path / "out"), "--json"
    )
    found: dict[str, Any] = json.loads(out)
    assert status == 0
    assert {x: found[x] for x in ("read", "accepted", "rejected", "filtered", "withheld", "reconciles", "mapping")} == {
        "read": 2,
        "accepted": 1,
        "rejected": 1,
        "filtered": 0,
        "withheld": 0,
        "reconciles": True,
        "mapping": "given",
    }


def test_a_damaged_line_gives_status_1_and_one_sentence(tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(GOOD + "a,b\n", encoding="utf-8")
    arguments = ["import", "--kind", "registry", str(file), "--out", str(tmp_path / "out")]
    status, out, err = run(capsys, *arguments)
    assert (status, err.count("\n")) == (1, 1)
    assert err.startswith("huoshui: x.csv, line 4: 2 columns, expected 4; 1 damaged line(s) in all")
    assert "--reject-malformed" in err
    assert "accepted 0 + rejected 2 + withheld 1 = read 3" in out
    status, out, _ = run(capsys, *arguments, "--json")
    assert (status, json.loads(out)["error"]["code"]) == (1, "damaged_lines")
    status, out, err = run(capsys, *arguments, "--reject-malformed")
    assert (status, err) == (0, "")
    assert "accepted 1 + rejected 2 = read 3" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["inspect", "nowhere.csv"], "nowhere.csv: No such file or directory"),
        (
            ["import", "--kind", "registers", "x.csv", "--out", "o"],
            "kind must be one of registry, tax, invoices, loans, exclusions, social_security, litigation",
        ),
        (["import", "--kind", "tax", "nowhere.csv", "--out", "o"], "nowhere.csv: No such file or directory"),
        (["import", "--kind", "tax", "--mapping", "no.yaml", "x.csv", "--out", "o"], "no.yaml: No such file or directory"),
        (["import", "--kind", "tax", "x.csv"], "the following arguments are required: --out"),
        (["inspect", "x.csv", "x.csv"], "a file is named twice"),
    ],
)
def test_wrong_input_gives_status_2_and_one_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert said in err
    status, out, err = run(capsys, *arguments, "--json")
    assert (status, err) == (2, "")
    assert said in json.loads(out)["error"]["message"]


@pytest.mark.parametrize(("size", "said"), [(1_000, ""), (200_000_000, "已读 100 MB / 200 MB (50%), 10 MB/s\n")])
def test_progress_is_told_for_long_files_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, size: int, said: str
) -> None:
    path = tmp_path / "x.csv"
    with path.open("wb") as file:
        file.truncate(size)
    moments = iter([0.0, 10.0])
    monkeypatch.setattr("huoshui.cli.registers.time.monotonic", lambda: next(moments))
    with _Progress([path]) as progress:
        progress(size // 2)
    assert capsys.readouterr().err == said
