"""Words of registers as they are really written, each in its class; what no table knows is not guessed."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.rules import register_words
from huoshui.terms import LoanKind, StatusClass, TargetKind

STATUSES: Final = {
    StatusClass.OPERATING: (
        "存续", "在业", "开业", "存续（在营、开业、在册）", "在营（开业）企业", "迁入", "正常", "Active", "operating", " 存续 ",
    ),
    StatusClass.SUSPENDED: ("歇业", "停业", "suspended"),
    StatusClass.CLOSED: (
        "注销", "吊销", "吊销，未注销", "吊销后注销", "已迁出", "迁往市外", "撤销",
        "Deregistered", "REVOKED", "moved out", "注销企业",
    ),
    StatusClass.UNKNOWN: ("", None, "其他", "见备注", "清算"),
}  # fmt: skip
KINDS: Final = {
    TargetKind.ENTERPRISE: (
        "有限责任公司(自然人独资)", "股份有限公司(上市)", "个人独资企业", "普通合伙企业", "全民所有制", "集体所有制(股份合作)",
        "有限责任公司分公司", "外国企业常驻代表机构", "company",
    ),
    TargetKind.SOLE_TRADER: ("个体工商户", "个体户", "个体", "Sole trader"),
    TargetKind.COOPERATIVE: ("农民专业合作社", "农民专业合作社分支机构", "cooperative"),
    TargetKind.FAMILY_FARM: ("家庭农场",),
    TargetKind.NON_TARGET: ("机关", "事业单位", "社会团体", "民办非企业单位", "基金会", "村民委员会", "社会服务机构"),
    TargetKind.UNKNOWN: ("", None, "其他", "9999"),
}  # fmt: skip
LOANS: Final = {
    LoanKind.BUSINESS: ("流动资金", "经营", "固定资产贷款", "个人经营性贷款", "", None, "普惠小微贷款"),
    LoanKind.BILL_DISCOUNT: ("票据贴现", "银行承兑汇票贴现", "bill discount"),
    LoanKind.ENTRUSTED: ("委托贷款",),
    LoanKind.FOREIGN_CURRENCY: ("外币贷款", "外汇流动资金"),
    LoanKind.SMALL_LOAN_COMPANY: ("小额贷款公司贷款", "小贷"),
    LoanKind.CONSUMER: ("个人消费贷款", "住房按揭", "个人购房贷款", "国家助学贷款", "mortgage"),
    LoanKind.CREDIT_CARD: ("信用卡", "贷记卡", "credit card"),
    LoanKind.GUARANTEE_GIVEN: ("对外担保", "相关还款责任-担保责任", "guarantee given"),
}


def each(table: dict[Any, tuple[str | None, ...]]) -> list[tuple[str | None, Any]]:
    return [(word, meaning) for meaning, words in table.items() for word in words]


@pytest.mark.parametrize(("text", "meaning"), each(STATUSES))
def test_a_registration_status_has_its_class(text: str | None, meaning: StatusClass) -> None:
    assert register_words.status_class(text) is meaning


@pytest.mark.parametrize(("text", "meaning"), each(KINDS))
def test_an_entity_type_has_its_kind(text: str | None, meaning: TargetKind) -> None:
    assert register_words.target_kind(text) is meaning


@pytest.mark.parametrize(("text", "meaning"), each(LOANS))
def test_a_credit_record_has_its_kind_and_one_without_words_is_a_business_loan(text: str | None, meaning: LoanKind) -> None:
    assert register_words.loan_kind(text) is meaning


@pytest.mark.parametrize(
    ("text", "is_owner"),
    [
        ("法定代表人", True),
        ("经营者", True),
        ("实际控制人", True),
        ("Owner", True),
        ("企业", False),
        ("", False),
        (None, False),
    ],
)
def test_only_a_borrower_who_is_a_person_is_the_owner(text: str | None, is_owner: bool) -> None:
    assert register_words.is_owner_role(text) is is_owner


@pytest.mark.parametrize(
    ("text", "is_void"), [("作废", True), ("已作废", True), ("VOID", True), ("有效", False), ("正常", False), (None, False)]
)
def test_a_void_invoice_is_void(text: str | None, is_void: bool) -> None:
    assert register_words.is_void(text) is is_void


@pytest.mark.parametrize(
    ("text", "is_sale"),
    [("sale", True), ("销项", True), (None, True), ("", True), ("purchase", False), ("进项", False), ("sideways", None)],
)
def test_an_invoice_is_a_sale_unless_it_says_purchase(text: str | None, is_sale: bool | None) -> None:
    assert register_words.is_sale(text) is is_sale


@pytest.mark.parametrize(
    ("text", "is_abnormal"),
    [("非正常", True), ("非正常户", True), ("认定非正常", True), ("non-normal", True), ("正常", False), ("Normal", False),
     ("报验", None), ("", None), (None, None)],
)  # fmt: skip
def test_a_tax_status_is_normal_or_not_or_not_known(text: str | None, is_abnormal: bool | None) -> None:
    assert register_words.is_tax_abnormal(text) is is_abnormal


@given(text=st.text(alphabet="abcdefgh 0123456789-·、，?", max_size=12))
def test_what_no_table_knows_is_not_known(text: str) -> None:
    known: list[tuple[Callable[[str], Any], Any]] = [
        (register_words.status_class, StatusClass.UNKNOWN), (register_words.target_kind, TargetKind.UNKNOWN),
        (register_words.is_tax_abnormal, None),
    ]  # fmt: skip
    assert [(read, read(text)) for read, _ in known] == known


@pytest.mark.parametrize(
    ("read", "text", "meaning"),
    [
        (register_words.status_class, "注 销", StatusClass.CLOSED),
        (register_words.status_class, "吊\u3000销", StatusClass.CLOSED),
        (register_words.status_class, "ＲＥＶＯＫＥＤ", StatusClass.CLOSED),
        (register_words.status_class, "moved\u00a0 out", StatusClass.CLOSED),
        (register_words.target_kind, "个 体 工 商 户", TargetKind.SOLE_TRADER),
        (register_words.target_kind, "有限 责任", TargetKind.ENTERPRISE),
        (register_words.target_kind, "Ｓｏｌｅ Ｔｒａｄｅｒ", TargetKind.SOLE_TRADER),
        (register_words.loan_kind, "信 用\u200b卡", LoanKind.CREDIT_CARD),
        (register_words.is_owner_role, "经\u3000营 者", True),
        (register_words.is_void, "作 废", True),
        (register_words.is_sale, "进 项", False),
        (register_words.is_tax_abnormal, "非 正 常", True),
    ],
)
def test_blanks_inside_a_word_and_full_width_change_nothing(read: Callable[[str], Any], text: str, meaning: Any) -> None:
    assert read(text) is meaning


@given(text=st.one_of(st.none(), st.text()), blank=st.sampled_from(["", " ", "\t", "\u3000"]))
def test_case_and_blanks_around_a_word_change_nothing(text: str | None, blank: str) -> None:
    for read in (
        register_words.status_class,
        register_words.target_kind,
        register_words.loan_kind,
        register_words.is_tax_abnormal,
    ):
        meaning: Any = read(text)
        assert read(None if text is None else blank + text + blank) is meaning


def test_a_placeholder_is_written_in_small_letters_and_without_blanks() -> None:
    assert [x for x in register_words.NO_NUMBERS if x != "".join(x.lower().split())] == []


@pytest.mark.parametrize("number", ["1", "7", "R-7", "350203100012345", "x", "no.8", "无锡1号"])
def test_what_may_be_a_number_is_no_placeholder(number: str) -> None:
    assert number not in register_words.NO_NUMBERS
