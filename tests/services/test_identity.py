"""Credit codes by columns agree with the rule."""

from hypothesis import given
from hypothesis import strategies as st

from huoshui.rules.uscc import ALPHABET, UsccVerdict, check_uscc
from huoshui.services.identity import check_columns
from huoshui.terms import CodeVerdict

near_codes = st.from_regex(rf"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}", fullmatch=True)
texts = st.lists(near_codes | near_codes.map(str.lower) | st.text(max_size=20) | st.text(ALPHABET, min_size=18, max_size=18))


@given(texts)
def test_the_columns_say_what_the_rule_says(written: list[str]) -> None:
    found = check_columns(written)
    rows = zip(written, found.codes, found.right_form, found.expected_checks, found.organisation_checks, strict=True)
    for text, code, fits, check, inner in rows:
        if fits:
            assert UsccVerdict(code, check, inner) == check_uscc(text)


@given(st.lists(near_codes, min_size=1))
def test_the_columns_decide_on_every_code_of_the_right_form(written: list[str]) -> None:
    assert check_columns(written).right_form == [True] * len(written)
    assert [check_uscc(x).verdict is not CodeVerdict.INVALID_FORMAT for x in written] == [True] * len(written)


def test_what_must_be_cleaned_is_left_to_the_rule() -> None:
    assert check_columns(["9110000 0100003962", "９1100000100003962T", "", "91100000100003962T"]).right_form == [
        False, False, False, True,
    ]  # fmt: skip
