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
    """Index parts of names where the database can (检索索引): PostgreSQL, by trigrams; `contains` and `icontains` use them."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE INDEX huoshui_firm_name_trigrams ON huoshui_firm USING gin (name gin_trgm_ops)")
        schema_editor.execute(
            "CREATE INDEX huoshui_firm_upper_name_trigrams ON huoshui_firm USING gin (upper(name) gin_trgm_ops)"
        )


def forget_names(_: Any, schema_editor: Any) -> None:
    """Drop those indexes (撤除检索索引)."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS huoshui_firm_name_trigrams")
        schema_editor.execute("DROP INDEX IF EXISTS huoshui_firm_upper_name_trigrams")


class Migration(migrations.Migration):
    """Triggers and special indexes (触发器与专用索引)."""

    dependencies: ClassVar = [("huoshui", "0001_initial")]
    operations: ClassVar = [
        TrigramExtension(),
        migrations.RunPython(guard_events, release_events),
        migrations.RunPython(index_names, forget_names),
    ]
