"""`huoshui working-capital` as it is called, against worked examples."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from huoshui.cli import main
from huoshui.cli.working_capital import CALCULATOR

CASES: Final = yaml.safe_load((Path(__file__).parents[1] / "cases" / "working_capital.yaml").read_text(encoding="utf-8"))
GIVEN: Final = {
    "sales": "20000000", "cost": "16000000", "profit-rate": "0.08", "growth": "0.10", "inventory": "2400000",
    "receivable": "3000000", "payable": "2000000", "prepaid": "600000", "advance": "500000", "own-funds": "1500000",
    "existing-loans": "800000",
}  # fmt: skip


def arguments(**changed: str | None) -> list[str]:
    given = {**GIVEN, **{name.replace("_", "-"): value for name, value in changed.items()}}
    return ["working-capital", *(x for name, value in given.items() if value is not None for x in (f"--{name}", value))]


def run(capsys: pytest.CaptureFixture[str], **changed: str | None) -> tuple[int, Any]:
    status = main([*arguments(**changed), "--json"])
    return status, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("case", CASES, ids=lambda x: x["name"])
def test_the_worked_example_comes_out(case: dict[str, Any]) -> None:
    found = CALCULATOR.calculate(CALCULATOR.read(case["given"]))
    assert {key: found[key] for key in case["expect"]} == case["expect"]


def test_the_command_gives_need_new_loan_and_turnovers(capsys: pytest.CaptureFixture[str]) -> None:
    status, found = run(capsys)
    assert (status, found["need_fen"], found["new_loan_fen"], found["turnovers"]) == (
        0,
        379_500_000,
        149_500_000,
        "5.3333333333",
    )


def test_a_formula_that_does_not_apply_is_an_answer_not_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    status, found = run(capsys, advance="9000000")
    assert (status, found["not_applicable"], "need_fen" in found) == (0, True, False)
    assert found["reason"].startswith("the turnover days add up to -85.5, which is not above zero")


def test_negative_growth_and_own_funds_may_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, growth="-0.05", own_funds="-1000")[0] == 0


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sales": None}, "sales is missing: last year's sales, in yuan (上年度销售收入)"),
        ({"inventory_opening": "1"}, "give either inventory, the average, or inventory-opening and inventory-closing"),
        (
            {"inventory": None, "inventory_closing": "1"},
            "inventory-opening and inventory-closing go together; one of them is missing",
        ),
        (
            dict.fromkeys(("inventory", "receivable", "payable", "prepaid", "advance")),
            "no balance is given; expected at least one of inventory, receivable, payable, prepaid, advance",
        ),
    ],
)
def test_what_is_missing_or_given_twice_is_said(
    changed: dict[str, str | None], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = run(capsys, **changed)
    assert (status, found["error"]["code"], found["error"]["message"]) == (2, "bad_request", message)


def test_people_read_days_need_and_loan(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments(prepaid=None)) == 0
    assert capsys.readouterr().out.splitlines() == [
        "存货周转天数          54",
        "应收账款周转天数      54",
        "应付账款周转天数      45",
        "预付账款周转天数      0",
        "预收账款周转天数      9",
        "合计                  54",
        "营运资金周转次数      6.6666666667",
        "营运资金量            3,036,000.00 元",
        "新增流动资金贷款额度  736,000.00 元",
        "提示：未提供预付账款，按零计算",
    ]


def test_people_read_a_surplus_and_why_the_formula_does_not_apply(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments(own_funds="5000000")) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "新增流动资金贷款额度  0.00 元",
        "现有资金富余          2,005,000.00 元",
    ]
    assert main(arguments(advance="9000000")) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "不适用            周转天数合计-85.5天，不为正：应付和预收已覆盖全部营运周期，公式不适用"
    )


def test_a_batch_answers_every_line_in_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [GIVEN, {**GIVEN, "sales": "much"}, {**GIVEN, "advance": 9000000}]
    (tmp_path / "firms.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert main(["working-capital", "--batch", str(tmp_path / "firms.jsonl")]) == 1
    first, second, third = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["need_fen"], second["error"]["code"], third["not_applicable"]) == (379_500_000, "bad_amount", True)
