"""Demands of the demonstration (演示需求): at least one at every stage, each brought there by the acts of people."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.utils import timezone

from huoshui.models import BankPush, Demand, Firm, Grant, User
from huoshui.services.appeal import appeal_demand
from huoshui.services.authentication.members import open_member
from huoshui.services.consent import consent_text, give_consent
from huoshui.services.demand import close_demand, confirm_demand, publish_demand, save_draft, withdraw_demand
from huoshui.services.demo.authentications import make_doubtful, ready_to_authenticate
from huoshui.services.demo.logins import AGENT, OWNER, PASSER_BY
from huoshui.services.demo.people import Staff
from huoshui.services.demo.visits import visit_firm
from huoshui.services.event import record
from huoshui.services.party import platform
from huoshui.services.recommendation import acknowledge_push, answer_push, contact_firm, push_demand
from huoshui.services.repair import arrange_repair
from huoshui.services.review import Order, review_demand
from huoshui.services.visit import VisitAnswers
from huoshui.terms import (
    CloseReason,
    ConsentPurpose,
    DemandChannel,
    DemandPurpose,
    DemandStage,
    EntityKind,
    GuaranteeKind,
    Need,
    Premises,
    PushStage,
    ReviewAct,
    Role,
    SizeClass,
    StatusClass,
    YesNo,
)

_S: Final = DemandStage
_EACH: Final = 3  # demands a stage
_PURPOSES: Final = (
    (DemandPurpose.STOCK, "节前备货"),
    (DemandPurpose.EQUIPMENT, "购置两台加工设备"),
    (DemandPurpose.WAGES, "支付第四季度工资"),
    (DemandPurpose.RENT, "续交门店年租金"),
)


@dataclass(slots=True)
class _Desk:
    """Who acts on the demands, and when."""

    staff: Staff
    region: str
    at: datetime
    chance: random.Random
    numbers: int = 0

    def officer(self) -> tuple[User, Grant]:
        return self.staff.users["officer"], self.staff.grant("officer", Role.OFFICER)

    def lead(self) -> tuple[User, Grant]:
        return self.staff.users["lead"], self.staff.grant("lead", Role.LEAD)

    def manager(self) -> tuple[User, Grant]:
        return self.staff.users["manager"], self.staff.grant("manager", Role.CLIENT_MANAGER)


def make_demands(staff: Staff, *, region: str, at: datetime) -> None:
    """Demands at every stage (生成各阶段需求)."""
    desk = _Desk(staff, region, at - timedelta(hours=3), random.Random(7))  # noqa: S311 - made-up demands
    ways = {x: _WAYS[x] for x in _S if x in _WAYS}
    firms = list(
        Firm.objects.filter(
            region_code__startswith=region,
            verdict="N01",
            status=StatusClass.OPERATING,
            established_on__lt=date(2023, 1, 1),
            kind=EntityKind.ENTERPRISE,
            size_class=SizeClass.MICRO,
            active=True,
            organization_code__gt="",  # its credit code passes its check
        ).order_by("pk")[: _EACH * len(ways) + 3]
    )
    for number, firm in enumerate(firms[: _EACH * len(ways)]):
        stage = list(ways)[number % len(ways)]
        _visited(desk, firm)
        ways[stage](desk, firm)
    *spare, last = firms[_EACH * len(ways) :]
    _authentications(desk, spare)
    _not_known(desk, last)
    _owner(desk, AGENT, "演示经办人")
    open_member(_owner(desk, AGENT, ""), firms[0], Role.LEGAL_REPRESENTATIVE, on=timezone.localdate(at), until_on=None)


def _authentications(desk: _Desk, spare: Sequence[Firm]) -> None:
    waits = Demand.objects.filter(stage=_S.AWAITING_AUTHENTICATION).order_by("pk").select_related("firm")[0]
    ready_to_authenticate(waits.firm)
    people = [_owner(desk, f"136{x:08}", "") for x in range(len(spare))]
    make_doubtful(spare, people=people, at=desk.at)


def _visited(desk: _Desk, firm: Firm) -> None:
    answers = VisitAnswers(
        operating=YesNo.YES, premises=Premises.RENTED, employees=desk.chance.randrange(2, 30), need=Need.YES,
        amount_fen=desk.chance.randrange(20, 90) * 1_000_000, months=12, purpose=DemandPurpose.STOCK, has_loan=YesNo.NO,
    )  # fmt: skip
    visit_firm(firm, by=desk.staff.users["visitor"], answers=answers, at=desk.at - timedelta(days=2), chance=desk.chance)


def _owner(desk: _Desk, phone: str, name: str) -> User:
    """Somebody who signed up by telephone and agreed to what there is to agree to."""
    user = User.objects.with_phone(phone)
    if user is None:
        user = User(login_name=f"phone-demo-{User.objects.count()}", name=name, phone=phone)
        user.set_unusable_password()
        user.save()
        record("sign_up", user, by=user, organization=platform())
        for purpose in (ConsentPurpose.SERVICE, ConsentPurpose.IDENTITY, ConsentPurpose.SHARE_WITH_BANKS):
            version = consent_text(purpose, on=timezone.localdate(desk.at)).version
            give_consent(user, purpose, version=version, at=desk.at)
    return user


def _representative(desk: _Desk, firm: Firm) -> tuple[User, Grant]:
    phone = OWNER if desk.numbers == 0 else f"137{desk.numbers:08}"
    desk.numbers += 1
    user = _owner(desk, phone, f"演示业主{desk.numbers}")
    on = timezone.localdate(desk.at)
    open_member(user, firm, Role.LEGAL_REPRESENTATIVE, on=on - timedelta(days=1), until_on=None)
    return user, next(x for x in user.viewer(on=on).grants if x.firm_id == firm.pk)


def _written(desk: _Desk, firm: Firm, user: User, grant: Grant | None, channel: DemandChannel) -> Demand:
    purpose, note = desk.chance.choice(_PURPOSES)
    return save_draft(
        firm=firm, by=user, grant=grant, channel=channel, purpose=purpose, note=note, months=desk.chance.choice((6, 12, 24)),
        amount_fen=desk.chance.randrange(10, 60) * 1_000_000, guarantees=[GuaranteeKind.CREDIT],
        wanted_by=timezone.localdate(desk.at) + timedelta(days=30),
        states_clean=True if channel is DemandChannel.FIRM else None,
    )  # fmt: skip


def _draft(desk: _Desk, firm: Firm) -> Demand:
    user, grant = _representative(desk, firm)
    return _written(desk, firm, user, grant, DemandChannel.FIRM)


def _declared(desk: _Desk, firm: Firm) -> Demand:
    demand = _draft(desk, firm)
    user = demand.created_by
    grant = next(x for x in user.viewer(on=timezone.localdate(desk.at)).grants if x.firm_id == firm.pk)
    return publish_demand(demand, by=user, grant=grant, at=desk.at)


def _awaiting_confirmation(desk: _Desk, firm: Firm) -> Demand:
    visitor, grant = desk.staff.users["visitor"], desk.staff.grant("visitor", Role.VISITOR)
    demand = _written(desk, firm, visitor, grant, DemandChannel.VISITOR)
    _representative(desk, firm)
    return publish_demand(demand, by=visitor, grant=grant, at=desk.at)


def _not_known(desk: _Desk, firm: Firm) -> Demand:
    """Declared, but nobody stated that its credit is in order: not known never recommends."""
    _visited(desk, firm)
    demand = _awaiting_confirmation(desk, firm)
    user = firm.members.get().user
    grant = next(x for x in user.viewer(on=timezone.localdate(desk.at)).grants if x.firm_id == firm.pk)
    return confirm_demand(demand, by=user, grant=grant, at=desk.at)


def _awaiting_authentication(desk: _Desk, firm: Firm) -> Demand:
    user = _owner(desk, PASSER_BY, "演示路人")
    return publish_demand(_written(desk, firm, user, None, DemandChannel.FIRM), by=user, grant=None, at=desk.at)


def _review(desk: _Desk, demand: Demand, act: ReviewAct, *, reasons: tuple[str, ...] = (), text: str = "") -> Demand:
    by, grant = desk.lead() if act is ReviewAct.RECOMMEND else desk.officer()
    return review_demand(demand, order=Order(act, reasons, text), by=by, grant=grant, at=desk.at)


def _asked_back(desk: _Desk, firm: Firm) -> Demand:
    return _review(desk, _declared(desk, firm), ReviewAct.ASK_BACK, text="请补充近半年的进货单据")


def _reviewed(desk: _Desk, firm: Firm) -> Demand:
    return _review(desk, _declared(desk, firm), ReviewAct.PREPARE)


def _recommended(desk: _Desk, firm: Firm) -> Demand:
    return _review(desk, _reviewed(desk, firm), ReviewAct.RECOMMEND)


def _pushed(desk: _Desk, firm: Firm) -> Demand:
    demand, (by, grant) = _recommended(desk, firm), desk.officer()
    push_demand(demand, banks=[desk.staff.offices["sub0"]], by=by, grant=grant, at=desk.at)
    if desk.chance.random() < 0.6:
        by, grant = desk.manager()
        acknowledge_push(BankPush.objects.get(demand=demand), by=by, grant=grant, at=desk.at)
    return Demand.objects.get(pk=demand.pk)


def _returned(desk: _Desk, firm: Firm) -> Demand:
    demand, (by, grant) = _recommended(desk, firm), desk.officer()
    push = push_demand(demand, banks=[desk.staff.offices["sub0"]], by=by, grant=grant, at=desk.at)[0]
    by, grant = desk.manager()
    for act in (acknowledge_push, contact_firm):
        push = act(push, by=by, grant=grant, at=desk.at)
    answer_push(push, to=PushStage.RETURNED, reason="documents", by=by, grant=grant, at=desk.at)
    return Demand.objects.get(pk=demand.pk)


def _rejected(desk: _Desk, firm: Firm) -> Demand:
    return _review(desk, _declared(desk, firm), ReviewAct.REJECT, reasons=("real_need",))


def _appealed(desk: _Desk, firm: Firm) -> Demand:
    return _appeal(desk, _rejected(desk, firm))


def _return_appealed(desk: _Desk, firm: Firm) -> Demand:
    return _appeal(desk, _returned(desk, firm))


def _appeal(desk: _Desk, demand: Demand) -> Demand:
    user = demand.created_by
    grant = next(x for x in user.viewer(on=timezone.localdate(desk.at)).grants if x.firm_id == demand.firm_id)
    appeal_demand(demand, text="已有新签合同，请复核", by=user, grant=grant, at=desk.at)
    return Demand.objects.get(pk=demand.pk)


def _repair(desk: _Desk, firm: Firm) -> Demand:
    demand, (by, grant) = _returned(desk, firm), desk.officer()
    due = timezone.localdate(desk.at) + timedelta(days=10)
    for repair in demand.repairs.all():
        told = {"department": repair.department or "区县工作专班", "measure": repair.measure or "协助补齐材料"}
        arrange_repair(repair, due_on=due, by=by, grant=grant, at=desk.at, **told)
    return Demand.objects.get(pk=demand.pk)


def _closed(desk: _Desk, firm: Firm) -> Demand:
    demand, (by, grant) = _rejected(desk, firm), desk.officer()
    return close_demand(demand, reason=next(iter(CloseReason)), by=by, grant=grant, at=desk.at)


def _withdrawn(desk: _Desk, firm: Firm) -> Demand:
    demand = _declared(desk, firm)
    user = demand.created_by
    grant = next(x for x in user.viewer(on=timezone.localdate(desk.at)).grants if x.firm_id == firm.pk)
    return withdraw_demand(demand, by=user, grant=grant, at=desk.at)


_WAYS: Final[dict[DemandStage, Callable[[_Desk, Firm], Demand]]] = {
    _S.DECLARED: _declared,
    _S.DRAFT: _draft,
    _S.AWAITING_CONFIRMATION: _awaiting_confirmation,
    _S.AWAITING_AUTHENTICATION: _awaiting_authentication,
    _S.ASKED_BACK: _asked_back,
    _S.REVIEWED: _reviewed,
    _S.RECOMMENDED: _recommended,
    _S.PUSHED: _pushed,
    _S.RETURNED: _returned,
    _S.REJECTED: _rejected,
    _S.APPEALED: _appealed,
    _S.RETURN_APPEALED: _return_appealed,
    _S.REPAIR: _repair,
    _S.CLOSED: _closed,
    _S.WITHDRAWN: _withdrawn,
}
