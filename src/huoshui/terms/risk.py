"""The words of models, ratings and the loan book (模型、评级与贷款组合术语)."""

from huoshui.terms.base import Term


class ModelAct(Term):
    """What is done to a model and signed for (模型签署事项)."""

    TRAINED = "trained", "训练", "trained"
    APPROVED = "approved", "批准", "approved"
    WITHDRAWN = "withdrawn", "撤销", "withdrawn"


class ModelStatus(Term):
    """Whether a model may decide (模型状态)."""

    APPROVED = "approved", "已批准", "approved"
    UNAPPROVED = "unapproved", "未批准", "not approved"
    UNSIGNED = "unsigned", "未签名", "not signed"
    UNTRUSTED = "untrusted", "签名不受信", "signed by a key that is not trusted"
    WITHDRAWN = "withdrawn", "已撤销", "withdrawn"


class Light(Term):
    """How far a figure may worry (预警等级)."""

    GREEN = "green", "正常", "in order"
    AMBER = "amber", "关注", "to be watched"
    RED = "red", "预警", "alarm"
    NOT_KNOWN = "not_known", "样本不足", "too few to say"


class Decision(Term):
    """What a rating says of a firm (评级结论)."""

    OFFER = "offer", "可授信", "a limit and a price"
    REFUSED = "refused", "不予授信", "refused"
    NOT_KNOWN = "not_known", "待补证据", "evidence is missing"


class DecisionReason(Term):
    """Why a rating gives no limit (未予授信原因代码): U is evidence that is missing."""

    GRADE = "G01", "评级不在产品服务范围", "the product does not serve this grade"
    KNOCK_OUT = "K01", "未满足准入规则", "a knock-out rule is not met"
    LIMIT_TOO_LOW = "Q01", "测算额度低于产品起点", "the limit is below the product's least amount"
    PRICE_TOO_LOW = "P01", "利率上限不足以覆盖成本和风险", "the highest rate allowed does not cover cost and risk"
    KNOCK_OUT_UNKNOWN = "U31", "准入规则缺少证据", "a knock-out rule cannot be judged"
    NO_EVIDENCE = "U32", "没有可用于评级的数据", "nothing is known of what the model reads"
    LOANS_UNKNOWN = "U33", "现有贷款不明", "existing loans are not known"
    LIMIT_UNKNOWN = "U34", "缺少额度测算依据", "nothing to reckon a limit from"


class LimitMethod(Term):
    """How a limit is reckoned; the lowest counts (额度测算方法)."""

    WORKING_CAPITAL = "working_capital", "流动资金需求", "working-capital need"
    SALES_SHARE = "sales_share", "销售收入比例", "share of sales"
    TAX_MULTIPLE = "tax_multiple", "纳税额倍数", "multiple of tax paid"
    PRODUCT_CAP = "product_cap", "产品上限", "the product's cap"


class PriceItem(Term):
    """The lines that a loan's rate is built from (定价构成)."""

    FUNDS = "funds", "资金成本", "cost of funds"
    EXPECTED_LOSS = "expected_loss", "预期损失", "expected loss"
    OPERATING = "operating", "运营成本", "operating cost"
    CAPITAL = "capital", "资本成本", "capital charge"
    MARGIN = "margin", "目标利润", "margin"
    TAX = "tax", "税费", "tax"
    ROUNDING = "rounding", "取整", "rounding to the product's step"
    BOUND = "bound", "上下限调整", "floor or ceiling"


class BookObjective(Term):
    """What a book is planned for (信贷组合目标)."""

    PROFIT = "profit", "预期利润最大", "most expected profit"
    FIRMS = "firms", "服务户数最多", "most firms served"
    FIRST_TIME = "first_time", "保证首贷占比下利润最大", "most expected profit with a floor for first-time borrowers"


class BudgetReading(Term):
    """Which money a budget counts (预算口径)."""

    OFFERED = "offered", "按授信金额计", "money that is offered"
    DRAWN = "drawn", "按预期用信金额计", "money that is expected to be drawn"
