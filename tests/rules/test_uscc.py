"""Credit codes: the public examples, and what the two checks promise."""

from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from huoshui.rules.uscc import (
    ALPHABET,
    ASK_FOR_LICENCE,
    INNER_CHECK_FAILS,
    NOT_THE_FORM,
    OLD_NUMBER,
    check_uscc,
    clean_code,
)  # fmt: skip
from huoshui.terms import CodeVerdict, EntityKind

FILE: Final = Path(__file__).parents[1] / "cases" / "uscc.yaml"
CASES: Final[list[dict[str, Any]]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
OUTER_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
INNER_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
letters = st.sampled_from(ALPHABET)


def organisation_code(body: str) -> str:
    """The eight characters with their check, as GB 11714 words it."""
    check = (11 - sum(int(x, 36) * w for x, w in zip(body, INNER_WEIGHTS, strict=True)) % 11) % 11
    return body + ("X" if check == 10 else str(check))


def with_check(first: str) -> str:
    """Seventeen characters with their check, as GB 32100 words it."""
    check = (31 - sum(ALPHABET.index(x) * w for x, w in zip(first, OUTER_WEIGHTS, strict=True)) % 31) % 31
    return first + ALPHABET[check]


@st.composite
def valid_codes(draw: st.DrawFn) -> str:
    head = draw(letters) + draw(letters) + f"{draw(st.integers(0, 999_999)):06}"
    return with_check(head + organisation_code(draw(st.text(letters, min_size=8, max_size=8))))


@pytest.mark.parametrize("case", CASES, ids=lambda x: x["code"])
def test_public_examples_have_their_verdict(case: dict[str, Any]) -> None:
    found = check_uscc(case["code"])
    for key in case.keys() - {"code", "what"}:
        assert getattr(found, key) == case[key]


@given(valid_codes())
def test_a_generated_code_is_valid_inside_and_outside(code: str) -> None:
    found = check_uscc(code)
    assert (found.verdict, found.organisation_check, found.notes) == (CodeVerdict.VALID, True, ())
    assert (found.code, found.expected_check) == (code, code[17])
    assert (found.region_code, found.organisation_code) == (code[2:8], code[8:17])


@given(valid_codes(), st.integers(0, 17), letters)
def test_one_changed_character_is_detected(code: str, place: int, other: str) -> None:
    assume(other != code[place])
    assert check_uscc(code[:place] + other + code[place + 1 :]).verdict is not CodeVerdict.VALID


@given(st.text(letters, min_size=8, max_size=8), letters)
def test_the_inner_check_is_that_of_the_organisation_code(body: str, check: str) -> None:
    found = check_uscc(with_check(f"91350203{body}{check}"))
    assert found.verdict is CodeVerdict.VALID
    assert found.organisation_check == (organisation_code(body) == body + check)


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean_code(clean_code(text)) == clean_code(text)


@given(valid_codes(), st.lists(st.tuples(st.integers(0, 18), st.sampled_from(" \t\n\u00a0\u3000\u200b\ufeff\u2009"))))
def test_blanks_small_letters_and_full_width_change_nothing(code: str, blanks: list[tuple[int, str]]) -> None:
    written = list("".join(chr(ord(x) + 0xFEE0) for x in code.lower()))
    for place, blank in blanks:
        written.insert(place, blank)
    assert check_uscc("".join(written)) == check_uscc(code)


@given(st.text())
def test_any_text_gets_a_verdict_and_only_the_right_form_gets_a_region(text: str) -> None:
    found = check_uscc(text)
    assert (found.verdict is CodeVerdict.INVALID_FORMAT) == (found.region_code is None) == (found.kind is None)


@pytest.mark.parametrize("letter", "IOSVZ")
def test_a_forbidden_letter_is_the_wrong_form(letter: str) -> None:
    assert check_uscc(f"9135010{letter}M0001TGQXM").verdict is CodeVerdict.INVALID_FORMAT
    assert check_uscc(f"91350100M000{letter}TGQXM").verdict is CodeVerdict.INVALID_FORMAT


@pytest.mark.parametrize(
    "text", ["", "9", "91100000100003962", "91100000100003962TT", "9110000A100003962T", "\u06691100000100003962T", "９１é"]
)
def test_another_form_is_refused(text: str) -> None:
    found = check_uscc(text)
    assert (found.verdict, found.expected_check, found.organisation_check, found.organisation_code) == (
        CodeVerdict.INVALID_FORMAT, None, False, None,
    )  # fmt: skip
    assert found.notes == (NOT_THE_FORM,)


def test_a_legacy_code_is_kept_and_flagged() -> None:
    assert check_uscc("91350100M0001TGQXM").notes == (ASK_FOR_LICENCE,)


def test_a_code_that_fails_only_inside_is_valid_and_flagged() -> None:
    assert check_uscc("91310000631295002H").notes == (INNER_CHECK_FAILS,)


def test_fifteen_digits_are_told_apart() -> None:
    assert check_uscc("140000100028286").notes == (NOT_THE_FORM, OLD_NUMBER)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ("91", EntityKind.ENTERPRISE), ("92", EntityKind.SOLE_TRADER), ("93", EntityKind.COOPERATIVE), ("11", EntityKind.ORGAN),
        ("12", EntityKind.PUBLIC_INSTITUTION), ("51", EntityKind.SOCIAL_GROUP), ("52", EntityKind.PRIVATE_NON_ENTERPRISE),
        ("53", EntityKind.FOUNDATION), ("N2", EntityKind.OTHER), ("A1", EntityKind.OTHER), ("Y1", EntityKind.OTHER),
    ],
)  # fmt: skip
def test_the_first_two_characters_tell_the_kind(head: str, kind: EntityKind) -> None:
    found = check_uscc(with_check(head + "350203" + organisation_code("MA2UK28G")))
    assert (found.verdict, found.kind) == (CodeVerdict.VALID, kind)
