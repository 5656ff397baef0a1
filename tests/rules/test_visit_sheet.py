"""What a sheet of visits calls things."""

import pytest

from huoshui.rules.visit_sheet import HEADINGS, match_columns, read_word, read_words
from huoshui.terms import DemandPurpose, Need, Obstacle, Premises, Term, VisitMode, YesNo


def test_headings_are_known_with_units_and_notes_in_brackets() -> None:
    found = match_columns(
        ["序号", "企业名称", "统一社会信用代码（18位）", "走访 日期", "需求金额(万元)", "是否有融资需求", "备注", "备注"]
    )
    assert found.by_field == {
        "name": "企业名称", "code": "统一社会信用代码（18位）", "visited_at": "走访 日期", "amount_fen": "需求金额(万元)",
        "need": "是否有融资需求", "note": "备注",
    }  # fmt: skip
    assert found.unknown == ("序号", "备注")


def test_no_heading_means_two_fields() -> None:
    words = [x for headings in HEADINGS.values() for x in headings]
    assert len(words) == len(set(words))


@pytest.mark.parametrize("words", [YesNo, Need, Premises, VisitMode, DemandPurpose, Obstacle])
def test_every_word_of_an_export_reads_back_in_both_languages(words: type[Term]) -> None:
    for word in words:
        assert [read_word(x, words=words) for x in (word.zh, word.en, word.value)] == [word, word, word]


@pytest.mark.parametrize(
    ("text", "words", "word"),
    [("有", Need, Need.YES), (" √ ", YesNo, YesNo.YES), ("实地走访", VisitMode, VisitMode.ONSITE), ("说不准", Need, None)],
)
def test_what_people_write_is_read_and_nothing_is_guessed(text: str, words: type[Term], word: Term | None) -> None:
    assert read_word(text, words=words) is word


def test_a_list_of_obstacles_keeps_what_it_does_not_know() -> None:
    assert read_words("欠税、利率高；老板太忙", words=Obstacle) == ((Obstacle.TAX, Obstacle.COST), ("老板太忙",))
    assert read_words("手续复杂、时间太长", words=Obstacle) == ((Obstacle.PROCEDURE,), ())
    assert read_words("interest or fees too high, too many papers, too slow", words=Obstacle)[1] == ()
