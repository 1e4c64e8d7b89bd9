"""Files that were confirmed take no other bytes; the history of members names the API key."""

from django.db import migrations, models

import records.models.history

from . import _locking


class Migration(_locking.Migration):
    dependencies = [("records", "0031_readings_of_imports")]

    operations = [
        migrations.AddField(
            model_name="attachment",
            name="is_confirmed",
            # Processes of the release before insert rows without it while this one starts.
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Its sender has looked at it: its link takes no other bytes.",
            ),
        ),
        migrations.AddField(
            model_name="historicalmember",
            name="api_key",
            field=models.BigIntegerField(
                default=records.models.history.acting_key,
                editable=False,
                help_text="The key it was changed with.",
                null=True,
            ),
        ),
    ]
