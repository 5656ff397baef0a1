"""Words for an outcome: yes, no, or neither; a number that a data frame wrote as a fraction is the same number."""

import pytest

from huoshui.rules.outcome_words import is_default


@pytest.mark.parametrize(
    ("text", "found"),
    [("1", True), ("1.0", True), ("TRUE", True), (" 是 ", True), ("违约", True), ("0", False), ("0.0", False), ("否", False),
     ("未违约", False), ("", None), ("maybe", None), ("2", None)],
)  # fmt: skip
def test_a_word_says_default_or_none_or_neither(text: str, found: bool | None) -> None:
    assert is_default(text) is found
