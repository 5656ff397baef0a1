"""The offices, banks and people of the demonstration (演示机构与人员)."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from django.utils import timezone

from huoshui.models import Grant, Membership, Organization, User
from huoshui.services.demo.logins import STAFF, give_way_in
from huoshui.services.event import record
from huoshui.services.party import appoint_member, found_organization, second_member
from huoshui.services.staff_account import add_person
from huoshui.terms import OrganizationKind, OrganizationLevel, Role

_K, _L = OrganizationKind, OrganizationLevel
MARK: Final = "demo"  # the code of the demonstration's platform: whether it is there
_SINCE: Final = timedelta(days=200)
_SURNAMES: Final = "陈林黄张李王吴刘蔡杨许郑谢郭洪"
_GIVEN: Final = ("晓岚", "志远", "明珠", "建安", "丽华", "子涵", "文斌", "雅婷", "国强", "静怡")


@dataclass(slots=True)
class Staff:
    """Everybody who works in the demonstration (演示人员), by login name, and the organizations by their short names."""

    operator: User
    users: dict[str, User] = field(default_factory=dict)
    offices: dict[str, Organization] = field(default_factory=dict)
    made: int = 0

    def grant(self, login: str, role: Role) -> Grant:
        """By what somebody acts."""
        return self.users[login].viewer(on=timezone.localdate()).of(role)[0]


def found_staff(counties: dict[str, str], *, on: date) -> Staff:
    """Found offices and banks, appoint their people (设立机构与任职): `counties` are names by region, the first is home."""
    operator = User(login_name=STAFF[Role.OPERATOR], name="演示运维", is_staff=True)
    operator.set_unusable_password()
    operator.save()
    platform = Organization.objects.create(name="活水平台（演示）", kind=_K.PLATFORM, level=_L.NATION, code=MARK)
    first = Membership.objects.create(user=operator, organization=platform, role=Role.OPERATOR, from_on=on - _SINCE)
    record("found_platform", platform, by=operator, organization=platform, role=Role.OPERATOR, basis={"membership": first.pk})
    staff = Staff(operator, {operator.login_name: operator}, {"platform": platform})
    give_way_in(operator)
    province = _found(staff, "province", "福建省工作专班（演示）", _K.TASK_FORCE, _L.PROVINCE, None, "35")
    city = _found(staff, "city", "厦门市工作专班（演示）", _K.TASK_FORCE, _L.CITY, province, "3502")
    for number, (region, name) in enumerate(counties.items()):
        above = city if region.startswith("3502") else province
        county = _found(staff, region, f"{name}工作专班（演示）", _K.TASK_FORCE, _L.COUNTY, above, region)
        tail = "" if number == 0 else str(number + 1)
        _appoint(staff, f"lead{tail}", Role.LEAD, county, on)
        for login in ("officer", "officer-b"):
            _appoint(staff, f"{login}{tail}", Role.OFFICER, county, on)
        for login in ("visitor", "visitor-b", "visitor-c", "visitor-d"):
            _appoint(staff, f"{login}{tail}", Role.VISITOR, county, on)
        for role, office, kind in ((Role.AUDITOR, "财政局", "auditor"), (Role.REGULATOR, "金融监管支局", "regulator")):
            made = _found(
                staff, f"{kind}{region}", f"{county.name[:3]}{office}（演示）", _K.GOVERNMENT, _L.COUNTY, None, region
            )
            _appoint(staff, f"{STAFF[role]}{tail}", role, made, on)
    _banks(staff, list(counties), on)
    return staff


def _banks(staff: Staff, regions: list[str], on: date) -> None:
    for number, name in enumerate(("甲商业银行", "乙农商银行")):
        tail = "" if number == 0 else str(number + 1)
        head = _found(staff, f"bank{number}", f"{name}（演示）", _K.BANK, _L.HEAD_OFFICE, None, "35")
        branch = _found(staff, f"branch{number}", f"{name}厦门分行", _K.BANK, _L.BRANCH, head, "3502")
        sub = _found(staff, f"sub{number}", f"{name}思明支行", _K.BANK, _L.SUB_BRANCH, branch, regions[0])
        for role in (Role.CLIENT_MANAGER, Role.REVIEWER):
            _appoint(staff, f"{STAFF[role]}{tail}", role, sub, on)
        _appoint(staff, f"{STAFF[Role.APPROVER]}{tail}", Role.APPROVER, branch, on)
    lent = _appoint(staff, "seconded", Role.CLIENT_MANAGER, staff.offices["sub0"], on)
    second_member(
        lent,
        organization=staff.offices[regions[0]],
        role=Role.VISITOR,
        seconded_from=staff.offices["sub0"],
        from_on=on - timedelta(days=30),
        until_on=on + timedelta(days=60),
        by=staff.operator,
        grant=staff.grant(staff.operator.login_name, Role.OPERATOR),
    )


def _found(  # noqa: PLR0917 - a row of the table above
    staff: Staff,
    short: str,
    name: str,
    kind: OrganizationKind,
    level: OrganizationLevel,
    parent: Organization | None,
    region: str,
) -> Organization:
    grant = staff.grant(staff.operator.login_name, Role.OPERATOR)
    made = found_organization(
        name=name, kind=kind, level=level, parent=parent, region_code=region, by=staff.operator, grant=grant
    )
    staff.offices[short] = made
    return made


def _appoint(staff: Staff, login: str, role: Role, organization: Organization, on: date) -> User:
    grant = staff.grant(staff.operator.login_name, Role.OPERATOR)
    number, staff.made = staff.made, staff.made + 1
    name = f"{_SURNAMES[number % len(_SURNAMES)]}{_GIVEN[number % len(_GIVEN)]}"
    user = add_person(login_name=login, name=name, phone=f"139{number:08}", by=staff.operator, grant=grant)
    appoint_member(user, organization=organization, role=role, from_on=on - _SINCE, by=staff.operator, grant=grant)
    give_way_in(user)
    staff.users[login] = user
    return user
