"""What the library of sign-in does the house's way (登录适配): words, sealed second factors, noted sign-ins, closed sign-up."""

import time
from typing import Any, ClassVar

import segno
from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone

from huoshui.models import User
from huoshui.models.secrets import seal, unseal
from huoshui.services.sign_in import open_sign_in
from huoshui.services.staff_account import change_password
from huoshui.web.client import device_of
from huoshui.web.language import said, say


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-in of staff by login name and password (账号适配)."""

    error_messages: ClassVar = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": said("登录名或密码不正确", "The login name or the password is wrong"),
        "account_inactive": said("该账号已停用", "This account is blocked"),
        "incorrect_password": said("密码不正确", "The password is wrong"),
        "enter_current_password": said("当前密码不正确", "The current password is wrong"),
        "too_many_login_attempts": said("登录失败次数过多，请稍后再试", "Too many failed tries; try again later"),
        "rate_limited": said("操作过于频繁，请稍后再试", "Too many tries in too short a time; try again later"),
        "incorrect_code": said("动态口令不正确", "The code is wrong"),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: staff are invited, owners sign in by telephone."""
        del request
        return False

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in, and note it."""
        super().login(request, user)
        open_sign_in(user, session=request.session, device=device_of(request), at=timezone.now())

    def is_reauthentication_required(self, *, app: str, **_: Any) -> bool:
        """Not for whoever gave the password within the last minutes: it is not asked for twice in a row."""
        del app
        since = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
        given = get_authentication_records(self.request, self.request.user)
        return not any(x.get("method") == "password" and x["at"] > since for x in given)

    def set_password(self, user: User, password: str) -> None:
        """Change one's own password."""
        change_password(user, password=password)

    def add_message(self, request: HttpRequest, level: int, *args: Any, **given: Any) -> None:
        """The house's own words for what the library tells; what needs no telling is not told."""
        template = str(given.get("message_template") or (args[0] if args else "") or "")
        known = {
            "account/messages/password_changed.txt": say("密码已修改", "The password was changed"),
            "mfa/messages/totp_activated.txt": say("动态口令已启用", "The authenticator is set up"),
            "mfa/messages/recovery_codes_generated.txt": say("已生成新的备用码", "New recovery codes were made"),
        }
        if template in known:
            messages.add_message(request, level, known[template])


class TotpAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """The second factor of staff (动态口令适配): its secret is sealed, and nobody of staff is without it."""

    error_messages: ClassVar = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": said("动态口令不正确，请核对手机时间后重试", "The code is wrong; check the clock of your telephone"),
        "cannot_delete_authenticator": said("工作人员必须使用动态口令", "Staff cannot do without a second factor"),
    }

    def encrypt(self, text: str) -> str:
        """Seal."""
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open."""
        return unseal(encrypted_text)

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """Only for people who are no staff."""
        return not authenticator.user.is_staff

    def get_totp_label(self, user: User) -> str:
        """The login name."""
        return user.login_name

    def build_totp_svg(self, url: str) -> str:
        """The QR code that an authenticator scans."""
        return str(segno.make(url, error="m").svg_inline(scale=5, border=3, dark="#0b1f44", light="#ffffff"))
