"""Registers as others write them: read rightly, or refused with one sentence that names the file and the column."""

import random
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from huoshui.errors import BadFile
from huoshui.terms import RegisterKind
from tests.adapters.registers.small_registers import Row, firm, loan, screen, screen_files, table_of, uscc_of, write_registers

NOT_UTF8: Final = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xb8\xa3\xbd\xa8"], pa.binary()).buffers())


def spoiled(kind: str, row: Row, column: str, values: pa.Array) -> pa.Table:
    table = table_of(kind, [row])
    return table.set_column(table.schema.get_field_index(column), column, values)


HOSTILE: Final[list[tuple[str, str, pa.Array]]] = [
    ("registry", "region_code", NOT_UTF8), ("registry", "name", NOT_UTF8), ("registry", "uscc", NOT_UTF8),
    ("registry", "name", pa.array([["a"]])), ("registry", "uscc", pa.array([{"a": 1}])), ("registry", "name", pa.array([b"a"])),
    ("registry", "township", pa.array([["a"]])), ("registry", "employees", pa.array([date(2020, 1, 1)])),
    ("registry", "report_year", pa.array([202412])), ("registry", "employees", pa.array([3_000_000_000])),
    ("registry", "revenue_fen", pa.array([2**63], pa.uint64())), ("registry", "is_abnormal", pa.array(["也许"])),
    ("registry", "row_id", pa.array(["A-1"])), ("loans", "granted_on", pa.array([20240101], pa.int32())),
    ("loans", "granted_on", pa.array(["昨天"])), ("loans", "settled_on", pa.array([True])),
    ("loans", "balance_fen", pa.array([1.5])), ("loans", "loan_kind", pa.array([1])),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "column", "values"), HOSTILE, ids=lambda x: str(getattr(x, "type", x)))
def test_a_column_of_the_wrong_kind_is_a_sentence_that_names_file_and_column(
    tmp_path: Path, kind: str, column: str, values: pa.Array
) -> None:
    tables: dict[str, Any] = {"registry": [firm(1)], "loans": [loan(9)]}
    with pytest.raises(BadFile, match=rf"/{kind}\.parquet: the column {column} must hold ") as refused:
        screen(tmp_path, {**tables, kind: spoiled(kind, tables[kind][0], column, values)})
    assert refused.value.field == column
    assert not (tmp_path / "out").exists()


def test_text_and_days_are_read_however_they_are_stored(tmp_path: Path) -> None:
    registry = spoiled("registry", firm(1), "name", pa.array(["厦门甲乙有限公司"], pa.string_view()))
    registry = registry.set_column(0, "row_id", pa.array([1], pa.uint8()))
    loans = spoiled("loans", loan(1), "granted_on", pa.array([datetime(2024, 1, 1, 12)]))  # noqa: DTZ001 -- as files have it
    assert screen(tmp_path, {"registry": registry, "loans": loans}).firms[1]["has_loan"] is True


@pytest.mark.parametrize(("value", "tags"), [("是", "T01"), ("否", ""), ("TRUE", "T01"), ("1", "T01"), ("0", ""), (None, "")])
def test_a_flag_in_words_is_read(tmp_path: Path, value: str | None, tags: str) -> None:
    registry = spoiled("registry", firm(1), "is_abnormal", pa.array([value], pa.string()))
    assert screen(tmp_path, {"registry": registry, "loans": [loan(9)]}).firms[1]["tags"] == tags


@pytest.mark.parametrize("column", ["industry_code", "region_code", "township", "is_abnormal", "updated_on", "uscc"])
def test_a_part_may_lack_a_column(tmp_path: Path, column: str) -> None:
    folder = tmp_path / "registry"
    folder.mkdir()
    pq.write_table(table_of("registry", [firm(1)]), folder / "a.parquet")
    pq.write_table(table_of("registry", [firm(2)]).drop_columns([column]), folder / "b.parquet")
    registers = {**write_registers(tmp_path / "r", {"loans": [loan(9)]}), RegisterKind.REGISTRY: folder}
    assert set(screen_files(tmp_path, registers, region="000000").firms) == {1, 2}


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_register_is_screened_or_is_a_sentence_that_names_it(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 -- chance that can be repeated
    rows = [firm(x, uscc=None if x % 5 == 0 else uscc_of(x), township="某镇") for x in range(1, 20)]
    registers = write_registers(tmp_path / "r", {"registry": rows, "loans": [loan(x) for x in range(1, 9)]})
    path = registers[chance.choice([RegisterKind.REGISTRY, RegisterKind.LOANS])]
    content = bytearray(path.read_bytes())
    at = chance.randrange(len(content))
    content[at : at + 8] = chance.randbytes(8)
    path.write_bytes(content)
    told: str | None = None
    try:
        screen_files(tmp_path, registers)
    except BadFile as error:
        told = error.message
    assert told is None or str(path) in told
