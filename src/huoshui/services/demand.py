"""Demands (融资需求): written, published, confirmed, withdrawn, closed."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.utils import timezone

from huoshui.errors import BadAmount, BadChoice, BadRate, BadRequest, NotAllowed, WrongStage
from huoshui.models import Demand, DemandBank, Firm, FirmMember, Grant, LoanCode, Notice, Organization, User, Visit
from huoshui.rules.demand import OPEN_STAGES
from huoshui.services.authentication import may_act_for
from huoshui.services.clock import resume_clocks, start_clocks
from huoshui.services.demand_ending import end_demand
from huoshui.services.demand_record import check_officer, lock_demand, record_demand
from huoshui.services.five_criteria import evaluate_demand
from huoshui.services.notice import tell_firm
from huoshui.terms import (
    BankWish,
    CloseReason,
    DemandChannel,
    DemandPurpose,
    DemandStage,
    GuaranteeKind,
    NoticeKind,
    OrganizationKind,
    PowerScope,
    Role,
)

LARGEST_FEN: Final = 10**13  # 1000 亿元: more is a slip of the hand
LONGEST_MONTHS: Final = 360
_WRITES_FOR_FIRMS: Final = (Role.VISITOR, Role.OFFICER, Role.LEAD, Role.CLIENT_MANAGER)
_S: Final = DemandStage


def speaks_for(user: User, *, firm: Firm, on: date) -> FirmMember | None:
    """As whom a person may publish for a firm on a day (企业代表): an agent's power of attorney must cover demands."""
    return may_act_for(user, firm, on=on, scope=PowerScope.DEMAND)


@transaction.atomic
def save_draft(
    *, firm: Firm, by: User, grant: Grant | None, channel: DemandChannel, amount_fen: int | None = None,
    months: int | None = None, purpose: DemandPurpose | None = None, guarantees: Sequence[GuaranteeKind] = (),
    expected_rate: Decimal | None = None, wanted_by: date | None = None, preferred_bank_ids: Sequence[int] = (),
    note: str = "", demand: Demand | None = None, loan_code: LoanCode | None = None, visit: Visit | None = None,
    excluded_bank_ids: Sequence[int] = (), contact_name: str = "", contact_phone: str = "", states_clean: bool | None = None,
) -> Demand:  # fmt: skip
    """Keep what was filled in so far (保存草稿): all of it may be missing. `grant` is None for a person who has no role yet.

    Raises NotAllowed for somebody who may not write for this firm, WrongStage for a demand that can no longer be changed,
    BadAmount, BadRate, BadRequest and BadChoice for values that cannot be.
    """
    _check_values(amount_fen=amount_fen, months=months, expected_rate=expected_rate)
    _check_writer(firm, by=by, grant=grant)
    new = demand is None
    kept = Demand(firm=firm, channel=channel, created_by=by) if demand is None else lock_demand(demand)
    if not new:
        _check_editor(kept, firm=firm, by=by)
    was = kept.stage
    kept.amount_fen, kept.months, kept.purpose = amount_fen, months, purpose or ""
    kept.guarantees = [GuaranteeKind(x).value for x in dict.fromkeys(guarantees)]
    kept.expected_rate, kept.wanted_by, kept.note = expected_rate, wanted_by, note.strip()
    known = ("", "") if _is_staff(grant) else (by.name, by.phone)
    kept.contact_name = contact_name.strip() or kept.contact_name or known[0]
    kept.contact_phone = contact_phone.strip() or kept.contact_phone or known[1]
    kept.loan_code, kept.visit = loan_code or kept.loan_code, visit or kept.visit
    if states_clean is not None and not _is_staff(grant):  # a statement is the firm's own
        kept.states_clean, kept.stated_on = states_clean, timezone.localdate()
    kept.save()
    _keep_wishes(kept, preferred=preferred_bank_ids, excluded=excluded_bank_ids)
    record_demand("draft_demand" if new else "change_demand", kept, by=by, grant=grant, was=was,
                  basis={"amount_fen": amount_fen, "months": months, "channel": kept.channel.value})  # fmt: skip
    return kept


def _is_staff(grant: Grant | None) -> bool:
    return grant is not None and grant.organization_id is not None


def _check_values(*, amount_fen: int | None, months: int | None, expected_rate: Decimal | None) -> None:
    if amount_fen is not None and not 0 < amount_fen <= LARGEST_FEN:
        raise BadAmount("the amount must be above zero and at most 100 billion yuan", field="amount", zh="请填写正确的金额")
    if months is not None and not 1 <= months <= LONGEST_MONTHS:
        raise BadRequest(
            f"the term must be 1 to {LONGEST_MONTHS} months; got {months}", field="months", zh="期限应为1至360个月"
        )
    if expected_rate is not None and not 0 < expected_rate < 1:
        raise BadRate("the expected rate must lie between 0 and 1, such as 0.0365", field="expected_rate", zh="期望年利率有误")


def _check_writer(firm: Firm, *, by: User, grant: Grant | None) -> None:
    if grant is None and not by.is_staff:
        return
    if grant is not None and grant.firm_id == firm.pk:
        return
    if grant is not None and grant.role in _WRITES_FOR_FIRMS and firm.region_code.startswith(grant.region):
        return
    raise NotAllowed("none of your roles lets you write a demand for this firm", zh="您的角色不能为该企业填写需求")


def _check_editor(demand: Demand, *, firm: Firm, by: User) -> None:
    if demand.firm_id != firm.pk:
        raise BadRequest("the demand belongs to another firm", field="firm", zh="该需求属于另一家企业")
    if not demand.is_editable:
        zh = f"需求目前是“{demand.stage.zh}”，不能再修改"
        raise WrongStage(f"a demand that is {demand.stage.en!r} can no longer be changed", zh=zh)
    mine = demand.created_by_id == by.pk and demand.stage is not _S.ASKED_BACK
    if not mine and speaks_for(by, firm=firm, on=timezone.localdate()) is None:
        raise NotAllowed("who speaks for the firm, or who wrote the draft, may change it", zh="只有企业代表或填写人可以修改")


def _keep_wishes(demand: Demand, *, preferred: Sequence[int], excluded: Sequence[int]) -> None:
    wanted, unwanted = list(dict.fromkeys(preferred)), list(dict.fromkeys(excluded))
    if set(wanted) & set(unwanted):
        message = "a bank cannot be preferred and not to be asked at once"
        raise BadChoice(message, field="preferred_banks", zh="同一家银行不能既优先又不推送")
    known = Organization.objects.filter(pk__in=[*wanted, *unwanted], kind=OrganizationKind.BANK, closed_on=None)
    if len(known) != len(wanted) + len(unwanted):
        raise BadChoice("one of the chosen banks is not a bank that takes part", field="preferred_banks", zh="所选银行有误")
    DemandBank.objects.filter(demand=demand).delete()
    rows = [(x, BankWish.PREFERRED, i) for i, x in enumerate(wanted, 1)]
    rows += [(x, BankWish.EXCLUDED, 0) for x in unwanted]
    DemandBank.objects.bulk_create(DemandBank(demand=demand, bank_id=x, wish=wish, rank=rank) for x, wish, rank in rows)


@transaction.atomic
def publish_demand(demand: Demand, *, by: User, grant: Grant | None, at: datetime) -> Demand:
    """Publish a demand, or declare it again after it was asked back (发布需求).

    It goes onto the declared list where somebody who speaks for the firm publishes it; a visitor's waits for the firm's
    confirmation, one of a person who is not authenticated for the authentication. Raises BadRequest for what is missing.
    """
    kept = lock_demand(demand)
    _check_complete(kept)
    _check_writer(kept.firm, by=by, grant=grant)
    was, on = kept.stage, timezone.localdate(at)
    if speaks_for(by, firm=kept.firm, on=on):
        return _declare(kept, by=by, grant=grant, at=at, act="publish_demand")
    if was is _S.ASKED_BACK:
        raise NotAllowed("the firm itself answers what it was asked", zh="请由企业代表补充后重新提交")
    kept.move_to(_S.AWAITING_CONFIRMATION if _is_staff(grant) else _S.AWAITING_AUTHENTICATION)
    kept.confirmed_by, kept.confirmed_at = (None, None) if _is_staff(grant) else (by, at)
    _first_published(kept, at=at)
    kept.save()
    if _is_staff(grant):
        tell_firm(kept, kind=NoticeKind.TO_CONFIRM, at=at)
    record_demand("publish_demand", kept, by=by, grant=grant, was=was)
    return kept


def _check_complete(demand: Demand) -> None:
    for field, zh in (("amount_fen", "金额"), ("months", "期限"), ("purpose", "用途")):
        if not getattr(demand, field):
            name = field.removesuffix("_fen")
            raise BadRequest(f"a demand needs its {name} before it is published", field=name, zh=f"请先填写{zh}")


def _first_published(demand: Demand, *, at: datetime) -> None:
    if demand.published_at is None:
        demand.published_at = at
        start_clocks("demand_published", demand=demand, on=timezone.localdate(at))
    real = [x for x in OPEN_STAGES if x not in (_S.DRAFT, _S.AWAITING_AUTHENTICATION)]
    others = Demand.objects.filter(firm_id=demand.firm_id, stage__in=real).exclude(pk=demand.pk)
    demand.duplicate_of = others.filter(published_at__lte=demand.published_at).order_by("published_at", "pk").first()


def _declare(demand: Demand, *, by: User, grant: Grant | None, at: datetime, act: str) -> Demand:
    was, on = demand.stage, timezone.localdate(at)
    demand.move_to(_S.DECLARED)
    demand.confirmed_by, demand.confirmed_at = by, at
    demand.declared_at, demand.prepared_by = at, None
    _first_published(demand, at=at)
    demand.save()
    start_clocks("demand_declared", demand=demand, on=on)
    resume_clocks("waiting_for_the_firm", demand=demand, on=on)
    evaluate_demand(demand, on=on, at=at)
    Notice.objects.filter(demand=demand, firm_id=demand.firm_id, kind__in=(NoticeKind.TO_CONFIRM, NoticeKind.ASKED_BACK),
                          read_at=None).update(read_at=at, read_by=by)  # fmt: skip
    record_demand(act, demand, by=by, grant=grant, was=was)
    return demand


@transaction.atomic
def confirm_demand(demand: Demand, *, by: User, grant: Grant | None, at: datetime) -> Demand:
    """Confirm, as the firm, what somebody else wrote for it (企业确认需求). Raises NotAllowed for its writer and for staff."""
    kept = lock_demand(demand)
    if kept.stage is not _S.AWAITING_CONFIRMATION:
        raise WrongStage("only a demand that awaits the firm's confirmation can be confirmed", zh="该需求不在待确认阶段")
    if by.is_staff or by.pk == kept.created_by_id or _is_staff(grant):
        raise NotAllowed("the firm's own representative confirms, not whoever wrote it", zh="须由企业代表本人确认")
    if speaks_for(by, firm=kept.firm, on=timezone.localdate(at)):
        return _declare(kept, by=by, grant=grant, at=at, act="confirm_demand")
    was = kept.stage
    kept.move_to(_S.AWAITING_AUTHENTICATION)
    kept.confirmed_by, kept.confirmed_at = by, at
    kept.save()
    record_demand("confirm_demand", kept, by=by, grant=grant, was=was)
    return kept


def declare_authenticated(*, at: datetime, user: User | None = None) -> list[Demand]:
    """Put on the declared list what only waited for an authentication that is done (认证完成后申报); safe to repeat."""
    waiting = Demand.objects.filter(stage=_S.AWAITING_AUTHENTICATION, confirmed_by__isnull=False)
    if user is not None:
        waiting = waiting.filter(confirmed_by=user)
    ready = [
        x
        for x in waiting.select_related("confirmed_by", "firm").order_by("pk")
        if x.confirmed_by and speaks_for(x.confirmed_by, firm=x.firm, on=timezone.localdate(at))
    ]
    return [x for x in (_declare_waiting(y, at=at) for y in ready) if x.stage is _S.DECLARED]


@transaction.atomic
def _declare_waiting(demand: Demand, *, at: datetime) -> Demand:
    kept = lock_demand(demand)
    if kept.stage is not _S.AWAITING_AUTHENTICATION or demand.confirmed_by is None:  # somebody else did it meanwhile
        return kept
    return _declare(kept, by=demand.confirmed_by, grant=None, at=at, act="declare_authenticated")


@transaction.atomic
def withdraw_demand(demand: Demand, *, by: User, grant: Grant | None, at: datetime) -> Demand:
    """Withdraw a demand at any open stage (撤回需求): banks lose it from their desks.

    The firm may, and while nobody confirmed it whoever wrote it. Raises NotAllowed, WrongStage.
    """
    kept = lock_demand(demand)
    was = kept.stage
    unconfirmed = was in (_S.DRAFT, _S.AWAITING_CONFIRMATION, _S.AWAITING_AUTHENTICATION)
    if not (unconfirmed and kept.created_by_id == by.pk) and not speaks_for(by, firm=kept.firm, on=timezone.localdate(at)):
        raise NotAllowed("the firm withdraws its demand, nobody else", zh="只有企业代表可以撤回需求")
    kept.move_to(_S.WITHDRAWN)
    recalled = end_demand(kept, at=at)
    kept.save()
    record_demand("withdraw_demand", kept, by=by, grant=grant, was=was, basis={"recalled": [x.pk for x in recalled]})
    return kept


@transaction.atomic
def close_demand(demand: Demand, *, reason: CloseReason, by: User, grant: Grant, at: datetime) -> Demand:
    """Close a demand that leads no further, with the reason (办结需求). Raises NotAllowed, WrongStage."""
    kept = lock_demand(demand)
    check_officer(kept, grant=grant)
    was = kept.stage
    kept.move_to(_S.CLOSED)
    kept.close_reason = reason
    recalled = end_demand(kept, at=at)
    kept.save()
    record_demand("close_demand", kept, by=by, grant=grant, was=was, why=reason.value,
                  basis={"recalled": [x.pk for x in recalled]})  # fmt: skip
    return kept
