"""Uploads say how their file is read."""

from django.db import migrations, models

from . import _locking


class Migration(_locking.Migration):
    dependencies = [
        ("records", "0017_self_access"),
    ]

    operations = [
        migrations.AddField(
            model_name="importupload",
            name="reading",
            field=models.JSONField(default=dict),
        ),
    ]
