"""What the models cannot say (数据库防护与检索索引): triggers that guard the event log, indexes for the search in names."""

from typing import Any, ClassVar

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

from huoshui.models.guards import guard, unguard


def guard_events(_: Any, schema_editor: Any) -> None:
    """Set up the triggers (建立触发器)."""
    guard(schema_editor.connection)


def release_events(_: Any, schema_editor: Any) -> None:
    """Take them away (撤除触发器)."""
    unguard(schema_editor.connection)


def index_names(_: Any, schema_editor: Any) -> None:
    """Index parts of names and codes where the database can (检索索引): PostgreSQL, by trigrams."""
    if schema_editor.connection.vendor == "postgresql":
        for column in ("name", "uscc", "initials"):
            schema_editor.execute(
                f"CREATE INDEX huoshui_firm_{column}_trigrams ON huoshui_firm USING gin (upper({column}) gin_trgm_ops)"
            )


def forget_names(_: Any, schema_editor: Any) -> None:
    """Drop those indexes (撤除检索索引)."""
    if schema_editor.connection.vendor == "postgresql":
        for column in ("name", "uscc", "initials"):
            schema_editor.execute(f"DROP INDEX IF EXISTS huoshui_firm_{column}_trigrams")


class Migration(migrations.Migration):
    """Triggers and special indexes (触发器与专用索引)."""

    dependencies: ClassVar = [("huoshui", "0001_initial")]
    operations: ClassVar = [
        TrigramExtension(),
        migrations.RunPython(guard_events, release_events),
        migrations.RunPython(index_names, forget_names),
    ]
