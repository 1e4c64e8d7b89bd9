from typing import Any

from django.db import migrations, models

from records.migrations import _locking

HELP = "Part of the definition; else made by a record, as tags are."


def mark_tags(apps: Any, schema_editor: Any) -> None:
    """Tags may all come from records: nothing says of those that exist which an admin made."""
    for name in ("FieldOption", "HistoricalFieldOption"):
        fields = apps.get_model("records", "Field").objects.filter(field_type="dynamictags")
        options = apps.get_model("records", name).objects.filter(
            field_id__in=list(fields.values_list("id", flat=True))
        )
        options.update(by_hand=False)


class Migration(_locking.Migration):
    dependencies = [
        ("records", "0014_worker_beat"),
    ]

    operations = [
        migrations.AddField(
            model_name="fieldoption",
            name="by_hand",
            field=models.BooleanField(default=True, editable=False, help_text=HELP),
        ),
        migrations.AddField(
            model_name="historicalfieldoption",
            name="by_hand",
            field=models.BooleanField(default=True, editable=False, help_text=HELP),
        ),
        migrations.AddField(
            model_name="importupload",
            name="encoding",
            field=models.CharField(blank=True, default="", max_length=255),
        ),
        migrations.AlterField(
            model_name="importupload",
            name="row_count",
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.RunPython(mark_tags, migrations.RunPython.noop),
    ]
