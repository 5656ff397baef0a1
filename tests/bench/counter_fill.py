"""Fills a site for the benchmark of the counter: the small world, and copies of its rows, a statement a table; all synthetic.

    python -m tests.bench.counter_fill FIRMS VISITS      prints sessions and pages as JSON

Firms lie in twenty counties of ten townships each; the officer of the home county sees a twentieth of them, the lead of the
province all of them. Every firm stands on the list of one campaign; demands and events are as many as the visits.
"""

import json
import sys
from typing import Any

import django
from django.core.management import call_command

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from huoshui.models import Demand, Event, Firm, Membership, Visit, VisitAssignment  # noqa: E402
from huoshui.services.coverage import recount_campaign  # noqa: E402
from huoshui.services.firms import recount_firms  # noqa: E402
from huoshui.terms import Role  # noqa: E402
from tests.campaigns import opened, visited  # noqa: E402
from tests.demands import declared  # noqa: E402
from tests.e2e.site_data import pages, sessions  # noqa: E402
from tests.world import SINCE, county_world, firm, signed_in  # noqa: E402

REGION = "'3502' || lpad((1 + mod(g, 20))::text, 2, '0') || lpad((1 + mod(g / 20, 10))::text, 3, '0')"
GRID = "'网格' || mod(g, 50)"


def copies(model: type[models.Model], pattern: models.Model, count: int, **changed: str) -> None:
    """Insert `count` copies of a row; `changed` are SQL expressions over the number g."""
    fields = [str(x.column) for x in model._meta.concrete_fields if not x.primary_key]
    told = ", ".join(changed.get(x, f"pattern.{x}") for x in fields)
    table = model._meta.db_table
    rows = f"{table} pattern, generate_series(1, %s) g WHERE pattern.id = %s"
    sql = f"INSERT INTO {table} ({', '.join(fields)}) SELECT {told} FROM {rows}"
    with connection.cursor() as cursor:
        cursor.execute(sql, [count, pattern.pk])


def fill(firms: int, visits: int) -> dict[str, Any]:
    """Everything; who may sign in and which pages there are."""
    world = county_world()
    found = pages(world)
    campaign = opened(world)
    seen = visited(world, world.home.firms[2], employees=3).visit
    entry = VisitAssignment.objects.filter(campaign=campaign).order_by("pk")[0]
    model = firm("350203001", 900)
    copies(
        Firm, model, firms, uscc="'92' || lpad(g::text, 16, '0')", name="'合成' || g || '号商行'",
        initials="'hc' || g || 'hsh'", region_code=REGION, grid=GRID,
        last_visit_at=f"CASE WHEN g <= {visits} THEN now() - g * interval '1 second' END",
    )  # fmt: skip
    its_firm = f"{Firm.objects.get(name='合成1号商行').pk} + g - 1"
    visitor, seen_yet = world.user(Role.VISITOR).pk, f"CASE WHEN g <= {visits} THEN 'visited' ELSE 'open' END"
    copies(
        VisitAssignment, entry, firms, firm_id=its_firm, area=REGION, grid=GRID, priority="mod(g, 100)", state=seen_yet,
        visitor_id=f"CASE WHEN mod(g, 2000) = 2 THEN {visitor} END", due_on="current_date + mod(g, 60)::int - 10",
        visited_at=f"CASE WHEN g <= {visits} THEN now() END",
    )  # fmt: skip
    copies(
        Visit, seen, visits, client_id="gen_random_uuid()", firm_id=its_firm, region_code=REGION, assignment_id="NULL",
        visited_at="now() - g * interval '20 seconds'", received_at="now() - g * interval '20 seconds'",
    )  # fmt: skip
    far = str(world.user(Role.OFFICER, home=False).pk)  # one person of the county with all acts would be nobody's case
    copies(Demand, declared(world), visits // 10, firm_id=its_firm, created_by_id=far)
    event = Event.objects.exclude(firm=None).order_by("pk")[0]
    moment = "now() - g * interval '9 seconds'"
    copies(Event, event, visits, sequence="1000000 + g", firm_id=its_firm, region_code=REGION, at=moment)
    with transaction.atomic():
        recount_campaign(campaign)
        recount_firms("35")
    lead = world.user(Role.LEAD)
    Membership.objects.create(user=lead, organization=world.province, role=Role.LEAD, from_on=SINCE)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return {"sessions": sessions(world), "pages": found}


def small(firms: int) -> dict[str, Any]:
    """A county whose firms are there to be visited, on any database: firms and the visitor's session."""
    world = county_world()
    rows = [firm("350203001", 1000 + x) for x in range(firms)]
    return {"firms": [x.pk for x in rows], "session": str(signed_in(Client(), world.user(Role.VISITOR)).session.session_key)}


def main() -> None:
    """Make tables and rows, print what the client needs."""
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False, post_process=False)
    firms, visits = int(sys.argv[1]), int(sys.argv[2])
    told = fill(firms, visits) if visits else small(firms)
    print(json.dumps({**told, "cookie": settings.SESSION_COOKIE_NAME, "at": timezone.now().isoformat()}))


if __name__ == "__main__":
    main()
