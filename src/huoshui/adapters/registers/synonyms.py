"""What registers call our fields (字段同义词表), as data: Chinese headings, pinyin initials, field names of national standards.

A heading is compared after `plain`: half width, lower case, without blanks, brackets and punctuation. Words that come first
are preferred where two columns claim a field.
"""

import re
import unicodedata
from functools import cache
from typing import Final

from huoshui.terms import RegisterKind

ANY: Final[dict[str, str]] = {
    "uscc": "统一社会信用代码 社会信用代码 统一信用代码 信用代码 统一代码 统一社会信用码 社会统一信用代码 "
    "企业统一社会信用代码 主体统一社会信用代码 企业信用代码 统一社会信用代码注册号 统一社会信用代码或注册号 "
    "社会信用代码注册号 信用代码注册号 统一社会信用代码纳税人识别号 社会信用代码纳税人识别号 纳税人识别号 纳税人识别代码 "
    "纳税人识别码 纳税识别号 税务识别号 识别号 税号 企业税号 纳税人税号 uscc usci usc credit_code social_credit_code "
    "unified_social_credit_code unified_credit_code uniscid unisc_id tyshxydm shxydm tyxydm xydm nsrsbh taxpayer_id "
    "taxpayer_no tax_id tax_no tax_number taxpayer_number",
    "register_no": "注册号 工商注册号 企业注册号 营业执照注册号 营业执照号 营业执照号码 执照号 登记号 登记证号 企业代号 "
    "企业编号 企业标识 企业id 企业内码 单位编号 单位代码 主体编号 主体标识 主体身份代码 商户编号 商户号 客户编号 客户号 "
    "纳税人编号 登记序号 纳税人登记序号 组织机构代码 机构代码 内部编号 enterprise_id ent_id company_id corp_id firm_id "
    "org_id pripid reg_no registration_no registration_number register_no license_no business_license_no org_code "
    "organization_code customer_id client_id cust_no merchant_id zch gszch yyzzh zzjgdm djxh qybh qyid khbh nbxh",
    "name": "企业名称 单位名称 主体名称 市场主体名称 经营主体名称 纳税人名称 商户名称 公司名称 机构名称 组织名称 客户名称 "
    "字号名称 店铺名称 个体工商户名称 企业机构名称 法人单位名称 企业全称 公司全称 单位全称 全称 名称 企业 公司 单位 借款人 "
    "借款人名称 借款企业 借款企业名称 贷款企业 贷款企业名称 借款户名 贷款户名 户名 受信人 受信人名称 申请企业 授信企业 "
    "被执行人 被执行人名称 被执行人姓名名称 失信被执行人 失信被执行人名称 当事人 当事人名称 行政相对人名称 处罚对象 "
    "ent_name entname company_name enterprise_name firm_name corp_name org_name organization_name business_name full_name "
    "name borrower borrower_name taxpayer_name customer_name client_name merchant_name company enterprise nsrmc qymc dwmc "
    "gsmc jgmc ztmc khmc jkrmc mc",
    "region_code": "行政区划代码 行政区划 行政区划码 区划代码 区划 所属区县代码 所属区县 所在区县 区县代码 区县 县市区 "
    "所属县区 县区 所属地区 所属区域 所在地区 地区代码 地区 区域 区域代码 属地 所属辖区 辖区 住所所在行政区划 登记机关代码 "
    "登记机关 注册地行政区划 注册地区 税务机关代码 主管税务机关 主管税务所 税务机关 region_code region area_code ad_code "
    "area district county county_code district_code dom_district reg_org xzqhdm xzqh qhdm ssqx djjgdm djjg zgswjg swjgdm",
}
OWN: Final[dict[RegisterKind, dict[str, str]]] = {
    RegisterKind.REGISTRY: {
        "township": "乡镇街道 街道乡镇 所属乡镇街道 所属街道 所在街道 所属乡镇 镇街 街镇 街道 乡镇 township street town "
        "sub_district xzjd ssjd jddm",
        "industry_code": "行业代码 国民经济行业代码 国民经济行业分类代码 行业小类 行业中类 行业大类 行业门类代码 行业门类 "
        "国民经济行业 国民经济行业分类 所属行业 行业类别 行业分类 行业名称 主营行业 行业 industry_co industry_code "
        "industry_phy industry industry_class hydm hyml hy sshy",
        "entity_type": "企业类型 主体类型 市场主体类型 经营主体类型 企业机构类型 机构类型 单位类型 公司类型 登记注册类型 "
        "注册类型 经济类型 企业性质 单位性质 企业类别 ent_type entity_type company_type enterprise_type org_type qylx ztlx "
        "djzclx ent_cat",
        "status": "登记状态 经营状态 企业状态 主体状态 存续状态 营业状态 登记经营状态 企业经营状态 经营情况 状态 ent_status "
        "reg_state reg_status business_status operating_status company_status status state qyzt djzt jyzt",
        "established_on": "成立日期 成立时间 设立日期 注册日期 注册时间 登记日期 成立登记日期 开业日期 开业时间 创立日期 "
        "创建日期 est_date establish_date establishment_date established_on established founded_on founding_date "
        "incorporation_date register_date registration_date reg_date open_date clrq zcrq slrq kyrq",
        "registered_capital_fen": "注册资本 注册资金 注册资本金 注册资本总额 认缴注册资本 认缴资本 认缴出资总额 资金数额 "
        "开办资金 出资总额 成员出资总额 reg_cap registered_capital register_capital reg_capital capital zczb zczj",
        "employees": "从业人数 从业人员数 从业人员 从业人员人数 从业人员期末人数 员工人数 员工数 职工人数 职工总数 用工人数 "
        "人员数量 人数 参保人数 社保人数 社保参保人数 emp_num employees employee_num employee_count no_emp staff staff_num "
        "head_count number_of_employees cyrs cyrys zgrs ygrs cbrs",
        "revenue_fen": "营业收入 营业总收入 年营业收入 主营业务收入 年度营业收入 上年营业收入 上年度营业收入 年销售收入 "
        "销售收入 年销售额 年收入 收入总额 营收 年营业额 营业额 销售总额 vend_inc maibus_inc revenue annual_revenue "
        "operating_revenue operating_income turnover yysr zyywsr nyysr",
        "assets_fen": "资产总额 资产总计 总资产 资产合计 年末资产总额 期末资产总额 ass_gro total_assets assets assets_total "
        "zcze",
        "report_year": "年报年度 最近年报年度 最新年报年度 年报年份 最近年报 最新年报 报告年度 年度 年份 anche_year "
        "report_year annual_report_year nbnd nd",
        "is_abnormal": "是否列入经营异常名录 是否列入经营异常 是否经营异常 是否在经营异常名录 经营异常名录 经营异常标志 "
        "经营异常 是否异常 异常标志 is_abnormal abnormal is_bra is_except sfjyyc",
        "updated_on": "更新日期 更新时间 数据更新日期 数据更新时间 最后更新时间 最近更新时间 数据日期 核准日期 核准时间 "
        "修改时间 变更日期 最近变更日期 updated_on update_time update_date updated_at last_update modify_time appr_date "
        "gxsj gxrq hzrq xgsj",
    },
    RegisterKind.TAX: {
        "period_start": "所属期起 税款所属期起 所属时期起 税款所属时期起 税款所属期始 所属期始 属期起 所属期开始 申报期起 "
        "起始日期 开始日期 period_start start_date skssqq sksqq ssqq sssqq",
        "period_end": "所属期止 税款所属期止 所属时期止 税款所属时期止 税款所属期末 所属期末 属期止 所属期结束 申报期止 "
        "税款所属期 税款所属时期 所属期 所属时期 申报所属期 属期 税期 所属月份 申报月份 会计期间 期间 月份 结束日期 "
        "period_end period tax_period end_date skssqz sksqz ssqz sssqz skssq ssq",
        "sales_fen": "销售额 申报销售额 本期销售额 计税销售额 应税销售额 全部销售额 销售额合计 不含税销售额 "
        "应征增值税不含税销售额 开票销售额 销售收入 应税收入 申报收入 营业收入 计税收入 开票金额 计税依据 sales "
        "sales_amount taxable_sales revenue turnover xse yssr sbxse kpje jsyj",
        "tax_paid_fen": "实缴税额 已缴税额 入库税额 本期已缴税额 实缴金额 入库金额 缴纳税额 缴税金额 缴税额 纳税额 纳税总额 "
        "实纳税额 应纳税额 本期应纳税额 应纳税额合计 应补退税额 本期应补退税额 税款金额 税款 税额 tax_paid paid_tax "
        "tax_amount tax_payable tax sjse rkse yjse rkje jnse ynse ybtse",
        "employees": "从业人数 从业人员数 从业人员 员工人数 职工人数 emp_num employees employee_num employee_count staff "
        "cyrs cyrys zgrs",
        "assets_fen": "资产总额 资产总计 总资产 资产合计 期末资产总额 total_assets assets zcze",
        "tax_status": "纳税人状态 税务登记状态 纳税人税务状态 税务状态 纳税状态 登记状态 状态 tax_status taxpayer_status "
        "status nsrzt nsrztmc",
        "credit_grade": "纳税信用等级 纳税信用级别 纳税信用评级 纳税人信用等级 纳税信用评价结果 纳税信用 信用等级 信用级别 "
        "评价等级 tax_credit_grade tax_grade credit_grade credit_level grade nsxydj nsxyjb xydj xyjb",
        "filed_on": "申报日期 申报时间 纳税申报日期 缴款日期 缴税日期 入库日期 filed_on filing_date file_date "
        "declaration_date payment_date sbrq jkrq rkrq",
    },
    RegisterKind.LOANS: {
        "lender": "贷款机构 放款机构 贷款银行 放款银行 发放机构 授信机构 授信银行 承贷机构 承贷银行 经办机构 经办银行 "
        "经办行 贷款行 金融机构 金融机构名称 银行名称 银行机构 银行 机构 lender lender_name bank bank_name "
        "lending_institution financial_institution dkjg dkyh fkjg yhmc jrjgmc",
        "loan_kind": "贷款种类 贷款类型 贷款品种 信贷业务种类 信贷品种 授信品种 业务种类 业务类型 业务品种 贷款产品 "
        "产品名称 产品 贷款用途 用途 loan_kind loan_type product_type product_name product purpose dkzl dklx dkpz ywpz ywlx "
        "ywzl dkyt",
        "borrower_role": "借款人类型 借款人身份 借款人角色 借款主体类型 主体身份 客户类型 borrower_role borrower_type jkrlx "
        "khlx",
        "granted_on": "发放日期 放款日期 贷款发放日期 贷款发放日 发放日 放款日 发放时间 放款时间 投放日期 贷款日期 借款日期 "
        "起息日 起息日期 贷款起始日 贷款起始日期 借据起始日 合同起始日期 合同签订日期 签订日期 授信日期 开户日期 开立日期 "
        "首次放款日期 日期 granted_on grant_date disbursement_date disbursal_date drawdown_date loan_date issue_date "
        "start_date value_date approval_date ffrq fkrq dkffrq qxrq",
        "settled_on": "结清日期 结清日 结清时间 还清日期 还清时间 实际结清日期 关闭日期 销户日期 settled_on settle_date "
        "settlement_date closed_date close_date payoff_date jqrq hqrq",
        "amount_fen": "贷款金额 放款金额 发放金额 贷款发放金额 发放额 投放金额 贷款额 借款金额 借据金额 合同金额 贷款本金 "
        "授信金额 授信额度 批准金额 金额 本金 amount loan_amount principal disbursement_gross gross_approval credit_line "
        "dkje fkje ffje jkje htje sxje je",
        "balance_fen": "贷款余额 当前余额 本金余额 未还本金 剩余本金 未偿余额 借据余额 授信余额 余额 balance loan_balance "
        "outstanding outstanding_balance balance_gross dkye bjye ye",
    },
    RegisterKind.INVOICES: {
        "invoice_no": "发票号码 发票号 发票编号 数电票号码 数电发票号码 全电发票号码 电子发票号码 票据号码 票号 invoice_no "
        "invoice_number invoice_num invoice_id fphm sdphm",
        "invoiced_on": "开票日期 开票时间 开具日期 开具时间 发票日期 发票开具日期 日期 invoice_date invoiced_on issue_date "
        "date kprq kjrq",
        "direction": "进销项标志 进销项标识 进销项 进销标志 进项销项 发票方向 票据方向 进项或销项 direction jxxbz",
        "counterparty_id": "对方税号 对方识别号 对方纳税人识别号 对方统一社会信用代码 对方代码 对方编号 交易对手编号 "
        "交易对手代码 对手方编号 对方单位代号 对方单位代码 counterparty_id partner_id dfsh dfnsrsbh",
        "counterparty_name": "对方名称 对方单位 对方单位名称 交易对手 交易对手名称 对手方 对手方名称 往来单位 往来单位名称 "
        "counterparty_name counterparty partner_name dfmc",
        "seller_id": "销方税号 销方识别号 销方纳税人识别号 销方统一社会信用代码 销方代码 销方单位代号 销方单位代码 销方代号 "
        "销售方税号 销售方识别号 销售方纳税人识别号 销售方统一社会信用代码 销货方识别号 销货单位税号 seller_id "
        "seller_tax_id seller_taxpayer_id xfsbh xfnsrsbh xfsh",
        "seller_name": "销方名称 销方企业名称 销售方名称 销售方 销方 销货方名称 销货单位名称 销货单位 销货方 seller_name "
        "seller xfmc",
        "buyer_id": "购方税号 购方识别号 购方纳税人识别号 购方统一社会信用代码 购方代码 购方单位代号 购方单位代码 购方代号 "
        "购买方税号 购买方识别号 购买方纳税人识别号 购买方统一社会信用代码 购货方识别号 购货单位税号 buyer_id buyer_tax_id "
        "buyer_taxpayer_id gfsbh gfnsrsbh gfsh gmfsbh",
        "buyer_name": "购方名称 购方企业名称 购买方名称 购买方 购方 购货方名称 购货单位名称 购货单位 购货方 buyer_name "
        "buyer gfmc gmfmc",
        "amount_fen": "不含税金额 金额 合计金额 金额合计 不含税合计 发票金额 开票金额 不含税销售额 销售额 amount net_amount "
        "amount_without_tax hjje je kpje bhsje",
        "tax_fen": "税额 合计税额 税额合计 发票税额 tax tax_amount vat hjse se",
        "total_fen": "价税合计 价税合计金额 价税总额 含税金额 含税总额 总金额 合计 total total_amount gross_amount "
        "amount_with_tax jshj hsje",
        "invoice_state": "发票状态 票据状态 开票状态 发票有效状态 有效状态 作废标志 作废标识 是否作废 状态 status "
        "invoice_status invoice_state state fpzt zfbz",
    },
    RegisterKind.EXCLUSIONS: {
        "list_name": "名单名称 名单类型 名单类别 黑名单类型 名录名称 列入名单 名单 风险类型 list_name list_type list mdmc mdlx",
        "reason": "列入原因 列入事由 列入经营异常名录原因 列入情形 违法事实 违法行为 处罚事由 失信行为 失信情形 "
        "失信被执行人行为具体情形 案由 事由 原因 reason spec_ause cause lryy lrsy",
        "source": "列入机关 列入决定机关 作出列入决定机关 作出决定机关 作出决定机关列入 决定机关 执行法院 处罚机关 "
        "处罚决定机关 认定机关 认定单位 发布机关 发布单位 数据来源单位 数据来源 来源 source authority dec_org lrjg",
        "listed_on": "列入日期 列入时间 列异日期 立案日期 立案时间 认定日期 认定时间 处罚日期 处罚决定日期 决定日期 "
        "发布日期 发布时间 公布日期 公告日期 listed_on list_date abn_time record_date publish_date lrrq larq fbrq",
        "expires_on": "移出日期 移出时间 解除日期 失效日期 到期日期 截止日期 有效期至 有效截止日期 公示截止日期 有效期止 "
        "expires_on expiry_date expire_date rem_date end_date ycrq yxqz",
    },
    RegisterKind.SOCIAL_SECURITY: {
        "period_end": "费款所属期止 缴费所属期止 社保所属期 社保缴费月份 费款所属期 缴费所属期 缴费月份 缴费年月 参保月份 "
        "参保年月 所属月份 所属期 月份 period_end period pay_month pay_period insured_month fkssqz fkssq jfny jfyf",
        "headcount": "参保人数 社保人数 社保参保人数 缴费人数 实际缴费人数 应缴人数 职工参保人数 参保职工人数 人数 headcount "
        "insured_num insured_count so_110 social_security_num cbrs sbrs jfrs",
        "paid_fen": "社保实缴金额 社保已缴金额 实缴社保费 实缴费额 实缴金额 已缴金额 已缴费额 实际缴费金额 缴费金额 到账金额 "
        "paid_amount amount_paid paid sjje sjfe jfje",
        "due_fen": "社保应缴金额 应缴社保费 应缴费额 应缴金额 应缴合计 due_amount amount_due due payable_amount yjfe yingjje",
    },
    RegisterKind.LITIGATION: {
        "case_kind": "案件种类 案件类型 案件类别 案由 诉讼类型 文书类型 纠纷类型 处罚类型 处罚种类 类型 case_kind case_type "
        "cause_of_action case_cause litigation_type ajlx ajzl ay",
        "filed_on": "立案日期 立案时间 起诉日期 受理日期 收案日期 开庭日期 处罚决定日期 处罚日期 filed_on filing_date "
        "file_date case_date accept_date larq sarq",
        "role": "诉讼地位 诉讼身份 当事人身份 案件身份 身份 地位 角色 role party_role litigant_role litigation_status ssdw "
        "ssdwmc",
        "amount_fen": "涉案金额 标的金额 案件标的 诉讼标的额 标的额 诉讼金额 执行标的 处罚金额 罚款金额 金额 amount "
        "claim_amount amount_involved case_amount saje bdje fkje",
        "closed_on": "结案日期 结案时间 审结日期 判决日期 终结日期 closed_on close_date closed_date conclusion_date jarq",
    },
}
_DROPPED: Final = re.compile(r"[\W_]+")
_BRACKETS: Final = re.compile(r"[(\[{（【<].*?[)\]}）】>]")


def plain(heading: str) -> str:
    """A heading without width, case, blanks and punctuation (列名归一)."""
    return _DROPPED.sub("", unicodedata.normalize("NFKC", heading).lower())


def without_brackets(heading: str) -> str:
    """A heading without what stands in brackets (去括注)."""
    return _BRACKETS.sub("", unicodedata.normalize("NFKC", heading))


@cache
def words_for(kind: RegisterKind) -> dict[str, dict[str, int]]:
    """The plain words of each field of a kind, with their place in the list (同义词)."""
    tables = {**ANY, **OWN[kind]}
    return {
        field: {plain(x): place for place, x in reversed(list(enumerate(words.split())))} for field, words in tables.items()
    }


@cache
def all_words() -> frozenset[str]:
    """Every plain word of every kind (全部同义词)."""
    return frozenset(x for kind in RegisterKind for words in words_for(kind).values() for x in words)
