"""What the database itself refuses (数据库防护): changing or deleting events, moving a chain's head other than one step on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db.backends.base.base import BaseDatabaseWrapper

_REFUSED: Final = "events are added, never changed or deleted"
_HEAD: Final = "the head of a chain moves on by one event at a time"

_SQLITE: Final = {
    "huoshui_event_not_changed": (
        f"CREATE TRIGGER huoshui_event_not_changed BEFORE UPDATE ON huoshui_event BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
    ),
    "huoshui_event_not_deleted": (
        f"CREATE TRIGGER huoshui_event_not_deleted BEFORE DELETE ON huoshui_event BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
    ),
    "huoshui_head_moves_on": (
        "CREATE TRIGGER huoshui_head_moves_on BEFORE UPDATE ON huoshui_chainhead WHEN NEW.sequence <> OLD.sequence + 1 "
        f"BEGIN SELECT RAISE(ABORT, '{_HEAD}'); END"
    ),
    "huoshui_head_not_deleted": (
        f"CREATE TRIGGER huoshui_head_not_deleted BEFORE DELETE ON huoshui_chainhead BEGIN SELECT RAISE(ABORT, '{_HEAD}'); END"
    ),
}
_FUNCTION: Final = (
    "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{why}'; END $$"
)
_TRIGGER: Final = "CREATE TRIGGER {name} BEFORE {what} EXECUTE FUNCTION {function}()"
_POSTGRESQL: Final = (
    _FUNCTION.format(name="huoshui_event_refused", why=_REFUSED),
    _FUNCTION.format(name="huoshui_head_refused", why=_HEAD),
    *(
        _TRIGGER.format(name=name, what=what, function=function)
        for name, what, function in (
            ("huoshui_event_not_changed", "UPDATE OR DELETE ON huoshui_event FOR EACH ROW", "huoshui_event_refused"),
            ("huoshui_event_not_deleted", "TRUNCATE ON huoshui_event FOR EACH STATEMENT", "huoshui_event_refused"),
            (
                "huoshui_head_moves_on",
                "UPDATE ON huoshui_chainhead FOR EACH ROW WHEN (NEW.sequence <> OLD.sequence + 1)",
                "huoshui_head_refused",
            ),
            ("huoshui_head_not_deleted", "DELETE ON huoshui_chainhead FOR EACH ROW", "huoshui_head_refused"),
        )
    ),
)
_TABLES: Final = {"huoshui_event_not": "huoshui_event", "huoshui_head": "huoshui_chainhead"}


def guard(connection: BaseDatabaseWrapper) -> None:
    """Set up the triggers (建立触发器)."""
    with connection.cursor() as cursor:
        for statement in _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE.values():
            cursor.execute(statement)


def unguard(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away (撤除触发器): for a migration's way back, and for tests that tamper or clear their tables."""
    with connection.cursor() as cursor:
        for name in _SQLITE:
            table = next(table for begin, table in _TABLES.items() if name.startswith(begin))
            where = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{where}")


@contextmanager
def unguarded(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """The block runs without the triggers (暂停防护)."""
    unguard(connection)
    try:
        yield
    finally:
        guard(connection)
