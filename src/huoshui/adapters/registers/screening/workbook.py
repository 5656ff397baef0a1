"""One county's visit list as a workbook that an office worker can print and fill in (走访名单工作簿).

XlsxWriter lays out the sheets; the rows of firms are put in between by `workbook_rows`, because a province has millions.
"""

import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from huoshui.adapters.registers.screening.naming import IndustryName
from huoshui.adapters.registers.screening.workbook_rows import Column, rows_xml
from huoshui.errors import OutputError
from huoshui.terms import Evidence, LinkMethod, Reason, SizeClass, Tag, Term

SHEET: Final = "走访名单"
NOTES_SHEET: Final = "说明"
HEADER_ROW: Final = 4
SHEET_ROWS: Final = 1_048_576 - HEADER_ROW
_FONT: Final = {"font_name": "等线", "font_size": 11, "valign": "vcenter"}
_RED: Final = "#B42318"
_HEAD: Final = "#0B3D91"
_A4: Final = 9
_PRIMARY: Final = "#0B5BD3"
_LINE: Final = "#C9D2E0"
_HEADING: Final[dict[str, Any]] = {"bold": True, "font_color": "#FFFFFF", "bg_color": _HEAD, "border": 1, "border_color": _LINE}
_PAGE_TEXT: Final = 80
_MANY: Final = 400_000
_LINE_HEIGHT: Final = 15
_CHARACTERS_A_LINE: Final = 105


Made = Callable[[pa.Table, IndustryName], pa.ChunkedArray]


@dataclass(frozen=True, slots=True)
class _Field:
    """A column of the sheet: its heading, width, look and meaning, and how it is made from the list."""

    heading: str
    width: int
    look: str
    note: str
    made: Made | None = None


def _plain(name: str) -> Made:
    return lambda table, _: table[name].cast(pa.string())


def _number(name: str) -> Made:
    return lambda table, _: table[name]


def _words(name: str, terms: type[Term]) -> Made:
    labels = {x.value: x.zh for x in terms}
    return lambda table, _: _mapped(table[name], lambda text: "；".join(labels.get(x, x) for x in text.split(";") if x))


def _industries(table: pa.Table, name_of: IndustryName) -> pa.ChunkedArray:
    return _mapped(table["industry_code"], lambda code: f"{code} {name_of(code, language='zh')}")


def _grounds(table: pa.Table, _: IndustryName) -> pa.ChunkedArray:
    """Evidence, and of the reasons what is not known: that a listed firm has no loan needs no saying."""
    words = {x.value: x.zh for x in (*Evidence, *Reason)} | {Reason.NO_LOAN.value: ""}
    evidence, reasons = table["evidence"].cast(pa.string()), pc.binary_join(table["reasons"].cast(pa.list_(pa.string())), ";")
    both = pc.binary_join_element_wise(evidence, reasons, ";", null_handling="replace", null_replacement="")
    return _mapped(both, lambda text: "；".join(word for x in text.split(";") if (word := words.get(x, x))))


def _yuan(table: pa.Table, _: IndustryName) -> pa.ChunkedArray:
    return pc.multiply(table["sales_12m_fen"].cast(pa.decimal128(19, 0)), pa.scalar(Decimal("0.01"), pa.decimal128(3, 2)))


def _mapped(values: pa.ChunkedArray, word: Callable[[str], str]) -> pa.ChunkedArray:
    """Each distinct text worded once."""
    coded = values.cast(pa.string()).combine_chunks().dictionary_encode()
    return pa.chunked_array([pa.array([word(x) for x in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)])


FIELDS: Final = (
    _Field("优先序", 7, "whole", "本县（区）内的走访顺序，分值高的在前，同分按登记顺序", _number("rank")),
    _Field("企业名称", 25, "text", "登记名称，照登记数据原文", _plain("name")),
    _Field("统一社会信用代码", 22, "code", "照登记数据原文；空白为登记数据中没有", _plain("uscc")),
    _Field("登记编号", 18, "code", "没有统一社会信用代码的主体，登记机关自有的编号", _plain("register_no")),
    _Field("乡镇街道", 11, "text", "登记数据中的乡镇、街道", _plain("township")),
    _Field("行业", 16, "text", "国民经济行业代码（GB/T 4754）及所属大类名称", _industries),
    _Field("规模", 9, "middle", "企业按统计上划型标准；个体工商户、合作社不论规模", _words("size_class", SizeClass)),
    _Field("近12个月销售额（元）", 15, "money", "截至筛查日近十二个月申报销售额合计，单位元", _yuan),
    _Field("优先级", 8, "middle", "分值所在的档次", _plain("level")),
    _Field("分值", 6, "whole", "各评分项之和，逐项见“评分依据”", _number("priority")),
    _Field("评分依据", 34, "small", "各评分项及得分；权重为政策数据，可由地区自定", _plain("priority_basis")),
    _Field("依据", 20, "small", "判定为活跃主体的证据、规模取数来源及仍不明的事项", _grounds),
    _Field("风险标签", 12, "warning", "仅作提示，不因此移出名单；走访前先核实", _words("tags", Tag)),
    _Field("关联方式", 10, "small", "登记与税务、信贷等数据如何对应到同一主体", _words("link_method", LinkMethod)),
    _Field("走访日期", 12, "day", "走访后填写"),
    _Field("走访人", 9, "text", "走访后填写"),
    _Field("是否有需求", 10, "middle", "走访后填写：是、否、待定"),
    _Field("备注", 18, "text", "走访后填写"),
)
_WANTED: Final = next(i for i, x in enumerate(FIELDS) if x.heading == "是否有需求")
_NARROW: Final = 7
_LOOKS: Final[dict[str, dict[str, Any]]] = {
    "text": {"num_format": "@", "text_wrap": True},
    "code": {"num_format": "@", "font_size": 10},
    "small": {"num_format": "@", "text_wrap": True, "font_size": 9},
    "warning": {"num_format": "@", "text_wrap": True, "font_color": _RED, "font_size": 10},
    "middle": {"num_format": "@", "text_wrap": True, "align": "center"},
    "whole": {"num_format": "#,##0", "align": "center"},
    "money": {"num_format": "#,##0.00"},
    "day": {"num_format": "yyyy-mm-dd", "align": "center"},
}
_NUMBERS: Final = frozenset({"whole", "money"})
DAY: Final = "筛查日"
DEFINITION: Final = "口径说明"
SYNTHETIC: Final = "synthetic"
_ON_SECOND_SHEET: Final = frozenset({DEFINITION, SYNTHETIC, "依据"})


def write_workbook(table: pa.Table, *, path: Path, title: str, facts: Mapping[str, str], industry_name: IndustryName) -> None:
    """Write one county's visit list, `table` with the columns of visit_list.COLUMNS, as XLSX (写出走访名单).

    `facts` are what the list says about itself, in words: 筛查日 (YYYY-MM-DD) must be there, 口径说明 is the rule's definition,
    依据 the sources; `synthetic`, where it is there, is the notice put in red on every page. Amounts are fen in the table and
    yuan in the sheet.
    More firms than a sheet holds go on to further sheets. Raises OutputError where the file cannot be written.
    """
    values = [None if x.made is None else x.made(table, industry_name) for x in FIELDS]
    parts = [(start, min(SHEET_ROWS, table.num_rows - start)) for start in range(0, max(table.num_rows, 1), SHEET_ROWS)]
    try:
        skeleton = _skeleton(values, parts=parts, title=title, facts=facts)
        with zipfile.ZipFile(skeleton) as empty, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as full:
            for entry in empty.infolist():
                sheet = re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", entry.filename)
                if sheet and int(sheet.group(1)) <= len(parts):
                    start, count = parts[int(sheet.group(1)) - 1]
                    shown = [None if x is None else x.slice(start, count) for x in values]
                    with full.open(entry.filename, "w", force_zip64=count > _MANY) as out:
                        _fill(out, empty.read(entry).decode(), values=shown, count=count)
                else:
                    full.writestr(entry, empty.read(entry))
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error


def _skeleton(
    values: Sequence[pa.ChunkedArray | None], *, parts: Sequence[tuple[int, int]], title: str, facts: Mapping[str, str]
) -> io.BytesIO:
    """The workbook without its firms; the row below the headings is there only to give each column's style a number."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    book.set_properties({"title": title, "created": datetime.fromisoformat(facts[DAY]), "author": "huoshui"})
    looks = {name: book.add_format({**_FONT, **look, "border": 1, "border_color": _LINE}) for name, look in _LOOKS.items()}
    for i, (_, count) in enumerate(parts):
        sheet = book.add_worksheet(SHEET + (f"（{i + 1}）" if i else ""))
        _lay_out(book, sheet, title=title, facts=facts, firms=sum(x for _, x in parts))
        for place, field in enumerate(FIELDS):
            found = values[place]
            is_empty = found is not None and found.null_count == len(found)
            sheet.set_column(place, place, min(field.width, _NARROW) if is_empty else field.width)
            sheet.write_blank(HEADER_ROW, place, None, looks[field.look])
        sheet.autofilter(HEADER_ROW - 1, 0, HEADER_ROW - 1 + count, len(FIELDS) - 1)
        if count:
            answers = {"validate": "list", "source": ["是", "否", "待定"]}
            sheet.data_validation(HEADER_ROW, _WANTED, HEADER_ROW - 1 + count, _WANTED, answers)
    _write_notes(book, title=title, facts=facts)
    book.close()
    return made


def _lay_out(book: xlsxwriter.Workbook, sheet: Any, *, title: str, facts: Mapping[str, str], firms: int) -> None:
    """Title, facts and headings, and how the sheet is seen and printed."""
    notice = facts.get(SYNTHETIC)
    head = book.add_format({**_FONT, "font_size": 18, "bold": True, "font_color": _HEAD})
    sheet.set_row(0, 28)
    if notice:
        red = book.add_format({**_FONT, "bold": True, "font_color": _RED})
        sheet.write_rich_string(0, 0, head, f"{title}　", red, notice, head)
    else:
        sheet.write_string(0, 0, title, head)
    line = {**_FONT, "font_size": 10, "font_color": "#475467"}
    shown = [f"{name}：{text}" for name, text in facts.items() if name not in _ON_SECOND_SHEET]
    sheet.write_string(1, 0, "　　".join([*shown, *([] if "户数" in facts else [f"户数：{firms:,}"])]), book.add_format(line))
    definition = f"{DEFINITION}：{facts.get(DEFINITION, '')}"
    sheet.set_row(2, _LINE_HEIGHT * (1 + len(definition) // _CHARACTERS_A_LINE))
    sheet.merge_range(2, 0, 2, len(FIELDS) - 1, definition, book.add_format({**line, "text_wrap": True}))
    look = {**_FONT, **_HEADING, "font_size": 10, "text_wrap": True, "align": "center"}
    heading, to_fill_in = book.add_format(look), book.add_format({**look, "bg_color": _PRIMARY})
    sheet.set_row(HEADER_ROW - 1, 32)
    for place, field in enumerate(FIELDS):
        sheet.write_string(HEADER_ROW - 1, place, field.heading, heading if field.made else to_fill_in)
    sheet.freeze_panes(HEADER_ROW, 2)
    _set_up_pages(sheet, title=title, day=facts[DAY], notice=notice)


def _set_up_pages(sheet: Any, *, title: str, day: str, notice: str | None) -> None:
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEADER_ROW - 1)
    sheet.set_margins(left=0.3, right=0.3, top=0.5 if notice else 0.4, bottom=0.6)
    if notice:
        sheet.set_header(f"&R&K{_RED[1:]}{_for_page(notice)}", {"margin": 0.2})
    sheet.set_footer(f"&L{_for_page(title)}&C第 &P 页，共 &N 页&R筛查日 {_for_page(day)}", {"margin": 0.25})


def _for_page(text: str) -> str:
    return text[:_PAGE_TEXT].replace("&", "&&")


def _write_notes(book: xlsxwriter.Workbook, *, title: str, facts: Mapping[str, str]) -> None:
    """The second sheet: what the columns mean, what the list rests on."""
    sheet = book.add_worksheet(NOTES_SHEET)
    wrapped = {**_FONT, "font_size": 10, "text_wrap": True, "valign": "top", "border": 1, "border_color": _LINE}
    name, text = book.add_format({**wrapped, "bold": True}), book.add_format(wrapped)
    heading = book.add_format({**_FONT, **_HEADING})
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 100)
    sheet.write_string(0, 0, title, book.add_format({**_FONT, "font_size": 16, "bold": True, "font_color": _HEAD}))
    row = 1
    if notice := facts.get(SYNTHETIC):
        sheet.write_string(row, 0, notice, book.add_format({**_FONT, "bold": True, "font_color": _RED}))
        row += 1
    stated = [(name, text) for name, text in facts.items() if name != SYNTHETIC]
    for title_of_part, pairs in (
        ("名单依据", [*stated, ("结论", f"名单内各户的结论均为 {Reason.NO_LOAN.value}（{Reason.NO_LOAN.zh}）")]),
        ("各栏说明", [(x.heading, x.note) for x in FIELDS]),
    ):
        sheet.write_string(row + 1, 0, title_of_part, heading)
        sheet.write_string(row + 1, 1, "", heading)
        for i, (label, meaning) in enumerate(pairs, row + 2):
            sheet.write_string(i, 0, label, name)
            sheet.write_string(i, 1, meaning, text)
        row += 2 + len(pairs)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&C第 &P 页，共 &N 页")


def _fill(out: IO[bytes], skeleton: str, *, values: Sequence[pa.ChunkedArray | None], count: int) -> None:
    """Put the firms where the skeleton's styled row stands."""
    first = HEADER_ROW + 1
    styled = re.search(rf'<row r="{first}".*?</row>', skeleton)
    if styled is None:
        raise OutputError(f"the workbook's layout has no row {first}; XlsxWriter writes sheets in a way that is not known here")
    styles = [int(x) for x in re.findall(r'<c r="[A-Z]+\d+" s="(\d+)"/>', styled.group())]
    columns = [Column(xl_col_to_name(i), style, is_number=FIELDS[i].look in _NUMBERS) for i, style in enumerate(styles)]
    last = f"{columns[-1].letters}{HEADER_ROW + count}"
    out.write(re.sub(r'<dimension ref="[^"]*"/>', f'<dimension ref="A1:{last}"/>', skeleton[: styled.start()]).encode())
    for rows in rows_xml(columns, values=values, count=count, first_row=first):
        out.write(rows)
    out.write(skeleton[styled.end() :].encode())
