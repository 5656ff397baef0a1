"""The words of demands, their review, the two lists and repair (需求、审核、两张清单与帮扶术语)."""

from huoshui.terms.base import Term


class DemandStage(Term):
    """Where a demand stands (需求阶段)."""

    DRAFT = "draft", "草稿", "draft"
    AWAITING_CONFIRMATION = "awaiting_confirmation", "待企业确认", "awaiting the firm's confirmation"
    AWAITING_AUTHENTICATION = "awaiting_authentication", "待经营主体认证", "awaiting business authentication"
    DECLARED = "declared", "申报清单", "on the declared list"
    ASKED_BACK = "asked_back", "待补充", "asked back"
    REVIEWED = "reviewed", "初审通过", "reviewed"
    RECOMMENDED = "recommended", "推荐清单", "on the recommended list"
    PUSHED = "pushed", "已推送银行", "pushed to banks"
    RETURNED = "returned", "银行退回", "returned by the banks"
    REJECTED = "rejected", "未通过审核", "not passed"
    APPEALED = "appealed", "申诉中", "appealed"
    RETURN_APPEALED = "return_appealed", "申诉中（银行退回）", "appealed against the return"
    REPAIR = "repair", "帮扶修复", "in repair"
    CLOSED = "closed", "已办结", "closed"
    WITHDRAWN = "withdrawn", "已撤回", "withdrawn"


class DemandChannel(Term):
    """By whom a demand came in (需求来源)."""

    FIRM = "firm", "企业自行发布", "by the firm"
    AGENT = "agent", "经办人代办", "by the firm's agent"
    VISITOR = "visitor", "走访代填", "by a visitor"
    BANK_DESK = "bank_desk", "银行网点代填", "at a bank's desk"
    IMPORT = "import", "清单导入", "from an imported list"


class DemandPurpose(Term):
    """What the money is for (贷款用途). The Chinese terms are those that the policy's list of barred uses names."""

    STOCK = "stock", "采购原材料或进货", "materials and stock"
    SUPPLIERS = "suppliers", "支付货款", "paying suppliers"
    WAGES = "wages", "发放工资", "wages"
    RENT = "rent", "支付租金和水电", "rent and utilities"
    EQUIPMENT = "equipment", "购置设备", "equipment"
    PREMISES = "premises", "装修或扩建经营场所", "fitting out or extending premises"
    TECHNOLOGY = "technology", "技术改造或研发", "technology and research"
    PLANTING = "planting", "种植养殖", "planting and breeding"
    OTHER = "other", "其他经营用途", "another business use"
    SECURITIES = "securities", "证券投资", "securities"
    WEALTH = "wealth", "理财", "wealth products"
    HOUSING = "housing", "购房", "housing"
    EQUITY = "equity", "股权投资", "equity investment"
    PRIVATE_DEBT = "private_debt", "偿还民间借贷", "repaying private debt"


class GuaranteeKind(Term):
    """What a firm can offer as security (担保方式)."""

    CREDIT = "credit", "信用（无抵押）", "none, on credit"
    MORTGAGE = "mortgage", "抵押", "mortgage"
    PLEDGE = "pledge", "质押", "pledge"
    PERSON = "person", "保证人", "personal guarantor"
    COMPANY = "company", "担保公司", "guarantee company"


class BankWish(Term):
    """What a firm wishes of a bank (对银行的意愿)."""

    PREFERRED = "preferred", "优先", "preferred"
    EXCLUDED = "excluded", "不要推送", "not to be asked"


class Criterion(Term):
    """The five criteria, and the two questions before them (五项标准及前置判断)."""

    LAWFUL_OPERATION = "lawful_operation", "合规持续经营", "lawful, lasting operation"
    FIXED_PREMISES = "fixed_premises", "固定经营场所", "fixed premises"
    REAL_NEED = "real_need", "真实融资需求", "real need"
    GOOD_CREDIT = "good_credit", "信用状况良好", "good credit"
    LAWFUL_PURPOSE = "lawful_purpose", "贷款用途依法合规", "lawful purpose"
    TARGET = "target", "服务对象", "served by the mechanism"
    EXCLUSION = "exclusion", "排除名单", "exclusion list"


class Check(Term):
    """What a criterion is made of (核查事项): one fact each."""

    AGE = "age", "存续月数", "months in existence"
    STATUS = "status", "登记状态", "register status"
    OPERATING = "operating", "正常经营", "operating normally"
    PREMISES = "premises", "经营场所属实", "premises are real"
    STATED = "stated", "需求要素齐全", "amount, term and purpose stated"
    CONFIRMED = "confirmed", "企业代表本人确认", "confirmed by the firm's representative"
    BACKGROUND = "background", "需求来自真实经营", "the need comes from real business"
    PURPOSE = "purpose", "用途不在禁止之列", "no barred use"
    PLAN = "plan", "有具体用款计划", "a concrete plan for the money"
    SERIOUS_VIOLATION = "serious_violation", "未列入严重违法失信名单", "not listed for serious violations"
    DISHONEST_DEBTOR = "dishonest_debtor", "企业非失信被执行人", "firm is no dishonest judgment debtor"
    DISHONEST_CONTROLLER = "dishonest_controller", "实际控制人非失信被执行人", "controller is no dishonest judgment debtor"
    TAX_NON_NORMAL = "tax_non_normal", "非税务非正常户", "not tax non-normal"
    OVERDUE = "overdue", "企业当前无逾期", "firm has nothing overdue"
    OVERDUE_CONTROLLER = "overdue_controller", "实际控制人当前无逾期", "controller has nothing overdue"
    FRAUD = "fraud", "无欺诈标记", "no fraud flag"
    TARGET = "target", "属于服务对象", "of a kind that is served"
    EXCLUSION = "exclusion", "不在排除名单", "on no list that excludes"


class EvidenceSource(Term):
    """Where a fact comes from (证据来源)."""

    REGISTER = "register", "登记数据", "register"
    LIST = "list", "名单核查", "exclusion lists"
    VISIT = "visit", "走访记录", "visit"
    DEMAND = "demand", "需求填报", "the demand itself"
    STATEMENT = "statement", "企业承诺", "the firm's own statement"
    AUTHENTICATION = "authentication", "经营主体认证", "business authentication"
    OFFICER = "officer", "专班核查", "checked by the task force"


class Caution(Term):
    """What a reviewer is told and decides about (提示)."""

    ABOVE_NEED = "above_need", "需求金额高于走访测算的资金需要", "more than the need estimated at the visit"
    DUPLICATE = "duplicate", "同一企业已有未办结的需求", "the firm has another open demand"
    LISTED = "listed", "在风险名单上，仅作提示", "on a list that only warns"
    BROKER = "broker", "走访时反映有中介收费", "a broker asked for a fee"


class ReviewAct(Term):
    """What a reviewer does with demands (审核办理)."""

    PREPARE = "prepare", "初审通过", "pass the review"
    RECOMMEND = "recommend", "列入推荐清单", "put on the recommended list"
    REJECT = "reject", "不予通过", "do not pass"
    ASK_BACK = "ask_back", "退回补充", "ask back"
    SEND_BACK = "send_back", "发回重审", "send back to the review"
    PUSH = "push", "推送银行", "push to banks"
    IMPORT = "import", "导入清单", "import a list"


class PushStage(Term):
    """Where a demand stands with one bank (银行办理阶段)."""

    RECEIVED = "received", "待签收", "received"
    ACKNOWLEDGED = "acknowledged", "已签收", "acknowledged"
    CONTACTED = "contacted", "已联系企业", "contacted"
    APPROVED = "approved", "同意授信", "approved"
    DECLINED = "declined", "不予授信", "declined"
    RETURNED = "returned", "退回专班", "returned"
    RECALLED = "recalled", "已撤回", "recalled"


class RepairStage(Term):
    """Where one obstacle stands (帮扶事项阶段)."""

    OPEN = "open", "待安排", "to be arranged"
    ARRANGED = "arranged", "办理中", "under way"
    DONE = "done", "已解决", "done"
    DROPPED = "dropped", "不能解决", "cannot be solved"


class CloseReason(Term):
    """Why a demand is closed (办结原因)."""

    FINANCED = "financed", "已获得融资", "financed"
    NO_NEED = "no_need", "企业不再需要", "no longer needed"
    UNREACHABLE = "unreachable", "无法联系企业", "the firm cannot be reached"
    NOT_SOLVABLE = "not_solvable", "障碍不能解决", "the obstacle cannot be solved"
    NO_BANK = "no_bank", "没有合适的银行", "no bank fits"


class ClockStage(Term):
    """Where a clock stands (时限状态)."""

    RUNNING = "running", "计时中", "running"
    PAUSED = "paused", "已暂停", "paused"
    ENDED = "ended", "已办结", "ended"
    VOID = "void", "已终止", "void"


class NoticeKind(Term):
    """What a notice tells (通知类别)."""

    DUE_SOON = "due_soon", "即将到期", "due soon"
    OVERDUE = "overdue", "已逾期", "overdue"
    ESCALATED = "escalated", "逾期上报", "overdue, told to those above"
    TO_CONFIRM = "to_confirm", "请确认需求", "please confirm the demand"
    ASKED_BACK = "asked_back", "请补充材料", "please add what is missing"
    RECOMMENDED = "recommended", "已列入推荐清单", "on the recommended list"
    REJECTED = "rejected", "未通过审核", "not passed"
    PUSHED = "pushed", "已推送银行", "pushed to banks"
    RETURNED = "returned", "银行已退回", "returned by the bank"
    REPAIR = "repair", "帮扶事项有进展", "news of the repair"
    APPEALED = "appealed", "企业提出申诉", "the firm appealed"
    APPEAL_DECIDED = "appeal_decided", "申诉已答复", "the appeal was answered"
