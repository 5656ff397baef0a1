"""The list itself (列表): what a module declares once, and what one reader is shown of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from django import forms
from django.core.exceptions import FieldDoesNotExist
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers

from huoshui.models import SavedView, Viewer
from huoshui.web.language import say
from huoshui.web.listing.acts import BulkAct
from huoshui.web.listing.columns import Column
from huoshui.web.listing.export import FORMATS, exported
from huoshui.web.listing.filters import Filter, Rows

COUNTED: Final = 10_000  # more rows than that are not counted and not paged through
PAGE: Final = 50
_ONE_PAGE_ONLY: Final = ("page", "export", "language", "large")


@dataclass(frozen=True, slots=True)
class Listing:
    """A list as its module declares it (列表声明). `name` is that of its saved views and of its piece of the page.

    `sort` is the first order, a column's key with "-" before it for descending; rows that are equal there stand in the order
    of their ids. `search` narrows the rows by a text, see `firm_search`.
    """

    name: str
    title: str = field(kw_only=True)
    columns: tuple[Column, ...] = field(kw_only=True)
    filters: tuple[Filter, ...] = field(default=(), kw_only=True)
    search: Callable[[Rows, str], Rows] | None = field(default=None, kw_only=True)
    search_hint: str = field(default="", kw_only=True)
    sort: str = field(default="", kw_only=True)
    acts: tuple[BulkAct, ...] = field(default=(), kw_only=True)
    empty: str = field(default="", kw_only=True)
    empty_hint: str = field(default="", kw_only=True)
    page_size: int = field(default=PAGE, kw_only=True)
    body: str = field(default="parts/list_table.html", kw_only=True)  # the template that draws the rows

    def answer(self, request: Any, *, rows: QuerySet[Any], template: str, **context: Any) -> HttpResponseBase:
        """The page `template` with the list in it as `listing`, its piece alone for HTMX, or an export (列表页).

        `rows` are those that the viewer may see, with `select_related` for what the cells read. The template holds
        `{% include "parts/list.html" %}`.
        """
        shown = Shown(self, request=request, rows=rows, given=request.GET)
        if kind := request.GET.get("export"):
            return exported(shown.sorted_rows, kind=kind, name=self.name, columns=self.columns)
        piece = bool(request.htmx) and not request.htmx.history_restore_request and request.htmx.target == shown.piece_id
        page = "parts/list.html" if piece else template
        response: HttpResponse = render(request, page, {**context, "listing": shown, "is_piece": piece})
        patch_vary_headers(response, ("HX-Request", "HX-Target"))
        patch_cache_control(response, private=True, no_cache=True)
        if piece:
            response["HX-Push-Url"] = shown.address()
        return response

    def chosen(self, request: Any, *, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that a bulk act was asked for (所选行): those that were ticked, or all that the list's filter finds."""
        if request.POST.get("all_filtered") == "yes":
            return Shown(self, request=request, rows=rows, given=QueryDict(request.POST.get("query", ""))).sorted_rows
        return rows.filter(pk__in=[int(x) for x in request.POST.getlist("row") if x.isdecimal() and len(x) < 19])


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set (已选条件), and the address of the list without it."""

    label: str
    without: str


class Shown:
    """A list as one reader is shown it (列表呈现): every property is worked out once, when the template first asks."""

    def __init__(self, listing: Listing, *, request: HttpRequest, rows: QuerySet[Any], given: QueryDict) -> None:
        """`given` are the parameters: those of the address, or those that a bulk act brought along."""
        self.listing, self.request, self._rows, self._given = listing, request, rows, given
        self.viewer: Viewer = request.viewer  # type: ignore[attr-defined]
        self.name, self.title, self.page_size, self.body = listing.name, listing.title, listing.page_size, listing.body
        self.empty, self.empty_hint = listing.empty or say("没有记录", "No entries"), listing.empty_hint
        self.piece_id = f"list-{listing.name}"
        self.path = request.path
        self.export_kinds = FORMATS
        self.columns = [x for x in listing.columns if x.on_page]

    @cached_property
    def form(self) -> forms.Form:
        """The fields above the list (筛选表单)."""
        inputs: dict[str, forms.Field] = {}
        if self.listing.search:
            hint = self.listing.search_hint or say("名称、统一代码或拼音首字母", "Name, code or pinyin initials")
            box = forms.TextInput(attrs={"type": "search", "placeholder": hint})
            inputs["q"] = forms.CharField(label=say("搜索", "Search"), required=False, max_length=60, widget=box)
        for one in self.listing.filters:
            inputs |= one.inputs(self.viewer)
        form: forms.Form = type("FilterForm", (forms.Form,), inputs)(
            self._given, auto_id=f"{self.name}-%s", use_required_attribute=False
        )
        form.is_valid()
        return form

    @cached_property
    def given(self) -> dict[str, Any]:
        """What was given and understood (有效条件)."""
        return {k: v for k, v in self.form.cleaned_data.items() if v not in (None, "", [])}

    @cached_property
    def rows(self) -> QuerySet[Any]:
        """All rows that fit (筛选结果)."""
        found = self._rows
        if self.listing.search and (text := self.given.get("q")):
            found = self.listing.search(found, text)
        for one in self.listing.filters:
            found = one.narrowed(found, self.given)
        return found

    @cached_property
    def order(self) -> tuple[Column | None, bool]:
        """The column by which the rows stand, and whether descending (排序)."""
        sortable = {x.key: x for x in self.listing.columns if x.sort}
        for asked in (self._given.get("sort", ""), self.listing.sort):
            if column := sortable.get(asked.removeprefix("-")):
                return column, asked.startswith("-")
        return None, True

    @cached_property
    def sorted_rows(self) -> QuerySet[Any]:
        """All rows that fit, in order (排序结果)."""
        column, descending = self.order
        if column is None:
            return self.rows.order_by("-pk")
        by = F(column.sort)
        if _may_be_null(self.rows, name=column.sort):
            return self.rows.order_by(by.desc(nulls_last=True) if descending else by.asc(nulls_last=True), "pk")
        return self.rows.order_by(by.desc(), "-pk") if descending else self.rows.order_by(by.asc(), "pk")

    @cached_property
    def page(self) -> int:
        """The number of the page, from 1 (页码)."""
        asked = self._given.get("page", "1")
        last = max(1, COUNTED // self.page_size)
        return min(max(1, int(asked)), last) if asked.isdecimal() and len(asked) < 9 else 1

    @cached_property
    def _fetched(self) -> list[Any]:
        start = (self.page - 1) * self.page_size
        return list(self.sorted_rows[start : start + self.page_size + 1])

    @cached_property
    def page_rows(self) -> list[Any]:
        """The rows of this page (本页)."""
        return self._fetched[: self.page_size]

    @cached_property
    def cells(self) -> list[tuple[Any, list[tuple[Column, str]]]]:
        """The rows of this page with their cells as they are drawn (本页单元格)."""
        return [(row.pk, [(x, x.shown(row)) for x in self.columns]) for row in self.page_rows]

    @cached_property
    def count(self) -> int:
        """How many rows fit (条数); one more than COUNTED stands for more than that."""
        before = (self.page - 1) * self.page_size
        if self._fetched and len(self._fetched) <= self.page_size:
            return before + len(self._fetched)
        if not self._fetched and self.page == 1:
            return 0
        return self.rows.order_by().values("pk")[: COUNTED + 1].count()

    @property
    def told_count(self) -> str:
        """The rows of this page and how many there are, in words (条数说明)."""
        if not self.page_rows:
            return say("没有记录", "No entries")
        first = (self.page - 1) * self.page_size + 1
        last = first + len(self.page_rows) - 1
        if self.count > COUNTED:
            return say(f"第 {first:,}–{last:,} 条，共超过 {COUNTED:,} 条", f"{first:,}–{last:,} of more than {COUNTED:,}")
        return say(f"第 {first:,}–{last:,} 条，共 {self.count:,} 条", f"{first:,}–{last:,} of {self.count:,}")

    @property
    def pages(self) -> int:
        """How many pages can be turned to (页数)."""
        return max(1, -(-min(self.count, COUNTED) // self.page_size))

    @property
    def previous(self) -> str:
        """The address of the page before, "" on the first (上一页)."""
        return self.address(page=self.page - 1) if self.page > 1 else ""

    @property
    def following(self) -> str:
        """The address of the next page, "" on the last (下一页)."""
        return self.address(page=self.page + 1) if self.page < self.pages else ""

    def query(self, *, without: tuple[str, ...] = (), **changed: Any) -> str:
        """The parameters of the list as it stands, some changed (查询串)."""
        kept = QueryDict(mutable=True)
        for key in (*self.form.fields, "sort"):
            value = self._given.get(key, "")
            if value and key not in without and key not in changed:
                kept[key] = value
        for key, value in changed.items():
            if value:
                kept[key] = str(value)
        return kept.urlencode()

    def address(self, *, without: tuple[str, ...] = (), **changed: Any) -> str:
        """The address of the list as it stands, some parameters changed (列表地址)."""
        query = self.query(without=without, **changed)
        return f"{self.path}?{query}" if query else self.path

    @property
    def exports(self) -> list[tuple[str, str]]:
        """The kinds of file and their addresses (导出)."""
        return [(x.upper(), self.address(export=x)) for x in FORMATS]

    @property
    def heads(self) -> list[tuple[Column, str, str]]:
        """The columns with the address that sorts by each, and how it is sorted now (列头)."""
        column, descending = self.order
        found = []
        for one in self.columns:
            is_here = column is not None and one.key == column.key
            turned = f"-{one.key}" if is_here and not descending else one.key
            state = ("descending" if descending else "ascending") if is_here else ""
            found.append((one, self.address(sort=turned) if one.sort else "", state))
        return found

    @property
    def orders(self) -> list[tuple[str, str, bool]]:
        """The orders to choose from, and whether each was asked for (排序方式)."""
        asked = self._given.get("sort", "")
        offered = [
            (f"{sign}{x.key}", f"{x.label} {word}")
            for x in self.columns
            if x.sort
            for sign, word in (("", say("升序", "ascending")), ("-", say("降序", "descending")))
        ]
        return [(value, label, value == asked) for value, label in offered]

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than can be paged through (是否超过上限)."""
        return self.count > COUNTED

    @property
    def chips(self) -> list[Chip]:
        """The filters that are set (已选条件)."""
        found = []
        for key, value in self.given.items():
            one = self.form.fields[key]
            choices: dict[Any, Any] = dict(one.widget.choices) if isinstance(one, forms.ChoiceField) else {}
            text = choices.get(value) or (f"“{value}”" if key == "q" else value)
            found.append(Chip(f"{one.label} {text}", self.address(without=(key,))))
        return found

    @property
    def bar_fields(self) -> list[forms.BoundField]:
        """The fields that stand above the list (常用筛选)."""
        behind = self._behind
        return [x for x in self.form if x.name not in behind and x.name != "q"]

    @property
    def search_field(self) -> forms.BoundField | None:
        """The field for the search, if the list has one (搜索框)."""
        return self.form["q"] if self.listing.search else None

    @property
    def more_fields(self) -> list[forms.BoundField]:
        """The fields behind "more" (更多筛选)."""
        behind = self._behind
        return [x for x in self.form if x.name in behind]

    @cached_property
    def _behind(self) -> set[str]:
        return {key for x in self.listing.filters if x.more for key in x.inputs(self.viewer)}

    @property
    def more_is_open(self) -> bool:
        """Whether a filter behind "more" is set or wrong (更多筛选是否展开)."""
        return bool(self._behind & (set(self.given) | set(self.form.errors)))

    @cached_property
    def acts(self) -> list[tuple[BulkAct, str]]:
        """The bulk acts that the viewer is offered, with their addresses (批量操作)."""
        return [(x, reverse(x.page)) for x in self.listing.acts if x.is_for(self.viewer)]

    @cached_property
    def saved_views(self) -> list[tuple[SavedView, str, bool]]:
        """The viewer's saved views of this list: each with its address, and whether it is the one at hand (常用视图)."""
        if self.viewer.user_id is None:
            return []
        found = SavedView.objects.visible_to(self.viewer).filter(listing=self.name).order_by("name")
        here = self.query()
        return [(x, f"{self.path}?{x.query}", x.query == here) for x in found]


def _may_be_null(rows: QuerySet[Any], *, name: str) -> bool:
    model = rows.model
    for part in name.split("__"):
        try:
            one = model._meta.get_field(part)
        except FieldDoesNotExist:
            return True  # an annotation
        if getattr(one, "null", False):
            return True
        model = getattr(one, "related_model", None) or model
    return False
