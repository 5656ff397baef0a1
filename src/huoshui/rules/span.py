"""Stretches of days (起止区间): overdue times of a loan, pauses of a clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from huoshui.errors import BadRequest


@dataclass(frozen=True, slots=True)
class Span:
    """From the day something begins to the day it ends (起止区间); `end` is None while it lasts.

    The span is as long as its two days are apart: from the 3rd to the 7th are four days. Raises BadRequest when it ends
    before it begins.
    """

    begin: date
    end: date | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end < self.begin:
            raise BadRequest(f"a stretch of days cannot end on {self.end}, before it begins on {self.begin}")


def merge_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same days as spans in order that neither overlap nor touch (合并区间); an open span takes all that follows."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda x: (x.begin, x.end or date.max)):
        if span.end == span.begin:
            continue
        last = merged[-1] if merged else None
        if last is None or (last.end is not None and span.begin > last.end):
            merged.append(span)
        elif last.end is not None and (span.end is None or span.end > last.end):
            merged[-1] = Span(last.begin, span.end)
    return tuple(merged)
