"""Row ids of the registry: one for each row, in any order, or none at all."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.screening.row_ids import check_row_ids
from huoshui.errors import BadFile
from tests.adapters.registers.small_registers import firm, loan, screen, table_of


def registry(folder: Path, *pieces: list[int | None]) -> tuple[parts.Part, ...]:
    """A registry of several files with such row ids."""
    files = []
    for number, ids in enumerate(pieces):
        files.append(folder / f"{number}.parquet")
        pq.write_table(table_of("registry", [firm(1, row_id=x) for x in ids]), files[-1])
    return parts.split(files)


@pytest.mark.parametrize(
    "pieces", [[[1, 2, 3]], [[3, 1, 2]], [[1, 2], [3, 4]], [[3, 4], [1, 2]], [[None, None], [None]], [[-5, 0, 2**62]], [[]]]
)
def test_ids_that_tell_rows_apart_are_taken(tmp_path: Path, pieces: list[list[int | None]]) -> None:
    check_row_ids(registry(tmp_path, *pieces))


@pytest.mark.parametrize(
    ("pieces", "sentence"),
    [
        ([[1, 1]], "row_id 1 of the registry stands in row 1 and again in row 2"),
        ([[1, 2, 3, 2]], "row_id 2 of the registry stands in row 2 and again in row 4"),
        ([[1, 2, 3], [1, 2, 3]], "row_id 1 of the registry stands in row 1 and again in row 4"),
        ([[9, 8], [7], [8, 9]], "row_id 8 of the registry stands in row 2 and again in row 4"),
        ([[5, 5, 1, 1]], "row_id 5 of the registry stands in row 1 and again in row 2"),
        ([[1, None]], "1 rows of the registry have no row_id"),
        ([[None], [1]], "1 rows of the registry have no row_id"),
    ],
)
def test_the_first_row_whose_id_was_there_before_is_named(
    tmp_path: Path, pieces: list[list[int | None]], sentence: str
) -> None:
    with pytest.raises(BadFile, match=sentence) as found:
        check_row_ids(registry(tmp_path, *pieces))
    assert found.value.field == "row_id"


def test_a_screening_refuses_a_registry_with_a_double_id(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="row_id 1 "):
        screen(tmp_path, {"registry": [firm(1), firm(2, row_id=1)], "loans": [loan(9)]})


def test_without_row_ids_a_rows_place_counts(tmp_path: Path) -> None:
    registry_rows = [firm(1, row_id=None), firm(2, row_id=None, uscc=None)]
    found = screen(tmp_path, {"registry": registry_rows, "loans": [loan(2, uscc=None, name=firm(2)["name"])]})
    assert {x: y["has_loan"] for x, y in found.firms.items()} == {1: False, 2: True}
    assert found.links["loans", 2]["firm_row_id"] == 2
