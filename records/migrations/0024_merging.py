"""Records that were merged into another one, and where what stands beside them was."""

import django.db.models.deletion
from django.db import migrations, models

from records.migrations import _locking


def _merged_into():
    return models.BigIntegerField(
        blank=True,
        editable=False,
        help_text="The key of the record that this one, archived, was merged into.",
        null=True,
    )


class Migration(_locking.Migration):
    dependencies = [("records", "0023_webhooks")]

    operations = [
        migrations.AddField("record", "merged_into", _merged_into()),
        migrations.AddField("historicalrecord", "merged_into", _merged_into()),
        migrations.CreateModel(
            name="MovedCompanion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("operation_id", models.UUIDField()),
                ("kind", models.CharField(max_length=16)),
                ("row", models.BigIntegerField()),
                ("source", models.BigIntegerField()),
                ("target", models.BigIntegerField()),
                ("former_name", models.CharField(blank=True, max_length=255)),
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
            options={
                "indexes": [
                    models.Index(
                        fields=["workspace", "operation_id", "target"], name="moved_companion"
                    )
                ],
            },
        ),
    ]
