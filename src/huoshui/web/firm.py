"""Firms (经营主体): found by name, code or pinyin initials, and one page on each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone

from huoshui.adapters.regions import region_name
from huoshui.models import Demand, Firm, Organization, User, Viewer, Visit, VisitAssignment
from huoshui.models.party import SEES_BANK, SEES_REGION
from huoshui.rules.visit_merge import Merged, Said
from huoshui.services.visit import VISITING, read_together
from huoshui.terms import (
    DemandPurpose,
    EntityKind,
    Need,
    Obstacle,
    OrganizationLevel,
    Premises,
    Reason,
    Role,
    SizeClass,
    StatusClass,
    Term,
    YesNo,
)
from huoshui.web.door import door
from huoshui.web.language import in_english, said, say
from huoshui.web.listing import Choice, Column, Listing, Text, firm_search
from huoshui.web.listing import YesNo as Yes
from huoshui.web.scan_actions import WRITES
from huoshui.web.scanned import scanned_code
from huoshui.web.tags import word, yuan

SEES: Final = tuple(dict.fromkeys((*SEES_REGION, *SEES_BANK, Role.LEGAL_REPRESENTATIVE, Role.AGENT)))
STATUS_TONES: Final = {StatusClass.OPERATING: "green", StatusClass.SUSPENDED: "amber", StatusClass.CLOSED: "red"}
_WORDS: Final[Mapping[str, type[Term]]] = {
    "operating": YesNo, "premises": Premises, "need": Need, "purpose": DemandPurpose, "has_loan": YesNo,
    "broker_fee_asked": YesNo, "obstacles": Obstacle,
}  # fmt: skip
LABELS: Final = {
    "operating": said("正常经营", "In business"), "premises": said("经营场所", "Premises"),
    "employees": said("从业人数", "People"), "need": said("融资需求", "Needs finance"),
    "amount_fen": said("金额（元）", "Amount (yuan)"), "months": said("期限（月）", "Months"),
    "purpose": said("用途", "Purpose"), "has_loan": said("已有贷款", "Has a loan"),
    "obstacles": said("融资困难", "Obstacles"), "broker_fee_asked": said("中介收费", "Broker fee"),
    "call_back": said("希望回电", "Wants a call"), "note": said("备注", "Note"),
}  # fmt: skip


def _townships(viewer: Viewer) -> Iterable[tuple[str, str]]:
    """The townships that have an office in the viewer's regions."""
    offices = Organization.objects.visible_to(viewer).filter(level=OrganizationLevel.TOWNSHIP, closed_on=None)
    regions = tuple(x.region for x in viewer.of(*SEES_REGION))
    rows = offices.order_by("region_code").values_list("region_code", "name")[:500]
    return [(code, name) for code, name in rows if regions and code.startswith(regions)]


def in_area(field: str) -> Any:
    """A filter's condition: rows whose region code begins with a value (区域条件)."""
    return lambda value: Q(**{f"{field}__gte": value, f"{field}__lt": value[:-1] + chr(ord(value[-1]) + 1)})


FIRMS: Final = Listing(
    "firm",
    title=said("经营主体", "Firms"),
    columns=(
        Column("name", label=said("名称", "Name"), cell=lambda x: x.name, link=lambda x: reverse("firm:show", args=[x.pk])),
        Column("code", label=said("统一社会信用代码", "Credit code"), cell=lambda x: x.shown_code),
        Column("kind", label=said("类别", "Kind"), cell=lambda x: x.kind),
        Column("status", label=said("登记状态", "Status"), cell=lambda x: x.status,
               tone=lambda x: STATUS_TONES.get(x.status, "")),
        Column("size", label=said("规模", "Size"), cell=lambda x: x.size_class),
        Column("township", label=said("乡镇街道", "Township"), cell=lambda x: x.township),
        Column("verdict", label=said("筛查结论", "Verdict"), cell=lambda x: reason_of(x.verdict)),
        Column("priority", label=said("优先分", "Points"), cell=lambda x: x.priority, number=True),
        Column("last_visit", label=said("最近走访", "Last visit"), cell=lambda x: x.last_visit_at),
    ),
    filters=(
        Choice("area", label=said("乡镇街道", "Township"), options=_townships, condition=in_area("region_code")),
        Choice("verdict", label=said("筛查结论", "Verdict"), words=Reason),
        Yes("visited", label=said("已走访", "Visited"), condition=Q(last_visit_at__isnull=False)),
        Yes("active", label=said("活跃", "Active"), more=True),
        Choice("kind", label=said("类别", "Kind"), words=EntityKind, more=True),
        Choice("status", label=said("登记状态", "Status"), words=StatusClass, more=True),
        Choice("size", label=said("规模", "Size"), words=SizeClass, lookup="size_class", more=True),
        Text("grid", label=said("网格", "Grid"), more=True),
    ),
    search=firm_search(),
    empty=said("没有可见的经营主体", "No firms to see"),
    empty_hint=said("筛查结果导入后在此显示", "They appear here once a screening was loaded"),
)  # fmt: skip


def reason_of(code: str) -> Reason | str:
    """A verdict as a word (筛查结论)."""
    return Reason(code) if code in {x.value for x in Reason} else code


@dataclass(frozen=True, slots=True)
class Line:
    """One answer that holds, and the others (一项答案): who said what when."""

    label: str
    value: str
    by: str
    at: Any
    others: tuple[tuple[str, str, Any], ...]
    is_conflict: bool


def merged_lines(merged: Merged, *, names: Mapping[str, str]) -> list[Line]:
    """What several visits say together, line by line (合并走访). `names` are those of the visitors by their number."""
    found = []
    for field, label in LABELS.items():
        latest = merged.latest(field)
        if latest is None:
            continue
        others = tuple((_shown(field, x), names.get(x.by, "—"), x.at) for x in reversed(merged.answers[field][:-1]))
        conflict = field in merged.conflicts
        found.append(Line(str(label), _shown(field, latest), names.get(latest.by, "—"), latest.at, others, conflict))
    return found


def _shown(field: str, said_: Said) -> str:
    value: Any = said_.value
    if field == "amount_fen":
        return yuan(value)
    if field == "call_back":
        return say("是", "yes") if value else say("否", "no")
    if field == "obstacles":
        return say("、", ", ").join(word(Obstacle(x)) for x in value)
    return word(_WORDS[field](value)) if field in _WORDS else str(value)


@door(*SEES)
def list_firms(request: Any) -> HttpResponseBase:
    """Firms that one may see (经营主体)."""
    rows = Firm.objects.visible_to(request.viewer)
    return FIRMS.answer(request, rows=rows, template="firm/list.html", code=scanned_code(request))


@door(*SEES)
def show_firm(request: Any, pk: int) -> HttpResponse:
    """One firm (经营主体): what the registers say, what visits found, what it asked for."""
    viewer = request.viewer
    firm: Firm = get_object_or_404(Firm.objects.visible_to(viewer).select_related("last_visit_by"), pk=pk)
    visits = list(
        Visit.objects.visible_to(viewer).filter(firm=firm).order_by("-visited_at", "-pk")
        .select_related("visitor", "organization", "seconded_from")[:200]
    )  # fmt: skip
    entries = VisitAssignment.objects.visible_to(viewer).filter(firm=firm).select_related("campaign", "visitor")
    merged = read_together(visits)
    context = {
        "firm": firm, "visits": visits, "lines": merged_lines(merged, names=_names(x.visitor for x in visits)),
        "conflicts": [LABELS[x] for x in merged.conflicts], "entries": entries.order_by("-pk")[:20],
        "demands": Demand.objects.visible_to(viewer).filter(firm=firm).order_by("-pk")[:20],
        "region": region_name(firm.region_code[:6].ljust(6, "0"), language="en" if in_english() else "zh", within="000000"),
        "reason": reason_of(firm.verdict), "may_visit": _may(viewer, firm, VISITING), "may_write": _may(viewer, firm, WRITES),
        "code": scanned_code(request, firm=firm), "on": timezone.localdate(),
        "may_see_story": viewer.has(*SEES_REGION), "is_staff": viewer.has(*SEES_REGION, *SEES_BANK),
    }  # fmt: skip
    return render(request, "firm/show.html", context)


def _may(viewer: Viewer, firm: Firm, roles: Sequence[Role]) -> bool:
    return any(x.organization_id and firm.region_code.startswith(x.region) for x in viewer.of(*roles))


def _names(visitors: Iterable[User]) -> dict[str, str]:
    return {str(x.pk): x.shown_name for x in visitors}


urlpatterns = [
    path("firms/", list_firms, name="list"),
    path("firms/<int:pk>/", show_firm, name="show"),
]
