"""Forms of the pages (表单): how a field is drawn, and fields that every step asks for: words, yuan, days, choices by tap."""

import re
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.forms.renderers import TemplatesSetting

from huoshui.terms import Term
from huoshui.web.language import said, say

_PLAIN: Final = re.compile(r"-?\d{1,11}(?:\.\d{1,8})?", re.ASCII)


class Renderer(TemplatesSetting):
    """Draws `{{ form }}` and `{{ form.amount.as_field_group }}` with the house's own parts (表单渲染)."""

    form_template_name = "parts/form.html"
    field_template_name = "parts/field.html"


class Taps(forms.RadioSelect):
    """One choice out of a few, as cards that a thumb can hit (单选卡片)."""

    template_name = "parts/taps.html"
    option_template_name = "django/forms/widgets/input.html"


class ManyTaps(forms.CheckboxSelectMultiple):
    """Several choices out of a few, as cards (多选卡片)."""

    template_name = "parts/taps.html"
    option_template_name = "django/forms/widgets/input.html"


class DayInput(forms.DateInput):
    """The browser's own choice of a day (日期选择)."""

    input_type = "date"

    def __init__(self, **options: Any) -> None:
        """Days are written as 2025-06-30, which is what browsers send and want."""
        super().__init__(format="%Y-%m-%d", **options)


class DayField(forms.DateField):
    """A day (日期)."""

    widget = DayInput


class WordField(forms.TypedChoiceField):
    """A word of `terms`, in the reader's language (术语选择); the cleaned value is the word, or None where it is optional."""

    def __init__(self, words: type[Term], *, only: tuple[Term, ...] = (), none: Any = None, **options: Any) -> None:
        """`only` narrows the words; `none` is what an empty choice says, in place of dashes."""
        chosen = only or tuple(words)
        taps = isinstance(options.get("widget"), forms.RadioSelect) or options.get("widget") in (forms.RadioSelect, Taps)
        empty = [] if taps and options.get("required", True) else [("", none or said("请选择", "Please choose"))]
        super().__init__(
            choices=[*empty, *((str(x.value), said(x.zh, x.en)) for x in chosen)],
            coerce=words,
            empty_value=None,
            **options,
        )


class WordsField(forms.TypedMultipleChoiceField):
    """Several words of `terms` (术语多选); the cleaned value is a list of words."""

    def __init__(self, words: type[Term], *, only: tuple[Term, ...] = (), **options: Any) -> None:
        """`only` narrows the words."""
        options.setdefault("widget", ManyTaps)
        super().__init__(choices=[(str(x.value), said(x.zh, x.en)) for x in only or tuple(words)], coerce=words, **options)


class YuanField(forms.CharField):
    """An amount in yuan, or in units of 10,000 yuan with `wan=True` (金额); the cleaned value is whole fen, or None."""

    def __init__(self, *, wan: bool = False, lowest_fen: int = 0, **options: Any) -> None:
        """`lowest_fen` is the smallest amount that is taken."""
        self.fen_per_unit, self.lowest_fen = (1_000_000 if wan else 100), lowest_fen
        self.unit = said("万元", "× 10,000 yuan") if wan else said("元", "yuan")
        options.setdefault("max_length", 20)
        super().__init__(**options)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """A keyboard of digits."""
        return {**super().widget_attrs(widget), "inputmode": "decimal", "autocomplete": "off"}

    def prepare_value(self, value: Any) -> Any:
        """Whole fen as the text that stands in the field."""
        if not isinstance(value, int):
            return value
        return format((Decimal(value) / self.fen_per_unit).normalize(), "f")

    def clean(self, value: Any) -> Any:
        """The amount in whole fen."""
        text = super().clean(value).replace(",", "").replace("，", "").strip()
        if not text:
            return None
        if not _PLAIN.fullmatch(text):
            raise forms.ValidationError(say("请填写数字，例如 500000", "Please give a number, such as 500000"))
        exact = Decimal(text) * self.fen_per_unit
        fen = int(exact)
        if exact != fen:
            raise forms.ValidationError(say("金额最多两位小数（到分）", "An amount has at most two decimals of a yuan"))
        if fen < self.lowest_fen:
            lowest = format((Decimal(self.lowest_fen) / self.fen_per_unit).normalize(), "f")
            raise forms.ValidationError(say(f"不能少于 {lowest}{self.unit}", f"No less than {lowest} {self.unit}"))
        return fen
