"""Filters of a list (筛选): each is one field or two above the list, and narrows the rows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import DateTimeField, Q, QuerySet
from django.utils import timezone

from huoshui.models import Viewer
from huoshui.models.firm import firms_named
from huoshui.terms import Term
from huoshui.web.forms import DayField
from huoshui.web.language import said, say

Rows = QuerySet[Any]
Options = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Filter:
    """What every filter has (筛选项): its parameter and its label.

    `lookup` names the field of the model (the parameter's name where it is left out); `more` puts the filter behind "more".
    """

    key: str
    label: str = field(kw_only=True)
    lookup: str = field(default="", kw_only=True)
    more: bool = field(default=False, kw_only=True)

    def inputs(self, viewer: Viewer) -> dict[str, forms.Field]:
        """The fields of the form above the list (筛选字段)."""
        raise NotImplementedError

    def narrowed(self, rows: Rows, given: Mapping[str, Any]) -> Rows:
        """The rows that fit what was given (筛选结果)."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Choice(Filter):
    """One of a few (选项筛选): words of `terms`, or `options`, pairs of value and label, which may depend on the viewer."""

    words: type[Term] | None = field(default=None, kw_only=True)
    only: tuple[Term, ...] = field(default=(), kw_only=True)
    options: Options | Callable[[Viewer], Options] = field(default=(), kw_only=True)
    condition: Callable[[str], Q] | None = field(default=None, kw_only=True)

    def inputs(self, viewer: Viewer) -> dict[str, forms.Field]:
        """A list to choose from (下拉选择)."""
        if self.words:
            offered: Options = [(str(x.value), say(x.zh, x.en)) for x in self.only or self.words]
        else:
            offered = self.options(viewer) if callable(self.options) else self.options
        choices = [("", say("全部", "All")), *offered]
        return {self.key: forms.ChoiceField(label=self.label, choices=choices, required=False)}

    def narrowed(self, rows: Rows, given: Mapping[str, Any]) -> Rows:
        """The rows with the chosen value."""
        value = given.get(self.key)
        if not value:
            return rows
        return rows.filter(self.condition(value) if self.condition else Q(**{self.lookup or self.key: value}))


@dataclass(frozen=True, slots=True)
class Text(Filter):
    """A text (文字筛选): `lookup` may be one such as `note__startswith`, a plain field is compared exactly."""

    def inputs(self, viewer: Viewer) -> dict[str, forms.Field]:  # noqa: ARG002 - the same for everybody
        """A line of text (文本框)."""
        return {self.key: forms.CharField(label=self.label, required=False, max_length=60)}

    def narrowed(self, rows: Rows, given: Mapping[str, Any]) -> Rows:
        """The rows with this text."""
        value = given.get(self.key)
        return rows.filter(**{self.lookup or self.key: value}) if value else rows


@dataclass(frozen=True, slots=True)
class Days(Filter):
    """From a day to a day, both included (日期区间); parameters are `<key>_from` and `<key>_to`."""

    def inputs(self, viewer: Viewer) -> dict[str, forms.Field]:  # noqa: ARG002 - the same for everybody
        """Two days (起止日期)."""
        return {
            f"{self.key}_from": DayField(label=said(f"{self.label} 起", f"{self.label} from"), required=False),
            f"{self.key}_to": DayField(label=said(f"{self.label} 止", f"{self.label} to"), required=False),
        }

    def narrowed(self, rows: Rows, given: Mapping[str, Any]) -> Rows:
        """The rows of these days."""
        name = self.lookup or self.key
        moments = isinstance(rows.model._meta.get_field(name.partition("__")[0]), DateTimeField)
        first, last = given.get(f"{self.key}_from"), given.get(f"{self.key}_to")
        if first:
            rows = rows.filter(**{f"{name}__gte": _midnight(first) if moments else first})
        if last:
            after = last + timedelta(days=1) if last < date.max else last
            rows = rows.filter(**{f"{name}__lt": _midnight(after) if moments else after})
        return rows


@dataclass(frozen=True, slots=True)
class YesNo(Filter):
    """Yes or no (是否筛选): of a field, or of a `condition`."""

    condition: Q | None = field(default=None, kw_only=True)

    def inputs(self, viewer: Viewer) -> dict[str, forms.Field]:  # noqa: ARG002 - the same for everybody
        """All, yes, no (是否)."""
        choices = [("", say("全部", "All")), ("yes", say("是", "Yes")), ("no", say("否", "No"))]
        return {self.key: forms.ChoiceField(label=self.label, choices=choices, required=False)}

    def narrowed(self, rows: Rows, given: Mapping[str, Any]) -> Rows:
        """The rows of which it is so, or is not."""
        value = given.get(self.key)
        if not value:
            return rows
        wanted = self.condition if self.condition is not None else Q(**{self.lookup or self.key: True})
        return rows.filter(wanted if value == "yes" else ~wanted)


def firm_search(prefix: str = "") -> Callable[[Rows, str], Rows]:
    """Search firms by code, by the initials of the name's pinyin, or by a part of the name (主体搜索).

    `prefix` leads from the rows to the firm, such as "firm__".
    """
    return lambda rows, text: rows.filter(firms_named(text, prefix=prefix))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
