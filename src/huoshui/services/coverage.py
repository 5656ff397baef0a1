"""Coverage in live figures (走访覆盖面): counters that every act keeps, and the same figures counted anew from the rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet, Sum

from huoshui.models import AreaCount, Campaign, Firm, FirmCount, Viewer, VisitAssignment
from huoshui.models.scope import within
from huoshui.terms import AssignmentState, Need

_LEVELS: Final = (2, 4, 6, 9, 12)  # digits of a province, a city, a county, a township, a village
_STATES: Final = ("open", "visited", "dropped", "needs")


@dataclass(frozen=True, slots=True)
class AreaFigures:
    """Figures of one area (区域数字): `assigned` without what was dropped; `visited_firms` are active ones, by any campaign."""

    area: str
    township: str
    firms: int = 0
    active: int = 0
    visited_firms: int = 0
    assigned: int = 0
    open: int = 0
    visited: int = 0
    needs: int = 0
    overdue: int = 0

    @property
    def share(self) -> int | None:
        """Active firms visited at least once, in per cent, rounded down (覆盖率); None where no firm is active."""
        return self.visited_firms * 100 // self.active if self.active else None


def coverage(viewer: Viewer, *, region: str, on: date, campaign: Campaign | None = None) -> tuple[AreaFigures, ...]:
    """The areas one level below a region, with what the viewer may see of them (分区域走访覆盖面).

    With `campaign` the list figures are those of one campaign, else of all: a firm on two lists counts twice there, never among
    firms. Counters are read, not rows.
    """
    digits = next((x for x in _LEVELS if x > len(region)), _LEVELS[-1])
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    firms = FirmCount.objects.visible_to(viewer).filter(within("area", region))
    for x in firms.values("area", "township", "firms", "active", "visited"):
        figures = found[_place(x, digits)]
        figures["firms"] += x["firms"]
        figures["active"] += x["active"]
        figures["visited_firms"] += x["visited"]
    counts = AreaCount.objects.visible_to(viewer).filter(within("area", region))
    counts = counts.filter(campaign=campaign) if campaign else counts
    late = Sum("open", filter=Q(due_on__lt=on), default=0)
    summed = counts.values("area", "township").annotate(overdue=late, **{f"all_{x}": Sum(x) for x in _STATES}).order_by()
    for x in summed:
        figures = found[_place(x, digits)]
        for state in ("open", "visited", "needs"):
            figures[state] += x[f"all_{state}"]
        figures["assigned"] += x["all_open"] + x["all_visited"]
        figures["overdue"] += x["overdue"]
    return tuple(AreaFigures(area, township, **figures) for (area, township), figures in sorted(found.items()))


def total(areas: Iterable[AreaFigures]) -> AreaFigures:
    """All areas together (合计)."""
    names = [x for x in AreaFigures.__slots__ if x not in ("area", "township")]
    known = tuple(areas)
    return AreaFigures("", "", **{x: sum(getattr(y, x) for y in known) for x in names})


def recount_campaign(campaign: Campaign) -> None:
    """Count a campaign's list anew (重算任务进度), in the transaction of an act that changed many entries.

    The counters are locked first, so that a visit that is under way is counted either here or by itself.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("counters are counted anew inside the transaction of an act")
    places = ("area", "township", "due_on")
    kept = {tuple(x[:3]): x[3] for x in AreaCount.objects.select_for_update().filter(campaign=campaign)
            .order_by("pk").values_list(*places, "pk")}  # fmt: skip
    found = {tuple(x[y] for y in places): x for x in counted(VisitAssignment.objects.filter(campaign=campaign))}
    missing = [dict(zip(places, x, strict=True)) for x in found if x not in kept]
    AreaCount.objects.bulk_create([AreaCount(campaign=campaign, **x) for x in missing])
    rows = list(AreaCount.objects.filter(campaign=campaign))
    for row in rows:
        now: Mapping[str, Any] = found.get((row.area, row.township, row.due_on), {})
        for state in _STATES:
            setattr(row, state, now.get(f"all_{state}", 0))
    AreaCount.objects.bulk_update(rows, _STATES, batch_size=500)


def counted(assignments: QuerySet[VisitAssignment]) -> Any:
    """A plain count of entries by area, township and due day (逐条计数): what the counters must say."""
    state = AssignmentState
    return (
        assignments.values("area", "township", "due_on")
        .annotate(
            all_open=Count("pk", filter=Q(state=state.OPEN)),
            all_visited=Count("pk", filter=Q(state=state.VISITED)),
            all_dropped=Count("pk", filter=Q(state=state.DROPPED)),
            all_needs=Count("pk", filter=Q(state=state.VISITED, need=Need.YES)),
        )
        .order_by()
    )


def count_visit(assignment: VisitAssignment, *, first: bool, needs: int) -> None:
    """Note one visit in the counters of its campaign (计入走访): `first` of its entry; `needs` more or fewer firms in need."""
    if not first and not needs:
        return
    changes = {"open": F("open") - 1, "visited": F("visited") + 1} if first else {}
    place = {"area": assignment.area, "township": assignment.township, "due_on": assignment.due_on}
    AreaCount.objects.filter(campaign_id=assignment.campaign_id, **place).update(**changes, needs=F("needs") + needs)


def count_first_visit(firm: Firm) -> None:
    """Note that an active firm was visited for the first time (计入首次走访)."""
    FirmCount.objects.filter(area=firm.region_code, township=firm.township).update(visited=F("visited") + 1)


def _place(row: Mapping[str, Any], digits: int) -> tuple[str, str]:
    """The area that a counter belongs to at a level; below the county those without a code of their own go by name."""
    area = row["area"][:digits]
    return area, row["township"] if digits > 6 else ""
