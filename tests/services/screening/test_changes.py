"""Who entered a list and who left it since the former one, and why."""

from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from huoshui.errors import BadFile, OutputError
from huoshui.services.screening.changes import compare_lists
from huoshui.services.screening.request import ScreeningRequest
from huoshui.services.screening.run import screen_registers
from tests.adapters.registers.small_registers import Found, Row, firm, loan, read_table, screen, uscc_of, write_registers

BEFORE: Final = {
    "registry": [
        firm(1), firm(2), firm(3, status="歇业"), firm(4), firm(5, report_year=None), firm(6), firm(7),
        firm(8, uscc=None, name="厦门无码老店"), firm(9, uscc=None, register_no="K9", register_scheme="x"), firm(10),
    ],
    "loans": [loan(6)],
}  # fmt: skip
NOW: Final = {
    "registry": [
        firm(1), firm(2), firm(3), firm(4, status="注销"), firm(5), firm(6), firm(20),
        firm(8, uscc=None, name="厦门无码老店"), firm(9, uscc=None, register_no="K9", register_scheme="x", status="注销"),
        firm(10, updated_on=date(2020, 1, 1)), firm(11, uscc=uscc_of(10), name="厦门改名商贸有限公司"),
    ],
    "loans": [loan(2), loan(6)],
}  # fmt: skip


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Found:
    folder = tmp_path_factory.mktemp("changes")
    before = screen(folder / "before", BEFORE)
    return screen(folder / "now", NOW, previous=before.out)


def rows(found: Found) -> dict[str, Row]:
    return {x["uscc"]: x for x in read_table(found.out / "changes.parquet")}


def test_who_entered_and_who_left_is_counted_by_reason(changed: Found) -> None:
    assert changed.summary["changes"] == {
        "entered": 3, "left": 4, "entered_by": {"R02": 1, "R10": 1, "new": 1}, "left_by": {"L01": 1, "R01": 2, "gone": 1},
    }  # fmt: skip


def test_every_change_has_its_verdicts_before_and_now(changed: Found) -> None:
    told = {x: (y["verdict_before"], y["verdict_now"], y["is_listed"] is True) for x, y in rows(changed).items()}
    assert told == {
        uscc_of(2): ("N01", "L01", False),
        uscc_of(3): ("R02", "N01", True),
        uscc_of(4): ("N01", "R01", False),
        uscc_of(5): ("R10", "N01", True),
        uscc_of(7): ("N01", None, False),
        "K9": ("N01", "R01", False),
        uscc_of(20): (None, "N01", True),
    }


def test_those_who_entered_come_first(changed: Found) -> None:
    entered = [x["is_listed"] is True for x in read_table(changed.out / "changes.parquet")]
    assert entered == sorted(entered, reverse=True)


def test_the_lists_differ_by_exactly_the_changes(changed: Found) -> None:
    before = changed.out.parents[1] / "before" / "out"
    was, now = ({x["row_id"] for x in read_table(y / "visit_list.parquet")} for y in (before, changed.out))
    told = changed.summary["changes"]
    assert len(now) - len(was) == told["entered"] - told["left"]


def test_a_list_compared_with_itself_has_no_changes(tmp_path: Path) -> None:
    before = screen(tmp_path / "before", BEFORE)
    again = screen(tmp_path / "again", BEFORE, previous=before.out)
    assert again.summary["changes"] == {"entered": 0, "left": 0, "entered_by": {}, "left_by": {}}
    assert read_table(again.out / "changes.parquet") == []


def test_a_result_may_be_compared_with_the_one_that_it_replaces(tmp_path: Path) -> None:
    before = screen(tmp_path, BEFORE)
    found = screen(tmp_path, NOW, previous=before.out)
    assert (found.out, found.summary["changes"]["entered"]) == (before.out, 3)


def test_a_folder_without_a_screening_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="holds no former screening"):
        screen(tmp_path, NOW, previous=tmp_path)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("given", "field"), [("previous", "former screening"), ("truth", "truth.parquet")])
@pytest.mark.parametrize("name", ["nowhere", "empty", "damaged", "other"])
def test_what_is_compared_with_at_the_end_is_looked_at_before_the_work_begins(
    tmp_path: Path, given: str, field: str, name: str
) -> None:
    (tmp_path / "empty").mkdir()
    for folder in ("damaged", "other"):
        (tmp_path / folder).mkdir()
        pq.write_table(pa.table({"row_id": [1]}), tmp_path / folder / "firms.parquet")
    (tmp_path / "damaged" / "firms.parquet").write_bytes(b"PAR1 half")
    registers = write_registers(tmp_path / "r", NOW)
    compared: dict[str, Any] = {given: tmp_path / name}
    asked = ScreeningRequest(registers, "never_borrowed", "350000", date(2025, 6, 30), tmp_path / "out", **compared)
    done: list[str] = []
    with pytest.raises(BadFile) as refused:
        screen_registers(asked, progress=done.append)
    assert (done, refused.value.field) == ([], given)
    assert str(tmp_path / name) in str(refused.value)
    assert field in str(refused.value) or name == "damaged"
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_disk_that_is_full_when_the_changes_are_written_is_a_sentence(changed: Found, tmp_path: Path) -> None:
    (tmp_path / "changes.parquet").symlink_to("/dev/full")
    before = changed.out.parents[1] / "before" / "out"
    with pytest.raises(OutputError) as refused:
        compare_lists(before, now=changed.out, into=tmp_path, memory=1 << 29, spill=tmp_path / "spill")
    assert refused.value.message == f"cannot write to {tmp_path}: No space left on device"


def test_without_a_former_list_nothing_is_said_of_changes(tmp_path: Path) -> None:
    found = screen(tmp_path, NOW)
    assert found.summary["changes"] is None
    assert not (found.out / "changes.parquet").exists()
