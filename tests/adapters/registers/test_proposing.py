"""What inspect makes of headings and values: kind, fields, units, formats, schemes; reasons for what it leaves out."""

from pathlib import Path

import pytest

from huoshui.adapters.registers.fields import fields_of
from huoshui.adapters.registers.heading_match import matches
from huoshui.adapters.registers.mapping import check
from huoshui.adapters.registers.proposing import Proposal, propose
from huoshui.adapters.registers.synonyms import OWN, words_for
from huoshui.adapters.registers.tabular import Batch, OnBytes, Shape, Table, no_progress
from huoshui.terms import RegisterKind

CODE = "91350211M0000XUF46"
HASH = "7e1a9f0b7e1a9f0b7e1a9f0b7e1a9f0b"


class Sample(Table):
    """A table of which only a sample is there."""

    def batches(self, wanted: object, *, on_bytes: OnBytes = no_progress) -> "list[Batch]":  # type: ignore[override]
        raise NotImplementedError


def look(columns: dict[str, list[str | None]], *, name: str = "x.csv", kind: RegisterKind | None = None) -> Proposal:
    found = propose(Sample(Path(name), Shape("csv", tuple(columns), 1), columns), kind=kind)
    if found.mapping.mapped:
        check(found.mapping, name=name)
    return found


def fields(proposal: Proposal) -> dict[str, str]:
    return {x.source: field for field, x in proposal.mapping.mapped.items()}


def test_a_registry_with_chinese_headings() -> None:
    found = look(
        {
            "统一社会信用代码": [CODE],
            "企业名称": ["厦门甲商贸有限公司"],
            "法定代表人": ["张三"],
            "企业类型": ["有限责任公司"],
            "登记状态": ["存续"],
            "成立日期": ["2020年1月2日"],
            "注册资本（万元）": ["500"],
            "行业代码": ["F5178"],
            "登记机关": ["厦门市思明区市场监督管理局"],
            "所属街道": ["中华街道"],
            "从业人员数": ["12"],
            "年营业收入(元)": ["1,000.5"],
            "住所": ["厦门市"],
        }
    )
    assert found.mapping.kind is RegisterKind.REGISTRY
    assert fields(found) == {
        "统一社会信用代码": "uscc",
        "企业名称": "name",
        "企业类型": "entity_type",
        "登记状态": "status",
        "成立日期": "established_on",
        "注册资本（万元）": "registered_capital_fen",
        "行业代码": "industry_code",
        "登记机关": "region_code",
        "所属街道": "township",
        "从业人员数": "employees",
        "年营业收入(元)": "revenue_fen",
    }
    assert {x.source: x.unit for x in found.mapping.columns if x.unit} == {"注册资本（万元）": "万元", "年营业收入(元)": "元"}
    assert {x.source: x.reason for x in found.mapping.columns if x.field == "ignore"} == {
        "法定代表人": "个人信息，不接入 (personal data, not taken in)",
        "住所": "筛查用不到 (not needed)",
    }
    assert found.doubts == ()


def test_tax_filings_with_pinyin_initials() -> None:
    found = look(
        {
            "NSRSBH": [CODE],
            "NSRMC": ["甲公司"],
            "SKSSQQ": ["20250101"],
            "SKSSQZ": ["20250331"],
            "YSSR": ["1.5"],
            "YBTSE": ["0.1"],
            "NSRZT": ["正常"],
        }
    )
    assert found.mapping.kind is RegisterKind.TAX
    assert fields(found) == {
        "NSRSBH": "uscc",
        "NSRMC": "name",
        "SKSSQQ": "period_start",
        "SKSSQZ": "period_end",
        "YSSR": "sales_fen",
        "YBTSE": "tax_paid_fen",
        "NSRZT": "tax_status",
    }


def test_loans_of_a_bank() -> None:
    found = look(
        {
            "借款人名称": ["甲公司"],
            "统一社会信用代码": [CODE],
            "贷款银行": ["某行"],
            "贷款金额(万元)": ["100"],
            "贷款余额(万元)": ["20"],
            "发放日期": ["2025-01-02"],
            "到期日期": ["2026-01-02"],
            "结清日期": [None],
            "贷款品种": ["流动资金贷款"],
        }
    )
    assert found.mapping.kind is RegisterKind.LOANS
    assert fields(found) == {
        "借款人名称": "name",
        "统一社会信用代码": "uscc",
        "贷款银行": "lender",
        "贷款金额(万元)": "amount_fen",
        "贷款余额(万元)": "balance_fen",
        "发放日期": "granted_on",
        "结清日期": "settled_on",
        "贷款品种": "loan_kind",
    }
    assert found.doubts == ()


@pytest.mark.parametrize(
    ("name", "headings", "expected", "direction"),
    [
        (
            "全量发票.csv",
            ["购方识别号", "购方名称", "销方识别号", "销方名称"],
            {"购方识别号": "counterparty_id", "购方名称": "counterparty_name", "销方识别号": "uscc", "销方名称": "name"},
            "sale",
        ),
        (
            "进项发票.csv",
            ["购方识别号", "购方名称", "销方识别号", "销方名称"],
            {"购方识别号": "uscc", "购方名称": "name", "销方识别号": "counterparty_id", "销方名称": "counterparty_name"},
            "purchase",
        ),
        ("x.csv", ["企业代号", "购方单位代号"], {"企业代号": "register_no", "购方单位代号": "counterparty_id"}, "sale"),
        ("x.csv", ["企业代号", "销方单位代号"], {"企业代号": "register_no", "销方单位代号": "counterparty_id"}, "purchase"),
    ],
)
def test_the_firm_of_an_invoice_is_told_by_the_file_and_by_who_is_named(
    name: str, headings: list[str], expected: dict[str, str], direction: str
) -> None:
    parties: dict[str, list[str | None]] = {x: ["E1" if "代号" in x else "甲公司" if "名称" in x else CODE] for x in headings}
    found = look({"发票号码": ["00123"], "开票日期": ["2025-06-13"], "金额": ["1"], "税额": ["0.1"], **parties}, name=name)
    assert found.mapping.kind is RegisterKind.INVOICES
    assert {x: field for x, field in fields(found).items() if x in headings} == expected
    assert found.mapping.constants == {"direction": direction}


def test_an_exclusion_list_is_named_by_its_file_or_its_headings() -> None:
    court = look(
        {
            "被执行人名称": ["甲公司"],
            "执行法院": ["某法院"],
            "立案时间": ["2024-01-02"],
            "失信被执行人行为具体情形": ["拒不履行"],
        }
    )
    assert (court.mapping.kind, court.mapping.constants) == (RegisterKind.EXCLUSIONS, {"list_name": "失信被执行人"})
    flags = look({"entname": [HASH, HASH], "is_bra": ["0", "2"]}, name="business_risk_abnormal.csv")
    assert (flags.mapping.kind, flags.mapping.constants) == (RegisterKind.EXCLUSIONS, {"list_name": "经营异常名录"})
    assert [(x.column, x.not_in) for x in flags.mapping.where] == [("is_bra", ("0", "0.0", "否", "无", ""))]


def test_hashed_names_are_numbers_of_a_scheme_and_old_numbers_too() -> None:
    found = look(
        {"ENTNAME": [HASH] * 5, "REGNO": ["140000100028286"] * 5, "ESTDATE": ["1480000000000.0"] * 5, "REGCAP": ["300.0"] * 5}
    )
    assert fields(found) == {"REGNO": "register_no", "ESTDATE": "established_on", "REGCAP": "registered_capital_fen"}
    hashed = look({"ENTNAME": [HASH] * 5, "ESTDATE": ["1480000000000.0"] * 5})
    assert [(x.source, x.scheme) for x in (*found.mapping.columns, *hashed.mapping.columns) if x.scheme] == [
        ("REGNO", "gs15"),
        ("ENTNAME", "hashed_name"),
    ]


def test_values_tell_a_field_that_the_heading_does_not() -> None:
    found = look({"甲": [CODE] * 3, "乙": ["厦门甲商贸有限公司"] * 3, "丙": ["存续", "注销", "存续"], "丁": ["5"] * 3})
    assert fields(found) == {"甲": "uscc", "乙": "name", "丙": "status"}
    assert len(found.doubts) == 2


def test_a_heading_with_values_that_do_not_fit_is_ignored_with_the_reason() -> None:
    found = look({"企业名称": ["甲公司"] * 4, "成立日期": ["一", "二", "三", "四"], "登记状态": ["存续"] * 4})
    assert fields(found) == {"企业名称": "name", "登记状态": "status"}
    assert "the heading fits, the values do not" in {x.source: x.reason for x in found.mapping.columns if x.reason}["成立日期"]


def test_similar_headings_are_found_and_are_a_little_doubtful() -> None:
    found = look({"企业单位名称": ["甲公司"], "企业登记注册状态": ["存续"], "企业的成立日期": ["2020-01-02"]})
    assert fields(found) == {"企业单位名称": "name", "企业登记注册状态": "status", "企业的成立日期": "established_on"}
    assert len(found.doubts) == 3


@pytest.mark.parametrize(
    ("values", "date_format", "noted"),
    [
        (["13/06/2025", "01/02/2025"], "dd/mm/yyyy", False),
        (["06-13-2025", "01-02-2025"], "mm-dd-yyyy", False),
        (["01/02/2025", "03/04/2025"], "auto", True),
        (["98-05-06", "99-01-02"], "auto", True),
        (["2025-06-13"], "auto", False),
    ],
)
def test_the_order_of_day_and_month_is_taken_from_the_values_or_asked_for(
    values: list[str | None], date_format: str, noted: bool
) -> None:
    found = look(
        {"企业名称": ["甲公司"] * len(values), "成立日期": values, "登记状态": ["存续"] * len(values)},
        kind=RegisterKind.REGISTRY,
    )
    columns = {x.source: x for x in found.mapping.columns}
    assert (columns["成立日期"].date_format, any("成立日期" in x for x in found.notes)) == (date_format, noted)


def test_a_table_without_any_field_is_ignored_column_by_column() -> None:
    found = look({"rate": ["0.04"], "churn_A": ["0.1"], "column_3": ["x"]})
    assert fields(found) == {}
    assert all(x.reason for x in found.mapping.columns)
    assert found.kind_confidence < 0.5


@pytest.mark.parametrize("kind", list(RegisterKind))
def test_every_field_has_words_and_every_word_finds_its_field(kind: RegisterKind) -> None:
    parties = {"seller_id", "seller_name", "buyer_id", "buyer_name"}
    assert set(words_for(kind)) == (set(fields_of(kind)) | (parties if kind is RegisterKind.INVOICES else set())) - {
        "register_scheme"
    }
    for field, words in OWN[kind].items():
        first = words.split()[0]
        assert matches(first, kind=kind)[0].field == field


def test_codes_that_a_spreadsheet_damaged_are_still_mapped_and_a_column_that_does_not_fit_is_a_doubt() -> None:
    found = look(
        {
            "统一社会信用代码": ["9.1350203E+17"] * 3,
            "企业名称": ["甲公司"] * 3,
            "登记状态": ["存续"] * 3,
            "区划": ["火星区"] * 3,
        }
    )
    assert fields(found) == {"统一社会信用代码": "uscc", "企业名称": "name", "登记状态": "status"}
    assert found.doubts == ("区划: 列名像 region_code，但内容不符 (the heading fits, the values do not)",)
