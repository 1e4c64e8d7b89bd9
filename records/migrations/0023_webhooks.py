"""Webhooks, and what became of each change that they told."""

import django.db.models.deletion
import django.utils.timezone
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import records.models.columns
from records.migrations import _locking


class Migration(_locking.Migration):
    dependencies = [
        ("records", "0022_workspace_language"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalWebhook",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "uuid",
                    models.UUIDField(
                        db_index=True, default=records.models.columns.new_uuid, editable=False
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                ("url", models.CharField(max_length=1000, verbose_name="URL")),
                (
                    "form",
                    models.CharField(
                        choices=[("records", "Records"), ("workspace", "Workspace")],
                        default="records",
                        editable=False,
                        max_length=9,
                    ),
                ),
                ("events", models.JSONField(blank=True, default=list)),
                ("objects_told", models.JSONField(blank=True, default=list)),
                ("fields_told", models.JSONField(blank=True, default=list)),
                ("conditions", models.TextField(blank=True)),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("stopped", models.CharField(blank=True, editable=False, max_length=32)),
                ("stopped_at", models.DateTimeField(editable=False, null=True)),
                (
                    "secret_set_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("old_secret_until", models.DateTimeField(editable=False, null=True)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("history_change_reason", models.CharField(max_length=500, null=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="Whose rights decide what is sent.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="records.member",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="records.workspace",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical webhook",
                "verbose_name_plural": "historical webhooks",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Webhook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "uuid",
                    models.UUIDField(
                        default=records.models.columns.new_uuid, editable=False, unique=True
                    ),
                ),
                ("name", models.CharField(max_length=255)),
                ("url", models.CharField(max_length=1000, verbose_name="URL")),
                (
                    "form",
                    models.CharField(
                        choices=[("records", "Records"), ("workspace", "Workspace")],
                        default="records",
                        editable=False,
                        max_length=9,
                    ),
                ),
                ("events", models.JSONField(blank=True, default=list)),
                ("objects_told", models.JSONField(blank=True, default=list)),
                ("fields_told", models.JSONField(blank=True, default=list)),
                ("conditions", models.TextField(blank=True)),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("stopped", models.CharField(blank=True, editable=False, max_length=32)),
                ("stopped_at", models.DateTimeField(editable=False, null=True)),
                ("secret", models.TextField(editable=False)),
                (
                    "secret_set_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("old_secret", models.TextField(blank=True, editable=False)),
                ("old_secret_until", models.DateTimeField(editable=False, null=True)),
                ("cursor", models.TextField(editable=False)),
                ("replay_after", models.TextField(blank=True, editable=False)),
                ("replay_until", models.TextField(blank=True, editable=False)),
                ("failures", models.PositiveIntegerField(default=0, editable=False)),
                ("paused_until", models.DateTimeField(editable=False, null=True)),
                ("lease", models.UUIDField(editable=False, null=True)),
                ("leased_until", models.DateTimeField(editable=False, null=True)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "member",
                    models.ForeignKey(
                        help_text="Whose rights decide what is sent.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.member",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="records.workspace",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "uuid",
                    models.UUIDField(
                        default=records.models.columns.new_uuid, editable=False, unique=True
                    ),
                ),
                ("message_id", models.CharField(max_length=64)),
                ("event", models.CharField(max_length=32)),
                ("source", models.PositiveSmallIntegerField(default=0)),
                ("key", models.BigIntegerField()),
                ("object", models.BigIntegerField()),
                ("chain", models.BigIntegerField()),
                ("record_uuid", models.UUIDField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("delivered", "Delivered"),
                            ("failed", "Failed"),
                            ("skipped", "Skipped"),
                        ],
                        default="pending",
                        max_length=9,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "next_attempt_at",
                    models.DateTimeField(default=django.utils.timezone.now, null=True),
                ),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("milliseconds", models.PositiveIntegerField(null=True)),
                ("problem", models.CharField(blank=True, max_length=255)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("attempted_at", models.DateTimeField(null=True)),
                (
                    "webhook",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="records.webhook",
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
                "verbose_name_plural": "webhook deliveries",
                "indexes": [
                    models.Index(fields=["workspace", "webhook", "-id"], name="delivery_list"),
                    models.Index(
                        condition=models.Q(("state", "pending")),
                        fields=["workspace", "webhook", "chain", "id"],
                        name="delivery_chain",
                    ),
                    models.Index(
                        condition=models.Q(("state", "pending")),
                        fields=["workspace", "webhook", "next_attempt_at"],
                        name="delivery_due",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "webhook", "source", "key"),
                        name="delivery_place_unique",
                    )
                ],
            },
        ),
    ]
