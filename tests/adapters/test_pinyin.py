"""Initials of names, also where a character is read in two ways."""

import pytest

from huoshui.adapters.pinyin import initials_of


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("活水商行", "hssh"),
        ("长乐区行知会计师事务所", "clqxzhjssws"),
        ("重庆长城银行AI家具有限公司(1)", "cqccyhaijjyxgs1"),
        ("厦门市思明区", "xmssmq"),
        ("Ａ店", "d"),
        ("𠮷野家", "yj"),
        ("", ""),
    ],
)
def test_the_initials_are_those_that_people_type(name: str, initials: str) -> None:
    assert initials_of(name) == initials
