"""Standard tables in buckets, and verdicts back in the order of the register."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.adapters.registers.screening.store import Columns, Store
from huoshui.adapters.registers.screening.verdicts import RECORD, Verdicts
from huoshui.errors import OutputError


def invoices(keys: list[int], *, day: int) -> Columns:
    names = np.arange(len(keys), dtype=np.int64)
    return {
        "key": np.array(keys, np.int64), "last_invoice": np.full(len(keys), day, np.int32), "link": np.ones(len(keys), np.int8),
        "name_key": names,
    }  # fmt: skip


def rows(table: pa.Table) -> list[tuple[int, ...]]:
    return sorted(tuple(x.values()) for x in table.to_pylist())


@settings(max_examples=25)
@given(batches=st.lists(st.lists(st.integers(-(2**62), 2**63 - 1), max_size=30), max_size=4), bits=st.integers(0, 7))
def test_buckets_together_hold_every_row_and_a_firm_lies_in_one(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[int]], bits: int
) -> None:
    one, many = (Store(tmp_path_factory.mktemp("store"), buckets=x) for x in (1, 1 << bits))
    for store in (one, many):
        for day, keys in enumerate(batches):
            store.add("invoices", invoices(keys, day=day))
            if day == 1:
                store.finish()
        store.finish()
    buckets = [many.table("invoices", bucket=x) for x in range(many.buckets)]
    assert rows(pa.concat_tables(buckets)) == rows(one.table("invoices", bucket=0))
    held = [set(x["key"].to_pylist()) for x in buckets]
    assert sum(map(len, held)) == len(set().union(*held))


def test_some_columns_of_a_bucket_are_those_columns(tmp_path: Path) -> None:
    for buckets in (1, 4):
        folder = tmp_path / str(buckets)
        folder.mkdir()
        store = Store(folder, buckets=buckets)
        store.add("invoices", invoices([4, 8, 5], day=7))
        store.finish()
        assert store.table("invoices", bucket=0, columns=["link", "key"]).column_names == ["link", "key"]


def test_a_bucket_that_is_done_leaves_no_file(tmp_path: Path) -> None:
    store = Store(tmp_path, buckets=2)
    store.add("invoices", invoices([1, 2, 3], day=7))
    store.finish()
    store.drop(bucket=1)
    assert store.table("invoices", bucket=1).num_rows == 0
    assert store.table("invoices", bucket=0)["key"].to_pylist() == [2]
    store.drop(bucket=0)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    store = Store(tmp_path / "nowhere", buckets=2)
    with pytest.raises(OutputError, match="cannot write to"):
        store.add("invoices", invoices([1], day=7))
    with pytest.raises(OutputError, match="cannot write to"):
        Verdicts(tmp_path / "nowhere", buckets=2).put(np.zeros(1, RECORD), bucket=0)


@pytest.mark.parametrize("buckets", [3, 6, 100])
def test_the_number_of_buckets_is_a_power_of_two(tmp_path: Path, buckets: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        Store(tmp_path, buckets=buckets)


@settings(max_examples=25)
@given(
    bucket_of=st.lists(st.integers(0, 3), max_size=60),
    buckets=st.sampled_from([1, 4]),
    cuts=st.lists(st.integers(0, 60), max_size=4),
)
def test_verdicts_come_back_in_the_order_of_the_register(
    tmp_path_factory: pytest.TempPathFactory, bucket_of: list[int], buckets: int, cuts: list[int]
) -> None:
    verdicts = Verdicts(tmp_path_factory.mktemp("verdicts"), buckets=buckets)
    places = np.array([x % buckets for x in bucket_of], np.int64)
    for bucket in range(buckets):
        mine = np.flatnonzero(places == bucket)
        if len(mine):
            found = np.zeros(len(mine), RECORD)
            found["row"], found["sales_12m"] = mine, mine * 3
            verdicts.put(found, bucket=bucket)
    ends = [*sorted(cuts), 60]
    read = list(verdicts.until(ends))
    assert [x for part in read for x in part["row"].tolist()] == list(range(len(bucket_of)))
    assert [x for part in read for x in part["sales_12m"].tolist()] == [x * 3 for x in range(len(bucket_of))]
    assert all((part["row"] < end).all() for part, end in zip(read, ends, strict=True))
