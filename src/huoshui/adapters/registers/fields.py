"""The fields of the standard registers (标准字段): what each kind holds, how its values are read and how they are written."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pyarrow as pa

from huoshui.terms import RegisterKind

IGNORE: Final = "ignore"
YES_WORDS: Final = ("是", "有", "1", "y", "yes", "true", "t", "异常", "已列入", "列入", "在列", "√")
NO_WORDS: Final = ("否", "无", "0", "n", "no", "false", "f", "正常", "未列入", "不在列", "已移出", "移出", "×")


class Reading(StrEnum):
    """How the values of a field are read (取值方式)."""

    TEXT = "text"
    CODE = "code"  # text that spreadsheets damage: 12345.0, '0123, 9.1E+17
    REGION = "region"
    INDUSTRY = "industry"
    DAY = "day"
    AMOUNT = "amount"
    COUNT = "count"
    YEAR = "year"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a register (字段). `repeats` tells that its values repeat so much that a dictionary pays."""

    name: str
    zh: str
    reading: Reading = Reading.TEXT
    repeats: bool = False

    @property
    def type(self) -> pa.DataType:
        """The Arrow type of the standard table (列类型)."""
        return _TYPES.get(self.reading, pa.string())


_TYPES: Final = {
    Reading.DAY: pa.date32(),
    Reading.AMOUNT: pa.int64(),
    Reading.COUNT: pa.int32(),
    Reading.YEAR: pa.int16(),
    Reading.FLAG: pa.bool_(),
}
IDENTITY: Final = (
    Field("uscc", "统一社会信用代码", Reading.CODE),
    Field("register_no", "登记编号", Reading.CODE),
    Field("register_scheme", "编号体系", repeats=True),
    Field("name", "名称"),
    Field("region_code", "行政区划代码", Reading.REGION, repeats=True),
)
_PROVENANCE: Final = (pa.field("source_file", pa.dictionary(pa.int32(), pa.string())), pa.field("source_line", pa.int64()))
_OWN: Final[dict[RegisterKind, tuple[Field, ...]]] = {
    RegisterKind.REGISTRY: (
        Field("township", "乡镇街道", repeats=True),
        Field("industry_code", "行业代码", Reading.INDUSTRY, repeats=True),
        Field("entity_type", "主体类型", repeats=True),
        Field("status", "登记状态", repeats=True),
        Field("established_on", "成立日期", Reading.DAY, repeats=True),
        Field("registered_capital_fen", "注册资本", Reading.AMOUNT),
        Field("employees", "从业人数", Reading.COUNT, repeats=True),
        Field("revenue_fen", "营业收入", Reading.AMOUNT),
        Field("assets_fen", "资产总额", Reading.AMOUNT),
        Field("report_year", "最近年报年度", Reading.YEAR, repeats=True),
        Field("is_abnormal", "是否列入经营异常名录", Reading.FLAG),
        Field("updated_on", "更新日期", Reading.DAY, repeats=True),
    ),
    RegisterKind.TAX: (
        Field("period_start", "所属期起", Reading.DAY, repeats=True),
        Field("period_end", "所属期止", Reading.DAY, repeats=True),
        Field("sales_fen", "销售额", Reading.AMOUNT),
        Field("tax_paid_fen", "已缴税额", Reading.AMOUNT),
        Field("employees", "从业人数", Reading.COUNT, repeats=True),
        Field("assets_fen", "资产总额", Reading.AMOUNT),
        Field("tax_status", "纳税人状态", repeats=True),
        Field("credit_grade", "纳税信用等级", repeats=True),
        Field("filed_on", "申报日期", Reading.DAY, repeats=True),
    ),
    RegisterKind.LOANS: (
        Field("lender", "贷款机构", repeats=True),
        Field("loan_kind", "贷款种类", repeats=True),
        Field("borrower_role", "借款人身份", repeats=True),
        Field("granted_on", "发放日期", Reading.DAY, repeats=True),
        Field("settled_on", "结清日期", Reading.DAY, repeats=True),
        Field("amount_fen", "贷款金额", Reading.AMOUNT),
        Field("balance_fen", "贷款余额", Reading.AMOUNT),
    ),
    RegisterKind.INVOICES: (
        Field("invoice_no", "发票号码", Reading.CODE),
        Field("invoiced_on", "开票日期", Reading.DAY, repeats=True),
        Field("direction", "进项或销项", repeats=True),
        Field("counterparty_id", "对方代码", Reading.CODE, repeats=True),
        Field("counterparty_name", "对方名称", repeats=True),
        Field("amount_fen", "金额", Reading.AMOUNT),
        Field("tax_fen", "税额", Reading.AMOUNT),
        Field("total_fen", "价税合计", Reading.AMOUNT),
        Field("invoice_state", "发票状态", repeats=True),
    ),
    RegisterKind.EXCLUSIONS: (
        Field("list_name", "名单名称", repeats=True),
        Field("reason", "列入原因", repeats=True),
        Field("source", "来源", repeats=True),
        Field("listed_on", "列入日期", Reading.DAY, repeats=True),
        Field("expires_on", "到期日期", Reading.DAY, repeats=True),
    ),
    RegisterKind.SOCIAL_SECURITY: (
        Field("period_end", "所属期止", Reading.DAY, repeats=True),
        Field("headcount", "参保人数", Reading.COUNT, repeats=True),
        Field("paid_fen", "实缴金额", Reading.AMOUNT),
        Field("due_fen", "应缴金额", Reading.AMOUNT),
    ),
    RegisterKind.LITIGATION: (
        Field("case_kind", "案件种类", repeats=True),
        Field("filed_on", "立案日期", Reading.DAY, repeats=True),
        Field("role", "诉讼地位", repeats=True),
        Field("amount_fen", "涉案金额", Reading.AMOUNT),
        Field("closed_on", "结案日期", Reading.DAY, repeats=True),
    ),
}


def fields_of(kind: RegisterKind) -> dict[str, Field]:
    """The fields of a kind by name (字段表), without row_id and provenance."""
    return {x.name: x for x in (*IDENTITY, *_OWN[kind])}


def schema_of(kind: RegisterKind) -> pa.Schema:
    """The Arrow schema of a standard register (标准表结构)."""
    fields = [pa.field(x.name, x.type) for x in fields_of(kind).values()]
    return pa.schema([pa.field("row_id", pa.int64(), nullable=False), *fields, *_PROVENANCE])
