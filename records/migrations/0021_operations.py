"""Operations: reasons of 500 characters, the ledger by operation, and jobs that undo."""

import django.db.models.deletion
from django.db import migrations, models

from records.migrations import _locking

LEDGER = "records_historicalrecord"
DEFINITIONS = (
    "externalsource",
    "field",
    "fieldcategory",
    "fieldoption",
    "fieldpermission",
    "member",
    "objectpermission",
    "objecttype",
    "role",
)


def _reason():
    return models.CharField(max_length=500, null=True)


def _change_ledger(apps, schema_editor):
    """On PostgreSQL longer texts need no rewriting; SQLite limits none, and would copy the whole table."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f"ALTER TABLE {LEDGER} ALTER COLUMN history_change_reason TYPE varchar(500)"
        )
    with schema_editor.connection.cursor() as cursor:
        found = schema_editor.connection.introspection.get_constraints(cursor, LEDGER)
    for name, about in found.items():
        if about["index"] and about["columns"] == ["operation_id"]:
            schema_editor.execute(
                schema_editor.sql_delete_index % {"name": schema_editor.quote_name(name)}
            )


class Migration(_locking.Migration):
    tables = ("historicalrecord",)
    dependencies = [("records", "0020_change_feed")]

    operations = [
        *(
            migrations.AlterField(f"historical{name}", "history_change_reason", _reason())
            for name in DEFINITIONS
        ),
        migrations.SeparateDatabaseAndState(
            [migrations.RunPython(_change_ledger, migrations.RunPython.noop)],
            [
                migrations.AlterField("historicalrecord", "history_change_reason", _reason()),
                migrations.AlterField("historicalrecord", "operation_id", models.UUIDField()),
            ],
        ),
        migrations.AddIndex(
            "historicalrecord",
            models.Index(
                fields=["workspace", "operation_id", "object", "history_id"],
                name="ledger_operation",
            ),
        ),
        migrations.AddField("job", "undoes", models.UUIDField(editable=False, null=True)),
        migrations.AddIndex(
            "job", models.Index(fields=["workspace", "operation_id"], name="job_operation")
        ),
        migrations.AddIndex(
            "job",
            models.Index(
                condition=models.Q(("undoes__isnull", False)),
                fields=["workspace", "undoes"],
                name="job_undoes",
            ),
        ),
        migrations.CreateModel(
            name="LeftOut",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("object", models.BigIntegerField()),
                ("record", models.BigIntegerField()),
                ("field", models.BigIntegerField(null=True)),
                ("code", models.CharField(max_length=64)),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="records.job",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="records.workspace",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            "leftout", models.Index(fields=["workspace", "job", "id"], name="left_out_job")
        ),
    ]
