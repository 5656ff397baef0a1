"""Organizations and the people in them (机构与人员): for the lead of a task force and for the operator."""

from typing import Any, Final

from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone

from huoshui.errors import ActError, InputError
from huoshui.models import Grant, Organization
from huoshui.models.party import managed_by
from huoshui.services.party import close_organization, found_organization, manages, move_organization
from huoshui.terms import OrganizationKind, OrganizationLevel, Role
from huoshui.web.door import Asked, door
from huoshui.web.language import said, say
from huoshui.web.listing import Choice, Column, Listing, YesNo, ask_first, is_confirmed
from huoshui.web.organization_forms import CloseForm, MoveForm, OrganizationForm

MANAGERS: Final = (Role.LEAD, Role.OPERATOR)


def _search(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    return rows.filter(Q(name__contains=text) | Q(code=text) | Q(region_code__startswith=text if text.isdecimal() else "-"))


ORGANIZATIONS: Final = Listing(
    "organization",
    title=said("机构", "Organizations"),
    columns=(
        Column(
            "name", label=said("机构", "Organization"), cell=lambda x: x.name, sort="name",
            link=lambda x: reverse("organization:show", args=[x.pk]),
        ),
        Column("kind", label=said("类别", "Kind"), cell=lambda x: x.kind, sort="kind"),
        Column("level", label=said("层级", "Level"), cell=lambda x: x.level),
        Column("parent", label=said("上级", "Below"), cell=lambda x: x.parent.name if x.parent else None),
        Column("region", label=said("区划代码", "Region"), cell=lambda x: x.region_code or None, sort="region_code"),
        Column("people", label=said("在任人数", "People"), cell=lambda x: x.people, number=True),
        Column("closed", label=said("撤销日期", "Closed on"), cell=lambda x: x.closed_on),
    ),
    filters=(
        Choice("kind", label=said("类别", "Kind"), words=OrganizationKind),
        Choice("level", label=said("层级", "Level"), words=OrganizationLevel),
        YesNo("open", label=said("在办", "Open"), condition=Q(closed_on=None)),
    ),
    search=_search,
    search_hint=said("名称、编码或区划代码", "Name, code or region code"),
    sort="name",
    empty=said("还没有机构", "No organizations yet"),
)  # fmt: skip


@door(*MANAGERS)
def list_organizations(request: Asked) -> HttpResponseBase:
    """The organizations that one manages (机构列表)."""
    today = timezone.localdate()
    in_force = Q(memberships__from_on__lte=today) & (Q(memberships__until_on=None) | Q(memberships__until_on__gte=today))
    rows = managed(request).select_related("parent").annotate(people=Count("memberships__user", filter=in_force, distinct=True))
    return ORGANIZATIONS.answer(request, rows=rows, template="organization/list.html")


@door(*MANAGERS)
def show(request: Asked, pk: int) -> HttpResponse:
    """One organization: where it stands, what is below it, who works there (机构详情)."""
    organization = get_object_or_404(managed(request).select_related("parent"), pk=pk)
    today = timezone.localdate()
    ahead = organization.memberships.visible_to(request.viewer).filter(Q(until_on=None) | Q(until_on__gte=today))
    given = {
        "organization": organization,
        "children": managed(request).filter(parent=organization).order_by("name"),
        "memberships": ahead.select_related("user", "seconded_from").order_by("role", "pk"),
        "past": organization.memberships.visible_to(request.viewer).filter(until_on__lt=today).count(),
        "today": today,
    }
    return render(request, "organization/show.html", given)


@door(*MANAGERS)
def new(request: Asked) -> HttpResponse:
    """Add an organization, below `?parent=` or at the top of a tree (设立机构)."""
    asked = request.GET.get("parent", "")
    parent = get_object_or_404(managed(request), pk=int(asked)) if asked.isdecimal() and len(asked) < 18 else None
    form = OrganizationForm(request.POST or None, parent=parent)
    if request.method == "POST" and form.is_valid():
        try:
            made = found_organization(**form.cleaned_data, parent=parent, by=request.user, grant=manager_grant(request, parent))
            return redirect("organization:show", made.pk)
        except (InputError, ActError) as error:
            tell(form, error)
    given = {"form": form, "parent": parent}
    return render(request, "organization/new.html", given, status=400 if form.errors else 200)


@door(*MANAGERS)
def move(request: Asked, pk: int) -> HttpResponse:
    """Put an organization below another one (调整隶属)."""
    organization = get_object_or_404(managed(request), pk=pk)
    among = managed(request).filter(kind=organization.kind, closed_on=None).exclude(path__startswith=organization.path)
    form = MoveForm(request.POST or None, among=among.order_by("name"))
    if request.method == "POST" and form.is_valid():
        try:
            grant = manager_grant(request, organization)
            move_organization(organization, under=form.cleaned_data["under"], by=request.user, grant=grant)
            return redirect("organization:show", pk)
        except (InputError, ActError) as error:
            tell(form, error)
    given = {"form": form, "organization": organization}
    return render(request, "organization/move.html", given, status=400 if form.errors else 200)


@door(*MANAGERS)
def close(request: Asked, pk: int) -> HttpResponse:
    """Close an organization; asks first (撤销机构)."""
    organization = get_object_or_404(managed(request), pk=pk)
    confirmed = is_confirmed(request)
    form = CloseForm(request.POST if confirmed else None)
    if confirmed and form.is_valid():
        grant = manager_grant(request, organization)
        close_organization(organization, on=form.cleaned_data["on"], by=request.user, grant=grant)
        return redirect("organization:show", pk)
    return ask_first(
        request,
        title=say(f"撤销“{organization.name}”", f"Close {organization.name}"),
        text=say("撤销后在该机构的任职同时结束，记录保留。", "All roles there end with it; what was recorded stays."),
        act=say("撤销机构", "Close it"),
        back=reverse("organization:show", args=[pk]),
        danger=True,
        form=form,
    )


def managed(request: Asked) -> QuerySet[Organization]:
    """The organizations that one manages (所管机构)."""
    rows: QuerySet[Organization] = Organization.objects.visible_to(request.viewer).filter(managed_by(request.viewer))
    return rows


def manager_grant(request: Asked, organization: Organization | None) -> Grant:
    """The grant by which one manages an organization, or the top of the trees (管理授权)."""
    grants = request.viewer.of(*MANAGERS)
    fitting = [x for x in grants if organization is not None and manages(x, organization=organization)]
    return next(iter([*fitting, *request.viewer.of(Role.OPERATOR), *grants]))


def tell(form: Any, error: InputError | ActError) -> None:
    """Show a service's refusal at the field that it names (提示)."""
    form.add_error(error.field if error.field in form.fields else None, say(error.zh, error.message))


urlpatterns = [
    path("organizations/", list_organizations, name="list"),
    path("organizations/new/", new, name="new"),
    path("organizations/<int:pk>/", show, name="show"),
    path("organizations/<int:pk>/move/", move, name="move"),
    path("organizations/<int:pk>/close/", close, name="close"),
]
