"""Expressions that the values of fields must meet, and what is said where one does not."""

from django.db import migrations, models

from records.migrations import _locking

VALIDATION = {
    "blank": True,
    "default": "",
    "help_text": "An expression that must be true of each value, like value > 0.",
    "max_length": 1000,
}
MESSAGE = {
    "blank": True,
    "default": "",
    "help_text": "What people are told whose value breaks it.",
    "max_length": 255,
}


class Migration(_locking.Migration):
    dependencies = [
        ("records", "0029_data_types"),
    ]

    operations = [
        migrations.AddField("field", "validation", models.TextField(**VALIDATION)),
        migrations.AddField("field", "validation_message", models.CharField(**MESSAGE)),
        migrations.AddField("historicalfield", "validation", models.TextField(**VALIDATION)),
        migrations.AddField("historicalfield", "validation_message", models.CharField(**MESSAGE)),
    ]
