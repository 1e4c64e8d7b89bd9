"""What an import refuses is a row of the database until its report is made."""

import django.db.models.deletion
from django.db import migrations, models

from records.migrations import _locking


class Migration(_locking.Migration):
    dependencies = [
        ("records", "0012_unchanged_objects"),
    ]

    operations = [
        migrations.AlterField(
            model_name="importpart",
            name="report_bytes",
            field=models.PositiveBigIntegerField(default=0, editable=False),
        ),
        migrations.AlterField(
            model_name="importrun",
            name="report_path",
            field=models.CharField(blank=True, max_length=4096),
        ),
        migrations.CreateModel(
            name="RefusedRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("line", models.PositiveBigIntegerField()),
                ("field", models.TextField(blank=True)),
                ("code", models.CharField(max_length=64)),
                ("message", models.TextField()),
                ("value", models.TextField(blank=True)),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="refused",
                        to="records.importrun",
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
            options={
                "indexes": [
                    models.Index(fields=["workspace", "run", "line", "id"], name="refused_row_run")
                ],
            },
        ),
    ]
