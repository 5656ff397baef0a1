"""`huoshui policy` as it is called."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from huoshui.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    status = main(["policy", *arguments, "--json"])
    return status, json.loads(capsys.readouterr().out)


def lines(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    status = main(["policy", *arguments])
    return status, capsys.readouterr().out.splitlines()


TRIAL: Final = """
months:
  {zh: 最低月数, unit: 月, note: 见公告, checked_on: 2025-11-24, values: {
    2024-01-01: {value: 6, source: 公告一}, 2025-01-01: {value: 12, source: 公告二, unconfirmed: true}}}
lists:
  {zh: 名单, checked_on: 2024-01-01, values: {2023-01-01: {value: {a: [存续, 在业], b: true}, source: 公告三}}}
open:
  {zh: 开放, checked_on: 2026-01-01, values: {
    2023-01-01: {value: true, source: 公告四}, 2030-01-01: {value: null, source: 公告五}}}
"""


@pytest.fixture
def county(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two fields of a county, one of them a table."""
    path = tmp_path / "350203" / "trial.yaml"
    path.parent.mkdir()
    path.write_text(TRIAL, encoding="utf-8")
    monkeypatch.setenv("HUOSHUI_POLICY_PATH", str(tmp_path))
    return path


def test_the_rate_of_a_day_is_the_last_one_published(capsys: pytest.CaptureFixture[str]) -> None:
    status, found = run(capsys, "show", "lpr", "--on", "2022-08-21")
    assert status == 0
    assert found["value"] == {"one_year": "0.0370", "over_five_years": "0.0445"}
    assert [found[x] for x in ("name", "region", "on", "since", "region_of_value")] == [
        "lpr", "000000", "2022-08-21", "2022-07-20", "000000",
    ]  # fmt: skip
    assert found["source"] == found["fields"]["one_year"]["source"]


@pytest.mark.usefixtures("county")
def test_json_tells_for_each_field_where_it_comes_from(capsys: pytest.CaptureFixture[str]) -> None:
    status, found = run(capsys, "show", "trial", "--region", "350203", "--on", "2026-01-01")
    assert (status, found["value"]) == (0, {"months": 12, "lists": {"a": ["存续", "在业"], "b": True}, "open": True})
    assert (found["since"], found["source"], found["region_of_value"]) == ("2025-01-01", "公告二", "350203")
    assert found["fields"]["months"] == {
        "zh": "最低月数", "value": 12, "since": "2025-01-01", "region": "350203", "source": "公告二",
        "checked_on": "2025-11-24", "unconfirmed": True, "unit": "月", "note": "见公告",
    }  # fmt: skip


@pytest.mark.usefixtures("county")
def test_one_field_has_its_value_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    status, found = run(capsys, "show", "trial.months", "--region", "350203", "--on", "2024-06-30")
    assert (status, found["field"], found["value"], found["since"], list(found["fields"])) == (
        0, "months", 6, "2024-01-01", ["months"],
    )  # fmt: skip


@pytest.mark.usefixtures("county")
def test_people_read_plain_values_in_columns_and_tables_as_blocks(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines(capsys, "show", "trial", "--region", "350203", "--on", "2026-01-01") == (0, [
        "trial，地区 350203，2026-01-01 有效",
        "",
        "字段 field  名称      取值 value  自 since    地区    出处 source",
        "months      最低月数  12 月       2025-01-01  350203  公告二（未核实）",
        "open        开放      true        2023-01-01  350203  公告四",
        "  months：见公告",
        "",
        "lists  名单",
        "  自 2023-01-01，地区 350203，出处：公告三",
        "    a: [存续, 在业]",
        "    b: true",
        "",
    ])  # fmt: skip


@pytest.mark.usefixtures("county")
def test_a_history_shows_every_value_and_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    _, shown = lines(capsys, "show", "trial.open", "--region", "350203", "--history")
    assert shown[2:5] == [
        "字段 field  名称  取值 value  自 since    地区    出处 source",
        "open        开放  （已终止）  2030-01-01  350203  公告五",
        "open        开放  true        2023-01-01  350203  公告四",
    ]
    _, found = run(capsys, "show", "trial", "--region", "350203", "--history")
    assert [(x["since"], x["value"]) for x in found["history"]["months"]] == [("2025-01-01", 12), ("2024-01-01", 6)]
    assert list(found["history"]) == ["months", "lists", "open"]


@pytest.mark.usefixtures("county")
def test_the_list_names_every_policy_and_its_regions(capsys: pytest.CaptureFixture[str]) -> None:
    status, found = run(capsys, "list")
    regions = {x["name"]: x["regions"] for x in found["policies"]}
    assert (status, regions["trial"], regions["size_class"]) == (0, ["350203"], ["000000"])
    _, shown = lines(capsys, "list")
    assert [x.split() for x in shown if x.startswith(("trial", "size"))] == [["size_class", "000000"], ["trial", "350203"]]


def test_the_check_counts_and_lists_what_is_old(county: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, found = run(capsys, "check", "--on", "2025-12-01")
    assert (status, found["broken"]) == (0, [])
    assert found["stale"] == [{"path": str(county), "message": "lists was last checked on 2024-01-01"}]
    assert {"path": str(county), "message": "months since 2025-01-01: 公告二"} in found["unconfirmed"]
    assert found["unconfirmed_count"] == len(found["unconfirmed"])
    _, shown = lines(capsys, "check", "--on", "2025-12-01")
    assert shown == [
        f"检查政策文件 {found['files']} 个 (files checked)",
        "格式有误 (broken)：0",
        "一年内未复核 (not checked for a year)：1",
        f"  {county}  lists was last checked on 2024-01-01",
        f"未核实 (unconfirmed)：{found['unconfirmed_count']}",
        "加 --verbose 逐条列出未核实的取值",
    ]


def test_the_check_lists_unconfirmed_values_on_request(county: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, shown = lines(capsys, "check", "--on", "2025-12-01", "--verbose")
    assert (status, [x.strip() for x in shown if str(county) in x and "months" in x]) == (
        0, [f"{county}  months since 2025-01-01: 公告二"],
    )  # fmt: skip


def test_a_broken_file_makes_the_check_fail(county: Path, capsys: pytest.CaptureFixture[str]) -> None:
    county.write_text("months: 6", encoding="utf-8")
    status, found = run(capsys, "check")
    assert (status, found["broken"]) == (1, [{"path": str(county), "message": "months: expected zh, values and checked_on"}])
    status, shown = lines(capsys, "check")
    assert (status, shown[1:3]) == (1, ["格式有误 (broken)：1", f"  {county}  months: expected zh, values and checked_on"])


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        (("show", "nope"), "no_policy", "name"),
        (("show", "lpr", "--on", "2019-08-19"), "no_policy", "on"),
        (("show", "lpr", "--on", "19 August"), "bad_date", "on"),
        (("show", "lpr", "--region", "35"), "unknown_region", "region"),
        (("show", "lpr.two_year"), "no_policy", "two_year"),
        (("show", "lpr.two_year", "--history"), "bad_request", "name"),
        (("show", "lpr."), "bad_request", "name"),
        (("show",), "bad_request", None),
        ((), "bad_request", None),
    ],
)
def test_wrong_input_is_refused_with_a_sentence(
    arguments: tuple[str, ...], code: str, field: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = run(capsys, *arguments)
    assert (status, found["error"]["code"], found["error"].get("field")) == (2, code, field)
