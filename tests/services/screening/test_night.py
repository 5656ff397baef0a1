"""A night that goes on from the former result: what it writes, when it may not go on, and that it never writes a wrong list."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq
import pytest

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.screening.kept_tables import UnusableState
from huoshui.errors import BadFile, BadRequest
from huoshui.services.screening import state as states
from huoshui.services.screening.basis import read_screening_basis
from huoshui.services.screening.merged import chain, read_firms
from huoshui.services.screening.request import ScreeningRequest
from huoshui.services.screening.run import screen_registers
from huoshui.services.screening.state import basis_of, find_former
from huoshui.terms import RegisterKind
from tests.adapters.registers.small_registers import ON, Row, firm, loan, read_table, uscc_of, without_code
from tests.services.screening.random_registers import KINDS, RandomRegisters, add_part, told

NATION: Final = "000000"
FILES: Final = ("firms", "visit_list", "links", "duplicates", "review", "changes")
BASE: Final[dict[str, list[Row]]] = {
    "registry": [firm(x) for x in range(1, 9)] + [firm(9, uscc=None, name="厦门无码老店")],
    "loans": [loan(1), without_code(loan(2), name=firm(3)["name"])],
}
NIGHT: Final[dict[str, list[Row]]] = {
    "registry": [firm(20, name=firm(3)["name"]), firm(5, row_id=21, status="注销", updated_on=date(2025, 6, 1))],
    "loans": [loan(7, row_id=3)],
    "exclusions": [{"row_id": 1, "uscc": uscc_of(8), "list_name": "失信被执行人", "listed_on": date(2025, 5, 1)}],
}


def request(folder: Path, out: str, **given: Any) -> ScreeningRequest:
    """What lies in the folder's registers, screened into `out`."""
    found = {RegisterKind(x.name): x for x in sorted((folder / "registers").iterdir())}
    asked = {"registers": found, "rule": "never_borrowed", "region": "350000", "on": ON, "workbooks": "none", **given}
    return ScreeningRequest(out=folder / out, **asked)


def run(folder: Path, out: str, **given: Any) -> dict[str, Any]:
    return screen_registers(request(folder, out, **given), progress=lambda _: None)


def reason(folder: Path, previous: str = "base", **given: Any) -> str:
    """Why no night can go on from a result; empty where it can."""
    asked = request(folder, "out", **given)
    basis = read_screening_basis(asked.rule, region=asked.region, on=asked.on)
    files = {kind: parts.locate(path, kind=kind) for kind, path in asked.registers.items()}
    try:
        find_former(folder / previous, basis=basis_of(asked, basis), files=files)
    except UnusableState as error:
        return str(error)
    return ""


def begun(folder: Path) -> Path:
    """A folder with registers, and a result of them that keeps its state."""
    add_part(folder / "registers", BASE, part=0)
    run(folder, "base", keep_state=True)
    return folder


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A night in every way: `whole`, `changes` only, and `full`, which knows the former list but not its state."""
    folder = begun(tmp_path_factory.mktemp("nights"))
    shutil.copytree(folder / "base", folder / "plain", ignore=shutil.ignore_patterns("state"))
    add_part(folder / "registers", NIGHT, part=1)
    run(folder, "whole", previous=folder / "base")
    run(folder, "changes", previous=folder / "base", changes_only=True)
    run(folder, "full", previous=folder / "plain")
    return folder


def summary(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", FILES)
def test_a_night_writes_the_files_of_a_full_run(nights: Path, name: str) -> None:
    assert read_table(nights / "whole" / f"{name}.parquet") == read_table(nights / "full" / f"{name}.parquet")


@pytest.mark.parametrize("way", ["whole", "changes"])
def test_a_night_has_the_totals_of_a_full_run(nights: Path, way: str) -> None:
    found, expected = summary(nights / way), summary(nights / "full")
    assert told(found) == told(expected)
    assert found["changes"] == expected["changes"]


def test_a_night_says_what_it_judged_again(nights: Path) -> None:
    rows = {"registry": 2, "tax": 0, "loans": 1, "invoices": 0, "exclusions": 1}
    assert summary(nights / "whole")["incremental"] == {"used": True, "touched": 6, "new_rows": rows}
    assert summary(nights / "full")["incremental"] == {
        "used": False,
        "why": f"{nights / 'plain'} keeps no state; `huoshui screen --keep-state` does",
    }


def test_changes_upon_their_base_are_the_whole_list(nights: Path) -> None:
    assert read_firms(nights / "changes").to_pylist() == read_table(nights / "full" / "firms.parquet")
    assert read_table(nights / "changes" / "changes.parquet") == read_table(nights / "full" / "changes.parquet")


def test_changed_rows_are_marked(nights: Path) -> None:
    rows = read_table(nights / "changes" / "firms_changed.parquet")
    assert {x["row_id"]: x["change"] for x in rows} == {
        3: "changed", 5: "changed", 7: "changed", 8: "changed", 20: "new", 21: "new",
    }  # fmt: skip
    assert {x["night"] for x in rows} == {1}


def test_a_result_of_changes_names_its_base(nights: Path) -> None:
    manifest = json.loads((nights / "changes" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["base"]["folder"] == "../base"
    assert chain(nights / "changes") == [nights / "base" / "firms.parquet", nights / "changes" / "firms_changed.parquet"]


def test_nothing_but_what_changed_is_written(nights: Path) -> None:
    names = {x.name for x in (nights / "changes").iterdir()}
    assert names == {"firms_changed.parquet", "changes.parquet", "summary.json", "manifest.json", "state"}


@pytest.mark.parametrize("seed", [1, 4])
def test_a_chain_of_nights_is_a_full_run(tmp_path: Path, seed: int) -> None:
    world = RandomRegisters(seed)
    rows = world.night(rows=24)
    while len(rows) < len(KINDS):
        rows = world.night(rows=24)
    add_part(tmp_path / "registers", rows, part=0)
    run(tmp_path, "changes0", keep_state=True, region=NATION)
    former = tmp_path / "changes0"
    for night in (1, 2, 3):
        add_part(tmp_path / "registers", world.night(rows=8), part=night)
        changes = run(tmp_path, f"changes{night}", previous=former, changes_only=True, region=NATION)
        full = run(
            tmp_path,
            f"full{night}",
            previous=tmp_path / f"full{night - 1}" if night > 1 else former,
            keep_facts=True,
            region=NATION,
        )
        assert changes["incremental"]["used"]
        assert read_firms(tmp_path / f"changes{night}").to_pylist() == read_table(tmp_path / f"full{night}" / "firms.parquet")
        assert told(changes) == told(full)
        assert changes["changes"] == full["changes"]
        former = tmp_path / f"changes{night}"


def test_a_whole_result_may_follow_one_of_changes(nights: Path) -> None:
    found = run(nights, "again", previous=nights / "changes")
    assert found["incremental"]["used"]
    assert found["changes"] == {"entered": 0, "left": 0, "entered_by": {}, "left_by": {}}
    assert read_table(nights / "again" / "firms.parquet") == read_table(nights / "full" / "firms.parquet")


def test_a_night_goes_on_from_the_same_and_new_files(nights: Path) -> None:
    assert reason(nights) == ""


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"rule": "no_current_loan"}, "the rule and the policies differ from what the former result was made by"),
        ({"region": "350200"}, "the region and the policies differ"),
        ({"on": date(2025, 7, 1)}, "the day and the policies differ"),
    ],
)
def test_another_basis_needs_a_full_run(nights: Path, given: dict[str, Any], expected: str) -> None:
    assert expected.partition(" and ")[0] in reason(nights, **given)


def test_other_code_needs_a_full_run(nights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "_code", lambda: "other")
    assert reason(nights) == "the code differs from what the former result was made by"


def test_many_nights_are_put_together(nights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "MOST_NIGHTS", 0)
    assert reason(nights) == "0 nights follow the last full run; a full run puts them together"


@pytest.fixture
def registers(nights: Path, tmp_path: Path) -> Path:
    """The registers of the nights, to be changed, and the base with its state as it was written."""
    shutil.copytree(nights / "registers", tmp_path / "registers")
    (tmp_path / "base").symlink_to(nights / "base")
    return tmp_path


def test_copied_registers_are_known_by_their_content(registers: Path) -> None:
    assert reason(registers) == ""


def test_a_changed_file_needs_a_full_run(registers: Path) -> None:
    add_part(registers / "registers", {"loans": [loan(4)]}, part=0)
    assert reason(registers) == "part-0000.parquet of the loans register is not the file part-0000.parquet that was read before"


def test_a_file_in_between_needs_a_full_run(registers: Path) -> None:
    (registers / "registers" / "loans" / "part-0000.parquet").rename(registers / "registers" / "loans" / "part-0009.parquet")
    assert "part-0001.parquet of the loans register is not the file" in reason(registers)


def test_a_missing_register_needs_a_full_run(registers: Path) -> None:
    shutil.rmtree(registers / "registers" / "loans")
    assert reason(registers) == "the loans register is no longer given"


def append(path: Path, more: bytes) -> None:
    path.write_bytes(path.read_bytes() + more)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A result of its own whose state may be spoilt."""
    return begun(tmp_path)


def test_a_spoilt_state_leads_to_a_full_run_with_its_reason(kept: Path) -> None:
    spoilt = kept / "base" / "state" / "000-text.arrow"
    spoilt.write_bytes(spoilt.read_bytes()[:-8])
    add_part(kept / "registers", NIGHT, part=1)
    found = run(kept, "night", previous=kept / "base", changes_only=True)
    why = "000-text.arrow of the state is not the file that was written: size, time or inode differs"
    assert found["incremental"] == {"used": False, "why": why}
    assert (kept / "night" / "firms.parquet").is_file()
    assert reason(kept, "night") == ""


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda x: (x / "links-loans.arrow").unlink(), "links-loans.arrow is missing from the state"),
        (lambda x: (x / "000-verdicts.bin").touch(), "is not the file that was written"),
        (lambda x: (x / "state.json").write_text("{", encoding="ascii"), "cannot be read"),
        (lambda x: shutil.copy(x.parent / "manifest.json", x / "state.json"), "cannot be read"),
        (lambda x: append(x / "state.json", b" "), "not the one that the manifest names"),
        (shutil.rmtree, "keeps no state"),
    ],
)
def test_a_state_that_is_not_whole_is_not_used(kept: Path, spoil: Callable[[Path], Any], expected: str) -> None:
    spoil(kept / "base" / "state")
    assert expected in reason(kept)


def test_an_error_leaves_the_former_result_as_it_was(kept: Path) -> None:
    add_part(kept / "registers", NIGHT, part=1)
    spoilt = kept / "registers" / "loans" / "part-0001.parquet"
    whole = spoilt.read_bytes()
    spoilt.write_bytes(whole[:-4])
    with pytest.raises(BadFile):
        run(kept, "night", previous=kept / "base", changes_only=True)
    assert sorted(x.name for x in kept.iterdir()) == ["base", "registers"]
    spoilt.write_bytes(whole)
    assert run(kept, "night", previous=kept / "base", changes_only=True)["incremental"]["used"]


def test_row_ids_that_fall_back_need_a_full_run(kept: Path) -> None:
    add_part(kept / "registers", {"registry": [firm(30, row_id=0)]}, part=1)
    found = run(kept, "night", previous=kept / "base", changes_only=True)
    assert "do not rise" in found["incremental"]["why"]
    assert pq.read_metadata(kept / "night" / "firms.parquet").num_rows == len(BASE["registry"]) + 1


def test_rows_outside_the_region_need_a_full_run(kept: Path) -> None:
    add_part(kept / "registers", {"registry": [firm(30, region_code="110101")]}, part=1)
    found = run(kept, "night", previous=kept / "base", changes_only=True)
    assert found["incremental"]["why"].startswith("the registry has rows outside the region")
    assert reason(kept, "night") == found["incremental"]["why"]


def test_numbers_of_the_register_s_own_need_a_full_run(kept: Path) -> None:
    add_part(kept / "registers", {"registry": [firm(30, uscc=None, register_no="K9", register_scheme="x")]}, part=1)
    assert "numbers of the register's own" in run(kept, "night", previous=kept / "base")["incremental"]["why"]


def test_a_base_that_was_replaced_is_refused(kept: Path) -> None:
    add_part(kept / "registers", NIGHT, part=1)
    run(kept, "night", previous=kept / "base", changes_only=True)
    run(kept, "base")
    with pytest.raises(BadFile, match="is not the result that"):
        read_firms(kept / "night")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"previous": None}, "give --previous"),
        ({"previous": "base", "out": "base"}, "give another --out"),
        ({"previous": "base", "keep_facts": True}, "leave --changes-only out"),
    ],
)
def test_what_cannot_be_told_by_changes_is_refused(nights: Path, given: dict[str, Any], message: str) -> None:
    previous = nights / given["previous"] if given["previous"] else None
    keeps = given.get("keep_facts", False)
    asked = replace(request(nights, given.get("out", "refused")), previous=previous, changes_only=True, keep_facts=keeps)
    with pytest.raises(BadRequest, match=message):
        screen_registers(asked, progress=lambda _: None)
