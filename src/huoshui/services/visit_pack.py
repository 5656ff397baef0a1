"""What a visitor takes along (随身名单): the open list, what is known of each firm, and the words of the form."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

from huoshui.models import User, Viewer, VisitAssignment
from huoshui.services.consent import has_consent
from huoshui.services.visit import LONGEST_NOTE, MOST_EMPLOYEES, MOST_FEN, MOST_MONTHS, MOST_PHOTOS
from huoshui.terms import (
    AssignmentState,
    CampaignStage,
    ConsentPurpose,
    DemandPurpose,
    Need,
    Obstacle,
    Premises,
    Term,
    VisitMode,
    YesNo,
)

MOST: Final = 2_000
_WORDS: Final[Mapping[str, type[Term]]] = {
    "mode": VisitMode, "operating": YesNo, "premises": Premises, "need": Need, "purpose": DemandPurpose, "has_loan": YesNo,
    "obstacles": Obstacle, "broker_fee_asked": YesNo,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PackedFirm:
    """One firm to be visited (待走访主体). `visited_before` names who was there within the revisit time, before the knock."""

    assignment: int
    firm: int
    name: str
    code: str
    kind: str
    township: str
    grid: str
    address: str
    priority: int
    campaign: int
    due_on: date
    is_overdue: bool
    visited_before_at: datetime | None
    visited_before_by: str


def my_open_list(user: User, viewer: Viewer) -> Any:
    """The entries that a visitor still has to visit, most urgent first (我的待走访名单)."""
    mine = VisitAssignment.objects.visible_to(viewer).filter(visitor=user, state=AssignmentState.OPEN)
    return (
        mine.filter(campaign__stage=CampaignStage.OPEN)
        .select_related("firm", "campaign", "visited_before_by", "firm__last_visit_by")
        .order_by("due_on", "-priority", "pk")
    )


def packed_firm(entry: VisitAssignment, *, on: date) -> PackedFirm:
    """One entry as a phone keeps it (名单条目). A visit since the list was drawn counts as one before the knock too."""
    firm = entry.firm
    drawn_before = (entry.visited_before_at, entry.visited_before_by)
    at, by = max(drawn_before, (firm.last_visit_at, firm.last_visit_by), key=lambda x: x[0].timestamp() if x[0] else 0.0)
    if at is not None and entry.visited_before_at is None and entry.campaign.opened_at and at < entry.campaign.opened_at:
        at, by = None, None  # longer ago than the revisit time
    return PackedFirm(
        assignment=entry.pk, firm=firm.pk, name=firm.name, code=firm.shown_code, kind=str(firm.kind), township=firm.township,
        grid=entry.grid, address=firm.address, priority=entry.priority, campaign=entry.campaign_id, due_on=entry.due_on,
        is_overdue=entry.due_on < on, visited_before_at=at, visited_before_by=by.name if by else "",
    )  # fmt: skip


def visit_pack(user: User, viewer: Viewer, *, on: date, at: datetime) -> dict[str, Any]:
    """All that the offline page needs (离线数据包), as JSON: list, words, limits, and whether a coarse place may be kept."""
    found = list(my_open_list(user, viewer)[: MOST + 1])
    return {
        "format": "huoshui visit pack 1",
        "made_at": at,
        "visitor": user.pk,
        "entries": [asdict(packed_firm(x, on=on)) for x in found[:MOST]],
        "is_whole": len(found) <= MOST,
        "words": {field: [{"value": x.value, "zh": x.zh, "en": x.en} for x in words] for field, words in _WORDS.items()},
        "limits": {
            "employees": MOST_EMPLOYEES, "amount_fen": MOST_FEN, "months": MOST_MONTHS, "note": LONGEST_NOTE,
            "photos": MOST_PHOTOS,
        },
        "may_keep_place": has_consent(user, ConsentPurpose.PLACE),
    }  # fmt: skip
