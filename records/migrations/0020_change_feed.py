"""How the change feed reads what was written in the order of commits (docs/decisions/feed-order.md)."""

from django.db import migrations, models

from records.migrations import _locking

DEFINITIONS = ("objecttype", "fieldcategory", "field", "fieldoption")
TABLES = ("record", *DEFINITIONS)
# Rows of before are in the order of their keys. Of a newer row the position is never lower than that of a row that was
# there when it was written, nor than its own transaction's number.
POSITION = "GREATEST(txid_current(), txid_snapshot_xmax(txid_current_snapshot()))"
POSTGRESQL = [
    statement
    for table in TABLES
    for statement in (
        f"ALTER TABLE records_historical{table} ADD COLUMN feed_position bigint NOT NULL DEFAULT 0",
        f"ALTER TABLE records_historical{table} ALTER COLUMN feed_position SET DEFAULT {POSITION}",
        f"CREATE INDEX feed_of_{table} ON records_historical{table} (workspace_id, feed_position, history_id)"
        + (" INCLUDE (object_id)" if table == "record" else ""),
    )
]
POSTGRESQL_BACK = [
    statement
    for table in TABLES
    for statement in (
        f"DROP INDEX feed_of_{table}",
        f"ALTER TABLE records_historical{table} DROP COLUMN feed_position",
    )
]
# Here one writes at a time: the keys are in the order of the commits.
SQLITE = [
    "CREATE INDEX feed_of_record ON records_historicalrecord (workspace_id, history_id, object_id)"
]
SQLITE_BACK = ["DROP INDEX feed_of_record"]


def _run(by_engine):
    def run(apps, schema_editor):
        for statement in by_engine[schema_editor.connection.vendor]:
            schema_editor.execute(statement)

    return run


class Migration(_locking.Migration):
    tables = tuple(f"historical{table}" for table in TABLES)
    dependencies = [("records", "0019_texts_without_accents")]
    operations = [
        migrations.CreateModel(
            name="FeedEpoch",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("epoch", models.UUIDField()),
                ("system", models.CharField(blank=True, max_length=32)),
            ],
        ),
        migrations.RunPython(
            _run({"postgresql": POSTGRESQL, "sqlite": SQLITE}),
            _run({"postgresql": POSTGRESQL_BACK, "sqlite": SQLITE_BACK}),
        ),
    ]
