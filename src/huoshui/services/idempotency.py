"""Idempotency keys (幂等键): an act under a key is done once, and its answer given again to whoever asks again."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction

from huoshui.errors import KeyReused
from huoshui.models import IdempotencyKey

_KEPT: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a caller is answered (答复): the HTTP status and the JSON text; `again` where it is an answer given before."""

    status: int
    body: str
    again: bool = False


def answer_once(
    work: Callable[[], Answer], *, organization_id: int, key: str, route: str, body_hash: str, at: datetime
) -> Answer:
    """Do the work, unless it was done under this key (幂等执行). Raises KeyReused for a key of another route or body.

    The key is written in the work's own transaction: work that fails, is refused (a status from 400 up) or is cut off leaves no
    key behind. A second caller with the same key waits for the first one's commit, then gets the same answer.
    """
    with transaction.atomic():
        kept, claimed = _claimed(organization_id, key, route, body_hash, at)
        if not claimed:
            if (kept.route, kept.body_hash) != (route, body_hash):
                raise KeyReused(
                    "this idempotency key was used with another request; use a new key for a new request",
                    zh="该幂等键已用于另一请求，请更换",
                )
            status, body = json.loads(kept.answer)
            return Answer(status, body, again=True)
        answer = work()
        if answer.status >= 400:
            transaction.set_rollback(True)
        else:
            kept.status, kept.answer = answer.status, json.dumps([answer.status, answer.body], ensure_ascii=False)
            kept.save(update_fields=["status", "answer"])
    return answer


def forget_old_keys(*, at: datetime) -> int:
    """Remove the keys that are over (清理过期幂等键); returns how many."""
    return IdempotencyKey.objects.filter(expires_at__lte=at).delete()[0]


def _claimed(organization_id: int, key: str, route: str, body_hash: str, at: datetime) -> tuple[IdempotencyKey, bool]:
    mine = IdempotencyKey.objects.filter(organization_id=organization_id, key=key)
    mine.filter(expires_at__lte=at).delete()
    if kept := mine.first():
        return kept, False
    made = IdempotencyKey(
        organization_id=organization_id, key=key, route=route, body_hash=body_hash, created_at=at, expires_at=at + _KEPT
    )
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:  # another caller was first, and has committed by now
        return mine.get(), False
    return made, True
