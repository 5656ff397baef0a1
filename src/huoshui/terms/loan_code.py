"""The words of loan codes (贷款码术语)."""

from huoshui.terms.base import Term


class CodePurpose(Term):
    """What a loan code is made for (贷款码用途)."""

    POSTER = "poster", "张贴海报", "poster"
    VISIT_CARD = "visit_card", "走访名片", "visit card"
    BANK_DESK = "bank_desk", "银行网点", "bank desk"
    FIRM = "firm", "经营主体专用", "one firm's own"


class ScanVerdict(Term):
    """What a scanned code turned out to be (扫码结果)."""

    VALID = "valid", "有效", "valid"
    FORGED = "forged", "伪造或残缺", "forged or damaged"
    FOREIGN = "foreign", "非本平台签发", "not issued here"
    UNKNOWN = "unknown", "查无此码", "not on record"
    NOT_YET_VALID = "not_yet_valid", "尚未生效", "not valid yet"
    EXPIRED = "expired", "已过期", "expired"
    REVOKED = "revoked", "已作废", "revoked"


class RevocationReason(Term):
    """Why a loan code was revoked (作废原因)."""

    LOST = "lost", "遗失", "lost"
    MISUSED = "misused", "被冒用", "misused"
    MISPRINTED = "misprinted", "印制有误", "misprinted"
    REPLACED = "replaced", "已换新码", "replaced by a new one"
    PLACE_CLOSED = "place_closed", "张贴点撤销或人员变动", "the place closed or the person moved on"
    OTHER = "other", "其他", "other"


class ScanDevice(Term):
    """With what a code was scanned (扫码方式)."""

    WECHAT = "wechat", "微信", "WeChat"
    ALIPAY = "alipay", "支付宝", "Alipay"
    PHONE = "phone", "手机浏览器", "a phone's browser"
    DESK = "desk", "电脑", "a computer"
    OTHER = "other", "其他", "other"
