import tempfile
import zipfile
from pathlib import Path
from typing import Any, Final

import openpyxl  # type: ignore[import-untyped]  # the library has no annotations
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet  # type: ignore[import-untyped]

from huoshui.adapters.industries import industry_name
from huoshui.adapters.registers.screening import workbook, workbook_rows
from huoshui.adapters.registers.screening.visit_list import COLUMNS
from huoshui.adapters.registers.screening.workbook import FIELDS, HEADER_ROW, SYNTHETIC, write_workbook
from huoshui.errors import OutputError

FACTS: Final = {
    "地区": "350203", "筛查日": "2025-06-30", "口径": "never_borrowed", "口径说明": "截至筛查日从未有过经营性贷款",
    "依据": "国统字〔2017〕213号",
}  # fmt: skip
FIRM: Final[dict[str, Any]] = {
    "rank": 1, "row_id": 7, "uscc": "91350203M0001TGQXM", "register_no": None, "name": "厦门鑫源达商贸有限公司",
    "region_code": "350203", "township": "莲前街道", "industry_code": "6510", "size_class": "micro",
    "sales_12m_fen": 123_456_789_01, "priority": 85, "level": "优先", "priority_basis": "近十二个月申报销售额 +25",
    "reasons": ["U01", "U20", "N01"], "evidence": "tax_sales;invoice", "tags": "T01;T03", "link_method": "name_region",
}  # fmt: skip
SCHEMA: Final = pa.schema({
    **dict.fromkeys(COLUMNS, pa.dictionary(pa.int32(), pa.string())),
    "rank": pa.int32(), "row_id": pa.int64(), "name": pa.string(),
    "sales_12m_fen": pa.int64(), "priority": pa.int16(), "reasons": pa.list_(pa.dictionary(pa.int32(), pa.string())),
})  # fmt: skip


def listed(*firms: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist([{**FIRM, **x} for x in firms], schema=SCHEMA)


def written(table: pa.Table, path: Path, **facts: str) -> openpyxl.Workbook:
    write_workbook(table, path=path, title="思明区无贷户走访名单", facts={**FACTS, **facts}, industry_name=industry_name)
    return openpyxl.load_workbook(path)


def rows(sheet: Worksheet) -> list[tuple[Any, ...]]:
    return list(sheet.iter_rows(min_row=HEADER_ROW + 1, values_only=True))


def column(sheet: Worksheet, heading: str) -> list[Any]:
    place = [x.heading for x in FIELDS].index(heading)
    return [row[place] for row in rows(sheet)]


def test_codes_are_shown_in_words_and_amounts_in_yuan(tmp_path: Path) -> None:
    sheet = written(listed({}), tmp_path / "list.xlsx").worksheets[0]
    assert rows(sheet) == [
        (
            1, "厦门鑫源达商贸有限公司", "91350203M0001TGQXM", None, "莲前街道", "6510 软件和信息技术服务业", "微型",
            123_456_789.01, "优先", 85, "近十二个月申报销售额 +25", "近期有非零申报；近期有开票；登记状态不明；规模不明",
            "经营异常；失信被执行人", "名称加地区",
            None, None, None, None,
        )
    ]  # fmt: skip


def test_the_headings_are_in_chinese_with_columns_to_fill_in_by_hand(tmp_path: Path) -> None:
    sheet = written(listed({}), tmp_path / "list.xlsx").worksheets[0]
    assert [x.value for x in sheet[HEADER_ROW]] == (
        "优先序 企业名称 统一社会信用代码 登记编号 乡镇街道 行业 规模 近12个月销售额（元） 优先级 分值 评分依据 依据 "
        "风险标签 关联方式 走访日期 走访人 是否有需求 备注"
    ).split()


def test_a_sheet_prints_on_a4_one_page_wide_with_its_heading_on_every_page(tmp_path: Path) -> None:
    sheet = written(listed({}, {"rank": 2}), tmp_path / "list.xlsx").worksheets[0]
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.print_title_rows) == ("C5", "A4:R6", "$4:$4")
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
    assert (sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.page_setup.fitToHeight) == (True, 0)
    assert sheet.oddFooter.center.text == "第 &P 页，共 &N 页"
    assert [str(x.sqref) for x in sheet.data_validations.dataValidation] == ["Q5:Q6"]


def test_a_column_is_as_wide_as_it_reads_and_narrow_where_it_is_empty(tmp_path: Path) -> None:
    sheet = written(listed({}), tmp_path / "list.xlsx").worksheets[0]
    widths = {x: sheet.column_dimensions[x].width for x in "BCDK"}
    assert widths == pytest.approx({"B": 25, "C": 22, "D": 7, "K": 34}, abs=1)


def test_codes_stay_text_and_long_texts_wrap(tmp_path: Path) -> None:
    sheet = written(listed({"uscc": "350203000000001"}), tmp_path / "list.xlsx").worksheets[0]
    assert (sheet["C5"].value, sheet["C5"].data_type, sheet["C5"].number_format) == ("350203000000001", "s", "@")
    assert (sheet["K5"].alignment.wrap_text, sheet["H5"].number_format) == (True, "#,##0.00")


HOSTILE: Final = (
    "=1+1",
    "+86",
    "-1",
    "@SUM(A1)",
    "=cmd|' /C calc'!A0",
    "<r><t>x</t></r>",
    "{=1}",
    "a&b<c>",
    " 前后空格 ",
    "两\n行",
)


def test_no_value_becomes_a_formula_or_markup(tmp_path: Path) -> None:
    sheet = written(listed(*[{"name": x, "township": x} for x in HOSTILE]), tmp_path / "list.xlsx").worksheets[0]
    assert column(sheet, "企业名称") == column(sheet, "乡镇街道") == list(HOSTILE)
    assert {x.data_type for row in sheet.iter_rows(min_row=HEADER_ROW + 1) for x in row} == {"s", "n"}
    assert {x.number_format for x in sheet["B"][HEADER_ROW:]} == {"@"}


@settings(max_examples=25)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff_"), min_size=1, max_size=40))
def test_a_name_comes_back_as_it_was(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert column(written(listed({"name": name}), Path(folder) / "list.xlsx").worksheets[0], "企业名称") == [name]


def test_what_xml_cannot_hold_is_marked_and_what_looks_like_an_escape_is_kept(tmp_path: Path) -> None:
    written(listed({"name": "甲\x00乙\uffff丙_x0041_"}), tmp_path / "list.xlsx")
    with zipfile.ZipFile(tmp_path / "list.xlsx") as opened:
        assert "甲\ufffd乙\ufffd丙_x005F_x0041_" in opened.read("xl/worksheets/sheet1.xml").decode()


def test_synthetic_firms_are_marked_in_red_on_every_page(tmp_path: Path) -> None:
    book = written(listed({}), tmp_path / "list.xlsx", **{SYNTHETIC: "合成数据，非真实企业"})
    rich = openpyxl.load_workbook(tmp_path / "list.xlsx", rich_text=True).worksheets[0]["A1"].value
    assert [(str(x.text), x.font.color.rgb) for x in rich if "合成" in str(x)] == [("合成数据，非真实企业", "FFB42318")]
    assert (book.worksheets[0].oddHeader.right.text, book.worksheets[0].oddHeader.right.color) == (
        "合成数据，非真实企业",
        "B42318",
    )
    assert book["说明"]["A2"].value == "合成数据，非真实企业"


def test_real_firms_carry_no_such_mark(tmp_path: Path) -> None:
    book = written(listed({}), tmp_path / "list.xlsx")
    assert (book.worksheets[0]["A1"].value, book.worksheets[0].oddHeader.right.text) == ("思明区无贷户走访名单", None)


def test_rule_day_region_and_number_stand_above_the_list(tmp_path: Path) -> None:
    sheet = written(listed({}, {}, {}), tmp_path / "list.xlsx").worksheets[0]
    assert sheet["A2"].value == "地区：350203　　筛查日：2025-06-30　　口径：never_borrowed　　户数：3"
    assert sheet["A3"].value == "口径说明：截至筛查日从未有过经营性贷款"


def test_the_second_sheet_explains_every_column_and_names_the_sources(tmp_path: Path) -> None:
    told = {row[0]: row[1] for row in written(listed({}), tmp_path / "list.xlsx")["说明"].iter_rows(values_only=True)}
    assert [x.heading for x in FIELDS if not told.get(x.heading)] == []
    assert told["口径说明"] == FACTS["口径说明"]


def test_a_county_without_firms_has_a_workbook_too(tmp_path: Path) -> None:
    sheet = written(SCHEMA.empty_table(), tmp_path / "list.xlsx").worksheets[0]
    assert (rows(sheet), sheet["A2"].value[-4:]) == ([], "户数：0")


def test_more_firms_than_a_sheet_holds_go_on_to_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 2)
    book = written(listed(*[{"rank": x} for x in range(1, 6)]), tmp_path / "list.xlsx")
    assert book.sheetnames == ["走访名单", "走访名单（2）", "走访名单（3）", "说明"]
    assert [column(x, "优先序") for x in book.worksheets[:3]] == [[1, 2], [3, 4], [5]]
    assert [x.auto_filter.ref for x in book.worksheets[:3]] == ["A4:R6", "A4:R6", "A4:R5"]


def test_rows_keep_their_order_across_batches_and_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_rows, "_BATCH", 4)
    chunks = [listed(*[{"rank": x, "name": f"企业{x}", "level": f"档{x}"} for x in part]) for part in (range(5), range(5, 11))]
    sheet = written(pa.concat_tables(chunks), tmp_path / "list.xlsx").worksheets[0]
    assert [(x[0], x[1], x[8]) for x in rows(sheet)] == [(x, f"企业{x}", f"档{x}") for x in range(11)]


def test_the_same_list_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        written(listed({}), tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write"):
        written(listed({}), tmp_path / "missing" / "list.xlsx")
