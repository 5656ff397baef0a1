"""Tokens of the API at the desk (接口令牌管理): issued, shown once, revoked."""

from datetime import datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone

from huoshui.errors import HuoshuiError, NotAllowed
from huoshui.models import ApiToken, Grant, Membership, Organization, Viewer
from huoshui.models.scope import below
from huoshui.services.token import issue_token, revoke_token
from huoshui.terms import ApiScope, Role
from huoshui.web.door import door
from huoshui.web.forms import DayField, ManyTaps, WordsField
from huoshui.web.language import said, say
from huoshui.web.listing import Column, Listing, ask_first, is_confirmed

LEADS: Final = (Role.LEAD, Role.OPERATOR)


def _holds(token: ApiToken) -> bool:
    return token.holds(at=timezone.now())


def _state(token: ApiToken) -> str:
    if token.revoked_at is not None:
        return say("已吊销", "revoked")
    return say("有效", "in force") if _holds(token) else say("已过期", "over")


TOKENS: Final = Listing(
    "tokens",
    title=said("接口令牌", "API tokens"),
    columns=(
        Column("name", label=said("名称", "Name"), cell=lambda x: x.name, sort="name",
               link=lambda x: reverse("token:revoke", args=[x.pk]) if x.revoked_at is None else ""),
        Column("prefix", label=said("前缀", "Prefix"), cell=lambda x: f"hs_{x.prefix}_…"),
        Column("organization", label=said("机构", "Organization"), cell=lambda x: x.organization.name),
        Column("member", label=said("代表", "Acts as"), cell=lambda x: x.membership.user.shown_name),
        Column("scopes", label=said("权限", "Scopes"), cell=lambda x: "、".join(say(y.zh, y.en) for y in x.words)),
        Column("expires", label=said("有效期至", "Until"), cell=lambda x: x.expires_at, sort="expires_at"),
        Column("used", label=said("最近使用", "Last used"), cell=lambda x: x.last_used_at),
        Column("state", label=said("状态", "State"), cell=_state, tone=lambda x: "green" if _holds(x) else "red"),
    ),
    search=lambda rows, text: rows.filter(Q(name__icontains=text) | Q(prefix__startswith=text)),
    sort="name",
    empty=said("还没有接口令牌", "No tokens yet"),
)  # fmt: skip


def led_memberships(viewer: Viewer) -> QuerySet[Membership]:
    """The memberships for which the viewer issues tokens and adds addresses (可授权的任职): of organizations that one leads."""
    on = timezone.localdate()
    found = Q(pk__in=())
    for grant in viewer.of(*LEADS):
        found |= Q() if grant.role is Role.OPERATOR else below("organization__path", grant.path)
    current = Q(from_on__lte=on) & (Q(until_on=None) | Q(until_on__gte=on))
    rows = Membership.objects.visible_to(viewer).filter(found & current, organization__closed_on=None)
    chosen: QuerySet[Membership] = rows.select_related("organization", "user").order_by("organization__path", "pk")
    return chosen


def leading(viewer: Viewer, organization: Organization) -> Grant:
    """The grant by which the viewer leads an organization (所据授权). Raises NotAllowed."""
    for grant in viewer.of(*LEADS):
        if grant.role is Role.OPERATOR or organization.path.startswith(grant.path):
            return grant
    raise NotAllowed("only who leads this organization may do that", zh="只有该机构的负责人可以办理")


class MemberField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """As whom something acts (代表谁): organization, role, person."""

    def label_from_instance(self, obj: Any) -> str:
        """The choice as it is read."""
        return f"{obj.organization.name} · {say(obj.role.zh, obj.role.en)} · {obj.user.shown_name}"


class TokenForm(forms.Form):
    """A new token (新令牌)."""

    name = forms.CharField(label=said("名称", "Name"), max_length=80, help_text=said("哪个系统使用", "Which system uses it"))
    membership = MemberField(Membership.objects.visible_to(Viewer()), label=said("代表", "Acts as"), empty_label=None)
    scopes = WordsField(ApiScope, label=said("权限", "Scopes"), widget=ManyTaps)
    until = DayField(label=said("有效期至", "Until"), help_text=said("最长一年", "A year at most"))

    def __init__(self, *args: Any, viewer: Viewer, **options: Any) -> None:
        """Choose out of what the viewer leads."""
        super().__init__(*args, **options)
        self.fields["membership"].queryset = led_memberships(viewer)  # type: ignore[attr-defined]
        self.fields["until"].initial = timezone.localdate() + timedelta(days=180)


@door(*LEADS)
def list_tokens(request: Any) -> HttpResponseBase:
    """The tokens of what one leads (接口令牌列表)."""
    rows = ApiToken.objects.visible_to(request.viewer).select_related("organization", "membership__user")
    return TOKENS.answer(request, rows=rows, template="token/list.html")


@door(*LEADS)
def new_token(request: Any) -> HttpResponse:
    """Issue a token; its secret is shown on the answer to this form and never again (签发令牌)."""
    form = TokenForm(request.POST or None, viewer=request.viewer)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        until = timezone.make_aware(datetime.combine(told["until"], time(23, 59, 59)))
        try:
            issued = issue_token(
                name=told["name"],
                membership=told["membership"],
                scopes=told["scopes"],
                expires_at=until,
                by=request.user,
                grant=leading(request.viewer, told["membership"].organization),
                at=timezone.now(),
            )
        except HuoshuiError as error:
            form.add_error("until" if error.field == "expires_at" else None, say(error.zh, error.message))
        else:
            response = render(request, "token/issued.html", {"secret": issued.secret, "back": reverse("token:list")})
            response.headers["Cache-Control"] = "no-store"
            return response
    return render(request, "token/new.html", {"form": form}, status=400 if form.errors else 200)


@door(*LEADS)
def revoke(request: Any, token: int) -> HttpResponse:
    """Revoke a token, after a question (吊销令牌)."""
    rows = ApiToken.objects.visible_to(request.viewer).select_related("membership__organization")
    found = get_object_or_404(rows, pk=token)
    if not is_confirmed(request):
        return ask_first(
            request,
            title=say("吊销令牌", "Revoke the token"),
            text=say("吊销后，使用此令牌的系统立即不能再调用。", "Systems that use it can no longer call, at once."),
            act=say("吊销", "Revoke"),
            names=[f"{found.name} hs_{found.prefix}_…"],
            back=reverse("token:list"),
            danger=True,
        )
    grant = leading(request.viewer, found.membership.organization)
    revoke_token(found, by=request.user, grant=grant, at=timezone.now())
    messages.success(request, say("令牌已吊销", "The token is revoked"))
    return redirect("token:list")


urlpatterns = [
    path("api-tokens/", list_tokens, name="list"),
    path("api-tokens/new", new_token, name="new"),
    path("api-tokens/<int:token>/revoke", revoke, name="revoke"),
]
