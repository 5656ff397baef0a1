"""Appeals of firms against a refusal (申诉)."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone

from huoshui.errors import BadRequest, NotAllowed, WrongStage
from huoshui.models import Appeal, Demand, Event, Grant, User
from huoshui.services.clock import demand_policy, end_clocks, start_clocks
from huoshui.services.demand import speaks_for
from huoshui.services.demand_record import check_officer, lock_demand, record_demand, task_force_for
from huoshui.services.five_criteria import evaluate_demand
from huoshui.services.notice import tell_firm, tell_organization
from huoshui.terms import DemandStage, NoticeKind, Role

_S: Final = DemandStage
APPEALS: Final = (_S.APPEALED, _S.RETURN_APPEALED)


@transaction.atomic
def appeal_demand(demand: Demand, *, text: str, by: User, grant: Grant | None, at: datetime) -> Appeal:
    """Appeal, as the firm, against a rejection or the banks' return (提出申诉). Raises NotAllowed, WrongStage, BadRequest."""
    kept, on = lock_demand(demand), timezone.localdate(at)
    if speaks_for(by, firm=kept.firm, on=on) is None:
        raise NotAllowed("the firm appeals, nobody else", zh="只有企业代表可以申诉")
    if not text.strip():
        raise BadRequest("say why, in a sentence", field="text", zh="请写明申诉理由")
    was = kept.stage
    kept.move_to(_S.RETURN_APPEALED if was is _S.RETURNED else _S.APPEALED)
    kept.save(update_fields=["stage"])
    appeal = Appeal.objects.create(demand=kept, against=was, text=text.strip(), made_by=by, made_at=at)
    start_clocks("appeal_received", demand=kept, on=on)
    tell_organization(kept, organization=task_force_for(kept), kind=NoticeKind.APPEALED, at=at)
    record_demand("appeal_demand", kept, by=by, grant=grant, was=was, basis={"appeal": appeal.pk})
    return appeal


@transaction.atomic
def decide_appeal(appeal: Appeal, *, upheld: bool, answer: str, by: User, grant: Grant, at: datetime) -> Appeal:
    """Answer an appeal (答复申诉): upheld, the demand is reviewed anew; else it stands where it stood.

    Whoever refused does not decide, where the policy asks for four eyes. Raises NotAllowed, WrongStage, BadRequest.
    """
    kept, on = lock_demand(appeal.demand), timezone.localdate(at)
    held: Appeal = Appeal.objects.select_for_update().get(pk=appeal.pk)
    check_officer(kept, grant=grant, roles=(Role.LEAD,))
    if held.upheld is not None or kept.stage not in APPEALS:
        raise WrongStage("this appeal was answered already", zh="该申诉已经答复")
    if demand_policy(kept, on=on)["four_eyes"] and _refused_by(kept) == by.pk:
        raise NotAllowed("whoever refused the demand does not decide on the appeal", zh="作出不予通过决定的人不能答复申诉")
    if not answer.strip():
        raise BadRequest("an appeal is answered with reasons", field="answer", zh="请写明答复内容")
    was = kept.stage
    kept.move_to(_S.DECLARED if upheld else held.against)
    if upheld:
        kept.declared_at, kept.prepared_by, kept.recommended_at = at, None, None
    kept.save()
    held.upheld, held.answer, held.decided_by, held.decided_at = upheld, answer.strip(), by, at
    held.save()
    end_clocks("appeal_decided", demand=kept, on=on)
    if upheld:
        start_clocks("demand_declared", demand=kept, on=on)
        evaluate_demand(kept, on=on, at=at)
    tell_firm(kept, kind=NoticeKind.APPEAL_DECIDED, at=at)
    record_demand("decide_appeal", kept, by=by, grant=grant, was=was, basis={"appeal": held.pk, "upheld": upheld})
    return held


def _refused_by(demand: Demand) -> int | None:
    acts = Event.objects.filter(subject_kind="demand", subject_id=demand.pk, act="reject_demand").order_by("-at", "-pk")
    return acts.values_list("actor_id", flat=True).first()
