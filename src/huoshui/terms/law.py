"""The words of registers, screening and the calculators (登记、筛查与测算术语)."""

from huoshui.terms.base import Term


class SizeClass(Term):
    """Size of an enterprise (企业规模)."""

    LARGE = "large", "大型", "large"
    MEDIUM = "medium", "中型", "medium"
    SMALL = "small", "小型", "small"
    MICRO = "micro", "微型", "micro"
    NOT_APPLICABLE = "not_applicable", "不适用", "not applicable"
    UNKNOWN = "unknown", "无法判定", "not known"


class SizeFigure(Term):
    """What the size of an enterprise is judged by (划型指标)."""

    EMPLOYEES = "employees", "从业人员", "employees"
    REVENUE = "revenue", "营业收入", "revenue"
    ASSETS = "assets", "资产总额", "total assets"


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


class IdentityKind(Term):
    """What an identity code is (身份代码种类)."""

    USCC = "uscc", "统一社会信用代码", "unified social credit code"
    REGISTRATION = "registration", "工商注册号", "registration number"
    RESIDENT_ID = "resident-id", "公民身份号码", "resident identity number"


class CodeVerdict(Term):
    """What checking an identity code found (代码校验结论)."""

    VALID = "VALID", "校验通过", "valid"
    CHECKSUM_MISMATCH = "CHECKSUM_MISMATCH", "校验码不符", "wrong check character"
    INVALID_FORMAT = "INVALID_FORMAT", "格式有误", "wrong form"
    LEGACY = "LEGACY", "旧式编号", "an older form that has no check"


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


class CostClass(Term):
    """What kind of cost an item is (费用类别)."""

    INTEREST = "interest", "利息", "interest"
    BANK_FEE = "bank_fee", "银行收费", "bank fee"
    THIRD_PARTY_FEE = "third_party_fee", "第三方收费", "third-party fee"
    GUARANTEE = "guarantee", "担保费", "guarantee"
    INSURANCE = "insurance", "保险费", "insurance"
    TAX = "tax", "税费", "tax"
    OTHER = "other", "其他", "other"


class FeeRuling(Term):
    """What a notice says of a fee (收费规定)."""

    OK = "ok", "可以收取", "may be charged"
    LIMITED = "limited", "严格限制", "strictly limited"
    SHARED = "shared", "银企分担", "to be shared by bank and firm"
    FORBIDDEN = "forbidden", "不得收取", "may not be charged"
    BANK_MUST_BEAR = "bank_must_bear", "银行承担", "the bank must bear it"


class LegalCheck(Term):
    """Whether a cost item may fall on whom it falls (收费合规核查)."""

    OK = "OK", "未见禁止", "no rule in force forbids it"
    FORBIDDEN = "FORBIDDEN", "不得收取", "may not be charged"
    BANK_MUST_BEAR = "BANK_MUST_BEAR", "应由银行承担", "the bank must bear it"


class LoanArrangement(Term):
    """How a loan is arranged, where fee rules differ (贷款组织方式)."""

    ORDINARY = "ordinary", "一般贷款", "one bank, directly"
    SYNDICATED = "syndicated", "银团贷款", "syndicated"
    ASSISTED = "assisted", "互联网助贷", "through an online platform"


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
    """The registers that come in as files (登记数据种类)."""

    REGISTRY = "registry", "市场主体登记", "market-regulation registry"
    TAX = "tax", "纳税申报", "tax filings"
    INVOICES = "invoices", "发票", "invoices"
    LOANS = "loans", "信贷记录", "loan records"
    EXCLUSIONS = "exclusions", "排除名单", "exclusion lists"
    SOCIAL_SECURITY = "social_security", "社会保险", "social security"
    LITIGATION = "litigation", "涉诉与处罚", "litigation and penalties"


class StatusClass(Term):
    """What a registration status means for a screening (登记状态归类)."""

    UNKNOWN = "unknown", "状态不明", "not known"
    OPERATING = "operating", "存续", "operating"
    SUSPENDED = "suspended", "歇业", "suspended"
    CLOSED = "closed", "注销、吊销或迁出", "deregistered, revoked or moved out"


class TargetKind(Term):
    """Whom the mechanism serves (服务对象类别)."""

    UNKNOWN = "unknown", "类型不明", "not known"
    ENTERPRISE = "enterprise", "企业", "enterprise"
    SOLE_TRADER = "sole_trader", "个体工商户", "sole trader"
    COOPERATIVE = "cooperative", "农民专业合作社", "farmers' cooperative"
    FAMILY_FARM = "family_farm", "家庭农场", "family farm"
    NON_TARGET = "non_target", "非服务对象", "not served"


class LoanKind(Term):
    """Kinds of credit record (信贷记录种类)."""

    BUSINESS = "business", "经营性贷款", "business loan"
    BILL_DISCOUNT = "bill_discount", "票据贴现", "bill discount"
    ENTRUSTED = "entrusted", "委托贷款", "entrusted loan"
    FOREIGN_CURRENCY = "foreign_currency", "外币贷款", "foreign-currency loan"
    SMALL_LOAN_COMPANY = "small_loan_company", "小额贷款公司贷款", "loan of a small-loan company"
    CONSUMER = "consumer", "消费贷款", "consumer loan"
    CREDIT_CARD = "credit_card", "信用卡", "credit card"
    GUARANTEE_GIVEN = "guarantee_given", "对外担保", "guarantee given"


class Reason(Term):
    """Reasons of a screening verdict, in the order in which they decide (筛查原因代码)."""

    SUPERSEDED = "D02", "同一主体的旧登记记录", "an older record of the same firm"
    CLOSED = "R01", "已注销、吊销或迁出", "deregistered, revoked or moved out"
    SUSPENDED = "R02", "歇业", "suspended"
    NON_TARGET = "R03", "不是服务对象类型", "not a type that the mechanism serves"
    INACTIVE = "R10", "无经营活动迹象", "no sign of activity"
    TOO_LARGE = "R20", "中型或大型企业", "medium or large"
    NOT_COVERED = "R21", "行业不适用划型标准", "the size rule does not cover the industry"
    EXCLUDED = "E01", "在排除名单上", "on an exclusion list"
    HAS_LOAN = "L01", "有贷款记录", "has a loan"
    LOAN_UNKNOWN = "U05", "无法查询贷款记录", "loans cannot be looked up"
    STATUS_UNKNOWN = "U01", "登记状态不明", "status not known"
    KIND_UNKNOWN = "U03", "主体类型不明", "type not known"
    SIZE_UNKNOWN = "U20", "规模不明", "size not known"
    NO_LOAN = "N01", "无贷户", "no loan"


class Tag(Term):
    """Risk tags: shown, never a filter by themselves (风险标签)."""

    ABNORMAL = "T01", "经营异常", "abnormal operations"
    TAX_NON_NORMAL = "T02", "税务非正常户", "tax non-normal"
    DISHONEST = "T03", "失信被执行人", "dishonest judgment debtor"
    SERIOUS = "T04", "严重违法失信", "serious violation"
    OTHER = "T09", "其他名单", "other list"


class Evidence(Term):
    """What a verdict rests on (判断依据)."""

    TAX_SALES = "tax_sales", "近期有非零申报", "recent filing with sales"
    INVOICE = "invoice", "近期有开票", "recent invoice"
    ANNUAL_REPORT = "annual_report", "按期年报", "annual report filed"
    NO_TAX_RECORD = "no_tax_record", "无纳税申报记录", "no tax filing on record"
    LOAN_OF_FIRM = "loan_of_firm", "主体有贷款", "a loan of the firm"
    LOAN_OF_OWNER = "loan_of_owner", "经营者有贷款", "a loan of the owner"
    OWN_FIGURES = "own_figures", "规模取登记年报数", "size by the registry's annual figures"
    TAX_FIGURES = "tax_figures", "规模取纳税申报数", "size by tax filings"
    SALES_CAPPED = "sales_capped", "申报销售额大得不可信，按十万亿元计", "filed sales beyond belief, held at ten trillion yuan"


class LinkMethod(Term):
    """How a registry row was matched with the other registers (关联方式), the surest first."""

    NONE = "none", "未关联", "not linked"
    CODE = "code", "统一社会信用代码", "credit code"
    HISTORICAL = "historical", "历史15位税号", "historical taxpayer id"
    OWN_NUMBER = "own_number", "登记自有编号", "the register's own number"
    LEGACY_CODE = "legacy_code", "未通过校验的代码逐字一致", "the same code, though its check fails"
    NAME_REGION = "name_region", "名称加地区", "name and region"
    NAME_PROVINCE = "name_province", "名称加省份", "name and province"
    NAME_EDIT = "name_edit", "名称相差一字", "name one character apart"


class ClockUnit(Term):
    """What a deadline is counted in (时限单位)."""

    CALENDAR_DAY = "calendar_day", "自然日", "calendar day"
    WORKING_DAY = "working_day", "工作日", "working day"
    CALENDAR_MONTH = "calendar_month", "自然月", "calendar month"


class LoanUse(Term):
    """What a subsidised loan is for (贷款类型)."""

    FIXED_ASSET = "fixed_asset", "固定资产贷款", "fixed-asset loan"
    WORKING_CAPITAL = "working_capital", "流动资金贷款", "working-capital loan"
    POLICY_FINANCE_TOOL = "policy_finance_tool", "新型政策性金融工具资金", "policy-finance tool money"
    CONSUMER = "consumer", "个人消费贷款", "consumer loan"
    STARTUP_GUARANTEE = "startup_guarantee", "创业担保贷款", "guaranteed start-up loan"


class AfterOverdue(Term):
    """What an overdue day does to an interest subsidy (逾期后的贴息)."""

    STOP = "stop", "自逾期日起不再贴息", "no subsidy from the first overdue day on"
    RESUME = "resume", "仅扣除逾期期间", "only the overdue days are left out"


class SubsidyLimit(Term):
    """What cut an interest subsidy (贴息限制)."""

    PRINCIPAL_CAP = "principal_cap", "超出可贴息本金上限", "principal above the cap"
    TERM_CAP = "term_cap", "超出贴息期限", "longer than the subsidised term"
    ACCRUAL_WINDOW = "accrual_window", "部分天数在政策期外", "days outside the programme's period"
    OVERDUE = "overdue", "逾期部分不予贴息", "overdue days"
    CONTRACT_SHARE = "contract_share", "不超过合同利率的规定比例", "ceiling as a part of the contract rate"
    STACKING = "stacking", "扣除其他贴息后不超过实际利率", "ceiling after the other subsidy"
    INTEREST_PAID = "interest_paid", "不超过实际支付的利息", "ceiling of the interest paid"
    SUBSIDY_CAP = "subsidy_cap", "达到单户贴息上限", "largest sum per firm"


class SubsidyReason(Term):
    """Why a loan has an interest subsidy or none (贴息理由)."""

    ELIGIBLE = "eligible", "符合贴息条件", "the loan is in the programme"
    NOT_IN_FORCE = "not_in_force", "当日政策尚未施行或已停止", "the programme was not in force that day"
    SIGNED_OUTSIDE = "signed_outside_window", "合同签订日不在政策期内", "the contract was not signed in the programme's period"
    PAID_OUT_OUTSIDE = "paid_out_outside_window", "放款日不在政策期内", "the money was not paid out in the programme's period"
    USE_NOT_COVERED = "use_not_covered", "贷款类型不在支持范围", "this use of a loan is not covered"
    INDUSTRY_NOT_COVERED = "industry_not_covered", "行业不在支持范围", "the industry is not covered"
    INDUSTRY_NOT_KNOWN = ("industry_not_known", "行业代码不能单独判定，须按专门分类核对",
                          "the industry code alone does not decide")  # fmt: skip
    SECOND_CENTRAL = "second_central_subsidy", "同一贷款不得重复享受中央财政贴息", "one loan gets one central subsidy"
    NO_DAYS = "no_eligible_day", "没有可贴息的天数", "no day is left to subsidise"
