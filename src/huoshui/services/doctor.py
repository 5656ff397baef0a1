"""What a site is made of (体检): what is set up, what is a stand-in, what is missing for production."""

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from huoshui.models import Organization, Routine, WebhookEndpoint
from huoshui.services.health import site_health
from huoshui.services.routine import CHAINS
from huoshui.terms import Condition, Role

_STALE: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at (体检项)."""

    name: str
    condition: Condition
    what: str


def examine() -> tuple[Finding, ...]:
    """Look at everything (体检). `missing` is what production cannot do without, `stand_in` what it should not have."""
    return (*_database(), *_secrets(), *_web(), *_doors(), *_parts(), *_life())


def _database() -> Iterator[Finding]:
    vendor = connection.vendor
    good = vendor == "postgresql"
    what = "PostgreSQL" if good else "SQLite: for a trial or one office; name a PostgreSQL in HUOSHUI_DATABASE for production"
    yield Finding("database", Condition.GOOD if good else Condition.STAND_IN, what)
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        yield Finding("migrations", Condition.MISSING, f"the database cannot be reached: {type(error).__name__}")
        return
    names = ", ".join(str(x[0]) for x in waiting[:3])
    yield _is("migrations", not waiting, "all applied", f"{len(waiting)} wait ({names}); run `huoshui manage migrate`")
    if waiting:
        return
    try:
        cache.get("doctor")
    except DatabaseError:
        yield Finding("cache", Condition.MISSING, "its table is not there; run `huoshui manage createcachetable`")
    else:
        yield Finding("cache", Condition.GOOD, "in the database")
    there = Organization.objects.filter(memberships__role=Role.OPERATOR).exists()
    yield _is("operator", there, "somebody runs the platform", "nobody runs the platform yet; run `huoshui operator`")


def _secrets() -> Iterator[Finding]:
    kept = settings.HUOSHUI_KEYS.from_file
    good = "all from the environment"
    bad = f"made by this machine and kept in {settings.HUOSHUI_DATA}/keys.json: {', '.join(kept)}"
    yield Finding("keys", Condition.STAND_IN if kept else Condition.GOOD, bad if kept else good)


def _web() -> Iterator[Finding]:
    yield _is("debug", not settings.DEBUG, "off", "HUOSHUI_DEBUG=1 shows the inside of errors to everybody")
    secure = settings.HUOSHUI_ADDRESS.startswith("https://")
    what = settings.HUOSHUI_ADDRESS if secure else f"{settings.HUOSHUI_ADDRESS}: name an https address in HUOSHUI_ADDRESS"
    yield Finding("address", Condition.GOOD if secure else Condition.STAND_IN, what)
    strange = [x for x in settings.ALLOWED_HOSTS if x not in ("127.0.0.1", "localhost", "[::1]")]
    wild = "*" in strange
    yield Finding(
        "hosts",
        Condition.MISSING if wild else Condition.GOOD if strange else Condition.STAND_IN,
        "HUOSHUI_HOSTS lets every name in" if wild else ", ".join(strange) or "only this machine; name yours in HUOSHUI_HOSTS",
    )
    yield Finding(
        "demonstration",
        Condition.STAND_IN if settings.HUOSHUI_DEMO else Condition.GOOD,
        "on: passwords are shown on pages, all data is made up" if settings.HUOSHUI_DEMO else "off",
    )


def _doors() -> Iterator[Finding]:
    gateway = settings.HUOSHUI_SMS_ADDRESS
    what = gateway or "a stand-in that writes texts to the console; name a gateway in HUOSHUI_SMS_ADDRESS"
    yield Finding("sms", Condition.GOOD if gateway else Condition.STAND_IN, what)
    inner = settings.HUOSHUI_WEBHOOKS_INNER
    what = "addresses of inner networks are let through" if inner else "only public https addresses"
    yield Finding("webhooks", Condition.STAND_IN if inner else Condition.GOOD, what)


def _parts() -> Iterator[Finding]:
    ocr = importlib.util.find_spec("rapidocr") is not None
    yield _is("licence_reading", ocr, "rapidocr", "not installed, licences are typed in: pip install 'huoshui[ocr]'", soft=True)
    fonts = importlib.util.find_spec("pylopdf_fonts_zh_cn") is not None
    yield _is("fonts", fonts, "Chinese typefaces for PDF", "no Chinese typefaces for posters: pip install 'huoshui[web]'")
    package = Path(__file__).resolve().parents[1]
    kit = any((package / "web" / "static" / "kit").glob("*.css"))
    yield _is("kit", kit, "the look of the pages is there", "the UI kit was not fetched; run `make setup`")
    collected = (settings.STATIC_ROOT / "staticfiles.json").exists()
    yield _is("static_files", collected, "collected", "not collected; `huoshui serve` does it")


def _life() -> Iterator[Finding]:
    try:
        alive, chains = site_health().worker, Routine.objects.filter(name=CHAINS).first()
        ended = WebhookEndpoint.objects.filter(disabled_at__isnull=False).count()
    except DatabaseError:
        return
    yield _is("worker", alive, "alive", "no sign within a minute; `huoshui serve` starts one, or `huoshui worker`")
    when: Any = chains.finished_at if chains else None
    fresh = when is not None and when > timezone.now() - _STALE
    broken = chains is not None and not chains.note.startswith("0 faults")
    what = f"{chains.note}, {when:%Y-%m-%d %H:%M} UTC" if chains and when else "never verified; run `huoshui events verify`"
    condition = Condition.MISSING if broken and when else Condition.GOOD if fresh else Condition.STAND_IN
    yield Finding("event_chains", condition, what)
    if ended:
        yield Finding("webhook_addresses", Condition.STAND_IN, f"{ended} are paused or were disabled after failures")


def _is(name: str, good: bool, yes: str, no: str, *, soft: bool = False) -> Finding:
    return Finding(name, Condition.GOOD if good else Condition.STAND_IN if soft else Condition.MISSING, yes if good else no)
