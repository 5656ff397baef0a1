"""The words of the field (术语), each with its Chinese term.

Values are stable: they stand in files, in JSON and in the database. `zh` is what a Chinese page shows, `en` an English one.
"""

from enum import StrEnum
from typing import Self


class Term(StrEnum):
    """A word with a stable value and a label in both languages (术语基类)."""

    zh: str
    en: str

    def __new__(cls, value: str, zh: str, en: str) -> Self:
        """Bind the two labels to the stable value (绑定标签)."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.zh = zh
        member.en = en
        return member


class SizeClass(Term):
    """Size of an enterprise (企业规模)."""

    LARGE = "large", "大型", "large"
    MEDIUM = "medium", "中型", "medium"
    SMALL = "small", "小型", "small"
    MICRO = "micro", "微型", "micro"
    NOT_APPLICABLE = "not_applicable", "不适用", "not applicable"
    UNKNOWN = "unknown", "无法判定", "not known"


class Tristate(Term):
    """Whether a criterion is met (三值判断): unknown is a value of its own."""

    MET = "met", "符合", "met"
    NOT_MET = "not_met", "不符合", "not met"
    NOT_KNOWN = "not_known", "不明", "not known"


class EntityKind(Term):
    """What kind of entity carries a credit code (主体类别)."""

    ENTERPRISE = "enterprise", "企业", "enterprise"
    SOLE_TRADER = "sole_trader", "个体工商户", "sole trader"
    COOPERATIVE = "cooperative", "农民专业合作社", "farmers' cooperative"
    ORGAN = "organ", "机关", "state organ"
    PUBLIC_INSTITUTION = "public_institution", "事业单位", "public institution"
    SOCIAL_GROUP = "social_group", "社会团体", "social group"
    PRIVATE_NON_ENTERPRISE = "private_non_enterprise", "民办非企业单位", "private non-enterprise unit"
    FOUNDATION = "foundation", "基金会", "foundation"
    OTHER = "other", "其他", "other"


class CodeVerdict(Term):
    """What checking an identity code found (代码校验结论)."""

    VALID = "VALID", "校验通过", "valid"
    CHECKSUM_MISMATCH = "CHECKSUM_MISMATCH", "校验码不符", "wrong check character"
    INVALID_FORMAT = "INVALID_FORMAT", "格式有误", "wrong form"


class RepaymentMethod(Term):
    """How a loan is repaid (还款方式)."""

    EQUAL_INSTALLMENT = "equal_installment", "等额本息", "equal installments"
    EQUAL_PRINCIPAL = "equal_principal", "等额本金", "equal principal"
    INTEREST_MONTHLY = "interest_monthly", "按月付息到期还本", "monthly interest, principal at the end"
    BULLET = "bullet", "到期一次还本付息", "all at the end"


class DayCount(Term):
    """How days become a part of a year (计息基础)."""

    ACT_360 = "act/360", "实际天数/360", "actual/360"
    ACT_365 = "act/365", "实际天数/365", "actual/365"
    THIRTY_360 = "30/360", "30/360", "30/360"


class BusinessDayShift(Term):
    """Where a due day goes that is not a working day (节假日调整)."""

    NONE = "none", "不调整", "not shifted"
    FOLLOWING = "following", "顺延", "following working day"
    MODIFIED_FOLLOWING = "modified_following", "顺延不跨月", "following working day within the month"
    PRECEDING = "preceding", "提前", "preceding working day"


class FeeBearer(Term):
    """Who pays a cost item (费用承担方)."""

    BORROWER = "borrower", "借款人", "borrower"
    BANK = "bank", "银行", "bank"
    GUARANTOR = "guarantor", "担保机构", "guarantor"
    GOVERNMENT = "government", "财政", "government"


class EngineName(Term):
    """What runs a screening (计算引擎)."""

    DUCKDB = "duckdb", "DuckDB 单机", "DuckDB on one machine"
    SPARK = "spark", "Spark 集群", "Spark on many"


class RegisterKind(Term):
    """The registers that a screening reads (登记数据种类)."""

    REGISTRY = "registry", "市场主体登记", "market-regulation registry"
    TAX = "tax", "纳税申报", "tax filings"
    INVOICES = "invoices", "发票", "invoices"
    LOANS = "loans", "信贷记录", "loan records"
    EXCLUSIONS = "exclusions", "排除名单", "exclusion lists"
