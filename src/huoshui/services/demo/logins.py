"""One login for each role of the demonstration (演示账号), with what a person types to get in."""

import time
from dataclasses import dataclass
from functools import cache
from typing import Final

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.hashers import make_password

from huoshui.models import FirmMember, User
from huoshui.terms import Role

PASSWORD: Final = "Huoshui-demo-2026"  # noqa: S105 - of made-up people, in a site that says so on every page
SECRET: Final = "HUOSHUIDEMOHUOSHUIDEMOHUOSHUIDEM"  # noqa: S105 - the same; base32
STAFF: Final = {
    Role.LEAD: "lead",
    Role.OFFICER: "officer",
    Role.VISITOR: "visitor",
    Role.CLIENT_MANAGER: "manager",
    Role.REVIEWER: "reviewer",
    Role.APPROVER: "approver",
    Role.AUDITOR: "auditor",
    Role.REGULATOR: "regulator",
    Role.OPERATOR: "operator",
}
OWNER, AGENT, PASSER_BY = "13800000001", "13800000002", "13800000003"


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """A way in (演示登录): by name and password with a code, or by telephone with the password that the page then shows."""

    role: str
    name: str
    code: str = ""


def demo_logins() -> tuple[DemoLogin, ...]:
    """The logins, with the codes of this half minute (演示账号); none where the site holds no demonstration."""
    there = set(User.objects.filter(login_name__in=STAFF.values()).values_list("login_name", flat=True))
    if there != set(STAFF.values()):
        return ()
    code = totp.format_hotp_value(totp.hotp_value(SECRET, int(time.time()) // 30))
    owners = {Role.LEGAL_REPRESENTATIVE: OWNER, Role.AGENT: AGENT}
    return (
        *(DemoLogin(role.value, name, code) for role, name in STAFF.items()),
        *(DemoLogin(role.value, phone) for role, phone in owners.items() if _speaks(phone)),
    )


def give_way_in(user: User) -> None:
    """The password and the authenticator of the demonstration (设置演示登录)."""
    user.password = _hashed_once()
    user.save(update_fields=["password"])
    if not Authenticator.objects.filter(user=user).exists():
        totp.TOTP.activate(user, SECRET)


@cache
def _hashed_once() -> str:
    """One hash for all of them: fifty slow ones would take longer than all the rest."""
    return make_password(PASSWORD)


def _speaks(phone: str) -> bool:
    user = User.objects.with_phone(phone)
    return user is not None and FirmMember.objects.filter(user=user).exists()
