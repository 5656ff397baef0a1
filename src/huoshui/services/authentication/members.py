"""Who speaks for a firm (企业代表): members are opened and ended here, and asked for everywhere."""

from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from huoshui.models import BusinessAuthentication, Firm, FirmMember, PowerOfAttorney, User
from huoshui.models.secrets import hashed
from huoshui.rules.licence import plain_name
from huoshui.terms import AuthenticationStage, PowerScope, PowerStage, Role


def may_act_for(user: User, firm: Firm, *, on: date, scope: PowerScope | None = None) -> FirmMember | None:
    """As whom a person may act for a firm on a day (是否有权代表企业): the legal representative before an agent, or None.

    With a `scope`, an agent's power of attorney must hold it. A firm whose registered name, representative or status changed
    since the authentication is nobody's to act for until it is authenticated again.
    """
    members = sorted(_in_force(user, firm, on=on), key=lambda x: x.role is not Role.LEGAL_REPRESENTATIVE)
    outdated = {
        x.member_id
        for x in BusinessAuthentication.objects.filter(member__in=members, stage=AuthenticationStage.AUTHENTICATED)
        if has_changed(x, firm)
    }
    for member in members:
        if member.pk in outdated:
            continue
        if member.role is Role.LEGAL_REPRESENTATIVE or scope is None or scope in _allowed(member, on=on):
            return member
    return None


def is_representative(user: User, firm: Firm, *, on: date) -> bool:
    """Whether a person is the firm's authenticated legal representative on a day (是否为已认证的法定代表人)."""
    member = may_act_for(user, firm, on=on)
    return member is not None and member.role is Role.LEGAL_REPRESENTATIVE


def open_member(user: User, firm: Firm, role: Role, *, on: date, until_on: date | None) -> FirmMember:
    """Let a person speak for a firm from a day on (登记企业代表); one who does already goes on, until the new last day."""
    found = next((x for x in _in_force(user, firm, on=on) if x.role is role), None)
    if found is None:
        return FirmMember.objects.create(user=user, firm=firm, role=role, from_on=on, until_on=until_on)
    found.until_on = until_on
    found.save()
    return found


def end_member(member: FirmMember, *, at: datetime) -> None:
    """A person no longer speaks for a firm (终止企业代表), from this day on."""
    yesterday = timezone.localdate(at) - timedelta(days=1)
    if member.until_on is None or member.until_on > yesterday:
        member.until_on = yesterday
        member.save()


def register_facts(firm: Firm) -> dict[str, str]:
    """What an authentication rests on in the register (登记信息指纹): keyed hashes of name and representative, the status."""
    status = {"status": str(firm.status.value) if firm.status else ""}
    return {"name": hashed(plain_name(firm.name)), "representative": hashed(plain_name(firm.representative_name))} | status


def has_changed(authentication: BusinessAuthentication, firm: Firm) -> bool:
    """Whether the register says something else than when the firm was authenticated (登记信息是否已变更)."""
    if firm.register_changed_on is None or authentication.decided_at is None:
        return False
    if firm.register_changed_on < timezone.localdate(authentication.decided_at):
        return False
    return bool(authentication.basis.get("register") != register_facts(firm))


def _in_force(user: User, firm: Firm, *, on: date) -> list[FirmMember]:
    found = FirmMember.objects.filter(Q(until_on=None) | Q(until_on__gte=on), user=user, firm=firm, from_on__lte=on)
    return list(found.order_by("pk"))


def _allowed(member: FirmMember, *, on: date) -> set[PowerScope]:
    powers = PowerOfAttorney.objects.filter(member=member, stage=PowerStage.IN_FORCE, from_on__lte=on, until_on__gte=on)
    return {scope for power in powers for scope in power.allowed}
