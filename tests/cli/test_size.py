"""`huoshui size` as it is called."""

import json
from pathlib import Path
from typing import Any

import pytest

from huoshui.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    status = main(["size", *arguments, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_the_firm_that_called_itself_small_is_medium(capsys: pytest.CaptureFixture[str]) -> None:
    status, found = run(capsys, "--industry", "6510", "--employees", "103", "--revenue", "157352800")
    wanted = ("size_class", "row", "row_zh", "industry", "edition", "missing", "notes")
    assert status == 0
    assert [found[x] for x in wanted] == ["medium", "I2", "软件和信息技术服务业", "6510", "2017", [], []]
    assert found["reasons"] == [
        "大型：从业人员 103 < 300 人，未达到",
        "大型：营业收入 157,352,800.00 ≥ 100,000,000.00 元，达到",
        "中型：从业人员 103 ≥ 100 人，达到",
        "中型：营业收入 157,352,800.00 ≥ 10,000,000.00 元，达到",
    ]
    assert found["tests"][0] == {"size_class": "large", "figure": "employees", "bound": 300, "given": 103, "held": False}


def test_the_citation_names_the_notice_its_day_and_its_region(capsys: pytest.CaptureFixture[str]) -> None:
    cited = run(capsys, "--industry", "6510", "--employees", "5", "--on", "2026-01-01", "--region", "350203")[1]["citation"]
    assert "国统字〔2017〕213号" in cited.pop("source")
    assert cited == {"policy": "size_class", "field": "rows", "region": "000000", "since": "2017-12-28", "unconfirmed": False}


def test_a_missing_figure_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    status, found = run(capsys, "--industry", "C", "--employees", "30")
    assert (status, found["size_class"], found["row"], found["missing"]) == (0, "unknown", "I", ["revenue"])
    assert found["reasons"][0] == "缺少营业收入，无法判定 (not known without revenue)"
    assert "大型：营业收入缺失，下限 400,000,000.00 元" in found["reasons"]


def test_what_the_rule_does_not_cover_is_not_applicable(capsys: pytest.CaptureFixture[str]) -> None:
    status, found = run(capsys, "--industry", "8310", "--employees", "30")
    assert (status, found["size_class"], found["row"]) == (0, "not_applicable", None)
    assert found["reasons"] == ["划型标准不适用于教育 (not covered: education)"]


def test_the_edition_and_the_day_choose_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    def row(*more: str) -> tuple[str, str]:
        found = run(capsys, "--industry", "5911", "--employees", "5", *more)[1]
        return found["edition"], found["row"]

    assert (row(), row("--edition", "2011"), row("--on", "2015-06-30")) == (("2017", "G1"), ("2011", "G2"), ("2011", "G2"))


def test_a_batch_keeps_the_order_and_goes_on_after_a_bad_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "b"
    lines = [
        '{"industry": "6510", "employees": 103, "revenue": "157352800"}', '{"industry": "99"}', '{"employees": 5}',
        '{"industry": "7010", "revenue": 1000000.5, "assets": "20000000"}', '{"industry": "5110", "employees": -1}',
    ]  # fmt: skip
    path.write_text("\n".join(lines), encoding="utf-8")
    assert main(["size", "--batch", str(path)]) == 1
    found = [json.loads(x) for x in capsys.readouterr().out.splitlines()]
    assert [x.get("size_class", x.get("error", {}).get("code")) for x in found] == [
        "medium", "bad_code", "bad_request", "small", "bad_request",
    ]  # fmt: skip


def test_people_read_the_class_the_row_the_comparisons_and_the_basis(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["size", "--industry", "82", "--employees", "9"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[:6] == [
        "划型结论  微型 micro",
        "适用行业  O 其他未列明行业 (other industries not listed)",
        "行业代码  82 (GB/T 4754—2017)",
        "  大型：从业人员 9 < 300 人，未达到",
        "  中型：从业人员 9 < 100 人，未达到",
        "  小型：从业人员 9 < 10 人，未达到",
    ]
    assert shown[6].startswith("提示：按 GB/T 4754—2017 为 O，按 2011 版则为不适用")
    assert [x.split("，")[0] for x in shown[7:]] == ["依据：rows", "依据：industries_2017"]
    assert shown[8].endswith("（未核实）")


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        (("--employees", "5"), "bad_request", "industry"),
        (("--industry", "6"), "bad_code", "industry"),
        (("--industry", "C6510"), "bad_code", "industry"),
        (("--industry", "65", "--employees", "many"), "bad_request", "employees"),
        (("--industry", "65", "--revenue", "1.234"), "bad_amount", "revenue"),
        (("--industry", "65", "--assets", "-1"), "bad_amount", "assets"),
        (("--industry", "65", "--edition", "2002"), "bad_choice", "edition"),
        (("--industry", "65", "--on", "2026-02-30"), "bad_date", "on"),
        (("--industry", "65", "--on", "2010-01-01"), "no_policy", "on"),
        (("--industry", "65", "--region", "990000"), "unknown_region", "region"),
        (("--industry", "65", "--on", "2015-01-01", "--edition", "2017"), "no_policy", "edition"),
    ],
)
def test_wrong_input_is_refused_with_a_sentence(
    arguments: tuple[str, ...], code: str, field: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = run(capsys, *arguments)
    assert (status, found["error"]["code"], found["error"]["field"]) == (2, code, field)
