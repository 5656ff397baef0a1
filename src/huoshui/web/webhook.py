"""Addresses that are told of events, at the desk (推送地址管理): added, paused, resumed, and the log of what was sent."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone

from huoshui.errors import HuoshuiError
from huoshui.models import Membership, Viewer, WebhookDelivery, WebhookEndpoint
from huoshui.services.webhook import add_endpoint, pause_endpoint, resume_endpoint
from huoshui.terms import DeliveryStage
from huoshui.web.door import door
from huoshui.web.language import said, say
from huoshui.web.listing import Choice, Column, Listing, ask_first, is_confirmed
from huoshui.web.token import LEADS, MemberField, leading, led_memberships

TONES: Final = {DeliveryStage.WAITING: "amber", DeliveryStage.DELIVERED: "green", DeliveryStage.GIVEN_UP: "red"}


def _state(endpoint: WebhookEndpoint) -> str:
    if endpoint.disabled_at is None:
        return say("推送中", "active")
    by_hand = endpoint.disabled_why == "by hand"
    return say("已停用", "paused") if by_hand else say("连续失败，已自动停用", "disabled after failures")


ENDPOINTS: Final = Listing(
    "webhooks",
    title=said("推送地址", "Webhooks"),
    columns=(
        Column("name", label=said("名称", "Name"), cell=lambda x: x.name, sort="name",
               link=lambda x: reverse("webhook:detail", args=[x.pk])),
        Column("url", label=said("地址", "Address"), cell=lambda x: x.url),
        Column("organization", label=said("机构", "Organization"), cell=lambda x: x.organization.name),
        Column("acts", label=said("事件", "Events"), cell=lambda x: "、".join(x.acts) or say("全部", "all")),
        Column("state", label=said("状态", "State"), cell=_state,
               tone=lambda x: "green" if x.disabled_at is None else "red"),
    ),
    search=lambda rows, text: rows.filter(Q(name__icontains=text) | Q(url__icontains=text)),
    sort="name",
    empty=said("还没有推送地址", "No addresses yet"),
)  # fmt: skip

DELIVERIES: Final = Listing(
    "deliveries",
    title=said("推送记录", "Deliveries"),
    columns=(
        Column("at", label=said("事件时间", "Event"), cell=lambda x: x.event.at, sort="id"),
        Column("act", label=said("事项", "Act"), cell=lambda x: x.event.act),
        Column("stage", label=said("结果", "Result"), cell=lambda x: x.stage, tone=lambda x: TONES[x.stage]),
        Column("attempts", label=said("次数", "Tries"), cell=lambda x: x.attempts),
        Column("status", label=said("回应", "Answer"), cell=lambda x: x.last_status or x.last_error[:80]),
        Column("last", label=said("最近一次", "Last try"), cell=lambda x: x.last_at),
        Column("id", label=said("消息编号", "Message"), cell=lambda x: str(x.message_id)),
    ),
    filters=(Choice("stage", label=said("结果", "Result"), words=DeliveryStage),),
    sort="-at",
    empty=said("还没有推送记录", "Nothing was sent yet"),
)


class EndpointForm(forms.Form):
    """A new address (新推送地址)."""

    name = forms.CharField(label=said("名称", "Name"), max_length=80)
    url = forms.CharField(
        label=said("地址", "Address"), max_length=500, help_text=said("以 https:// 开头", "Begins with https://")
    )
    membership = MemberField(
        Membership.objects.visible_to(Viewer()), label=said("代表", "Acts as"), empty_label=None,
        help_text=said("只推送此人可以看到的事件", "Only events that this person may see are sent"),
    )  # fmt: skip
    acts = forms.CharField(
        label=said("事项", "Acts"), required=False, max_length=500,
        help_text=said("以逗号分隔，如 record_visit；留空为全部", "With commas: record_visit,publish_demand"),
    )  # fmt: skip

    def __init__(self, *args: Any, viewer: Viewer, **options: Any) -> None:
        """Choose out of what the viewer leads."""
        super().__init__(*args, **options)
        self.fields["membership"].queryset = led_memberships(viewer)  # type: ignore[attr-defined]

    def clean_acts(self) -> list[str]:
        """The acts as a list."""
        return [x.strip() for x in str(self.cleaned_data["acts"]).replace("，", ",").split(",") if x.strip()]


@door(*LEADS)
def list_endpoints(request: Any) -> HttpResponseBase:
    """The addresses of what one leads (推送地址列表)."""
    rows = WebhookEndpoint.objects.visible_to(request.viewer).select_related("organization")
    return ENDPOINTS.answer(request, rows=rows, template="webhook/list.html")


@door(*LEADS)
def new_endpoint(request: Any) -> HttpResponse:
    """Add an address; its secret is shown on the answer to this form and never again (新增推送地址)."""
    form = EndpointForm(request.POST or None, viewer=request.viewer)
    if request.method == "POST" and form.is_valid():
        grant = leading(request.viewer, form.cleaned_data["membership"].organization)
        try:
            added = add_endpoint(**form.cleaned_data, by=request.user, grant=grant, at=timezone.now())
        except HuoshuiError as error:
            form.add_error(error.field, say(error.zh, error.message))
        else:
            response = render(request, "token/issued.html", {"secret": added.secret, "back": reverse("webhook:list")})
            response.headers["Cache-Control"] = "no-store"
            return response
    return render(request, "webhook/new.html", {"form": form}, status=400 if form.errors else 200)


@door(*LEADS)
def show_endpoint(request: Any, endpoint: int) -> HttpResponseBase:
    """What was sent to an address (推送记录)."""
    found = get_object_or_404(WebhookEndpoint.objects.visible_to(request.viewer), pk=endpoint)
    rows = WebhookDelivery.objects.visible_to(request.viewer).filter(endpoint=found).select_related("event")
    return DELIVERIES.answer(request, rows=rows, template="webhook/detail.html", endpoint=found, state=_state(found))


@door(*LEADS)
def switch(request: Any, endpoint: int) -> HttpResponse:
    """Pause an address, or take it up again, after a question (停用或恢复)."""
    rows = WebhookEndpoint.objects.visible_to(request.viewer).select_related("membership__organization")
    found = get_object_or_404(rows, pk=endpoint)
    back = reverse("webhook:detail", args=[found.pk])
    pause = found.disabled_at is None
    if not is_confirmed(request):
        return ask_first(
            request,
            title=say("停用推送", "Pause") if pause else say("恢复推送", "Resume"),
            text=say("停用期间的新事件不再推送，可用接口补读。", "New events are not sent meanwhile; the API still reads them.")
            if pause
            else say("从等待中的消息开始继续推送。", "Sending goes on with what waits."),
            act=say("停用", "Pause") if pause else say("恢复", "Resume"),
            names=[found.name],
            back=back,
        )
    grant = leading(request.viewer, found.membership.organization)
    if pause:
        pause_endpoint(found, by=request.user, grant=grant, at=timezone.now())
    else:
        resume_endpoint(found, by=request.user, grant=grant)
    messages.success(request, say("已办理", "Done"))
    return redirect(back)


urlpatterns = [
    path("webhooks/", list_endpoints, name="list"),
    path("webhooks/new", new_endpoint, name="new"),
    path("webhooks/<int:endpoint>/", show_endpoint, name="detail"),
    path("webhooks/<int:endpoint>/switch", switch, name="switch"),
]
