"""One act on many demands (批量办理): told beforehand for each, done where it can be, the rest listed with reasons."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from django.db import transaction

from huoshui.errors import BadRequest, HuoshuiError
from huoshui.models import Batch, Demand, Grant, Organization, User
from huoshui.services.event import record
from huoshui.services.five_criteria import acting_organization, judge_demand
from huoshui.services.recommendation import bank_choices, check_push, push_demand
from huoshui.services.review import Order, check_criteria, check_review, review_demand
from huoshui.terms import BankWish, ReviewAct

MOST_AT_ONCE: Final = 500
_PASSES: Final = (ReviewAct.PREPARE, ReviewAct.RECOMMEND)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What will happen to one demand (预计结果): `refusal` is None where the act can be done."""

    demand: Demand
    refusal: HuoshuiError | None
    banks: tuple[Organization, ...] = ()
    left_out: tuple[Organization, ...] = ()  # banks that the firm does not want, or that have the demand already


def foresee_review(
    demands: Iterable[Demand], *, order: Order, by: User, grant: Grant, at: datetime, on: date
) -> list[Foreseen]:
    """What an order will do to each demand (批量审核预览). The criteria are judged as of now."""
    found = []
    for demand in _checked(demands):
        refusal = _refusal(partial(_try_review, demand, order=order, by=by, grant=grant, at=at, on=on))
        found.append(Foreseen(demand, refusal))
    return found


def _try_review(demand: Demand, *, order: Order, by: User, grant: Grant, at: datetime, on: date) -> None:
    check_review(demand, order=order, by=by, grant=grant, on=on)
    if order.act in _PASSES:
        check_criteria(judge_demand(demand, on=on, at=at))


def foresee_push(demands: Iterable[Demand], *, banks: Sequence[Organization], grant: Grant, at: datetime) -> list[Foreseen]:
    """What a push will do to each demand (批量推送预览): without `banks` each goes to those that its firm prefers."""
    found = []
    for demand in _checked(demands):
        chosen, left_out = _banks_for(demand, banks=banks)
        refusal = _refusal(partial(check_push, demand, banks=chosen, grant=grant, at=at))
        found.append(Foreseen(demand, refusal, chosen, left_out))
    return found


def _banks_for(demand: Demand, *, banks: Sequence[Organization]) -> tuple[tuple[Organization, ...], tuple[Organization, ...]]:
    """The banks that a demand may go to out of those chosen, and the others; all of them where none is left, to be refused."""
    choices = {x.bank.pk: x for x in bank_choices(demand)}
    if not banks:
        return tuple(x.bank for x in choices.values() if x.wish is BankWish.PREFERRED and x.push is None), ()
    out = {x for x, choice in choices.items() if choice.push is not None or choice.wish is BankWish.EXCLUDED}
    kept = tuple(x for x in banks if x.pk not in out)
    return (kept, tuple(x for x in banks if x.pk in out)) if kept else (tuple(banks), ())


def review_many(demands: Iterable[Demand], *, order: Order, by: User, grant: Grant, at: datetime) -> Batch:
    """Carry out an order on each demand that it fits (批量审核); the batch says what became of each. Raises BadRequest."""

    def act(demand: Demand, _: Batch) -> None:
        review_demand(demand, order=order, by=by, grant=grant, at=at)

    return _each(demands, name=order.act, act=act, by=by, grant=grant, at=at, basis={"reasons": list(order.reasons)})


def push_many(demands: Iterable[Demand], *, banks: Sequence[Organization], by: User, grant: Grant, at: datetime) -> Batch:
    """Push each demand that may go, in one batch (批量推送); the batch says what became of each. Raises BadRequest."""

    def act(demand: Demand, batch: Batch) -> None:
        push_demand(demand, banks=_banks_for(demand, banks=banks)[0], by=by, grant=grant, at=at, batch=batch)

    basis = {"banks": [x.pk for x in banks]}
    return _each(demands, name=ReviewAct.PUSH, act=act, by=by, grant=grant, at=at, basis=basis)


def _each(
    demands: Iterable[Demand],
    *,
    name: ReviewAct,
    act: Callable[[Demand, Batch], None],
    by: User,
    grant: Grant,
    at: datetime,
    basis: dict[str, Any],
) -> Batch:
    rows, chosen = [], _checked(demands)
    batch = Batch.objects.create(organization_id=acting_organization(grant), act=name, by=by, at=at)
    for demand in chosen:
        refusal = _refusal(partial(act, demand, batch))
        rows.append({"demand": demand.pk, "firm": demand.firm.name, "done": refusal is None, **_reason(refusal)})
    return _close(batch, rows=rows, by=by, grant=grant, basis=basis)


@transaction.atomic
def _close(batch: Batch, *, rows: list[dict[str, Any]], by: User, grant: Grant, basis: dict[str, Any]) -> Batch:
    batch.results = rows
    batch.done = sum(x["done"] for x in rows)
    batch.refused = len(rows) - batch.done
    batch.save()
    record(f"{batch.act.value}_many", batch, by=by, organization=batch.organization_id, role=grant.role,
           basis={**basis, "done": batch.done, "refused": batch.refused})  # fmt: skip
    return batch


def _checked(demands: Iterable[Demand]) -> list[Demand]:
    chosen = list(demands)
    if not 1 <= len(chosen) <= MOST_AT_ONCE:
        message = f"choose 1 to {MOST_AT_ONCE} demands; got {len(chosen)}"
        raise BadRequest(message, field="demands", zh=f"请选择1至{MOST_AT_ONCE}项需求")
    return chosen


def _refusal(act: Callable[[], object]) -> HuoshuiError | None:
    try:
        act()
    except HuoshuiError as error:
        return error
    return None


def _reason(refusal: HuoshuiError | None) -> dict[str, str]:
    return {} if refusal is None else {"code": refusal.code, "zh": refusal.zh, "en": refusal.message}
