"""The words of business authentication and powers of attorney (经营主体认证、授权委托术语)."""

from huoshui.terms.base import Term


class LicenceField(Term):
    """What a business licence says (营业执照项目)."""

    USCC = "uscc", "统一社会信用代码", "unified social credit code"
    NAME = "name", "名称", "name"
    KIND = "kind", "类型", "type"
    REPRESENTATIVE = "representative", "法定代表人（经营者）", "legal representative or operator"
    ADDRESS = "address", "住所（经营场所）", "address"
    ESTABLISHED_ON = "established_on", "成立（注册）日期", "established on"
    VALID_UNTIL = "valid_until", "营业期限", "valid until"
    CAPITAL = "capital", "注册资本", "registered capital"
    SCOPE = "scope", "经营范围", "business scope"


class LicenceFlag(Term):
    """What to look at in a field of a licence (执照信息提示)."""

    MISSING = "missing", "没有识别到，请对照执照填写", "not read: please fill in"
    UNSURE = "unsure", "识别得不太清楚，请核对", "read with doubt: please compare"
    CODE_FORM = (
        "code_form",
        "应为18位数字或大写字母，不含I、O、S、V、Z，请改正",
        "18 digits and letters without I, O, S, V, Z expected",
    )
    CODE_CHECK = "code_check", "校验码不符，请逐字核对", "the check character is wrong: compare letter by letter"
    NOT_A_DAY = "not_a_day", "日期看不清，请改正", "not a date: please correct"
    IN_FUTURE = "in_future", "日期在今天之后，请核对", "a day that is still to come: please compare"
    EXPIRED = "expired", "营业期限已满，请核对", "the term has ended: please compare"


class AuthenticationStage(Term):
    """Where an authentication stands (认证阶段)."""

    READING = "reading", "正在识别执照", "reading the licence"
    TO_CONFIRM = "to_confirm", "待核对执照信息", "licence to be checked"
    TO_IDENTIFY = "to_identify", "待填写办理人", "person to be named"
    WAITING_FOR_POWER = "waiting_for_power", "待法定代表人授权", "waiting for a power of attorney"
    WAITING_FOR_REGISTER = "waiting_for_register", "待登记信息更新", "waiting for the register"
    IN_REVIEW = "in_review", "待人工核实", "to be decided by a person"
    AUTHENTICATED = "authenticated", "认证通过", "authenticated"
    REFUSED = "refused", "认证未通过", "refused"
    ENDED = "ended", "认证已失效", "ended"
    WITHDRAWN = "withdrawn", "已撤回", "withdrawn"


class AuthenticationReason(Term):
    """Why an authentication is met, not met or not known (认证理由)."""

    CODE_FORM = "code_form", "统一社会信用代码格式不对", "the credit code has the wrong form"
    CODE_CHECK = "code_check", "统一社会信用代码校验码不符", "the check character of the credit code is wrong"
    CODE_NOT_ON_PHOTO = "code_not_on_photo", "照片上读不到所填的信用代码", "the code given was not read from the photograph"
    PHOTO_NOT_READ = "photo_not_read", "照片未能自动识别，信息由本人填写", "the photograph was not read by machine"
    NOT_IN_REGISTER = "not_in_register", "登记信息中没有这个主体", "the register has no such firm"
    NAME_DIFFERS = "name_differs", "执照名称与登记名称不一致", "the name is not the registered one"
    NAME_NEAR = "name_near", "执照名称与登记名称略有出入", "the name is nearly the registered one"
    NAME_CORRECTED = (
        "name_corrected",
        "名称由本人改过，与照片识别结果不同",
        "the name was changed from what the photograph says",
    )
    FIRM_CLOSED = "firm_closed", "登记状态为注销、吊销或迁出", "the firm is deregistered, revoked or moved out"
    FIRM_SUSPENDED = "firm_suspended", "登记状态为歇业", "the firm is suspended"
    STATUS_UNKNOWN = "status_unknown", "登记状态不明", "the status in the register is not known"
    LICENCE_EXPIRED = "licence_expired", "营业期限已满", "the licence's term has ended"
    REPRESENTATIVE_DIFFERS = (
        "representative_differs", "执照上的法定代表人与登记信息不一致", "the representative is not the registered one",
    )  # fmt: skip
    REPRESENTATIVE_CORRECTED = (
        "representative_corrected",
        "法定代表人由本人改过，与照片识别结果不同",
        "the representative was changed from what the photograph says",
    )
    REPRESENTATIVE_UNKNOWN = "representative_unknown", "登记信息中没有法定代表人", "the register names no representative"
    PERSON_DIFFERS = (
        "person_differs",
        "您填写的身份信息与登记的法定代表人不一致",
        "who you are does not agree with the registered representative",
    )
    PERSON_NAME_DIFFERS = "person_name_differs", "姓名不是登记的法定代表人", "the person's name is not the representative's"
    ID_WRONG = "id_wrong", "身份证号码有误", "the identity number is wrong"
    ID_DIFFERS = "id_differs", "身份证号码与登记信息不一致", "the identity number is not the registered one"
    ID_NOT_IN_REGISTER = (
        "id_not_in_register",
        "登记信息中没有身份证号码，无法比对",
        "the register holds no identity number to compare",
    )
    ID_USED_ELSEWHERE = "id_used_elsewhere", "该身份证号码已用于其他账号", "another account uses this identity number"
    TOO_MANY_TRIES = "too_many_tries", "短时间内多次认证未通过", "several authentications failed in a short time"
    POWER_MISSING = "power_missing", "还没有法定代表人的授权", "there is no power of attorney yet"
    POWER_ON_PAPER = "power_on_paper", "授权书为纸质，需人工核实", "the power of attorney is on paper"
    POWER_DECLINED = "power_declined", "法定代表人未同意授权", "the representative declined the power of attorney"
    POWER_REVOKED = "power_revoked", "授权已撤销", "the power of attorney was revoked"
    POWER_EXPIRED = "power_expired", "授权已到期", "the power of attorney has expired"
    REGISTER_CHANGED = "register_changed", "登记信息已变更，需重新认证", "the register changed: authenticate again"


class AuthenticationDecision(Term):
    """What an officer decides about a doubtful authentication (人工核实结论)."""

    ACCEPT = "accept", "认证通过", "accept"
    RETURN = "return", "退回补正", "send back to be corrected"
    REFUSE = "refuse", "不予通过", "refuse"


class PowerScope(Term):
    """What an agent may do for the firm (授权事项)."""

    DEMAND = "demand", "发布、修改和撤回融资需求", "publish, change and withdraw demands for finance"
    MATERIALS = "materials", "提交和补充材料", "hand in materials"
    OFFERS = "offers", "查看并回复银行方案", "see and answer the banks' offers"
    CONTRACT = "contract", "办理合同签署", "have contracts signed"


class PowerStage(Term):
    """Where a power of attorney stands (授权状态)."""

    REQUESTED = "requested", "待法定代表人同意", "asked for"
    OFFERED = "offered", "待经办人确认身份", "offered"
    IN_FORCE = "in_force", "有效", "in force"
    DECLINED = "declined", "未同意", "declined"
    REVOKED = "revoked", "已撤销", "revoked"
    EXPIRED = "expired", "已到期", "expired"
