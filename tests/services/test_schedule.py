"""Repayment schedules on China's working days, against worked examples."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from huoshui.adapters.holidays import is_working_day, known_years
from huoshui.cli.schedule import CALCULATOR
from huoshui.rules.schedule import LoanTerms
from huoshui.services.schedule import plan_repayment
from huoshui.terms import BusinessDayShift, DayCount, RepaymentMethod

CASES: Final = yaml.safe_load((Path(__file__).parents[1] / "cases" / "schedule.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda x: x["name"])
def test_the_worked_example_comes_out(case: dict[str, Any]) -> None:
    raw = {name: value.isoformat() if isinstance(value, date) else value for name, value in case["given"].items()}
    found = dict(CALCULATOR.calculate(CALCULATOR.read(raw)))
    rows = {x.number: x for x in found["installments"]}
    shown = {
        **found, "count": len(rows),
        "installments": {
            number: {key: getattr(rows[number], key) for key in row}
            for number, row in case["expect"].get("installments", {}).items()
        },
    }  # fmt: skip
    assert {key: shown[key] for key in case["expect"]} == case["expect"]


def loan(start: date, shift: BusinessDayShift) -> LoanTerms:
    return LoanTerms(
        100_000_000, Decimal("0.0385"), 12, RepaymentMethod.INTEREST_MONTHLY, start, DayCount.ACT_360, shift=shift
    )  # fmt: skip


@pytest.mark.parametrize("shift", [x for x in BusinessDayShift if x is not BusinessDayShift.NONE])
def test_shifted_payments_fall_on_working_days(shift: BusinessDayShift) -> None:
    planned = plan_repayment(loan(date(2024, 9, 28), shift))
    assert [is_working_day(x.due_on) for x in planned.schedule.installments] == [True] * 12
    assert planned.unannounced_years == ()


def test_a_schedule_beyond_the_announced_years_says_so() -> None:
    beyond = known_years().stop
    planned = plan_repayment(loan(date(beyond - 1, 6, 13), BusinessDayShift.FOLLOWING))
    assert planned.unannounced_years == (beyond,)
    assert plan_repayment(loan(date(beyond - 1, 6, 13), BusinessDayShift.NONE)).unannounced_years == ()
