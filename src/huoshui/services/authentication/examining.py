"""The rule looks at an authentication (认证判断): what it finds becomes the next stage."""

from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone

from huoshui.models import BusinessAuthentication, Firm, PowerOfAttorney, User
from huoshui.rules.authentication import Examination, LicenceShown, PersonGiven, RegisterRow, examine
from huoshui.rules.licence import check_licence, last_day
from huoshui.rules.resident_id import check_resident_id
from huoshui.services.authentication.members import is_representative, open_member, register_facts
from huoshui.terms import AuthenticationReason, AuthenticationStage, LicenceField, PowerStage, Role, StatusClass, Tristate

TRIES_OF_A_PERSON: Final = 3  # refused within a day; after that, people look
TRIES_FOR_A_FIRM: Final = 6
_F: Final = LicenceField


def judge(row: BusinessAuthentication, *, at: datetime) -> dict[str, Any]:
    """Examine an authentication and take it on (作出认证结论); returns the basis for the event. The caller holds the lock."""
    on = timezone.localdate(at)
    row.firm = row.firm or Firm.objects.filter(uscc=row.uscc).first()
    found = examine(_licence(row, on=on), register=_register(row.firm), person=_person(row, at=at), on=on)
    row.verdict, row.reasons = found.verdict, [str(x.value) for x in found.reasons]
    row.region_code = row.firm.region_code if row.firm else row.region_code
    row.basis = {"rule": found.rule, "register": register_facts(row.firm) if row.firm else {}}
    stage = _stage_of(found)
    if stage is AuthenticationStage.AUTHENTICATED:
        accept(row, at=at)
    else:
        row.move_to(stage)
        row.decided_at = at if stage is AuthenticationStage.REFUSED else None
    row.save()
    return {"rule": found.rule, "verdict": str(found.verdict.value), "reasons": row.reasons, "stage": str(row.stage.value)}


def accept(row: BusinessAuthentication, *, at: datetime) -> None:
    """Make the person a member of the firm (认证通过): as its legal representative, or as agent while the power holds."""
    firm = row.firm
    if firm is None:
        raise ValueError("only a firm of the register is authenticated")
    on = timezone.localdate(at)
    power = power_in_force(row.user, firm, on=on) if row.capacity is Role.AGENT else None
    row.move_to(AuthenticationStage.AUTHENTICATED)
    BusinessAuthentication.objects.filter(
        user=row.user, firm=firm, capacity=row.capacity, stage=AuthenticationStage.AUTHENTICATED
    ).update(stage=AuthenticationStage.ENDED, ended_at=at)
    row.member = open_member(row.user, firm, row.capacity, on=on, until_on=power.until_on if power else None)
    row.decided_at = at
    row.basis = {**row.basis, "register": register_facts(firm), "power": power.pk if power else None}
    if power is not None:
        power.member, power.authentication = row.member, row
        power.save()
    person = row.user
    if not person.is_staff and not person.id_number:
        person.name, person.id_number = row.person_name, row.person_id
        person.save()


def power_in_force(agent: User, firm: Firm, *, on: date) -> PowerOfAttorney | None:
    """The agent's power of attorney for a firm on a day (有效授权): given by who still represents it, or on checked paper."""
    powers = PowerOfAttorney.objects.filter(
        agent=agent, firm=firm, stage=PowerStage.IN_FORCE, from_on__lte=on, until_on__gte=on
    ).select_related("given_by")
    return next((x for x in powers if x.given_by is None or is_representative(x.given_by, firm, on=on)), None)


def _stage_of(found: Examination) -> AuthenticationStage:
    if found.verdict is Tristate.MET:
        return AuthenticationStage.AUTHENTICATED
    if found.verdict is Tristate.NOT_MET:
        return AuthenticationStage.REFUSED
    if AuthenticationReason.NOT_IN_REGISTER in found.reasons:
        return AuthenticationStage.WAITING_FOR_REGISTER
    if AuthenticationReason.POWER_MISSING in found.reasons:
        return AuthenticationStage.WAITING_FOR_POWER
    return AuthenticationStage.IN_REVIEW


def _licence(row: BusinessAuthentication, *, on: date) -> LicenceShown:
    said, read = row.confirmed, check_licence(row.read, on=on)
    return LicenceShown(
        code=said[_F.USCC],
        name=said[_F.NAME],
        representative=said[_F.REPRESENTATIVE],
        last_day=last_day(said.get(_F.VALID_UNTIL, "")),
        read_code=read[_F.USCC].text,
        read_name=read[_F.NAME].text,
        read_representative=read[_F.REPRESENTATIVE].text,
    )


def _register(firm: Firm | None) -> RegisterRow | None:
    if firm is None:
        return None
    status = firm.status or StatusClass.UNKNOWN
    return RegisterRow(firm.uscc, firm.name, firm.representative_name, firm.representative_id_hash, status)


def _person(row: BusinessAuthentication, *, at: datetime) -> PersonGiven:
    on = timezone.localdate(at)
    elsewhere = Q(id_number_hash=row.person_id_hash) & ~Q(pk=row.user_id)
    agent_for = row.firm if row.capacity is Role.AGENT else None
    paper = agent_for and row.powers.filter(stage=PowerStage.REQUESTED).exclude(paper_photo="").exists()
    return PersonGiven(
        name=row.person_name,
        id_verdict=check_resident_id(row.person_id, on=on).verdict,
        id_hash=row.person_id_hash,
        capacity=row.capacity,
        has_power=agent_for is not None and power_in_force(row.user, agent_for, on=on) is not None,
        paper_power=bool(paper),
        id_is_elsewhere=User.objects.filter(elsewhere).exists(),
        too_many_tries=_too_many_tries(row, at=at),
    )


def _too_many_tries(row: BusinessAuthentication, *, at: datetime) -> bool:
    refused = BusinessAuthentication.objects.filter(
        stage=AuthenticationStage.REFUSED, decided_at__gt=at - timedelta(days=1), decided_by=None
    ).exclude(pk=row.pk)
    if refused.filter(user_id=row.user_id).count() >= TRIES_OF_A_PERSON:
        return True
    return row.firm is not None and refused.filter(firm=row.firm).count() >= TRIES_FOR_A_FIRM
