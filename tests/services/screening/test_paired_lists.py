"""Two lists are paired one to one, whatever their codes are worth."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from huoshui.services.screening.changes import compare_lists

SCHEMA = pa.schema([
    ("row_id", pa.int64()), ("uscc", pa.string()), ("register_no", pa.string()), ("name", pa.string()),
    ("region_code", pa.string()), ("is_listed", pa.bool_()), ("verdict", pa.string()),
])  # fmt: skip
Firm = dict[str, Any]


def firm(verdict: str, *, uscc: str | None = None, number: str | None = None, name: str | None = None) -> Firm:
    return {
        "uscc": uscc,
        "register_no": number,
        "name": name,
        "region_code": "350203",
        "is_listed": verdict == "N01",
        "verdict": verdict,
    }


def compared(folder: Path, before: list[Firm], now: list[Firm]) -> dict[str, Any]:
    for name, firms in (("before", before), ("now", now)):
        (folder / name).mkdir(parents=True)
        rows = [{"row_id": i, **x} for i, x in enumerate(firms, start=1)]
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), folder / name / "firms.parquet")
    return compare_lists(folder / "before", now=folder / "now", into=folder / "now", memory=1 << 29, spill=folder / "spill")


def counts(found: dict[str, Any]) -> tuple[dict[str, int], dict[str, int]]:
    return found["entered_by"], found["left_by"]


def test_a_placeholder_in_place_of_codes_pairs_row_by_row(tmp_path: Path) -> None:
    before = [firm("N01", uscc="无", name=f"店{i}") for i in range(3)]
    now = [firm("N01", uscc="无", name=f"店{i}") for i in range(5)]
    assert counts(compared(tmp_path, before, now)) == ({"new": 2}, {})


def test_a_firm_without_a_name_is_known_by_its_code(tmp_path: Path) -> None:
    assert counts(compared(tmp_path, [firm("N01", uscc="A")], [firm("N01", uscc="A")])) == ({}, {})


def test_a_firm_that_was_given_a_code_is_known_by_its_number_or_name(tmp_path: Path) -> None:
    before = [firm("N01", number="K1", name="甲"), firm("N01", name="乙"), firm("R10", name="丙")]
    now = [firm("N01", uscc="A", number="K1", name="甲店"), firm("N01", uscc="B", name="乙"), firm("N01", uscc="C", name="丙")]
    assert counts(compared(tmp_path, before, now)) == ({"R10": 1}, {})


def test_an_older_record_is_not_the_firm(tmp_path: Path) -> None:
    before = [firm("N01", uscc="A", name="甲"), firm("D02", uscc="A", name="甲")]
    now = [firm("D02", uscc="A", name="甲"), firm("L01", uscc="A", name="甲")]
    assert counts(compared(tmp_path, before, now)) == ({}, {"L01": 1})


firms = st.builds(
    firm,
    st.sampled_from(["N01", "N01", "R10", "L01", "D02"]),
    uscc=st.sampled_from([None, "A", "B", "C"]),
    number=st.sampled_from([None, "K1", "K2"]),
    name=st.sampled_from([None, "甲", "乙"]),
)


@settings(max_examples=30)
@given(before=st.lists(firms, max_size=8), now=st.lists(firms, max_size=8))
def test_the_list_now_is_the_list_before_with_those_who_entered_and_without_those_who_left(
    tmp_path_factory: Any, before: list[Firm], now: list[Firm]
) -> None:
    found = compared(tmp_path_factory.mktemp("lists"), before, now)
    was, is_now = (sum(x["is_listed"] for x in side) for side in (before, now))
    assert is_now - was == found["entered"] - found["left"]
    assert found["entered"] == sum(found["entered_by"].values())
    assert found["left"] == sum(found["left_by"].values())
