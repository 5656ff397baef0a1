"""A firm's whole story, and the log of events (办理全程、办理记录): who did what, when, and on which basis."""

from typing import Any, Final

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path, reverse

from huoshui.models import Event, Firm
from huoshui.terms import (
    Act,
    ApiScope,
    AuthenticationDecision,
    AuthenticationReason,
    AuthenticationStage,
    BasisItem,
    Check,
    CloseReason,
    CodePurpose,
    CodeVerdict,
    ConsentPurpose,
    Criterion,
    DemandChannel,
    DemandStage,
    DrawMode,
    DropReason,
    EvidenceSource,
    Need,
    Obstacle,
    PowerScope,
    PowerStage,
    PushStage,
    RevocationReason,
    Role,
    ScanVerdict,
    Term,
    Tristate,
    VisitMode,
    VisitSource,
)
from huoshui.web.door import door
from huoshui.web.language import said, say
from huoshui.web.listing import Choice, Column, Days, Listing, firm_search
from huoshui.web.tags import yuan

_WORDS: Final[dict[str, tuple[type[Term], ...]]] = {
    "from": (DemandStage,),
    "to": (DemandStage,),
    "channel": (DemandChannel,),
    "answer": (PushStage,),
    "obstacle": (Obstacle,),
    "role": (Role,),
    "criteria": (Check,),
    "need": (Need,),
    "source": (VisitSource, EvidenceSource),
    "mode": (VisitMode, DrawMode),
    "purpose": (CodePurpose, ConsentPurpose),
    "reason": (DropReason, RevocationReason, CloseReason),
    "reasons": (Obstacle, Criterion, AuthenticationReason),
    "why": (Obstacle, Criterion, CloseReason),
    "verdict": (ScanVerdict, Tristate),
    "decision": (AuthenticationDecision,),
    "capacity": (Role,),
    "stage": (AuthenticationStage, PowerStage),
    "code_check": (CodeVerdict,),
    "scopes": (PowerScope, ApiScope),
}
_FIRM: Final = (Role.LEGAL_REPRESENTATIVE.value, Role.AGENT.value)  # whose events stand in the chain of the task force
_LONGEST: Final = 12  # of a fingerprint, and of a list of ids


def sentence(event: Event) -> str:
    """What happened, in a sentence (办理记述)."""
    who = event.actor.shown_name if event.actor else say("系统", "The system")
    act = _word(event.act, Act)
    if event.actor is None or not event.role:
        return f"{who} {act}"
    role = _word(event.role, Role)
    place = "" if event.role in _FIRM else say(f"、{event.organization.name}", f", {event.organization.name}")
    return say(f"{who}（{role}{place}）{act}", f"{who} ({role}{place}) {act}")


def basis(event: Event) -> str:
    """What the act rested on, in words (办理依据)."""
    parts = [
        f"{_word(key, BasisItem)}{say('：', ': ')}{_told(key, value)}" for key, value in event.basis.items() if _is_told(value)
    ]
    return say("；", "; ").join(parts)


def _is_told(value: Any) -> bool:
    return value not in (None, "", [], {})


def _told(key: str, value: Any) -> str:
    if key.endswith("_fen") and isinstance(value, int):
        return say(f"{yuan(value)} 元", f"{yuan(value)} yuan")
    if isinstance(value, bool):
        return say("是", "yes") if value else say("否", "no")
    if isinstance(value, dict):
        return say("，", ", ").join(
            f"{_word(str(k), *_WORDS.get(key, ()))} {_told(str(k), v)}" for k, v in value.items() if _is_told(v)
        )
    if isinstance(value, list):
        more = say(f" 等 {len(value)} 项", f" and others, {len(value)} in all") if len(value) > _LONGEST else ""
        return say("、", ", ").join(_told(key, x) for x in value[:_LONGEST]) + more
    text = str(value)
    if len(text) == 64 and text.isalnum():
        return f"{text[:_LONGEST]}…"
    return _word(text, *_WORDS.get(key, ()))


def _word(value: str, *kinds: type[Term]) -> str:
    """The word that a stored value stands for, or the value where it stands for none."""
    for kind in kinds:
        try:
            found = kind(value)
        except ValueError:
            continue
        return say(found.zh, found.en)
    return value


def _firm_address(event: Event) -> str:
    return reverse("story:firm", args=[event.firm_id]) if event.firm_id else ""


_AT: Final = Column("at", label=said("时间", "Time"), cell=lambda x: x.at, sort="at")
_WHAT: Final = Column("what", label=said("事项", "What"), cell=sentence)
_BASIS: Final = Column("basis", label=said("依据", "Basis"), cell=basis)
_NUMBER: Final = Column("sequence", label=said("链上序号", "Number in the chain"), cell=lambda x: x.sequence, on_page=False)
_HASH: Final = Column("hash", label=said("哈希", "Hash"), cell=lambda x: x.hash, on_page=False)
_ACTS: Final = Choice("act", label=said("事项", "Act"), words=Act)
_DAYS: Final = Days("at", label=said("日期", "Day"))

STORY: Final = Listing(
    "story",
    title=said("办理全程", "The whole story"),
    columns=(_AT, _WHAT, _BASIS, _NUMBER, _HASH),
    filters=(_ACTS, _DAYS),
    sort="-at",
    body="story/timeline.html",
    empty=said("还没有办理记录", "Nothing has happened yet"),
    empty_hint=said("走访、认证、申报等每一步都会记在这里。", "Every visit, authentication and declaration is written here."),
)
EVENTS: Final = Listing(
    "events",
    title=said("办理记录", "Events"),
    columns=(
        _AT,
        Column("act", label=said("事项", "Act"), cell=lambda x: _word(x.act, Act)),
        Column("firm", label=said("经营主体", "Firm"), cell=lambda x: x.firm and x.firm.name, link=_firm_address),
        Column("who", label=said("办理人", "By"), cell=lambda x: x.actor.shown_name if x.actor else say("系统", "the system")),
        Column("role", label=said("角色", "Role"), cell=lambda x: _word(x.role, Role)),
        Column("organization", label=said("机构", "Organization"), cell=lambda x: x.organization.name),
        _BASIS,
        _NUMBER,
        _HASH,
    ),
    filters=(_ACTS, _DAYS, Choice("role", label=said("角色", "Role"), words=Role, more=True)),
    search=firm_search("firm__"),
    sort="-at",
    empty=said("还没有办理记录", "No events yet"),
)
_SEES_FIRMS: Final = tuple(x for x in Role if x is not Role.OPERATOR)


@door(*_SEES_FIRMS)
def firm(request: Any, firm: int) -> HttpResponseBase:
    """Everything that happened to one firm, the latest first (企业办理全程)."""
    shown = get_object_or_404(Firm.objects.visible_to(request.viewer), pk=firm)
    rows = Event.objects.visible_to(request.viewer).filter(firm=shown).select_related("actor", "organization")
    return STORY.answer(request, rows=rows, template="story/firm.html", firm=shown)


@door(Role.LEAD, Role.AUDITOR, Role.REGULATOR, Role.OPERATOR)
def events(request: Any) -> HttpResponseBase:
    """The log of events, for whoever watches (办理记录)."""
    rows = Event.objects.visible_to(request.viewer).select_related("actor", "organization", "firm")
    return EVENTS.answer(request, rows=rows, template="story/events.html")


urlpatterns = [
    path("firms/<int:firm>/story/", firm, name="firm"),
    path("events/", events, name="list"),
]
