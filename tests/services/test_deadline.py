"""Deadlines by the policy in force and China's working days, against worked examples."""

from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from huoshui.cli.deadline import CALCULATOR
from huoshui.errors import BadChoice, NoPolicy
from huoshui.services.deadline import find_clock, reckon_deadline
from huoshui.terms import ClockUnit

CASES: Final = yaml.safe_load((Path(__file__).parents[1] / "cases" / "deadline.yaml").read_text(encoding="utf-8"))


def answer(given: dict[str, Any]) -> dict[str, Any]:
    raw = {name: value.isoformat() if isinstance(value, date) else value for name, value in given.items()}
    return dict(CALCULATOR.calculate(CALCULATOR.read(raw)))


@pytest.mark.parametrize("case", CASES, ids=lambda x: x["name"])
def test_the_worked_example_comes_out(case: dict[str, Any]) -> None:
    found = answer(case["given"])
    assert {key: found[key] for key in case["expect"]} == case["expect"]


def test_an_unknown_clock_is_refused_with_those_of_the_region() -> None:
    with pytest.raises(BadChoice) as refused:
        find_clock("rain", region="330100", on=date(2025, 1, 1))
    assert refused.value.message.startswith("no clock is called 'rain' in region 330100; expected one of loan_code_accept, ")


def test_a_clock_of_one_province_is_not_known_in_another() -> None:
    with pytest.raises(BadChoice):
        find_clock("acknowledgement", region="330100", on=date(2025, 1, 1))


def test_a_clock_that_was_not_yet_in_force_is_no_policy() -> None:
    with pytest.raises(NoPolicy) as refused:
        find_clock("acknowledgement", region="420100", on=date(2021, 11, 9))
    assert refused.value.field == "acknowledgement"


def test_the_clock_comes_with_its_source() -> None:
    clock, cited = find_clock("bank_decision", region="451421", on=date(2025, 1, 31))
    found = reckon_deadline(clock, started_on=date(2025, 1, 31), citation=cited)
    assert (clock.length, clock.unit, found.citation) == (30, ClockUnit.CALENDAR_DAY, cited)
    assert (cited.policy, cited.field, cited.region) == ("deadlines", "bank_decision", "451400")
