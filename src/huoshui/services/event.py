"""The event log (事件日志): one act, one event, in the act's own transaction; every organization's chain can be checked."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import models, transaction
from django.utils import timezone

from huoshui.models import ChainHead, Event, Firm, Organization, User

_BATCH: Final = 2000


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
    """Add one event to an organization's chain (记录事件).

    Call it last in the act's transaction: the chain is locked from here until the commit. `basis` is JSON: ids, versions,
    citations, amounts in fen; never a name, telephone or identity number. `by` is None for the system or a passer-by.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("an event is recorded inside the transaction of its act")
    organization_id = organization if isinstance(organization, int) else organization.pk
    ChainHead.objects.get_or_create(organization_id=organization_id)
    head = ChainHead.objects.select_for_update().get(organization_id=organization_id)
    event = Event(
        organization_id=organization_id,
        sequence=head.sequence + 1,
        at=timezone.now(),
        actor=by,
        role=str(role),
        act=act,
        subject_kind=subject._meta.model_name or "",
        subject_id=subject.pk,
        firm=firm,
        region_code=firm.region_code if firm else "",
        basis=dict(basis or {}),
        previous_hash=head.hash,
    )
    event.hash = hash_of(event)
    event.save(force_insert=True)
    ChainHead.objects.filter(pk=head.pk).update(sequence=event.sequence, hash=event.hash)
    return event


def hash_of(event: Event) -> str:
    """The hash that an event must carry (事件哈希): SHA-256 over its canonical JSON, its predecessor's hash included."""
    told = [
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
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ChainFault:
    """Where a chain does not hold (链异常): the organization, the sequence number and what is wrong there."""

    organization_id: int
    sequence: int
    what: str


def chain_faults() -> Iterator[ChainFault]:
    """Read every chain from its beginning (校验事件链); yields nothing where all of them hold."""
    heads = {x.organization_id: x for x in ChainHead.objects.all()}
    chains = set(Event.objects.order_by().values_list("organization_id", flat=True).distinct())
    for organization_id in sorted(chains | set(heads)):
        yield from _faults_of(organization_id, heads.get(organization_id))


def _faults_of(organization_id: int, head: ChainHead | None) -> Iterator[ChainFault]:
    sequence, previous = 0, "0" * 64
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
    return at.astimezone(timezone.get_fixed_timezone(0)).isoformat(timespec="microseconds")
