"""Fields: amounts are whole fen, words are words, and every field is drawn with its label, its hint and its errors linked."""

from datetime import date
from typing import Any

import pytest
from django import forms
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from huoshui.terms import Role, YesNo
from huoshui.web.forms import DayField, Taps, WordField, WordsField, YuanField


class Sample(forms.Form):
    amount = YuanField(label="金额", wan=True, lowest_fen=1_000_000, help_text="不含利息")
    role = WordField(Role, label="角色", only=(Role.OFFICER, Role.LEAD), widget=Taps)
    likes = WordsField(YesNo, label="意愿", required=False)
    on = DayField(label="日期", required=False)
    agreed = forms.BooleanField(label="同意")


GOOD = {"amount": "3.5", "role": "lead", "likes": ["yes"], "on": "2026-01-31", "agreed": "on"}


def test_cleaned_values_are_what_services_take() -> None:
    form = Sample(GOOD)
    assert form.is_valid(), form.errors
    assert form.cleaned_data == {
        "amount": 3_500_000, "role": Role.LEAD, "likes": [YesNo.YES], "on": date(2026, 1, 31), "agreed": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "told"),
    [("abc", "请填写数字"), ("1.0000001", "最多两位小数"), ("0.5", "不能少于 1万元"), ("NaN", "请填写数字"),
     ("Infinity", "请填写数字"), ("1e9999", "请填写数字"), ("１２", "请填写数字"), ("9" * 12, "请填写数字"),
     ("-5", "不能少于")],
)  # fmt: skip
def test_an_amount_that_is_none_is_refused(text: str, told: str) -> None:
    assert told in str(Sample({**GOOD, "amount": text}).errors["amount"])


@given(st.integers(0, 10**13 - 1))
def test_an_amount_comes_back_as_it_was_shown(fen: int) -> None:
    for wan in (False, True):
        one: Any = YuanField(wan=wan)
        assert one.clean(one.prepare_value(fen)) == fen


def test_errors_and_hints_are_linked_to_their_fields() -> None:
    drawn = str(Sample({"amount": "x"}))
    assert 'aria-describedby="id_amount_helptext id_amount_error"' in drawn
    assert 'id="id_amount_error"' in drawn
    assert 'id="id_amount_helptext"' in drawn
    assert '<fieldset class="field has-error"' in drawn
    assert drawn.count('class="tap"') == 2 + len(YesNo)
    assert "万元" in drawn


def test_labels_of_choices_are_in_the_readers_language() -> None:
    with translation.override("en"):
        assert "task-force officer" in str(Sample())
    assert "专班工作人员" in str(Sample())
