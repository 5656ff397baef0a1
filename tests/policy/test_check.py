"""`check_files` finds what is broken, what is old and what no text shows."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from huoshui import policy
from huoshui.policy import Finding, check_files

Write = Callable[..., Path]
ON: Final = date(2026, 11, 23)
FIELD: Final = "a: {zh: 试, checked_on: 2025-11-23, values: {2020-01-01: {value: 1, source: notice, unconfirmed: UNCONFIRMED}}}"
HANDBOOK: Final = Path(__file__).parents[2] / "docs" / "policy.md"


def of_folder(path: Path, *, on: date = ON) -> list[Finding]:
    """The findings of one test's own file."""
    return [x for x in check_files(on=on)[1] if x.path == str(path)]


def test_a_sound_file_has_no_finding_until_a_year_after_its_check(write: Write) -> None:
    path = write(FIELD.replace("UNCONFIRMED", "false"))
    assert of_folder(path) == []
    assert of_folder(path, on=date(2026, 11, 24)) == [Finding(str(path), "stale", "a was last checked on 2025-11-23")]


def test_every_unconfirmed_value_is_found(write: Write) -> None:
    path = write(FIELD.replace("UNCONFIRMED", "true"))
    assert of_folder(path) == [Finding(str(path), "unconfirmed", "a since 2020-01-01: notice")]


def test_a_broken_file_is_found_and_the_others_are_still_read(write: Write) -> None:
    bad, good = write("a: 1", name="bad"), write(FIELD.replace("UNCONFIRMED", "true"), name="good")
    assert of_folder(bad) == [Finding(str(bad), "broken", "a: expected zh, values and checked_on")]
    assert len(of_folder(good)) == 1


@pytest.mark.parametrize("region", ["35020", "990000"])
def test_a_folder_of_no_region_is_found(region: str, write: Write) -> None:
    path = write(FIELD.replace("UNCONFIRMED", "false"), region=region)
    assert [x.kind for x in of_folder(path)] == ["broken"]


@pytest.mark.parametrize("place", ["x.yaml", "350000/x.yml", "350000/X-1.yaml", "fujian/x.yaml"])
def test_a_file_that_nobody_reads_is_found(place: str, write: Write) -> None:
    write(FIELD.replace("UNCONFIRMED", "false"))
    path = write("", region="000000", name="y").parents[1] / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(FIELD, encoding="utf-8")
    assert [x.kind for x in of_folder(path)] == ["broken"]


def test_every_file_of_every_folder_is_counted(write: Write) -> None:
    before = check_files(on=ON)[0]
    write(FIELD)
    write(FIELD, region="350000", folder="two")
    assert check_files(on=ON)[0] == before + 2


def test_the_built_in_files_are_sound_and_named_by_region() -> None:
    count, findings = check_files(on=ON)
    assert count >= len(policy.names())
    assert [x for x in findings if x.kind == "broken"] == []
    assert [x for x in findings if not x.path[:6].isdigit()] == []


def test_the_handbook_lists_every_policy_with_its_variants() -> None:
    rows = [x.split(" | ") for x in HANDBOOK.read_text(encoding="utf-8").splitlines() if x.startswith("| `")]
    listed = {row[0].strip("| `"): row[2].strip(" |") for row in rows if len(row) == 3}
    wanted = {name: ", ".join(x for x in regions if x != "000000") for name, regions in policy.regions_by_name().items()}
    assert {name: listed.get(name) for name in wanted} == wanted
