"""How PostgreSQL ties an event to its chain (事件入链): one statement finds the head, hashes, adds and moves the head on."""

from collections.abc import Mapping
from typing import Any, Final

from django.db import connection

_APPEND: Final = """
WITH head AS (
  SELECT organization_id, sequence, hash FROM huoshui_chainhead WHERE organization_id = %(organization)s FOR UPDATE
), moved AS (
  UPDATE huoshui_chainhead SET sequence = head.sequence + 1, hash = encode(sha256(convert_to(
    %(before)s || (head.sequence + 1)::text || %(between)s || head.hash || %(after)s, 'UTF8')), 'hex')
  FROM head WHERE huoshui_chainhead.organization_id = head.organization_id
  RETURNING huoshui_chainhead.sequence, huoshui_chainhead.hash, head.hash AS previous_hash
)
INSERT INTO huoshui_event (organization_id, sequence, at, actor_id, role, act, subject_kind, subject_id, firm_id,
  region_code, basis, previous_hash, hash)
SELECT %(organization)s, sequence, %(at)s, %(actor)s, %(role)s, %(act)s, %(kind)s, %(subject)s, %(firm)s,
  %(region)s, %(basis)s::jsonb, previous_hash, hash FROM moved
RETURNING id, sequence, previous_hash, hash,
  EXISTS (SELECT 1 FROM huoshui_webhookendpoint WHERE disabled_at IS NULL)
"""


def chained_at_once() -> bool:
    """Whether the database adds an event by one statement (是否单语句入链)."""
    return connection.vendor == "postgresql"


def add_to_chain(given: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Add an event (事件入链); the chain is locked from here until the commit.

    What is hashed is `before`, the sequence, `between`, the hash of the predecessor and `after`; `basis` is JSON. Gives the id,
    sequence, previous hash and hash, and whether any address wants to hear of events; None where the chain has no head yet.
    """
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, dict(given))
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row
