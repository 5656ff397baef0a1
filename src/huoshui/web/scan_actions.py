"""The four things that a loan code offers (一码四事), as they are for who scanned it."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from django.urls import reverse

from huoshui.models import LoanCode, Viewer
from huoshui.services.visit import VISITING
from huoshui.terms import CodePurpose, Role
from huoshui.web.language import say

WRITES: Final = (Role.VISITOR, Role.OFFICER, Role.LEAD, Role.CLIENT_MANAGER)
_FIRM: Final = (Role.LEGAL_REPRESENTATIVE, Role.AGENT)


@dataclass(frozen=True, slots=True)
class Action:
    """One of the four (办理事项): where it leads, "" where it is not for this person, and what it means for them."""

    mark: str
    title: str
    text: str
    url: str = ""
    is_main: bool = False


def actions_for(viewer: Viewer, *, token: str, code: LoanCode) -> list[Action]:
    """The four actions, the one that this person most likely came for first (四项办理)."""
    found = [_publish(viewer, token, code), _visit(viewer, token, code), _register(viewer, token), _authenticate(viewer, token)]
    return sorted(found, key=lambda x: not x.is_main)


def _at_work(viewer: Viewer) -> bool:
    return any(x.organization_id for x in viewer.grants)


def _at_desk(viewer: Viewer, code: LoanCode) -> bool:
    return viewer.has(Role.CLIENT_MANAGER) and code.purpose is CodePurpose.BANK_DESK


def _visit(viewer: Viewer, token: str, code: LoanCode) -> Action:
    title = say("走访登记", "Record a visit")
    if viewer.has(*VISITING):
        url = reverse("visit:new") + f"?firm={code.firm_id}&" if code.firm_id else reverse("visit:today") + "?"
        text = (
            say("登记本次走访", "Record this visit") if code.firm_id else say("从我的走访清单选一户", "Choose from your list")
        )
        return Action(say("访", "V"), title, text, f"{url}code={code.pk}", is_main=not _at_desk(viewer, code))
    if viewer.user_id is None:
        text = say("工作人员上门时使用，请先登录", "For officers: sign in first")
        back = quote(reverse("scan:opened", args=[token]))
        return Action(say("访", "V"), title, text, f"{reverse('account_login')}?next={back}")
    return Action(say("访", "V"), title, say("走访人员上门时，请其扫此码", "The visitor scans this code when calling on you"))


def _register(viewer: Viewer, token: str) -> Action:
    title, mark = say("用户注册", "Sign up"), say("注", "S")
    if viewer.user_id is None:
        return Action(
            mark, title, say("手机号加验证码，一分钟", "With your telephone, in a minute"), reverse("scan:phone", args=[token])
        )
    return Action(mark, title, say("您已登录", "You are signed in"), reverse("account:home"))


def _authenticate(viewer: Viewer, token: str) -> Action:
    title, mark = say("经营主体认证", "Authenticate a firm"), say("证", "A")
    if _at_work(viewer):
        return Action(mark, title, say("由企业代表本人办理", "For the firm's own representative"))
    if viewer.has(*_FIRM):
        text = say("您已代表企业；可再认证一家", "You speak for a firm; another one can be added")
    else:
        text = say("拍营业执照，确认本人身份", "Photograph the license, confirm who you are")
    return Action(mark, title, text, reverse("scan:authenticate", args=[token]))


def _publish(viewer: Viewer, token: str, code: LoanCode) -> Action:
    title, mark = say("发布融资需求", "Ask for a loan"), say("贷", "L")
    if viewer.has(*WRITES):
        text = say("代企业填写，企业确认后生效", "Write it for a firm, which then confirms")
        url = reverse("demand:new", args=[code.firm_id]) if code.firm_id else reverse("firm:list")
        return Action(mark, title, text, url, is_main=_at_desk(viewer, code))
    if _at_work(viewer):
        return Action(mark, title, say("由企业或走访人员发布", "For firms and visitors"))
    text = say("企业、金额、期限、用途，约三分钟", "Firm, amount, term, purpose: three minutes")
    return Action(mark, title, text, reverse("scan:firm", args=[token]), is_main=True)
