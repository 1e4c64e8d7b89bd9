"""Imports count the cells that they read as other than is written."""

from django.db import migrations, models
from django.db.models import Value

from . import _locking


class Migration(_locking.Migration):
    dependencies = [("records", "0030_field_validations")]

    operations = [
        migrations.AddField(
            model_name="importpart",
            name="readings",
            # Processes of the release before insert rows without it while this one starts.
            field=models.JSONField(
                db_default=Value({}, output_field=models.JSONField()), default=dict
            ),
        ),
    ]
