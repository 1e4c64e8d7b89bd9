"""Webhooks: where changes are sent, and what became of each that was."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .columns import new_uuid
from .history import History
from .workspace import Member, Workspace


class WebhookForm(models.TextChoices):
    """In the form of which API a webhook tells changes."""

    RECORDS = "records"
    WORKSPACE = "workspace"


class DeliveryState(models.TextChoices):
    """What became of a delivery. FAILED: given up; SKIPPED: there is nothing to tell any more."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    SKIPPED = "skipped"


class Webhook(models.Model):
    """An address that changes are sent to, as its member may see them.

    `events`, `objects_told` and `fields_told` say which changes; an empty list stands for all, and
    objects and fields are primary keys. `secret` and `old_secret` are sealed, and in no history
    row; the old one signs too until `old_secret_until`. `cursor` is the place in the change feed up
    to which changes have deliveries; those between `replay_after` and `replay_until` are to be
    sent again. Whoever delivers holds a lease until `leased_until`. `failures` are those in a row,
    and nothing is sent before `paused_until`. `stopped` says why a webhook that is not active was
    stopped, empty where people did it.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    uuid = models.UUIDField(default=new_uuid, unique=True, editable=False)
    member = models.ForeignKey(
        Member,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Whose rights decide what is sent.",
    )
    name = models.CharField(max_length=255)
    url = models.CharField("URL", max_length=1000)
    form = models.CharField(
        max_length=9, choices=WebhookForm.choices, default=WebhookForm.RECORDS, editable=False
    )
    events: Any = models.JSONField(default=list, blank=True)
    objects_told: Any = models.JSONField(default=list, blank=True)
    fields_told: Any = models.JSONField(default=list, blank=True)
    conditions = models.TextField(blank=True)
    is_active = models.BooleanField("active", default=True)
    stopped = models.CharField(max_length=32, blank=True, editable=False)
    stopped_at = models.DateTimeField(null=True, editable=False)
    secret = models.TextField(editable=False)
    secret_set_at = models.DateTimeField(default=timezone.now, editable=False)
    old_secret = models.TextField(blank=True, editable=False)
    old_secret_until = models.DateTimeField(null=True, editable=False)
    cursor = models.TextField(editable=False)
    replay_after = models.TextField(blank=True, editable=False)
    replay_until = models.TextField(blank=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    paused_until = models.DateTimeField(null=True, editable=False)
    lease = models.UUIDField(null=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    history = History(
        excluded_fields=[
            "secret",
            "old_secret",
            "cursor",
            "replay_after",
            "replay_until",
            "failures",
            "paused_until",
            "lease",
            "leased_until",
        ]
    )

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(models.Model):
    """One change that a webhook tells. It holds no value of any record: what is sent is made from
    the ledger each time.

    `source` and `key` name the row of the feed: 0 is the ledger, others are the histories of
    definitions. `message_id` follows from them, so that it is the same whenever the change is sent.
    `chain` is what is told in order: the record, or minus the object of a definition.
    `problem` is in our own words, and quotes no answer.
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="+", db_index=False)
    uuid = models.UUIDField(default=new_uuid, unique=True, editable=False)
    message_id = models.CharField(max_length=64)
    event = models.CharField(max_length=32)
    source = models.PositiveSmallIntegerField(default=0)
    key = models.BigIntegerField()
    object = models.BigIntegerField()
    chain = models.BigIntegerField()
    record_uuid = models.UUIDField(null=True)
    state = models.CharField(
        max_length=9, choices=DeliveryState.choices, default=DeliveryState.PENDING
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, default=timezone.now)
    status = models.PositiveSmallIntegerField(null=True)
    milliseconds = models.PositiveIntegerField(null=True)
    problem = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    attempted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "webhook", "source", "key"], name="delivery_place_unique"
            )
        ]
        indexes = [
            models.Index(fields=["workspace", "webhook", "-id"], name="delivery_list"),
            models.Index(
                fields=["workspace", "webhook", "chain", "id"],
                condition=Q(state="pending"),
                name="delivery_chain",
            ),
            models.Index(
                fields=["workspace", "webhook", "next_attempt_at"],
                condition=Q(state="pending"),
                name="delivery_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.message_id}"
