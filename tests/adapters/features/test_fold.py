"""The kernel and the plain reader say the same of any invoices, to the last digit."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.adapters.features.fold import (
    NO_DAY,
    NO_KEY,
    NONE,
    InvoiceColumns,
    KeyPlaces,
    Rows,
    day_number,
    fact_values,
    fold_rows,
    pack,
    shared_parties,
    shared_sums,
)
from huoshui.rules.features_invoices import SHARED, Invoice, fold_invoices

ON: Final = date(2020, 2, 29)
PARTIES: Final = {f"p{x}": 100 + x for x in range(9)}


def rows_of(firms: Sequence[Sequence[Invoice]], order: Sequence[int] | None = None) -> Rows:
    each = [(firm, x) for firm, invoices in enumerate(firms) for x in invoices]
    each = each if order is None else [each[x] for x in order]
    rows = [x for _, x in each]
    columns = InvoiceColumns(
        day=np.array([day_number(x.invoiced_on) if x.invoiced_on else NO_DAY for x in rows], np.int32),
        amount=np.array([NONE if x.amount_fen is None else x.amount_fen for x in rows], np.int64),
        tax=np.array([x.tax_fen for x in rows], np.int64),
        party=np.array([PARTIES.get(x.party or "", NO_KEY) for x in rows], np.int64),
        number=np.array([NO_KEY if x.number is None else 10**15 + int(x.number) for x in rows], np.int64),
        is_purchase=np.array([x.is_purchase for x in rows], np.bool_),
        is_void=np.array([x.is_void for x in rows], np.bool_),
    )
    (found,) = pack(columns, np.array([firm for firm, _ in each], np.int32), width=len(firms), ranges=1)
    return found


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
    chance.shuffle(order := list(range(sum(map(len, firms)))))
    rows = rows_of(firms, order)
    own = np.array([PARTIES["p1"], *[NO_KEY] * (len(firms) - 1)], np.int64)
    folded = fold_rows(rows, firms=len(firms), own=own, on=ON, repeats_count=repeats_count)
    shared = shared_parties([folded.pairs.party])
    names = [name for name, key in PARTIES.items() if key in shared]
    sums = shared_sums(folded, shared)
    for place, each in enumerate(firms):
        found = fact_values(folded.facts[place].tolist()) | fact_values(sums[place].tolist(), names=SHARED)
        own_name = "p1" if place == 0 else None
        assert found == fold_invoices(each, on=ON, firm=own_name, repeats_count=repeats_count, shared=names)


@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)), st.lists(st.integers(0, 40_000), min_size=1, max_size=20))
@settings(deadline=None, max_examples=60)
def test_months_are_the_same_on_every_day(on: date, before: list[int]) -> None:
    each = [Invoice(is_purchase=False, invoiced_on=on - timedelta(days=x), amount_fen=100 + x, party="p1") for x in before]
    found = fold_rows(rows_of([each]), firms=1, own=np.array([NO_KEY]), on=on, repeats_count=False)
    assert fact_values(found.facts[0].tolist()) | dict.fromkeys(SHARED) == fold_invoices(each, on=on)


@pytest.mark.parametrize("size", [1, 7, 5000])
def test_keys_have_places_in_order_of_first_appearance(size: int) -> None:
    keys = np.array([x % size * 7919 - 10**6 for x in range(3 * size)], np.int64)
    places = KeyPlaces(room=4)
    found, added = places.add(keys)
    again, none = places.add(keys[::-1])
    assert (found.tolist(), added.tolist()) == ([x % size for x in range(3 * size)], list(range(size)))
    assert (again.tolist(), none.tolist()) == (found[::-1].tolist(), [])
    assert places.find(np.array([keys[-1], 12345678])).tolist() == [size - 1, -1]


def test_rows_are_packed_by_range_of_firms_in_their_order() -> None:
    firm = np.array([3, -1, 0, 1, 3, 2], np.int32)
    none, flags = np.full(6, 5, np.int64), np.zeros(6, np.bool_)
    columns = InvoiceColumns(np.arange(6, dtype=np.int32), none, none, none, none, flags, flags)
    found = pack(columns, firm, width=2, ranges=3)
    assert [(x["firm"].tolist(), (x["dated"] & 0xFFFFFF).tolist()) for x in found] == [
        ([0, 1], [2, 3]),
        ([3, 3, 2], [0, 4, 5]),
        ([], []),
    ]


def test_ten_million_invoices_of_one_firm_are_added_up() -> None:
    count = 10_000_000
    ones, flags = np.ones(count, np.int64), np.zeros(count, np.bool_)
    columns = InvoiceColumns(
        np.full(count, day_number(date(2020, 1, 5)), np.int32),
        ones * 10**11,
        ones,
        ones,
        np.arange(count) % (count // 2),
        flags,
        flags,
    )
    rows = pack(columns, np.zeros(count, np.int32), width=1, ranges=1)[0]
    found = fact_values(fold_rows(rows, firms=1, own=np.array([NO_KEY]), on=ON, repeats_count=False).facts[0].tolist())
    assert (found["rows_used"], found["rows_repeated"], found["sale_12m"]) == (count // 2, count // 2, 9 * 10**14)


def test_a_party_is_shared_by_firms_and_not_by_invoices() -> None:
    def bought(*parties: str) -> list[Invoice]:
        return [Invoice(is_purchase=True, invoiced_on=date(2019, 5, 1), amount_fen=7, party=x) for x in parties]

    rows = rows_of([bought("p1", "p1", "p2"), bought("p2", "p3"), bought("p4")])
    folded = fold_rows(rows, firms=3, own=np.full(3, NO_KEY), on=ON, repeats_count=False)
    shared = shared_parties([folded.pairs.party])
    assert shared.tolist() == [PARTIES["p2"]]
    assert shared_sums(folded, shared).tolist() == [[NONE, 7], [NONE, 7], [NONE, 0]]
