"""Credit codes by columns agree with the rule."""

from hypothesis import given
from hypothesis import strategies as st

from huoshui.rules.uscc import ALPHABET, UsccVerdict, check_uscc
from huoshui.services.identity import check_columns

codes = st.from_regex(rf"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}", fullmatch=True)
full_width = codes.map(lambda text: "".join(chr(ord(x) + 0xFEE0) for x in text))
others = st.text(max_size=20) | st.text(ALPHABET, min_size=18, max_size=18) | st.text(min_size=18, max_size=18)


@given(st.lists(codes | codes.map(str.lower) | full_width | codes.map(" \u3000".join) | others))
def test_the_columns_say_what_the_rule_says(texts: list[str]) -> None:
    found = check_columns(texts)
    rows = zip(found.codes, found.right_form, found.expected_checks, found.organisation_checks, strict=True)
    said = [UsccVerdict(code, check, inner) if fits else UsccVerdict(code, None, False) for code, fits, check, inner in rows]
    assert said == [check_uscc(x) for x in texts]
