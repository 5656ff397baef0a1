import re

import pytest

from huoshui import terms
from huoshui.terms import Term

WORDS = [x for x in vars(terms).values() if isinstance(x, type) and issubclass(x, Term) and x is not Term]


@pytest.mark.parametrize("words", WORDS)
def test_every_word_has_a_label_in_both_languages(words: type[Term]) -> None:
    assert [x.value for x in words if not x.zh.strip() or not x.en.strip()] == []


@pytest.mark.parametrize("words", WORDS)
def test_a_value_can_stand_in_a_file(words: type[Term]) -> None:
    assert [x.value for x in words if not re.fullmatch(r"[A-Za-z0-9_/-]+", x.value)] == []


@pytest.mark.parametrize("words", WORDS)
def test_no_two_words_of_a_kind_read_the_same(words: type[Term]) -> None:
    assert len({x.zh for x in words}) == len(words)
    assert len({x.en for x in words}) == len(words)


@pytest.mark.parametrize("words", WORDS)
def test_a_word_is_found_by_its_value_and_reads_as_it(words: type[Term]) -> None:
    assert [words(x.value) for x in words] == list(words)
    assert [str(x) for x in words] == [x.value for x in words]
