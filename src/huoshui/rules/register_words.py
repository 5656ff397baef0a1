"""The words of registers, read into classes (登记用语归类): status, type, loan kind, borrower, tax status, invoice state.

Registers write the same thing in many ways (`存续（在营、开业、在册）`, `在营（开业）企业`, `吊销，未注销`). A word is
classed by the first row of its table whose part occurs in it; what no row knows is unknown, never guessed. Case, width and
blanks are cleaned before, inside words too, so the tables have none.
"""

from collections.abc import Sequence
from typing import Final, TypeVar

from huoshui.rules.uscc import clean_code
from huoshui.terms import LoanKind, StatusClass, TargetKind

Class = TypeVar("Class")

_STATUSES: Final = (
    (("注销", "吊销", "撤销", "迁出", "移出", "迁往", "cancel", "revoke", "deregister", "movedout"), StatusClass.CLOSED),
    (("歇业", "停业", "suspend"), StatusClass.SUSPENDED),
    (("inactive", "非正常", "未开业", "不在营"), StatusClass.UNKNOWN),
    (("存续", "在业", "开业", "在营", "在册", "正常", "迁入", "营业", "active", "operating"), StatusClass.OPERATING),
)
_KINDS: Final = (
    (("个体", "soletrader"), TargetKind.SOLE_TRADER),
    (("合作社", "cooperative"), TargetKind.COOPERATIVE),
    (("家庭农场", "familyfarm"), TargetKind.FAMILY_FARM),
    (
        ("机关", "事业单位", "社会团体", "民办非企业", "基金会", "社会服务机构", "村民委员会", "居民委员会", "工会"),
        TargetKind.NON_TARGET,
    ),
    (
        ("公司", "企业", "合伙", "独资", "全民所有制", "集体所有制", "有限责任", "股份", "厂", "enterprise", "company"),
        TargetKind.ENTERPRISE,
    ),
)
_LOANS: Final = (
    (("贴现", "discount"), LoanKind.BILL_DISCOUNT),
    (("委托", "entrusted"), LoanKind.ENTRUSTED),
    (("信用卡", "贷记卡", "creditcard", "credit_card"), LoanKind.CREDIT_CARD),
    (("担保责任", "对外担保", "guarantee_given", "guaranteegiven"), LoanKind.GUARANTEE_GIVEN),
    (("消费", "住房", "购房", "按揭", "汽车消费", "个人汽车", "助学", "consumer", "mortgage"), LoanKind.CONSUMER),
    (("小额贷款公司", "小贷", "small_loan_company", "small-loan"), LoanKind.SMALL_LOAN_COMPANY),
    (("外币", "外汇", "foreign"), LoanKind.FOREIGN_CURRENCY),
)
_LONGEST_MARK: Final = 32
NO_NUMBERS: Final = (  # what stands in a column of numbers for "there is none"
    *(mark * length for mark in "0-—–_*/.?×" for length in range(1, _LONGEST_MARK + 1)),
    *(
        "无",
        "无号",
        "无号码",
        "无编号",
        "无证",
        "无证号",
        "暂无",
        "暂缺",
        "暂无号码",
        "没有",
        "缺",
        "空",
        "空白",
        "不详",
        "不明",
    ),
    *("未知", "未填", "未填写", "未登记", "未办理", "待补", "待补充", "待定", "待核", "待核实", "见备注", "、", "。"),
    *("null", "(null)", "<null>", "\\n", "nil", "none", "nan", "na", "n/a", "n.a.", "#n/a", "undefined", "unknown", "tbd"),
)
MOST_NAMES: Final = 4  # of one firm's records over the years; a number with more is a placeholder that no table knows
_OWNERS: Final = ("法定代表人", "法人代表", "经营者", "企业主", "业主", "实际控制人", "股东", "个人", "owner")
_VOID: Final = ("作废", "废票", "红冲无效", "void", "cancel")
_NON_NORMAL: Final = ("非正常", "non-normal", "non_normal", "abnormal")
_NORMAL: Final = ("正常", "normal")


def _word(text: str | None) -> str:
    """The word as the tables write it."""
    return clean_code(text or "").lower()


def _first(text: str | None, table: Sequence[tuple[tuple[str, ...], Class]], otherwise: Class) -> Class:
    word = _word(text)
    return next((found for parts, found in table if any(part in word for part in parts)), otherwise)


def status_class(text: str | None) -> StatusClass:
    """The class of a registration status (登记状态归类)."""
    return _first(text, _STATUSES, StatusClass.UNKNOWN)


def target_kind(text: str | None) -> TargetKind:
    """The class of an entity type in words (主体类型归类)."""
    return _first(text, _KINDS, TargetKind.UNKNOWN)


def loan_kind(text: str | None) -> LoanKind:
    """The kind of a credit record in words (信贷记录归类); a record without words is a business loan."""
    return _first(text, _LOANS, LoanKind.BUSINESS)


def is_owner_role(text: str | None) -> bool:
    """Whether the borrower is the owner and not the firm (借款人是否为经营者本人)."""
    word = _word(text)
    return any(part in word for part in _OWNERS)


def is_void(text: str | None) -> bool:
    """Whether an invoice is void (发票是否作废)."""
    word = _word(text)
    return any(part in word for part in _VOID)


def is_sale(text: str | None) -> bool | None:
    """Whether an invoice is one of the firm's sales (是否销项); one without a direction is, None where a word says neither."""
    word = _word(text)
    if any(part in word for part in ("purchase", "进项", "购进", "采购", "收票", "input")):
        return False
    return True if not word or any(part in word for part in ("sale", "销", "开票", "output")) else None


def is_tax_abnormal(text: str | None) -> bool | None:
    """Whether a tax status is non-normal (是否税务非正常户); None where it says neither."""
    word = _word(text)
    if any(part in word for part in _NON_NORMAL):
        return True
    return False if any(part in word for part in _NORMAL) else None
