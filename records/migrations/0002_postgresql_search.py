"""What only PostgreSQL has: trigram indexes for parts of texts, and statistics of values by field."""

from django.db import migrations

from records.migrations import _locking

CREATE = [
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX value_text_part ON records_fieldvalue USING gin (text gin_trgm_ops) WHERE text IS NOT NULL AND live",
    (
        "CREATE INDEX value_overflow_part ON records_fieldvalue USING gin (overflow gin_trgm_ops)"
        " WHERE overflow IS NOT NULL AND live"
    ),
    "CREATE STATISTICS value_by_text (mcv) ON field_id, text FROM records_fieldvalue",
    "CREATE STATISTICS value_by_option (mcv) ON field_id, option FROM records_fieldvalue",
]
DROP = [
    "DROP STATISTICS value_by_option",
    "DROP STATISTICS value_by_text",
    "DROP INDEX value_overflow_part",
    "DROP INDEX value_text_part",
]


def _run(statements):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            for statement in statements:
                schema_editor.execute(statement)

    return run


class Migration(_locking.Migration):
    tables = ("fieldvalue",)
    dependencies = [("records", "0001_initial")]
    operations = [migrations.RunPython(_run(CREATE), _run(DROP))]
