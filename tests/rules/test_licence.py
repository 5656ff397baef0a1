from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.rules.licence import check_licence, last_day, near_name, plain_name, same_name
from huoshui.terms import LicenceField, LicenceFlag

ON = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("name", "raw", "text", "flag"),
    [
        (LicenceField.USCC, "9135 0203 MA90 0001 11", "91350203MA90000111", None),
        (LicenceField.USCC, "91350203MA90000112", "91350203MA90000112", LicenceFlag.CODE_CHECK),
        (LicenceField.USCC, "91350203MA9000011", "91350203MA9000011", LicenceFlag.CODE_FORM),
        (LicenceField.ESTABLISHED_ON, "2019 年 05 月 17 日", "2019-05-17", None),
        (LicenceField.ESTABLISHED_ON, "2019年5月7日", "2019-05-07", None),
        (LicenceField.ESTABLISHED_ON, "2019年13月17日", "2019年13月17日", LicenceFlag.NOT_A_DAY),
        (LicenceField.ESTABLISHED_ON, "2027年01月01日", "2027-01-01", LicenceFlag.IN_FUTURE),
        (LicenceField.VALID_UNTIL, "2019年05月17日至长期", "长期", None),
        (LicenceField.VALID_UNTIL, "2019年05月17日至2039年05月16日", "2039-05-16", None),
        (LicenceField.VALID_UNTIL, "2009年05月17日至2019年05月16日", "2019-05-16", LicenceFlag.EXPIRED),
        (LicenceField.VALID_UNTIL, "2019年05月17日至2039年", "2019年05月17日至2039年", LicenceFlag.NOT_A_DAY),
        (LicenceField.NAME, "样本  有限公司", "样本有限公司", None),
    ],
)
def test_a_field_is_made_uniform_and_flagged(name: LicenceField, raw: str, text: str, flag: LicenceFlag | None) -> None:
    found = check_licence({name: (raw, 0.99)}, on=ON)[name]
    assert (found.text, found.flag) == (text, flag)


def test_doubt_is_passed_on_and_what_was_not_read_is_missing() -> None:
    found = check_licence({LicenceField.NAME: ("样本有限公司", 0.6)}, on=ON)
    assert found[LicenceField.NAME].flag is LicenceFlag.UNSURE
    assert {x.flag for name, x in found.items() if name is not LicenceField.NAME} == {LicenceFlag.MISSING}


def test_the_last_day_of_a_term() -> None:
    assert last_day("2039-05-16") == date(2039, 5, 16)
    assert last_day("长期") is None
    assert last_day("") is None


@pytest.mark.parametrize(
    ("first", "second"),
    [("样本（厦门）有限公司", "样本(厦门)有限公司"), ("ＡＢ商行", "ab 商行"), ("阿依古丽·买买提", "阿依古丽•买买提")],
)
def test_names_are_the_same_but_for_width_brackets_and_dots(first: str, second: str) -> None:
    assert same_name(first, second=second)


def test_names_that_differ_by_a_misread_character_are_near_and_not_the_same() -> None:
    one, other = "厦门市样本餐饮管理有限公司", "厦门市祥本餐饮管理有限公司"
    assert (same_name(one, second=other), near_name(one, second=other)) == (False, True)
    assert not near_name(one, second="泉州市另一家贸易有限公司")
    assert not near_name("", second="")


@given(st.text(alphabet="厦门市样本（）() AＢ·有限公司", max_size=20))
def test_a_plain_name_is_plain_already(text: str) -> None:
    assert plain_name(plain_name(text)) == plain_name(text)


@given(st.text(alphabet="样本商行贸易", min_size=1, max_size=12), st.text(alphabet="样本商行贸易", min_size=1, max_size=12))
def test_the_same_is_near(first: str, second: str) -> None:
    assert near_name(first, second=first)
    assert not same_name(first, second=second) or near_name(first, second=second)
