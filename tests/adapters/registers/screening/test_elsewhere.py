"""Records of one firm in two counties: a county by itself takes for current what the whole nation does."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq
import pytest

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.screening import pipeline
from huoshui.rules.uscc import clean_code
from huoshui.terms import RegisterKind
from tests.adapters.registers.small_registers import (
    Found,
    Row,
    firm,
    loan,
    screen,
    screen_files,
    uscc_of,
    write_registers,
    wrong_uscc,
)

SIMING, FUZHOU, NANCHANG = "350203", "350102", "360102"
NATION: Final = "000000"
OLD, NEW, NEWER = date(2023, 1, 1), date(2024, 1, 1), date(2025, 1, 1)
NUMBER: Final = {"uscc": None, "register_no": "R-7", "register_scheme": "x"}


def record(row: int, region: str, updated: date | None, *, of: int, **given: Any) -> Row:
    """A record of a firm, with a name of its own."""
    return firm(of, row_id=row, name=f"甲乙丙丁{row}号贸易有限公司", region_code=region, updated_on=updated, **given)


def moved(row: int, *records: tuple[str, date | None], **given: Any) -> list[Row]:
    """Records of one firm from a row id on: the county and the day of change of each."""
    return [record(row + i, *x, of=row, **given) for i, x in enumerate(records)]


COPY: Final = record(41, FUZHOU, NEW, of=40)
REGISTRY: Final = [
    *moved(1, (SIMING, OLD), (FUZHOU, NEW)),
    *moved(4, (SIMING, NEW), (FUZHOU, OLD)),
    *moved(7, (FUZHOU, NEW), (SIMING, NEW)),
    *moved(10, (SIMING, NEW), (NANCHANG, NEW)),
    *moved(13, (SIMING, OLD), (SIMING, NEW), (NANCHANG, NEWER)),
    *moved(17, (SIMING, OLD), (NANCHANG, NEWER), (SIMING, NEW), (FUZHOU, NEW)),
    *moved(22, (SIMING, None), (FUZHOU, OLD)),
    *moved(25, (SIMING, OLD), (FUZHOU, NEW), **NUMBER),
    *moved(28, (SIMING, OLD), (NANCHANG, NEW), uscc=wrong_uscc(28)),
    *moved(31, (FUZHOU, OLD), (NANCHANG, NEW)),
    *moved(34, (SIMING, OLD), (SIMING, NEW)),
    record(42, SIMING, NEW, of=40), COPY, {**COPY, "row_id": 43},
    *[{**record(45, SIMING, OLD, of=45), "row_id": x} for x in (45, 46)], record(47, FUZHOU, NEW, of=45),
    *moved(50, (SIMING, OLD), (NANCHANG, NEW), uscc=f" {uscc_of(50).lower()}"),
    record(60, SIMING, NEW, of=60),
]  # fmt: skip
LOANS: Final = [loan(90, uscc=None, name=REGISTRY[0]["name"]), loan(91, uscc=uscc_of(60))]
SUPERSEDED: Final = {1: 2, 5: 4, 7: 8, 10: 11, 13: 15, 14: 15, 17: 18, 19: 18, 20: 18, 22: 23, 25: 26, 28: 29, 31: 32, 34: 35,
                     41: 42, 45: 47, 50: 51}  # fmt: skip


def plain(registry: Sequence[Row]) -> dict[int, tuple[str, int]]:
    """What a plain reader finds: of every row that is not current its kind, and the row that is."""
    firms: dict[str, list[Row]] = {}
    for row in sorted(registry, key=lambda x: x["row_id"]):
        firms.setdefault(row.get("register_no") or clean_code(row["uscc"]), []).append(row)
    found: dict[int, tuple[str, int]] = {}
    for rows in firms.values():
        first = {repr({**x, "row_id": 0}): x for x in reversed(rows)}
        current = max(first.values(), key=lambda x: (x["updated_on"] or date.min, x["row_id"]))
        kinds = {x["row_id"]: "superseded" if x in first.values() else "exact" for x in rows if x is not current}
        found |= {x: (kind, current["row_id"]) for x, kind in kinds.items()}
    return found


def states(found: Found) -> dict[int, tuple[str, int]]:
    return {x: (y["kind"], y["kept_row_id"]) for x, y in found.duplicates.items()}


def within(registry: Sequence[Row], region: str) -> set[int]:
    return {x["row_id"] for x in registry if (x["region_code"] or "").startswith(region.rstrip("0"))}


def test_the_plain_reader_finds_the_older_records() -> None:
    expected = {x: ("superseded", y) for x, y in SUPERSEDED.items()}
    assert plain(REGISTRY) == expected | {43: ("exact", 42), 46: ("exact", 47)}


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return screen(tmp_path_factory.mktemp("nation"), {"registry": REGISTRY, "loans": LOANS}, region=NATION)


def test_the_nation_agrees_with_the_plain_reader(nation: Found) -> None:
    assert states(nation) == plain(REGISTRY)


@pytest.mark.parametrize("region", [SIMING, FUZHOU, NANCHANG, "350200", "350000", "360000"])
def test_a_county_by_itself_agrees_with_the_plain_reader_of_the_whole_nation(
    nation: Found, tmp_path: Path, region: str
) -> None:
    found = screen(tmp_path, {"registry": REGISTRY, "loans": LOANS}, region=region)
    inside = within(REGISTRY, region)
    assert states(found) == {x: y for x, y in plain(REGISTRY).items() if x in inside}
    assert {x: y["reasons"] for x, y in found.firms.items()} == {
        x: y["reasons"] for x, y in nation.firms.items() if x in inside
    }
    told = found.summary
    assert told["outside_region"] == len(REGISTRY) - len(inside)
    assert told["rows_read"]["registry"] == told["universe"] + told["duplicates"] + told["outside_region"]


def test_a_loan_by_the_name_that_a_firm_had_in_its_old_county_is_its_loan_in_the_new_one(tmp_path: Path) -> None:
    found = screen(tmp_path, {"registry": REGISTRY, "loans": LOANS}, region=FUZHOU)
    assert found.firms[2]["has_loan"]
    assert found.links["loans", 90]["firm_row_id"] == 2


def test_a_loan_of_a_firm_that_moved_away_is_linked_to_nobody_here(tmp_path: Path) -> None:
    found = screen(tmp_path, {"registry": REGISTRY, "loans": LOANS}, region=SIMING)
    assert found.links["loans", 90]["outcome"] == "outside"


def test_many_buckets_and_parts_find_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "_bucket_count", lambda *_, **__: 8)
    monkeypatch.setattr(parts, "ROWS_PER_PART", 1)
    registers = write_registers(tmp_path / "registers", {"registry": REGISTRY, "loans": LOANS})
    table = pq.read_table(registers[RegisterKind.REGISTRY])
    pq.write_table(table, registers[RegisterKind.REGISTRY], row_group_size=3)
    found = screen_files(tmp_path, registers, region=SIMING)
    inside = within(REGISTRY, SIMING)
    assert states(found) == {x: y for x, y in plain(REGISTRY).items() if x in inside}
