"""Everything that Huoshui refuses, as one tree (错误).

    HuoshuiError
    ├── InputError              what a caller gave is wrong; exit status 2
    │   ├── BadAmount           an amount that is not yuan with at most two decimals
    │   ├── BadRate             a rate that is not a decimal such as 0.0365
    │   ├── BadDate             a day that is not YYYY-MM-DD
    │   ├── BadCode             an identity or industry code that cannot be read
    │   ├── BadChoice           a word that is not one of the allowed ones
    │   ├── BadRequest          fields that are missing, unknown or contradict each other
    │   ├── BadFile             a file that is missing, truncated or not what it claims to be
    │   ├── BadMapping          a mapping that does not fit its file
    │   └── BadKey              a signing key or a list of trusted keys that cannot be used
    ├── PolicyError
    │   ├── UnknownRegion       a region code that no province of GB/T 2260 owns
    │   ├── NoPolicy            nothing in force in that region on that day
    │   └── BadPolicyFile       a policy file that breaks the format
    ├── ScreeningError
    │   ├── NothingToScreen     the register holds no firm of the region
    │   └── DoesNotReconcile    the verdicts do not add up to the universe
    ├── ModelError
    │   ├── BadModel            a model folder that is not as it was signed, or of an unknown format
    │   ├── NotApproved         a model that nobody trusted has signed, approved, or whose approval was withdrawn
    │   ├── MakerIsChecker      who trained a model cannot approve it
    │   └── LeakAlarm           a field that may know the outcome, and that nobody signed for
    ├── ActError                what somebody wanted to do is refused
    │   ├── NotAllowed          none of the person's roles allows it here
    │   ├── WrongStage          the record is not in a stage from which this leads on
    │   ├── BadToken            a token of the API that is unknown, revoked or over
    │   ├── KeyReused           an idempotency key that was used for something else
    │   ├── CriteriaOpen        a criterion is not met, or not known
    │   ├── NoConsent           the person concerned did not agree, or no longer does
    │   ├── AgainstWish         the firm wished otherwise
    │   ├── NotSent             a text message that the gateway did not take
    │   ├── TooMany             too many tries in too short a time
    │   ├── WrongPassword       a one-time password that is wrong, used or over
    │   ├── AppendOnly          the event log is added to, never changed
    │   └── LoanCodeError       a loan code that leads nowhere
    │       ├── ForgedCode      its signature does not fit, or it is no loan code at all
    │       ├── ForeignCode     signed with a key that this installation does not know
    │       ├── UnknownCode     signed here, but not on record
    │       ├── CodeNotYetValid its first day is still to come
    │       ├── CodeExpired     its last day is past
    │       └── CodeRevoked     withdrawn by who issued it
    ├── Unreadable              a sealed field that no key of this installation opens
    ├── OutputError             a result cannot be written (disk full, folder in use)
    └── MissingExtra            an optional part of the installation is missing

Every error says in one sentence what was wrong and what is expected. `code` is stable and may be matched by programs;
`field` names the input that was wrong, where there is one.
"""

import re
from typing import ClassVar


class HuoshuiError(Exception):
    """Root of everything that Huoshui refuses (错误)."""

    exit_status: ClassVar[int] = 1

    def __init__(self, message: str, *, field: str | None = None, zh: str = "") -> None:
        """`message` is the English sentence, `zh` the Chinese one that pages show (where a page can meet the error)."""
        super().__init__(message)
        self.message = message
        self.zh = zh or message
        self.field = field

    @property
    def code(self) -> str:
        """The class name in snake case, such as `bad_amount`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()

    def as_dict(self) -> dict[str, str]:
        """The error as JSON sees it: code, message and, where known, field."""
        found = {"code": self.code, "message": self.message}
        return {**found, "field": self.field} if self.field else found


class InputError(HuoshuiError):
    """What a caller gave is wrong (输入有误)."""

    exit_status = 2


class BadAmount(InputError):
    """An amount that is not yuan with at most two decimals (金额有误)."""


class BadRate(InputError):
    """A rate that is not a decimal such as 0.0365 (利率有误)."""


class BadDate(InputError):
    """A day that is not YYYY-MM-DD (日期有误)."""


class BadCode(InputError):
    """An identity or industry code that cannot be read (代码有误)."""


class BadChoice(InputError):
    """A word that is not one of the allowed ones (选项有误)."""


class BadRequest(InputError):
    """Fields that are missing, unknown or contradict each other (请求有误)."""


class BadFile(InputError):
    """A file that is missing, truncated or not what it claims to be (文件有误)."""


class BadMapping(InputError):
    """A mapping that does not fit its file (字段映射有误)."""


class BadKey(InputError):
    """A signing key or a list of trusted keys that cannot be used (密钥有误)."""


class PolicyError(HuoshuiError):
    """The law as data cannot answer (政策数据有误)."""

    exit_status = 2


class UnknownRegion(PolicyError):
    """A region code that no province of GB/T 2260 owns (地区代码有误)."""


class NoPolicy(PolicyError):
    """Nothing is in force in that region on that day (当日无有效政策)."""


class BadPolicyFile(PolicyError):
    """A policy file that breaks the format (政策文件有误)."""


class ScreeningError(HuoshuiError):
    """A screening that cannot be finished (筛查失败)."""


class NothingToScreen(ScreeningError):
    """The register holds no firm of the region (无可筛查主体)."""

    exit_status = 2


class DoesNotReconcile(ScreeningError):
    """The verdicts do not add up to the universe (总数不平)."""


class ModelError(HuoshuiError):
    """A model that cannot be used (模型不可用)."""

    exit_status = 2


class BadModel(ModelError):
    """A model folder that is not as it was signed, or of an unknown format (模型文件夹有误)."""


class NotApproved(ModelError):
    """A model that nobody trusted has signed or approved, or whose approval was withdrawn (模型未经批准)."""


class MakerIsChecker(ModelError):
    """Who trained a model cannot approve it (制作与复核不得为同一人)."""


class LeakAlarm(ModelError):
    """A field that may know the outcome, and that nobody signed for (字段可能泄漏结果，未经签认)."""


class ActError(HuoshuiError):
    """What somebody wanted to do is refused (操作被拒绝)."""


class NotAllowed(ActError):
    """None of the person's roles allows it here (无权操作)."""


class WrongStage(ActError):
    """The record is not in a stage from which this leads on (所处阶段不允许)."""


class BadToken(ActError):
    """A token of the API that is unknown, revoked or over (接口令牌无效)."""


class KeyReused(ActError):
    """An idempotency key that was used for something else (幂等键重复使用)."""


class CriteriaOpen(ActError):
    """A criterion is not met, or not known: neither recommends (标准未全部符合)."""


class NoConsent(ActError):
    """The person concerned did not agree, or no longer does (未取得同意)."""


class AgainstWish(ActError):
    """The firm wished otherwise (与企业意愿不符)."""


class NotSent(ActError):
    """A text message that the gateway did not take (短信未发出)."""


class TooMany(ActError):
    """Too many tries in too short a time (操作过于频繁)."""


class WrongPassword(ActError):
    """A one-time password that is wrong, used or over (验证码有误)."""


class AppendOnly(ActError):
    """The event log is added to, never changed (日志只增不改)."""


class LoanCodeError(ActError):
    """A loan code that leads nowhere (贷款码无效)."""


class ForgedCode(LoanCodeError):
    """Its signature does not fit, or it is no loan code at all (伪造或残缺)."""


class ForeignCode(LoanCodeError):
    """Signed with a key that this installation does not know (非本平台签发)."""


class UnknownCode(LoanCodeError):
    """Signed here, but not on record (查无此码)."""


class CodeNotYetValid(LoanCodeError):
    """Its first day is still to come (尚未生效)."""


class CodeExpired(LoanCodeError):
    """Its last day is past (已过期)."""


class CodeRevoked(LoanCodeError):
    """Withdrawn by who issued it (已作废)."""


class Unreadable(HuoshuiError):
    """A sealed field that no key of this installation opens (密文无法解开)."""


class OutputError(HuoshuiError):
    """A result cannot be written (结果无法写出)."""


class MissingExtra(HuoshuiError):
    """An optional part of the installation is missing (缺少可选组件)."""
