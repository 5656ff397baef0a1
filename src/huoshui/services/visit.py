"""Visits (走访登记): recorded once, however often they are sent; several to one firm are read together without loss."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from huoshui.errors import BadAmount, BadDate, BadRequest, KeyReused, NotAllowed
from huoshui.models import Firm, Grant, LoanCode, User, Visit, VisitAssignment, VisitPhoto
from huoshui.rules.visit_merge import Merged, answers_of, merge
from huoshui.services.coverage import count_first_visit, count_visit
from huoshui.services.event import record
from huoshui.terms import (
    AssignmentState,
    CampaignStage,
    DemandPurpose,
    Need,
    Obstacle,
    Premises,
    Role,
    VisitMode,
    VisitSource,
    YesNo,
)

VISITING: Final = (Role.VISITOR, Role.OFFICER, Role.LEAD, Role.CLIENT_MANAGER)
MOST_PHOTOS: Final = 9
MOST_EMPLOYEES: Final = 1_000_000
MOST_FEN: Final = 100_000_000_000_00  # a hundred billion yuan: above it somebody mistook the unit
MOST_MONTHS: Final = 360
LONGEST_NOTE: Final = 2_000
_FAST_CLOCK: Final = timedelta(hours=1)  # what a phone's clock may be ahead
_FIRM: Final = ("uscc", "name", "region_code", "township", "active", "last_visit_at", "last_visit_by_id")
_OF_OTHERS: Final = ("client_id", "body_hash", "visitor_id", "visited_at", "assignment_id")
_OF_ENTRIES: Final = (
    "campaign_id", "firm_id", "visitor_id", "area", "township", "due_on", "state", "need", "visited_at"
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitAnswers:
    """What the visitor found (走访内容): amounts in fen, the tenor in months; None and "" are questions left open."""

    operating: YesNo | None = None
    premises: Premises | None = None
    employees: int | None = None
    need: Need | None = None
    amount_fen: int | None = None
    months: int | None = None
    purpose: DemandPurpose | None = None
    has_loan: YesNo | None = None
    obstacles: tuple[Obstacle, ...] = ()
    broker_fee_asked: YesNo | None = None
    call_back: bool | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a visit was made, to about a kilometre (粗略位置): degrees with two decimals."""

    latitude: Decimal
    longitude: Decimal


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording a visit did (登记结果). `conflicts` are fields of which another visit to the firm says otherwise."""

    visit: Visit
    is_new: bool
    conflicts: tuple[str, ...] = ()


ANSWERS: Final = tuple(x.name for x in fields(VisitAnswers))


def save_visit(
    *,
    client_id: UUID,
    firm: Firm,
    by: User,
    grant: Grant,
    visited_at: datetime,
    received_at: datetime,
    answers: VisitAnswers,
    mode: VisitMode = VisitMode.ONSITE,
    source: VisitSource = VisitSource.ONLINE,
    assignment: VisitAssignment | None = None,
    loan_code: LoanCode | None = None,
    photos: Iterable[str] = (),
    place: Place | None = None,
    sent_by: User | None = None,
) -> Recorded:
    """Record a visit, once, and say what that did (登记走访): `client_id` is made by the sender; `photos` are SHA-256 in hex.

    The firm's entries in open campaigns become visited. `sent_by` brings in what another one, `by`, did. `place` is kept as it
    is: ask for consent before. Raises KeyReused for an id that another visit has, BadDate, BadAmount and BadRequest for answers
    that cannot be, NotAllowed.
    """
    hashes = tuple(dict.fromkeys(photos))
    organization_id = _allowed(grant, firm)
    _check(answers, hashes, visited_at=visited_at, received_at=received_at)
    who = {"firm_id": firm.pk, "region_code": firm.region_code, "visitor_id": by.pk, "organization_id": organization_id}
    how = {"mode": mode, "source": source, "loan_code": loan_code, "visited_at": visited_at, "received_at": received_at}
    where = {"latitude": place.latitude, "longitude": place.longitude} if place else {}
    visit = Visit(client_id=client_id, seconded_from_id=grant.seconded_from_id, **who, **how, **where, **_columns(answers))
    visit.body_hash = _body_hash(visit, answers, hashes)
    try:
        return _saved(visit, firm, by=by, grant=grant, assignment=assignment, hashes=hashes, sent_by=sent_by or by)
    except IntegrityError:
        kept = Visit.objects.filter(client_id=client_id).first()
        if kept is None:
            raise
        return _kept(kept, visit)  # another firm's visit has the id


def record_visit(*, client_id: UUID, firm: Firm, by: User, grant: Grant, **given: Any) -> Visit:
    """Record a visit, once (登记走访): as `save_visit`, giving the visit itself."""
    return save_visit(client_id=client_id, firm=firm, by=by, grant=grant, **given).visit


def read_together(visits: Iterable[Visit]) -> Merged:
    """Several visits to one firm as one (合并读取走访): `by` of an answer is the visitor's number."""
    return merge(
        answers_of(_told(x), visit=str(x.client_id), by=str(x.visitor_id), at=x.visited_at)
        for x in visits
    )  # fmt: skip


@transaction.atomic
def _saved(
    visit: Visit,
    firm: Firm,
    *,
    by: User,
    grant: Grant,
    assignment: VisitAssignment | None,
    hashes: Sequence[str],
    sent_by: User,
) -> Recorded:
    found: Firm = Firm.objects.select_for_update().only(*_FIRM).get(pk=firm.pk)
    conflicts: tuple[str, ...] = ()
    others: list[Visit] = []
    if found.last_visit_at is not None:
        others = list(Visit.objects.filter(firm_id=firm.pk).only(*ANSWERS, *_OF_OTHERS))
        if (kept := next((x for x in others if x.client_id == visit.client_id), None)) is not None:
            return _kept(kept, visit)
        before, after = read_together(others), read_together([*others, visit])
        conflicts = tuple(x for x in after.conflicts if x in answers_told(visit) and _differs(before, visit, x))
    entries = _entries_of(found, assignment)
    visit.assignment = _fitting(entries, assignment, by)
    visit.save(force_insert=True)
    _note_on_firm(found, visit, grant)
    for entry in entries:
        _note_on_entry(entry, [*(x for x in others if x.assignment_id == entry.pk), visit])
    if hashes:
        _claim_photos(visit, hashes)
    basis = {
        "client_id": str(visit.client_id), "body": visit.body_hash, "source": visit.source.value, "mode": visit.mode.value,
        "entry": visit.assignment_id, "photos": list(hashes),
    }  # fmt: skip
    record("record_visit", visit, by=sent_by, organization=visit.organization_id, role=grant.role, firm=found, basis=basis)
    return Recorded(visit, True, conflicts)


def answers_told(visit: Visit) -> dict[str, Any]:
    """The answers that a visit gives (已答内容)."""
    return {x: said[0].value for x, said in read_together([visit]).answers.items()}


def _differs(before: Merged, visit: Visit, field: str) -> bool:
    value = answers_told(visit)[field]
    return any(said.value != value for said in before.answers.get(field, ()))


def _entries_of(firm: Firm, given: VisitAssignment | None) -> list[VisitAssignment]:
    """The firm's entries in open campaigns; one that was given counts also when its campaign is over."""
    ours = VisitAssignment.objects.filter(firm_id=firm.pk, campaign__stage=CampaignStage.OPEN)
    found = list(ours.exclude(state=AssignmentState.DROPPED).only(*_OF_ENTRIES).order_by("campaign_id"))
    if given is not None and given.firm_id == firm.pk and all(x.pk != given.pk for x in found):
        found.append(given)
    return found


def _fitting(entries: Sequence[VisitAssignment], given: VisitAssignment | None, by: User) -> VisitAssignment | None:
    wanted = given.pk if given else None
    return min(entries, key=lambda x: (x.pk != wanted, x.visitor_id != by.pk, -x.pk), default=None)


def _note_on_firm(firm: Firm, visit: Visit, grant: Grant) -> None:
    if firm.last_visit_at is None and firm.active:
        count_first_visit(firm)
    if firm.last_visit_at is None or firm.last_visit_at < visit.visited_at:
        by = grant.seconded_from_id or grant.organization_id
        Firm.objects.filter(pk=firm.pk).update(last_visit_at=visit.visited_at, last_visit_by_id=by)


def _note_on_entry(entry: VisitAssignment, visits: Sequence[Visit]) -> None:
    """The entry says when it was visited last and what its visits together say of the need; the last one is new."""
    first = entry.state is AssignmentState.OPEN
    need = read_together(visits).values.get("need") or str(entry.need or "")
    latest = max((x for x in (entry.visited_at, visits[-1].visited_at) if x), default=None)
    VisitAssignment.objects.filter(pk=entry.pk).update(
        state=AssignmentState.VISITED if first else entry.state, visited_at=latest, need=need
    )
    if entry.state is not AssignmentState.DROPPED:
        was_need = entry.state is AssignmentState.VISITED and entry.need is Need.YES
        count_visit(entry, first=first, needs=(need == Need.YES) - was_need)


def _claim_photos(visit: Visit, hashes: Sequence[str]) -> None:
    """Photographs that came before their visit are tied to it; the others are waited for."""
    mine = VisitPhoto.objects.filter(uploader_id=visit.visitor_id, sha256__in=hashes, visit=None)
    here = set(mine.values_list("sha256", flat=True))
    mine.update(visit=visit)
    awaited = [VisitPhoto(visit=visit, uploader_id=visit.visitor_id, sha256=x) for x in hashes if x not in here]
    VisitPhoto.objects.bulk_create(awaited)


def _kept(kept: Visit, sent: Visit) -> Recorded:
    if kept.body_hash != sent.body_hash:
        raise KeyReused(
            "this id belongs to another visit; a changed visit needs an id of its own",
            field="client_id", zh="该编号已用于另一次走访，修改后的走访请用新的编号",
        )  # fmt: skip
    return Recorded(kept, False)


def _columns(answers: VisitAnswers) -> dict[str, Any]:
    told = asdict(answers)
    numbers = ("employees", "amount_fen", "months", "call_back")
    found = {x: told[x] if x in numbers else told[x] or "" for x in ANSWERS}
    return {**found, "obstacles": sorted(str(x.value) for x in answers.obstacles)}


def _told(visit: Visit) -> dict[str, Any]:
    return {x: tuple(visit.obstacles) if x == "obstacles" else _plain(getattr(visit, x)) for x in ANSWERS}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


def _body_hash(visit: Visit, answers: VisitAnswers, hashes: Sequence[str]) -> str:
    """Of all that the visitor said; not of when and how it arrived."""
    told = {
        **{x: _plain(y) for x, y in asdict(answers).items()}, "obstacles": sorted(x.value for x in answers.obstacles),
        "firm": visit.firm_id, "visitor": visit.visitor_id, "mode": visit.mode.value, "at": visit.visited_at.timestamp(),
        "photos": sorted(hashes), "place": [str(visit.latitude), str(visit.longitude)], "code": visit.loan_code_id,
    }  # fmt: skip
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _allowed(grant: Grant, firm: Firm) -> int:
    if grant.role not in VISITING or grant.organization_id is None or not firm.region_code.startswith(grant.region):
        raise NotAllowed("your role does not record visits here", zh="您的角色不能在本区域登记走访")
    return grant.organization_id


def _check(answers: VisitAnswers, hashes: Sequence[str], *, visited_at: datetime, received_at: datetime) -> None:
    if visited_at > received_at + _FAST_CLOCK:
        raise BadDate(
            "the visit lies in the future; check the phone's clock", field="visited_at", zh="走访时间晚于现在，请核对手机时间"
        )
    for field, most in (("employees", MOST_EMPLOYEES), ("months", MOST_MONTHS), ("amount_fen", MOST_FEN)):
        value = getattr(answers, field)
        least = 0 if field == "employees" else 1
        if value is not None and not least <= value <= most:
            error = BadAmount if field == "amount_fen" else BadRequest
            raise error(f"{field} must lie between {least} and {most}; got {value}", field=field, zh=_RANGES[field])
    if len(answers.note) > LONGEST_NOTE:
        raise BadRequest(f"a note has at most {LONGEST_NOTE} characters", field="note", zh=f"备注最多 {LONGEST_NOTE} 字")
    if len(hashes) > MOST_PHOTOS or any(len(x) != 64 or set(x) - set("0123456789abcdef") for x in hashes):
        raise BadRequest(f"photos are at most {MOST_PHOTOS} SHA-256 hashes", field="photos", zh=f"照片最多 {MOST_PHOTOS} 张")


_RANGES: Final = {"employees": "从业人数有误", "months": "期限应为 1 至 360 个月", "amount_fen": "金额有误，请核对单位"}
