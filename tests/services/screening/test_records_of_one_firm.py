"""Several rows of one firm: which are one row twice, and which of the others is current."""

from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest

from tests.adapters.registers.small_registers import Row, firm, loan, screen, uscc_of

OTHER: Final[dict[str, Any]] = {
    "name": "厦门甲00001贸易有限责任公司", "region_code": "350206", "township": "鹭江街道", "industry_code": "6520",
    "entity_type": "股份有限公司", "status": "在营", "established_on": date(2020, 1, 2), "registered_capital_fen": 1,
    "employees": 6, "revenue_fen": 1, "assets_fen": 1, "report_year": 2023, "is_abnormal": False, "register_no": "7",
    "register_scheme": "x", "uscc": uscc_of(1, region="350206"),
}  # fmt: skip


def duplicates(folder: Path, *registry: Row) -> dict[int, tuple[str, int]]:
    found = screen(folder, {"registry": list(registry), "loans": [loan(9)]}).duplicates
    return {x: (y["kind"], y["kept_row_id"]) for x, y in found.items()}


@pytest.mark.parametrize("column", OTHER)
def test_a_row_that_differs_in_one_text_or_figure_is_no_exact_duplicate(tmp_path: Path, column: str) -> None:
    other = firm(1, row_id=2, **{column: OTHER[column]})
    assert duplicates(tmp_path, firm(1), other) == {1: ("superseded", 2)}


@pytest.mark.parametrize("column", ["established_on", "updated_on"])
def test_days_before_1970_differ_too(tmp_path: Path, column: str) -> None:
    one, other = (firm(1, row_id=row, **{column: date(1950, 1, row)}) for row in (1, 2))
    assert duplicates(tmp_path, one, other) == {1: ("superseded", 2)}


@pytest.mark.parametrize("written", [uscc_of(1), uscc_of(1).lower(), f" {uscc_of(1)}\u3000"])
def test_a_row_that_says_the_same_is_dropped_whatever_way_its_code_is_written(tmp_path: Path, written: str) -> None:
    assert duplicates(tmp_path, firm(1), firm(1, row_id=2, uscc=written)) == {2: ("exact", 1)}


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_records_of_one_day_the_one_with_the_higher_row_id_is_current_wherever_it_stands(
    tmp_path: Path, turned: bool
) -> None:
    rows = [firm(1), firm(2, uscc=uscc_of(1), name="厦门改名有限公司")]
    assert duplicates(tmp_path, *(rows[::-1] if turned else rows)) == {1: ("superseded", 2)}


@pytest.mark.parametrize("turned", [False, True])
def test_of_equal_rows_the_one_with_the_lowest_row_id_is_kept_wherever_it_stands(tmp_path: Path, turned: bool) -> None:
    rows = [firm(1), firm(1, row_id=3), firm(1, row_id=2)]
    assert duplicates(tmp_path, *(rows[::-1] if turned else rows)) == {2: ("exact", 1), 3: ("exact", 1)}
