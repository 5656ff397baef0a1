"""A small world for tests of the site: two counties and two banks with everybody who works there; all of it is synthetic.

`county_world()` writes it into the test database. `home` and `away` have the same parts: whoever belongs to one must never see
what belongs to the other.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any, Final

from django.test import Client
from django.utils import timezone

from huoshui.models import Firm, FirmMember, FirmShare, Membership, Organization, User
from huoshui.rules.resident_id import resident_id_check
from huoshui.rules.uscc import check_uscc
from huoshui.terms import EntityKind, OrganizationKind, OrganizationLevel, Role, SizeClass, StatusClass

SINCE: Final = date(2025, 1, 1)
PROVINCE: Final = "35"
HOME, AWAY = "350203", "350582"
TASK_FORCE_ROLES: Final = (Role.LEAD, Role.OFFICER, Role.VISITOR)
BANK_ROLES: Final = (Role.CLIENT_MANAGER, Role.REVIEWER, Role.APPROVER)
FIRM_ROLES: Final = (Role.LEGAL_REPRESENTATIVE, Role.AGENT)
COUNTY_ROLES: Final = (*TASK_FORCE_ROLES, Role.AUDITOR, Role.REGULATOR)


@dataclass(slots=True)
class County:
    """A county (县区): its offices, its firms, and one user a role; firm 0 has a legal representative and an agent."""

    region: str
    task_force: Organization
    townships: list[Organization]
    finance_office: Organization
    regulator: Organization
    users: dict[Role, User] = field(default_factory=dict)
    firms: list[Firm] = field(default_factory=list)


@dataclass(slots=True)
class Bank:
    """A bank (银行): head office, branch, sub-branch, and one user a role, all in the sub-branch."""

    head_office: Organization
    branch: Organization
    sub_branch: Organization
    users: dict[Role, User] = field(default_factory=dict)


@dataclass(slots=True)
class World:
    """Everything (全部): `home` and `away` are alike. Firm 0 of each county is shared with the sub-branch there."""

    province: Organization
    platform: Organization
    operator: User
    stranger: User  # signed in by telephone, speaks for nobody yet
    home: County
    away: County
    home_bank: Bank
    away_bank: Bank

    def county(self, *, home: bool = True) -> County:
        """One side's county."""
        return self.home if home else self.away

    def bank(self, *, home: bool = True) -> Bank:
        """One side's bank."""
        return self.home_bank if home else self.away_bank

    def user(self, role: Role, *, home: bool = True) -> User:
        """The one user of a role on one side; the operator stands for both."""
        if role is Role.OPERATOR:
            return self.operator
        return (self.bank(home=home) if role in BANK_ROLES else self.county(home=home)).users[role]


def county_world() -> World:
    """Write the world and return it (测试县区)."""
    numbers = count(1)
    province = _office(None, "福建省工作专班", OrganizationKind.TASK_FORCE, OrganizationLevel.PROVINCE, PROVINCE)
    platform = _office(None, "平台运营中心", OrganizationKind.PLATFORM, OrganizationLevel.NATION, "")
    operator = person(numbers, "operator", staff=True)
    _works(operator, platform, Role.OPERATOR)
    home, away = (_county(province, region, numbers) for region in (HOME, AWAY))
    banks = [_bank(name, county, numbers) for name, county in (("甲银行", home), ("乙银行", away))]
    return World(province, platform, operator, person(numbers, "stranger"), home, away, *banks)


def found_world() -> World:
    """The world that is there already (已有的测试县区), for a process that did not make it."""
    users = {x.login_name: x for x in User.objects.all()}
    offices = {(x.name, x.region_code): x for x in Organization.objects.order_by("pk")}
    home, away = (
        County(
            region,
            offices[f"{region}工作专班", region],
            [offices[f"{region}00{x}街道", f"{region}00{x}"] for x in (1, 2)],
            offices[f"{region}财政局", region],
            offices[f"{region}金融监管支局", region],
            {x: users[f"{x.value}-{region}"] for x in (*COUNTY_ROLES, *FIRM_ROLES)},
            list(Firm.objects.filter(region_code__startswith=region).order_by("pk")[:4]),
        )
        for region in (HOME, AWAY)
    )
    banks = [
        Bank(offices[name, ""], offices[f"{name}福建省分行", PROVINCE], offices[f"{name}{region}支行", region],
             {x: users[f"{x.value}-{region}"] for x in BANK_ROLES})
        for name, region in (("甲银行", HOME), ("乙银行", AWAY))
    ]  # fmt: skip
    province, platform = offices["福建省工作专班", PROVINCE], offices["平台运营中心", ""]
    return World(province, platform, users["operator"], users["stranger"], home, away, *banks)


def person(numbers: Iterator[int], login_name: str, *, staff: bool = False) -> User:
    """A person with a made-up name, telephone and identity number (虚构人员); has no password."""
    number = next(numbers)
    digits = f"3502031990{number % 12 + 1:02}{number % 28 + 1:02}{number:03}"
    user = User(
        login_name=login_name,
        name=f"测试{'甲乙丙丁戊己庚辛壬癸'[number % 10]}{number}",
        phone=f"138{number:08}",
        is_staff=staff,
    )
    user.id_number = digits + resident_id_check(digits)
    user.set_unusable_password()
    user.save()
    return user


def uscc(region: str, number: int, *, kind: str = "91") -> str:
    """A valid unified social credit code of a region (虚构代码): 91 an enterprise, 92 a sole trader."""
    body = f"{kind}{region}MA{number:06}"
    inner = next(x for x in "0123456789X" if check_uscc(f"{body}{x}0").organisation_check)
    outer = check_uscc(f"{body}{inner}0").expected_check
    return f"{body}{inner}{outer}"


def firm(region: str, number: int, *, name: str = "", **given: Any) -> Firm:
    """One more synthetic firm in a county or township (虚构企业)."""
    return Firm.objects.create(
        uscc=uscc(region[:6].ljust(6, "0"), number),
        name=name or f"测试{number}号商行有限公司",
        initials=f"cs{number}hshyxgs",
        kind=EntityKind.ENTERPRISE,
        status=StatusClass.OPERATING,
        size_class=SizeClass.MICRO,
        industry_code="F5211",
        established_on=date(2019, 5, 6),
        region_code=region,
        representative_name=f"测试{number}",
        synthetic=True,
        **given,
    )


def signed_in(client: Client, user: User) -> Client:
    """The client, signed in as a person who has passed every factor that the person needs (已登录)."""
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    methods = ["password", "mfa"] if user.is_staff else ["phone"]
    session["account_authentication_methods"] = [{"method": x, "at": time.time()} for x in methods]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


def _office(
    parent: Organization | None, name: str, kind: OrganizationKind, level: OrganizationLevel, region: str
) -> Organization:
    made = Organization.objects.create(name=name, kind=kind, level=level, parent=parent, region_code=region)
    made.path = f"{parent.path if parent else '/'}{made.pk}/"
    made.save(update_fields=["path"])
    return made


def _works(user: User, organization: Organization, role: Role) -> Membership:
    return Membership.objects.create(user=user, organization=organization, role=role, from_on=SINCE)


def _county(province: Organization, region: str, numbers: Iterator[int]) -> County:
    government, county = OrganizationKind.GOVERNMENT, OrganizationLevel.COUNTY
    force = _office(province, f"{region}工作专班", OrganizationKind.TASK_FORCE, county, region)
    townships = [
        _office(force, f"{region}00{x}街道", OrganizationKind.TASK_FORCE, OrganizationLevel.TOWNSHIP, f"{region}00{x}")
        for x in (1, 2)
    ]
    finance = _office(None, f"{region}财政局", government, county, region)
    regulator = _office(None, f"{region}金融监管支局", government, county, region)
    made = County(region, force, townships, finance, regulator)
    places = {Role.VISITOR: townships[0], Role.AUDITOR: finance, Role.REGULATOR: regulator}
    for role in COUNTY_ROLES:
        made.users[role] = person(numbers, f"{role.value}-{region}", staff=True)
        _works(made.users[role], places.get(role, force), role)
    made.firms = [firm(f"{region}00{1 + x % 2}", next(numbers)) for x in range(4)]
    for role in FIRM_ROLES:
        made.users[role] = person(numbers, f"{role.value}-{region}")
        FirmMember.objects.create(user=made.users[role], firm=made.firms[0], role=role, from_on=SINCE)
    return made


def _bank(name: str, county: County, numbers: Iterator[int]) -> Bank:
    bank = OrganizationKind.BANK
    head = _office(None, name, bank, OrganizationLevel.HEAD_OFFICE, "")
    branch = _office(head, f"{name}福建省分行", bank, OrganizationLevel.BRANCH, PROVINCE)
    sub_branch = _office(branch, f"{name}{county.region}支行", bank, OrganizationLevel.SUB_BRANCH, county.region)
    made = Bank(head, branch, sub_branch)
    for role in BANK_ROLES:
        made.users[role] = person(numbers, f"{role.value}-{county.region}", staff=True)
        _works(made.users[role], sub_branch, role)
    FirmShare.objects.create(firm=county.firms[0], organization=sub_branch, since_at=timezone.now())
    return made
