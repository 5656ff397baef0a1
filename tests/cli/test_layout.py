"""Columns line up although Chinese characters are two cells wide."""

from hypothesis import given
from hypothesis import strategies as st

from huoshui.cli.layout import aligned, cells

words = st.text("abc中文字 （）", max_size=8).map(str.strip)


def test_a_chinese_character_takes_two_cells() -> None:
    assert [cells(x) for x in ("", "ab", "中文", "a中（", "e\u0301")] == [0, 2, 4, 5, 1]


def test_columns_line_up() -> None:
    assert aligned([("名称", "x", "y"), ("n", "中"), ("long", "z", "")], indent=" ") == " 名称  x   y\n n     中\n long  z"
    assert aligned([]) == ""


@given(st.lists(st.tuples(words, words.filter(bool))))
def test_every_second_column_begins_in_the_same_cell(rows: list[tuple[str, str]]) -> None:
    lines = aligned(rows).splitlines()
    assert len({cells(line) - cells(second) for line, (_, second) in zip(lines, rows, strict=True)}) <= 1
