"""Initials of the pinyin of names (拼音首字母): by character, and by words where a character has two."""

import re
from functools import cache
from typing import Final

_TWO_READINGS: Final = re.compile("[重长行厦乐朝曾单解仇会传调藏降]")  # frequent in names, with readings of different initials
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


def initials_of(name: str) -> str:
    """The initials of a name (首字母): 银行 is "yh", 行知 is "xz"; Latin letters and digits stay."""
    if _TWO_READINGS.search(name):
        return _by_words(name)
    return "".join(map(_initial, name))


@cache
def _initial(character: str) -> str:
    if character.isascii():
        return character.lower() if character.isalnum() else ""
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 -- its dictionaries take a fifth of a second

    found = str(lazy_pinyin(character, style=Style.FIRST_LETTER)[0])[:1]
    return found if found in _LETTERS else ""


@cache
def _word_initials(name: str) -> tuple[str, ...]:
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 -- as above

    return tuple(str(x)[:1].lower() for x in lazy_pinyin(name, style=Style.FIRST_LETTER))


def _by_words(name: str) -> str:
    """Around each character with two readings the words decide: two characters on either side are looked at."""
    found = []
    for place, character in enumerate(name):
        if not _TWO_READINGS.match(character):
            found.append(_initial(character))
            continue
        begin = max(0, place - 2)
        around = re.sub("[^\u4e00-\u9fff]", "?", name[begin : place + 3])
        readings = _word_initials_of_each(around)
        found.append(readings[place - begin])
    return "".join(found)


@cache
def _word_initials_of_each(around: str) -> tuple[str, ...]:
    """One initial a character; what is no Chinese character has none."""
    parts = re.split(r"(\?+)", around)
    found: list[str] = []
    for part in parts:
        found += [""] * len(part) if part.startswith("?") else list(_word_initials(part)) if part else []
    return tuple(found)
