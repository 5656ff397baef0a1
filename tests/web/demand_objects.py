"""What stands for `{demand}` and its like in the table of routes."""

from django.utils import timezone

from huoshui.models import BankPush, Batch, Clock, Demand, Notice, Repair, User
from huoshui.services.appeal import appeal_demand
from huoshui.services.clock import start_clocks
from huoshui.terms import DemandChannel, DemandPurpose, DemandStage, NoticeKind, ReviewAct, Role
from tests.demands import declared, reviewed
from tests.world import World


def a_demand(world: World, *, home: bool, by: User | None) -> int:
    """A demand of firm 0 before its side's sub-branch, with a deadline: rows as the services leave them, quickly made."""
    del by
    county, bank, now = world.county(home=home), world.bank(home=home).sub_branch, timezone.now()
    owner = county.users[Role.LEGAL_REPRESENTATIVE]
    told = {"amount_fen": 50_000_00, "months": 12, "purpose": DemandPurpose.STOCK}
    demand = Demand.objects.create(firm=county.firms[0], stage=DemandStage.PUSHED, channel=DemandChannel.FIRM, created_by=owner,
                                   confirmed_by=owner, published_at=now, recommended_at=now, **told)  # fmt: skip
    shown = {"firm": "甲", "uscc": "", "amount_fen": 50_000_00, "months": 12, "purpose": "stock", "guarantees": []}
    push = BankPush.objects.create(demand=demand, bank=bank, shown=shown, received_at=now, pushed_by=county.users[Role.OFFICER])
    start_clocks("recommendation_received", demand=demand, push=push, on=timezone.localdate())
    return demand.pk


def an_own_demand(world: World, *, home: bool, by: User | None) -> int:
    """A draft that the one who asks wrote, or somebody else."""
    writer = by if home and by else world.user(Role.VISITOR, home=False)
    firm = world.county(home=home).firms[0]
    return Demand.objects.create(firm=firm, channel=DemandChannel.VISITOR, created_by=writer, amount_fen=1_000_00).pk


def a_push(world: World, *, home: bool, by: User | None) -> int:
    """What the sub-branch has of such a demand."""
    return BankPush.objects.get(demand=a_demand(world, home=home, by=by)).pk


def a_clock(world: World, *, home: bool, by: User | None) -> int:
    """The sub-branch's deadline for such a demand."""
    return Clock.objects.get(demand=a_demand(world, home=home, by=by), name="bank_decision").pk


def a_repair(world: World, *, home: bool, by: User | None) -> int:
    """An obstacle of a demand that did not pass."""
    del by
    return Repair.objects.get(demand=reviewed(world, declared(world, home=home), ReviewAct.REJECT, home=home)).pk


def an_appeal(world: World, *, home: bool, by: User | None) -> int:
    """The firm's appeal against such a refusal."""
    del by
    demand = reviewed(world, declared(world, home=home), ReviewAct.REJECT, home=home)
    return appeal_demand(demand, text="不同意", by=demand.created_by, grant=None, at=timezone.now()).pk


def a_batch(world: World, *, home: bool, by: User | None) -> int:
    """A bulk act of the county's officer."""
    del by
    county = world.county(home=home)
    made = {"organization": county.task_force, "by": county.users[Role.OFFICER], "act": ReviewAct.PREPARE}
    return Batch.objects.create(**made, at=timezone.now()).pk


def a_notice(world: World, *, home: bool, by: User | None) -> int:
    """A notice to the organization in which the one who asks works, or to somebody else's."""
    membership = by.memberships.first() if home and by else None
    organization = membership.organization if membership else world.away.townships[1]
    told = {"organization": organization, "demand_id": a_demand(world, home=home, by=by), "kind": NoticeKind.APPEALED}
    return Notice.objects.create(**told, at=timezone.now()).pk
