"""The officer's side of business authentication (人工核实): the queue, and the photograph beside fields and register."""

from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from huoshui.errors import HuoshuiError
from huoshui.models import BusinessAuthentication
from huoshui.models.secrets import masked_name
from huoshui.rules.authentication import NO_OBSTACLE
from huoshui.rules.licence import check_licence, near_name, same_name
from huoshui.rules.resident_id import mask_resident_id
from huoshui.services.authentication import decide_authentication
from huoshui.services.demand import declare_authenticated
from huoshui.terms import AuthenticationStage, LicenceField, PowerStage, Role
from huoshui.web.authentication_forms import DecisionForm, PaperDecisionForm, add_error, sent
from huoshui.web.door import door
from huoshui.web.language import said, say
from huoshui.web.listing import Choice, Column, Days, Listing, firm_search

_S: Final = AuthenticationStage
_TONES: Final = {_S.AUTHENTICATED: "green", _S.REFUSED: "red", _S.ENDED: "red", _S.IN_REVIEW: "amber"}
_ONLY: Final = (_S.IN_REVIEW, _S.WAITING_FOR_POWER, _S.WAITING_FOR_REGISTER, _S.AUTHENTICATED, _S.REFUSED, _S.ENDED)


AUTHENTICATIONS: Final = Listing(
    "authentication",
    title=said("主体认证", "Authentication"),
    columns=(
        Column(
            "firm",
            label=said("企业", "Firm"),
            cell=lambda x: x.firm.name if x.firm else x.confirmed.get(LicenceField.NAME, ""),
            link=lambda x: reverse("authentication:decide", args=[x.pk]),
            sort="firm__name",
        ),
        Column("uscc", label=said("信用代码", "Credit code"), cell=lambda x: x.uscc, sort="uscc"),
        Column("person", label=said("办理人", "Person"), cell=lambda x: masked_name(x.person_name)),
        Column("capacity", label=said("身份", "Capacity"), cell=lambda x: x.capacity or None),
        Column("stage", label=said("状态", "State"), cell=lambda x: x.stage, tone=lambda x: _TONES.get(x.stage, "")),
        Column(
            "reasons", label=said("需要核实", "In doubt"), cell=lambda x: [y for y in x.coded_reasons if y not in NO_OBSTACLE]
        ),
        Column("confirmed_at", label=said("提交时间", "Handed in"), cell=lambda x: x.confirmed_at, sort="confirmed_at"),
        Column("decided_at", label=said("办结时间", "Decided"), cell=lambda x: x.decided_at, sort="decided_at"),
    ),
    filters=(
        Choice("stage", label=said("状态", "State"), words=AuthenticationStage, only=_ONLY),
        Choice("capacity", label=said("身份", "Capacity"), words=Role, only=(Role.LEGAL_REPRESENTATIVE, Role.AGENT)),
        Days("confirmed", label=said("提交日期", "Handed in"), lookup="confirmed_at", more=True),
    ),
    search=firm_search("firm__"),
    sort="confirmed_at",
    empty=said("没有需要核实的认证", "Nothing to decide"),
)


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of the comparison (比对项): licence as read, as confirmed, and the register, and whether they agree."""

    label: str
    read: str
    sure: int | None  # per cent
    confirmed: str
    register: str
    agrees: bool | None
    near: bool = False


@door(Role.OFFICER, Role.LEAD)
def list_authentications(request: Any) -> HttpResponseBase:
    """The queue of authentications (认证列表): what waits for a decision, unless another state is asked for."""
    if not request.GET:
        return redirect(f"{request.path}?stage={AuthenticationStage.IN_REVIEW.value}")
    rows = BusinessAuthentication.objects.visible_to(request.viewer).filter(~Q(region_code=""), stage__in=_ONLY)
    return AUTHENTICATIONS.answer(request, rows=rows.select_related("firm"), template="authentication/list.html")


@never_cache
@door(Role.OFFICER, Role.LEAD)
def decide(request: Any, authentication: int) -> HttpResponse:
    """The photograph beside fields and register, and the decision (人工核实)."""
    rows = BusinessAuthentication.objects.visible_to(request.viewer).exclude(region_code="").filter(stage__in=_ONLY)
    row = get_object_or_404(rows.select_related("firm", "decided_by"), pk=authentication)
    power = row.powers.exclude(paper_photo="").filter(stage=PowerStage.REQUESTED).first()
    form = (PaperDecisionForm if power else DecisionForm)(*sent(request))
    if request.method == "POST" and form.is_valid():
        given, at = form.cleaned_data, timezone.now()
        try:
            done = decide_authentication(
                row,
                by=request.user,
                grant=request.viewer.acting_as(Role.OFFICER, Role.LEAD, region=row.region_code),
                decision=given["decision"],
                note=given["note"],
                scopes=given.get("scopes") or (),
                until_on=given.get("until_on"),
                at=at,
            )
            if done.stage is _S.AUTHENTICATED:
                declare_authenticated(at=at, user=done.user)
            messages.success(request, say(f"已办理：{done.stage.zh}", f"Decided: {done.stage.en}"))
            return redirect("authentication:list")
        except HuoshuiError as error:
            add_error(form, error)
    context = {
        "row": row,
        "form": form,
        "power": power,
        "compared": _compared(row),
        "person_id": mask_resident_id(row.person_id) if row.person_id else "",
        "id_agrees": _id_agrees(row),
        "in_review": row.stage is _S.IN_REVIEW,
        "own": row.user_id == request.viewer.user_id,
        "tone": _TONES.get(row.stage, ""),
    }
    return render(request, "authentication/decide.html", context, status=400 if form.errors else 200)


def _id_agrees(row: BusinessAuthentication) -> bool | None:
    """Whether a representative's identity number is the registered one; None where there is nothing to compare."""
    known = row.firm.representative_id_hash if row.firm else ""
    if not known or row.capacity is not Role.LEGAL_REPRESENTATIVE:
        return None
    return bool(known == row.person_id_hash)


def _compared(row: BusinessAuthentication) -> list[Compared]:
    read, confirmed = check_licence(row.read, on=timezone.localdate()), row.confirmed
    firm = row.firm
    known = {}
    if firm is not None:
        known = {
            LicenceField.USCC: firm.uscc,
            LicenceField.NAME: firm.name,
            LicenceField.REPRESENTATIVE: firm.representative_name,
            LicenceField.ADDRESS: firm.address,
            LicenceField.ESTABLISHED_ON: firm.established_on.isoformat() if firm.established_on else "",
        }
    lines = []
    for name in LicenceField:
        shown, typed, there = read[name], confirmed.get(name, ""), known.get(name, "")
        agrees = same_name(typed, second=there) if typed and there else None
        near = agrees is False and near_name(typed, second=there)
        sure = round(shown.sure * 100) if shown.text else None
        lines.append(Compared(say(name.zh, name.en.capitalize()), shown.text, sure, typed, there, agrees, near))
    return [x for x in lines if x.read or x.confirmed or x.register]
