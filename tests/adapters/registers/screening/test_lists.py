"""Entries on lists: how long one holds that has no end."""

from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq
import pytest

from huoshui.adapters.registers import parts
from huoshui.adapters.registers.screening.standard import ListMeaning, read_exclusions
from huoshui.rules.calendar import add_months
from huoshui.rules.screening import EPOCH
from tests.adapters.registers.small_registers import firm, loan, screen, table_of, uscc_of

DAYS: Final = [date(2023, 1, 1) + timedelta(days=x) for x in range(800)]


@pytest.mark.parametrize("months", [1, 3, 6, 12, 13, 36])
def test_an_entry_ends_as_many_months_later_as_the_calendar_rule_says(tmp_path: Path, months: int) -> None:
    rows = [{"row_id": i, "uscc": uscc_of(1), "list_name": "x", "listed_on": day} for i, day in enumerate(DAYS)]
    pq.write_table(table_of("exclusions", rows), tmp_path / "exclusions.parquet")
    part = parts.split((tmp_path / "exclusions.parquet",))[0]
    found = read_exclusions(part, meaning=lambda _: ListMeaning(1, False, months)).good["expires"].tolist()
    assert [EPOCH + timedelta(days=x) for x in found] == [add_months(x, months=months) for x in DAYS]


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("失信 被执行人", "T03"), ("ｄｉｓｈｏｎｅｓｔ＿ｄｅｂｔｏｒ", "T03"), ("失信\u3000被执行人", "T03"),
        ("Dishonest Judgment  Debtor", "T03"), ("Tax Non-Normal", "T02"), ("别的名单", "T09"), (None, "T09"),
    ],
)  # fmt: skip
def test_the_name_of_a_list_is_cleaned_first(tmp_path: Path, name: str | None, tag: str) -> None:
    entry = {"row_id": 1, "uscc": uscc_of(1), "list_name": name, "listed_on": date(2024, 1, 1)}
    found = screen(tmp_path, {"registry": [firm(1)], "loans": [loan(9)], "exclusions": [entry]})
    assert found.firms[1]["tags"] == tag
