"""Accounts of staff (工作人员账号): added by who manages them, the password set by a link that holds once."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from huoshui.errors import BadRequest, NotAllowed, WrongStage
from huoshui.models import Grant, Invitation, Membership, User
from huoshui.models.secrets import hashed
from huoshui.rules.phone import clean_phone
from huoshui.services.event import record
from huoshui.services.party import appoint_member, platform
from huoshui.services.sign_in import end_all_sign_ins
from huoshui.terms import Role

LINK_LIFE: Final = timedelta(days=3)
_LOGIN_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{2,39}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Invited:
    """A link's secret part, told once (邀请), and until when it holds."""

    token: str
    expires_at: datetime


@transaction.atomic
def add_person(
    *, login_name: str, name: str, phone: str, by: User, grant: Grant, appoint: Mapping[str, Any] | None = None
) -> User:
    """Add a member of staff, without a password, in a role as `appoint_member` takes it or in none (新增人员).

    Raises BadRequest, NotAllowed, and what `appoint_member` raises; then nobody is added.
    """
    if grant.role not in (Role.LEAD, Role.OPERATOR):
        raise NotAllowed("only a lead or the operator adds staff", zh="只有专班负责人或平台运维人员可以新增人员")
    login_name = login_name.strip().lower()
    if not _LOGIN_NAME.fullmatch(login_name) or login_name.startswith("phone-"):
        raise BadRequest(
            "a login name has 3 to 40 characters: a-z first, then also digits, dot, hyphen and underscore",
            field="login_name",
            zh="登录名为3至40位，以小写字母开头，可含数字、点、横线和下划线",
        )
    if User.objects.filter(login_name=login_name).exists():
        raise BadRequest("the login name is in use", field="login_name", zh="该登录名已被使用")
    if not name.strip():
        raise BadRequest("a member of staff has a name", field="name", zh="请填写姓名")
    phone = clean_phone(phone) if phone.strip() else ""
    if User.objects.with_phone(phone) is not None:
        raise BadRequest("the telephone belongs to another account", field="phone", zh="该手机号已用于其他账号")
    user = User(login_name=login_name, name=name.strip(), phone=phone, is_staff=True)
    user.set_unusable_password()
    user.save()
    record("add_person", user, by=by, organization=grant.organization_id or platform(), role=grant.role)
    if appoint is not None:
        appoint_member(user, **appoint)
    return user


def staff_by_login_name(login_name: str) -> User | None:
    """The member of staff with a login name (按登录名查人员), None for nobody: who appoints must know it."""
    return User.objects.filter(login_name=login_name.strip().lower(), is_staff=True, is_active=True).first()


@transaction.atomic
def invite(user: User, *, by: User, grant: Grant, at: datetime) -> Invited:
    """Make a link by which somebody sets a password (生成邀请链接); it ends the links before it. Raises NotAllowed."""
    _allowed_for(user, by=by, grant=grant, on=at.date())
    Invitation.objects.filter(user=user, used_at=None, expires_at__gt=at).update(expires_at=at)
    token = secrets.token_urlsafe(24)
    made = Invitation.objects.create(user=user, token_hash=hashed(token), made_by=by, made_at=at, expires_at=at + LINK_LIFE)
    basis = {"user": user.pk}
    record("invite_person", made, by=by, organization=grant.organization_id or platform(), role=grant.role, basis=basis)
    return Invited(token, made.expires_at)


def invited(token: str, *, at: datetime) -> Invitation:
    """The invitation of a link that still holds (查验邀请). Raises WrongStage."""
    current = Invitation.objects.select_related("user").filter(used_at=None, expires_at__gt=at, user__is_active=True)
    found: Invitation | None = current.filter(token_hash=hashed(token)).first()
    if found is None:
        raise WrongStage("this link is over or was used; ask for a new one", zh="链接已失效或已使用，请联系管理人重新生成")
    return found


@transaction.atomic
def accept_invitation(token: str, *, password: str, at: datetime) -> User:
    """Set the password that somebody chose by a link (设置密码), and sign them out. Raises WrongStage, BadRequest."""
    found = invited(token, at=at)
    user = found.user
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise BadRequest(" ".join(error.messages), field="password") from None
    if not Invitation.objects.filter(pk=found.pk, used_at=None).update(used_at=at):
        raise WrongStage("this link was used", zh="链接已使用")
    user.set_password(password)
    user.save(update_fields=["password"])
    end_all_sign_ins(user)
    record("set_password", user, by=user, organization=platform())
    return user


@transaction.atomic
def change_password(user: User, *, password: str) -> None:
    """Change one's own password (修改密码); the form has asked for the current one."""
    user.set_password(password)
    user.save(update_fields=["password"])
    record("set_password", user, by=user, organization=platform())


@transaction.atomic
def note_second_factor(user: User, *, session_key: str) -> None:
    """Note that a second factor was set up (启用动态口令); whoever was signed in without it elsewhere no longer is."""
    end_all_sign_ins(user, but=session_key)
    record("set_up_second_factor", user, by=user, organization=platform())


@transaction.atomic
def reset_second_factor(user: User, *, by: User, grant: Grant, on: date) -> None:
    """Remove a lost second factor (重置动态口令); at the next sign-in a new one must be set up. Raises NotAllowed."""
    _allowed_for(user, by=by, grant=grant, on=on)
    Authenticator.objects.filter(user=user).delete()
    end_all_sign_ins(user)
    record("reset_second_factor", user, by=by, organization=grant.organization_id or platform(), role=grant.role)


def _allowed_for(user: User, *, by: User, grant: Grant, on: date) -> None:
    """The operator for all staff; a lead for people who work nowhere but below the lead's task force; nobody for themselves."""
    current = Membership.objects.filter(Q(until_on=None) | Q(until_on__gte=on), user=user)
    elsewhere = current.exclude(organization__path__startswith=grant.path)
    may = grant.role is Role.OPERATOR or (
        grant.role is Role.LEAD and bool(grant.path) and current.exists() and not elsewhere.exists()
    )
    if not may or not user.is_staff or user.pk == by.pk:
        raise NotAllowed("you do not manage this person's account", zh="您不能管理该人员的账号")
