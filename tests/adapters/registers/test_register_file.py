"""Files of any format become tables: encodings, delimiters, headings, line numbers, and what is no table."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from huoshui.adapters.registers import encoding
from huoshui.adapters.registers.encoding import TextFile, find_encoding
from huoshui.adapters.registers.gb18030 import Transcoder
from huoshui.adapters.registers.headings import find_header, unit_of
from huoshui.adapters.registers.register_file import open_file
from huoshui.adapters.registers.tabular import ReadAs, Table
from huoshui.errors import BadFile, BadMapping

HEADINGS = ["统一社会信用代码", "企业名称", "成立日期"]
ROWS = [["91350100M0001TGQXM", "福州甲有限公司", "2020-01-01"], ["91350211M0000XUF46", "厦门“乙”商行", "2021-02-03"]]


def rows_of(table: Table) -> list[tuple[int, list[str | None]]]:
    found: list[tuple[int, list[str | None]]] = []
    for batch in table.batches(table.shape.headings):
        cells = zip(*(batch.columns[x].to_pylist() for x in table.shape.headings), strict=True)
        found.extend(zip(batch.lines.tolist(), map(list, cells), strict=True))
    return found


def write(path: Path, rows: Sequence[Sequence[str]], *, encoding: str = "utf-8", delimiter: str = ",", end: str = "\n") -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_text_file_is_read_whatever_its_encoding_delimiter_and_line_ends(
    tmp_path: Path, name: str, delimiter: str, end: str
) -> None:
    (table,) = open_file(write(tmp_path / "x.csv", [HEADINGS, *ROWS], encoding=name, delimiter=delimiter, end=end))
    assert (table.shape.encoding, table.shape.delimiter, table.shape.header_row) == (name, delimiter, 1)
    assert table.shape.headings == tuple(HEADINGS)
    assert rows_of(table) == [(2, ROWS[0]), (3, ROWS[1])]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), st.integers(1, 7))
def test_gb18030_becomes_utf8_wherever_a_block_ends(text: str, size: int) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding, "_BLOCK", size)
        path = Path(folder, "x.txt")
        path.write_bytes(text.encode("gb18030"))
        source, target, found = TextFile(path, encoding="gb18030"), memoryview(bytearray(5)), b""
        while got := source.readinto(target):
            found += target[:got]
        source.close()
    assert found.decode() == text
    assert source.digest() == sha256(text.encode("gb18030")).hexdigest()


@given(st.binary(max_size=60), st.integers(1, 7))
def test_any_bytes_become_what_the_codec_says_or_are_marked(given_bytes: bytes, size: int) -> None:
    transcoder, found = Transcoder(), b""
    pieces = [given_bytes[i : i + size] for i in range(0, len(given_bytes), size)]
    for piece in pieces:
        found += transcoder.turn(piece, is_last=False)
    found += transcoder.turn(b"", is_last=True)
    try:
        assert found.decode() == given_bytes.decode("gb18030")
    except UnicodeDecodeError:
        assert b"\xff" in found
        with pytest.raises(UnicodeDecodeError):
            given_bytes.decode("gb18030")


def test_every_character_of_gb18030_is_known() -> None:
    text = "".join(chr(x) for x in (*range(0xD800), *range(0xE000, 0x110000)))
    assert Transcoder().turn(text.encode("gb18030"), is_last=True).tobytes().decode() == text


def test_a_broken_character_damages_its_own_line_only(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    lines = [f"{i},厦门市思明区某商行" for i in range(50)]
    path.write_bytes("\n".join(["代码,名称", *lines]).encode("gb18030").replace("3,厦".encode("gb18030"), b"3,\xcf", 1))
    (table,) = open_file(path)
    found = [(x.line, x.damage.name) for batch in table.batches(table.shape.headings) for x in batch.damaged]
    assert (table.shape.encoding, found) == ("gb18030", [(5, "BAD_BYTES")])


def test_an_encoding_is_found_by_pieces_from_all_over_a_file(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"code,name\n" + b"1,plain\n" * 400_000 + "2,厦门市思明区商行\n".encode("gb18030") * 200_000)
    assert find_encoding(path) == "gb18030"


def test_a_few_broken_bytes_do_not_turn_utf8_into_gb18030(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("代码,名称\n1,厦门市思明区某商行\n".encode() * 50 + b"2,\xff\xfe\n")
    assert find_encoding(path) == "utf-8"


def test_titles_blank_lines_and_empty_columns_around_a_table_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        "思明区小微企业名录,,,\n单位：万元,,,\n\n统一社会信用代码,企业名称,注册资本,\n1,甲公司,5,\n\n2,乙公司,6,\n",
        encoding="utf-8",
    )
    (table,) = open_file(path)
    assert table.shape.headings == ("统一社会信用代码", "企业名称", "注册资本", "(column 4)")
    assert (table.shape.header_row, table.shape.unit) == (4, "万元")
    assert rows_of(table) == [(5, ["1", "甲公司", "5", None]), (7, ["2", "乙公司", "6", None])]


def test_rows_that_all_end_in_a_delimiter_are_not_damaged(tmp_path: Path) -> None:
    (table,) = open_file(write(tmp_path / "x.csv", [["企业名称", "成立日期"], *[["甲", "2020-01-01", ""]] * 9]))
    assert len(table.shape.headings) == 3
    assert len(rows_of(table)) == 9


def test_double_and_split_headings_get_names_of_their_own(tmp_path: Path) -> None:
    (table,) = open_file(write(tmp_path / "x.csv", [["企业名称", "金额\n（元）", "金额\n（元）", ""], ["甲", "1", "2", "3"]]))
    assert table.shape.headings == ("企业名称", "金额 （元）", "金额 （元） (2)", "(column 4)")
    assert rows_of(table) == [(4, ["甲", "1", "2", "3"])]


def test_a_table_without_headings_is_read_from_its_first_line(tmp_path: Path) -> None:
    (table,) = open_file(write(tmp_path / "x.csv", [["A11", "6", "A34"], ["A12", "48", "A32"], ["A14", "12", "A34"]]))
    assert (table.shape.headings, table.shape.header_row) == (("column_1", "column_2", "column_3"), 0)
    assert len(rows_of(table)) == 3


def test_what_a_mapping_says_about_reading_goes_before_looking(tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", [["甲", "1;2"], ["企业名称", "数量;单位"], ["乙", "3;4"]])
    (table,) = open_file(path, read_as=ReadAs(delimiter=";", header_row=2))
    assert table.shape.headings == ("企业名称,数量", "单位")
    assert rows_of(table) == [(3, ["乙,3", "4"])]
    with pytest.raises(BadMapping, match="no heading row that ends on line 9"):
        open_file(path, read_as=ReadAs(header_row=9))
    with pytest.raises(BadMapping, match="encoding 'latin-1' is not known"):
        open_file(path, read_as=ReadAs(encoding="latin-1"))


def workbook(
    path: Path, sheets: dict[str, list[list[object]]], *, merged: Sequence[tuple[int, int, int, int, str]] = ()
) -> Path:
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at in merged:
                sheet.merge_range(*at)
            for place, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(place, column, cell, day)
                    elif cell != "":
                        sheet.write(place, column, cell)
    return path


def test_every_sheet_with_a_table_is_one_and_cells_are_what_a_register_means(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "x.xlsx",
        {
            "说明": [],
            "登记": [
                ["企业编号", "企业名称", "成立日期", "从业人数"],
                [12345, "甲公司", date(2020, 1, 31), 7],
                ["", "", "", ""],
                ["00123", "乙公司", "2021/2/3", 1.5],
            ],
            "税务": [["纳税人识别号"], [911000001000013428.0]],
        },
    )
    registry, tax = open_file(path)
    assert [x.label for x in (registry, tax)] == ["x.xlsx#登记", "x.xlsx#税务"]
    assert rows_of(registry) == [(2, ["12345", "甲公司", "2020-01-31", "7"]), (4, ["00123", "乙公司", "2021/2/3", "1.5"])]
    assert rows_of(tax) == [(2, ["9.110000010000134e+17"])]


def test_headings_below_merged_titles_are_found(tmp_path: Path) -> None:
    rows: list[list[object]] = [["", "", ""], ["", "", "单位：万元"], [*HEADINGS], [*ROWS[0]]]
    (table,) = open_file(workbook(tmp_path / "x.xlsx", {"名录": rows}, merged=[(0, 0, 0, 2, "思明区小微企业名录")]))
    assert (table.shape.headings, table.shape.header_row, table.shape.unit) == (tuple(HEADINGS), 3, "万元")
    assert rows_of(table) == [(4, ROWS[0])]


@pytest.mark.parametrize(
    ("rows", "merged", "cells"),
    [
        ([["", "", "成立日期"], ROWS[0]], [(0, 0, 0, 1, "代码和名称")], "A1:B1"),
        ([["", "", ""], HEADINGS, ROWS[0]], [(0, 0, 0, 1, "主体信息")], None),
        (
            [["", "", "", ""], [*HEADINGS, "核准日期"], [*ROWS[0], "2020-01-02"]],
            [(0, 0, 0, 1, "主体信息"), (0, 2, 0, 3, "日期")],
            "A1:B1",
        ),
        ([["", "企业名称", "成立日期"], ["", "", ""], ROWS[0]], [(0, 0, 1, 0, "统一社会信用代码")], "A1:A2"),
    ],
)
def test_merged_headings_are_refused_and_merged_titles_are_not(
    tmp_path: Path, rows: list[list[object]], merged: list[tuple[int, int, int, int, str]], cells: str | None
) -> None:
    path = workbook(tmp_path / "x.xlsx", {"名录": rows}, merged=merged)
    if cells is None:
        assert open_file(path)[0].shape.header_row == 2
        return
    with pytest.raises(BadFile, match=rf"the headings are merged \({cells}\); expected one heading a column"):
        open_file(path)


def test_parquet_columns_of_any_plain_type_become_their_text(tmp_path: Path) -> None:
    table = pa.table(
        {
            "企业名称": pa.array(["甲", " 乙 "], pa.large_string()),
            "编号": pa.array([12345.0, None]),
            "金额": pa.array([9401.71, float("nan")]),
            "余额": pa.array([Decimal("1.50"), None], pa.decimal128(10, 2)),
            "日期": pa.array([date(2020, 1, 1), None]),
            "时刻": pa.array([datetime(2020, 1, 1, 16, 30, tzinfo=UTC), None], pa.timestamp("ms", "UTC")),
            "标志": pa.array([True, None]),
            "词": pa.array(["a", "b"]).dictionary_encode(),
        }
    )
    pq.write_table(table, tmp_path / "x.parquet")
    (found,) = open_file(tmp_path / "x.parquet")
    assert rows_of(found) == [
        (1, ["甲", "12345", "9401.71", "1.50", "2020-01-01", "2020-01-02 00:30:00.000", "true", "a"]),
        (2, ["乙", None, None, None, None, None, None, "b"]),
    ]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.csv", b"", "is empty"),
        ("x.csv", b" \n\n", "is empty"),
        ("x.xls", b"<html><table><tr><td>1</td></tr></table></html>", "is a web page"),
        ("x.csv", b"%PDF-1.7", "is a PDF"),
        ("x.xlsx", b"PK\x03\x04 not a workbook", "expected a complete XLSX file"),
        ("x.parquet", b"PAR1 cut off", "expected a complete Parquet file"),
        ("x.csv", b"a,b\n" + b"x" * (9 << 20), "longer than 8 MB"),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadFile, match=said):
        open_file(tmp_path / name)


def test_a_file_that_is_missing_or_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="No such file"):
        open_file(tmp_path / "x.csv")
    with pytest.raises(BadFile, match="is a folder"):
        open_file(tmp_path)


@pytest.mark.parametrize(
    ("heading", "unit"),
    [
        ("注册资本(万元)", "万元"),
        ("营业收入（元）", "元"),
        ("贷款余额：亿元", "亿元"),
        ("金额/万", "万元"),
        ("注册资本（万元人民币）", "万元"),
        ("amount_wan", "万元"),
        ("amount (yuan)", "元"),
        ("销售额", None),
        ("出资额(万美元)", None),
        ("千元", "千元"),
    ],
)
def test_a_heading_tells_the_unit_of_its_amounts(heading: str, unit: str | None) -> None:
    assert unit_of(heading) == unit


def test_the_heading_row_is_found_among_titles_and_values() -> None:
    assert find_header([["名录", "", ""], ["", "", ""], HEADINGS, ROWS[0]]) == 2
    assert find_header([["alpha", "beta"], ["1", "2"]]) == 0
    assert find_header([["1", "2"], ["3", "4"]]) is None
    assert find_header([]) is None
