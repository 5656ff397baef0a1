"""Columns of a list (列): what a cell holds, how the page shows it, and what an export writes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Literal

from django.db.models import Model
from django.utils.html import format_html

from huoshui.terms import Term
from huoshui.web.language import say
from huoshui.web.tags import day, moment, word, yuan

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
FEN_PER_WAN: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Column:
    """One column (列). `cell` takes a row and gives a word, day, moment, number, text, yes or no, or None for not known.

    `sort` names the field that it sorts by, `link` gives the address where a cell leads, `tone` makes a badge of it. With
    `unit` an int is an amount in fen, shown in yuan or in units of 10,000 yuan. `on_page=False` is for exports alone.
    """

    key: str
    label: str = field(kw_only=True)
    cell: Callable[[Any], Any] = field(kw_only=True)
    sort: str = field(default="", kw_only=True)
    link: Callable[[Any], str] | None = field(default=None, kw_only=True)
    tone: Callable[[Any], str] | None = field(default=None, kw_only=True)
    unit: Literal["", "yuan", "wan"] = field(default="", kw_only=True)
    number: bool = field(default=False, kw_only=True)
    on_page: bool = field(default=True, kw_only=True)

    def head(self) -> str:
        """What stands above the column, with its unit (列名)."""
        unit = {"": "", "yuan": say("（元）", " (yuan)"), "wan": say("（万元）", " (10,000 yuan)")}[self.unit]
        return f"{self.label}{unit}"

    @property
    def is_number(self) -> bool:
        """Whether its cells stand on the right (是否靠右)."""
        return self.number or bool(self.unit)

    def shown(self, row: Model) -> str:
        """The cell as the page draws it (单元格)."""
        value = self.cell(row)
        text = self.text(value)
        if self.tone and text != "—":
            text = format_html('<span class="badge {}">{}</span>', self.tone(row), text)
        address = self.link(row) if self.link and value not in (None, "") else ""
        return format_html('<a href="{}">{}</a>', address, text) if address else text

    def text(self, value: Any) -> str:
        """A value in the reader's words (单元格文字); "—" for what is not known."""
        if isinstance(value, bool):
            return say("是", "yes") if value else say("否", "no")
        if isinstance(value, datetime):
            return moment(value)
        if isinstance(value, date):
            return day(value)
        if isinstance(value, int):
            return self._number(value)
        if isinstance(value, list | tuple):
            return say("、", ", ").join(self.text(x) for x in value) or "—"
        return word(value)

    def _number(self, value: int) -> str:
        if self.unit == "yuan":
            return yuan(value)
        if self.unit == "wan":
            return f"{(Decimal(value) / FEN_PER_WAN).normalize():,f}"
        return f"{value:,}"

    def written(self, row: Model) -> str | int | Decimal:
        """The cell as a table for people holds it (导出值): numbers as numbers, text that no program takes for a formula."""
        value = self.cell(row)
        if value is None or value == "":
            return ""
        if isinstance(value, int) and not isinstance(value, bool):
            return Decimal(value) / {"": 1, "yuan": 100, "wan": FEN_PER_WAN}[self.unit] if self.unit else value
        text = self.text(value)
        return f"'{text}" if text.startswith(_FORMULA) else text

    def told(self, row: Model) -> Any:
        """The cell as a program reads it (机读值): stable words, ISO days, amounts in fen."""
        return _told(self.cell(row))


def _told(value: Any) -> Any:
    if isinstance(value, Term):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_told(x) for x in value]
    return value if isinstance(value, bool | int | str) or value is None else str(value)
