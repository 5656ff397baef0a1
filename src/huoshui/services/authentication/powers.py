"""Powers of attorney (授权委托): asked for, given, offered, declined, revoked, by people on their own phones."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from huoshui.errors import BadRequest, NotAllowed, WrongStage
from huoshui.models import BusinessAuthentication, Firm, PowerOfAttorney, User
from huoshui.models.secrets import hashed
from huoshui.rules.licence import same_name
from huoshui.services.authentication.ending import end_power
from huoshui.services.authentication.examining import judge
from huoshui.services.authentication.members import is_representative
from huoshui.services.authentication.rows import locked, office_of
from huoshui.services.event import record
from huoshui.terms import AuthenticationReason, AuthenticationStage, PowerScope, PowerStage

LONGEST_DAYS: Final = 366


def ask_for_power(row: BusinessAuthentication, *, firm: Firm, at: datetime) -> PowerOfAttorney:
    """Put an agent's request before the legal representative (申请授权); one that is open stays. The caller holds the lock."""
    PowerOfAttorney.objects.filter(firm=firm, agent=row.user, stage=PowerStage.IN_FORCE).update(
        stage=PowerStage.EXPIRED, ended_at=at
    )  # one that counted would not have let the agent come here
    found, _ = PowerOfAttorney.objects.update_or_create(
        firm=firm,
        agent=row.user,
        stage=PowerStage.REQUESTED,
        defaults={"authentication": row, "agent_name": row.person_name, "agent_phone": row.user.phone},
        create_defaults={
            "authentication": row,
            "agent_name": row.person_name,
            "agent_phone": row.user.phone,
            "asked_at": at,
        },
    )
    return found


def take_up_offer(row: BusinessAuthentication, *, firm: Firm, at: datetime) -> None:
    """Bring in force what a representative offered to this telephone number and name (领取授权). The caller holds the lock."""
    on = timezone.localdate(at)
    offers = PowerOfAttorney.objects.select_for_update(of=("self",)).filter(
        firm=firm, stage=PowerStage.OFFERED, agent_phone_hash=row.user.phone_hash, until_on__gte=on
    )
    for offer in offers.select_related("given_by") if row.user.phone_hash else ():
        if offer.given_by is None or not is_representative(offer.given_by, firm, on=on):
            continue
        if same_name(offer.agent_name, second=row.person_name):
            PowerOfAttorney.objects.filter(
                firm=firm, agent=row.user, stage__in=(PowerStage.REQUESTED, PowerStage.IN_FORCE)
            ).update(stage=PowerStage.REVOKED, ended_at=at)
            offer.agent, offer.stage, offer.authentication = row.user, PowerStage.IN_FORCE, row
            offer.save()
            return


def settle(row: BusinessAuthentication, *, at: datetime) -> dict[str, Any]:
    """Come to a verdict, and ask for the power that is missing (判断并申请授权); returns the basis. The row is locked."""
    basis = judge(row, at=at)
    if row.stage is AuthenticationStage.WAITING_FOR_POWER and row.firm is not None:
        basis["power"] = ask_for_power(row, firm=row.firm, at=at).pk
    return basis


@transaction.atomic
def give_power(
    power: PowerOfAttorney, *, by: User, scopes: Sequence[PowerScope], from_on: date, until_on: date, at: datetime
) -> PowerOfAttorney:
    """The legal representative agrees to what an agent asked for (同意授权), for what and until which day.

    Raises NotAllowed for anybody but the authenticated legal representative, WrongStage, BadRequest with the field.
    """
    power = _locked(power)
    _check_representative(by, power.firm, at=at)
    _check_stage(power, PowerStage.REQUESTED)
    check_terms(scopes, from_on=from_on, until_on=until_on, on=timezone.localdate(at))
    power.scopes, power.from_on, power.until_on = [str(x.value) for x in scopes], from_on, until_on
    power.stage, power.given_by, power.given_at = PowerStage.IN_FORCE, by, at
    power.save()
    found = {}
    if power.authentication is not None:
        row = locked(power.authentication)
        found = judge(row, at=at) if row.stage is AuthenticationStage.WAITING_FOR_POWER else {}
    _record("give_power", power, by=by, basis={"scopes": power.scopes, "until": str(until_on), **found})
    power.refresh_from_db()
    return power


@transaction.atomic
def offer_power(
    *, firm: Firm, by: User, phone: str, name: str, scopes: Sequence[PowerScope], from_on: date, until_on: date, at: datetime
) -> PowerOfAttorney:
    """The legal representative lets somebody act who has not asked yet (发出授权); it holds when they have named themselves.

    Whether the number has an account is not told. Raises NotAllowed, BadRequest with the field.
    """
    _check_representative(by, firm, at=at)
    check_terms(scopes, from_on=from_on, until_on=until_on, on=timezone.localdate(at))
    if not name.strip() or not phone.strip():
        raise BadRequest("an agent has a name and a telephone number", zh="请填写经办人的姓名和手机号", field="name")
    asked = PowerOfAttorney.objects.filter(firm=firm, stage=PowerStage.REQUESTED, agent_phone_hash=hashed(phone)).first()
    if asked is not None and same_name(asked.agent_name, second=name):
        return give_power(asked, by=by, scopes=scopes, from_on=from_on, until_on=until_on, at=at)
    power = PowerOfAttorney.objects.create(
        firm=firm,
        agent_name=name.strip(),
        agent_phone=phone.strip(),
        stage=PowerStage.OFFERED,
        scopes=[str(x.value) for x in scopes],
        from_on=from_on,
        until_on=until_on,
        asked_at=at,
        given_by=by,
        given_at=at,
    )
    _record("offer_power", power, by=by, basis={"scopes": power.scopes, "until": str(until_on)})
    return power


@transaction.atomic
def decline_power(power: PowerOfAttorney, *, by: User, at: datetime) -> PowerOfAttorney:
    """The legal representative does not agree (不同意授权). Raises NotAllowed, WrongStage."""
    power = _locked(power)
    _check_representative(by, power.firm, at=at)
    _check_stage(power, PowerStage.REQUESTED)
    end_power(power, stage=PowerStage.DECLINED, reason=AuthenticationReason.POWER_DECLINED, by=by, at=at)
    _record("decline_power", power, by=by, basis={})
    return power


@transaction.atomic
def revoke_power(power: PowerOfAttorney, *, by: User, at: datetime) -> PowerOfAttorney:
    """The representative takes a power back, or the agent lays it down (撤销授权), at once. Raises NotAllowed, WrongStage."""
    power = _locked(power)
    if power.agent_id != by.pk:
        _check_representative(by, power.firm, at=at)
    _check_stage(power, PowerStage.IN_FORCE, PowerStage.OFFERED)
    end_power(power, stage=PowerStage.REVOKED, reason=AuthenticationReason.POWER_REVOKED, by=by, at=at)
    _record("revoke_power", power, by=by, basis={"laid_down": power.agent_id == by.pk})
    return power


def check_terms(scopes: Sequence[PowerScope], *, from_on: date, until_on: date, on: date) -> None:
    """Refuse a power for nothing, of the past, or for more than a year (核对授权范围). Raises BadRequest with the field."""
    if not scopes:
        raise BadRequest("choose at least one thing that the agent may do", zh="请至少选择一项授权事项", field="scopes")
    if until_on < max(on, from_on):
        raise BadRequest("the last day is over already", zh="授权截止日已过，请重新选择", field="until_on")
    if until_on > max(on, from_on) + timedelta(days=LONGEST_DAYS):
        raise BadRequest("a power of attorney is given for at most a year", zh="一次授权最长一年", field="until_on")


def _locked(power: PowerOfAttorney) -> PowerOfAttorney:
    found: PowerOfAttorney = (
        PowerOfAttorney.objects.select_for_update(of=("self",)).select_related("firm", "agent").get(pk=power.pk)
    )
    return found


def _check_representative(by: User, firm: Firm, *, at: datetime) -> None:
    if not is_representative(by, firm, on=timezone.localdate(at)):
        raise NotAllowed("only the authenticated legal representative may do this", zh="只有已认证的法定代表人可以办理授权")


def _check_stage(power: PowerOfAttorney, *allowed: PowerStage) -> None:
    if power.stage not in allowed:
        raise WrongStage(
            f"this power of attorney is {power.stage.en} already", zh=f"这份授权目前是“{power.stage.zh}”，不能这样办理"
        )


def _record(act: str, power: PowerOfAttorney, *, by: User, basis: dict[str, object]) -> None:
    record(act, power, by=by, organization=office_of(power.firm.region_code), firm=power.firm, basis=basis)
