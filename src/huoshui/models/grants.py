"""What a person was granted (授权查询): read by one statement, for every page asks it."""

from datetime import date
from typing import Final

from django.db import connection

from huoshui.models.scope import Grant
from huoshui.terms import OrganizationKind, Role

_GRANTS: Final = """
SELECT m.role, m.organization_id, o.kind, CASE WHEN m.region_code <> '' THEN m.region_code ELSE o.region_code END, o.path,
  NULL, m.seconded_from_id, 0 AS place, m.id AS nth
FROM huoshui_membership m JOIN huoshui_organization o ON o.id = m.organization_id
WHERE m.user_id = %(user)s AND m.from_on <= %(on)s AND (m.until_on IS NULL OR m.until_on >= %(on)s)
  AND (o.closed_on IS NULL OR o.closed_on > %(on)s)
UNION ALL
SELECT role, NULL, NULL, '', '', firm_id, NULL, 1, id FROM huoshui_firmmember
WHERE user_id = %(user)s AND from_on <= %(on)s AND (until_on IS NULL OR until_on >= %(on)s)
ORDER BY place, nth
"""


def grants_of(user_id: int, *, on: date) -> list[Grant]:
    """All that a person was granted on a day (授权清单): work in organizations that are open, then firms."""
    with connection.cursor() as cursor:
        cursor.execute(_GRANTS, {"user": user_id, "on": connection.ops.adapt_datefield_value(on)})
        return [
            Grant(Role(role), organization, OrganizationKind(kind) if kind else None, region, path, firm, lent_by)
            for role, organization, kind, region, path, firm, lent_by, *_ in cursor.fetchall()
        ]
