"""The review of declared demands (审核): passed, recommended, not passed, asked back, sent back; one by one.

What is not met or not known never passes, by whoever's hand: the criteria are judged anew with each act and the judgement is
kept with the event. Where the policy says so, whoever passed the review does not recommend.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from huoshui.errors import BadChoice, BadRequest, CriteriaOpen, NotAllowed, WrongStage
from huoshui.models import Demand, Evaluation, Grant, Remark, User
from huoshui.policy import Policy
from huoshui.rules.demand import TRANSITIONS, check_move
from huoshui.services.clock import demand_policy, end_clocks, pause_clocks, start_clocks
from huoshui.services.demand_record import check_officer, lock_demand, record_demand
from huoshui.services.five_criteria import evaluate_demand
from huoshui.services.notice import tell_firm
from huoshui.services.repair import name_obstacles
from huoshui.terms import Criterion, DemandStage, NoticeKind, ReviewAct, Role, Tristate

_S: Final = DemandStage
LEADS_TO: Final[Mapping[ReviewAct, DemandStage]] = {
    ReviewAct.PREPARE: _S.REVIEWED,
    ReviewAct.RECOMMEND: _S.RECOMMENDED,
    ReviewAct.REJECT: _S.REJECTED,
    ReviewAct.ASK_BACK: _S.ASKED_BACK,
    ReviewAct.SEND_BACK: _S.DECLARED,
}
_PASSES: Final = (ReviewAct.PREPARE, ReviewAct.RECOMMEND)


@dataclass(frozen=True, slots=True)
class Order:
    """What a reviewer wants done (审核指令): coded reasons for a refusal, words for what is asked or why it is sent back."""

    act: ReviewAct
    reasons: tuple[str, ...] = ()
    text: str = ""


def check_review(demand: Demand, *, order: Order, by: User, grant: Grant, on: date) -> None:
    """Whether an order can be carried out, the criteria aside (审核前检查). Raises what stands in its way."""
    if order.act not in LEADS_TO:
        message = f"an order on one demand is one of {', '.join(x.value for x in LEADS_TO)}; got {order.act.value}"
        raise BadChoice(message, field="act", zh=f"“{order.act.zh}”不是单项审核办理")
    rules = demand_policy(demand, on=on)
    four_eyes = rules["four_eyes"]
    leads = order.act is ReviewAct.RECOMMEND and four_eyes
    check_officer(demand, grant=grant, roles=(Role.LEAD,) if leads else (Role.OFFICER, Role.LEAD))
    at_once = order.act is ReviewAct.RECOMMEND and demand.stage is _S.DECLARED and not four_eyes
    if not at_once:
        check_move(demand.stage, to=LEADS_TO[order.act], table=TRANSITIONS)
    if order.act is ReviewAct.SEND_BACK and demand.stage not in (_S.REVIEWED, _S.RECOMMENDED):
        message = "only what was reviewed or recommended is sent back to the review"
        raise WrongStage(message, zh="只有初审通过或在推荐清单的需求可以发回重审")
    if leads and demand.prepared_by_id == by.pk:
        message = "whoever passed the review does not recommend: another person must"
        raise NotAllowed(message, zh="初审与推荐不能由同一人办理，请由另一位负责人推荐")
    if order.act is ReviewAct.REJECT:
        _check_reasons(order, rules=rules)
    if order.act in (ReviewAct.ASK_BACK, ReviewAct.SEND_BACK) and not order.text.strip():
        raise BadRequest("say what is missing, in a sentence", field="text", zh="请写明需要补充或重审的内容")


def _check_reasons(order: Order, *, rules: Policy) -> None:
    known = [x["code"] for x in rules["reject_reasons"]]
    strange = [x for x in order.reasons if x not in known]
    if strange or not order.reasons:
        given = strange[0] if strange else "none"
        message = f"a refusal needs coded reasons out of {', '.join(known)}; got {given}"
        raise BadChoice(message, field="reasons", zh="请选择不予通过的原因")


def check_criteria(evaluation: Evaluation) -> None:
    """Whether all criteria are met (标准是否全部符合). Raises CriteriaOpen naming those that are not, or not known."""
    if evaluation.verdict is Tristate.MET:
        return
    open_ones = [(Criterion(x["criterion"]), Tristate(x["verdict"])) for x in evaluation.marks if x["verdict"] != Tristate.MET]
    en = ", ".join(f"{x.en} ({y.en})" for x, y in open_ones)
    zh = "、".join(f"{x.zh}（{y.zh}）" for x, y in open_ones)
    raise CriteriaOpen(f"every criterion must be met; open: {en}", zh=f"尚未全部符合标准：{zh}")


@transaction.atomic
def review_demand(demand: Demand, *, order: Order, by: User, grant: Grant, at: datetime) -> Demand:
    """Carry out one order on one demand (审核需求).

    Raises CriteriaOpen where a criterion is not met or not known, NotAllowed for the wrong person, WrongStage, BadChoice and
    BadRequest for what the order lacks.
    """
    kept, on = lock_demand(demand), timezone.localdate(at)
    check_review(kept, order=order, by=by, grant=grant, on=on)
    was = kept.stage
    if order.act in _PASSES:
        check_criteria(evaluate_demand(kept, on=on, at=at))
    if order.act is ReviewAct.PREPARE or (order.act is ReviewAct.RECOMMEND and was is _S.DECLARED):
        kept.move_to(_S.REVIEWED)
        kept.prepared_by = by
    if order.act is not ReviewAct.PREPARE:
        kept.move_to(LEADS_TO[order.act])
    basis = _follow(kept, order=order, by=by, at=at)
    kept.save()
    if order.text.strip() or order.reasons:
        Remark.objects.create(demand=kept, act=order.act, reasons=list(order.reasons), text=order.text.strip(), by=by, at=at)
    record_demand(f"{order.act.value}_demand", kept, by=by, grant=grant, was=was, basis=basis)
    return kept


def _follow(demand: Demand, *, order: Order, by: User, at: datetime) -> dict[str, Any]:
    """What else an order does: clocks, notices, obstacles."""
    on = timezone.localdate(at)
    if order.act is ReviewAct.RECOMMEND:
        demand.recommended_at = at
        end_clocks("review_decided", demand=demand, on=on)
        tell_firm(demand, kind=NoticeKind.RECOMMENDED, at=at)
        return {"prepared_by": demand.prepared_by_id}
    if order.act is ReviewAct.REJECT:
        end_clocks("review_decided", demand=demand, on=on)
        end_clocks("review_refused", demand=demand, on=on)
        tell_firm(demand, kind=NoticeKind.REJECTED, at=at)
        rules = demand_policy(demand, on=on)
        obstacles = [x["obstacle"] for x in rules["reject_reasons"] if x["code"] in order.reasons]
        repairs = name_obstacles(demand, obstacles=obstacles, origin=f"review:{','.join(order.reasons)}", at=at)
        return {"reasons": list(order.reasons), "repairs": [x.pk for x in repairs]}
    if order.act is ReviewAct.ASK_BACK:
        pause_clocks("waiting_for_the_firm", demand=demand, on=on, reason=order.text.strip(), by=by)
        tell_firm(demand, kind=NoticeKind.ASKED_BACK, at=at)
    if order.act is ReviewAct.SEND_BACK:
        demand.prepared_by, demand.recommended_at, demand.declared_at = None, None, at
        start_clocks("demand_declared", demand=demand, on=on)
    return {}
