"""The event log (事件日志): one act, one event, in the act's own transaction; every organization's chain can be checked."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import models, transaction
from django.db.models import Exists
from django.utils import timezone

from huoshui.errors import BadRequest
from huoshui.models import ChainHead, Event, Firm, Organization, OutboxMessage, User, WebhookEndpoint
from huoshui.models.chain import chained_at_once

_BATCH: Final = 2000
_START: Final = "0" * 64
_PLAIN: Final[dict[str, Any]] = {"ensure_ascii": False, "sort_keys": True, "separators": (",", ":")}  # as it is hashed
_PERSONAL: Final = re.compile(r"1[3-9]\d{9}|[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]")

_UNKEPT: Final = re.compile("[\0\ud800-\udfff]")


def record(
    act: str,
    subject: models.Model,
    *,
    by: User | None,
    organization: Organization | int,
    role: str = "",
    firm: Firm | None = None,
    basis: Mapping[str, Any] | None = None,
) -> Event:
    """Add one event to an organization's chain (记录事件): one statement in PostgreSQL, three in SQLite, one to announce it.

    Call it last in the act's transaction: the chain is locked from here until the commit. `basis` is JSON: ids, versions,
    citations, amounts in fen; never a name, telephone or identity number. `by` is None for the system or a passer-by.
    Raises BadRequest for a basis that a database would not give back as it was.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("an event is recorded inside the transaction of its act")
    organization_id = organization if isinstance(organization, int) else organization.pk
    event = Event(
        organization_id=organization_id,
        at=timezone.now(),
        actor_id=by.pk if by else None,
        role=str(role),
        act=act,
        subject_kind=subject._meta.model_name or "",
        subject_id=subject.pk,
        firm_id=firm.pk if firm else None,
        region_code=firm.region_code if firm else "",
        basis=_canonical(basis or {}, where="basis"),
    )
    if _chained_at_once(event) if chained_at_once() else _chained(event):
        OutboxMessage.objects.bulk_create([OutboxMessage(event=event)])
    return event


def _chained_at_once(event: Event) -> bool:
    """Add the event by one statement; tells whether any address hears of events at all."""
    told = json.dumps(_told_of(event)[2:-1], **_PLAIN)
    text = {"before": f"[{event.organization_id},", "between": f',{told[1:-1]},"', "after": '"]'}
    basis = json.dumps(event.basis, ensure_ascii=False)
    if (announced := event.chain(**text, basis=basis)) is None:
        _begin_chain(event.organization_id)
        announced = event.chain(**text, basis=basis)
    return bool(announced)


def _chained(event: Event) -> bool:
    """Add the event by three statements; tells whether any address hears of events at all."""
    head = _locked_head(event.organization_id)
    event.sequence, event.previous_hash = head.sequence + 1, head.hash
    event.hash = hash_of(event)
    event.save(force_insert=True)
    ChainHead.objects.filter(pk=head.pk).update(sequence=event.sequence, hash=event.hash)
    return bool(head.announced)


def _begin_chain(organization_id: int) -> None:
    """The first event of this organization, perhaps of two writers at once."""
    ChainHead.objects.bulk_create([ChainHead(organization_id=organization_id)], ignore_conflicts=True)


def _locked_head(organization_id: int) -> Any:
    """The head of the chain, locked until the commit; tells as well whether any address hears of events at all."""
    told = Exists(WebhookEndpoint.objects.filter(disabled_at=None))
    heads = ChainHead.objects.select_for_update(of=("self",)).annotate(announced=told)
    head = heads.filter(organization_id=organization_id).first()
    if head is None:
        _begin_chain(organization_id)
        head = heads.get(organization_id=organization_id)
    return head


def _canonical(value: Any, *, where: str) -> Any:
    """A value as JSON that comes back from SQLite and PostgreSQL as it went in."""
    if isinstance(value, Mapping):
        return {_text(k, where=where): _canonical(v, where=f"{where}.{k}") for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(x, where=where) for x in value]
    if value is None or isinstance(value, bool):
        return value
    return int(value) if isinstance(value, int) else _text(value, where=where)


def _text(value: Any, *, where: str) -> str:
    if isinstance(value, date):
        return _instant(value) if isinstance(value, datetime) else value.isoformat()
    if not isinstance(value, str | UUID):
        raise BadRequest(
            f"{where} holds {type(value).__name__}; expected text, whole numbers, days, lists of them; rates as text"
        )
    text = str(value)
    if _UNKEPT.search(text):
        raise BadRequest(f"{where} holds a character that no database keeps")
    if _PERSONAL.fullmatch(text):
        raise BadRequest(f"{where} holds what looks like a telephone or identity number; the log keeps no personal data")
    return text


def hash_of(event: Event) -> str:
    """The hash that an event must carry (事件哈希): SHA-256 over its canonical JSON, its predecessor's hash included."""
    text = json.dumps(_told_of(event), **_PLAIN)
    return hashlib.sha256(text.encode()).hexdigest()


def _told_of(event: Event) -> list[Any]:
    return [
        event.organization_id,
        event.sequence,
        _instant(event.at),
        event.actor_id,
        event.role,
        event.act,
        event.subject_kind,
        event.subject_id,
        event.firm_id,
        event.region_code,
        event.basis,
        event.previous_hash,
    ]


@dataclass(frozen=True, slots=True)
class ChainFault:
    """Where a chain does not hold (链异常): the organization, the sequence number and what is wrong there."""

    organization_id: int
    sequence: int
    what: str


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """Where a chain ended at some time (链尾): kept outside, it shows later that nothing before it was written anew."""

    organization_id: int
    sequence: int
    hash: str


def chain_ends() -> tuple[ChainEnd, ...]:
    """Where every chain ends now (各链链尾)."""
    return tuple(ChainEnd(x.organization_id, x.sequence, x.hash) for x in ChainHead.objects.order_by("organization_id"))


def chain_faults(*, kept: tuple[ChainEnd, ...] = ()) -> Iterator[ChainFault]:
    """Read every chain from its beginning (校验事件链); yields nothing where all of them hold.

    `kept` are ends that were written down before: a chain that was rewritten as a whole still holds, but no longer with these.
    """
    heads = {x.organization_id: x for x in ChainHead.objects.all()}
    chains = set(Event.objects.order_by().values_list("organization_id", flat=True).distinct())
    for organization_id in sorted(chains | set(heads)):
        yield from _faults_of(organization_id, heads.get(organization_id))
    for end in kept:
        found = Event.objects.filter(organization_id=end.organization_id, sequence=end.sequence).values_list("hash", flat=True)
        if end.sequence and found.first() != end.hash:
            yield ChainFault(
                end.organization_id, end.sequence, "is not the event that was written down as the end of the chain"
            )


def _faults_of(organization_id: int, head: ChainHead | None) -> Iterator[ChainFault]:
    sequence, previous = 0, _START
    for event in Event.objects.filter(organization_id=organization_id).order_by("sequence").iterator(_BATCH):
        sequence += 1
        if event.sequence != sequence:
            yield ChainFault(organization_id, sequence, f"missing: the next event is number {event.sequence}")
            sequence = event.sequence
        elif event.previous_hash != previous:
            yield ChainFault(organization_id, sequence, "does not name the hash of the event before it")
        if hash_of(event) != event.hash:
            yield ChainFault(organization_id, sequence, "was changed after it was written")
        previous = event.hash
    if head is None or (head.sequence, head.hash) != (sequence, previous):
        yield ChainFault(organization_id, sequence, "the chain does not end where its head says")


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
