"""A points table over columns gives every firm the points, the grade and the reasons of its one-firm readers."""

from datetime import date
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.adapters.rating.scoring import NONE, RegisterScorer
from huoshui.errors import BadFile
from huoshui.rules.points_reasons import Explainer
from huoshui.rules.points_table import Field, Grade, Kind, Pair, PdStep, PointsTable, Reader, Role

NUMBERS: Final = st.one_of(st.none(), st.integers(-5, 45), st.floats(-5, 45), st.just(float("nan")))
WORDS: Final = st.one_of(st.none(), st.sampled_from(["a", "b", "c", "other"]))


@st.composite
def tables(draw: st.DrawFn) -> PointsTable:
    """Tables with ties, many and few cuts, categories, a segment and a pair."""
    points = st.integers(-20, 20)
    fields = []
    for i in range(draw(st.integers(1, 6))):
        cuts = sorted(draw(st.sets(st.integers(0, 40), max_size=draw(st.sampled_from([0, 3, 30])))))
        given_points = tuple(draw(points) for _ in range(len(cuts) + 1))
        role = draw(st.sampled_from([Role.FACTOR, Role.FACTOR, Role.SEGMENT]))
        found = tuple(Decimal(x) for x in cuts)
        fields.append(Field(f"n{i}", Kind.NUMBER, given_points, draw(points), cuts=found, role=role))
    fields.append(
        Field("word", Kind.CATEGORY, (draw(points), draw(points)), 1, other=draw(points), groups=(("a",), ("b", "c")))
    )
    rows = tuple(x % 2 for x in range(fields[0].missing_cell + 1))
    pair = Pair("n0", "word", rows, (0, 1, 1, 0), ((draw(points), draw(points)), (draw(points), draw(points))))
    step = PdStep(-10, Decimal("0.3"), Decimal("0.1"), Decimal("0.5"))
    steps = (step, PdStep(10, Decimal("0.1"), Decimal("0.1"), Decimal("0.2")))
    return PointsTable("any", tuple(fields), 0, steps, (Grade("D", -20), Grade("B", 0), Grade("A", 15)), pairs=(pair,))


@given(tables(), st.data())
@settings(max_examples=60, deadline=None)
def test_a_batch_and_its_firms_are_scored_alike(table: PointsTable, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 12))
    rows: list[dict[str, Any]] = [
        {x.name: data.draw(WORDS if x.kind is Kind.CATEGORY else NUMBERS) for x in table.fields} for _ in range(count)
    ]
    kinds = {x.name: pa.string() if x.kind is Kind.CATEGORY else pa.float64() for x in table.fields}
    batch = pa.table({name: pa.array([x[name] for x in rows], kind) for name, kind in kinds.items()})
    scorer, reader, explainer = RegisterScorer(table), Reader(table), Explainer(table)
    found, texts = scorer.score(batch), scorer.texts("en").to_pylist()
    expected = [reader.score(x) for x in rows]
    factors = [i for i, x in enumerate(table.fields) if x.role is Role.FACTOR]
    known = [any(x.cells[i] != table.fields[i].missing_cell for i in factors) for x in expected]
    assert found.is_known.tolist() == known
    assert found.points.tolist() == [x.points for x in expected]
    assert [table.pd_steps[i].pd for i in found.step] == [x.pd for x in expected]
    assert [table.grades[i].code for i in found.grade] == [x.grade for x in expected]
    reasons = [[texts[x] for x in row if x != NONE] for row in zip(*(x.tolist() for x in found.reasons), strict=True)]
    assert reasons == [[y.en for y in explainer.reasons(x)] if k else [] for x, k in zip(expected, known, strict=True)]


def test_whole_numbers_and_truth_values_are_read_as_one_firm_s_are() -> None:
    fields = (
        Field("big", Kind.NUMBER, (0, 1), 9, cuts=(Decimal(2**53),)),
        Field("flag", Kind.CATEGORY, (0, 1), 9, other=5, groups=(("true",), ("1",))),
    )
    step, grade = PdStep(0, Decimal(0), Decimal(0), Decimal(1)), Grade("A", 0)
    table = PointsTable("kinds", fields, 0, (step,), (grade,))
    rows: list[dict[str, Any]] = [
        {"big": x, "flag": y} for x in (2**53 - 1, 2**53, 2**53 + 1, None) for y in (True, False, None)
    ]
    scored = RegisterScorer(table, on=date(2025, 6, 30)).score(pa.Table.from_pylist(rows))
    assert scored.points.tolist() == [Reader(table).score(x).points for x in rows]
    numbers: list[dict[str, Any]] = [{"big": None, "flag": x} for x in (1, 2, None)]
    batch = pa.table({"big": pa.nulls(3), "flag": pa.array([1, 2, None], pa.int32())})
    assert RegisterScorer(table).score(batch).points.tolist() == [Reader(table).score(x).points for x in numbers]


def test_columns_that_are_absent_or_of_another_kind_are_refused() -> None:
    step, grade = PdStep(0, Decimal(0), Decimal(0), Decimal(1)), Grade("A", 0)
    fields = (Field("n", Kind.NUMBER, (0,), 0), Field("w", Kind.CATEGORY, (0,), 0, groups=(("a",),)))
    scorer = RegisterScorer(PointsTable("kinds", fields, 0, (step,), (grade,)))
    for wrong in ({"w": ["a"]}, {"n": ["a"], "w": ["a"]}, {"n": [1], "w": [0.5]}):
        with pytest.raises(BadFile):
            scorer.score(pa.table(wrong))
