"""Leak alarms: what knows the outcome is named, what is honest is left alone."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from huoshui.adapters.learning.leaks import AFTER_DECISION, ONE_FIELD, VALUES_DIFFER, find_leaks
from huoshui.adapters.learning.reading import Rows, find_late_dates, make_sample, read_rows
from huoshui.adapters.learning.source import Source
from tests.adapters.learning.made_firms import FIELDS, make_firms


def rows_of(firms: pa.Table, folder: Path, *, time: str = "year") -> Rows:
    path = folder / "firms.parquet"
    pq.write_table(firms, path)
    return read_rows(Source(path, outcome="bad", time=time))


def alarms_of(firms: pa.Table, folder: Path, *fields: str) -> list[tuple[str, str]]:
    sample = make_sample(rows_of(firms, folder), use=fields, kinds={})
    return [(x.field, x.alarm) for x in find_leaks(sample)]


def test_honest_fields_raise_no_alarm(tmp_path: Path) -> None:
    assert alarms_of(make_firms(3000), tmp_path, *FIELDS) == []


def test_a_field_that_ranks_the_outcome_alone_is_named(tmp_path: Path) -> None:
    firms = make_firms(3000)
    known = firms["bad"].to_numpy(zero_copy_only=False) + np.random.default_rng(77).normal(0, 0.6, 3000)
    assert alarms_of(firms.append_column("late", pa.array(known)), tmp_path, "late", "void") == [("late", ONE_FIELD)]


def test_a_field_overwritten_for_defaults_is_named_although_its_order_says_nothing(tmp_path: Path) -> None:
    firms = make_firms(3000)
    draw = np.random.default_rng(1)
    bad = firms["bad"].to_numpy(zero_copy_only=False)
    plain = draw.choice([60.0, 84.0, 120.0, 240.0], 3000)
    term = np.where(bad, draw.integers(1, 300, 3000), np.where(draw.random(3000) < 0.5, plain, draw.integers(1, 300, 3000)))
    assert ("term", VALUES_DIFFER) in alarms_of(firms.append_column("term", pa.array(term)), tmp_path, "term")


def test_a_value_missing_only_for_the_good_is_named(tmp_path: Path) -> None:
    firms = make_firms(3000)
    bad = firms["bad"].to_numpy(zero_copy_only=False)
    amount = pa.array(np.where(bad, np.random.default_rng(1).random(3000), np.nan), pa.float64(), from_pandas=True)
    found = alarms_of(firms.append_column("charged_off", amount), tmp_path, "charged_off")
    assert found == [("charged_off", ONE_FIELD), ("charged_off", VALUES_DIFFER)]


def test_a_date_after_the_decision_is_named_and_one_before_is_not(tmp_path: Path) -> None:
    firms = make_firms(600)
    days = [date(int(x), 6, 30) for x in firms["year"].to_pylist()]
    dated = firms.append_column("decided", pa.array(days))
    dated = dated.append_column("founded", pa.array([x - timedelta(900) for x in days]))
    dated = dated.append_column("paid", pa.array([None if i % 3 else x + timedelta(9) for i, x in enumerate(days)]))
    found = find_late_dates(rows_of(dated, tmp_path, time="decided"), time="decided", leave=[])
    assert [(x.field, x.alarm, x.figure) for x in found] == [("paid", AFTER_DECISION, 1.0)]
    by_year = find_late_dates(rows_of(dated, tmp_path), time="year", leave=[])
    assert [x.field for x in by_year] == []
