"""What keeps a firm from credit, and its repair (帮扶修复): obstacle, department, measure, due day, done, declared again."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from huoshui.errors import BadChoice, BadRequest, WrongStage
from huoshui.models import Demand, Grant, Repair, User
from huoshui.services.clock import demand_policy, start_clocks
from huoshui.services.demand import speaks_for
from huoshui.services.demand_record import check_officer, lock_demand, record_demand
from huoshui.services.event import record
from huoshui.services.five_criteria import acting_organization, evaluate_demand
from huoshui.services.notice import tell_firm
from huoshui.terms import DemandStage, NoticeKind, RepairStage

_S: Final = DemandStage
REPAIRABLE: Final = (_S.REJECTED, _S.RETURNED, _S.REPAIR)
OPEN_REPAIRS: Final = (RepairStage.OPEN, RepairStage.ARRANGED)


def obstacle_kinds(demand: Demand, *, on: date) -> dict[str, Mapping[str, Any]]:
    """The kinds of obstacle that the region knows, by code (障碍种类)."""
    return {x["code"]: x for x in demand_policy(demand, on=on)["obstacles"]}


def name_obstacles(demand: Demand, *, obstacles: Iterable[str], origin: str, at: datetime) -> list[Repair]:
    """Note what stands in a firm's way, inside the act that found it (登记障碍); one that is open already is not doubled."""
    on = timezone.localdate(at)
    kinds, named = obstacle_kinds(demand, on=on), []
    for code in dict.fromkeys(obstacles):
        repair, _ = Repair.objects.get_or_create(
            demand=demand,
            obstacle=code,
            ended_at=None,
            defaults={
                "origin": origin[:200],
                "department": kinds[code]["department"],
                "measure": kinds[code]["measure"],
                "due_on": on + timedelta(days=kinds[code]["days"]),
                "opened_at": at,
            },
        )
        named.append(repair)
    return named


@transaction.atomic
def add_obstacle(demand: Demand, *, obstacle: str, origin: str, by: User, grant: Grant, at: datetime) -> Repair:
    """Add an obstacle by hand (补充障碍). Raises BadChoice, NotAllowed, WrongStage outside rejection, return and repair."""
    kept = lock_demand(demand)
    check_officer(kept, grant=grant)
    _check_repairable(kept)
    if obstacle not in obstacle_kinds(kept, on=timezone.localdate(at)):
        raise BadChoice(f"no obstacle is called {obstacle!r}", field="obstacle", zh="请选择障碍种类")
    repair = name_obstacles(kept, obstacles=[obstacle], origin=origin.strip(), at=at)[0]
    record("add_obstacle", repair, by=by, organization=acting_organization(grant), role=grant.role, firm=kept.firm,
           basis={"demand": kept.pk, "obstacle": obstacle})  # fmt: skip
    return repair


@transaction.atomic
def arrange_repair(
    repair: Repair, *, department: str, measure: str, due_on: date, by: User, grant: Grant, at: datetime
) -> Repair:
    """Say who removes an obstacle, how and by when (安排帮扶); the demand goes into repair. Raises BadRequest, WrongStage."""
    demand, kept = _locked(repair, grant=grant)
    _check_repairable(demand)
    if not department.strip() or not measure.strip():
        raise BadRequest("a repair needs a department and a measure", field="measure", zh="请填写责任部门和措施")
    if due_on < timezone.localdate(at):
        raise BadRequest("the due day lies in the past", field="due_on", zh="完成期限不能早于今天")
    kept.move_to(RepairStage.ARRANGED)
    kept.department, kept.measure, kept.due_on, kept.handled_by = department.strip(), measure.strip(), due_on, by
    kept.save()
    was = demand.stage
    if was is not _S.REPAIR:
        demand.move_to(_S.REPAIR)
        demand.save(update_fields=["stage"])
    tell_firm(demand, kind=NoticeKind.REPAIR, at=at)
    record_demand("arrange_repair", demand, by=by, grant=grant, was=was,
                  basis={"repair": kept.pk, "obstacle": kept.obstacle, "due_on": due_on.isoformat()})  # fmt: skip
    return kept


@transaction.atomic
def end_repair(repair: Repair, *, done: bool, outcome: str, by: User, grant: Grant, at: datetime) -> Repair:
    """Note that an obstacle is gone, or that nothing can be done (办结帮扶事项), with what came of it. Raises BadRequest."""
    demand, kept = _locked(repair, grant=grant)
    if not outcome.strip():
        raise BadRequest("say what came of it", field="outcome", zh="请写明办理结果")
    kept.move_to(RepairStage.DONE if done else RepairStage.DROPPED)
    kept.outcome, kept.ended_at, kept.handled_by = outcome.strip(), at, by
    kept.save()
    tell_firm(demand, kind=NoticeKind.REPAIR, at=at)
    record_demand("finish_repair" if done else "drop_repair", demand, by=by, grant=grant, was=demand.stage,
                  basis={"repair": kept.pk, "obstacle": kept.obstacle})  # fmt: skip
    return kept


@transaction.atomic
def declare_again(demand: Demand, *, by: User, grant: Grant, at: datetime) -> Demand:
    """Put a repaired demand back on the declared list (重新申报), to be reviewed like any other.

    The firm or its task force may. Raises WrongStage while an obstacle is open or where none was removed, NotAllowed.
    """
    kept, on = lock_demand(demand), timezone.localdate(at)
    if speaks_for(by, firm=kept.firm, on=on) is None:
        check_officer(kept, grant=grant)
    if kept.stage is not _S.REPAIR:
        raise WrongStage("only a demand in repair is declared again", zh="只有帮扶修复中的需求可以重新申报")
    stages = list(Repair.objects.filter(demand=kept).values_list("stage", flat=True))
    if any(x in OPEN_REPAIRS for x in stages) or RepairStage.DONE not in stages:
        raise WrongStage("an obstacle is still open, or none was removed", zh="还有障碍没有办结，或没有一项得到解决")
    was = kept.stage
    kept.move_to(_S.DECLARED)
    kept.declared_at, kept.prepared_by, kept.recommended_at = at, None, None
    kept.save()
    start_clocks("demand_declared", demand=kept, on=on)
    evaluate_demand(kept, on=on, at=at)
    record_demand("declare_again", kept, by=by, grant=grant, was=was)
    return kept


def _locked(repair: Repair, *, grant: Grant) -> tuple[Demand, Repair]:
    demand = lock_demand(repair.demand)
    check_officer(demand, grant=grant)
    kept: Repair = Repair.objects.select_for_update().get(pk=repair.pk)
    return demand, kept


def _check_repairable(demand: Demand) -> None:
    if demand.stage not in REPAIRABLE:
        zh = "只有未通过审核或银行退回的需求可以帮扶修复"
        raise WrongStage(f"a demand that is {demand.stage.en!r} has nothing to repair", zh=zh)
