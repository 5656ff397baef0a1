"""How an act on a demand is held and written down (需求办理记录): the row is locked, the event says whence, whither and why."""

from collections.abc import Mapping
from typing import Any

from huoshui.errors import NotAllowed, WrongStage
from huoshui.models import Demand, Event, Grant, Organization, User
from huoshui.services.event import record
from huoshui.services.notice import task_force_of
from huoshui.terms import DemandStage, Role


def lock_demand(demand: Demand) -> Demand:
    """The demand as it is now, locked until the act's transaction ends (锁定需求)."""
    locked: Demand = Demand.objects.select_for_update(of=("self",)).select_related("firm", "evaluation").get(pk=demand.pk)
    return locked


def task_force_for(demand: Demand) -> Organization:
    """The task force to which a demand belongs (所属专班). Raises WrongStage where a region has none."""
    found = task_force_of(demand.firm.region_code)
    if found is None:
        message = f"no task force works for region {demand.firm.region_code}; expected one for the county or above it"
        raise WrongStage(message, zh="该地区尚未设立工作专班，暂不能办理")
    return found


def check_officer(demand: Demand, *, grant: Grant, roles: tuple[Role, ...] = (Role.OFFICER, Role.LEAD)) -> int:
    """The organization in which somebody handles a demand (办理机构). Raises NotAllowed for another role or region."""
    allowed = grant.role in roles and grant.organization_id is not None
    if not allowed or not demand.firm.region_code.startswith(grant.region):
        names = " or ".join(x.en for x in roles)
        raise NotAllowed(f"expected a {names} of the firm's region", zh=f"须由该地区的{'、'.join(x.zh for x in roles)}办理")
    return grant.organization_id or 0


def record_demand(
    act: str,
    demand: Demand,
    *,
    by: User | None,
    grant: Grant | None,
    was: DemandStage,
    why: str = "",
    basis: Mapping[str, Any] | None = None,
) -> Event:
    """Write down one act on a demand (记录需求办理): last in its transaction; `why` is a code, never free text."""
    told: dict[str, Any] = {"from": was.value, "to": demand.stage.value}
    if why:
        told["why"] = why
    if demand.evaluation is not None:
        told |= {"evaluation": demand.evaluation_id, "rule": demand.evaluation.rule_version}
    organization: Organization | int = grant.organization_id if grant and grant.organization_id else task_force_for(demand)
    role = grant.role.value if grant else ""
    return record(act, demand, by=by, organization=organization, role=role, firm=demand.firm, basis={**told, **(basis or {})})
