"""`huoshui schedule` as it is called."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from huoshui.cli import main

GIVEN: Final = {"principal": "1200000", "rate": "0.0385", "months": "12", "method": "equal_installment", "from": "2025-06-13"}


def arguments(**changed: str | None) -> list[str]:
    given = {**GIVEN, **{name.replace("_", "-"): value for name, value in changed.items()}}
    return ["schedule", *(x for name, value in given.items() if value is not None for x in (f"--{name}", value))]


def run(capsys: pytest.CaptureFixture[str], **changed: str | None) -> tuple[int, Any]:
    status = main([*arguments(**changed), "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_an_installment_has_a_day_its_parts_and_what_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    status, found = run(capsys)
    assert status == 0
    assert found["installments"][0] == {
        "number": 1, "due_on": "2025-07-13", "days": 30, "principal_fen": 9828016, "interest_fen": 385000,
        "total_fen": 10213016, "balance_fen": 110171984,
    }  # fmt: skip
    assert {key: value for key, value in found.items() if key != "installments"} == {
        "method": "equal_installment", "day_count": "act/360", "total_principal_fen": 120000000,
        "total_interest_fen": 2556190, "total_fen": 122556190, "unannounced_years": [],
    }  # fmt: skip


@pytest.mark.parametrize("method", ["equal_installment", "equal_principal", "interest_monthly", "bullet"])
@pytest.mark.parametrize(("day_count", "base"), [("act/360", 360), ("act/365", 365), ("30/360", 360)])
def test_every_method_and_day_count_of_the_issue_repays_the_loan(
    method: str, day_count: str, base: int, capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = run(capsys, method=method, day_count=day_count)
    rows = found["installments"]
    assert (status, sum(x["principal_fen"] for x in rows), rows[-1]["balance_fen"]) == (0, 120_000_000, 0)
    before = [120_000_000, *(x["balance_fen"] for x in rows)]
    expected = [
        (2 * balance * 385 * x["days"] + base * 10**4) // (2 * base * 10**4) for balance, x in zip(before, rows, strict=False)
    ]
    assert [x["interest_fen"] for x in rows] == expected


def test_days_are_act_360_when_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys) == run(capsys, day_count="act/360")


def test_people_read_a_table_with_its_total(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments(months="2", method="equal_principal")) == 0
    assert capsys.readouterr().out.splitlines() == [
        "等额本金，act/360，金额单位：元",
        "期次  到期日      天数  本金          利息      本息合计      剩余本金",
        "1     2025-07-13  30    600,000.00    3,850.00  603,850.00    600,000.00",
        "2     2025-08-13  31    600,000.00    1,989.17  601,989.17    0.00",
        "合计                    1,200,000.00  5,839.17  1,205,839.17",
    ]


def test_people_are_told_when_holidays_are_not_announced_yet(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*arguments(**{"months": "2", "shift": "following", "from": "2090-06-13"})]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "提示：2090年放假安排尚未公布，按周一至周五为工作日"


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"principal": "1200000.001"}, "bad_amount", "principal"),
        ({"principal": "0"}, "bad_amount", "principal"),
        ({"rate": "3.85%"}, "bad_rate", "rate"),
        ({"rate": "-0.01"}, "bad_rate", "rate"),
        ({"months": "0"}, "bad_request", "months"),
        ({"method": "sometimes"}, "bad_choice", "method"),
        ({"from": "2025-02-30"}, "bad_date", "from"),
        ({"day_count": "act/act"}, "bad_choice", "day-count"),
        ({"due_day": "32"}, "bad_request", "due-day"),
        ({"from": None}, "bad_request", "from"),
        ({"from": "9999-06-13"}, "bad_request", None),
    ],
)
def test_wrong_input_is_one_error_and_status_two(
    changed: dict[str, str | None], code: str, field: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = run(capsys, **changed)
    assert (status, list(found), found["error"]["code"], found["error"].get("field")) == (2, ["error"], code, field)


def test_a_batch_answers_every_line_in_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [GIVEN, {**GIVEN, "months": 0}, {**GIVEN, "principal": 100, "months": 1, "every": 1, "due-day": 5}]
    (tmp_path / "loans.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert main(["schedule", "--batch", str(tmp_path / "loans.jsonl")]) == 1
    first, second, third = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["total_fen"], second["error"]["field"], third["total_principal_fen"]) == (122_556_190, "months", 10_000)
