from django.db import migrations, models

from records.migrations import _locking


class Migration(_locking.Migration):
    dependencies = [
        ("records", "0015_made_by_hand"),
    ]

    operations = [
        migrations.CreateModel(
            name="RateCount",
            fields=[
                ("key", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("count", models.BigIntegerField()),
                ("ends_at", models.FloatField(db_index=True)),
            ],
        ),
    ]
