"""One person's data (个人信息): all of it told to the person, and erased where the law allows.

What is erased and what stays is said before it is done, with the reason; the same list is worked through and shown.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final

from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.db import models, transaction
from django.db.models import Q

from huoshui.errors import WrongStage
from huoshui.models import (
    BusinessAuthentication,
    Consent,
    Demand,
    Event,
    FirmMember,
    Invitation,
    Membership,
    OneTimePassword,
    PowerOfAttorney,
    SavedView,
    SignIn,
    User,
    Visit,
)
from huoshui.services.consent import withdraw_consent
from huoshui.services.event import record
from huoshui.services.party import platform
from huoshui.services.photo import forget_photo
from huoshui.services.sign_in import end_all_sign_ins
from huoshui.terms import AuthenticationStage, DemandStage, Term

_ENDED: Final = (DemandStage.DRAFT, DemandStage.CLOSED, DemandStage.WITHDRAWN, DemandStage.REJECTED)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record about a person (信息类别): whose rows they are and which fields are told, each with its two names."""

    name: str
    zh: str
    en: str
    model: type[models.Model]
    whose: str
    fields: tuple[tuple[str, str, str], ...]


KINDS: Final = (
    Kind("account", "账户", "Account", User, "pk", (
        ("login_name", "登录名", "login name"), ("name", "姓名", "name"), ("phone", "手机号", "phone"),
        ("id_number", "公民身份号码", "identity number"), ("joined_at", "注册时间", "joined"),
    )),
    Kind("roles", "任职", "Roles", Membership, "user", (
        ("organization__name", "机构", "organization"), ("role", "角色", "role"), ("from_on", "开始", "from"),
        ("until_on", "结束", "until"), ("seconded_from__name", "借调自", "seconded from"),
    )),
    Kind("firms", "所代表企业", "Firms", FirmMember, "user", (
        ("firm__name", "企业", "firm"), ("role", "身份", "capacity"), ("from_on", "开始", "from"),
        ("until_on", "结束", "until"),
    )),
    Kind("authentications", "经营主体认证", "Authentications", BusinessAuthentication, "user", (
        ("uscc", "统一社会信用代码", "credit code"), ("person_name", "姓名", "name"),
        ("person_id", "公民身份号码", "identity number"), ("stage", "阶段", "stage"), ("started_at", "发起时间", "started"),
    )),
    Kind("powers", "授权委托", "Powers of attorney", PowerOfAttorney, "agent", (
        ("firm__name", "企业", "firm"), ("agent_name", "姓名", "name"), ("agent_phone", "手机号", "phone"),
        ("from_on", "开始", "from"), ("until_on", "结束", "until"), ("stage", "阶段", "stage"),
    )),
    Kind("demands", "填写的融资需求", "Demands written", Demand, "created_by", (
        ("firm__name", "企业", "firm"), ("contact_name", "联系人", "contact"), ("contact_phone", "联系电话", "contact's phone"),
        ("created_at", "填写时间", "written"), ("stage", "阶段", "stage"),
    )),
    Kind("visits", "登记的走访", "Visits recorded", Visit, "visitor", (
        ("firm__name", "企业", "firm"), ("visited_at", "走访时间", "visited"),
    )),
    Kind("consents", "同意记录", "Consents", Consent, "user", (
        ("purpose", "事项", "purpose"), ("version", "版本", "version"), ("given_at", "同意时间", "given"),
        ("withdrawn_at", "撤回时间", "withdrawn"),
    )),
    Kind("devices", "登录设备", "Devices", SignIn, "user", (
        ("device", "设备", "device"), ("since_at", "登录时间", "since"), ("seen_at", "最近使用", "last seen"),
    )),
    Kind("views", "列表视图", "Saved views", SavedView, "user", (("name", "名称", "name"),)),
    Kind("acts", "办理记录", "Acts", Event, "actor", (
        ("at", "时间", "time"), ("act", "事项", "act"), ("organization__name", "机构", "organization"),
        ("subject_kind", "对象", "about"), ("subject_id", "编号", "number"),
    )),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """The rows of one kind (信息清单)."""

    kind: Kind
    rows: list[dict[str, Any]]


def personal_data(user: User) -> list[Told]:
    """Everything that is on record about a person, in plain, the newest first (本人信息): for the person alone.

    What staff wrote down about the contacts of firms is those people's, and is not told.
    """
    found = []
    for kind in KINDS:
        names = [x for x, _zh, _en in kind.fields if not (user.is_staff and x.startswith("contact_"))]
        found.append(Told(kind, list(_rows(kind, user).order_by("-pk").values(*names))))
    return found


def as_json(told: list[Told], *, at: datetime) -> dict[str, Any]:
    """The same as JSON sees it (导出)."""
    kinds = [{"kind": x.kind.name, "zh": x.kind.zh, "rows": [_plain(row) for row in x.rows]} for x in told]
    return {"format": "huoshui personal data 1", "exported_at": at.isoformat(), "kinds": kinds}


@dataclass(frozen=True, slots=True)
class Kept:
    """What stays after an erasure, and why (保留事项)."""

    zh: str
    en: str
    why_zh: str
    why_en: str


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure takes away and what stays (注销清单)."""

    erased: tuple[tuple[str, str], ...]
    kept: tuple[Kept, ...]
    hindered: tuple[tuple[str, str], ...] = field(default=())  # what must be settled first


ERASED: Final = (
    ("姓名、手机号、公民身份号码和登录方式", "name, phone, identity number and every way to sign in"),
    ("登录设备、短信验证码记录、列表视图", "devices, records of text messages, saved views"),
    ("未通过的经营主体认证中的照片和身份信息", "photographs and identity of authentications that did not pass"),
    ("未提交的需求草稿中的联系人和电话", "contact and phone in drafts that were never handed in"),
)
KEPT: Final = (
    Kept(
        "办理记录（谁在何时办理了何事，只有编号，没有姓名）",
        "the log of acts: who did what and when, by number, without a name",
        "各环节须留痕备查，记录相互校验，删除一条会使其余失去证明力",
        "every step must be traceable; the entries vouch for each other, and without one the others prove nothing",
    ),
    Kept(
        "同意与撤回同意的记录", "records of consents given and withdrawn",
        "用于证明处理有依据（个人信息保护法第十四条、第五十五条）", "they prove that what was done had a basis",
    ),
    Kept(
        "已通过的经营主体认证和授权委托", "authentications that passed, and powers of attorney",
        "企业与银行据此办理了融资，保存期内须能证明由谁代表；期间只保存、不另作他用（个人信息保护法第四十七条第二款）",
        "firms and banks acted on them: it must stay provable who spoke for the firm; they are kept and not used otherwise",
    ),
    Kept(
        "已提交银行的融资需求", "demands that went to banks",
        "属于企业的办理档案，由企业和银行依法保存",
        "they belong to the firm's file and are kept by firm and bank under the law",
    ),
)  # fmt: skip


def plan_erasure(user: User, *, on: date) -> Erasure:
    """What erasing a person's data would do, and what must be settled before (注销前告知)."""
    hindered = []
    if user.memberships.filter(Q(until_on=None) | Q(until_on__gte=on)).exists():
        hindered.append(("您仍在任职，请先由管理人结束任职", "you still work here; let your lead end your role first"))
    if _alone_with_open_demands(user, on):
        hindered.append(
            ("您代表的企业还有在办的融资需求，请先办结、撤回或另行委托", "a firm for which only you speak has an open demand")
        )
    return Erasure(ERASED, KEPT, tuple(hindered))


@transaction.atomic
def erase_personal_data(user: User, *, at: datetime, on: date) -> Erasure:
    """Close a person's account and erase what need not stay (注销账户). Raises WrongStage where something comes first."""
    user = User.objects.select_for_update().get(pk=user.pk)
    plan = plan_erasure(user, on=on)
    if plan.hindered or user.erased_at is not None:
        zh, en = plan.hindered[0] if plan.hindered else ("账户已注销", "the account is closed already")
        raise WrongStage(en, zh=zh)
    for consent in Consent.objects.filter(user=user, withdrawn_at=None):
        withdraw_consent(user, consent.purpose, at=at)
    end_all_sign_ins(user)
    _forget_ways_in(user)
    photos = _erase_authentications(user)
    drafts = Demand.objects.filter(created_by=user, stage=DemandStage.DRAFT).update(contact_name="", contact_phone="")
    ended = FirmMember.objects.filter(Q(until_on=None) | Q(until_on__gt=on), user=user).update(until_on=on - timedelta(days=1))
    user.login_name, user.name, user.phone, user.id_number = f"erased-{user.pk}", "", "", ""
    user.is_active, user.erased_at = False, at
    user.set_unusable_password()
    user.save()
    record("erase_personal_data", user, by=user, organization=platform(), basis={"drafts": drafts, "firms": ended})
    for photo in photos:
        transaction.on_commit(partial(forget_photo, photo))
    return plan


def _forget_ways_in(user: User) -> None:
    Authenticator.objects.filter(user=user).delete()
    Invitation.objects.filter(user=user).delete()
    SavedView.objects.filter(user=user).delete()
    OneTimePassword.objects.filter(phone_hash=user.phone_hash).exclude(phone_hash="").delete()
    for log in (AccessAttempt, AccessFailureLog, AccessLog):
        log.objects.filter(username=user.login_name).delete()


def _erase_authentications(user: User) -> list[str]:
    """Blank what did not pass; the photographs that no other record shows."""
    kept = (AuthenticationStage.AUTHENTICATED, AuthenticationStage.ENDED)
    gone = list(BusinessAuthentication.objects.filter(user=user).exclude(stage__in=kept))
    for row in gone:
        row.read_text = row.confirmed_text = row.person_name = row.person_id = row.decision_note = ""
        if row.is_open:
            row.move_to(AuthenticationStage.WITHDRAWN)
        row.save()
    shown = set(BusinessAuthentication.objects.exclude(pk__in=[x.pk for x in gone]).values_list("photo", flat=True))
    return sorted({x.photo for x in gone if x.photo} - shown)


def _alone_with_open_demands(user: User, on: date) -> bool:
    current = Q(from_on__lte=on) & (Q(until_on=None) | Q(until_on__gte=on))
    others = FirmMember.objects.filter(current).exclude(user=user).values("firm_id")
    alone = FirmMember.objects.filter(current, user=user).exclude(firm_id__in=others).values("firm_id")
    return Demand.objects.filter(firm_id__in=alone).exclude(stage__in=_ENDED).exists()


def _rows(kind: Kind, user: User) -> models.QuerySet[Any]:
    manager = kind.model._meta.default_manager
    if manager is None:
        raise TypeError(f"{kind.name} has no manager")
    return manager.filter(**{kind.whose: user.pk})


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {x.replace("__name", ""): _value(y) for x, y in row.items()}


def _value(value: Any) -> Any:
    if isinstance(value, Term):
        return value.value
    return value.isoformat() if isinstance(value, date) else value
