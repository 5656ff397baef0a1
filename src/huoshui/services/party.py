"""Organizations and who works in them (机构与任职): found, move and close; appoint, second and end.

Every act is done by the operator, for any organization, or by the lead of a task force, for it and what is below it. Nobody
appoints themselves: whoever runs the platform shall not let themselves in to the data of firms.
"""

from datetime import date, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Substr

from huoshui.errors import BadChoice, BadDate, BadRequest, NotAllowed, WrongStage
from huoshui.models import Grant, Membership, Organization, User
from huoshui.rules.party import ROLES, levels_below, region_fits
from huoshui.services.event import record
from huoshui.terms import OrganizationKind, OrganizationLevel, Role

PLATFORM_NAME: Final = "平台运营方"


def platform() -> Organization:
    """The organization that runs the platform (平台运营方): in its chain stand acts that belong to no office and no bank."""
    found = Organization.objects.filter(kind=OrganizationKind.PLATFORM, parent=None).order_by("pk").first()
    return found or Organization.objects.create(
        name=PLATFORM_NAME, kind=OrganizationKind.PLATFORM, level=OrganizationLevel.NATION
    )


def manages(grant: Grant, *, organization: Organization) -> bool:
    """Whether a grant lets its holder manage an organization (可否管理机构)."""
    if grant.role is Role.OPERATOR:
        return True
    return grant.role is Role.LEAD and bool(grant.path) and organization.path.startswith(grant.path)


@transaction.atomic
def found_organization(
    *,
    name: str,
    kind: OrganizationKind,
    level: OrganizationLevel,
    parent: Organization | None,
    region_code: str,
    by: User,
    grant: Grant,
    code: str = "",
) -> Organization:
    """Add an organization to the tree (设立机构). Raises NotAllowed, BadRequest, BadChoice."""
    _allowed_at(grant, parent)
    if parent is not None:
        parent = Organization.objects.select_for_update().get(pk=parent.pk)
        _refuse_closed(parent)
    _check_place(kind, level, region_code, parent)
    twin = Organization.objects.filter(Q(parent=parent, name=name) | (Q(code=code) & ~Q(code="")))
    if not name.strip() or twin.exists():
        raise BadRequest(
            "the name or the code is empty or in use at this place of the tree",
            field="name",
            zh="名称或代码为空，或在此处已被使用",
        )
    made = Organization.objects.create(
        name=name.strip(), kind=kind, level=level, parent=parent, region_code=region_code, code=code
    )
    record("found_organization", made, by=by, organization=made, role=grant.role)
    return made


@transaction.atomic
def move_organization(organization: Organization, *, under: Organization, by: User, grant: Grant) -> Organization:
    """Put an organization, with all that is below it, under another one (调整隶属). Raises NotAllowed, BadRequest."""
    both = Organization.objects.select_for_update().filter(pk__in=[organization.pk, under.pk]).order_by("pk")
    locked = {x.pk: x for x in both}
    organization, under = locked[organization.pk], locked[under.pk]
    _allowed_at(grant, organization)
    _allowed_at(grant, under)
    _refuse_closed(under)
    if under.path.startswith(organization.path):
        raise BadRequest("an organization cannot stand below itself", field="under", zh="机构不能隶属于自身或其下级")
    _check_place(organization.kind, organization.level, organization.region_code, under)
    if Organization.objects.filter(parent=under, name=organization.name).exclude(pk=organization.pk).exists():
        raise BadRequest("the name is in use there", field="under", zh="该处已有同名机构")
    old, new = organization.path, f"{under.path}{organization.pk}/"
    before = organization.parent_id
    Organization.objects.filter(pk=organization.pk).update(parent=under)
    Organization.objects.filter(path__startswith=old).update(path=Concat(Value(new), Substr(F("path"), len(old) + 1)))
    organization.refresh_from_db()
    basis = {"from": before, "under": under.pk}
    record("move_organization", organization, by=by, organization=organization, role=grant.role, basis=basis)
    return organization


@transaction.atomic
def close_organization(organization: Organization, *, on: date, by: User, grant: Grant) -> Organization:
    """Close an organization that has nothing open below it, from a day on; whoever works there ends the day before (撤销机构).

    Raises NotAllowed, WrongStage.
    """
    organization = Organization.objects.select_for_update().get(pk=organization.pk)
    _allowed_at(grant, organization)
    if grant.role is Role.LEAD and organization.path == grant.path:
        raise NotAllowed("a lead does not close the own task force", zh="不能撤销本人负责的专班")
    _refuse_closed(organization)
    if Organization.objects.filter(parent=organization, closed_on=None).exists():
        raise WrongStage("close what is below it first", zh="请先撤销下级机构")
    ended = 0
    for membership in _lasting(organization, on):
        _end(membership, last=on - timedelta(days=1))
        ended += 1
    organization.closed_on = on
    organization.save(update_fields=["closed_on"])
    basis = {"on": on.isoformat(), "memberships": ended}
    record("close_organization", organization, by=by, organization=organization, role=grant.role, basis=basis)
    return organization


@transaction.atomic
def appoint_member(
    user: User,
    *,
    organization: Organization,
    role: Role,
    from_on: date,
    by: User,
    grant: Grant,
    until_on: date | None = None,
    region_code: str = "",
    seconded_from: Organization | None = None,
) -> Membership:
    """Give somebody a role in an organization from a day on (任职); `region_code` narrows it to a part of its region.

    Raises NotAllowed, BadChoice for a role that the kind of organization does not have, BadDate, BadRequest.
    """
    _allowed_at(grant, organization)
    _refuse_closed(organization)
    if user.pk == by.pk:
        raise NotAllowed("nobody appoints themselves", zh="不能为本人办理任职")
    if role not in ROLES[organization.kind]:
        raise BadChoice("this kind of organization has no such role", field="role", zh="该类机构没有此角色")
    _check_limits(organization, region_code=region_code, from_on=from_on, until_on=until_on)
    made = Membership(
        user=user,
        organization=organization,
        role=role,
        seconded_from=seconded_from,
        region_code=region_code,
        from_on=from_on,
        until_on=until_on,
    )
    if _held_already(made):
        raise BadRequest("the person holds this role there at that time", field="role", zh="该人员在此期间已任此角色")
    made.save()
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.is_staff = True
    act = "second_member" if seconded_from else "appoint_member"
    record(act, made, by=by, organization=organization, role=grant.role, basis=_terms_of(made))
    return made


def second_member(
    user: User,
    *,
    organization: Organization,
    role: Role,
    seconded_from: Organization,
    from_on: date,
    until_on: date,
    by: User,
    grant: Grant,
) -> Membership:
    """Lend somebody to another organization for a time (借调); the post at home stays. Raises as `appoint_member` does."""
    home = Membership.objects.filter(user=user, organization=seconded_from, seconded_from=None, from_on__lte=from_on)
    if seconded_from.pk == organization.pk or not home.filter(Q(until_on=None) | Q(until_on__gte=from_on)).exists():
        raise BadRequest(
            "the person does not work there on that day", field="seconded_from", zh="该人员当日不在所填派出单位任职"
        )
    return appoint_member(
        user,
        organization=organization,
        role=role,
        from_on=from_on,
        until_on=until_on,
        seconded_from=seconded_from,
        by=by,
        grant=grant,
    )


@transaction.atomic
def end_membership(membership: Membership, *, last_on: date, by: User, grant: Grant) -> None:
    """Let a role end with a last day (结束任职); one whose first day is later never begins. Raises NotAllowed, WrongStage."""
    membership = Membership.objects.select_for_update().select_related("organization").get(pk=membership.pk)
    _allowed_at(grant, membership.organization)
    if membership.until_on is not None and membership.until_on <= last_on:
        raise WrongStage("it ends by that day anyway", zh="该任职届时已经结束")
    basis = {"user": membership.user_id, "role": membership.role.value, "last_on": last_on.isoformat()}
    subject = Membership(pk=membership.pk)
    _end(membership, last=last_on)
    record("end_membership", subject, by=by, organization=membership.organization, role=grant.role, basis=basis)


def _check_limits(organization: Organization, *, region_code: str, from_on: date, until_on: date | None) -> None:
    if until_on is not None and until_on < from_on:
        raise BadDate("the last day is before the first", field="until_on", zh="结束日期早于开始日期")
    if not region_code.startswith(organization.region_code) and region_code:
        raise BadRequest("the part lies outside the organization's region", field="region_code", zh="所填区域不在机构辖区内")


def _terms_of(made: Membership) -> dict[str, int | str]:
    told: dict[str, int | str] = {"user": made.user_id, "role": made.role.value, "from_on": made.from_on.isoformat()}
    told |= {"until_on": made.until_on.isoformat()} if made.until_on else {}
    return told | ({"seconded_from": made.seconded_from_id} if made.seconded_from_id else {})


def _end(membership: Membership, *, last: date) -> None:
    if membership.from_on > last:
        membership.delete()
    else:
        membership.until_on = last
        membership.save(update_fields=["until_on"])


def _lasting(organization: Organization, on: date) -> list[Membership]:
    open_then = Q(until_on=None) | Q(until_on__gte=on)
    return list(Membership.objects.select_for_update().filter(open_then, organization=organization).order_by("pk"))


def _held_already(wanted: Membership) -> bool:
    at_that_time = Q(until_on=None) | Q(until_on__gte=wanted.from_on)
    begun = Q() if wanted.until_on is None else Q(from_on__lte=wanted.until_on)
    same = Q(user=wanted.user, organization=wanted.organization, role=wanted.role, region_code=wanted.region_code)
    return Membership.objects.filter(at_that_time, begun, same).exists()


def _allowed_at(grant: Grant, organization: Organization | None) -> None:
    top = organization is None and grant.role is Role.OPERATOR
    if not top and (organization is None or not manages(grant, organization=organization)):
        raise NotAllowed("you do not manage this organization", zh="您不管理该机构")


def _refuse_closed(organization: Organization) -> None:
    if organization.closed_on is not None:
        raise WrongStage("the organization is closed", zh="该机构已撤销")


def _check_place(kind: OrganizationKind, level: OrganizationLevel, region: str, parent: Organization | None) -> None:
    if parent is not None and parent.kind is not kind:
        raise BadChoice("an organization is of its parent's kind", field="kind", zh="机构类别应与上级一致")
    if level not in levels_below(kind, parent=parent.level if parent else None):
        raise BadChoice("this level cannot stand there", field="level", zh="该处不能设此层级的机构")
    if not region_fits(region, kind=kind, level=level, parent_region=parent.region_code if parent else None):
        raise BadRequest(
            "expected a region code of the digits of its level, inside the region of its parent",
            field="region_code",
            zh="区划代码应与层级相符，并在上级辖区内",
        )
