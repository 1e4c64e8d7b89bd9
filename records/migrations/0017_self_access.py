from django.db import migrations, models

from records.migrations import _locking


class Migration(_locking.Migration):
    dependencies = [
        ("records", "0016_rate_counts"),
    ]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="self_access",
            field=models.BooleanField(
                default=False,
                help_text="A key with read scopes alone is read-only: it writes nothing, through "
                "any API or tool. With self-access it may also create and change its member's own "
                "records through the Workspace API. Keys without scopes, and keys with a write "
                "scope, may do so anyway.",
                verbose_name="self-access",
            ),
        ),
    ]
