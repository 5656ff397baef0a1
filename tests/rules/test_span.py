from datetime import date, timedelta
from itertools import pairwise
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.errors import BadRequest
from huoshui.rules.span import Span, merge_spans

START: Final = date(2025, 1, 1)
DAY: Final = timedelta(days=1)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    begin = START + draw(st.integers(0, 60)) * DAY
    return Span(begin, draw(st.none() | st.integers(0, 20).map(lambda n: begin + n * DAY)))


def covered(found: list[Span]) -> set[int]:
    every = range(100)
    return {n for n in every if any(x.begin <= START + n * DAY < (x.end or date.max) for x in found)}


@given(st.lists(spans(), max_size=6))
def test_merged_spans_hold_the_same_days(given_spans: list[Span]) -> None:
    assert covered(list(merge_spans(given_spans))) == covered(given_spans)


@given(st.lists(spans(), max_size=6))
def test_merged_spans_neither_overlap_nor_touch(given_spans: list[Span]) -> None:
    merged = merge_spans(given_spans)
    assert [x for x, y in pairwise(merged) if x.end is None or x.end >= y.begin] == []


def test_spans_that_touch_become_one() -> None:
    assert merge_spans([Span(START + DAY, START + 2 * DAY), Span(START, START + DAY)]) == (Span(START, START + 2 * DAY),)


def test_an_empty_span_is_dropped() -> None:
    assert merge_spans([Span(START, START)]) == ()


def test_an_open_span_takes_what_follows() -> None:
    assert merge_spans([Span(START + DAY, START + 3 * DAY), Span(START)]) == (Span(START),)


def test_a_span_cannot_end_before_it_begins() -> None:
    with pytest.raises(BadRequest):
        Span(START, START - DAY)
