"""The kernel and the plain reader say the same of any invoices, to the last digit."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.adapters.features.fold import NO_KEY, ROW, Flag, KeyPlaces, day_number, fact_values, fold_rows
from huoshui.rules.features_invoices import MOST_INVOICE_FEN, Invoice, fold_invoices

ON: Final = date(2020, 2, 29)
PARTIES: Final = {f"p{x}": 100 + x for x in range(9)}


def rows_of(firms: Sequence[Sequence[Invoice]]) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    rows = [record(x, firm) for firm, invoices in enumerate(firms) for x in invoices]
    return np.array(rows, ROW)


def record(x: Invoice, firm: int) -> tuple[int, ...]:
    usable = x.invoiced_on is not None and x.amount_fen is not None
    amount, tax = (max(-MOST_INVOICE_FEN, min(MOST_INVOICE_FEN, y)) for y in (x.amount_fen or 0, x.tax_fen))
    flags = Flag.PURCHASE * x.is_purchase | Flag.VOID * x.is_void | Flag.NO_NUMBER * (x.number is None)
    flags |= Flag.CLAMPED * ((amount, tax) != (x.amount_fen, x.tax_fen)) | Flag.UNUSABLE * (not usable)
    flags |= Flag.NO_PARTY * (x.party is None)
    number = hash((x.number, x.amount_fen, x.tax_fen)) % 2**63
    day = day_number(x.invoiced_on) if x.invoiced_on else 0
    return PARTIES.get(x.party or "", 0), amount, tax, number, firm, day, int(flags), 0


amounts = st.one_of(
    st.integers(-(10**6), 10**7),
    st.sampled_from([0, 1, -1, 10**15, -(10**15), 10**11, 10**11 + 1, None]),
)
days = st.one_of(
    st.integers(-40, 1500).map(lambda x: ON - timedelta(days=x)),
    st.sampled_from([None, date(1900, 1, 1), date(2400, 12, 31), date(2020, 1, 31), date(2017, 2, 1), date(2017, 1, 31)]),
)
invoices = st.builds(
    Invoice,
    is_purchase=st.booleans(),
    invoiced_on=days,
    amount_fen=amounts,
    tax_fen=st.integers(-(10**5), 10**6),
    number=st.sampled_from([None, "1", "2", "3"]),
    party=st.sampled_from([None, *PARTIES]),
    is_void=st.booleans(),
)


@given(st.lists(st.lists(invoices, max_size=40), min_size=1, max_size=4), st.booleans(), st.randoms())
@settings(deadline=None, max_examples=300)
def test_the_kernel_adds_up_what_the_plain_reader_adds_up(
    firms: list[list[Invoice]], repeats_count: bool, chance: Random
) -> None:
    firms = [[*x, *x[: len(x) // 3]] for x in firms]
    rows = rows_of(firms)
    chance.shuffle(order := list(range(len(rows))))
    own = np.array([PARTIES["p1"], *[NO_KEY] * (len(firms) - 1)], np.int64)
    found = fold_rows(rows[order], firms=len(firms), own=own, on=ON, repeats_count=repeats_count)
    for place, each in enumerate(firms):
        name = "p1" if place == 0 else None
        assert fact_values(found[place].tolist()) == fold_invoices(each, on=ON, firm=name, repeats_count=repeats_count)


@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)), st.lists(st.integers(0, 40_000), min_size=1, max_size=20))
@settings(deadline=None, max_examples=60)
def test_months_are_the_same_on_every_day(on: date, before: list[int]) -> None:
    each = [Invoice(is_purchase=False, invoiced_on=on - timedelta(days=x), amount_fen=100 + x, party="p1") for x in before]
    found = fold_rows(rows_of([each]), firms=1, own=np.array([NO_KEY]), on=on, repeats_count=False)
    assert fact_values(found[0].tolist()) == fold_invoices(each, on=on)


@pytest.mark.parametrize("size", [1, 7, 5000])
def test_keys_have_places_in_order_of_first_appearance(size: int) -> None:
    keys = np.array([x % size * 7919 - 10**6 for x in range(3 * size)], np.int64)
    places = KeyPlaces(room=4)
    found, added = places.add(keys)
    again, none = places.add(keys[::-1])
    assert (found.tolist(), added.tolist()) == ([x % size for x in range(3 * size)], list(range(size)))
    assert (again.tolist(), none.tolist()) == (found[::-1].tolist(), [])
    assert places.find(np.array([keys[-1], 12345678])).tolist() == [size - 1, -1]
