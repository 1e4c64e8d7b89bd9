"""What a data type has beside its fields: its slug as it was sent, a prompt for agents, a pin."""

from django.db import migrations, models

from records.migrations import _locking


def _columns():
    return {
        "slug": models.CharField(blank=True, default="", editable=False, max_length=64),
        "prompt": models.TextField(
            blank=True, default="", help_text="Instructions for agents that fill in its records."
        ),
        "is_pinned": models.BooleanField(
            default=False,
            help_text="Shown on start pages, and to agents.",
            verbose_name="pinned",
        ),
    }


class Migration(_locking.Migration):
    dependencies = [("records", "0028_stage_times")]

    operations = [
        migrations.AddField(model, name, column)
        for model in ("objecttype", "historicalobjecttype")
        for name, column in _columns().items()
    ]
