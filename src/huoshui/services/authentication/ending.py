"""Authentications end (认证失效): the register changed, a power of attorney was revoked or ran out."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import TruncDate
from django.utils import timezone

from huoshui.models import BusinessAuthentication, PowerOfAttorney, User
from huoshui.services.authentication.members import end_member, has_changed, register_facts
from huoshui.services.authentication.rows import locked, office_of
from huoshui.services.event import record
from huoshui.terms import AuthenticationReason, AuthenticationStage, PowerStage, Role

__all__ = ["end_authentication", "end_power", "end_what_is_over", "register_facts"]


def end_what_is_over(*, at: datetime) -> int:
    """End what the register or the calendar has overtaken (清理失效认证), one act each; returns how many. Safe to repeat."""
    return _end_changed(at) + _end_expired(at)


def end_authentication(row: BusinessAuthentication, *, reason: AuthenticationReason, by: User | None, at: datetime) -> None:
    """One authentication ends (终止认证), and with a representative's the powers that they gave. The caller holds the lock."""
    if row.stage is AuthenticationStage.AUTHENTICATED:
        row.move_to(AuthenticationStage.ENDED)
        row.ended_at, row.reasons = at, [str(reason.value)]
        row.save()
    if row.member is not None:
        end_member(row.member, at=at)
    if row.capacity is Role.LEGAL_REPRESENTATIVE:
        for power in PowerOfAttorney.objects.filter(firm=row.firm, given_by=row.user, stage=PowerStage.IN_FORCE):
            end_power(power, stage=PowerStage.REVOKED, reason=reason, by=by, at=at)


def end_power(
    power: PowerOfAttorney, *, stage: PowerStage, reason: AuthenticationReason, by: User | None, at: datetime
) -> None:
    """A power of attorney ends (终止授权), and what rests on it. The caller is in a transaction."""
    power.stage, power.ended_at, power.ended_by = stage, at, by
    power.save()
    if power.member is not None:
        end_member(power.member, at=at)
    if power.authentication is None:
        return
    row = locked(power.authentication)
    if row.stage is AuthenticationStage.AUTHENTICATED:
        end_authentication(row, reason=reason, by=by, at=at)
    elif row.stage in (AuthenticationStage.WAITING_FOR_POWER, AuthenticationStage.IN_REVIEW):
        row.move_to(AuthenticationStage.REFUSED)
        row.reasons, row.decided_at, row.decided_by = [str(reason.value)], at, by
        row.save()


def _end_changed(at: datetime) -> int:
    candidates = BusinessAuthentication.objects.filter(
        stage=AuthenticationStage.AUTHENTICATED, firm__register_changed_on__gte=TruncDate(F("decided_at"))
    ).select_related("firm")
    ended = 0
    for candidate in list(candidates):
        with transaction.atomic():
            row = locked(candidate)
            if row.firm is None or row.stage is not AuthenticationStage.AUTHENTICATED or not has_changed(row, row.firm):
                continue
            before, now = row.basis.get("register", {}), register_facts(row.firm)
            changed = sorted(x for x in now if before.get(x) != now[x])
            end_authentication(row, reason=AuthenticationReason.REGISTER_CHANGED, by=None, at=at)
            office = office_of(row.region_code)
            record("end_authentication", row, by=None, organization=office, firm=row.firm, basis={"changed": changed})
            ended += 1
    return ended


def _end_expired(at: datetime) -> int:
    ended = 0
    over = PowerOfAttorney.objects.filter(stage=PowerStage.IN_FORCE, until_on__lt=timezone.localdate(at))
    for pk in list(over.values_list("pk", flat=True)):
        with transaction.atomic():
            power = PowerOfAttorney.objects.select_for_update(of=("self",)).select_related("firm").get(pk=pk)
            if power.stage is not PowerStage.IN_FORCE:
                continue
            end_power(power, stage=PowerStage.EXPIRED, reason=AuthenticationReason.POWER_EXPIRED, by=None, at=at)
            office = office_of(power.firm.region_code)
            record("expire_power", power, by=None, organization=office, firm=power.firm, basis={"until": str(power.until_on)})
            ended += 1
    return ended
