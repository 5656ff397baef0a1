"""The site within a command (站点准备): settings named, Django set up, before any model is imported."""

import os

from huoshui.errors import OutputError


def set_up() -> None:
    """Set Django up (准备). Raises OutputError where the database has no tables of this version yet."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huoshui.site.settings")
    import django  # noqa: PLC0415 - the settings are named first

    django.setup()
    from django.db import DatabaseError  # noqa: PLC0415

    from huoshui.models import ChainHead  # noqa: PLC0415

    try:
        ChainHead.objects.exists()
    except DatabaseError:
        raise OutputError(
            "the database cannot be read or has no tables yet; run `huoshui manage migrate`, or `huoshui serve`, which does"
        ) from None


def make_ready() -> None:
    """Bring database and static files to this version (就绪)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huoshui.site.settings")
    import django  # noqa: PLC0415 - the settings are named first
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    from django.conf import settings  # noqa: PLC0415

    settings.HUOSHUI_DATA.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False, ignore_patterns=["redoc*", "hx-*", "htmax-*"])
