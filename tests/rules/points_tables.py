"""Points tables for tests: a small one to reckon by hand, and random ones with values that lie on and beside their cuts."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from huoshui.rules.points_table import Field, Grade, Kind, Overlay, Pair, PdStep, PointsTable

SALES = Field(
    "sales",
    Kind.NUMBER,
    (-30, 0, 25),
    -40,
    cuts=(Decimal(10_000_000), Decimal(250_000_000)),
    neutral=3,
    direction=1,
    actionable=True,
    zh="近12个月销售额",
    en="sales of 12 months",
    unit="fen",
)
VOID = Field(
    "void",
    Kind.NUMBER,
    (8, -6),
    -2,
    cuts=(Decimal(500),),
    direction=-1,
    actionable=True,
    zh="作废率",
    en="void share",
    unit="bp",
)
TRADE = Field("trade", Kind.CATEGORY, (12, -9), 1, other=-3, groups=(("C", "F"), ("NO", "否")), zh="行业", en="trade")
PAIR = Pair("sales", "trade", (0, 0, 1, 1), (0, 1, 1, 0), ((0, 5), (-7, 2)))
STEPS = (
    PdStep(400, Decimal("0.4"), Decimal("0.3"), Decimal("0.5")),
    PdStep(500, Decimal("0.1"), Decimal("0.05"), Decimal("0.2")),
    PdStep(540, Decimal("0.02"), Decimal(0), Decimal("0.06")),
)
GRADES = (Grade("D", 400), Grade("B", 500), Grade("A1", 540))
SMALL = PointsTable("small", (SALES, VOID, TRADE), 500, STEPS, GRADES, pairs=(PAIR,))

_whole = st.integers(-60, 60)
_decimals = st.decimals(-1000, 1000, allow_nan=False, allow_infinity=False, places=4)
_words = st.text(st.sampled_from("abNO否01é'\"%\\ "), min_size=1, max_size=3)


@st.composite
def _fields(draw: st.DrawFn, name: str) -> Field:
    if draw(st.booleans()):
        found = {float(x): x for x in draw(st.lists(_decimals, max_size=6))}
        cuts = tuple(found[x] for x in sorted(found))
        points = tuple(draw(_whole) for _ in range(len(cuts) + 1))
        return Field(name, Kind.NUMBER, points, draw(_whole), cuts=cuts)
    words = draw(st.lists(_words, max_size=6, unique=True))
    ends = sorted(draw(st.sets(st.integers(1, max(len(words) - 1, 1)), max_size=2))) if len(words) > 1 else []
    bounds = [0, *ends, len(words)] if words else []
    groups = tuple(tuple(words[a:b]) for a, b in pairwise(bounds))
    points = tuple(draw(_whole) for _ in groups)
    return Field(name, Kind.CATEGORY, points, draw(_whole), other=draw(_whole), groups=groups)


@st.composite
def tables(draw: st.DrawFn) -> PointsTable:
    """A random table of one to four fields and up to two pairs."""
    fields = tuple(draw(_fields(f"f{i}")) for i in range(draw(st.integers(1, 4))))
    pairs = []
    for first, second in [(0, 1), (1, 2)][: max(len(fields) - 1, 0)]:
        rows, columns = draw(st.integers(1, 3)), draw(st.integers(1, 3))
        pairs.append(
            Pair(
                fields[first].name,
                fields[second].name,
                tuple(draw(st.integers(0, rows - 1)) for _ in fields[first].all_points),
                tuple(draw(st.integers(0, columns - 1)) for _ in fields[second].all_points),
                tuple(tuple(draw(_whole) for _ in range(columns)) for _ in range(rows)),
            )
        )
    overlays = (Overlay(date(2026, 1, 1), draw(_whole), "level"),) if draw(st.booleans()) else ()
    return PointsTable("random", fields, draw(_whole) + 500, STEPS, GRADES, pairs=tuple(pairs), overlays=overlays)


@st.composite
def firms(draw: st.DrawFn, table: PointsTable) -> list[dict[str, Any]]:
    """Firms whose values lie at the cuts, just beside them, in no group, or are missing."""
    return [{x.name: draw(_values(x)) for x in table.fields} for _ in range(draw(st.integers(1, 8)))]


def _values(field: Field) -> st.SearchStrategy[Any]:
    if field.kind is Kind.CATEGORY:
        return st.sampled_from([None, "unseen", "", *(x for group in field.groups for x in group)])
    at = [float(x) for x in field.cuts]
    beside = [y for x in at for y in (x + abs(x) * 2**-52, x - abs(x) * 2**-52)]
    return st.sampled_from([None, float("nan"), float("inf"), float("-inf"), 0.0, -0.0, 0.1 + 0.2, *at, *beside])
