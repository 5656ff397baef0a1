"""The words of campaigns, lists and visits (走访术语)."""

from huoshui.terms.base import Term


class CampaignStage(Term):
    """Where a campaign of visits stands (走访任务阶段)."""

    DRAFT = "draft", "拟定中", "draft"
    OPENING = "opening", "名单下发中", "being opened"
    OPEN = "open", "走访中", "open"
    CLOSED = "closed", "已结束", "closed"


class DrawMode(Term):
    """How a list is shared out among visitors (名单分派方式)."""

    WHOLE_GRIDS = "whole_grids", "网格不拆分", "grids stay whole"
    EVEN = "even", "户数均等", "equal numbers"


class AssignmentState(Term):
    """Where an entry of a visit list stands (名单条目状态)."""

    OPEN = "open", "待走访", "to be visited"
    VISITED = "visited", "已走访", "visited"
    DROPPED = "dropped", "不再走访", "dropped"


class DropReason(Term):
    """Why an entry of a list is not visited (不再走访原因)."""

    CLOSED = "closed", "已注销、停业或搬离", "closed or gone"
    OUTSIDE = "outside", "已迁出本辖区", "moved to another region"
    DUPLICATE = "duplicate", "与其他条目重复", "the same firm as another entry"
    UNREACHABLE = "unreachable", "多次走访无法联系", "not reached after several tries"
    REFUSED = "refused", "经营主体不愿接受走访", "does not want a visit"
    VISITED_ELSEWHERE = "visited_elsewhere", "近期已由其他机构走访", "visited by another organization lately"
    OTHER = "other", "其他", "other"


class VisitMode(Term):
    """How a visit is made (走访方式)."""

    ONSITE = "onsite", "上门", "on site"
    PHONE = "phone", "电话", "by telephone"


class VisitSource(Term):
    """How a visit came in (走访记录来源)."""

    ONLINE = "online", "在线填写", "filled in on line"
    OFFLINE = "offline", "离线填写后同步", "filled in off line"
    IMPORTED = "imported", "表格导入", "imported from a sheet"
    API = "api", "接口", "through the interface"


class YesNo(Term):
    """An answer to a question that may stay open (是否): unknown is a value of its own."""

    YES = "yes", "是", "yes"
    NO = "no", "否", "no"
    NOT_KNOWN = "not_known", "不清楚", "not known"


class Need(Term):
    """Whether a firm needs finance (有无融资需求)."""

    YES = "yes", "有需求", "yes"
    NO = "no", "无需求", "no"
    LATER = "later", "以后再说", "later"


class Premises(Term):
    """Where a firm works (经营场所)."""

    OWNED = "owned", "自有场所", "owned"
    RENTED = "rented", "租赁场所", "rented"
    NETWORK = "network", "平台网店", "a shop on a platform"
    HOME = "home", "居家经营", "at home"
    NONE = "none", "无固定场所", "none that is fixed"


class Obstacle(Term):
    """What keeps a firm from a loan, as the visitor hears it (融资障碍)."""

    NO_COLLATERAL = "no_collateral", "缺少抵押担保", "no collateral or guarantor"
    NO_RECORDS = "no_records", "财务资料不全", "incomplete accounts"
    CREDIT_RECORD = "credit_record", "征信有逾期记录", "overdue entries in the credit record"
    TAX = "tax", "欠税或未按时申报", "tax owed or filed late"
    PENALTY = "penalty", "行政处罚未处理", "a penalty not dealt with"
    ABNORMAL = "abnormal", "列入经营异常名录", "on the list of abnormal operations"
    TOO_YOUNG = "too_young", "成立时间太短", "founded too recently"
    COST = "cost", "利率或费用太高", "interest or fees too high"
    PROCEDURE = "procedure", "手续复杂、时间太长", "too many papers, too slow"
    NOT_AWARE = "not_aware", "不了解贷款产品", "does not know the products"
    REFUSED_BEFORE = "refused_before", "曾被银行拒绝", "was refused by a bank"
    OTHER = "other", "其他", "other"


class SyncVerdict(Term):
    """What became of a visit that a phone sent in (同步结果)."""

    SAVED = "saved", "已保存", "saved"
    ALREADY = "already", "此前已收到", "was here already"
    CONFLICT = "conflict", "已保存，与另一次走访不一致", "saved; another visit says otherwise"
    REFUSED = "refused", "未接收", "refused"


class LoadStage(Term):
    """How far a load of firms is (主体导入进度)."""

    RUNNING = "running", "导入中", "running"
    DONE = "done", "已完成", "done"


class BookStage(Term):
    """Where a sheet of visits stands that is brought in (台账导入进度)."""

    SEEN = "seen", "待确认", "looked at"
    TAKING = "taking", "导入中", "being taken"
    TAKEN = "taken", "已导入", "taken"


class RowProblem(Term):
    """Why a row of a sheet is not taken (台账行未导入原因)."""

    NO_FIRM = "no_firm", "没有代码和名称", "neither code nor name"
    UNKNOWN_FIRM = "unknown_firm", "本地区没有此经营主体", "no such firm in the region"
    SEVERAL_FIRMS = "several_firms", "名称对应多个经营主体，请填写代码", "several firms have this name: give the code"
    NAME_DIFFERS = "name_differs", "名称与代码不符", "name and code are of two firms"
    NO_DATE = "no_date", "没有走访日期，也未选择走访任务", "no day of a visit, and no campaign was chosen"
    BAD_DATE = "bad_date", "走访日期无法识别", "not a day"
    BAD_WORD = "bad_word", "内容无法识别", "a word that is not known"
    BAD_NUMBER = "bad_number", "数字无法识别", "not a number"
    NOT_ALLOWED = "not_allowed", "不在本人负责区域", "outside one's own region"
    REPEATED = "repeated", "与表内另一行重复", "as another row of the sheet"
    ON_LIST = "on_list", "已在该任务名单上", "on that list already"
    REFUSED = "refused", "系统未接收", "refused"
