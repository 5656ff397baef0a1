"""Demands for tests: a firm that meets every criterion, a demand at the stage that a test wants, grants by role."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from huoshui.models import Consent, Demand, Evaluation, Firm, Grant, Organization, User, Visit
from huoshui.services.consent import consent_text
from huoshui.services.demand import publish_demand, save_draft
from huoshui.services.recommendation import push_demand
from huoshui.services.review import Order, review_demand
from huoshui.terms import (
    ConsentPurpose,
    DemandChannel,
    DemandPurpose,
    DemandStage,
    GuaranteeKind,
    Need,
    Premises,
    ReviewAct,
    Role,
    VisitMode,
    VisitSource,
    YesNo,
)
from tests.world import World


def grant_of(user: User, role: Role, *, firm: Firm | None = None, region: str = "") -> Grant:
    """The grant by which a user acts in a role."""
    viewer = user.viewer(on=timezone.localdate())
    return viewer.acting_as(role, firm_id=firm.pk) if firm else viewer.acting_as(role, region=region)


def good_firm(world: World, *, home: bool = True, number: int = 0) -> Firm:
    """A firm of the world made such that registers, lists and a visit speak for it; its representatives agreed to share."""
    county = world.county(home=home)
    firm = county.firms[number]
    firm.screened_on = firm.lists_on = firm.tax_on = timezone.localdate()
    firm.save()
    visited(firm, by=county.users[Role.VISITOR], organization=county.townships[0])
    version = consent_text(ConsentPurpose.SHARE_WITH_BANKS, on=timezone.localdate()).version
    for role in (Role.LEGAL_REPRESENTATIVE, Role.AGENT):
        Consent.objects.create(
            user=county.users[role], purpose=ConsentPurpose.SHARE_WITH_BANKS, version=version, given_at=timezone.now()
        )
    return firm


def visited(firm: Firm, *, by: User, organization: Organization, at: datetime | None = None, **given: Any) -> Visit:
    """A visit on site that found a working firm in rented rooms, in need of money."""
    told = {"operating": YesNo.YES, "premises": Premises.RENTED, "need": Need.YES, "amount_fen": 60_000_00, **given}
    return Visit.objects.create(
        client_id=uuid4(),
        body_hash="0" * 64,
        firm=firm,
        visitor=by,
        organization=organization,
        region_code=firm.region_code,
        source=VisitSource.ONLINE,
        mode=told.pop("mode", VisitMode.ONSITE),
        visited_at=at or timezone.now(),
        received_at=at or timezone.now(),
        **told,
    )


def draft(world: World, *, home: bool = True, firm: Firm | None = None, **given: Any) -> Demand:
    """A complete draft, written by the firm's legal representative, with a clean statement."""
    county = world.county(home=home)
    firm, user = firm or county.firms[0], county.users[Role.LEGAL_REPRESENTATIVE]
    told = {
        "amount_fen": 50_000_00, "months": 12, "purpose": DemandPurpose.STOCK, "note": "节前进货", "states_clean": True,
        "guarantees": [GuaranteeKind.CREDIT], "wanted_by": timezone.localdate() + timedelta(days=30), **given,
    }  # fmt: skip
    grant = grant_of(user, Role.LEGAL_REPRESENTATIVE, firm=firm)
    return save_draft(firm=firm, by=user, grant=grant, channel=DemandChannel.FIRM, **told)


def declared(world: World, *, home: bool = True, at: datetime | None = None, **given: Any) -> Demand:
    """A demand on the declared list."""
    made = draft(world, home=home, **given)
    user = made.created_by
    grant = grant_of(user, Role.LEGAL_REPRESENTATIVE, firm=made.firm)
    return publish_demand(made, by=user, grant=grant, at=at or timezone.now())


def evaluation_of(demand: Demand) -> Evaluation:
    """The latest judgement of a demand, which must have one."""
    assert demand.evaluation is not None
    return demand.evaluation


def reviewed(world: World, demand: Demand, *acts: ReviewAct, home: bool = True, at: datetime | None = None) -> Demand:
    """The demand after some acts of the review, each by whoever may."""
    for act in acts:
        role = Role.LEAD if act is ReviewAct.RECOMMEND else Role.OFFICER
        user = world.user(role, home=home)
        order = Order(act, reasons=("real_need",) if act is ReviewAct.REJECT else (), text="请补充")
        grant = grant_of(user, role, region=demand.firm.region_code)
        demand = review_demand(demand, order=order, by=user, grant=grant, at=at or timezone.now())
    return demand


def recommended(world: World, *, home: bool = True, at: datetime | None = None, **given: Any) -> Demand:
    """A demand of a good firm on the recommended list."""
    demand = declared(world, home=home, at=at, **given)
    return reviewed(world, demand, ReviewAct.PREPARE, ReviewAct.RECOMMEND, home=home, at=at)


def pushed(world: World, *, home: bool = True, at: datetime | None = None, **given: Any) -> Demand:
    """A demand pushed to its side's sub-branch."""
    demand = recommended(world, home=home, at=at, **given)
    user = world.user(Role.OFFICER, home=home)
    grant = grant_of(user, Role.OFFICER, region=demand.firm.region_code)
    push_demand(demand, banks=[world.bank(home=home).sub_branch], by=user, grant=grant, at=at or timezone.now())
    return Demand.objects.get(pk=demand.pk)


def written_by_a_visitor(world: World, *, home: bool = True) -> Demand:
    """A demand that a visitor wrote and that awaits the firm's confirmation."""
    county = world.county(home=home)
    visitor = county.users[Role.VISITOR]
    firm = next(x for x in county.firms if x.region_code.startswith(county.townships[0].region_code))
    grant = grant_of(visitor, Role.VISITOR, region=firm.region_code)
    made = save_draft(firm=firm, by=visitor, grant=grant, channel=DemandChannel.VISITOR, amount_fen=30_000_00, months=6,
                      purpose=DemandPurpose.WAGES, note="发工资")  # fmt: skip
    made = publish_demand(made, by=visitor, grant=grant, at=timezone.now())
    assert made.stage is DemandStage.AWAITING_CONFIRMATION
    return made
