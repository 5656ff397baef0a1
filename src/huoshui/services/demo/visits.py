"""Visits of the demonstration (演示走访): what was found differs from firm to firm, the same every time."""

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from huoshui.models import Campaign, Firm, User, VisitAssignment
from huoshui.services.visit import VisitAnswers, record_visit
from huoshui.terms import DemandPurpose, Need, Obstacle, Premises, Role, YesNo

_MOST = 160


def make_visits(campaign: Campaign, *, share: float, at: datetime) -> int:
    """Visit a share of a campaign's list, at most a few hundred firms, over the last ten days (生成走访记录)."""
    chance = random.Random(campaign.pk)  # noqa: S311 - made-up answers
    entries = VisitAssignment.objects.filter(campaign=campaign, visitor__isnull=False).select_related("firm", "visitor")
    wanted = list(entries.order_by("pk"))
    wanted = wanted[: min(_MOST, int(len(wanted) * share))]
    for number, entry in enumerate(wanted):
        when = at - timedelta(days=10 * (len(wanted) - number) / len(wanted), minutes=chance.randrange(300))
        answers = VisitAnswers(**_answers(chance))
        visit_firm(entry.firm, by=entry.visitor, answers=answers, at=when, chance=chance, assignment=entry)
    return len(wanted)


def visit_firm(
    firm: Firm,
    *,
    by: User,
    answers: VisitAnswers,
    at: datetime,
    chance: random.Random,
    assignment: VisitAssignment | None = None,
) -> None:
    """One visit by somebody (登记演示走访)."""
    grant = by.viewer(on=at.date()).of(Role.VISITOR)[0]
    record_visit(
        client_id=UUID(int=chance.getrandbits(128), version=4),
        firm=firm,
        by=by,
        grant=grant,
        visited_at=at,
        received_at=at,
        answers=answers,
        assignment=assignment,
    )


def _answers(chance: random.Random) -> dict[str, Any]:
    if chance.random() < 0.12:
        return {"operating": YesNo.NO, "call_back": False}
    need = chance.choices((Need.YES, Need.NO), (2, 3))[0]
    told: dict[str, Any] = {
        "operating": YesNo.YES,
        "premises": chance.choice((Premises.RENTED, Premises.RENTED, Premises.OWNED)),
        "employees": chance.randrange(1, 40),
        "need": need,
        "has_loan": chance.choice((YesNo.NO, YesNo.NO, YesNo.YES)),
    }
    if need is Need.YES:
        purposes = (DemandPurpose.STOCK, DemandPurpose.WAGES, DemandPurpose.EQUIPMENT, DemandPurpose.RENT)
        told |= {
            "amount_fen": chance.randrange(5, 200) * 1_000_000,
            "months": chance.choice((6, 12, 24, 36)),
            "purpose": chance.choice(purposes),
            "obstacles": tuple(chance.sample(list(Obstacle), chance.randrange(0, 3))),
            "broker_fee_asked": YesNo.NO,
            "call_back": chance.random() < 0.3,
        }
    return told
