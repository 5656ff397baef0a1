"""Signing in by telephone (短信登录), and where somebody is signed in (登录会话).

A one-time password has six digits, holds for five minutes and five tries, and is kept as a keyed hash. How often one may be
asked for is counted in the database, a telephone and a network address each: no process can forget it.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models import F

from huoshui.adapters.sms import gateway
from huoshui.errors import BadRequest, NotAllowed, NotSent, TooMany, WrongPassword
from huoshui.models import OneTimePassword, SignIn, User
from huoshui.models.secrets import hashed
from huoshui.rules.phone import clean_phone
from huoshui.services.event import record
from huoshui.services.party import platform

DIGITS: Final = 6
LIFE: Final = timedelta(minutes=5)
TRIES: Final = 5
RESEND: Final = timedelta(seconds=60)
A_PHONE: Final = ((timedelta(hours=1), 5), (timedelta(days=1), 10))  # at most so many in so long
AN_ADDRESS: Final = ((timedelta(hours=1), 60), (timedelta(days=1), 300))  # many telephones share one address of a carrier
SEEN_EVERY: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class SentPassword:
    """What was sent (已发送验证码). `shown` is the password itself, only in a demonstration without a gateway, else ""."""

    expires_at: datetime
    next_at: datetime
    shown: str = ""


def send_one_time_password(phone: str, *, at: datetime, ip: str) -> SentPassword:
    """Send a one-time password to a mobile telephone (发送验证码).

    Raises BadRequest for what is no mobile number of the mainland, TooMany, NotSent.
    """
    phone = clean_phone(phone)
    password = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    phone_hash, ip_hash = hashed(phone), hashed(ip)
    with transaction.atomic():
        _refuse_too_many(phone_hash, ip_hash, at)
        try:
            with transaction.atomic():
                sent = OneTimePassword.objects.create(
                    phone_hash=phone_hash,
                    ip_hash=ip_hash,
                    password_hash=_hash(phone, password),
                    minute=int(at.timestamp() // 60),
                    sent_at=at,
                    expires_at=at + LIFE,
                )
        except IntegrityError:
            raise _too_soon() from None
        OneTimePassword.objects.filter(phone_hash=phone_hash, used_at=None).exclude(pk=sent.pk).update(expires_at=at)
    door = gateway(settings.HUOSHUI_SMS_ADDRESS, token=settings.HUOSHUI_SMS_TOKEN)
    try:
        door.send(phone, text=f"【活水】验证码{password}，5分钟内有效。工作人员不会向您索要验证码。")
    except NotSent:
        OneTimePassword.objects.filter(pk=sent.pk).update(expires_at=at)
        raise
    return SentPassword(sent.expires_at, at + RESEND, password if door.stand_in and settings.HUOSHUI_DEMO else "")


def check_one_time_password(phone: str, password: str, *, at: datetime) -> User:
    """The person whose telephone it is, made on the first success (校验验证码).

    A wrong try counts even where the caller gives up. Raises BadRequest, WrongPassword, TooMany after five tries, NotAllowed
    for staff, who sign in by login name, password and second factor, and for a blocked account.
    """
    phone = clean_phone(phone)
    current = OneTimePassword.objects.filter(phone_hash=hashed(phone), used_at=None, expires_at__gt=at)
    sent = current.order_by("-sent_at").first()
    if sent is None:
        raise WrongPassword("no valid one-time password; ask for a new one", zh="验证码已失效，请重新获取")
    if not OneTimePassword.objects.filter(pk=sent.pk, attempts__lt=TRIES, used_at=None).update(attempts=F("attempts") + 1):
        raise TooMany("too many tries; ask for a new password", zh="错误次数过多，请重新获取验证码")
    if not hmac.compare_digest(sent.password_hash, _hash(phone, password.strip())):
        raise WrongPassword("the one-time password is wrong", field="password", zh="验证码不正确")
    if not OneTimePassword.objects.filter(pk=sent.pk, used_at=None).update(used_at=at):
        raise WrongPassword("the one-time password was used", zh="验证码已使用，请重新获取")
    user = User.objects.with_phone(phone) or _signed_up(phone)
    if not user.is_active:
        raise NotAllowed("this account is blocked", zh="该账号已停用")
    if user.is_staff:
        raise NotAllowed(
            "staff sign in with login name, password and second factor", zh="工作人员请使用登录名、密码和动态口令登录"
        )
    return user


@transaction.atomic
def open_sign_in(user: User, *, session: SessionBase, device: str, at: datetime) -> SignIn:
    """Note that somebody is signed in in a browser (登记会话); `device` are words, not the browser's own description."""
    if session.session_key is None:
        session.save()  # a session that was emptied for another person has no key before
    made, _new = SignIn.objects.update_or_create(
        session_key=session.session_key, defaults={"user": user, "device": device[:60], "since_at": at, "seen_at": at}
    )
    return made


def touch_sign_in(session_key: str, *, at: datetime) -> None:
    """Note that a browser was seen, at most every ten minutes (更新会话时间)."""
    SignIn.objects.filter(session_key=session_key, seen_at__lt=at - SEEN_EVERY).update(seen_at=at)


@transaction.atomic
def end_sign_in(sign_in: SignIn, *, by: User) -> None:
    """Sign a browser out (结束会话). Raises NotAllowed for somebody else's."""
    if sign_in.user_id != by.pk:
        raise NotAllowed("this is not your sign-in", zh="只能结束本人的登录")
    Session.objects.filter(session_key=sign_in.session_key).delete()
    sign_in.delete()


@transaction.atomic
def end_all_sign_ins(user: User, *, but: str = "") -> int:
    """Sign somebody out of all browsers `but` one (结束全部会话); how many those were."""
    keys = list(SignIn.objects.filter(user=user).exclude(session_key=but).values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    SignIn.objects.filter(session_key__in=keys).delete()
    return len(keys)


@transaction.atomic
def forget_old_passwords(*, at: datetime) -> int:
    """Delete one-time passwords of which no limit asks any more (清理过期验证码), and sign-ins whose session is over."""
    alive = Session.objects.filter(expire_date__gt=at).values("session_key")
    SignIn.objects.exclude(session_key__in=alive).delete()
    found, _by_model = OneTimePassword.objects.filter(sent_at__lt=at - A_PHONE[-1][0]).delete()
    return found


def _hash(phone: str, password: str) -> str:
    return hashed(f"{phone}:{password}")


def _refuse_too_many(phone_hash: str, ip_hash: str, at: datetime) -> None:
    sent = OneTimePassword.objects.filter(sent_at__lte=at)
    if sent.filter(phone_hash=phone_hash, sent_at__gt=at - RESEND).exists():
        raise _too_soon()
    for key, value, limits in (("phone_hash", phone_hash, A_PHONE), ("ip_hash", ip_hash, AN_ADDRESS)):
        for length, most in limits:
            if value and sent.filter(**{key: value}, sent_at__gt=at - length).count() >= most:
                raise TooMany("too many passwords were asked for; try again later", zh="获取验证码过于频繁，请稍后再试")


def _too_soon() -> TooMany:
    seconds = int(RESEND.total_seconds())
    return TooMany(f"a password was just sent; wait {seconds} seconds", zh=f"验证码已发送，请{seconds}秒后再试")


def _signed_up(phone: str) -> User:
    try:
        with transaction.atomic():
            user = User(login_name=f"phone-{secrets.token_hex(8)}", phone=phone)
            user.set_unusable_password()
            user.save()
            record("sign_up", user, by=user, organization=platform())
            return user
    except IntegrityError:
        found = User.objects.with_phone(phone)
        if found is None:
            raise BadRequest("the telephone number cannot be used", field="phone", zh="该手机号无法使用") from None
        return found
