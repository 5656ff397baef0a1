"""The navigation of every page (导航): which ways a role has, and as whom one acts."""

from dataclasses import dataclass
from typing import Final

from django.urls import NoReverseMatch, reverse

from huoshui.models import Notice, Organization, Viewer
from huoshui.terms import Role
from huoshui.web.language import said, say

_TASK_FORCE: Final = (Role.OFFICER, Role.LEAD)
_BANK: Final = (Role.CLIENT_MANAGER, Role.REVIEWER, Role.APPROVER)
_WATCHES: Final = (Role.AUDITOR, Role.REGULATOR)
_FIRM: Final = (Role.LEGAL_REPRESENTATIVE, Role.AGENT)
NOTICED: Final = (*_TASK_FORCE, *_BANK, Role.REGULATOR)  # who has a page of notices to the organization
_SHOWN_NOTICES: Final = 99


@dataclass(frozen=True, slots=True)
class Way:
    """One entry of the navigation (导航项): the name of its page, what it says, who has it; () is everybody who signed in."""

    page: str
    label: str
    roles: tuple[Role, ...] = ()


@dataclass(frozen=True, slots=True)
class Unread:
    """The notices that nobody has read yet (未读通知): where they are, and how many, at most "99+"."""

    url: str
    count: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A way as it is drawn (导航条目)."""

    url: str
    label: str
    here: bool


WAYS: Final = (
    Way("home:home", said("首页", "Home")),
    Way("visit:today", said("今日走访", "Today"), (Role.VISITOR,)),
    Way("firm:list", said("经营主体", "Firms"), (Role.VISITOR, *_TASK_FORCE, *_BANK, *_WATCHES)),
    Way("campaign:list", said("走访任务", "Campaigns"), (*_TASK_FORCE, *_WATCHES)),
    Way("visit:list", said("走访记录", "Visits"), (*_TASK_FORCE, *_WATCHES)),
    Way("demand:list", said("融资需求", "Demands"), (*_TASK_FORCE, *_BANK, *_WATCHES)),
    Way("demand:mine", said("我的需求", "My demands"), _FIRM),
    Way("review:list", said("审核推荐", "Review"), _TASK_FORCE),
    Way("push:list", said("银行办理", "At the banks"), (*_TASK_FORCE, *_BANK)),
    Way("repair:list", said("帮扶修复", "Repair"), _TASK_FORCE),
    Way("clock:list", said("办理时限", "Deadlines"), (*_TASK_FORCE, *_BANK)),
    Way("authentication:list", said("主体认证", "Authentication"), _TASK_FORCE),
    Way("loan_code:list", said("贷款码", "Loan codes"), (*_TASK_FORCE, Role.CLIENT_MANAGER, Role.APPROVER, Role.OPERATOR)),
    Way("organization:list", said("机构与人员", "Organizations"), (Role.LEAD, Role.OPERATOR)),
    Way("token:list", said("系统对接", "Integration"), (Role.LEAD, Role.OPERATOR)),
    Way("story:list", said("办理记录", "Events"), (Role.LEAD, *_WATCHES, Role.OPERATOR)),
)


def page_address(name: str) -> str:
    """The address of a page by its name (页面地址), "" where the site has no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def navigation(viewer: Viewer, *, path: str) -> list[Entry]:
    """The viewer's ways (导航); the one that holds the page at hand is marked."""
    if viewer.user_id is None:
        return []
    ways = [(page_address(x.page), x.label) for x in WAYS if not x.roles or viewer.has(*x.roles)]
    found = [(url, label) for url, label in ways if url]
    here = max((url for url, _ in found if path == url or (url != "/" and path.startswith(url))), key=len, default="")
    return [Entry(url, str(label), url == here) for url, label in found]


def acting(viewer: Viewer) -> str:
    """As whom one acts (当前身份): the first two roles and where they are held."""
    shown = viewer.grants[:2]
    names = dict(
        Organization.objects.visible_to(viewer)
        .filter(pk__in=[x.organization_id for x in shown if x.organization_id])
        .values_list("pk", "name")
    )
    parts = [" ".join(filter(None, (names.get(x.organization_id), say(x.role.zh, x.role.en)))) for x in dict.fromkeys(shown)]
    more = len(viewer.grants) - len(shown)
    return say("、", ", ").join(parts) + (say(f" 等 {more + 2} 项", f" and {more} more") if more > 0 else "")


def unread_notices(viewer: Viewer) -> Unread | None:
    """What the head of a page says of notices (未读提示), None where there are none or the viewer has no page of them.

    One query, which counts no further than is shown.
    """
    works = any(x.organization_id and x.role in NOTICED for x in viewer.grants)
    url = page_address("clock:notices" if works else "demand:mine") if works or viewer.has(*_FIRM) else ""
    if not url:
        return None
    rows = Notice.objects.visible_to(viewer).filter(read_at=None, organization__isnull=not works)
    count = rows[: _SHOWN_NOTICES + 1].count()
    return Unread(url, str(count) if count <= _SHOWN_NOTICES else f"{_SHOWN_NOTICES}+") if count else None
