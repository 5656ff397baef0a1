"""Recommended demands before the banks (推荐与推送): pushed as the firm wishes, acknowledged, contacted, answered, returned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from huoshui.errors import AgainstWish, BadChoice, NoConsent, NotAllowed, WrongStage
from huoshui.models import BankPush, Batch, Demand, DemandBank, Grant, Organization, User
from huoshui.models.party import SEES_BANK
from huoshui.rules.calendar import add_months
from huoshui.rules.demand import LISTED_STAGES, OPEN_PUSHES
from huoshui.services.clock import demand_policy, end_clocks, start_clocks
from huoshui.services.consent import has_consent
from huoshui.services.demand_ending import end_share, share_firm
from huoshui.services.demand_record import check_officer, lock_demand, record_demand, task_force_for
from huoshui.services.notice import tell_firm, tell_organization
from huoshui.services.repair import name_obstacles
from huoshui.terms import BankWish, ConsentPurpose, DemandStage, NoticeKind, OrganizationKind, PushStage

_S: Final = DemandStage
_COUNTY: Final = 6


@dataclass(frozen=True, slots=True)
class BankChoice:
    """A bank to which a demand may be pushed (可推送银行), the firm's wish, and the case if there is one."""

    bank: Organization
    wish: BankWish | None
    push: BankPush | None


def bank_choices(demand: Demand) -> list[BankChoice]:
    """The banks for a demand, the firm's preferred ones first (可推送银行): those it named, and those of its county."""
    wishes = list(DemandBank.objects.filter(demand=demand).select_related("bank"))
    pushes = {x.bank_id: x for x in BankPush.objects.filter(demand=demand)}
    county = Organization.objects.filter(
        kind=OrganizationKind.BANK, region_code__startswith=demand.firm.region_code[:_COUNTY], closed_on=None
    )
    named = [x.bank for x in wishes if x.wish is BankWish.PREFERRED]
    banks = {x.pk: x for x in [*named, *county.order_by("name")]}
    return [BankChoice(x, _wish_for(x, wishes=wishes), pushes.get(x.pk)) for x in banks.values()]


def _wish_for(bank: Organization, *, wishes: Sequence[DemandBank]) -> BankWish | None:
    """The wish that covers a bank: the nearest one on its way up the tree, so that a head office speaks for its branches."""
    covering = [x for x in wishes if bank.path.startswith(x.bank.path)]
    return max(covering, key=lambda x: len(x.bank.path)).wish if covering else None


def check_push(demand: Demand, *, banks: Sequence[Organization], grant: Grant, at: datetime) -> None:
    """Whether a demand may go to these banks together (推送前检查).

    Raises WrongStage off the list, past its time or for a bank that has it; AgainstWish; NoConsent; NotAllowed; BadChoice.
    """
    check_officer(demand, grant=grant)
    if demand.stage not in LISTED_STAGES:
        zh = f"目前是“{demand.stage.zh}”，不在推荐清单"
        raise WrongStage(f"a demand that is {demand.stage.en!r} is not on the recommended list", zh=zh)
    months, on = demand_policy(demand, on=timezone.localdate(at))["recommend_months"], timezone.localdate(at)
    if demand.recommended_at is None or add_months(timezone.localdate(demand.recommended_at), months=months) < on:
        message = f"the recommendation is older than {months} months: send it back to the review"
        raise WrongStage(message, zh=f"推荐已超过{months}个月，请发回重审")
    if not banks or any(x.kind is not OrganizationKind.BANK or x.closed_on for x in banks):
        raise BadChoice("choose at least one bank that takes part", field="banks", zh="请选择银行")
    _check_wishes(demand, banks=banks)
    _check_consent(demand)


def _check_wishes(demand: Demand, *, banks: Sequence[Organization]) -> None:
    wishes = list(DemandBank.objects.filter(demand=demand).select_related("bank"))
    unwanted = [x for x in banks if _wish_for(x, wishes=wishes) is BankWish.EXCLUDED]
    if unwanted:
        message = f"the firm does not want {unwanted[0].name} to be asked"
        raise AgainstWish(message, zh=f"企业不希望推送给{unwanted[0].name}")
    asked = list(BankPush.objects.filter(demand=demand).select_related("bank"))
    double = [x for x in banks if any(y.bank_id == x.pk for y in asked)]
    if double:
        raise WrongStage(f"{double[0].name} has this demand already", zh=f"该需求已推送过{double[0].name}")
    paths = [x.path for x in banks] + [x.bank.path for x in asked]
    waiting = [x.bank for x in wishes if x.wish is BankWish.PREFERRED and not any(y.startswith(x.bank.path) for y in paths)]
    others = [x for x in banks if _wish_for(x, wishes=wishes) is None]
    if waiting and others:
        message = f"the firm wants {waiting[0].name} to be asked before {others[0].name}"
        raise AgainstWish(message, zh=f"企业希望先推送{waiting[0].name}，再推送{others[0].name}")


def _check_consent(demand: Demand) -> None:
    if demand.confirmed_by is None or not has_consent(demand.confirmed_by, ConsentPurpose.SHARE_WITH_BANKS):
        message = "whoever confirmed the demand has not agreed that banks may see it, or no longer does"
        raise NoConsent(message, zh="企业代表未同意或已撤回向银行提供信息的同意")


@transaction.atomic
def push_demand(
    demand: Demand,
    *,
    banks: Sequence[Organization],
    by: User,
    grant: Grant,
    at: datetime,
    batch: Batch | None = None,
) -> list[BankPush]:
    """Push one demand to chosen banks (推送银行): each sees firm and demand from now on. Raises what `check_push` raises."""
    kept, on = lock_demand(demand), timezone.localdate(at)
    check_push(kept, banks=banks, grant=grant, at=at)
    was, pushes = kept.stage, []
    if was is not _S.PUSHED:
        kept.move_to(_S.PUSHED)
        kept.save(update_fields=["stage"])
    for bank in banks:
        push = BankPush.objects.create(demand=kept, bank=bank, batch=batch, shown=_shown(kept), pushed_by=by, received_at=at)
        share_firm(kept, bank=bank, at=at)
        start_clocks("recommendation_received", demand=kept, push=push, on=on)
        tell_organization(kept, organization=bank, kind=NoticeKind.PUSHED, at=at)
        pushes.append(push)
    tell_firm(kept, kind=NoticeKind.PUSHED, at=at)
    record_demand("push_demand", kept, by=by, grant=grant, was=was,
                  basis={"pushes": [x.pk for x in pushes], "banks": [x.pk for x in banks]})  # fmt: skip
    return pushes


def _shown(demand: Demand) -> dict[str, Any]:
    """What a bank keeps of a case: figures and words, no person."""
    return {
        "firm": demand.firm.name,
        "uscc": demand.firm.shown_code,
        "amount_fen": demand.amount_fen,
        "months": demand.months,
        "purpose": demand.purpose.value if demand.purpose else "",
        "guarantees": demand.guarantees,
        "expected_rate": str(demand.expected_rate) if demand.expected_rate is not None else "",
        "wanted_by": demand.wanted_by.isoformat() if demand.wanted_by else "",
        "evaluation": demand.evaluation_id,
    }


def _locked(push: BankPush, *, grant: Grant) -> tuple[Demand, BankPush]:
    demand = lock_demand(push.demand)
    kept: BankPush = BankPush.objects.select_for_update(of=("self",)).select_related("bank").get(pk=push.pk)
    if grant.role not in SEES_BANK or not grant.path or not kept.bank.path.startswith(grant.path):
        raise NotAllowed("the bank to which the demand was pushed handles it", zh="须由收到推送的银行办理")
    return demand, kept


@transaction.atomic
def acknowledge_push(push: BankPush, *, by: User, grant: Grant, at: datetime) -> BankPush:
    """Take note, as the bank, of a pushed demand (签收). Raises NotAllowed, WrongStage."""
    demand, kept = _locked(push, grant=grant)
    kept.move_to(PushStage.ACKNOWLEDGED)
    kept.acknowledged_at, kept.handled_by = at, by
    kept.save()
    end_clocks("bank_acknowledged", demand=demand, push=kept, on=timezone.localdate(at))
    record_demand("acknowledge_push", demand, by=by, grant=grant, was=demand.stage, basis={"push": kept.pk})
    return kept


@transaction.atomic
def contact_firm(push: BankPush, *, by: User, grant: Grant, at: datetime) -> BankPush:
    """Note that the bank spoke to the firm (已联系企业). Raises NotAllowed, WrongStage."""
    demand, kept = _locked(push, grant=grant)
    kept.move_to(PushStage.CONTACTED)
    kept.contacted_at, kept.handled_by = at, by
    kept.save()
    end_clocks("bank_contacted", demand=demand, push=kept, on=timezone.localdate(at))
    record_demand("contact_firm", demand, by=by, grant=grant, was=demand.stage, basis={"push": kept.pk})
    return kept


@transaction.atomic
def answer_push(
    push: BankPush, *, to: PushStage, by: User, grant: Grant, at: datetime, reason: str = "", note: str = ""
) -> BankPush:
    """The bank's answer (银行答复): APPROVED, DECLINED or RETURNED; the last two with a coded reason.

    A reason that can be repaired names its obstacle. When no bank has the demand any more, it counts as returned.
    Raises BadChoice without a known reason, NotAllowed, WrongStage.
    """
    demand, kept = _locked(push, grant=grant)
    on = timezone.localdate(at)
    if to not in (PushStage.APPROVED, PushStage.DECLINED, PushStage.RETURNED):
        raise BadChoice(f"an answer approves, declines or returns; got {to.en!r}", field="to", zh="请选择答复")
    reasons = {x["code"]: x for x in demand_policy(demand, on=on)["return_reasons"]}
    if to is not PushStage.APPROVED and reason not in reasons:
        message = f"a refusal needs a coded reason out of {', '.join(reasons)}; got {reason or 'none'}"
        raise BadChoice(message, field="reason", zh="请选择退回或不予授信的原因")
    kept.move_to(to)
    kept.decided_at, kept.handled_by, kept.note = at, by, note.strip()
    kept.reason = "" if to is PushStage.APPROVED else reason
    kept.save()
    end_clocks("bank_decided", demand=demand, push=kept, on=on)
    was, repairs = demand.stage, []
    if to is not PushStage.APPROVED:
        end_share(demand, bank=kept.bank, at=at)
        if reasons[reason]["repairable"]:
            repairs = name_obstacles(demand, obstacles=[reasons[reason]["obstacle"]], origin=f"bank:{reason}", at=at)
        _return_if_last(demand, at=at)
    record_demand("answer_push", demand, by=by, grant=grant, was=was, why=kept.reason,
                  basis={"push": kept.pk, "answer": to.value, "repairs": [x.pk for x in repairs]})  # fmt: skip
    return kept


def _return_if_last(demand: Demand, *, at: datetime) -> None:
    if BankPush.objects.filter(demand=demand, stage__in=(*OPEN_PUSHES, PushStage.APPROVED)).exists():
        return
    demand.move_to(_S.RETURNED)
    demand.save(update_fields=["stage"])
    tell_firm(demand, kind=NoticeKind.RETURNED, at=at)
    tell_organization(demand, organization=task_force_for(demand), kind=NoticeKind.RETURNED, at=at)
