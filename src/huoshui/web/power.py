"""Powers of attorney on the phone (授权委托): what I gave, what I was asked for, what I may do for others."""

from typing import Any, Final

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from huoshui.errors import HuoshuiError
from huoshui.models import Firm, PowerOfAttorney
from huoshui.services.authentication import decline_power, give_power, offer_power, revoke_power
from huoshui.services.demand import declare_authenticated
from huoshui.terms import PowerStage, Role
from huoshui.web.authentication import picture
from huoshui.web.authentication_forms import OfferForm, PowerForm, add_error, sent
from huoshui.web.door import door
from huoshui.web.language import say
from huoshui.web.listing import ask_first, is_confirmed

_TONES: Final = {PowerStage.IN_FORCE: "green", PowerStage.REQUESTED: "amber", PowerStage.OFFERED: "blue"}
_MOST: Final = 50


@never_cache
@door(signed_in=True)
def list_powers(request: Any) -> HttpResponse:
    """My powers of attorney (我的授权): asked of me first."""
    rows = list(_mine(request).order_by("-pk")[:_MOST])
    asked = [x for x in rows if x.stage is PowerStage.REQUESTED and x.agent_id != request.viewer.user_id]
    context = {
        "asked": asked,
        "given": [(x, _TONES.get(x.stage, "")) for x in rows if x.agent_id != request.viewer.user_id and x not in asked],
        "held": [(x, _TONES.get(x.stage, "")) for x in rows if x.agent_id == request.viewer.user_id],
        "may_give": bool(_led(request)),
    }
    return render(request, "power/list.html", context)


@door(Role.LEGAL_REPRESENTATIVE)
def give(request: Any) -> HttpResponse:
    """Let somebody act for the firm who has not asked (主动授权)."""
    firms = {str(x.pk): x for x in Firm.objects.visible_to(request.viewer).filter(pk__in=_led(request)).order_by("name")}
    form = OfferForm(*sent(request), firms=[(pk, x.name) for pk, x in firms.items()])
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        today = timezone.localdate()
        try:
            power = offer_power(
                firm=firms[said["firm"]],
                by=request.user,
                phone=said["phone"],
                name=said["name"],
                scopes=said["scopes"],
                from_on=today,
                until_on=said["until_on"],
                at=timezone.now(),
            )
            if power.agent is not None:
                declare_authenticated(at=timezone.now(), user=power.agent)
            messages.success(request, say("授权已发出", "The power of attorney is given"))
            return redirect("power:show", power.pk)
        except HuoshuiError as error:
            add_error(form, error)
    return render(request, "power/give.html", {"form": form}, status=400 if form.errors else 200)


@never_cache
@door(signed_in=True)
def show(request: Any, power: int) -> HttpResponse:
    """One power of attorney (授权详情); who is asked for it agrees here."""
    row = get_object_or_404(_mine(request), pk=power)
    is_mine_to_give = row.stage is PowerStage.REQUESTED and row.firm_id in _led(request)
    form = PowerForm(*sent(request)) if is_mine_to_give else None
    if form is not None and request.method == "POST" and form.is_valid():
        said, at = form.cleaned_data, timezone.now()
        try:
            given = give_power(
                row,
                by=request.user,
                scopes=said["scopes"],
                from_on=timezone.localdate(),
                until_on=said["until_on"],
                at=at,
            )
            if given.agent is not None:
                declare_authenticated(at=at, user=given.agent)
            messages.success(request, say("已同意授权", "You agreed"))
            return redirect("power:show", row.pk)
        except HuoshuiError as error:
            add_error(form, error)
    context = {
        "row": row,
        "form": form,
        "tone": _TONES.get(row.stage, ""),
        "may_end": row.stage in (PowerStage.IN_FORCE, PowerStage.OFFERED),
        "is_agent": row.agent_id == request.viewer.user_id,
    }
    return render(request, "power/show.html", context, status=400 if form is not None and form.errors else 200)


@door(Role.LEGAL_REPRESENTATIVE)
def decline(request: Any, power: int) -> HttpResponse:
    """Do not agree (不同意授权), once asked."""
    row = get_object_or_404(_mine(request), pk=power)
    if not is_confirmed(request):
        return ask_first(
            request,
            title=say("不同意授权", "Do not agree"),
            text=say("对方将不能代表企业办理。以后可以再申请。", "They cannot act for the firm. They may ask again later."),
            act=say("不同意", "Do not agree"),
            back=reverse("power:show", args=[row.pk]),
            danger=True,
            frame="phone.html",
        )
    decline_power(row, by=request.user, at=timezone.now())
    messages.success(request, say("已回复不同意", "You did not agree"))
    return redirect("power:list")


@door(signed_in=True)
def revoke(request: Any, power: int) -> HttpResponse:
    """Take a power of attorney back, or lay it down (撤销授权), once asked."""
    row = get_object_or_404(_mine(request), pk=power)
    if not is_confirmed(request):
        return ask_first(
            request,
            title=say("撤销授权", "Revoke"),
            text=say(
                "撤销后立即失效，经办人不能再代表企业办理。", "It ends at once: the agent can no longer act for the firm."
            ),
            act=say("撤销授权", "Revoke"),
            back=reverse("power:show", args=[row.pk]),
            danger=True,
            frame="phone.html",
        )
    revoke_power(row, by=request.user, at=timezone.now())
    messages.success(request, say("授权已撤销", "Revoked"))
    return redirect("power:list")


@never_cache
@door(signed_in=True)
def paper(request: Any, power: int) -> HttpResponse:
    """The photograph of a power of attorney on paper (纸质授权书照片)."""
    rows = PowerOfAttorney.objects.visible_to(request.viewer).exclude(paper_photo="")
    return picture(get_object_or_404(rows, pk=power).paper_photo)


def _led(request: Any) -> list[int]:
    return [x.firm_id for x in request.viewer.of(Role.LEGAL_REPRESENTATIVE) if x.firm_id is not None]


def _mine(request: Any) -> Any:
    ours = Q(agent_id=request.viewer.user_id) | Q(firm_id__in=_led(request))
    return PowerOfAttorney.objects.visible_to(request.viewer).filter(ours).select_related("firm", "agent")


urlpatterns = [
    path("powers/", list_powers, name="list"),
    path("powers/new", give, name="give"),
    path("powers/<int:power>/", show, name="show"),
    path("powers/<int:power>/decline", decline, name="decline"),
    path("powers/<int:power>/revoke", revoke, name="revoke"),
    path("powers/<int:power>/paper.jpg", paper, name="paper"),
]
