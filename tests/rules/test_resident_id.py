"""Resident identity numbers: checked, and never shown."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from huoshui.rules.resident_id import (
    NO_SUCH_DAY,
    NOT_THE_FORM,
    OLD_FORM,
    check_resident_id,
    mask_resident_id,
    resident_id_check,
)  # fmt: skip
from huoshui.terms import CodeVerdict

FILE: Final = Path(__file__).parents[1] / "cases" / "resident_id.yaml"
CASES: Final[list[dict[str, Any]]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ON: Final = date(2026, 11, 23)


@st.composite
def numbers(draw: st.DrawFn) -> str:
    born_on = draw(st.dates(date(1900, 1, 1), ON))
    first = f"{draw(st.integers(110000, 829999))}{born_on:%Y%m%d}{draw(st.integers(0, 999)):03}"
    return first + "10X98765432"[sum(int(x) * w for x, w in zip(first, WEIGHTS, strict=True)) % 11]


@pytest.mark.parametrize("case", CASES, ids=lambda x: x["what"])
def test_examples_have_their_verdict_and_are_masked(case: dict[str, Any]) -> None:
    found = check_resident_id(case["number"], on=ON)
    assert (found.verdict, found.masked) == (case["verdict"], case["masked"])


def test_the_sample_born_in_1880_has_the_right_check() -> None:
    assert resident_id_check("44052418800101001") == "4"


@given(numbers())
def test_a_number_of_the_standard_is_valid(number: str) -> None:
    found = check_resident_id(number, on=ON)
    assert (found.verdict, found.region_code, found.notes) == (CodeVerdict.VALID, number[:6], ())


@given(numbers(), st.integers(0, 16), st.sampled_from("0123456789"))
def test_one_changed_digit_is_detected(number: str, place: int, digit: str) -> None:
    assume(digit != number[place])
    assert check_resident_id(number[:place] + digit + number[place + 1 :], on=ON).verdict is not CodeVerdict.VALID


@given(numbers() | st.text("0123456789X", min_size=12, max_size=20), st.sampled_from(["", " ", "\u3000"]))
def test_nothing_that_is_said_holds_the_number(number: str, blank: str) -> None:
    written = blank.join(number)
    assert number not in repr(check_resident_id(written, on=ON))
    assert number[6:14] not in mask_resident_id(written)


def test_a_birth_date_after_the_day_is_no_birth_date() -> None:
    first = f"350203{ON + timedelta(days=1):%Y%m%d}001"
    number = first + resident_id_check(first)
    assert check_resident_id(number, on=ON).notes == (NO_SUCH_DAY,)
    assert check_resident_id(number, on=ON + timedelta(days=1)).verdict is CodeVerdict.VALID


def test_the_old_form_is_told_apart() -> None:
    assert check_resident_id("360426910101007", on=ON).notes == (NOT_THE_FORM, OLD_FORM)
    assert check_resident_id("x", on=ON).notes == (NOT_THE_FORM,)
