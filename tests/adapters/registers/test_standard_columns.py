"""Columns of register files: what can be read rightly is, and all else is a sentence that names file and column."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pytest

from huoshui.adapters.registers.fields import fields_of, schema_of
from huoshui.adapters.registers.standard_columns import WORDS, absent, conform
from huoshui.errors import BadFile
from huoshui.terms import RegisterKind

PATH: Final = Path("folder/loans.parquet")
MIDNIGHT: Final = datetime(2023, 12, 31, 16, tzinfo=UTC)


def conformed(values: pa.Array, name: str, *, as_words: bool = False) -> pa.ChunkedArray:
    return conform(pa.chunked_array([values]), name=name, path=PATH, as_words=as_words)


def not_utf8(text: bytes = b"\xb8\xa3\xbd\xa8") -> pa.Array:
    return pa.Array.from_buffers(pa.string(), 1, pa.array([text], pa.binary()).buffers())


def out_of_bounds() -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array([7], pa.int32()), pa.array(["a"]), safe=False)


TEXTS: Final = ["厦门", None, ""]
READ: Final[list[tuple[str, pa.Array, list[Any]]]] = [
    *(("name", pa.array(TEXTS, x), TEXTS) for x in (pa.string(), pa.large_string(), pa.string_view())),
    ("name", pa.array(TEXTS).dictionary_encode(), TEXTS),
    ("name", pa.array(TEXTS, pa.large_string()).dictionary_encode(), TEXTS),
    ("name", pa.nulls(2), [None, None]),
    ("region_code", pa.array([350203, None]), ["350203", None]),
    ("employees", pa.array([5.0, None]), [5, None]),
    ("employees", pa.array(["5", None]), [5, None]),
    ("employees", pa.array(["5", None]).dictionary_encode(), [5, None]),
    ("sales_fen", pa.array([Decimal("5.00"), None]), [5, None]),
    ("sales_fen", pa.array([-(2**63), 2**63 - 1]), [-(2**63), 2**63 - 1]),
    ("report_year", pa.array([2024, None], pa.uint64()), [2024, None]),
    ("row_id", pa.array(["7"]), [7]),
    ("granted_on", pa.array([date(2024, 1, 1), None], pa.date64()), [date(2024, 1, 1), None]),
    ("granted_on", pa.array(["2024-01-01", None]).dictionary_encode(), [date(2024, 1, 1), None]),
    ("granted_on", pa.array([86_400 - 1, -1], pa.timestamp("s")), [date(1970, 1, 1), date(1969, 12, 31)]),
    ("granted_on", pa.array([MIDNIGHT], pa.timestamp("us", "Asia/Shanghai")), [date(2024, 1, 1)]),
    ("granted_on", pa.nulls(1), [None]),
    ("is_abnormal", pa.array(["是", "否", None, "TRUE", "ｆａｌｓｅ", " 1", "0", ""]),
     [True, False, None, True, False, True, False, None]),
    ("is_abnormal", pa.array(["异常", "正常"]).dictionary_encode(), [True, False]),
    ("is_abnormal", pa.array([1, 0, None], pa.int8()), [True, False, None]),
    ("is_abnormal", pa.array([1.0, None]), [True, None]),
    ("is_abnormal", pa.nulls(1), [None]),
    ("a column of the user's own", pa.array([[1]]), [[1]]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "values", "found"), READ, ids=lambda x: str(getattr(x, "type", x))[:40])
def test_a_column_is_read_however_it_is_stored(name: str, values: pa.Array, found: list[Any]) -> None:
    assert conformed(values, name).to_pylist() == found


@pytest.mark.parametrize("kind", RegisterKind)
def test_a_column_in_the_type_of_the_standard_table_stays_as_it_is(kind: RegisterKind) -> None:
    for field in schema_of(kind):
        column = pa.chunked_array([pa.nulls(3, field.type)])
        assert conform(column, name=field.name, path=PATH) is column


@pytest.mark.parametrize("type_", [pa.string(), pa.large_string(), pa.string_view(), WORDS, pa.null()], ids=str)
def test_words_come_as_a_dictionary_of_one_type(type_: pa.DataType) -> None:
    found = conformed(pa.nulls(2) if type_ == pa.null() else pa.array(["a", None]).cast(type_), "status", as_words=True)
    assert found.type == absent("status", rows=2, as_words=True).type == WORDS


REFUSED: Final[list[tuple[str, pa.Array, str]]] = [
    ("name", not_utf8(), "must hold text, but does not: some of its bytes are no text in UTF-8"),
    ("name", not_utf8().dictionary_encode(), "no text in UTF-8"),
    ("name", out_of_bounds(), "no text"),
    ("region_code", not_utf8(), "no text in UTF-8"),
    ("is_abnormal", not_utf8(), "no text in UTF-8"),
    ("name", pa.array([["a"]]), "must hold text, but does not: it holds list"),
    ("uscc", pa.array([{"a": 1}]), "it holds struct"),
    ("uscc", pa.array([91350203]), "it holds int64"),
    ("industry_code", pa.array([111]), "must hold text, but does not: it holds int64"),
    ("name", pa.array([b"a"]), "it holds binary"),
    ("name", pa.array([b"a"]).dictionary_encode(), "it holds dictionary<values=binary"),
    ("township", pa.array([True]), "it holds bool"),
    ("employees", pa.array([date(2020, 1, 1)]), "must hold whole numbers, but does not: it holds date32"),
    ("employees", pa.array([True]), "it holds bool"),
    ("employees", pa.array([["1"]]), "it holds list"),
    ("employees", pa.array([3_000_000_000]), "3000000000"),
    ("employees", pa.array([1.5]), "1.5"),
    ("employees", pa.array([float("nan")]), "nan"),
    ("report_year", pa.array([202412]), "202412"),
    ("report_year", pa.array(["202412"]), "202412"),
    ("sales_fen", pa.array([2**63], pa.uint64()), str(2**63)),
    ("sales_fen", pa.array([Decimal("1.5")]), "must hold whole numbers"),
    ("sales_fen", pa.array(["一百"]), "一百"),
    ("granted_on", pa.array([20240101], pa.int32()), "must hold dates, but does not: it holds int32"),
    ("granted_on", pa.array([20240101]), "it holds int64"),
    ("granted_on", pa.array([1.5]), "it holds double"),
    ("granted_on", pa.array([True]), "it holds bool"),
    ("granted_on", pa.array(["昨天"]), "昨天"),
    ("is_abnormal", pa.array(["也许"]), "must hold yes or no, but does not: '也许' says neither"),
    ("is_abnormal", pa.array([2]), "'2' says neither"),
    ("is_abnormal", pa.array([date(2020, 1, 1)]), "it holds date32"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "values", "why"), REFUSED, ids=lambda x: str(getattr(x, "type", x))[:40])
def test_what_a_column_may_not_hold_is_a_sentence_that_names_file_and_column(name: str, values: pa.Array, why: str) -> None:
    with pytest.raises(BadFile) as refused:
        conformed(values, name)
    assert refused.value.field == name
    assert refused.value.message.startswith(f"{PATH}: the column {name} must hold ")
    assert why in refused.value.message
    assert "\n" not in refused.value.message


def test_a_name_means_the_same_in_every_kind_of_register() -> None:
    fields = [x for kind in RegisterKind for x in fields_of(kind).values()]
    assert len({(x.name, x.reading) for x in fields}) == len({x.name for x in fields})
