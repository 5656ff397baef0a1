"""What a word of the field is (术语基类): a stable value with its term in both languages."""

from enum import StrEnum
from typing import Self


class Term(StrEnum):
    """A word with a stable value and a label in both languages (术语基类)."""

    zh: str
    en: str

    def __new__(cls, value: str, zh: str = "", en: str = "") -> Self:
        """Bind the two labels to the stable value (绑定标签)."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.zh = zh
        member.en = en
        return member
