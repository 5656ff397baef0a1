"""`huoshui deadline` as it is called."""

import json
from pathlib import Path
from typing import Any

import pytest

from huoshui.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    status = main(["deadline", *arguments, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_a_month_from_the_last_of_january(capsys: pytest.CaptureFixture[str]) -> None:
    status, found = run(capsys, "--clock", "bank_decision", "--region", "350203", "--started", "2025-01-31")
    wanted = ("due_on", "paused_days", "start_event", "unit", "length", "overdue_days")
    assert (status, [found[x] for x in wanted]) == (0, ["2025-02-28", 0, "recommendation_received", "calendar_month", 1, 0])
    assert (found["citation"]["policy"], found["citation"]["region"]) == ("deadlines", "000000")


def test_pauses_may_be_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    pauses = ("--pause", "2025-02-03..2025-02-07", "--pause", "2025-02-10..2025-02-11")
    _, found = run(capsys, "--clock", "bank_decision", "--started", "2025-01-31", *pauses, "--on", "2025-03-10")
    assert (found["due_on"], found["paused_days"], found["overdue_days"]) == ("2025-03-05", 5, 5)


def test_a_stated_length_needs_no_policy(capsys: pytest.CaptureFixture[str]) -> None:
    _, found = run(capsys, "--length", "3", "--unit", "working_day", "--started", "2025-09-30")
    assert (found["due_on"], found["citation"]) == ("2025-10-11", None)


def test_people_read_the_due_day_the_pause_and_the_source(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--clock", "bank_decision", "--started", "2025-01-31", "--pause", "2025-02-03..2025-02-07", "--on", "2025-03-10"]
    assert main(["deadline", *given]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "到期日 2025-03-04",
        "自银行收到推荐清单（2025-01-31）起 1 个自然月",
        "暂停 4 个自然日",
        "已逾期 6 天",
        "依据：bank_decision，000000，自 2024-10-28，融资协调工作机制：原则上一个月内作出授信决定（嘉鱼县走访公告等）",
    ]


def test_people_read_that_a_pause_lasts_and_that_holidays_are_not_known(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--length", "5", "--unit", "working_day", "--started", "2031-09-30"]
    assert main(["deadline", *given, "--pause", "2031-10-01..", "--on", "2031-10-03"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "暂停中，到期日未定，不早于 2031-10-09",
        "自起算日（2031-09-30）起 5 个工作日",
        "暂停 2 个工作日",
        "所涉年份的放假安排尚未公布或未收录，按周一至周五计",
    ]


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        (("--clock", "rain"), "bad_choice", "clock"),
        (("--clock", "bank_decision", "--length", "3"), "bad_request", "clock"),
        (("--length", "3"), "bad_request", "clock"),
        ((), "bad_request", "clock"),
        (("--length", "0", "--unit", "calendar_day"), "bad_request", "length"),
        (("--length", "3", "--unit", "week"), "bad_choice", "unit"),
        (("--clock", "bank_decision", "--pause", "2025-02-07..2025-02-03"), "bad_request", "pause"),
        (("--clock", "credit_objection", "--pause", "2025-02-03..2025-02-07"), "bad_request", "pause"),
        (("--clock", "bank_decision", "--region", "990000"), "unknown_region", "region"),
    ],
)
def test_wrong_input_is_the_only_thing_said(
    given: tuple[str, ...], code: str, field: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = run(capsys, "--started", "2025-01-31", *given)
    assert (status, list(found), found["error"]["code"], found["error"]["field"]) == (2, ["error"], code, field)


def test_a_batch_answers_line_by_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lines: list[dict[str, Any]] = [
        {"clock": "bank_decision", "started": "2025-01-31", "pause": ["2025-02-03..2025-02-07"]},
        {"clock": "bank_decision"},
        {"length": 30, "unit": "calendar_day", "started": "2025-01-31"},
    ]
    path = tmp_path / "clocks.jsonl"
    path.write_text("\n".join(json.dumps(x) for x in lines), encoding="utf-8")
    status = main(["deadline", "--batch", str(path)])
    found = [json.loads(x) for x in capfd.readouterr().out.splitlines()]
    assert (status, [x.get("due_on") for x in found]) == (1, ["2025-03-04", None, "2025-03-02"])
