"""Visits from phones that were off line (离线走访同步): each is judged by itself, and every one gets an answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from huoshui.errors import BadRequest, HuoshuiError
from huoshui.models import Firm, User, Viewer, VisitAssignment, VisitPhoto
from huoshui.services.consent import has_consent
from huoshui.services.visit import VISITING, Place, VisitAnswers, save_visit
from huoshui.terms import (
    ConsentPurpose,
    DemandPurpose,
    Need,
    Obstacle,
    Premises,
    SyncVerdict,
    VisitMode,
    VisitSource,
    YesNo,
)

MOST_AT_ONCE: Final = 100
_DEGREES: Final = Decimal("0.01")
_YEARS: Final = range(2020, 2100)


class SentPlace(msgspec.Struct, forbid_unknown_fields=True):
    """Where the phone was (手机位置), in degrees."""

    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)]


class SentVisit(msgspec.Struct, forbid_unknown_fields=True):
    """A visit as a phone sends it (手机提交的走访): names and words of the visit form, moments with their time zone."""

    client_id: UUID
    firm: int
    visited_at: datetime
    mode: VisitMode = VisitMode.ONSITE
    assignment: int | None = None
    operating: YesNo | None = None
    premises: Premises | None = None
    employees: int | None = None
    need: Need | None = None
    amount_fen: int | None = None
    months: int | None = None
    purpose: DemandPurpose | None = None
    has_loan: YesNo | None = None
    obstacles: list[Obstacle] = []
    broker_fee_asked: YesNo | None = None
    call_back: bool | None = None
    note: str = ""
    photos: list[str] = []
    place: SentPlace | None = None


@dataclass(frozen=True, slots=True)
class SyncAnswer:
    """What became of one visit (单条同步结果). `photos` are hashes that are still awaited; `refused` keeps nothing here."""

    client_id: str
    verdict: SyncVerdict
    visit: int | None = None
    reason: str = ""
    reason_zh: str = ""
    field: str = ""
    conflicts: tuple[str, ...] = ()
    photos: tuple[str, ...] = ()
    place_kept: bool | None = None


def sync_visit(sent: Any, *, by: User, viewer: Viewer, received_at: datetime) -> SyncAnswer:
    """Save one visit of a batch (同步一条走访), in a transaction of its own; whatever is wrong with it is its answer.

    A visitor sees every firm of the region, so that a visit counts also when its firm has gone to somebody else's list since.
    """
    client_id = str(sent.get("client_id", ""))[:64] if isinstance(sent, Mapping) else ""
    try:
        return _saved(_read(sent), by=by, viewer=viewer, received_at=received_at)
    except HuoshuiError as error:
        return SyncAnswer(client_id, SyncVerdict.REFUSED, reason=error.message, reason_zh=error.zh, field=error.field or "")


def _read(sent: Any) -> SentVisit:
    try:
        visit = msgspec.convert(sent, SentVisit)
    except (msgspec.ValidationError, ValueError, OverflowError) as error:
        raise BadRequest(f"not a visit: {error}", zh="走访数据格式有误") from error
    if visit.visited_at.tzinfo is None:
        raise BadRequest("visited_at needs a time zone", field="visited_at", zh="走访时间缺少时区")
    if visit.visited_at.year not in _YEARS:
        raise BadRequest("visited_at is no day of a visit", field="visited_at", zh="走访时间有误，请核对手机时间")
    return visit


def _saved(sent: SentVisit, *, by: User, viewer: Viewer, received_at: datetime) -> SyncAnswer:
    firm = Firm.objects.visible_to(viewer).only("region_code").filter(pk=sent.firm).order_by().first()
    if firm is None:
        raise BadRequest("no such firm in your region", field="firm", zh="本人负责区域内没有该经营主体")
    grant = viewer.acting_as(*VISITING, region=firm.region_code)
    place = _place(sent, by)
    recorded = save_visit(
        client_id=sent.client_id, firm=firm, by=by, grant=grant, visited_at=sent.visited_at.astimezone(UTC),
        received_at=received_at, mode=sent.mode, source=VisitSource.OFFLINE, assignment=_assignment(sent, viewer),
        photos=[x.lower() for x in sent.photos], place=place,
        answers=VisitAnswers(
            operating=sent.operating, premises=sent.premises, employees=sent.employees, need=sent.need,
            amount_fen=sent.amount_fen, months=sent.months, purpose=sent.purpose, has_loan=sent.has_loan,
            obstacles=tuple(dict.fromkeys(sent.obstacles)), broker_fee_asked=sent.broker_fee_asked,
            call_back=sent.call_back, note=sent.note,
        ),
    )  # fmt: skip
    verdict = SyncVerdict.ALREADY if not recorded.is_new else SyncVerdict.CONFLICT if recorded.conflicts else SyncVerdict.SAVED
    awaited = _awaited(recorded.visit.pk) if sent.photos else ()
    return SyncAnswer(
        str(sent.client_id), verdict, recorded.visit.pk, conflicts=recorded.conflicts, photos=awaited,
        place_kept=None if sent.place is None else place is not None,
    )  # fmt: skip


def _place(sent: SentVisit, by: User) -> Place | None:
    """Two decimals, and only of who agreed to it."""
    if sent.place is None or not has_consent(by, ConsentPurpose.PLACE):
        return None
    degrees = (Decimal(repr(x)).quantize(_DEGREES) for x in (sent.place.latitude, sent.place.longitude))
    return Place(*degrees)


def _assignment(sent: SentVisit, viewer: Viewer) -> VisitAssignment | None:
    if sent.assignment is None:
        return None
    found: VisitAssignment | None = (
        VisitAssignment.objects.visible_to(viewer).filter(pk=sent.assignment, firm_id=sent.firm).first()
    )
    return found


def _awaited(visit: int) -> tuple[str, ...]:
    return tuple(VisitPhoto.objects.filter(visit_id=visit, kept_sha256="").order_by("pk").values_list("sha256", flat=True))
