"""The first page (首页): what waits for whoever looks; for a passer-by, what this is and how to begin."""

from typing import Any, Final

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from huoshui.models import Demand, Firm, Notice
from huoshui.models.party import firms_of
from huoshui.rules.demand import OPEN_STAGES
from huoshui.terms import Role
from huoshui.web.demand_words import TONES
from huoshui.web.door import door
from huoshui.web.figures import sections, visitor_figures

_FIRM: Final = (Role.LEGAL_REPRESENTATIVE, Role.AGENT)
_NOTICES: Final = 8
_DEMANDS: Final = 5


@door(public=True)
def home(request: Any) -> HttpResponse:
    """What waits for whoever looks (首页)."""
    viewer = request.viewer
    if viewer.user_id is None:
        return render(request, "home/public.html")
    roles = {x.role for x in viewer.grants}
    if roles <= set(_FIRM):
        return _owner(request)
    if roles == {Role.VISITOR}:
        return _visitor(request)
    on = timezone.localdate()
    return render(request, "home/desk.html", {"sections": sections(viewer, on=on), "notices": _notices(request), "on": on})


def _notices(request: Any) -> list[Notice]:
    unread = Notice.objects.visible_to(request.viewer).filter(read_at=None)
    return list(unread.select_related("demand__firm").order_by("-at")[:_NOTICES])


def _owner(request: Any) -> HttpResponse:
    viewer = request.viewer
    firms = list(Firm.objects.visible_to(viewer).filter(pk__in=firms_of(viewer)).order_by("name"))
    own = Q(firm__in=[x.pk for x in firms]) | Q(created_by_id=viewer.user_id)  # what waits for an authentication too
    demands = Demand.objects.visible_to(viewer).filter(own, stage__in=OPEN_STAGES)
    newest = demands.select_related("firm").order_by("-pk")[:_DEMANDS]
    shown = [(x, TONES.get(x.stage, "")) for x in newest]
    return render(request, "home/owner.html", {"firms": firms, "demands": shown, "notices": _notices(request)})


def _visitor(request: Any) -> HttpResponse:
    on = timezone.localdate()
    return render(request, "home/visitor.html", {"figures": visitor_figures(request.viewer, on=on), "on": on})


urlpatterns = [path("", home, name="home")]
