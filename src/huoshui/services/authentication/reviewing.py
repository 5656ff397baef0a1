"""People decide what the rule cannot (人工核实), and the register's news are looked at again."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from huoshui.errors import BadRequest, NotAllowed, WrongStage
from huoshui.models import BusinessAuthentication, Firm, Grant, PowerOfAttorney, User
from huoshui.models.authentication import DECIDES
from huoshui.services.authentication.examining import accept, power_in_force
from huoshui.services.authentication.members import may_act_for
from huoshui.services.authentication.powers import check_terms, settle
from huoshui.services.authentication.rows import locked, office_of
from huoshui.services.event import record
from huoshui.terms import (
    AuthenticationDecision,
    AuthenticationReason,
    AuthenticationStage,
    PowerScope,
    PowerStage,
    Role,
    StatusClass,
    Tristate,
)


@transaction.atomic
def decide_authentication(
    authentication: BusinessAuthentication,
    *,
    by: User,
    grant: Grant,
    decision: AuthenticationDecision,
    note: str,
    at: datetime,
    scopes: Sequence[PowerScope] = (),
    until_on: date | None = None,
) -> BusinessAuthentication:
    """An officer decides a doubtful authentication, with a reason (人工核实决定), and never their own.

    `scopes` and `until_on` are what a power of attorney on paper says. Raises NotAllowed, WrongStage, BadRequest with field.
    """
    row = locked(authentication)
    _check_officer(row, by=by, grant=grant, at=at)
    if row.stage is not AuthenticationStage.IN_REVIEW:
        raise WrongStage("this authentication is not waiting for a decision", zh="这个认证不在待核实状态，可能已由他人办理")
    if not note.strip():
        raise BadRequest("a decision needs a reason", zh="请写明理由", field="note")
    found = row.reasons
    row.decided_by, row.decision_note = by, note.strip()
    match decision:
        case AuthenticationDecision.ACCEPT:
            _accept(row, at=at, scopes=scopes, until_on=until_on)
        case AuthenticationDecision.REFUSE:
            row.move_to(AuthenticationStage.REFUSED)
            row.verdict, row.decided_at = Tristate.NOT_MET, at
        case AuthenticationDecision.RETURN:
            row.move_to(AuthenticationStage.TO_CONFIRM)
            row.decided_at = None
    row.save()
    basis = {"decision": str(decision.value), "reasons": found, **row.basis}
    organization = grant.organization_id or office_of(row.region_code)
    record(
        "decide_authentication", row, by=by, organization=organization, role=str(grant.role.value), firm=row.firm, basis=basis
    )
    return row


def recheck_waiting(*, at: datetime) -> int:
    """Look again at those whose firm the register now knows (登记信息到位后重新判断); returns how many. Safe to repeat."""
    known = Firm.objects.values("uscc")
    waiting = BusinessAuthentication.objects.filter(stage=AuthenticationStage.WAITING_FOR_REGISTER, uscc__in=known)
    done = 0
    for pk in list(waiting.values_list("pk", flat=True)):
        with transaction.atomic():
            row = locked(BusinessAuthentication(pk=pk))
            if row.stage is not AuthenticationStage.WAITING_FOR_REGISTER:
                continue
            basis = settle(row, at=at)
            record("recheck_authentication", row, by=None, organization=office_of(row.region_code), firm=row.firm, basis=basis)
            done += 1
    return done


def _check_officer(row: BusinessAuthentication, *, by: User, grant: Grant, at: datetime) -> None:
    if grant.role not in DECIDES or grant.organization_id is None or not row.region_code.startswith(grant.region):
        raise NotAllowed("only the task force of the region decides", zh="只有属地专班可以核实")
    own = row.user_id == by.pk or (row.firm is not None and may_act_for(by, row.firm, on=timezone.localdate(at)) is not None)
    if own:
        raise NotAllowed("nobody decides on their own firm", zh="不能核实本人或本人所代表企业的认证")


def _accept(row: BusinessAuthentication, *, at: datetime, scopes: Sequence[PowerScope], until_on: date | None) -> None:
    firm, on = row.firm, timezone.localdate(at)
    if firm is None:
        raise WrongStage("the register has no such firm yet", zh="登记信息中还没有这个主体，不能通过")
    if firm.status is StatusClass.CLOSED:
        raise WrongStage(AuthenticationReason.FIRM_CLOSED.en, zh="该主体已注销、吊销或迁出，不能通过")
    if row.capacity is Role.AGENT and power_in_force(row.user, firm, on=on) is None:
        paper = row.powers.filter(stage=PowerStage.REQUESTED).exclude(paper_photo="").first()
        if paper is None:
            raise WrongStage("the agent has no power of attorney", zh="经办人还没有授权，不能通过")
        _bring_in_force(paper, scopes=scopes, on=on, until_on=until_on, at=at)
    row.verdict = Tristate.MET
    accept(row, at=at)


def _bring_in_force(
    paper: PowerOfAttorney, *, scopes: Sequence[PowerScope], on: date, until_on: date | None, at: datetime
) -> None:
    if until_on is None:
        raise BadRequest("until when is the power of attorney given?", zh="请填写授权书的截止日", field="until_on")
    check_terms(scopes, from_on=on, until_on=until_on, on=on)
    paper.stage, paper.scopes, paper.from_on, paper.until_on = (
        PowerStage.IN_FORCE, [str(x.value) for x in scopes], on, until_on,
    )  # fmt: skip
    paper.given_at = at
    paper.save()
