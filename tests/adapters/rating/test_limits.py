"""Limits over columns are the limits of the firms, to the last fen."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.adapters.rating.limits import LETTERS, METHODS, OPEN, RegisterLimits, rounded_quotient
from huoshui.errors import BadFile
from huoshui.rules.limit import NEED_UNIT, LimitReader, LimitTerms, WorkingCapitalTerms
from huoshui.rules.screening import GRADES
from huoshui.terms import DecisionReason, LimitMethod

CODES: Final = tuple(DecisionReason)
TERMS: Final = LimitTerms(
    least=10_000,
    step=1_000,
    product_cap={"A": 3_000_000_000, "B": 2_000_000, "C": 500_000},
    unknown_loans="none",
    deducted_from=frozenset({LimitMethod.WORKING_CAPITAL, LimitMethod.SALES_SHARE}),
    sales_share={"A": Decimal("0.2345"), "B": Decimal("0.15")},
    tax_multiple={"A": Decimal(7), "B": Decimal("5.5"), "M": Decimal(3)},
    two_year_mean=("M",),
    working_capital=WorkingCapitalTerms(90, None, Decimal("0.20"), Decimal("0.3333")),
)
ASSUMED: Final = WorkingCapitalTerms(30, Decimal("0.1"), Decimal(0), Decimal(0))
VARIANTS: Final = (
    TERMS,
    replace(TERMS, unknown_loans="not_known", required=frozenset({LimitMethod.TAX_MULTIPLE})),
    replace(TERMS, sales_share=None, tax_multiple=None, working_capital=ASSUMED),
    replace(TERMS, working_capital=None, required=frozenset({LimitMethod.WORKING_CAPITAL})),
)  # fmt: skip
FEN: Final = st.one_of(st.none(), st.integers(-100, 100), st.integers(-(10**9), 10**12), st.integers(0, 9 * 10**14))
BP: Final = st.one_of(st.none(), st.integers(-20_000, 30_000))
DAYS: Final = st.one_of(st.none(), st.integers(-5, 4_000))
ROWS: Final = st.lists(
    st.fixed_dictionaries({
        "sales_12m": FEN, "sales_yoy": BP, "profit_rate_declared": BP, "cash_cycle_days": DAYS, "tax_total_12m": FEN,
        "tax_total_24m": FEN, "loan_balance": FEN, "tax_grade": st.one_of(st.none(), st.sampled_from(GRADES)),
        "letter": st.sampled_from(LETTERS),
    }),
    min_size=1, max_size=8,
)  # fmt: skip


def batch_of(rows: list[dict[str, Any]], *, as_places: bool) -> pa.Table:
    columns = {x: pa.array([row[x] for row in rows], pa.int64()) for x in rows[0] if x not in ("tax_grade", "letter")}
    grades = [row["tax_grade"] for row in rows]
    places = [None if x is None else GRADES.index(x) for x in grades]
    return pa.table({**columns, "tax_grade": pa.array(places, pa.int8()) if as_places else pa.array(grades, pa.string())})


def assert_alike(terms: LimitTerms, rows: list[dict[str, Any]], *, as_places: bool = False) -> None:
    reader = LimitReader(terms)
    letters = np.array([LETTERS.index(x["letter"]) for x in rows])
    found = RegisterLimits(terms).limit(batch_of(rows, as_places=as_places), letter=letters)
    expected = [reader.limit({k: v for k, v in x.items() if k != "letter"}, letter=x["letter"]) for x in rows]
    assert found.fen.tolist() == [OPEN if x.limit_fen is None else x.limit_fen for x in expected]
    assert [METHODS[x] for x in found.lowest] == [x.lowest for x in expected]
    assert [CODES[x] if x >= 0 else None for x in found.reason] == [x.reason for x in expected]


@given(st.sampled_from(VARIANTS), ROWS, st.booleans())
@settings(max_examples=120, deadline=None)
def test_a_batch_and_its_firms_have_the_same_limits(terms: LimitTerms, rows: list[dict[str, Any]], as_places: bool) -> None:
    assert_alike(terms, rows, as_places=as_places)


def test_a_figure_beyond_the_columns_is_reckoned_firm_by_firm() -> None:
    wild = dict.fromkeys(("sales_yoy", "cash_cycle_days", "tax_total_12m", "tax_total_24m", "loan_balance", "tax_grade"))
    rows = [{"sales_12m": x, "profit_rate_declared": 100, "letter": "A", **wild} for x in (2**62, 10**15, 10**15 + 1, 5)]
    assert_alike(TERMS, rows)


def test_a_register_of_nothing_but_ids_has_no_limit() -> None:
    found = RegisterLimits(TERMS).limit(pa.table({"firm_id": ["F1"]}), letter=np.array([0]))
    assert (found.fen.tolist(), CODES[found.reason[0]]) == ([OPEN], DecisionReason.LIMIT_UNKNOWN)


@given(st.lists(st.tuples(st.integers(0, 10**15), st.integers(0, 7 * 10**15)), min_size=1))
def test_the_quotient_is_exact(pairs: list[tuple[int, int]]) -> None:
    amounts, factors = (np.array(x, np.int64) for x in zip(*pairs, strict=True))
    exact = [(2 * a * f + NEED_UNIT) // (2 * NEED_UNIT) for a, f in pairs]
    assert rounded_quotient(amounts, factors, of=NEED_UNIT).tolist() == exact


@pytest.mark.parametrize("wrong", [{"sales_12m": [0.5]}, {"loan_balance": ["1"]}, {"tax_grade": [0.5]}])
def test_a_column_of_another_kind_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadFile, match=next(iter(wrong))):
        RegisterLimits(TERMS).limit(pa.table(wrong), letter=np.array([0]))
