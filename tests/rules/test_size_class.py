"""Size classes: what a row promises, whatever its figures."""

from itertools import product
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.errors import BadCode
from huoshui.rules.size_class import (
    Bounds,
    BoundTest,
    NotCovered,
    SeveralRows,
    SizeRow,
    SizeTable,
    classify,
    industry_rows,
    judge,
    row_for,
)  # fmt: skip
from huoshui.terms import SizeClass, SizeFigure

ORDER: Final = (SizeClass.MICRO, SizeClass.SMALL, SizeClass.MEDIUM, SizeClass.LARGE)
SOFTWARE: Final = SizeRow("I2", "软件", "software", Bounds(300, 1000), Bounds(100, 100), Bounds(10, 5))
LEASING: Final = SizeRow("L", "租赁", "leasing", Bounds(300, None, 120), Bounds(100, None, 80), Bounds(10, None, 1))
RAIL: Final = NotCovered("铁路", "rail")
TABLE: Final = SizeTable(
    "2017", (SOFTWARE, LEASING), {"65": SOFTWARE, "53": RAIL, "71": LEASING, "591": LEASING, "592": SOFTWARE, "5929": RAIL},
    {"G": ("53", "59"), "I": ("65",), "L": ("71",), "P": ("53",)},
)  # fmt: skip
figures = st.one_of(st.none(), st.integers(0, 2000))
known = st.integers(0, 2000)
rows = st.sampled_from((SOFTWARE, LEASING))


@given(rows, known, known, known)
def test_with_every_figure_known_there_is_exactly_one_class(row: SizeRow, employees: int, revenue: int, assets: int) -> None:
    found = judge(row, employees=employees, revenue_fen=revenue, assets_fen=assets)
    bounds = {SizeClass.LARGE: row.large, SizeClass.MEDIUM: row.medium, SizeClass.SMALL: row.small}
    reached = [
        x for x, b in bounds.items()
        if employees >= (b.employees or 0) and revenue >= (b.revenue_fen or 0) and assets >= (b.assets_fen or 0)
    ]  # fmt: skip
    assert found.size_class is ([*reached, SizeClass.MICRO])[0]
    assert (found.row, found.missing, found.reason) == (row, (), "")


@given(rows, st.tuples(known, known, known), st.tuples(known, known, known))
def test_a_larger_figure_never_makes_a_smaller_class(row: SizeRow, given: tuple[int, ...], more: tuple[int, ...]) -> None:
    def place(values: tuple[int, ...]) -> int:
        employees, revenue, assets = values
        return ORDER.index(judge(row, employees=employees, revenue_fen=revenue, assets_fen=assets).size_class)

    assert place(given) <= place(tuple(a + b for a, b in zip(given, more, strict=True)))


@given(rows, figures, figures, figures)
def test_what_is_decided_without_a_figure_holds_whatever_the_figure_is(
    row: SizeRow, employees: int | None, revenue: int | None, assets: int | None
) -> None:
    found = judge(row, employees=employees, revenue_fen=revenue, assets_fen=assets)
    choices = [(0, 5, 50, 99, 200, 5000) if x is None else (x,) for x in (employees, revenue, assets)]
    possible = {judge(row, employees=e, revenue_fen=r, assets_fen=a).size_class for e, r, a in product(*choices)}
    if found.size_class is SizeClass.UNKNOWN:
        assert len(possible) > 1
        assert [x for x in found.missing if {"employees": employees, "revenue": revenue, "assets": assets}[x] is not None] == []
    else:
        assert possible == {found.size_class}


def test_the_tests_show_every_bound_up_to_the_class() -> None:
    found = judge(SOFTWARE, employees=103, revenue_fen=2000, assets_fen=None)
    assert found.size_class is SizeClass.MEDIUM
    assert [(x, x.held) for x in found.tests] == [
        (BoundTest(SizeClass.LARGE, SizeFigure.EMPLOYEES, 300, 103), False),
        (BoundTest(SizeClass.LARGE, SizeFigure.REVENUE, 1000, 2000), True),
        (BoundTest(SizeClass.MEDIUM, SizeFigure.EMPLOYEES, 100, 103), True),
        (BoundTest(SizeClass.MEDIUM, SizeFigure.REVENUE, 100, 2000), True),
    ]


def test_too_few_employees_are_micro_whatever_the_revenue_is() -> None:
    assert judge(SOFTWARE, employees=9, revenue_fen=None, assets_fen=None).size_class is SizeClass.MICRO


def test_a_figure_that_decides_is_named_when_it_is_missing() -> None:
    found = judge(SOFTWARE, employees=103, revenue_fen=None, assets_fen=None)
    assert (found.size_class, found.row, found.missing) == (SizeClass.UNKNOWN, SOFTWARE, (SizeFigure.REVENUE,))
    assert found.reason == "缺少营业收入，无法判定 (not known without revenue)"
    nothing = judge(LEASING, employees=None, revenue_fen=5, assets_fen=None)
    assert nothing.missing == (SizeFigure.EMPLOYEES, SizeFigure.ASSETS)


def test_an_industry_that_is_left_out_has_no_class_and_a_reason() -> None:
    found = classify("5310", employees=5, revenue_fen=5, assets_fen=5, table=TABLE)
    assert (found.size_class, found.row) == (SizeClass.NOT_APPLICABLE, None)
    assert found.reason == "划型标准不适用于铁路 (not covered: rail)"


def test_a_code_that_fits_several_rows_has_no_class() -> None:
    found = classify("59", employees=5, revenue_fen=5, assets_fen=5, table=TABLE)
    assert (found.size_class, found.row, found.missing) == (SizeClass.UNKNOWN, None, ())
    assert found.reason.startswith("行业代码过粗，可能为 L、I2、不适用，请给出更细的代码")


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("6510", SOFTWARE), ("I6510", SOFTWARE), ("i651", SOFTWARE), ("65", SOFTWARE), ("I65", SOFTWARE), ("I", SOFTWARE),
        (" ６５ ", SOFTWARE), ("L", LEASING), ("591", LEASING), ("5911", LEASING), ("5921", SOFTWARE), ("5929", RAIL),
        ("P", RAIL),
        ("59", SeveralRows(("L", "I2", None))), ("592", SeveralRows(("I2", None))), ("G", SeveralRows((None, "L", "I2"))),
    ],
)  # fmt: skip
def test_an_industry_may_be_written_in_several_ways(written: str, found: SizeRow | NotCovered | SeveralRows) -> None:
    assert row_for(written, table=TABLE) == found


@pytest.mark.parametrize("written", ["", "6", "65101", "U", "U65", "65-10", "软件", "６5.1", "99", "C6510", "593", "Q", "651a"])
def test_what_is_no_industry_code_is_refused(written: str) -> None:
    with pytest.raises(BadCode) as refused:
        row_for(written, table=TABLE)
    assert refused.value.field == "industry"


def test_the_lookup_says_what_the_rule_says_for_every_way_to_write_a_code() -> None:
    lookup = industry_rows(TABLE)
    digits = [f"{n:0{length}}" for length in (2, 3, 4) for n in range(10**length)]
    written = [*"ABGILPT", *digits, *(f"{letter}{x}" for letter in "GIX" for x in digits)]
    for code in written:
        try:
            found = row_for(code, table=TABLE)
        except BadCode:
            assert code not in lookup
            continue
        if isinstance(found, SeveralRows):
            assert code not in lookup
        else:
            assert lookup[code] == (found.code if isinstance(found, SizeRow) else None)
