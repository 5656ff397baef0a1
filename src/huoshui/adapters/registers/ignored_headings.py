"""Headings that are known and left out on purpose (不接入的列), as data: the reason, and the words."""

from functools import cache
from typing import Final

from huoshui.adapters.registers.synonyms import plain
from huoshui.terms import RegisterKind

_REASONS: Final[dict[str, str]] = {
    "个人信息，不接入 (personal data, not taken in)": (
        "法定代表人 法定代表人姓名 法人代表 法人 法人姓名 负责人 负责人姓名 经营者 经营者姓名 投资人 股东 股东名称 "
        "身份证号 身份证号码 证件号码 联系人 联系电话 电话 手机 手机号 固定电话 邮箱 电子邮箱 legal_person "
        "legal_representative ler_ep name_of_legal_person cer_no id_card tel telephone phone mobile email contact frdb "
        "fddbr fddbrxm fzr sfzh sfzhm lxr lxdh yzbm"
    ),
    "筛查用不到 (not needed)": (
        "地址 住所 经营场所 经营地址 注册地址 通讯地址 生产经营地址 企业地址 邮编 邮政编码 经营范围 主营业务 主要产品 "
        "备注 说明 网址 简称 曾用名 英文名称 address dom op_loc zip zip_code op_scope business_scope remark remarks memo "
        "short_name zs jycs jydz zcdz txdz jyfw bz"
    ),
    "行号，不是主体的编号 (a running number, not the firm's)": ("序号 行号 编号 id no row_no rownum seq xh index"),
    "注销、吊销、期限等日期，登记状态已说明 (dates that the status already tells)": (
        "注销日期 注销时间 吊销日期 吊销时间 经营期限自 经营期限至 营业期限自 营业期限至 营业期限起 营业期限止 经营期限起 "
        "经营期限止 can_date rev_date op_from op_to zxrq dxrq yyqxz yyqxq"
    ),
    "币种：只认人民币，外币金额不折算 (currency: only CNY is read, nothing is converted)": (
        "币种 注册资本币种 注册资本金币种 金额币种 currency reg_cap_cur bz bizhong"
    ),
    "利率、期限不参与筛查 (rate and term, not used)": (
        "利率 执行利率 年利率 贷款利率 合同利率 期限 贷款期限 期限月 rate interest_rate term dkll dkqx"
    ),
    "发票代码，有号码即可 (invoice code; the number suffices)": ("发票代码 invoice_code fpdm"),
    "单价、数量、税率、品名 (goods and rates, not used)": (
        "税率 征收率 货物名称 商品名称 商品编码 规格型号 计量单位 数量 单价 tax_rate goods quantity unit_price"
    ),
    "结果变量，不得用于筛查 (an outcome, which must not be an input)": (
        "是否违约 违约 逾期天数 是否逾期 default is_default mis_status chg_off_date class label"
    ),
    "联系表外的业务编号 (a number of a contract or loan, not of the firm)": (
        "合同编号 合同号 借据编号 借据号 贷款编号 贷款合同号 案号 文号 凭证号 contract_no loan_no loan_id loan_nr_chk_dgt "
        "case_no htbh jjbh"
    ),
}
_DUE: Final = "到期日不是结清日 (the due date is not the day of settlement)"
_OF_KIND: Final[dict[RegisterKind, dict[str, str]]] = {
    RegisterKind.LOANS: {
        _DUE: (
            "到期日 到期日期 贷款到期日 贷款到期日期 合同到期日 合同到期日期 约定到期日 借据到期日 due_date maturity "
            "maturity_date dqrq"
        ),
    },
}
LISTS: Final[dict[str, tuple[str, ...]]] = {
    "行政处罚": ("行政处罚", "punish", "is_brap", "xzcf"),
    "失信被执行人": ("失信被执行", "失信黑名单", "失信名单", "justice_credit", "dishonest", "sxbzxr"),
    "税务非正常户": ("非正常户", "tax_non_normal", "fzch"),
    "严重违法失信名单": ("严重违法", "严重失信", "重大税收违法", "serious_violation"),
    "经营异常名录": (
        "经营异常",
        "异常名录",
        "异常名单",
        "abnormal",
        "is_bra",
        "exception_list",
        "is_except",
        "jyyc",
        "abn_time",
        "spec_ause",
    ),
    "欠税公告": ("欠税", "tax_unpaid", "taxunpaid", "qsgg"),
    "被执行人": ("被执行", "enforced", "bzxr"),
    "负面清单": ("负面清单", "negative_list"),
    "其他名单": ("黑名单", "blacklist"),
}


@cache
def _words(kind: RegisterKind) -> dict[str, str]:
    tables = {**_REASONS, **_OF_KIND.get(kind, {})}
    return {plain(word): reason for reason, words in tables.items() for word in words.split()}


def reason_to_ignore(heading: str, *, kind: RegisterKind) -> str | None:
    """Why a known heading is left out (不接入原因); None for one that is not known."""
    return _words(kind).get(plain(heading))


def list_named_in(text: str) -> str | None:
    """The exclusion list that a heading or file name means (名单识别)."""
    text = plain(text)
    return next((name for name, parts in LISTS.items() if any(plain(x) in text for x in parts)), None)
