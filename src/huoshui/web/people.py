"""The people of organizations (人员): found, appointed, invited, ended, by who manages them."""

from typing import Any, Final

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from huoshui.errors import ActError, BadRequest, InputError, NotAllowed
from huoshui.models import Grant, Membership, Organization, User
from huoshui.models.party import managed_by
from huoshui.services.party import appoint_member, end_membership, second_member
from huoshui.services.staff_account import add_person, invite, reset_second_factor, staff_by_login_name
from huoshui.terms import Role
from huoshui.web.door import Asked, door
from huoshui.web.language import said, say
from huoshui.web.listing import Choice, Column, Days, Listing, YesNo, ask_first, is_confirmed
from huoshui.web.organization import MANAGERS, managed, manager_grant, tell
from huoshui.web.organization_forms import AppointmentForm, EndForm, staff_search

_LINK: Final = "invitation_link"  # in the session, shown once


def _in_office(*, yes: bool) -> Q:
    today = timezone.localdate()
    return (Q(until_on=None) | Q(until_on__gte=today)) if yes else Q(until_on__lt=today)


PEOPLE: Final = Listing(
    "people",
    title=said("人员", "People"),
    columns=(
        Column(
            "name", label=said("姓名", "Name"), cell=lambda x: x.user.shown_name,
            link=lambda x: reverse("people:show", args=[x.user_id]),
        ),
        Column("login", label=said("登录名", "Login name"), cell=lambda x: x.user.login_name, sort="user__login_name"),
        Column("role", label=said("角色", "Role"), cell=lambda x: x.role, sort="role"),
        Column("place", label=said("机构", "Organization"), cell=lambda x: x.organization.name, sort="organization__name"),
        Column(
            "seconded", label=said("借调自", "Seconded from"), cell=lambda x: x.seconded_from.name if x.seconded_from else None
        ),
        Column("from", label=said("开始", "From"), cell=lambda x: x.from_on, sort="from_on"),
        Column("until", label=said("结束", "Until"), cell=lambda x: x.until_on, sort="until_on"),
    ),
    filters=(
        Choice("role", label=said("角色", "Role"), words=Role),
        Choice(
            "current", label=said("在任", "In office"), condition=lambda x: _in_office(yes=x == "yes"),
            options=(("yes", said("在任", "in office")), ("no", said("已结束", "ended"))),
        ),
        YesNo("seconded", label=said("借调", "Seconded"), condition=Q(seconded_from__isnull=False)),
        Days("until", label=said("结束日期", "Last day"), lookup="until_on"),
    ),
    search=staff_search,
    search_hint=said("登录名、完整姓名或手机号", "Login name, whole name or phone"),
    sort="login",
    empty=said("还没有人员", "Nobody yet"),
)  # fmt: skip


@door(*MANAGERS)
def list_people(request: Asked) -> HttpResponseBase:
    """Who works in the organizations that one manages (人员列表)."""
    rows = Membership.objects.visible_to(request.viewer).filter(managed_by(request.viewer, field="organization__path"))
    return PEOPLE.answer(
        request, rows=rows.select_related("user", "organization", "seconded_from"), template="organization/people.html"
    )


@door(*MANAGERS)
@never_cache
def show(request: Asked, pk: int) -> HttpResponse:
    """One member of staff: roles, and the account (人员详情)."""
    person = _person(request, pk)
    rows = Membership.objects.visible_to(request.viewer).filter(user=person).select_related("organization", "seconded_from")
    link = request.session.pop(_LINK, None)
    given = {
        "person": person,
        "memberships": rows.order_by("-from_on", "-pk"),
        "link": link if link and link["person"] == person.pk else None,
        "today": timezone.localdate(),
        "is_self": person == request.user,
    }
    return render(request, "organization/person.html", given)


@door(*MANAGERS)
def appoint(request: Asked, pk: int) -> HttpResponse:
    """Give somebody a role in an organization, with a new account where there is none (任职、借调)."""
    organization = get_object_or_404(managed(request).filter(closed_on=None), pk=pk)
    among = Organization.objects.visible_to(request.viewer).filter(closed_on=None).exclude(pk=pk).order_by("name")
    form = AppointmentForm(request.POST or None, organization=organization, among=among)
    if request.method == "POST" and form.is_valid():
        try:
            user = _appointed(request, organization, form.cleaned_data)
        except (InputError, ActError) as error:
            tell(form, error)
        else:
            messages.success(request, say("已办理任职", "The role is given"))
            return redirect("people:show", user.pk)
    given = {"form": form, "organization": organization}
    return render(request, "organization/appoint.html", given, status=400 if form.errors else 200)


def _appointed(request: Asked, organization: Organization, given: dict[str, Any]) -> User:
    grant = manager_grant(request, organization)
    user = staff_by_login_name(given["login_name"])
    terms = {"organization": organization, "role": given["role"], "from_on": given["from_on"], "by": request.user}
    terms |= {"grant": grant, "until_on": given["until_on"]}
    if given["seconded_from"]:
        if user is None:
            raise BadRequest("nobody has this login name", field="login_name", zh="没有此登录名的人员")
        second_member(user, seconded_from=given["seconded_from"], **terms)
        return user
    if user is None:
        account = {x: given[x] for x in ("login_name", "name", "phone")}
        return add_person(**account, by=request.user, grant=grant, appoint={**terms, "region_code": given["region_code"]})
    if given["name"]:
        raise BadRequest(
            "the login name is in use; leave the name empty to use it",
            field="name",
            zh="该登录名已有账号；如为同一人请不填姓名",
        )
    appoint_member(user, region_code=given["region_code"], **terms)
    return user


@door(*MANAGERS)
def end(request: Asked, pk: int) -> HttpResponse:
    """Let a role end; asks first (结束任职)."""
    rows = Membership.objects.visible_to(request.viewer).filter(managed_by(request.viewer, field="organization__path"))
    membership = get_object_or_404(rows.select_related("user", "organization"), pk=pk)
    confirmed = is_confirmed(request)
    form = EndForm(request.POST if confirmed else None)
    if confirmed and form.is_valid():
        grant = manager_grant(request, membership.organization)
        end_membership(membership, last_on=form.cleaned_data["last_on"], by=request.user, grant=grant)
        messages.success(request, say("任职已结束", "The role ends"))
        return redirect("people:show", membership.user_id)
    name, role = membership.user.shown_name, membership.role
    return ask_first(
        request,
        title=say(f"结束{name}的任职", f"End a role of {name}"),
        text=say(
            f"{membership.organization.name} · {role.zh}。最后任职日之后不能再查看和办理。",
            f"{membership.organization.name}, {role.en}. After the last day nothing can be seen or done by it.",
        ),
        act=say("结束任职", "End it"),
        back=reverse("people:show", args=[membership.user_id]),
        danger=True,
        form=form,
    )


@door(*MANAGERS)
@require_POST
def make_link(request: Asked, pk: int) -> HttpResponse:
    """Make a link by which a person sets a password; asks first (邀请链接)."""
    person = _person(request, pk)
    if not is_confirmed(request):
        return ask_first(
            request,
            title=say(f"为{person.shown_name}生成设置密码的链接", f"A link to set a password for {person.shown_name}"),
            text=say(
                "链接只显示一次，3天内有效，之前的链接作废。", "It is shown once and holds three days; earlier links end."
            ),
            act=say("生成链接", "Make the link"),
            back=reverse("people:show", args=[pk]),
        )
    made = invite(person, by=request.user, grant=_grant_for(request, person), at=timezone.now())
    address = request.build_absolute_uri(reverse("account:invitation", args=[made.token]))
    request.session[_LINK] = {"person": person.pk, "address": address}
    return redirect("people:show", pk)


@door(*MANAGERS)
@require_POST
def reset(request: Asked, pk: int) -> HttpResponse:
    """Remove a lost second factor; asks first (重置动态口令)."""
    person = _person(request, pk)
    if not is_confirmed(request):
        return ask_first(
            request,
            title=say(f"重置{person.shown_name}的动态口令", f"Reset the authenticator of {person.shown_name}"),
            text=say(
                "请先核实本人身份。重置后该人员在所有设备退出，下次登录重新启用动态口令。",
                "Make sure who is asking. The person is signed out everywhere and sets it up anew at the next sign-in.",
            ),
            act=say("重置", "Reset"),
            back=reverse("people:show", args=[pk]),
            danger=True,
        )
    reset_second_factor(person, by=request.user, grant=_grant_for(request, person), on=timezone.localdate())
    messages.success(request, say("动态口令已重置", "The authenticator is reset"))
    return redirect("people:show", pk)


def _person(request: Asked, pk: int) -> User:
    """Somebody who works, or worked, where one manages; to the operator any member of staff."""
    found = User.objects.visible_to(request.viewer).filter(is_staff=True)
    if not request.viewer.has(Role.OPERATOR):
        rows = Membership.objects.visible_to(request.viewer).filter(managed_by(request.viewer, field="organization__path"))
        found = found.filter(pk__in=rows.values("user_id"))
    return get_object_or_404(found, pk=pk)


def _grant_for(request: Asked, person: User) -> Grant:
    grants = request.viewer.of(*MANAGERS)
    if not grants:
        raise NotAllowed("you manage nobody", zh="您不管理任何人员")
    paths = list(person.memberships.visible_to(request.viewer).values_list("organization__path", flat=True))
    fitting = [x for x in grants if x.role is Role.OPERATOR or any(y.startswith(x.path) for y in paths)]
    return (fitting or list(grants))[0]


urlpatterns = [
    path("people/", list_people, name="list"),
    path("people/<int:pk>/", show, name="show"),
    path("people/<int:pk>/link/", make_link, name="link"),
    path("people/<int:pk>/reset/", reset, name="reset"),
    path("organizations/<int:pk>/appoint/", appoint, name="appoint"),
    path("memberships/<int:pk>/end/", end, name="end"),
]
