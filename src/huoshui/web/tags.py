"""What every template may use (模板标签): both languages side by side, words of the field, money, masks."""

from datetime import date, datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from huoshui.models.secrets import masked_name, masked_phone
from huoshui.terms import Term
from huoshui.web.language import in_english, say
from huoshui.web.navigation import page_address

register = template.Library()


@register.simple_tag
def t(zh: str, en: str) -> str:
    """`{% t "走访" "Visit" %}`: the text in the reader's language (双语文本)."""
    return say(zh, en)


@register.simple_tag
def way(name: str) -> str:
    """`{% way "visit:list" as url %}`: the address of a page, "" where the site has no such page (页面地址)."""
    return page_address(name)


@register.simple_tag
def badge(value: Any, tone: str = "") -> SafeString:
    """`{% badge demand.stage "green" %}`: a word as a badge; tones: blue, green, amber, red (标签)."""
    return format_html('<span class="badge {}">{}</span>', tone, word(value))


@register.filter
def word(value: Any) -> str:
    """A word of `terms` in the reader's language (术语显示); "—" for none."""
    if isinstance(value, Term):
        return value.en if in_english() else value.zh
    return str(value) if value else "—"


@register.simple_tag
def data_cell(value: Any) -> str:
    """A value of any kind as a table shows it (单元格): word, moment, day, number or text; "—" for none."""
    if isinstance(value, datetime):
        return moment(value)
    return day(value) if isinstance(value, date) else word(value)


@register.filter
def yuan(amount_fen: int | None) -> str:
    """An amount in fen as yuan, grouped (金额显示): 12345678 is "123,456.78"; "—" for none."""
    if amount_fen is None:
        return "—"
    whole, fen = divmod(abs(amount_fen), 100)
    return f"{'-' if amount_fen < 0 else ''}{whole:,}" + (f".{fen:02}" if fen else "")


@register.filter
def day(value: date | datetime | None) -> str:
    """A day as 2025-06-30, in the region's time zone (日期显示)."""
    if isinstance(value, datetime):
        value = timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return value.isoformat() if value else "—"


@register.filter
def moment(value: datetime | None) -> str:
    """A moment as 2025-06-30 14:05, in the region's time zone (时间显示)."""
    return timezone.localtime(value).strftime("%Y-%m-%d %H:%M") if value else "—"


register.filter("masked_name", masked_name)
register.filter("masked_phone", masked_phone)
