"""The sums of tax filings: runs of neighbouring rows, put together, are what plain Python adds up."""

import random
from typing import Final

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.adapters.registers.kernels import Windows, fold_filings
from huoshui.rules.screening import LARGEST_FEN

ON: Final = 20_000
WINDOWS: Final = Windows(early=ON - 365, late=ON - 180, on=ON)
NO_DAY: Final = np.iinfo(np.int32).min
FILING: Final = st.tuples(
    st.integers(0, 4), st.sampled_from([NO_DAY, -5, ON - 366, ON - 365, ON - 181, ON - 180, ON - 1, ON, ON + 1]),
    st.integers(-(10**12), 10**12), st.integers(-1, 10**6), st.integers(-1, 10**12), st.integers(0, 5), st.integers(-1, 1),
)  # fmt: skip


def folded(rows: list[tuple[int, ...]]) -> dict[int, list[int]]:
    """Partial sums of every run, put together by taxpayer as the expression does."""
    columns = [np.array(x, np.int64) for x in zip(*rows, strict=True)] if rows else [np.zeros(0, np.int64)] * 7
    key, day, sales, employees, assets, grade, abnormal = columns
    runs = fold_filings(
        key, day=day.astype(np.int32), sales=sales, employees=employees, assets_yuan=assets, grade=grade.astype(np.int8),
        abnormal=abnormal.astype(np.int8), windows=WINDOWS,
    )  # fmt: skip
    found: dict[int, list[int]] = {}
    for i, first in enumerate(runs["first"].tolist()):
        sums = [int(runs[x][i]) for x in ("sales_12m", "sales_6m", "filings")]
        latest = [int(runs[x][i]) for x in ("employees_dated", "assets_dated", "grade_dated", "abnormal_dated", "last_day")]
        before = found.setdefault(int(key[first]), [0, 0, 0, -1, -1, -1, -1, NO_DAY])
        added, newest = zip(before[:3], sums, strict=True), zip(before[3:], latest, strict=True)
        found[int(key[first])] = [*map(sum, added), *map(max, newest)]
    return found


def latest(rows: list[tuple[int, ...]], field: int, *, least: int) -> int:
    dated = [(x[1], x[field]) for x in rows if x[field] >= least and 0 <= x[1] <= ON]
    return max(dated)[0] << 47 | max(dated)[1] if dated else -1


@given(rows=st.lists(FILING, max_size=20))
def test_filings_add_up_to_what_plain_python_adds(rows: list[tuple[int, ...]]) -> None:
    expected = {}
    for key in {x[0] for x in rows}:
        mine = [x for x in rows if x[0] == key]
        counted = [x for x in mine if x[1] != NO_DAY and x[1] <= ON]
        expected[key] = [
            sum(x[2] for x in counted if x[1] >= WINDOWS.early), sum(x[2] for x in counted if x[1] >= WINDOWS.late),
            len(counted),
            latest(mine, 3, least=0), latest(mine, 4, least=0), latest(mine, 5, least=1), latest(mine, 6, least=0),
            max((x[1] for x in counted), default=NO_DAY),
        ]  # fmt: skip
    assert folded(rows) == expected


@settings(max_examples=50)
@given(rows=st.lists(FILING, max_size=20), chance=st.randoms(use_true_random=False))
def test_the_order_of_filings_changes_no_sum(rows: list[tuple[int, ...]], chance: random.Random) -> None:
    mixed = list(rows)
    chance.shuffle(mixed)
    assert folded(mixed) == folded(rows)


@given(sales=st.lists(st.sampled_from([LARGEST_FEN - 1, LARGEST_FEN, 2**62, 2**63 - 1, -(2**63), -LARGEST_FEN]), min_size=1))
def test_sales_beyond_belief_are_held_at_the_bound_and_never_wrap(sales: list[int]) -> None:
    expected = 0
    for x in sales:
        expected = min(max(expected + min(max(x, -LARGEST_FEN), LARGEST_FEN), -LARGEST_FEN), LARGEST_FEN)
    assert folded([(1, ON, x, -1, -1, 0, -1) for x in sales])[1][:2] == [expected, expected]


def test_neighbouring_filings_of_one_taxpayer_are_one_run() -> None:
    rows = [(1, ON, 5, 1, 1, 1, 0)] * 4 + [(2, ON, 7, 1, 1, 1, 0)] * 2 + [(1, ON, 9, 1, 1, 1, 0)]
    columns = [np.array(x, np.int64) for x in zip(*rows, strict=True)]
    runs = fold_filings(
        columns[0], day=columns[1].astype(np.int32), sales=columns[2], employees=columns[3], assets_yuan=columns[4],
        grade=columns[5].astype(np.int8), abnormal=columns[6].astype(np.int8), windows=WINDOWS,
    )  # fmt: skip
    assert runs["first"].tolist() == [0, 4, 6]
    assert runs["sales_12m"].tolist() == [20, 14, 9]
