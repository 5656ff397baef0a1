import re

import pytest

from huoshui.adapters.industries import _NAMES, industry_name


@pytest.mark.parametrize("code", ["65", "651", "6510", "I65", "I6510", "i6510", " 6510 "])
def test_a_code_is_named_by_its_division(code: str) -> None:
    assert industry_name(code, language="zh") == "软件和信息技术服务业"
    assert industry_name(code, language="en") == "Software and IT services"


def test_a_letter_is_named_by_its_section() -> None:
    assert industry_name("I", language="zh") == "信息传输、软件和信息技术服务业"


@pytest.mark.parametrize(
    ("code", "name"),
    [(None, "行业不明"), ("", "行业不明"), ("00", "行业不明"), ("98", "行业不明 98"), ("软件", "行业不明 软件")],
)
def test_what_the_classification_does_not_have_is_said_to_be_not_known(code: str | None, name: str) -> None:
    assert industry_name(code, language="zh") == name


def test_all_sections_and_divisions_are_there_in_order() -> None:
    assert [x for x in _NAMES if x.isalpha()] == list("ABCDEFGHIJKLMNOPQRST")
    assert [x for x in _NAMES if x.isdigit()] == [f"{x:02d}" for x in range(1, 98)]


def test_each_section_holds_the_divisions_of_the_standard() -> None:
    first: dict[str, str] = {}
    section = ""
    for code in _NAMES:
        if code.isalpha():
            section = code
        else:
            first.setdefault(section, code)
    assert " ".join(f"{k}{v}" for k, v in first.items()) == (
        "A01 B06 C13 D44 E47 F51 G53 H61 I63 J66 K70 L71 M73 N76 O80 P83 Q84 R86 S91 T97"
    )


def test_every_name_is_in_its_language() -> None:
    han = re.compile("[\u4e00-\u9fff]")
    assert [code for code, x in _NAMES.items() if not han.search(x["zh"]) or han.search(x["en"]) or not x["en"]] == []
