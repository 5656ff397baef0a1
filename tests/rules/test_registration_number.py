"""Old registration numbers: the examples, and what the check promises."""

from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from huoshui.rules.registration_number import (
    NOT_CHECKED,
    NOT_THE_FORM,
    WRONG_CHECK,
    check_registration_number,
    registration_check,
)
from huoshui.terms import CodeVerdict

FILE: Final = Path(__file__).parents[1] / "cases" / "registration_number.yaml"
CASES: Final[list[dict[str, Any]]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
NOTES: Final = {
    CodeVerdict.VALID: (),
    CodeVerdict.CHECKSUM_MISMATCH: (WRONG_CHECK,),
    CodeVerdict.LEGACY: (NOT_CHECKED,),
    CodeVerdict.INVALID_FORMAT: (NOT_THE_FORM,),
}
numbers = st.text("0123456789", min_size=14, max_size=14).map(lambda x: x + registration_check(x))


@pytest.mark.parametrize("case", CASES, ids=lambda x: x["what"])
def test_examples_have_their_verdict(case: dict[str, Any]) -> None:
    found = check_registration_number(case["number"])
    assert (found.verdict, found.expected_check) == (case["verdict"], case["expected_check"])
    assert found.notes == NOTES[found.verdict]
    assert found.region_code == (None if found.verdict is CodeVerdict.INVALID_FORMAT else found.number[:6])


@given(numbers, st.integers(0, 14), st.sampled_from("0123456789"))
def test_one_changed_digit_is_detected(number: str, place: int, digit: str) -> None:
    assume(digit != number[place])
    changed = number[:place] + digit + number[place + 1 :]
    assert check_registration_number(number).verdict is CodeVerdict.VALID
    assert check_registration_number(changed).verdict is CodeVerdict.CHECKSUM_MISMATCH


@given(st.text())
def test_any_text_gets_a_verdict(text: str) -> None:
    assert check_registration_number(text).verdict in NOTES
