"""What stands on a poster or a visit card (印制内容): the words in both languages, one of them large, the other small."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final, Literal

Language = Literal["zh", "en"]

_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "mechanism": ("支持小微企业融资协调工作机制", "Coordination mechanism for the financing of small and micro firms"),
    "title": ("贷款码", "Loan Code"),
    "slogan": ("一码通办 · 码上就贷", "One code from first contact to a loan"),
    "scan": ("用微信或手机浏览器扫一扫", "Scan with WeChat or your camera"),
    "phone": ("只需手机号，不必安装应用", "A telephone number is all it takes; nothing to install"),
    "four": ("扫码可办四件事", "Four things you can do"),
    "free": ("全程免费", "Free of charge"),
    "fee": (
        "任何人不得以此码收取中介费、手续费、保证金。遇到收费，请勿付款。",
        "Nobody may ask a fee or a deposit for it. If somebody does, do not pay.",
    ),
    "issuer": ("签发单位", "Issued by"),
    "place": ("张贴处", "Place"),
    "holder": ("持有人", "Carried by"),
    "until": ("有效期至", "Valid until"),
    "number": ("编号", "Number"),
    "check": ("核对编号", "Check it at"),
    "issued": ("签发日期", "Issued on"),
    "seal": ("（盖章）", " (seal)"),
    "synthetic": ("演示样张 · 数据均为虚构", "Demonstration: all data is made up"),
    "card_title": ("小微企业贷款码", "Loan code for small firms"),
    "card_scan": ("扫码发布融资需求", "Scan to say what you need"),
}
_ACTIONS: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("走访登记", "Visit", "上门走访，当场登记", "Officers record a visit"),
    ("用户注册", "Sign up", "手机号加验证码", "With your telephone"),
    ("经营主体认证", "Authenticate", "拍营业执照即可", "Photograph the license"),
    ("发布融资需求", "Ask for a loan", "填金额、期限、用途", "Amount, term, purpose"),
)


@dataclass(frozen=True, slots=True)
class Printed:
    """One code as it is printed (印制项): its QR as SVG, who issued it, for where or whom, until when, and its number."""

    qr: str
    issuer: str
    place: str
    number: str
    valid_until: date
    issued_on: date
    person: bool = False  # `place` is the name of who carries the card


def content(printed: list[Printed], *, language: Language, check_at: str, synthetic: bool) -> dict[str, Any]:
    """Everything that a template shows (版面数据), as JSON can hold it."""
    first, second = (0, 1) if language == "zh" else (1, 0)
    return {
        "language": language,
        "texts": {name: {"main": x[first], "second": x[second]} for name, x in _TEXTS.items()},
        "actions": [
            {"main": x[first], "second": x[second], "how": x[2 + first], "how_second": x[2 + second]} for x in _ACTIONS
        ],
        "check_at": check_at,
        "synthetic": synthetic,
        "codes": [
            {**asdict(x), "valid_until": _day(x.valid_until, language), "issued_on": _day(x.issued_on, language)}
            for x in printed
        ],
    }


def _day(on: date, language: Language) -> str:
    return f"{on.year}年{on.month}月{on.day}日" if language == "zh" else on.isoformat()
